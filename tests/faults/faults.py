#!/usr/bin/env python3
"""What loglog does when something fails: every call once, kill -9, rot, a corpus that changes.

    faults.py PROGRAM SHIM [--quick] [--seed N] [--only PART] [--report FILE]

The rule of every try: exit 0 means the bytes of an undisturbed run; else the exit code is the program's own (no
signal), one line says why, and no file is half-written. PART is one of calls, kills, databases, rot, corpus.
The exit code is 1 when a try broke the rule.
"""
import argparse
import errno
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SPEC = """schema: loglog.spec/1
name: NAME
data: {DATA}
model: {context: 16, widths: [8, 16, 32]}
train: {precision: fp32, eval_windows: 8, final_windows: 32, checkpoint: 0.1, eval_points: 4SCHEDULE}
design: {DESIGN}
forecast: {hold_out: last}
"""
MARKOV = "source: markov, tokens: 40k"
DESIGNS = {  # seconds each
    "grid": ("kind: grid, params: [1536, 6144, 24576], tokens: [10k, 20k, 40k]", ""),
    "isoflop": ("kind: isoflop, flops: [2e8, 6e8], rungs: 6", ""),
    "wsd": ("kind: wsd, params: [1536, 6144], tokens: [20k, 40k]", ", schedule: wsd"),
}

MASKS = [
    (rb'"(wall_s|seconds|tokens_per_s|created|sealed|time|started|ended|makespan_s|hash|previous|head)": ?[^,\n}]*', b"-"),
    (rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", b"-"),
    (rb"\b[0-9.]+ ?(s|ms|us)\b", b"-"),
    (rb"[0-9a-f]{64}", b"-"),
]


def masked(data):
    for pattern, by in MASKS:
        data = re.sub(pattern, by, data)
    return data


class Bench:
    """A scratch folder, the program in it, and the count of what was tried."""

    def __init__(self, program, shim, seed):
        self.program, self.shim = os.path.abspath(program), os.path.abspath(shim)
        self.root = tempfile.mkdtemp(prefix="faults-")
        self.random = random.Random(seed)
        self.tried, self.broken, self.made = {}, [], 0

    def folder(self, template=None):
        self.made += 1
        path = os.path.join(self.root, str(self.made))
        shutil.copytree(template, path) if template else os.makedirs(path)
        return path

    def run(self, folder, args, env=None, timeout=120, check=False):
        try:
            p = subprocess.run([self.program] + args, cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1", **(env or {})},
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return "hang", b"", b""
        if check and p.returncode:
            sys.exit("%s: exit %d: %s" % (" ".join(args), p.returncode, p.stderr.decode()))
        return p.returncode, p.stdout, p.stderr

    def count(self, part, what, fault=None):
        key = (part, what)
        tries, bad = self.tried.get(key, (0, 0))
        self.tried[key] = (tries + 1, bad + bool(fault))
        if fault:
            self.broken.append("%s: %s: %s" % (part, what, fault))
            print("BROKEN " + self.broken[-1], flush=True)


def files_of(folder, but=()):
    """Every file below a folder, with its bytes; the store and its companions aside."""
    out = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            rel = os.path.relpath(path, folder)
            if not re.search(r"\.db(-wal|-shm)?$|/lock$", rel) and rel not in but:
                with open(path, "rb") as f:
                    out[rel] = masked(f.read())
    return out


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as f:
        f.write(text)


def spec_of(design, data=MARKOV):
    kind, schedule = DESIGNS[design]
    return SPEC.replace("NAME", design).replace("DATA", data).replace("DESIGN", kind).replace("SCHEDULE", schedule)


def losses(bench, folder):
    code, out, err = bench.run(folder, ["runs", "list", "--json"])
    return re.findall(rb'"(?:id|state|loss|train_loss)": [^\n]*', out) if code == 0 else (code, err)


def complaint(code, err):
    """What is wrong with a refusal, or None."""
    if code == "hang":
        return "hangs"
    if code < 0:
        return "dies of signal %d" % -code
    lines = err.decode("utf-8", "replace").strip().split("\n")
    return None if lines[-1] else "exit %d without a line" % code


# ---- every call fails once ----

def template_of(bench):
    folder = bench.folder()
    write(folder, "spec.yaml", spec_of("grid"))
    bench.run(folder, ["run", "spec.yaml", "--quiet"], check=True)
    bench.run(folder, ["forecast", "seal", "--params", "100k", "--tokens", "1M", "--run", "later"], check=True)
    bench.run(folder, ["fit", "--bootstrap", "20", "--starts", "20", "--save", "fit.json", "--json"], check=True)
    bench.run(folder, ["runs", "export", "runs.csv"], check=True)
    bench.run(folder, ["forecast", "export", "ledger.jsonl"], check=True)
    os.makedirs(os.path.join(folder, "text"))
    for i in range(6):
        write(folder, "text/%d.txt" % i, "".join("line %d of file %d\n" % (k, i) for k in range(200 + i)))
    write(folder, "policy.yaml", POLICY)
    return folder


POLICY = """schema: loglog.policy/1
name: tiny
compute: flops
levels:
  - {name: L1, above: {flops: 1e20}, needs: [security]}
"""

FIT = ["--bootstrap", "20", "--starts", "20"]
READERS = [
    ["runs", "list", "--json"], ["status", "--json"], ["runs", "show", "6.14k-40.0k", "--json"],
    ["fit", "--json"] + FIT, ["fit", "runs.csv", "--json"] + FIT, ["forecast", "list", "--json"],
    ["forecast", "check", "--json"], ["forecast", "check", "ledger.jsonl", "--json"],
    ["data", "info", "DATA", "--verify", "--json"], ["plan", "--fit", "fit.json", "--flops", "1e12", "--json"],
    ["next", "--fit", "fit.json", "--flops", "1e12", "--json"], ["gate", "check", "policy.yaml", "--flops", "1e18", "--json"],
    ["gate", "show", "policy.yaml", "--json"], ["compare", "runs.csv", "runs.csv", "--json"],
    ["sample", "6.14k-40.0k", "--tokens", "20", "--json"],
]
WRITERS = [
    ["fit", "--save", "new.json", "--json"] + FIT, ["runs", "export", "new.csv"], ["runs", "export", "new.jsonl"],
    ["runs", "import", "runs.csv", "--json"], ["runs", "drop", "6.14k-40.0k", "--yes"],
    ["forecast", "seal", "--params", "50k", "--tokens", "1M", "--run", "x", "--json"],
    ["forecast", "export", "new.jsonl"], ["data", "build", "--text", "text", "--out", "new", "--json"],
    ["data", "build", "--source", "markov", "--tokens", "20k", "--val-tokens", "5k", "--out", "new"],
    ["report", "--out", "new.html"], ["run", "more.yaml", "--quiet"],
]
KINDS = [("alloc", errno.ENOMEM), ("open", errno.EIO), ("open", errno.EMFILE), ("read", errno.EIO), ("read", errno.EINTR),
         ("read", 0), ("write", errno.ENOSPC), ("write", errno.EIO), ("write", 0), ("sync", errno.EIO), ("rename", errno.EIO)]


def state_after(bench, folder):
    """The store's contents as its own verbs tell them, and all other files."""
    told = [bench.run(folder, v)[:2] for v in (["runs", "list", "--json"], ["forecast", "list", "--json"])]
    return [(c, masked(o)) for c, o in told], files_of(folder)


def verdict(bench, code, out, err, wanted, folder, before, after):
    """Whether a disturbed try kept the rule; None is yes."""
    if code == wanted[0]:
        if masked(out) != masked(wanted[1]):
            return "exit %s with another output" % code
        if after and state_after(bench, folder) != after:
            return "exit %s with other files or another store" % code
        return None
    bad = complaint(code, err)
    if bad or not before:
        return bad
    (store, files), now = before, state_after(bench, folder)
    for name, data in now[1].items():
        if ".part" in name:
            return "left %s" % name
        if data != files.get(name) and data != after[1].get(name):
            return "half-written %s" % name
    return None


def calls(bench, quick):
    template = template_of(bench)
    shards = next(n for n in os.listdir(template + "/loglog.d") if n.endswith(".train.bin"))
    write(template, "more.yaml", spec_of("grid").replace("40k}", "40k, order: 1}").replace("[1536, 6144, 24576]", "[1536]"))
    limit, stride = (30, 7) if quick else (400, 1)
    for args in READERS + WRITERS:
        args = [a.replace("DATA", "loglog.d/" + shards[:-len(".train.bin")]) for a in args]
        writes = args in WRITERS
        folder = bench.folder(template) if writes else template
        wanted = bench.run(folder, args)
        before, after = (state_after(bench, template), state_after(bench, folder)) if writes else (None, None)
        if wanted[0] != 0:
            bench.count("calls", " ".join(args), "undisturbed: exit %s: %s" % (wanted[0], wanted[2].decode()))
            continue
        for kind, code in KINDS:
            if quick and (code == errno.EMFILE or code == errno.EINTR):
                continue
            n, step = 1, stride
            for _ in range(limit if not writes else max(8, limit // 5)):
                folder = bench.folder(template) if writes else template
                fired = os.path.join(bench.root, "fired")
                if os.path.exists(fired):
                    os.unlink(fired)
                code_, out, err = bench.run(folder, args, {"LD_PRELOAD": bench.shim, "FAULT_KIND": kind, "FAULT_AT": str(n),
                                                           "FAULT_ERRNO": str(code), "FAULT_FIRED": fired})
                if not os.path.exists(fired):
                    break
                fault = verdict(bench, code_, out, err, wanted, folder, before, after)
                bench.count("calls", kind + (" " + errno.errorcode[code] if code else " short"),
                            fault and "%s, call %d: %s" % (" ".join(args), n, fault))
                if writes:
                    shutil.rmtree(folder)
                n += step
                if not quick:
                    step = 1 + n // 40
    shutil.rmtree(template)


PARTS = {"calls": calls}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("program")
    p.add_argument("shim")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", choices=sorted(PARTS))
    p.add_argument("--report")
    a = p.parse_args()
    bench = Bench(a.program, a.shim, a.seed)
    began = time.time()
    try:
        for name, part in PARTS.items():
            if a.only in (None, name):
                part(bench, a.quick)
    finally:
        shutil.rmtree(bench.root, ignore_errors=True)
    lines = ["| part | what | tries | broke the rule |", "|---|---|---|---|"]
    lines += ["| %s | %s | %d | %d |" % (*key, *n) for key, n in bench.tried.items()]
    total = sum(n for n, _ in bench.tried.values())
    lines.append("\n%d tries, %d broke the rule, %.0f s, seed %d" % (total, len(bench.broken), time.time() - began, a.seed))
    print("\n".join(lines))
    if a.report:
        with open(a.report, "w") as f:
            f.write("\n".join(lines) + "\n")
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main())
