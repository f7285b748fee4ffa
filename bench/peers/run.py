#!/usr/bin/env python3
"""Training throughput beside PyTorch: ratios of one interleaved run.

usage: bench/peers/run.py [build/loglog] [--rounds 5] [--seconds 1] [--shapes 1,2] >bench/peers/RESULTS.md

On an idle machine, about a quarter of an hour. Needs Debian's python3-torch and libopenblas0-openmp; no other Python package.
Each round times, shape by shape, ours (`loglog bench --train`: each precision, one trainer on all cores and one a core)
and PyTorch's every variant (fp32 and bf16 autocast; one process on all cores and one a core; its fused attention
where it has one). A side's best variant is the one of the highest median; the ratio is taken round by round between
the two best, and its median and range are reported. Both sides train the same gpt or lstm on bytes, 256 of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # Debian's, which has its torch
OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp"

# family, layers, width, heads, context; what issue 4 asks: times PyTorch's best, share of the fp32 peak in fp32
SHAPES = [
    (("gpt", 2, 32, 2, 256), 2.0, None),
    (("gpt", 2, 64, 4, 256), 1.9, None),
    (("gpt", 4, 128, 4, 256), 1.4, 0.55),
    (("gpt", 6, 256, 8, 256), 1.25, 0.65),
    (("gpt", 8, 384, 6, 256), 1.3, 0.70),
    (("gpt", 1, 16, 2, 128), 3.0, None),
    (("lstm", 2, 64, 1, 256), 1.5, None),
    (("lstm", 2, 128, 1, 256), 1.5, None),
    (("lstm", 2, 256, 1, 256), 1.5, None),
]
BATCH, VOCAB = 16, 256


def say(text):
    print(text, file=sys.stderr, flush=True)


def clean_environment():
    """Nothing that sets threads or memory, whatever the caller's shell has."""
    unwanted = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "BLIS_", "DNNL_", "ONEDNN_", "ATEN_", "MALLOC_", "LD_",
                "LOGLOG_")
    return {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}


def torch_environment(threads):
    env = clean_environment()
    env["OMP_NUM_THREADS"] = str(threads)
    env["MALLOC_MMAP_MAX_"] = "0"  # memory is kept and not given back at every step
    env["MALLOC_TRIM_THRESHOLD_"] = str(1 << 34)
    env["MALLOC_TOP_PAD_"] = str(1 << 28)
    if os.path.isdir(OPENBLAS):
        env["LD_LIBRARY_PATH"] = OPENBLAS
    return env


class Team:
    """PyTorch trainers that run side by side: one on all cores, or one pinned to each."""

    def __init__(self, cpus, apart):
        threads = 1 if apart else len(cpus)
        command = [PYTHON, os.path.join(HERE, "torch_trainer.py"), str(threads)]
        commands = [command + [str(c)] for c in cpus] if apart else [command]
        self.members = [
            subprocess.Popen(c, env=torch_environment(threads), text=True, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE) for c in commands
        ]
        self.layout = "%d x %d threads" % (len(commands), threads)
        self.about = [self.hear(m) for m in self.members][0]

    @staticmethod
    def hear(member):
        line = member.stdout.readline()
        if not line:
            sys.exit("the PyTorch trainer ended; does %s have torch (python3-torch)?" % PYTHON)
        return json.loads(line)

    def tell(self, text):
        for m in self.members:
            m.stdin.write(text + "\n")
            m.stdin.flush()

    def time(self, job):
        self.tell(json.dumps(job))
        for m in self.members:
            self.hear(m)
        self.tell("")
        return sum(self.hear(m)["tokens_per_s"] for m in self.members)

    def end(self):
        for m in self.members:
            m.stdin.close()
            m.wait()


def job_of(shape, **more):
    family, layers, width, heads, context = shape
    return dict(family=family, layers=layers, width=width, heads=heads, context=context, batch=BATCH, vocab=VOCAB,
                **more)


def time_torch(teams, shape, seconds):
    out = {}
    for team in teams:
        for attention in ("plain", "fused") if team.about["fused"] and shape[0] == "gpt" else ("plain",):
            for precision in ("fp32", "bf16"):
                name = "%s, %s, %s" % (precision, team.layout, attention)
                job = job_of(shape, precision=precision, attention=attention, seconds=seconds)
                out[name] = {"tokens_per_s": team.time(job)}
    return out


def time_ours(program, shape, seconds):
    command = [program, "bench", "--train", "--json", "--seconds", "%gs" % seconds]
    for key, value in job_of(shape).items():
        command += ["--" + key, str(value)]
    done = subprocess.run(command, env=clean_environment(), stdout=subprocess.PIPE, text=True, check=True)
    name = "{precision}, {trainers} x {threads} threads".format
    return {name(**each): each for each in json.loads(done.stdout)["all"]}


def medians(rounds, key="tokens_per_s"):
    """Of each variant over the rounds."""
    return {name: statistics.median(r[name][key] for r in rounds) for name in rounds[0]}


def best_of(rounds):
    of = medians(rounds)
    return max(of, key=of.get)


def spread(values, form):
    return "%s (%s to %s)" % tuple(form % v for v in (statistics.median(values), min(values), max(values)))


def verdict(value, bar):
    return "" if bar is None else "holds" if value >= bar else "MISSED"


def report(ours, theirs, args, cpus, teams):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown processor")
    version = subprocess.run([args.program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    print("Made by `bench/peers/run.py`: %s; PyTorch %s; %d cores of %s." %
          (version, teams[0].about["torch"], len(cpus), cpu))
    print("%d interleaved rounds, %g s of each variant; load average before %.1f.\n" %
          (args.rounds, args.seconds, args.load))
    print("Tokens per second of the whole machine, medians; ratios are median (lowest to highest) of the rounds.\n")
    print("| family, layers, width, heads, context | ours, fastest | PyTorch, fastest | ratio | bar | |")
    print("|---|---|---|---|---|---|")
    for shape, bar, _ in args.chosen:
        a, b = best_of(ours[shape]), best_of(theirs[shape])
        ratios = [x[a]["tokens_per_s"] / y[b]["tokens_per_s"] for x, y in zip(ours[shape], theirs[shape])]
        print("| %s | %.0f (%s) | %.0f (%s) | %s | %.2f | %s |" %
              (", ".join(map(str, shape)), medians(ours[shape])[a], a, medians(theirs[shape])[b], b,
               spread(ratios, "%.2f"), bar, verdict(statistics.median(ratios), bar)))
    report_shares(ours, args)
    report_variants(ours, theirs, args)


def report_shares(ours, args):
    print("\nShare of the peak of multiply-adds on registers, in the same precision, as measured in the same call;"
          " 6 N, head and causal attention are counted.\n")
    print("| family, layers, width, heads, context | fp32 | bar | | bf16 |")
    print("|---|---|---|---|---|")
    for shape, _, bar in args.chosen:
        shares = {}
        for precision in ("fp32", "bf16"):
            rounds = [{n: v for n, v in r.items() if v["precision"] == precision} for r in ours[shape]]
            if rounds[0]:
                best = best_of(rounds)
                shares[precision] = [100 * r[best]["share_of_peak"] for r in rounds]
        print("| %s | %s %% | %s | %s | %s |" %
              (", ".join(map(str, shape)), spread(shares["fp32"], "%.1f"), "" if bar is None else "%.0f %%" % (100 * bar),
               verdict(statistics.median(shares["fp32"]), bar and 100 * bar),
               spread(shares["bf16"], "%.1f") + " %" if "bf16" in shares else ""))


def report_variants(ours, theirs, args):
    print("\nEvery variant, tokens per second, median (lowest to highest):\n")
    print("| family, layers, width, heads, context | | variant | |")
    print("|---|---|---|---|")
    for shape, _, _ in args.chosen:
        for side, rounds in (("ours", ours[shape]), ("PyTorch", theirs[shape])):
            for name in rounds[0]:
                rates = [r[name]["tokens_per_s"] for r in rounds]
                print("| %s | %s | %s | %s |" % (", ".join(map(str, shape)), side, name, spread(rates, "%.0f")))


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program", nargs="?", default="build/loglog")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=1.0, help="of each variant")
    p.add_argument("--shapes", default="1,2,3,4,5,6,7,8,9", help="rows of the table, such as 1,3")
    args = p.parse_args()
    args.load = os.getloadavg()[0]  # of others: nothing of ours runs yet
    args.chosen = [SHAPES[int(i) - 1] for i in args.shapes.split(",")]
    return args


def main():
    args = parse()
    cpus = sorted(os.sched_getaffinity(0))
    start = time.monotonic()
    teams = [Team(cpus, apart) for apart in (False, True)]
    shapes = [shape for shape, _, _ in args.chosen]
    ours, theirs = {s: [] for s in shapes}, {s: [] for s in shapes}
    for i in range(args.rounds):
        for shape in shapes:
            ours[shape].append(time_ours(args.program, shape, args.seconds))
            theirs[shape].append(time_torch(teams, shape, args.seconds))
            a, b = (max(v["tokens_per_s"] for v in side[shape][-1].values()) for side in (ours, theirs))
            say("round %d of %d, %s: ours %.0f, PyTorch %.0f, ratio %.2f; %.0f s so far" %
                (i + 1, args.rounds, shape, a, b, a / b, time.monotonic() - start))
    report(ours, theirs, args, cpus, teams)
    for team in teams:
        team.end()


main()
