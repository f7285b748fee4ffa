#!/bin/sh
# A trainer that takes two seconds: its loss is a law of N and D. It resumes, and then says again where it is: what a
# killed worker had not read of it is lost. toy.sh N D STEPS OUT
N=$1 D=$2 steps=$3 out=$4 step=0
say() {
    loss=$(awk "BEGIN { print 1.7 + 30 / $N ^ 0.35 + 60 / ($D * $step / $steps) ^ 0.37 }")
    echo "step $step of $steps, loss $loss"
}
[ -f "$out/state" ] && step=$(cat "$out/state") && say
while [ "$step" -lt "$steps" ]; do
    step=$((step + (steps + 9) / 10)); [ "$step" -le "$steps" ] || step=$steps
    sleep 0.2
    say
    echo "$step" >"$out/state"
done
