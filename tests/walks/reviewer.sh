#!/bin/sh
# A reviewer is sent someone's ledger: reads it, checks and scores it, finds what is cut off it, and seals their own
# opinion: ends in a published ledger and the line of its head.
. "$(dirname "$0")/lib.sh"
walk reviewer

echo '# what the author did'
awk -v seed=5 -f "$here/ladder.awk" >runs.csv
expect 0 'the law alone' forecast at runs.csv --params 7B --tokens 140B
median=$(reach | sed 's/ .*//')
expect 0 'from 25 runs' forecast seal runs.csv --params 7B --tokens 140B --author ada --store ada.db --ledger ada.jsonl
says "$(printf '50.0 %%  %.4f' "$median")"
expect 0 '' forecast head --ledger ada.jsonl
cp said ada.head
run=$(sed -n 's/.*"run": "\([^"]*\)".*/\1/p' ada.jsonl | head -1)
expect 0 '1 judged' forecast score --store ada.db --ledger ada.jsonl --run "$run" --outcome 2.119

echo '# what I was sent: ada.jsonl, and the line ada.head that she published before'
expect 0 '1 judged, 1 inside their 90 % interval' forecast list --ledger ada.jsonl
says 'by ada'
expect 0 'whole: 2 entries' forecast check --ledger ada.jsonl --head "$(cat ada.head)"
expect 0 'covered' forecast score --ledger ada.jsonl --out calibration.svg
ends calibration.svg '</svg>'
expect 0 'loglog-head/1 2 ' forecast head --ledger ada.jsonl
cp said later.head

echo '# a ledger that was cut, and one that was touched, are found'
head -1 ada.jsonl >cut.jsonl
expect 1 'had 2 when its head was published' forecast check --ledger cut.jsonl --head "$(cat later.head)"
sed 's/2\.119/2.191/' ada.jsonl >touched.jsonl
! cmp -s ada.jsonl touched.jsonl || fail 'nothing was touched'
expect 1 'is not as it was sealed' forecast check --ledger touched.jsonl

echo '# what others have said'
expect 0 '5 of 7 judged statements came true, 2 open' forecast score \
    --table "$root/examples/scorecard/predictions.csv"

echo '# what I say, signed'
expect 0 '' gate keygen --out me.key
me=$(cat said)
expect 0 'probability 0.3' forecast seal --store me.db --author me --key me.key --judged-by 'the paper, by 2027' \
    --statement 'the 7B run ends below 2.05 nats per token' --probability 0.3
expect 0 '2.13' forecast seal --store me.db --author me --key me.key --ledger me.jsonl \
    --question 'the final validation loss of the 7B run' --quantiles q0.05=2.09,q0.5=2.13,q0.95=2.2
expect 0 'already sealed' forecast seal --store me.db --author me --key me.key \
    --question 'the final validation loss of the 7B run' --quantiles q0.05=2.09,q0.5=2.13,q0.95=2.2
expect 1 'it is never replaced' forecast seal --store me.db --author me --key me.key \
    --question 'the final validation loss of the 7B run' --quantiles q0.05=2.0,q0.5=2.1,q0.95=2.2

echo '# a slip of the finger is one line'
refused 'cannot read' forecast list --ledger absent.jsonl
refused 'there is no such store' forecast list --store absent.db
refused 'q0.05=1.8' forecast seal --store me.db --author me --question x --quantiles 2.0,2.1,2.2
refused 'at most 1' forecast seal --store me.db --author me --statement x --probability 30
refused "did you mean '--table'" forecast score --tabel "$root/examples/scorecard/predictions.csv"

echo '# what I publish'
expect 0 'entries' forecast check --ledger me.jsonl --signer "$me"
expect 0 'loglog-head/1 2 ' forecast head --ledger me.jsonl --key me.key
cp said me.head
expect 0 'whole: 2 entries' forecast check --ledger me.jsonl --head "$(cat me.head)" --signer "$me"
ends me.jsonl 'the 7B run ends below 2.05 nats per token' '"probability"'
ends me.head "$me"
