#!/bin/sh
# Ladders of a minute on texts of many kinds, as the demo once designed them: how much further than the public tables say
# such small runs lie from a law. Trains those that are not in runs/ yet (about 20 s and 90 s each on two cores).
# Usage: bench/small/run.sh [build/loglog]; then LOGLOG_DATA=bench/small build/bench/learn bench/small/tables.txt drift_growth
set -eu
loglog=$(realpath "${1:-build/loglog}")
here=$(dirname "$(realpath "$0")")
corpora=$(realpath "$here/../../../shared/data/corpora")

ladder() { # text's name, path, suffix, largest fitted budget in FLOPs, smallest
    [ -e "$here/runs/$1-$4.csv" ] && return
    work=$(mktemp -d)
    cat >"$work/spec.yaml" <<SPEC
data: {text: $2, suffix: "$3", max_bytes: 16M}
model: {widths: [8, 16, 32, 64, 128]}
design: {kind: isoflop, flops: [$5, $4], rungs: 21, sizes: 3, tokens_per_param: 90}
train: {precision: auto, decay: 0.1}
SPEC
    (cd "$work" && "$loglog" run spec.yaml && "$loglog" runs export "$here/runs/$1-$4.csv" && "$loglog" forecast list)
    rm -r "$work"
}

for budget in "1e11 24414062" "4e11 97656250"; do
    ladder wiki "$corpora/wiki_en.val.nul.zst" "" $budget
    ladder wiki2 "$corpora/wiki_en.train-00.nul.zst" "" $budget
    ladder books "$corpora/books.val.nul.zst" "" $budget
    ladder shak "$corpora/tinyshakespeare.txt" "" $budget
    ladder h /usr/include .h $budget
    ladder perl /usr/share/perl .pm $budget
    ladder py /usr/lib/python3 .py $budget
    ladder js /usr/lib/node_modules .js $budget
done
