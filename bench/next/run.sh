#!/bin/sh
# How much compute the runs of 'loglog next' need to forecast as well as a uniform isoFLOP grid, on simulated studies.
# Usage: bench/next/run.sh [BUILD [STUDIES [REPEATS]]] >bench/next/RESULTS.md
# 200 and 6 take about 4 minutes of one idle core for each table.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build} studies=${2:-200} repeats=${3:-6}
cmake --build "$build" --target bench_next >/dev/null
cat <<EOF
# The next runs against a uniform grid

Made by \`bench/next/run.sh $build $studies $repeats\`, $("$build/loglog" --version). The bar: a median of at least 2, and
the worst tenth no lower than 1/1.1 = 0.91. Planted are the surface of Besiroglu et al. (2024) with exponents and floor
drawn anew for every study, a departure of 0.5 % and a noise of 0.5 to 1 %; the target is 10 to 30 times the grid's
largest run. The grid has 21 runs, seven budgets a factor of 4 apart; next starts from nothing, spends a tenth, fits, and
spends the rest, in at most 24 runs each time. Both are forecast by the same method.
EOF
say() {
    printf '\n## %s\n\n' "$1"
    shift
    "$build/bench/bench_next" "$studies" "$repeats" "$@"
}
say "Against three sizes at each budget" share 3 2
say "Against five sizes at each budget" share 5 2
