#!/bin/sh
# A small ladder of two workers through the program: for ThreadSanitizer, which ends a process with 66 at a race.
# Usage: sweep_threads.sh PROGRAM
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >spec.yaml <<'END'
schema: loglog.spec/1
name: threads
data: {source: markov, tokens: 20k}
model: {context: 16, widths: [8, 16]}
train: {eval_windows: 8, final_windows: 16, eval_points: 3}
design: {kind: grid, params: [1536, 6144], tokens: [5k, 10k]}
END
"$1" run spec.yaml --workers 2 --quiet
test "$("$1" runs list --state done --json | grep -c '"id"')" -eq 4
