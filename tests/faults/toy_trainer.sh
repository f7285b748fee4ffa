#!/bin/sh
# A trainer for the campaign: every loss depends on all the steps before it, by way of a state that it keeps after each.
# toy_trainer.sh N STEPS OUT START PARENT BRANCHES [FILE]     metrics go into the file, or are printed
N=$1 steps=$2 out=$3 start=$4 parent=$5 branches=$6 file=$7
keep() { echo "$step $sum" >"$1.new" && mv "$1.new" "$1"; }

step=0 sum=1
if [ -f "$out/state" ]; then read -r step sum <"$out/state"
elif [ -n "$parent" ]; then read -r step sum <"$parent/at-$start" || exit 9
fi
while [ "$step" -lt "$steps" ]; do
    step=$((step + 1)) sum=$(((sum * 31 + step) % 9973))
    line="{\"step\": $step, \"loss\": $((N % 89 + 1)).$((1000000 + sum * 7))}"
    if [ -n "$file" ]; then echo "$line" >>"$file"; else echo "$line"; fi
    case ",$branches," in *",$step,"*) keep "$out/at-$step" ;; esac
    keep "$out/state"
done
