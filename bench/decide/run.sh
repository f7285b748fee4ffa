#!/bin/bash
# How long a decision takes from a saved fit of 4000 draws: the 240 digitised Chinchilla runs, a plan in its dearer forms,
# and a sealed forecast, each the best of ten, start of the program included: by the clock, and by the processor's time,
# which other work on the machine does not lengthen.
# Usage: bench/decide/run.sh DATA/runs/chinchilla_figure4.csv [build/loglog] >bench/decide/RESULTS.md   (a minute)
set -eu
table=$(realpath "$1")
loglog=$(realpath "${2:-build/loglog}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$loglog" fit "$table" --where 'kept_in_fit = 1' --bootstrap 4000 --save fit.json >/dev/null

best() { # of ten, in milliseconds; the two least need not be of one run
    local wall= cpu= i times
    TIMEFORMAT='%R %U %S'
    for i in 1 2 3 4 5 6 7 8 9 10; do
        rm -f s.db s.db-*
        times=$({ time "$loglog" "$@" >/dev/null; } 2>&1 | awk '{ printf "%d %d", 1000 * $1, 1000 * ($2 + $3) }')
        [ -n "$wall" ] && [ "$wall" -le "${times% *}" ] || wall=${times% *}
        [ -n "$cpu" ] && [ "$cpu" -le "${times#* }" ] || cpu=${times#* }
    done
    echo "| \`loglog $*\` | $wall | $cpu |"
}

echo "Made by \`bench/decide/run.sh\`, $("$loglog" --version), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg);"
echo "the fit is of $(($(wc -l <"$table") - 6)) runs and 4000 draws, $(($(wc -c <fit.json) / 1000)) kB. The bar is 200 ms."
echo
echo "| command | milliseconds, clock | processor |"
echo "|---|---|---|"
best plan --fit fit.json --flops 1e23
best plan --fit fit.json --flops 1e23 --json
best plan --fit fit.json --loss 2.0
best plan --fit fit.json --flops 1e23 --unique-tokens 100B --inference-tokens 2T
best plan --fit fit.json --loss 2.05 --unique-tokens 1T --inference-tokens 2T
best forecast when --fit fit.json --nats-per-token 1.9 --json
best forecast seal --fit fit.json --params 70B --tokens 1.4T --store s.db
