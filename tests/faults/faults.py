#!/usr/bin/env python3
"""What loglog does when something fails: every call once, kill -9, two at once, a full disk, a clock that jumps, rot.

    faults.py PROGRAM SHIM [--quick] [--seconds S] [--scale X] [--seed N] [--only PART] [--moments N]
              [--report FILE]

The rule of every try: exit 0 means the bytes of an undisturbed run; else the exit code is the program's own (no
signal), one line says why, no file and no store is half-written, and the same command, undisturbed, does it all.
Each part ends when it is through, or after so many seconds; --scale multiplies its tries, --moments says how often
somebody is killed on each of the engines (command, postgres, slurm). The exit code is 1 when a
try broke the rule.
"""
import argparse
import shutil
import sys
import time

from calls import calls
from clocks import clocks
from disks import disks
from engines import command, postgres, slurm
from harness import Bench
from kills import kills
from races import races
from rot import corpus, databases, rot

PARTS = {"calls": calls, "kills": kills, "races": races, "disks": disks, "clocks": clocks, "databases": databases,
         "rot": rot, "corpus": corpus, "command": command, "postgres": postgres, "slurm": slurm}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("program")
    p.add_argument("shim")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--seconds", type=float, help="of each part at most; quick: 4")
    p.add_argument("--scale", type=float, default=1)
    p.add_argument("--moments", type=int, default=200)
    p.add_argument("--only", choices=sorted(PARTS))
    p.add_argument("--report")
    a = p.parse_args()
    bench = Bench(a.program, a.shim, a.seed)
    bench.scale, bench.wanted_moments = a.scale, a.moments
    began = time.time()
    try:
        for name, part in PARTS.items():
            if a.only in (None, name):
                bench.end = time.time() + (a.seconds or (4 if a.quick else 1e9))
                part(bench, a.quick)
    finally:
        shutil.rmtree(bench.root, ignore_errors=True)
    lines = sorted("| %s | %s | %d | %d |" % (*key, *n) for key, n in bench.tried.items())
    lines[:0] = ["| part | what | tries | broke the rule |", "|---|---|---|---|"]
    total = sum(n for n, _ in bench.tried.values())
    lines += [""] + bench.said
    lines.append("\n%d tries, %d broke the rule, %.0f s, seed %d" % (total, len(bench.broken), time.time() - began, a.seed))
    print("\n".join(lines))
    if a.report:
        with open(a.report, "w") as f:
            f.write("\n".join(lines) + "\n")
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main())
