#!/bin/sh
# What came of the ladders in runs/ at 16 times the compute that they were fitted to, beside what is foretold from them.
# Trains one run of 100,000 parameters on 6.4 M tokens for each that is not in far/ yet (two minutes on an idle core).
# Usage: bench/small/far.sh [build/loglog]
set -eu
loglog=$(realpath "${1:-build/loglog}")
here=$(dirname "$(realpath "$0")")
corpora=$(realpath "$here/../../../shared/data/corpora")
params=100352 tokens=6377728
mkdir -p "$here/far"

far() { # text's name, path, suffix, seed
    csv=$here/far/$1-$4.csv work=$(mktemp -d)
    if [ ! -e "$csv" ]; then
        cat >"$work/spec.yaml" <<SPEC
name: $1
seed: $4
data: {text: $2, suffix: "$3", max_bytes: 16M}
model: {family: llama, context: 64, head: 4, widths: [64]}
design: {kind: list, params: [$params], tokens: [$tokens]}
forecast: {hold_out: none}
SPEC
        (cd "$work" && "$loglog" run spec.yaml --quiet --workers 1 && "$loglog" runs export "$csv")
    fi
    python3 - "$loglog" "$here/runs/$1-$4.csv" "$csv" "$work/fitted.csv" <<'PY'
import csv, json, subprocess, sys
program, ladder, far, fitted = sys.argv[1:]
runs = list(csv.DictReader(open(ladder)))
# The run at 4 times the compute is not fitted.
runs.remove(max(runs, key=lambda r: float(r["params"]) * float(r["tokens"])))
with open(fitted, "w", newline="") as f:
    w = csv.DictWriter(f, runs[0])
    w.writeheader()
    w.writerows(runs)
run = next(csv.DictReader(open(far)))
said = json.loads(subprocess.run([program, "forecast", "at", fitted, "--params", run["params"], "--tokens", run["tokens"], "--json"],
                                 check=True, stdout=subprocess.PIPE).stdout)["forecast"]
loss = float(run["loss"])
print("| %s | %.4f | %.4f [%.4f, %.4f] | %+.1f | %s |" % (far.split("/")[-1][:-4], loss, said["value"], *said["ci"], 100 * (said["value"] / loss - 1),
                                                        "covered" if said["ci"][0] <= loss <= said["ci"][1] else "missed"))
PY
    rm -r "$work"
}

echo "| ladder | came | foretold, 90 % | error, % | |"
echo "|---|---|---|---|---|"
for seed in 1 2; do
    far pod /usr/share/perl/5.36.0/pod .pod $seed
    far wiki "$corpora/wiki_en.train-00.nul.zst" "" $seed
    far books "$corpora/books.train-00.nul.zst" "" $seed
    far py /usr/lib/python3 .py $seed
    far h /usr/include .h $seed
done
