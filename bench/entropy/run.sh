#!/bin/sh
# Known entropy: a ladder on each of seven fixed Markov sources. The fitted floor is held against the exact entropy rate,
# and every rung's final loss too. The first token of a window is all that its second is predicted from: of a chain of
# order 2 a model of context T cannot get below h + (h_1 - h) / T, so those have a longer context.
# Usage: bench/entropy/run.sh [build/loglog] >bench/entropy/RESULTS.md   (6 minutes on two cores)
set -eu
loglog=$(realpath "${1:-build/loglog}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >spec.yaml <<'EOF'
data: {source: markov, tokens: 4M}
model: {widths: [16, 32, 64]}
design: {kind: grid, params: [6144, 24576, 98304], tokens: [250k, 1M, 4M]}
forecast: {hold_out: none}
train: {eval_points: 2}
EOF

echo "Made by \`bench/entropy/run.sh\`, $("$loglog" --version)."
echo
echo "| symbols, order, alpha, seed, context | entropy, nats | fitted floor | off | 90 % interval | held | lowest rung, se from truth |"
echo "|---|---|---|---|---|---|---|"
while read -r vocab order alpha seed context; do
    "$loglog" run spec.yaml --quiet --store s$seed.db --seed $seed --data.vocab $vocab --data.order $order --data.alpha $alpha \
        --model.context $context --train.final_windows $((192000 / context))
    truth=$("$loglog" data info "$(ls s$seed.d/data-*.train.bin)" | awk '$1 == "entropy" { print $2 }')
    "$loglog" runs export - --store s$seed.db >runs.csv
    lowest=$(awk -F, -v h="$truth" 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
        { z = ($col["loss"] - h) / $col["loss_se"]; if (min == "" || z < min) min = z } END { printf "%+.1f", min }' runs.csv)
    "$loglog" fit --law chinchilla --store s$seed.db | tr -d '[],' |
        awk -v h="$truth" -v low="$lowest" -v name="$vocab, $order, $alpha, $seed, $context" '$1 == "E" && $3 == "+-" {
            held = $7 <= h && h <= $8 ? "yes" : "no"
            printf "| %s | %.5f | %.5f | %+.2f %% | %s to %s | %s | %s |\n", name, h, $2, 100 * ($2 / h - 1), $7, $8, held, low }'
done <<'EOF'
16 1 0.3 1 32
32 1 0.2 2 32
64 1 0.1 3 32
4 2 0.5 4 128
8 2 0.3 5 128
24 1 0.5 6 32
16 1 1.0 7 32
EOF
