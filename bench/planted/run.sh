#!/bin/sh
# Simulated studies on the 240 (N, D) of Chinchilla's Figure 4: how often the interval holds the planted value, by
# default and with other objectives and resamples.
# Usage: bench/planted/run.sh [BUILD [STUDIES [OF THE OTHERS]]] >bench/planted/RESULTS.md
# 2000 and 500 take about 6 minutes of one idle core. The table of runs is looked for in $LOGLOG_DATA, else ../shared/data.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build} studies=${2:-2000} others=${3:-500}
table=${LOGLOG_DATA:-../shared/data}/runs/chinchilla_figure4.csv
cmake --build "$build" --target planted >/dev/null
say() {
    printf '\n## %s\n\n' "$1"
    shift
    "$build/bench/planted" "$table" "$@"
}
cat <<EOF
# Planted laws

Made by \`bench/planted/run.sh $build $studies $others\`, $("$build/loglog" --version). Planted is the published fit of
the 240 runs (Huber on log loss) with 1 % lognormal noise; every study is searched from all starts and resampled as
\`loglog fit\` does it. The loss at 10x is that of the compute-optimal run of ten times the largest compute. Below: the
whole interval lies below the planted value. The bar is 87 to 93 %.
EOF
say "The default: Huber 1e-3, case resamples" "$studies" huber_log case
say "Wild resamples of the same objective" "$others" huber_log wild
say "Least squares of log loss, case resamples" "$others" ls_log case
