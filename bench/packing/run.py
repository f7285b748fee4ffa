#!/usr/bin/env python3
"""Packing: each stage's makespan on all cores against its work divided by the cores.

usage: bench/packing/run.py [build/loglog] [--rounds 3] [--scale 5] [--text /usr/include] >bench/packing/RESULTS.md

On an idle machine, about four minutes. The same ladders are trained on one core, where a stage takes its work, and on
all of them; round by round, one after the other. Ladders: valleys of many sizes, one rung that is most of the work, and
a trunk with its branches. --scale makes all of them longer.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import ladder

BAR = 1.10  # of issue 4

DATA = "data: {text: %s, suffix: .h, max_bytes: 16M}\n"
DESIGNS = {  # %(x)g: a number times --scale
    "valleys": """
model: {widths: [8, 16, 32, 64]}
design: {kind: isoflop, flops: [%(valley_low)g, %(valley_high)g], rungs: 15, sizes: 3, tokens_per_param: 90}
""",
    "one long": """
model: {widths: [16, 64]}
design: {kind: list, params: [98304, 6144, 6144, 6144], tokens: [%(long)g, %(short)g, %(middle)g, %(other)g]}
forecast: {hold_out: none}
""",
    "trunk and branches": """
model: {widths: [32]}
train: {schedule: wsd}
design: {kind: wsd, params: [24576], tokens: [%(short)g, %(middle)g, %(long)g]}
forecast: {hold_out: none}
""",
}
SIZES = {"valley_low": 2.4e8, "valley_high": 6e9, "long": 2e5, "middle": 1e5, "short": 5e4, "other": 7e4}


def spec_of(name, args):
    return DATA % args.text + DESIGNS[name] % {k: v * args.scale for k, v in SIZES.items()}


def stages_of(program, folder, spec, cpus):
    return {s["stage"]: s for s in ladder.use_of(program, folder, spec, cpus=cpus)["stages"]}


def row(name, stage, n, pairs):
    ratios = [many[stage]["wall_s"] / (one[stage]["wall_s"] / n) for one, many in pairs]
    ratio = statistics.median(ratios)
    work, wall, rate = (statistics.median(x) for x in (
        [one[stage]["wall_s"] for one, _ in pairs], [many[stage]["wall_s"] for _, many in pairs],
        [many[stage]["flops_per_s"] / 1e9 for _, many in pairs]))
    rungs = pairs[0][1][stage]["rungs"]
    return "| %s, %s | %d | %.2f s | %.2f s | %.2f (%.2f to %.2f) | %s | %.0f %% | %.1f |" % (
        name, stage, rungs, work, wall, ratio, min(ratios), max(ratios), "holds" if ratio <= BAR else "MISSED",
        100 * statistics.median(many[stage]["busy"] for _, many in pairs), rate)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program", nargs="?", default="build/loglog")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--scale", type=float, default=5)
    p.add_argument("--text", default="/usr/include")
    args = p.parse_args()
    load = os.getloadavg()[0]  # of others: nothing of ours runs yet
    cpus = sorted(os.sched_getaffinity(0))
    pairs = {name: [] for name in DESIGNS}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(args.rounds):
            for name in DESIGNS:
                spec = spec_of(name, args)
                one, many = (stages_of(args.program, folder, spec, c) for c in (cpus[:1], cpus))
                pairs[name].append((one, many))
                print("round %d of %d: %s" % (i + 1, args.rounds, name), file=sys.stderr, flush=True)
    version = subprocess.run([args.program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    print("Made by `bench/packing/run.py`: %s, %d cores, %d rounds, load average before %.1f.\n" %
          (version, len(cpus), args.rounds, load))
    print("Medians. The ratio is the makespan on all cores over the work on one, divided by the cores; bar: %.2f.\n" % BAR)
    print("| ladder, stage | rungs | work on one core | makespan | ratio | | cores busy | GFLOP/s |")
    print("|---|---|---|---|---|---|---|---|")
    for name, each in pairs.items():
        for stage in each[0][1]:
            print(row(name, stage, len(cpus), each))


main()
