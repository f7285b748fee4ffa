#!/bin/bash
# The gate against a model of it in Python (tests/gate_model.py) that was written from the documentation alone: 100,000
# random policies with evidence and waivers, five seeds of 20,000. The same verdict for each, and never a pass where the
# model says otherwise.
# Usage: cmake --build build --target gate_driver; bench/gate/run.sh [build/tests/gate_driver] >bench/gate/RESULTS.md
set -u
here=$(dirname "$(realpath "$0")")
driver=$(realpath "${1:-build/tests/gate_driver}")
echo '# The gate and its model'
echo
echo 'Random cases of bench/gate/run.sh: how many the model calls fail, investigate, pass and refused (unusable), and where'
echo 'the program says something else.'
echo
bad=0
for seed in 1 2 3 4 5; do
    said=$(python3 "$here/../../tests/gate_model.py" "$driver" 20000 $seed) || bad=1
    echo "- $(tail -1 <<<"$said")"
    [ $bad = 0 ] || sed '$d' <<<"$said" >&2
done
exit $bad
