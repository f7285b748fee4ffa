#!/usr/bin/env python3
"""Sampling many texts at once beside one at a time and beside PyTorch: ratios of one interleaved run.

usage: bench/sampling/run.py [build] [--rounds 5] [--seconds 0.5] >bench/sampling/RESULTS.md

Needs the target bench_draw (cmake --build build --target bench_draw) and Debian's python3-torch; about a minute. All run
the same weights of width 128 in fp32: a prompt of 32 tokens, from which texts of 64 tokens go on at temperature 1. Tokens
that are drawn are counted; the prompt's are not. PyTorch runs as a process of one thread on each core, which bench/peers
found to be its fastest at these widths. A ratio is taken round by round. By the processor's time, other work on the machine
lengthens neither side.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # Debian's, which has its torch
BATCHES = (16, 64)  # of PyTorch


class Program:
    """One process, or several side by side that are asked the same."""

    def __init__(self, command, copies=1):
        self.all = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                    for _ in range(copies)]
        self.about = [json.loads(p.stdout.readline()) for p in self.all][0]

    def ask(self, line):
        for p in self.all:
            p.stdin.write(line + "\n")
            p.stdin.flush()
        return [json.loads(p.stdout.readline()) for p in self.all]

    def time(self, line):
        said = self.ask(line)
        return {"tokens_per_s": sum(s["tokens_per_s"] for s in said),
                "tokens_per_cpu_s": statistics.mean(s["tokens_per_cpu_s"] for s in said)}

    def end(self):
        for p in self.all:
            p.stdin.close()
            p.wait()


def spread(values, form="%.1f"):
    return "%s (%s to %s)" % tuple(form % v for v in (statistics.median(values), min(values), max(values)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", nargs="?", default="build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    args = parser.parse_args()
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.safetensors")
        ours = Program([os.path.join(args.build, "bench", "bench_draw"), weights])
        peer = Program([PYTHON, os.path.join(HERE, "torch_sampler.py"), weights, json.dumps(ours.about)], cores)
        same = ours.ask("greedy") == peer.ask("greedy")[:1]
        sides = {"ours, one at a time": (ours, "one %g" % args.seconds)}
        for threads in sorted({1, cores}):
            sides["ours, many, %d threads" % threads] = (ours, "many %d %g" % (threads, args.seconds))
        for batch in BATCHES:
            sides["PyTorch, batch %d, a process a core" % batch] = (
                peer, json.dumps({"batch": batch, "threads": 1, "seconds": args.seconds}))
        rounds = [{name: side.time(line) for name, (side, line) in sides.items()} for _ in range(args.rounds)]
        about = {**ours.about, **peer.about}
        ours.end()
        peer.end()
    report(rounds, about, args, cores, load, same)


def report(rounds, about, args, cores, load, same):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown processor")
    print("Made by `bench/sampling/run.py`: kernels %s; PyTorch %s; %d cores of %s." %
          (about["kernels"], about["torch"], cores, cpu))
    print("%d interleaved rounds, %g s of the processor for each; load average before %.1f.\n" % (args.rounds, args.seconds, load))
    print("gpt, %(layers)d layers, width %(width)d; texts of %(length)d tokens behind a prompt of %(prompt)d." % about)
    print("The likeliest text of both programs is %s.\n" % ("the same" if same else "NOT THE SAME"))
    keys = ("tokens_per_s", "tokens_per_cpu_s")
    print("| | tokens/s, median (lowest to highest) | tokens/s of processor time |")
    print("|---|---|---|")
    for name in rounds[0]:
        print("| %s | %s |" % (name, " | ".join(spread([r[name][k] for r in rounds], "%.0f") for k in keys)))
    names = {
        "many on all cores over one at a time": ("ours, many, %d threads" % cores, "ours, one at a time"),
        "many on one thread over one at a time": ("ours, many, 1 threads", "ours, one at a time"),
    }
    best = {k: max((n for n in rounds[0] if n.startswith("PyTorch")),
                   key=lambda n: statistics.median(r[n][k] for r in rounds)) for k in keys}
    print("\n| ratio | by the clock | by the processor's time |")
    print("|---|---|---|")
    for what, (a, b) in names.items():
        print("| %s | %s |" % (what, " | ".join(spread([r[a][k] / r[b][k] for r in rounds]) for k in keys)))
    most = {k: max((n for n in rounds[0] if n.startswith("ours, many")),
                   key=lambda n: statistics.median(r[n][k] for r in rounds)) for k in keys}
    print("| many over PyTorch's best | %s |" %
          " | ".join("%s, over %s" % (spread([r[most[k]][k] / r[best[k]][k] for r in rounds]), best[k]) for k in keys))


main()
