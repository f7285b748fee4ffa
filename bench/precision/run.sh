#!/bin/sh
# The same law in fp32 and in bf16: one ladder of fifteen rungs, five seeds each, in both precisions. Final losses are held
# against the noise of seeds, fitted exponents against each other's intervals.
# Usage: bench/precision/run.sh [build/loglog [TEXT [SUFFIX]]] >bench/precision/RESULTS.md   (about 15 minutes on two cores)
set -eu
loglog=$(realpath "${1:-build/loglog}")
text=${2:-/usr/include}
suffix=${3-.h}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$loglog" data build --text "$text" --suffix "$suffix" --out text >/dev/null
cat >spec.yaml <<'EOF'
data: {shards: text}
model: {widths: [16, 32, 64, 128, 256]}
design: {kind: grid, params: [6144, 24576, 98304, 393216, 1572864], tokens: [42k, 170k, 680k], seeds: 5}
forecast: {hold_out: none}
train: {eval_points: 2}
EOF
for p in fp32 bf16; do
    "$loglog" run spec.yaml --quiet --store $p.db --train.precision $p
    "$loglog" runs export - --store $p.db >$p.csv
done
echo "Made by \`bench/precision/run.sh\`, $("$loglog" --version), on $text $suffix."
echo
echo "Mean final loss over five seeds, nats per token; the difference of the means and its standard error, from the scatter"
echo "of seeds. Both precisions see the same seeds and batches, so the differences lie far below that noise."
echo
echo "| N, D | fp32 | seed sd | bf16 | seed sd | difference | in standard errors |"
echo "|---|---|---|---|---|---|---|"
awk -F, '
    FNR == 1 { file++; for (i = 1; i <= NF; i++) col[$i] = i; next }
    { key = sprintf("%d, %d", $col["params"], $col["tokens"]); if (!(key in seen)) { seen[key] = 1; order[++rows] = key }
      n[key, file]++; sum[key, file] += $col["loss"]; square[key, file] += $col["loss"]^2 }
    END {
        for (r = 1; r <= rows; r++) {
            for (f = 1; f <= 2; f++) {
                k = n[order[r], f]; mean[f] = sum[order[r], f] / k
                var = (square[order[r], f] - k * mean[f]^2) / (k - 1); sd[f] = sqrt(var > 0 ? var : 0)
            }
            d = mean[2] - mean[1]; se = sqrt((sd[1]^2 + sd[2]^2) / k); z = d / se; chi += z * z
            printf "| %s | %.4f | %.4f | %.4f | %.4f | %+.4f | %+.1f |\n", order[r], mean[1], sd[1], mean[2], sd[2], d, z
        }
        printf "\nRoot mean square of the last column: %.2f (1 would be the noise of seeds alone).\n\n", sqrt(chi / rows)
    }' fp32.csv bf16.csv
echo "| | parameter | value | standard error | 90 % interval |"
echo "|---|---|---|---|---|"
for p in fp32 bf16; do
    "$loglog" fit --law chinchilla --store $p.db | tr -d '[],' | awk -v p=$p '$3 == "+-" && ($1 == "E" || $1 == "alpha" || $1 == "beta") {
        printf "| %s | %s | %s | %s | %s to %s |\n", p, $1, $2, $4, $7, $8 }'
done
