#!/bin/sh
# The demo's ladder at a quarter of its compute, on five texts with two seeds each: what a sealed forecast at 4 times the
# compute is worth on ladders of a minute, and how much further than the public tables say such small runs lie from a law.
# Trains those that are not in runs/ yet (about a minute each on two idle cores).
# Usage: bench/small/run.sh [build/loglog]; then build/loglog-learn as LEARNED.md says
set -eu
loglog=$(realpath "${1:-build/loglog}")
here=$(dirname "$(realpath "$0")")
corpora=$(realpath "$here/../../../shared/data/corpora")

ladder() { # text's name, path, suffix, seed
    [ -e "$here/runs/$1-$4.csv" ] && return
    work=$(mktemp -d)
    cat >"$work/spec.yaml" <<SPEC
name: $1
seed: $4
data: {text: $2, suffix: "$3", max_bytes: 16M}
model: {family: llama, context: 64, head: 4, widths: [8, 12, 16, 24, 32, 48, 64, 96, 128]}
design: {kind: isoflop, flops: [1.5e10, 2.4e11], rungs: 15, sizes: 5, size_factor: 2, edge_seeds: 2, tokens_per_param: 40}
SPEC
    (cd "$work" && "$loglog" run spec.yaml --quiet && "$loglog" runs export "$here/runs/$1-$4.csv" &&
        "$loglog" forecast list --json >"$here/runs/$1-$4.ledger.json")
    rm -r "$work"
}

for seed in 1 2; do
    ladder pod /usr/share/perl/5.36.0/pod .pod $seed
    ladder wiki "$corpora/wiki_en.train-00.nul.zst" "" $seed
    ladder books "$corpora/books.train-00.nul.zst" "" $seed
    ladder py /usr/lib/python3 .py $seed
    ladder h /usr/include .h $seed
done
