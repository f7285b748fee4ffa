#!/usr/bin/env python3
"""How time and memory grow with the work: every verb at four sizes a factor of 10 apart, and the exponent beside the one
that the work itself has.

    bench/growth/run.py build/loglog > bench/growth/RESULTS.md        about two minutes on two cores
    bench/growth/run.py build/loglog --only store --more              sizes ten times as large

Time is the processor's, of the program and of what it starts; memory is the largest resident set. The time of the smallest
size is that of starting, and is taken off the others before the exponent of the last factor of 10 is taken; where less than
5 ms are left there is none. One run each: what is sought is a wrong power, not a per cent.
"""

import argparse
import hashlib
import json
import math
import os
import platform
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile

FLOOR_S = 0.005


def measure(command, folder):
    """Seconds of the processor and MiB, and the exit status."""
    with open(os.path.join(folder, "said"), "wb") as said:
        child = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, use = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 3):
        with open(os.path.join(folder, "said"), encoding="utf-8", errors="replace") as said:
            raise SystemExit("%s ended with %d:\n%s" % (" ".join(command), child.returncode, said.read()[-500:]))
    return use.ru_utime + use.ru_stime, use.ru_maxrss / 1024


# ---- what is worked on, n of it ----


def loss(params, tokens, rng):
    return (1.69 + 406.4 / params**0.34 + 410.7 / tokens**0.28) * math.exp(rng.gauss(0, 0.005))


def rows(folder, n):
    rng = random.Random(1)
    with open(os.path.join(folder, "rows.csv"), "w", encoding="utf-8") as f:
        f.write("run,params,tokens,loss\n")
        for i in range(n):
            params = 10 ** rng.uniform(6, 9)
            tokens = params * rng.uniform(5, 200)
            f.write("r%d,%.0f,%.0f,%.6f\n" % (i, params, tokens, loss(params, tokens, rng)))


def store(folder, n):
    rows(folder, n)
    subprocess.run([PROGRAM, "runs", "import", "rows.csv", "--params-are", "nonembedding"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)


def points(folder, n):
    rng = random.Random(2)
    with open(os.path.join(folder, "curve.csv"), "w", encoding="utf-8") as f:
        f.write("run,params,step,tokens,loss\n")
        for i in range(1, n + 1):
            f.write("long,1e7,%d,%d,%.6f\n" % (i, 1024 * i, 2 + 8 * i**-0.3 + rng.gauss(0, 0.02)))
        for k in range(6):
            for i in range(1, 21):
                f.write("s%d,%g,%d,%d,%.6f\n" % (k, 1e6 * 2**k, i, 1e6 * i, 2.2 - 0.05 * k + 3 * i**-0.5))


def curve_store(folder, n):
    points(folder, n)
    subprocess.run([PROGRAM, "runs", "import", "curve.csv", "--params-are", "nonembedding"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)


def ledger(folder, n):
    """n entries in the words of one that the program seals: forecasts of runs elsewhere, each with its score."""
    rows(folder, 40)
    subprocess.run([PROGRAM, "forecast", "seal", "rows.csv", "--params-are", "nonembedding", "--params", "1e10", "--tokens",
                    "2e11", "--run", "elsewhere/0"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([PROGRAM, "forecast", "score", "--run", "elsewhere/0", "--outcome", "2"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    db = sqlite3.connect(os.path.join(folder, "loglog.db"))
    sealed, scored = [json.loads(body) for body, in db.execute("SELECT body FROM ledger ORDER BY seq LIMIT 2")]
    previous, = db.execute("SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    for seq in range(3, n + 1):
        body = dict(sealed, run="elsewhere/%d" % seq) if seq % 2 else dict(scored, run="elsewhere/%d" % (seq - 1),
                                                                             forecast=previous)
        text = json.dumps(body, separators=(",", ":"))
        digest = hashlib.sha256((previous + "\n" + text).encode()).hexdigest()
        db.execute("INSERT INTO ledger VALUES (?, ?, ?, ?)", (seq, digest, previous, text))
        previous = digest
    db.commit()


def rungs(folder, n):
    text(folder, 200000)
    side = max(2, round(math.sqrt(n)))
    with open(os.path.join(folder, "grid.yaml"), "w", encoding="utf-8") as f:
        f.write("name: many\ndata: {text: text.txt}\ndesign: {kind: grid, params: {from: 1e4, to: 1e6, n: %d},\n"
                "  tokens: {from: 1e6, to: 1e8, n: %d}}\nforecast: {hold_out: none}\n" % (side, max(2, n // side)))


def text(folder, n):
    rng = random.Random(3)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(5000)]
    with open(os.path.join(folder, "text.txt"), "w", encoding="utf-8") as f:
        at = 0
        while at < n:
            line = " ".join(rng.choices(words, k=12)) + ("\n\n" if rng.random() < 0.1 else "\n")
            f.write(line)
            at += len(line)


def shards(folder, n):
    text(folder, n)
    subprocess.run([PROGRAM, "data", "build", "--text", "text.txt", "--out", "t"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# what of, smallest size, made by, verb, the expected exponent and why it is not 1
NON = ["--params-are", "nonembedding"]
WORK = [
    ("rows", 10, rows, ["fit", "rows.csv", *NON], 1, ""),
    ("rows", 10, rows, ["plot", "n", "rows.csv", *NON], 1, "no more marks are drawn than a picture shows"),
    ("rows", 10, rows, ["report", "rows.csv", *NON], 1, ""),
    ("rows", 10, rows, ["runs", "import", "rows.csv", *NON], 1, "and the logarithm of an index"),
    ("runs", 30, store, ["status"], 1, "the database counts"),
    ("runs", 30, store, ["runs", "list"], 1, ""),
    ("runs", 30, store, ["runs", "list", "--json"], 1, ""),
    ("runs", 30, store, ["runs", "list", "--where", "loss < 1.7"], 1, "a scan: see LEARNED.md"),
    ("runs", 30, store, ["runs", "list", "--where", "name = r7"], 0, "an index"),
    ("runs", 30, store, ["runs", "export", "out.csv"], 1, ""),
    ("runs", 30, store, ["fit", "--store", "loglog.db"], 1, ""),
    ("points", 100, points, ["report", "curve.csv", *NON], 1, ""),
    ("points", 100, points, ["runs", "import", "curve.csv", *NON], 1, ""),
    ("points", 100, curve_store, ["runs", "show", "long", "--json"], 1, ""),
    ("points", 100, curve_store, ["runs", "export", "out.csv", "--curves"], 1, ""),
    ("points", 100, curve_store, ["plot", "curves"], 1, "no more marks are drawn than a picture shows"),
    ("entries", 20, ledger, ["forecast", "list"], 1, ""),
    ("entries", 20, ledger, ["forecast", "check"], 1, ""),
    ("entries", 20, ledger, ["forecast", "score"], 1, ""),
    ("entries", 20, ledger, ["forecast", "seal", "rows.csv", *NON, "--params", "1e11", "--tokens", "2e12", "--run",
      "e/new"], 1, "every hash is computed again, no more"),
    ("rungs", 9, rungs, ["run", "grid.yaml", "--dry-run"], 1, "shapes are timed, at most some dozen"),
    ("bytes", 10000, text, ["data", "build", "--text", "text.txt", "--out", "t"], 1, ""),
    ("bytes", 10000, shards, ["data", "info", "t", "--verify"], 1, ""),
    ("rows", 10, rows, ["plan", "rows.csv", *NON, "--flops", "1e22"], 1, ""),
    ("rows", 10, rows, ["backtest", "rows.csv", *NON, "--factor", "2"], 1, ""),
]


def shown(size):
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if size >= unit:
            return "%g%s" % (size / unit, name)
    return "%g" % size


def exponent(seconds):
    """Of the last factor of 10."""
    over = [s - seconds[0] for s in seconds]
    return math.log10(over[-1] / over[-2]) if over[-1] > FLOOR_S and over[-2] > FLOOR_S / 10 else None


def main():
    global PROGRAM
    order = argparse.ArgumentParser()
    order.add_argument("program")
    order.add_argument("--only", default="", help="of verbs whose line has this word")
    order.add_argument("--more", action="store_true", help="ten times as much of everything")
    order = order.parse_args()
    PROGRAM = os.path.abspath(order.program)
    print("Made by `bench/growth/run.py`: %d cores, %s; load average before %.1f.\n" %
          (len(os.sched_getaffinity(0)), platform.machine(), os.getloadavg()[0]))
    print("Seconds of the processor / MiB, and the exponent of the last factor of 10 beside the expected one.\n")
    print("| verb | of | four sizes, a factor of 10 apart from | time / memory | exponent | expected | |\n|---|---|---|---|---|---|---|")
    above = []
    for what, least, make, verb, expected, why in WORK:
        name = " ".join(verb)
        if order.only not in what + " " + name:
            continue
        seconds, cells = [], []
        for power in range(4):
            with tempfile.TemporaryDirectory(prefix="growth-") as folder:
                make(folder, least * 10 ** (power + order.more))
                took, memory = measure([PROGRAM, *verb], folder)
                seconds.append(took)
                cells.append("%.3f / %.0f" % (took, memory))
        slope = exponent(seconds)
        if slope is not None and slope > expected + 0.1:
            above.append(name)
        print("| `%s` | %s | %s | %s | %s | %g | %s |" % (name, what, shown(least * 10**order.more), ", ".join(cells),
              "-" if slope is None else "%.2f" % slope, expected, why), flush=True)
    print("\n%s" % ("Above what is expected by more than 0.1: %s." % ", ".join("`%s`" % a for a in above) if above
                    else "None is above what is expected by more than 0.1."))
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("%.0f s of the processor in all." % (children.ru_utime + children.ru_stime), file=sys.stderr)


if __name__ == "__main__":
    main()
