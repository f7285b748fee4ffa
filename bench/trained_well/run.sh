#!/bin/sh
# Trained well: six rungs across the demo's ladder, each at five learning rates; and muP's promise, that the best rate
# stays put from width 32 to 256. Usage: bench/trained_well/run.sh [build/loglog [TEXT [SUFFIX]]]
# >bench/trained_well/RESULTS.md   (about 15 minutes on two cores)
set -eu
loglog=$(realpath "${1:-build/loglog}")
text=${2:-/usr/include}
suffix=${3-.h}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$loglog" data build --text "$text" --suffix "$suffix" --out text >/dev/null

# table SPEC RATES: final loss of each run at each rate, over the best of its row.
table() {
    for lr in $2; do "$loglog" run $1.yaml --quiet --store $1.db --train.lr "$lr"; done
    "$loglog" runs export - --store $1.db | awk -F, -v rates="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; n = split(rates, rate, " "); next }
        { key = sprintf("%d, %d", $col["params"], $col["tokens"]); if (!(key in seen)) { seen[key] = 1; order[++rows] = key }
          loss[key, $col["lr"] + 0] = $col["loss"] }
        END {
            head = "| N, D |"; rule = "|---|"
            for (i = 1; i <= n; i++) { head = head " " rate[i] " |"; rule = rule "---|" }
            print head " best |"; print rule "---|"
            for (r = 1; r <= rows; r++) {
                best = ""; line = "| " order[r] " |"
                for (i = 1; i <= n; i++) if (best == "" || loss[order[r], rate[i] + 0] < best) best = loss[order[r], rate[i] + 0]
                for (i = 1; i <= n; i++) line = line sprintf(" %+.1f %% |", 100 * (loss[order[r], rate[i] + 0] / best - 1))
                print line sprintf(" %.4f |", best)
            }
        }'
}

cat >rungs.yaml <<'EOF'
data: {shards: text}
model: {widths: [8, 16, 32, 64, 128]}
design: {kind: list, params: [1536, 1536, 6144, 24576, 24576, 98304], tokens: [75k, 1.2M, 300k, 300k, 4.8M, 1.2M]}
forecast: {hold_out: none}
train: {eval_points: 2}
EOF
cat >widths.yaml <<'EOF'
data: {shards: text}
model: {widths: [32, 64, 128, 256]}
design: {kind: grid, params: [24576, 98304, 393216, 1572864], tokens: [300k]}
forecast: {hold_out: none}
train: {eval_points: 2}
EOF
echo "Made by \`bench/trained_well/run.sh\`, $("$loglog" --version), on $text $suffix."
echo
echo "Final validation loss over the best of the row, at five peak learning rates. The spec's default is 0.005."
echo
table rungs "0.00125 0.0025 0.005 0.01 0.02"
echo
echo "Widths 32, 64, 128 and 256 at one D, the rate as the spec states it (muP scales it for each tensor)."
echo
table widths "0.00125 0.0025 0.005 0.01 0.02"
