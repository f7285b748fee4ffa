#!/bin/sh
# A researcher has two recipes and a paper to write: ends in figures and in the table of parameters.
. "$(dirname "$0")/lib.sh"
walk researcher
awk -v seed=3 -f "$here/ladder.awk" >base.csv
awk -v seed=3 -v name=new -v B=1800 -f "$here/ladder.awk" >new.csv
{ cat base.csv; sed 1d new.csv; } >both.csv

echo '# is it a gain, and does it grow or fade?'
expect 0 'they differ' compare both.csv --by recipe=base,new --out gain.svg
says 'baseline  base' 'other     new' 'the offset' 'extrapolated' 'to see a loss 1 % lower'
ends gain.svg '</svg>'
expect 0 'no difference is seen' compare base.csv base.csv

echo '# the law, what to worry about, what to state beside it'
expect 0 'covered' fit base.csv --coverage 40 --checklist --profile --save base.json --draws draws.csv
says 'profile likelihood' 'most influential runs' "the asymptote's band" 'bend of the residuals' \
    'what to state beside this law' 'SHA-256'
reached=$(reach)
ends draws.csv 'E,A,B,alpha,beta'
expect 0 'N_opt = G (C/6)^a' fit base.csv --law isoflop
expect 0 'the law alone' forecast at --fit base.json --flops 2.56e21
reaches "$reached"
expect 0 '14 runs, 11 left out' fit base.csv --where 'params < 5e8' --bootstrap 200

echo '# a slip of the finger is one line'
refused "did you mean 'triptych'" plot tryptich base.csv --out figure.svg
refused 'figure.jpg' plot triptych base.csv --out figure.jpg
refused "there is no column 'recipee'" compare both.csv --by recipee
refused "no row has recipe = 'mew'" compare both.csv --by recipe=base,mew
refused 'expected nats' fit base.csv --loss-unit nat
refused 'isoflopp' fit base.csv --law isoflopp

echo '# the figures and the table of the paper'
expect 0 'wrote triptych.pdf' plot triptych base.csv --out triptych.pdf
expect 0 'wrote isoflop.svg' plot isoflop --fit base.json --out isoflop.svg
ends triptych.pdf '%PDF'
ends isoflop.svg '</svg>'
expect 0 'chinchilla' fit base.csv
sed -n '/^  [A-Za-z]* .*90 %/p' said >table.txt
for parameter in E A B alpha beta a b; do ends table.txt "  $parameter "; done
