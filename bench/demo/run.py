#!/usr/bin/env python3
"""The demo's ladder, smaller: FLOPs of training per second of its makespan, with the fastest kernels and the reference.

usage: bench/demo/run.py [build/loglog] [--rounds 3] [--flops 1e10] [--text /usr/include] >bench/demo/RESULTS.md

On an idle machine, about three minutes. --flops is the largest fitted budget; the forecast run takes four times that.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import ladder

BAR = 10  # of issue 4: times the compute per minute of the reference kernels
KERNELS = ("auto", "ref")
SPEC = """
data: {text: %s, suffix: .h, max_bytes: 16M}
model: {widths: [8, 16, 32, 64, 128]}
design: {kind: isoflop, flops: [%g, %g], rungs: 15, sizes: 3, tokens_per_param: 90}
"""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program", nargs="?", default="build/loglog")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--flops", type=float, default=1e10)
    p.add_argument("--text", default="/usr/include")
    args = p.parse_args()
    load = os.getloadavg()[0]  # of others: nothing of ours runs yet
    uses = {k: [] for k in KERNELS}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(args.rounds):
            for k in KERNELS:
                spec = SPEC % (args.text, args.flops / 256, args.flops)
                uses[k].append(ladder.use_of(args.program, folder, spec, ["--train.kernels", k]))
                print("round %d of %d, %s: %.1f GFLOP/s" % (i + 1, args.rounds, k, uses[k][-1]["flops_per_s"] / 1e9),
                      file=sys.stderr, flush=True)
    version = subprocess.run([args.program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    print("Made by `bench/demo/run.py`: %s, %d interleaved rounds, load average before %.1f.\n" %
          (version, args.rounds, load))
    print("| kernels | GFLOP/s over the makespan, median (lowest to highest) | share of the peak of `auto` |")
    print("|---|---|---|")
    peak = statistics.median(u["peak_flops_per_s"] for u in uses["auto"])
    for k in KERNELS:
        rates = [u["flops_per_s"] for u in uses[k]]
        print("| %s | %.2f (%.2f to %.2f) | %.1f %% |" %
              (k, statistics.median(rates) / 1e9, min(rates) / 1e9, max(rates) / 1e9,
               100 * statistics.median(rates) / peak))
    ratios = [a["flops_per_s"] / b["flops_per_s"] for a, b in zip(uses["auto"], uses["ref"])]
    ratio = statistics.median(ratios)
    print("\nRatio: %.1f (%.1f to %.1f); bar: %d; %s." %
          (ratio, min(ratios), max(ratios), BAR, "holds" if ratio >= BAR else "MISSED"))


main()
