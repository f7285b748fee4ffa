#!/bin/sh
# examples/trainers/torch_gpt.yaml on few tokens: killed and resumed it comes to the losses of an undisturbed ladder, its
# last rung sealed before and scored after. Exits with 77 where no python3 has torch.
# usage: torch_trainer.sh LOGLOG SOURCE
set -eu
loglog=$1 source=$2
PATH=/usr/bin:$PATH
python3 -c 'import torch' 2>/dev/null || { echo "SKIPPED: no python3 with torch here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source"
few="--workers 2 --quiet --design.tokens 6k,14k,10k,18k,26k,18k,22k,40k"
run() { "$loglog" run examples/trainers/torch_gpt.yaml $few --store "$work/$1.db"; }
losses() { "$loglog" runs export "$work/$1.csv" --store "$work/$1.db" >/dev/null; }

run calm
for after in 5 9; do
    "$loglog" run examples/trainers/torch_gpt.yaml $few --store "$work/hit.db" &
    sleep $after
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
done
run hit
losses calm
losses hit
[ "$(wc -l <"$work/calm.csv")" = 9 ] || { echo "expected 8 runs"; cat "$work/calm.csv"; exit 1; }
cmp "$work/calm.csv" "$work/hit.csv"
"$loglog" forecast list --store "$work/hit.db" --json | grep -q '"scored": *true\|"outcome"' ||
    { echo "the forecast is not scored"; exit 1; }
