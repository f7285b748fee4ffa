#!/usr/bin/env python3
"""What loglog does when something fails: every call once, kill -9, rot, a corpus that changes.

    faults.py PROGRAM SHIM [--quick] [--seconds S] [--seed N] [--only PART] [--report FILE]

The rule of every try: exit 0 means the bytes of an undisturbed run; else the exit code is the program's own (no
signal), one line says why, and no file is half-written. PART is one of calls, kills, databases, rot, corpus; each ends
when it is through, or after so many seconds. The exit code is 1 when a try broke the rule.
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
    (rb'"(wall_s|seconds|memory_bytes|energy_j|tokens_per_s|created|sealed|time|started|ended|makespan_s|hash|previous|head)": ?[^,\n}]*', b"-"),
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
        self.tried, self.broken, self.made, self.end = {}, [], 0, 0

    def tries(self, n):
        """So many rounds, the first in any case; fewer when the time is up."""
        for i in range(n):
            if i and time.time() > self.end:
                return
            yield i

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


def names_of(folder, ending):
    return [n for _, _, names in os.walk(folder) for n in names if n.endswith(ending)]


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
name: promote
evaluate: {needed: false}
levels:
  - name: not-better
    lines:
      - {of: score, score: gain_at_10x, below: 0.01, probability: 0.9}
"""

FIT = ["--bootstrap", "20", "--starts", "20"]
READERS = [
    ["runs", "list", "--json"], ["status", "--json"], ["runs", "show", "6.14k-40.0k", "--json"],
    ["fit", "--json"] + FIT, ["fit", "runs.csv", "--json"] + FIT, ["forecast", "list", "--json"],
    ["forecast", "check", "--json"], ["forecast", "check", "--ledger", "ledger.jsonl", "--json"],
    ["data", "info", "DATA", "--verify", "--json"], ["plan", "--fit", "fit.json", "--flops", "1e12", "--json"],
    ["next", "--target-flops", "1e12", "--budget", "1e11", "--runs", "2", "--json"],
    ["gate", "check", "policy.yaml", "--score", "gain_at_10x=0.021,0.012,0.030", "--level", "0.8", "--json"],
    ["gate", "show", "policy.yaml", "--json"], ["compare", "runs.csv", "runs.csv", "--bootstrap", "20", "--json"],
    ["sample", "6.14k-40.0k", "--length", "20", "--prompt", "3 1 2", "--json"],
]
SLOW = ("compare", "report", "run")  # seconds each: not in the quick part
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
        if data != files.get(name, b"") and data != after[1].get(name):  # a file to append to may be there, empty
            return "half-written %s" % name
    return None


class Case:
    """One kind of call of one verb, which fails at its n-th time; n rises until there is no such call."""

    def __init__(self, verb, kind, code):
        self.verb, self.kind, self.code, self.n = verb, kind, code, 1
        self.name = kind + (" " + errno.errorcode[code] if code else " short")


class Verb:
    """The arguments, and what they do undisturbed."""

    def __init__(self, bench, template, args, writes):
        self.args, self.writes, self.before, self.after = args, writes, None, None
        folder = bench.folder(template) if writes else template
        self.wanted = bench.run(folder, args)
        if writes:
            self.before, self.after = state_after(bench, template), state_after(bench, folder)
        if self.wanted[0] != 0:
            bench.count("calls", " ".join(args), "undisturbed: exit %s: %s" % (self.wanted[0], self.wanted[2].decode()))


def disturb(bench, template, case):
    """Whether there was such a call to fail."""
    verb, folder = case.verb, bench.folder(template) if case.verb.writes else template
    fired = os.path.join(bench.root, "fired")
    if os.path.exists(fired):
        os.unlink(fired)
    env = {"LD_PRELOAD": bench.shim, "FAULT_KIND": case.kind, "FAULT_AT": str(case.n), "FAULT_ERRNO": str(case.code),
           "FAULT_FIRED": fired}
    code, out, err = bench.run(folder, verb.args, env)
    if os.path.exists(fired):
        fault = verdict(bench, code, out, err, verb.wanted, folder, verb.before, verb.after)
        bench.count("calls", case.name, fault and "%s, call %d: %s" % (" ".join(verb.args), case.n, fault))
    if verb.writes:
        shutil.rmtree(folder)
    return os.path.exists(fired)


def calls(bench, quick):
    """Round and round over every kind of call of every verb, its first time first."""
    template = template_of(bench)
    shards = next(n for n in os.listdir(template + "/loglog.d") if n.endswith(".train.bin"))
    write(template, "more.yaml", spec_of("grid").replace("40k}", "40k, order: 1}").replace("[1536, 6144, 24576]", "[1536]"))
    prefix = "loglog.d/" + shards[:-len(".train.bin")]
    verbs = [Verb(bench, template, [a.replace("DATA", prefix) for a in args], args in WRITERS)
             for args in READERS + WRITERS if not (quick and args[0] in SLOW)]
    cases = [Case(v, kind, code) for v in verbs if v.wanted[0] == 0 for kind, code in KINDS]
    bench.random.shuffle(cases)
    for _ in bench.tries(400):
        for case in list(cases):
            if time.time() > bench.end or not disturb(bench, template, case) or case.n > 400:
                cases.remove(case)
            case.n += 1 + case.n // 40 if not quick else bench.random.randrange(1, 30)
    shutil.rmtree(template)


# ---- kill -9 ----

def launch(bench, folder, args):
    return subprocess.Popen([bench.program] + args, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def kill(bench, p, seconds):
    """After so long, the process alone or with its workers; returns whether it was still alive."""
    try:
        p.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        (os.killpg if bench.random.random() < 0.5 else os.kill)(p.pid, signal.SIGKILL)
        p.wait()
        return True


def done_runs(bench, folder):
    """When each done run ended: none may be trained again."""
    _, out, _ = bench.run(folder, ["runs", "list", "--where", "state = done", "--json"])
    return set(re.findall(rb'"(?:id|ended)": [^\n]*', out))


def kills(bench, quick):
    wanted, took = {}, {}
    for design in DESIGNS:
        folder = bench.folder()
        write(folder, "spec.yaml", spec_of(design))
        began = time.time()
        bench.run(folder, ["run", "spec.yaml", "--quiet"], check=True)
        wanted[design], took[design] = losses(bench, folder), time.time() - began
        shutil.rmtree(folder)
    for design in DESIGNS:
        for _ in bench.tries(1 if quick else 15):
            kill_ladder(bench, design, wanted[design], took[design])
    for _ in bench.tries(1 if quick else 10):
        kill_two(bench, wanted, took)


def kill_ladder(bench, design, wanted, took):
    folder, fault = bench.folder(), None
    write(folder, "spec.yaml", spec_of(design))
    for _ in range(1 + bench.random.randrange(3)):
        before = done_runs(bench, folder)
        killed = kill(bench, launch(bench, folder, ["run", "spec.yaml", "--quiet"]), took * bench.random.random() ** 3)
        if not before <= done_runs(bench, folder):
            fault = "a done run was trained again"
        bench.count("kills", "kill -9, " + design if killed else "ended before the kill, " + design, fault)
    code, _, err = bench.run(folder, ["run", "spec.yaml", "--quiet"])
    fault = complaint(code, err) or "does not go on: %s" % err.decode() if code else None
    if not fault and losses(bench, folder) != wanted:
        fault = "other losses"
    left = names_of(folder, ".part") + names_of(folder, ".state")
    if not fault and left:
        fault = "files left: %s" % left
    bench.count("kills", "resumed to the same bits, " + design, fault)
    shutil.rmtree(folder)


def kill_two(bench, wanted, took):
    folder, pair, faults = bench.folder(), ("grid", "isoflop"), []
    for d in pair:
        write(folder, d + ".yaml", spec_of(d))
    running = [launch(bench, folder, ["run", d + ".yaml", "--quiet"]) for d in pair]
    for p, d in zip(running, pair):
        kill(bench, p, took[d] * bench.random.random() ** 3)
    for d in pair:
        code, _, err = bench.run(folder, ["run", d + ".yaml", "--quiet"])
        if code:
            faults.append("%s does not go on: %s" % (d, err.decode()))
    got = losses(bench, folder)
    if not faults and sorted(got) != sorted(wanted["grid"] + wanted["isoflop"]):
        faults.append("other losses")
    bench.count("kills", "two runs on one store, both killed", "; ".join(faults))
    shutil.rmtree(folder)


# ---- rot ----

def flip(rng, data, early=0):
    """One bit; half of the time among the first bytes, when early says how many."""
    data = bytearray(data)
    at = rng.randrange(min(early, len(data)) if early and rng.random() < 0.5 else len(data))
    data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def corrupt(rng, data):
    """A database with damage of one kind; what the kind was."""
    size, kind = 4096, rng.choice(["bit", "bytes", "swap", "zero", "double", "cut"])
    pages = len(data) // size
    a, b = rng.randrange(pages) * size, rng.randrange(pages) * size
    data = bytearray(data)
    if kind == "bit":
        data = bytearray(flip(rng, data))
    elif kind == "bytes":
        at = rng.randrange(len(data) - 16)
        data[at:at + 16] = rng.randbytes(16)
    elif kind == "swap":
        data[a:a + size], data[b:b + size] = data[b:b + size], data[a:a + size]
    elif kind == "zero":
        data[a:a + size] = bytes(size)
    elif kind == "double":
        data[a:a + size] = data[b:b + size]
    else:
        del data[rng.randrange(len(data)):]
    return kind, bytes(data)


def databases(bench, quick):
    folder = template_of(bench)
    path = os.path.join(folder, "loglog.db")
    verbs = [["runs", "list", "--json"], ["status", "--json"], ["runs", "show", "6.14k-40.0k", "--json"],
             ["forecast", "list", "--json"], ["forecast", "check", "--json"]]
    wanted = {tuple(v): bench.run(folder, v) for v in verbs}
    with open(path, "rb") as f:
        sound = f.read()
    for i in bench.tries(30 if quick else 200):
        kind, data = corrupt(bench.random, sound)
        with open(path, "wb") as f:
            f.write(data)
        for v in verbs if not quick else [verbs[i % len(verbs)]]:
            code, out, err = bench.run(folder, v)
            fault = None
            if code != 0:
                fault = complaint(code, err)
            elif out != wanted[tuple(v)][1]:
                fault = "%s: exit 0 with another output" % " ".join(v)
            bench.count("databases", kind, fault)
    shutil.rmtree(folder)


def rot(bench, quick):
    """One bit of each kind of file: the verb that reads it refuses, or ends as if nothing were."""
    n = 1 if quick else 40
    base = {}
    for design in ("grid", "wsd"):
        folder = base[design] = bench.folder()
        write(folder, "spec.yaml", spec_of(design))
        bench.run(folder, ["run", "spec.yaml", "--quiet"], check=True)
    wanted = {d: losses(bench, base[d]) for d in base}
    sampling = ["sample", "6.14k-40.0k", "--length", "16", "--prompt", "3 1 2", "--json"]
    said = bench.run(base["grid"], sampling)[1]
    undone = {"grid": "6.14k-10.0k", "wsd": "6.14k-20.0k"}
    tries = [("grid", r"train\.bin$"), ("grid", r"train\.json$"), ("grid", r"val\.bin$"), ("grid", r"val\.json$"),
             ("grid", r"\.state$"), ("wsd", r"k-\d+\.safetensors$")]
    for design, pattern in tries:
        for _ in bench.tries(n):
            folder = bench.folder(base[design])
            bench.run(folder, ["runs", "drop", undone[design], "--yes"], check=True)
            if "state" in pattern:
                stop_midway(bench, folder)
            bench.count("rot", pattern, rotten_run(bench, folder, pattern, wanted[design]))
            shutil.rmtree(folder)
    for _ in bench.tries(n):
        folder = bench.folder(base["grid"])
        if rot_one(bench, folder, r"/6.14k-40.0k\.safetensors$"):
            code, out, err = bench.run(folder, sampling)
            bench.count("rot", "weights", complaint(code, err) if code else None if masked(out) == masked(said) else "another sample")
        shutil.rmtree(folder)


def stop_midway(bench, folder):
    """Runs until a rung has left its state, and kills."""
    for _ in range(20):
        bench.run(folder, ["runs", "drop", "24.6k-40.0k", "--yes"])
        p = launch(bench, folder, ["run", "spec.yaml", "--quiet"])
        for _ in range(400):
            if p.poll() is not None or names_of(folder, ".state"):
                break
            time.sleep(0.005)
        if p.poll() is None:
            os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        if names_of(folder, ".state"):
            return


def rot_one(bench, folder, pattern):
    names = sorted(n for n in files_of(folder) if re.search(pattern, "/" + n))
    if not names:
        return False
    path = os.path.join(folder, bench.random.choice(names))
    with open(path, "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(flip(bench.random, data, 1100))
    return True


def rotten_run(bench, folder, pattern, wanted):
    if not rot_one(bench, folder, pattern):
        return None if "state" in pattern else "no such file"
    code, _, err = bench.run(folder, ["run", "spec.yaml", "--quiet"])
    if code:
        return complaint(code, err)
    return None if losses(bench, folder) == wanted else "exit 0 with other losses"


# ---- a corpus that changes ----

def corpus(bench, quick):
    def grow(text):
        with open(os.path.join(text, "3.txt"), "a") as f:
            f.write("one line more\n")

    def rewrite(text):
        path = os.path.join(text, "3.txt")
        with open(path) as f:
            data = f.read()
        write(text, "3.txt", data[::-1])

    changes = {"grown": grow, "rewritten": rewrite, "gone": lambda t: os.unlink(os.path.join(t, "3.txt")),
               "new": lambda t: write(t, "9.txt", "a new file\n" * 50)}
    base = bench.folder()
    os.makedirs(base + "/text")
    for i in range(6):
        write(base, "text/%d.txt" % i, "".join("line %d of file %d\n" % (k, i) for k in range(300 + i)))
    write(base, "spec.yaml", spec_of("isoflop", "text: text"))
    bench.run(base, ["run", "spec.yaml", "--quiet"], check=True)
    wanted = losses(bench, base)
    for name, change in list(changes.items())[:2 if quick else 4]:
        folder = bench.folder()
        shutil.rmtree(folder)
        subprocess.run(["cp", "-a", base, folder], check=True)  # times, too
        change(folder + "/text")
        code, _, err = bench.run(folder, ["run", "spec.yaml", "--quiet"])
        fault = complaint(code, err) if code else "not noticed"
        if not fault and bench.run(folder, ["run", "spec.yaml", "--quiet", "--changed-text", "keep"])[0]:
            fault = "does not go on"
        if not fault and losses(bench, folder) != wanted:
            fault = "other losses"
        if not fault and bench.run(folder, ["run", "spec.yaml", "--quiet", "--changed-text", "rebuild"])[0]:
            fault = "does not train on the text as it is now"
        bench.count("corpus", name, fault)
        shutil.rmtree(folder)
    for _ in bench.tries(2 if quick else 20):
        kill_build(bench)


def kill_build(bench):
    folder, build = bench.folder(), ["data", "build", "--source", "markov", "--tokens", "20M", "--out", "x"]
    killed = kill(bench, launch(bench, folder, build), bench.random.uniform(0.05, 0.3))
    bench.run(folder, ["data", "build", "--source", "markov", "--tokens", "10k", "--out", "x"], check=True)
    left = [n for n in os.listdir(folder) if ".part" in n]
    bench.count("corpus", "killed build" if killed else "build that ended first", left and "left %s" % left)
    shutil.rmtree(folder)


PARTS = {"calls": calls, "kills": kills, "databases": databases, "rot": rot, "corpus": corpus}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("program")
    p.add_argument("shim")
    p.add_argument("--quick", action="store_true")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--seconds", type=float, help="of each part at most; quick: 15")
    p.add_argument("--only", choices=sorted(PARTS))
    p.add_argument("--report")
    a = p.parse_args()
    bench = Bench(a.program, a.shim, a.seed)
    began = time.time()
    try:
        for name, part in PARTS.items():
            if a.only in (None, name):
                bench.end = time.time() + (a.seconds or (15 if a.quick else 1e9))
                part(bench, a.quick)
    finally:
        shutil.rmtree(bench.root, ignore_errors=True)
    lines = sorted("| %s | %s | %d | %d |" % (*key, *n) for key, n in bench.tried.items())
    lines[:0] = ["| part | what | tries | broke the rule |", "|---|---|---|---|"]
    total = sum(n for n, _ in bench.tried.values())
    lines.append("\n%d tries, %d broke the rule, %.0f s, seed %d" % (total, len(bench.broken), time.time() - began, a.seed))
    print("\n".join(lines))
    if a.report:
        with open(a.report, "w") as f:
            f.write("\n".join(lines) + "\n")
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main())
