"""What the parts of the campaign share: the program in a scratch folder, what a folder and a store hold, the count."""
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SPEC = """schema: loglog.spec/1
name: NAME
data: {DATA}
model: {family: gpt, context: 16, widths: [8, 16, 32]}
train: {precision: fp32, eval_windows: 8, final_windows: 32, checkpoint: 0.1, eval_points: 4SCHEDULE}
design: {DESIGN}
forecast: {hold_out: HOLD}
"""
MARKOV = "source: markov, tokens: 40k"
DESIGNS = {  # about a second each
    "grid": ("kind: grid, params: [1536, 6144], tokens: [10k, 20k, 40k]", ""),
    "isoflop": ("kind: isoflop, flops: [2e8, 6e8], rungs: 6", ""),
    "wsd": ("kind: wsd, params: [1536, 6144], tokens: [20k, 40k]", ", schedule: wsd"),
}

# What differs between two undisturbed runs: times, hashes of what holds a time, memory and energy.
MASKS = [
    (rb'"(wall_s|seconds|memory_bytes|energy_j|tokens_per_s|created|sealed|issued|expires|time|started|ended|makespan_s'
     rb'|hash|previous|head|public_key|signature)": ?[^,\n}]*', b"-"),
    (rb"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?Z?)?", b"-"),
    (rb"\b[0-9.]+ ?(s|ms|us)\b", b"-"),
    (rb"[0-9a-f]{64}", b"-"),
]
TIMES = {"wall_s", "tokens_per_s", "energy_j", "memory_bytes", "started", "ended", "created", "command", "sum", "key",
         "hash", "previous"}


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
        self.tried, self.broken, self.said, self.made, self.end, self.scale = {}, [], [], 0, 0, 1
        self.wanted_moments = 200

    def tries(self, n):
        """So many rounds, the first in any case; fewer when the time is up."""
        for i in range(max(1, round(n * self.scale))):
            if i and time.time() > self.end:
                return
            yield i

    def moments(self, quick, few):
        """Of each engine: as many as were asked for, in a quick run a few."""
        return few if quick else self.wanted_moments

    def folder(self, template=None):
        self.made += 1
        path = os.path.join(self.root, str(self.made))
        shutil.copytree(template, path) if template else os.makedirs(path)
        return path

    def environment(self, more=None):
        return {**os.environ, "OMP_NUM_THREADS": "1", **(more or {})}

    def run(self, folder, args, env=None, timeout=120, check=False):
        try:
            p = subprocess.run([self.program] + args, cwd=folder, env=self.environment(env), stdin=subprocess.DEVNULL,
                               capture_output=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            if check:
                sys.exit("%s: did not end in %g s" % (" ".join(args), timeout))
            return "hang", b"", b""
        if check and p.returncode:
            sys.exit("%s: exit %d: %s" % (" ".join(args), p.returncode, p.stderr.decode()))
        return p.returncode, p.stdout, p.stderr

    def launch(self, folder, args, env=None, keep=False):
        to = subprocess.PIPE if keep else subprocess.DEVNULL
        return subprocess.Popen([self.program] + args, cwd=folder, env=self.environment(env), stdin=subprocess.DEVNULL,
                                stdout=to, stderr=to, start_new_session=True)

    def ladder(self, design, data=MARKOV, hold="last"):
        """A folder in which the ladder of the design was trained undisturbed."""
        folder = self.folder()
        write(folder, "spec.yaml", spec_of(design, data, hold))
        self.run(folder, ["run", "spec.yaml", "--quiet"], check=True)
        return folder

    def count(self, part, what, fault=None):
        key = (part, what)
        tries, bad = self.tried.get(key, (0, 0))
        self.tried[key] = (tries + 1, bad + bool(fault))
        if fault:
            self.broken.append("%s: %s: %s" % (part, what, fault))
            print("BROKEN " + self.broken[-1], flush=True)

    def say(self, line):
        self.said.append(line)
        print(line, flush=True)


def finish(p, seconds=120):
    """What a launched process came to, as Bench.run says it."""
    try:
        out, err = p.communicate(timeout=seconds)
        return p.returncode, out or b"", err or b""
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        p.communicate()
        return "hang", b"", b""


# ---- what a folder holds ----

BINARY = (".bin", ".safetensors", ".state", ".gz", ".part")  # hold no time


def files_of(folder):
    """Every file below a folder, with its bytes, in which it is HERE; the store and its companions aside."""
    out, here = {}, os.path.realpath(folder).encode()
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            rel = os.path.relpath(path, folder)
            if not re.search(r"\.db(-wal|-shm)?$|/(lock|progress.json)$", rel):
                with open(path, "rb") as f:
                    out[rel] = f.read() if name.endswith(BINARY) else masked(f.read().replace(here, b"HERE"))
    return out


def names_of(folder, ending):
    return [n for _, _, names in os.walk(folder) for n in names if n.endswith(ending)]


def rows_of(db, table, select="*"):
    db.row_factory = sqlite3.Row
    rows = [{k: r[k] for k in r.keys() if k not in TIMES} for r in db.execute("SELECT %s FROM %s" % (select, table))]
    return [{k: masked(v.encode()) if isinstance(v, str) else v for k, v in row.items()} for row in rows]


def store_of(folder, name="loglog.db"):
    """Every row of the store, times aside; None where there is no store."""
    path = os.path.join(folder, name)
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return None
    db = sqlite3.connect(path)
    try:
        return {"ladder": rows_of(db, "ladder ORDER BY id"), "run": rows_of(db, "run ORDER BY id"),
                "point": rows_of(db, "point p JOIN run r ON p.run = r.key ORDER BY r.id, p.step",
                                 "r.id, p.step, p.tokens, p.loss, p.se, p.train_loss"),
                "ledger": rows_of(db, "ledger ORDER BY seq")}
    finally:
        db.close()


def difference(a, b):
    """Where two stores differ, in a few words."""
    if a is None or b is None:
        return "no store"
    for table in a:
        if a[table] != b[table]:
            lone = [r for r in a[table] if r not in b[table]] + [r for r in b[table] if r not in a[table]]
            if len(a[table]) == len(b[table]):
                lone = [{k: (x[k], y[k]) for k in x if x[k] != y[k]} for x, y in zip(a[table], b[table]) if x != y]
            return "%s: %d rows, %d wanted; %s" % (table, len(a[table]), len(b[table]), str(lone[:2])[:400])
    return "nothing"


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as f:
        f.write(text)


def spec_of(design, data=MARKOV, hold="last"):
    kind, schedule = DESIGNS[design]
    for name, value in (("NAME", design), ("DATA", data), ("DESIGN", kind), ("SCHEDULE", schedule), ("HOLD", hold)):
        text = (SPEC if name == "NAME" else text).replace(name, value)
    return text


def losses(bench, folder):
    code, out, err = bench.run(folder, ["runs", "list", "--json"])
    return re.findall(rb'"(?:id|state|loss|train_loss)": [^\n]*', out) if code == 0 else (code, err)


def complaint(code, err, out=b""):
    """What is wrong with a refusal, or None. A gate's no (3, 4) says why in its answer."""
    if code == "hang":
        return "hangs"
    if code < 0:
        return "dies of signal %d" % -code
    said = err.strip() or (out.strip() if code in (3, 4) else b"")
    return None if said else "exit %d without a line" % code
