#!/bin/sh
# A student has a text and a few minutes: trains a ladder of tiny models on it, looks at the laws, and lets the best one
# write: ends in report.html with Kaplan's triptych.
. "$(dirname "$0")/lib.sh"
walk student

echo '# a text of my own'
mkdir notes
awk 'BEGIN { split("the a my this loss model run line law data step curve", noun, " ")
             split("falls grows bends holds ends starts learns waits", verb, " ")
             state = 4242
             for (file = 1; file <= 40; file++) for (line = 1; line <= 120; line++) {
                 sentence = ""
                 for (word = 1; word <= 9; word++) {
                     state = (state * 16807) % 2147483647
                     sentence = sentence (word % 3 ? noun[1 + state % 12] : verb[1 + state % 8]) " "
                 }
                 print sentence "." >("notes/" file ".txt")
             } }'
expect 0 'data build' help data
expect 0 'data info' data --help
expect 2 'needs one of: build, info' data
expect 0 'tokens' data build --text notes --out text
expect 0 'train' data info text
cat >tiny.yaml <<'SPEC'
schema: loglog.spec/1
name: tiny
data: {shards: text}
model: {context: 32, widths: [8, 16, 32]}
design: {kind: isoflop, flops: [2e8, 6.4e9], rungs: 12, sizes: 3}
forecast: {hold_out: last}
SPEC

echo '# the ladder'
expect 0 '11 rungs on' run tiny.yaml --dry-run
expect 0 'forecast sealed' run tiny.yaml
says '11/11' 'forecast scored'
expect 0 '100 % done: 11 done' status
expect 0 'bits/byte' runs list

echo '# the laws, and what a larger model would reach'
expect 0 '11 runs of ladder' fit --target-flops 1e11
says 'E + A/N^alpha + B/D^beta' 'the law alone'
now=$(reach)
expect 0 '' forecast at --flops 1e11
reaches "$now"
expect 0 'nats per token' plan --flops 1e11
reaches "$now"
expect 0 'forecast now' next --target-flops 1e11 --budget 1e10
reaches "$now"

echo '# a slip of the finger is one line'
refused 'cannot read' data build --text note --out text
refused '--out PREFIX is missing' data build --text notes
refused 'cannot read' run tinny.yaml
refused "train.lr is 'fast'" run tiny.yaml --train.lr fast
refused "there is no run 'best'" sample best
refused "figures are: triptych" plot kaplan

echo '# what my teacher gets'
expect 0 'tokens/s' sample --prompt 'the loss ' --length 60
says 'the loss '
expect 0 'wrote triptych.svg' plot triptych --out triptych.svg
ends triptych.svg '</svg>' 'FLOPs'
expect 0 'wrote report.html' report --title 'Laws of my own notes'
ends report.html '<h1>Laws of my own notes</h1>' 'Loss against compute, data and parameters' 'was forecast and sealed' 'under 0.01'
