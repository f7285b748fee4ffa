#!/usr/bin/env python3
"""One run trained by one rank on one core, and by two ranks on two: how much faster two are, and that the loss is the same.

    bench/ranks/run.py [build/loglog] [--rounds 3] [--scale 1] [--cores 0,1]

On an idle machine, about three minutes. The two are trained in turns, so that what else the machine does hits both; of
each the shortest time counts. Times are those of training, without the start of the processes. The exit code is 1 where
a loss is another, and 3 where two ranks are less than BAR times as fast.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

BAR = 1.7  # of issue 16
SPEC = """schema: loglog.spec/1
name: ranks
data: {source: markov, tokens: 400k}
model: {context: 64, widths: [WIDTH]}
train: {batch_tokens: BATCH, eval_windows: 16, final_windows: 64, eval_points: 2}
design: {kind: list, params: [PARAMS], tokens: [TOKENS]}
forecast: {hold_out: none}
"""
CASES = [(64, 98304, 8192, 2000000), (128, 400000, 8192, 1000000), (128, 400000, 32768, 1000000)]


def train(loglog, spec, cores, ranks):
    with tempfile.TemporaryDirectory(prefix="ranks-") as folder:
        with open(os.path.join(folder, "spec.yaml"), "w") as f:
            f.write(spec)
        argv = ["taskset", "-c", ",".join(cores[:ranks]), loglog, "run", "spec.yaml", "--quiet", "--workers", "1"]
        subprocess.run(argv + (["--ranks", str(ranks)] if ranks > 1 else []), cwd=folder, check=True,
                       env={**os.environ, "OMP_NUM_THREADS": "1"})
        out = subprocess.run([loglog, "runs", "list", "--json"], cwd=folder, check=True, stdout=subprocess.PIPE)
        run = json.loads(out.stdout)["runs"][0]
        return run["wall_s"], run["loss"]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("loglog", nargs="?", default="build/loglog")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--scale", type=float, default=1)
    p.add_argument("--cores", default="0,1")
    a = p.parse_args()
    loglog, code = os.path.abspath(a.loglog), 0
    print("| width | tokens a step | one, s | two, s | times | loss |\n|---|---|---|---|---|---|")
    for width, params, batch, tokens in CASES:
        spec = SPEC
        for name, value in (("WIDTH", width), ("PARAMS", params), ("BATCH", batch), ("TOKENS", int(tokens * a.scale))):
            spec = spec.replace(name, str(value))
        rounds = [[train(loglog, spec, a.cores.split(","), n) for n in (1, 2)] for _ in range(a.rounds)]
        one, two = (min(r[k][0] for r in rounds) for k in (0, 1))
        same = len({loss for r in rounds for _, loss in r}) == 1
        code = 1 if not same else max(code, 3 if one / two < BAR else 0)
        print("| %d | %d | %.2f | %.2f | %.2f | %s |" % (width, batch, one, two, one / two,
                                                       "the same bits" if same else "ANOTHER"), flush=True)
    print("\nbar: two ranks on two cores at least %.1f times one" % BAR)
    sys.exit(code)


if __name__ == "__main__":
    main()
