#!/bin/sh
# A team lead has 25 small runs and has to justify one large one: ends in report.html and report.pdf.
. "$(dirname "$0")/lib.sh"
walk lead
awk -v seed=1 -f "$here/ladder.awk" >runs.csv
awk -v seed=1 -v name=new -v A=430 -f "$here/ladder.awk" >new.csv

echo '# what I have'
expect 0 '25 runs, 0 left out' fit runs.csv --save fit.json --target-flops 1e22
says 'compute-optimal' 'the law alone' 'nats per token'
now=$(reach)
expect 0 '25 runs added' runs import runs.csv --store walk.db

echo '# what a run of 1e22 FLOPs will reach: every verb says the same'
for runs in runs.csv '--fit fit.json' '--store walk.db'; do
    expect 0 'the law alone' forecast at $runs --flops 1e22
    reaches "$now"
    expect 0 'dollars' plan $runs --flops 1e22
    reaches "$now"
    expect 0 'forecast now' next $runs --target-flops 1e22 --budget 1e21
    reaches "$now"
done

echo '# what I would buy, and what the next runs would tell'
expect 0 'days                   30 on 64 devices' plan --fit fit.json --gpus 64xH100 --days 30
says 'tokens per parameter' 'loss, forecast' 'the intervals hold only if the law still does'
large=$(reach)
ratio=$(awk '/tokens per parameter/ { print $4 }' said)
expect 0 'next.csv lists these runs' next --fit fit.json --target-flops 1e22 --budget '$20k' --gpus H100 --out next.csv
ends next.csv 'run,params,tokens,flops'
awk -F, 'NR > 1 && ($2 $3) !~ /^[0-9]+$/ { bad = 1 } END { exit bad }' next.csv || fail 'a run of half a token'

echo '# the new recipe, and the gate'
expect 0 'they differ' compare runs.csv new.csv --out gain.svg
says 'the offset' 'extrapolated'
ends gain.svg '</svg>'
expect 0 'pass: nothing stands in the way' gate check "$root/examples/policies/legal.yaml" --flops 7.2e22
expect 3 'fail' gate check "$root/examples/policies/legal.yaml" --flops 3e25
expect 4 'the interval is across the line' gate check "$root/examples/policies/promote.yaml" \
    --score gain_at_10x=0.012,0.004,0.021 --level 0.8

echo '# a slip of the finger is one line'
refused "did you mean '--gpus'?" plan runs.csv --gpu 64xH100 --days 30
refused "no accelerator 'H101'" plan runs.csv --gpus 64xH101 --days 30
refused "expected a number such as" forecast at runs.csv --params 7X --tokens 1T
refused '--fit fit.json' forecast at fit.json --params 7B --tokens 1T
refused 'absent.csv: cannot read' forecast at absent.csv --params 7B --tokens 1T
refused 'expected FLOPs' next runs.csv --target-flops 1e22 --budget 20kUSD
refused "'64xH100 30d'" report runs.csv --budget 64xH100
refused 'nowhere/report.pdf' report runs.csv --pdf nowhere/report.pdf

echo '# what my boss gets'
report() {
    code=$1 text=$2
    shift 2
    expect "$code" "$text" report runs.csv --title 'One large run' --budget '64xH100 30d' \
        --policy "$root/examples/policies/legal.yaml" --out report.html "$@"
}
report 0 'wrote report.html'
ends report.html "tokens, $ratio tokens a parameter" ">$ratio<" # in words and in the table
ends report.html '<h1>One large run</h1>' '<strong>With 64xH100 30d' 'Asked about the planned run'
loss=$(sed -n 's|.*a loss of \([0-9.]*\) nats/token (forecast.*|\1|p' report.html | head -n 1) # digits that its interval earns
digits=${loss#*.}
[ "$loss" = "$(printf '%.*f' "${#digits}" "${large%% *}")" ] || fail "the report's loss is '$loss', the plan's ${large%% *}"
if has chromium && report 0 'wrote report.pdf' --pdf report.pdf; then ends report.pdf '%PDF'; else echo '# no Chromium: no PDF'; fi
