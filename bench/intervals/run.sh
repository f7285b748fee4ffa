#!/bin/sh
# How often 90 % intervals hold the truth on planted designs: approach 2, ladders of 8 to 20 runs, and runs of several
# checkpoints.
# Usage: bench/intervals/run.sh [BUILD [STUDIES [RESAMPLES [STUDIES OF LADDERS]]]] >bench/intervals/RESULTS.md
# 400, 150 and 100 take about four minutes of two idle cores.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build} studies=${2:-400} draws=${3:-200} ladders=${4:-200}
cmake --build "$build" --target bench_isoflop bench_few bench_clusters >/dev/null
cat <<END
# Intervals on planted designs

Made by \`bench/intervals/run.sh $build $studies $draws $ladders\`, $("$build/loglog" --version).

## Approach 2

\`fit --law isoflop\` of surfaces E + A/N^alpha + B/D^beta at C = 6 N D with lognormal noise. Sizes are a factor apart, their
centre off the optimum and drifting away from it. Bias is what the fit makes of the surface without noise, less the
truth; the bottoms' line is the published way, a parabola for each budget and a line through their bottoms. A study is
refused where its budgets together do not turn; shares are of the others. A runaway is an interval of no width, or one
that leaves 0 to 1.

END
"$build/bench/bench_isoflop" "$studies" "$draws"
cat <<END

## Few runs

Every parameter of the law and the loss at ten times the compute (of one variable, the next point of the ladder): the
mean share covered, from the least to the most of them, and the geometric mean of the median widths, as a multiple of the
narrowest way whose mean share is 86 % or more. Noise: normal; falling with N from 1.6 to 0.4 of its size; Student's t of 3
degrees of freedom; one run in ten at five times the size.

END
"$build/bench/bench_few" "$ladders" "$draws"
cat <<END

## Checkpoints of the same runs

Forecasts of further runs at 4 and 10 times the largest compute, from 6, 12 and 40 runs of six checkpoints each; the share
is the part of the noise's variance that the checkpoints of a run have in common.

END
"$build/bench/bench_clusters" "$ladders"
