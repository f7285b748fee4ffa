#!/usr/bin/env python3
"""Whole curves on a ladder of our own: five sizes, two lengths, three schedules, and one schedule with a second seed.

Usage: bench/curves/run.py [--loglog build/loglog] [--store FILE] [--text PATH --suffix .pod] [--public FOLDER]
Trains what the store lacks (about five minutes of two idle cores), holds each schedule out of the joint law in turn,
foretells each run's end from the first part of its curve, and, with a folder of mpl_curves_25m.csv and
mpl_curves_100m.csv, fits the published curves. Prints the tables of RESULTS.md.
"""
import argparse
import csv
import io
import json
import math
import os
import resource
import statistics
import subprocess
import tempfile

SPEC = """\
name: {name}
seed: {seed}
data: {{text: {text}, suffix: {suffix}, tokenizer: bytes}}
model: {{family: llama, context: 64, head: 8, widths: [16, 24, 32, 48, 64]}}
train: {{schedule: {schedule}, batch_tokens: 256, decay: 0.1, eval_points: 60, eval_windows: 256,
        final_windows: 256}}
design: {{kind: grid, params: [6100, 13800, 24600, 55300, 98300], tokens: [400000, 1000000]}}
forecast: {{hold_out: none}}
"""
LADDERS = [("cosine", 1), ("wsd", 1), ("constant", 1), ("cosine", 2)]
SCHEDULES = ["cosine", "wsd", "constant"]


def call(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def timed(program, *words):
    """The document that a verb prints, and the processor seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    doc = json.loads(call(program, *words))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return doc, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def train(a, folder):
    for schedule, seed in LADDERS:
        path = os.path.join(folder, f"{schedule}-{seed}.yaml")
        with open(path, "w") as f:
            f.write(SPEC.format(name=f"{schedule}-{seed}", seed=seed, schedule=schedule, text=a.text, suffix=a.suffix))
        call(a.loglog, "run", path, "--store", a.store, "--quiet")


def runs_of(a, name):
    """A ladder's id and the final loss of each of its runs, a seed's mark taken off their names."""
    text = call(a.loglog, "runs", "list", "--store", a.store, "--ladder", name, "--json")
    runs = [r for r in json.loads(text)["runs"] if r["state"] == "done"]
    return runs[0]["ladder"], {r["name"].split("-s")[0]: r["loss"] for r in runs}


def summary(errors):
    sizes = sorted(abs(e) for e in errors)
    return statistics.mean(sizes), statistics.median(sizes), sizes[-1]


def hold_out(a, ids):
    print("| schedule left out | mean error of its ten ends | median | worst | cpu s |\n|---|---|---|---|---|")
    for schedule in SCHEDULES:
        others = [ids[s] for s in SCHEDULES if s != schedule]
        strangers = [i for i in a.all if i not in others]
        doc, cpu = timed(a.loglog, "fit", "--law", "multi_power_n", "--store", a.store, "--bootstrap", "0", "--json",
                         "--where", " and ".join(f"ladder != '{i}'" for i in strangers),
                         "--judge", f"ladder = '{ids[schedule]}'")
        mean, median, worst = summary([100 * c["end_rel_err"] for c in doc["judged"]["curves"]])
        print(f"| {schedule} | {mean:.2f} % | {median:.2f} % | {worst:.2f} % | {cpu:.1f} |")


def scatter(first, second):
    apart = [math.log(second[k] / first[k]) for k in first]
    sd = math.sqrt(sum(d * d for d in apart) / len(apart) / 2)
    print(f"\nTwo seeds of the ten cosine runs: one run's end scatters by {100 * sd:.2f} % (sd).\n")


def ends(a, ids):
    print("| schedule | share seen | median error | worst | 90 % held | half-width, median |")
    print("|---|---|---|---|---|---|")
    for schedule in SCHEDULES:
        for share in (0.1, 0.25, 0.5):
            doc = json.loads(call(a.loglog, "forecast", "end", "--store", a.store, "--ladder", ids[schedule],
                                  "--share", str(share), "--json"))
            rows = [(r["forecast"], r["ended"]) for r in doc["runs"]]
            _, median, worst = summary([100 * (f["value"] / loss - 1) for f, loss in rows])
            held = sum(f["ci"][0] <= loss <= f["ci"][1] for f, loss in rows)
            half = statistics.median(50 * (f["ci"][1] - f["ci"][0]) / f["value"] for f, _ in rows)
            print(f"| {schedule} | {share} | {median:.2f} % | {worst:.2f} % | {held} of {len(rows)} | {half:.2f} % |")


def score(name, doc, cpu):
    mean = doc["judged"]["mean_of_curves"]
    print(f"| {name} | {100 * mean['mean_abs_rel_err']:.3f} % | {100 * mean['worst_abs_rel_err']:.3f} % "
          f"| {mean['r2']:.4f} | {cpu:.1f} |")


def public(a, folder):
    fit = ["--where", "published_split = 'fit'", "--judge", "published_split = 'judge'", "--json"]
    joined = io.StringIO()
    out = csv.writer(joined)
    out.writerow("run published_split step lr loss params".split())
    print("\n| curves | mean error | worst | r2 | cpu s |\n|---|---|---|---|---|")
    for size in (25, 100):
        path = os.path.join(a.public, f"mpl_curves_{size}m.csv")
        score(f"{size}M, multi_power", *timed(a.loglog, "fit", path, "--law", "multi_power", *fit))
        for r in csv.DictReader(open(path)):
            out.writerow([f"{r['run']}-{size}m", r["published_split"], r["step"], r["lr"], r["loss_nats"], size * 1e6])
    path = os.path.join(folder, "both.csv")
    with open(path, "w") as f:
        f.write(joined.getvalue())
    score("both, multi_power_n", *timed(a.loglog, "fit", path, "--law", "multi_power_n", *fit))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--loglog", default="build/loglog")
    p.add_argument("--store")
    p.add_argument("--text", default="/usr/share/perl/5.36.0/pod")
    p.add_argument("--suffix", default=".pod")
    p.add_argument("--public")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        a.store = a.store or os.path.join(folder, "curves.db")
        train(a, folder)
        found = {f"{s}-{seed}": runs_of(a, f"{s}-{seed}") for s, seed in LADDERS}
        ids = {s: found[f"{s}-1"][0] for s in SCHEDULES}
        doc = json.loads(call(a.loglog, "runs", "list", "--store", a.store, "--json"))
        a.all = sorted({r["ladder"] for r in doc["runs"]})
        hold_out(a, ids)
        scatter(found["cosine-1"][1], found["cosine-2"][1])
        ends(a, ids)
        if a.public:
            public(a, folder)


if __name__ == "__main__":
    main()
