#!/bin/sh
# The recipe along D: the two smallest widths of the demo at four lengths of run, over decay, batch and peak rate.
# Usage: bench/recipe/run.sh [build/loglog [TEXT [SUFFIX]]]   (about 15 minutes on two cores)
set -eu
loglog=$(realpath "${1:-build/loglog}")
text=${2:-/usr/share/perl/5.36.0/pod}
suffix=${3-.pod}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$loglog" data build --text "$text" --suffix "$suffix" --out text >/dev/null

run() { # TOKENS BATCH RATE DECAY
    cat >spec.yaml <<SPEC
data: {shards: text}
model: {family: llama, head: 8, context: 64, widths: [16, 32]}
design: {kind: grid, params: [6144, 24576], tokens: [$1]}
forecast: {hold_out: none}
train: {eval_points: 2, precision: auto, batch_tokens: $2, lr: $3, decay: $4}
SPEC
    "$loglog" run spec.yaml --quiet --store "$1-$2-$3-$4.db"
    "$loglog" runs export - --store "$1-$2-$3-$4.db" 2>/dev/null | awk -F, -v at="$1 $2 $3 $4" '
        NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
        { print $col["params"], at, $col["loss"] }'
}

echo "N D batch rate decay loss"
for at in "131072 64" "524288 64" "2097152 128" "8388608 256"; do
    set -- ${at% *} ${at#* }
    for decay in 0 0.04 0.1 0.16 0.3 0.6 1.2; do run "$1" "$2" 0.005 $decay; done
    for rate in 0.0025 0.0071 0.01; do run "$1" "$2" $rate -1; done
    for factor in 2 4; do run "$1" $(($2 * factor)) 0.005 -1; done
    [ "$2" = 64 ] || run "$1" $(($2 / 2)) 0.005 -1
done
