"""Bytes that change beneath the program: the store, each kind of file beside it, the corpus between two runs."""
import os
import re
import shutil
import signal
import subprocess
import time

from calls import template_of
from harness import complaint, files_of, losses, masked, names_of, spec_of, write
from kills import kill


def flip(rng, data, early=0):
    """One bit; half of the time among the first bytes, when early says how many."""
    data = bytearray(data)
    at = rng.randrange(min(early, len(data)) if early and rng.random() < 0.5 else len(data))
    data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def corrupt(rng, data, kind):
    """A database with damage of one kind."""
    size = 4096
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
    return bytes(data)


# Every verb that reads a store; all answers of a sound one, or a refusal.
ASKED = [["runs", "list", "--json"], ["status", "--json"], ["runs", "show", "6.14k-20.0k", "--json"],
         ["forecast", "list", "--json"], ["forecast", "check", "--json"], ["runs", "export", "-"],
         ["fit", "--json", "--bootstrap", "0", "--starts", "2"], ["forecast", "score", "--json"],
         ["gate", "check", "policy.yaml", "--run", "6.14k-20.0k", "--evidence", "evidence.yaml", "--json"]]


def databases(bench, quick):
    """One bit of the store 500 times; as many with coarser damage."""
    folder = template_of(bench)
    path = os.path.join(folder, "loglog.db")
    wanted = {tuple(v): bench.run(folder, v) for v in ASKED}
    with open(path, "rb") as f:
        sound = f.read()
    for i in bench.tries(30 if quick else 1000):
        kind = "bit" if i % 2 == 0 else bench.random.choice(["bytes", "swap", "zero", "double", "cut"])
        damaged = corrupt(bench.random, sound, kind)
        faults = []
        for v in ASKED if not quick else [ASKED[i % len(ASKED)]]:
            with open(path, "wb") as f:
                f.write(damaged)
            code, out, err = bench.run(folder, v)
            if code == 0 and out != wanted[tuple(v)][1] and masked(out) != masked(wanted[tuple(v)][1]):
                faults.append("%s: exit %s with another output" % (" ".join(v), code))
            elif code and complaint(code, err, out):
                faults.append("%s: %s" % (" ".join(v), complaint(code, err, out)))
        bench.count("databases", kind, "; ".join(faults))
    shutil.rmtree(folder)


def run_again(bench, folder, wanted):
    code, _, err = bench.run(folder, ["run", "spec.yaml", "--quiet"])
    if code:
        return complaint(code, err)
    return None if losses(bench, folder) == wanted else "exit 0 with other losses"


def rot(bench, quick):
    """One bit of each kind of file: the verb that reads it refuses, or ends as if nothing were."""
    n, base, wanted = 1 if quick else 500, {}, {}
    for name, design, pattern in bench.random.sample(TRAINED, 2) if quick else TRAINED:
        if design not in base:
            base[design], wanted[design] = with_a_rung_to_go(bench, design)
        for _ in bench.tries(n):
            folder = bench.folder(base[design])
            fault = run_again(bench, folder, wanted[design]) if rot_one(bench, folder, pattern) else "no such file"
            bench.count("rot", name, fault)
            shutil.rmtree(folder)
    for name, pattern, verb in bench.random.sample(ANSWERED, 1) if quick else ANSWERED:
        rot_of_answer(bench, n, name, pattern, verb)


def with_a_rung_to_go(bench, design):
    """A ladder that reads the file to come again, and what it then comes to."""
    if design == "stopped":
        folder = stopped(bench)
        return folder, wanted_of_stopped(bench, folder)
    folder = bench.ladder(design, hold="none")
    wanted = losses(bench, folder)
    bench.run(folder, ["runs", "drop", "1.54k-10.0k" if design == "grid" else "1.54k-20.0k", "--yes"], check=True)
    return folder, wanted


SAMPLE = ["sample", "6.14k-20.0k", "--length", "16", "--prompt", "3 1 2", "--json"]
LEDGER = ["forecast", "check", "--ledger", "ledger.jsonl", "--json"]
PLAN = ["plan", "--fit", "fit.json", "--flops", "1e12", "--json"]
TRAINED = [("shard, training", "grid", r"train\.bin$"), ("its sidecar", "grid", r"train\.json$"),
           ("shard, validation", "grid", r"val\.bin$"), ("its sidecar", "grid", r"val\.json$"),
           ("state", "stopped", r"\.state$"), ("branch", "wsd", r"k-\d+\.safetensors$")]
ANSWERED = [("weights", r"/6.14k-20.0k\.safetensors$", SAMPLE), ("ledger file", "/ledger.jsonl$", LEDGER),
            ("saved fit", "/fit.json$", PLAN)]


def rot_of_answer(bench, n, name, pattern, verb):
    """Of a file that one verb answers from: refused, or the same answer."""
    folder = template_of(bench)
    path = os.path.join(folder, next(f for f in files_of(folder) if re.search(pattern, "/" + f)))
    said = bench.run(folder, verb)
    with open(path, "rb") as f:
        sound = f.read()
    for _ in bench.tries(n):
        with open(path, "wb") as f:
            f.write(flip(bench.random, sound, 1100))
        code, out, err = bench.run(folder, verb)
        bench.count("rot", name, complaint(code, err) if code else
                    None if masked(out) == masked(said[1]) else "exit 0 with another answer")
    shutil.rmtree(folder)


LONG = "kind: list, params: [6144], tokens: [160k]"


def stopped(bench):
    """A ladder of one rung that was killed once it had left its state."""
    for _ in range(50):
        folder = bench.folder()
        text = spec_of("grid", hold="none")
        write(folder, "spec.yaml", re.sub(r"kind: grid[^}]*", LONG, text))
        p = bench.launch(folder, ["run", "spec.yaml", "--quiet"])
        while p.poll() is None and not names_of(folder, ".state"):
            time.sleep(0.002)
        if p.poll() is None:
            os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        if names_of(folder, ".state"):
            return folder
        shutil.rmtree(folder)
    raise SystemExit("no rung left a state")


def wanted_of_stopped(bench, base):
    """The rung without a kill."""
    folder = bench.folder()
    shutil.copy(base + "/spec.yaml", folder)
    bench.run(folder, ["run", "spec.yaml", "--quiet"], check=True)
    told = losses(bench, folder)
    shutil.rmtree(folder)
    return told


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


# ---- a corpus that changes ----

def grow(text):
    with open(os.path.join(text, "3.txt"), "a") as f:
        f.write("one line more\n")


def rewrite(text):
    path = os.path.join(text, "3.txt")
    with open(path) as f:
        data = f.read()
    write(text, "3.txt", data[::-1])


CHANGES = {"grown": grow, "rewritten": rewrite, "gone": lambda t: os.unlink(os.path.join(t, "3.txt")),
           "new": lambda t: write(t, "9.txt", "a new file\n" * 50)}


def corpus(bench, quick):
    base = bench.folder()
    os.makedirs(base + "/text")
    for i in range(6):
        write(base, "text/%d.txt" % i, "".join("line %d of file %d\n" % (k, i) for k in range(300 + i)))
    write(base, "spec.yaml", spec_of("isoflop", "text: text"))
    bench.run(base, ["run", "spec.yaml", "--quiet"], check=True)
    wanted = losses(bench, base)
    for name, change in list(CHANGES.items())[:2 if quick else 4]:
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
    killed = kill(bench, bench.launch(folder, build), bench.random.uniform(0.05, 0.3))
    bench.run(folder, ["data", "build", "--source", "markov", "--tokens", "10k", "--out", "x"], check=True)
    left = [n for n in os.listdir(folder) if ".part" in n]
    bench.count("corpus", "killed build" if killed else "build that ended first", left and "left %s" % left)
    shutil.rmtree(folder)
