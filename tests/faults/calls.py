"""Every call of one kind fails once: allocations, opens, reads, writes, fsyncs, renames."""
import errno
import os
import re
import shutil
import tarfile
import time

from harness import complaint, difference, files_of, masked, names_of, spec_of, store_of, write

POLICY = """schema: loglog.policy/1
name: promote
evaluate: {needed: false}
sign:
  by:
    - {name: ada, key: KEY}
levels:
  - name: not-better
    lines:
      - {of: score, score: gain_at_10x, below: 0.01, probability: 0.9}
"""
EVIDENCE = """schema: loglog.evidence/1
scores: {gain_at_10x: [0.021, 0.012, 0.030]}
level: 0.8
"""
OTHERS = "question,outcome,q0.05,q0.5,q0.95,probability\nloss of a,1.31,1.2,1.3,1.4,\nis it out,true,,,,0.7\n"
CURVES = "name,params,step,tokens,loss\n" + "".join(
    "c%d,%d,%d,%d,%.4f\n" % (r, 1000 << r, k, 1000 * k, 2 + 1 / k + r / 10) for r in range(3) for k in range(1, 9))
MODELS = "Model,Publication date,Training compute (FLOP)\nA,2020-05-28,3.1e23\nB,2021-03-01,1e24\nC,2022-04-01,2.5e24\n"

PLANTED = "params,tokens,loss\n" + "".join("%g,%g,%.6f\n" % (n, d, 1.7 + 400 * n ** -0.34 + 400 * d ** -0.28)
                                          for n in (1e6, 2e6, 4e6, 8e6) for d in (2e7, 6e7, 2e8))

FIT = ["--bootstrap", "20", "--starts", "20"]
TO = ["--params", "100k", "--tokens", "1M"]
READERS = [
    ["runs", "list", "--json"], ["status", "--json"], ["runs", "show", "6.14k-20.0k", "--json"],
    ["fit", "--json"] + FIT, ["fit", "runs.csv", "--json"] + FIT, ["forecast", "list", "--json"],
    ["forecast", "check", "--json"], ["forecast", "check", "--ledger", "ledger.jsonl", "--json"],
    ["forecast", "head", "--key", "ada.key", "--json"], ["forecast", "at", "--json"] + TO + FIT,
    ["forecast", "at", "--fit", "fit.json", "--json"] + TO,
    ["forecast", "score", "--ledger", "ledger.jsonl", "--json"], ["forecast", "score", "--table", "others.csv", "--json"],
    ["data", "info", "DATA", "--verify", "--json"], ["plan", "--fit", "fit.json", "--flops", "1e12", "--json"],
    ["next", "--target-flops", "1e12", "--budget", "1e11", "--runs", "2", "--json"],
    ["gate", "check", "policy.yaml", "--score", "gain_at_10x=0.021,0.012,0.030", "--level", "0.8", "--json"],
    ["gate", "check", "policy.yaml", "--run", "6.14k-20.0k", "--evidence", "evidence.yaml", "--waiver", "waiver.yaml",
     "--json"],
    ["gate", "show", "policy.yaml", "--json"], ["compare", "runs.csv", "runs.csv", "--bootstrap", "20", "--json"],
    ["backtest", "planted.csv", "--factor", "4", "--methods", "standard", "--bootstrap", "20", "--json"],
    ["cost", "models.csv", "--json"],
    ["sample", "6.14k-20.0k", "--length", "20", "--prompt", "3 1 2", "--json"], ["runs", "drop", "6.14k-20.0k"],
    ["run", "more.yaml", "--dry-run", "--json"],
]
WRITERS = [
    ["fit", "--save", "new.json", "--json"] + FIT, ["runs", "export", "new.csv"], ["runs", "export", "new.jsonl"],
    ["runs", "import", "runs.csv", "--json"], ["runs", "import", "curves.csv", "--json"],
    ["runs", "drop", "6.14k-20.0k", "--yes"], ["runs", "drop", "--where", "tokens < 3e4", "--yes", "--json"],
    ["forecast", "seal", "--run", "x", "--ledger", "ledger.jsonl", "--json"] + TO + FIT,
    ["forecast", "seal", "--statement", "it rains", "--probability", "0.7", "--author", "bob", "--key", "ada.key"],
    ["forecast", "score", "--run", "LATER", "--outcome", "1.3", "--store", "loglog.db", "--ledger", "ledger.jsonl",
     "--json"],
    ["forecast", "score", "--out", "new.svg", "--json"], ["forecast", "export", "new.jsonl"],
    ["gate", "keygen", "--out", "new.key", "--json"],
    ["gate", "sign", "policy.yaml", "--key", "ada.key", "--waives", "not-better", "--reason", "r", "--out", "new.yaml"],
    ["data", "build", "--text", "text", "--out", "new", "--json"], ["data", "build", "--text", "text.tar.gz", "--out", "new"],
    ["data", "build", "--text", "docs.jsonl", "--out", "new", "--json"],
    ["data", "build", "--source", "markov", "--tokens", "20k", "--val-tokens", "5k", "--out", "new"],
    ["plot", "triptych", "--out", "new.svg"] + FIT, ["plot", "c", "runs.csv", "--out", "new.pdf"] + FIT,
    ["report", "--out", "new.html"] + FIT, ["run", "spec.yaml", "--quiet"], ["run", "more.yaml", "--quiet"],
    ["run", "more.yaml", "--quiet", "--policy", "policy.yaml", "--evidence", "evidence.yaml", "--ledger", "new.jsonl"],
]
MISTAKES = [["backtest", "planted.csv", "--starts", "20"], ["fit", "none.csv"], ["gate", "chek"], ["runs", "show", "none"],
            ["forecast", "score", "--run", "none", "--outcome", "1"], ["run", "policy.yaml"]]
SLOW = ("compare", "report", "backtest", "next")  # not in the quick part
KINDS = [("alloc", errno.ENOMEM), ("starved", errno.ENOMEM), ("open", errno.EIO), ("open", errno.EMFILE),
         ("read", errno.EIO), ("read", errno.EINTR), ("read", 0), ("write", errno.ENOSPC), ("write", errno.EIO),
         ("write", errno.EINTR), ("write", 0), ("sync", errno.EIO), ("rename", errno.EIO)]
ALL_UP_TO = 200  # of each kind of call every one so far, then each a fortieth further on than the last


def template_of(bench):
    folder = bench.ladder("grid")
    bench.run(folder, ["forecast", "seal", "--run", "later"] + TO + FIT, check=True)
    bench.run(folder, ["fit", "--save", "fit.json", "--json"] + FIT, check=True)
    bench.run(folder, ["runs", "export", "runs.csv"], check=True)
    bench.run(folder, ["forecast", "export", "ledger.jsonl"], check=True)
    _, key, _ = bench.run(folder, ["gate", "keygen", "--out", "ada.key"], check=True)
    os.makedirs(os.path.join(folder, "text"))
    for i in range(6):
        write(folder, "text/%d.txt" % i, "".join("line %d of file %d\n" % (k, i) for k in range(200 + i)))
    with tarfile.open(folder + "/text.tar.gz", "w:gz") as tar:
        tar.add(folder + "/text", "text")
    write(folder, "docs.jsonl", "".join('{"text": "document %d, %s"}\n' % (i, "more " * i) for i in range(40)))
    more = spec_of("grid").replace("40k}", "40k, order: 2}").replace("[1536, 6144]", "[1536]")
    for name, text in (("policy.yaml", POLICY.replace("KEY", re.search("[0-9a-f]{64}", key.decode())[0])),
                       ("others.csv", OTHERS), ("curves.csv", CURVES), ("models.csv", MODELS), ("planted.csv", PLANTED),
                       ("evidence.yaml", EVIDENCE), ("more.yaml", more)):
        write(folder, name, text)
    bench.run(folder, ["gate", "sign", "policy.yaml", "--key", "ada.key", "--waives", "not-better", "--reason", "r",
                       "--out", "waiver.yaml"], check=True)
    return folder


def named(template, args):
    """With the names that the template's own files have."""
    prefix = "loglog.d/" + names_of(template, ".train.bin")[0][:-len(".train.bin")]
    ladder = next(n for n in os.listdir(template + "/loglog.d") if os.path.isdir(template + "/loglog.d/" + n))
    return [a.replace("DATA", prefix).replace("LATER", ladder + "/later") for a in args]


def state_of(folder):
    return store_of(folder), files_of(folder)


def half_written(before, after, now):
    for name, data in now.items():
        if ".part" in name:
            return "left %s" % name
        if name.endswith(".state") and name not in after:  # a checkpoint; it goes when the rung is done
            continue
        if data != before.get(name, b"") and data != after.get(name):  # a file to append to may be there, empty
            return "half-written %s" % name
    return None


class Verb:
    """The arguments, and what they do undisturbed."""

    def __init__(self, bench, template, args, writes):
        self.args = args = named(template, args)
        self.writes, self.before, self.after = writes, None, None
        folder = bench.folder(template) if writes else template
        self.wanted = bench.run(folder, args)
        if writes:
            self.before, self.after = state_of(template), state_of(folder)
            shutil.rmtree(folder)
        if (self.wanted[0] == 2) != (args in MISTAKES) or self.wanted[0] == 1:
            bench.count("calls", " ".join(args), "undisturbed: exit %s: %s" % (self.wanted[0], self.wanted[2].decode()))

    def verdict(self, bench, folder, code, out, err):
        """Whether a disturbed try kept the rule; None is yes."""
        now = state_of(folder) if self.writes else None
        if code == self.wanted[0]:
            if masked(out) != masked(self.wanted[1]):
                return "exit %s with another output" % code
            if now and now[0] != self.after[0]:
                return "exit %s with another store: %s" % (code, difference(now[0], self.after[0]))
            return "exit %s with other files" % code if now != self.after else None
        return complaint(code, err, out) or (self.refused(bench, folder, now) if now else None)

    def refused(self, bench, folder, now):
        """Nothing half-written; the same again, undisturbed, does it all."""
        bad = half_written(self.before[1], self.after[1], now[1])
        if bad or now == self.after:
            return bad
        if self.args[0] != "run" and now[0] not in (self.before[0], self.after[0]):
            return "a store half-written: %s" % difference(now[0], self.after[0])
        code, _, err = bench.run(folder, self.args)
        again = state_of(folder)
        if code == self.wanted[0] and again == self.after:
            return None
        if now[0] == self.after[0] and code:
            return None  # done all but the last word
        return "again, undisturbed: exit %s, store: %s, files: %s; %s" % (
            code, difference(again[0], self.after[0]),
            sorted(n for n in set(again[1]) | set(self.after[1]) if again[1].get(n) != self.after[1].get(n)), err.decode())


def sample(end):
    """All of the first calls before the end, then each a fortieth further on than the last."""
    n = 1
    while n < end:
        yield n
        n += 1 if n < ALL_UP_TO else n // 40


class Case:
    """One kind of call of one verb, which fails at its n-th time."""

    def __init__(self, verb, kind, code):
        self.verb, self.kind, self.code, self.last, self.through = verb, kind, code, 0, False
        self.name = kind + (" " + errno.errorcode[code] if code else " short")

    def tries(self, bench, template):
        """One try a step: n doubles until the verb passes; then the sample of what lies below, in a random order."""
        n = 1
        while self.disturb(bench, template, n):
            yield n
            n *= 2
        left = [k for k in sample(n) if k & (k - 1)]
        bench.random.shuffle(left)
        for k in left:
            if k < n and not self.disturb(bench, template, k):
                n = k
            yield k
        self.through = True

    def disturb(self, bench, template, n):
        """Whether there was such a call to fail."""
        verb, folder = self.verb, bench.folder(template) if self.verb.writes else template
        fired = os.path.join(bench.root, "fired")
        if os.path.exists(fired):
            os.unlink(fired)
        env = {"LD_PRELOAD": bench.shim, "FAULT_KIND": self.kind, "FAULT_AT": str(n), "FAULT_ERRNO": str(self.code),
               "FAULT_FIRED": fired}
        code, out, err = bench.run(folder, verb.args, env)
        there = os.path.exists(fired)
        if there:
            fault = verb.verdict(bench, folder, code, out, err)
            bench.count("calls", self.name, fault and "%s, call %d: %s" % (" ".join(verb.args), n, fault))
            self.last = max(self.last, n)
        if verb.writes:
            shutil.rmtree(folder)
        return there


def calls(bench, quick):
    """Round and round over every kind of call of every verb, a try each."""
    template = template_of(bench)
    chosen = [args for args in READERS + WRITERS + MISTAKES if not (quick and args[0] in SLOW)]
    if quick:
        chosen = bench.random.sample(chosen, 6)
    verbs = [Verb(bench, template, args, args in WRITERS) for args in chosen]
    cases = [Case(v, kind, code) for v in verbs for kind, code in KINDS]
    bench.random.shuffle(cases)
    if quick:
        bench.end = time.time() + 8
    left = [c.tries(bench, template) for c in cases]
    if not any(next(case, None) for case in left):
        bench.count("calls", "the shim", "no call comes through it")
    while left and time.time() < bench.end:
        left = [case for case in left if time.time() > bench.end or next(case, None) is not None]
    if not quick:
        bench.say("calls: %d verbs, %d kinds of failure; %d of %d pairs are through: all of the first %d calls, then each "
                  "a fortieth further on; the others have a random part of that" % (
                      len(verbs), len(KINDS), sum(c.through for c in cases), len(cases), ALL_UP_TO))
    shutil.rmtree(template)
