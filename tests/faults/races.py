"""Two processes at once on one store: the outcome is that of one after the other, in either order."""
import os
import shutil
import time

from calls import CURVES, FIT, TO, named, state_of
from harness import complaint, difference, finish, masked, spec_of, write

OTHER_CURVES = CURVES.replace("c1,", "d1,").replace("1.0000", "1.1000")
SEAL = ["forecast", "seal", "--json"]
PAIRS = {
    "seal, another seal of the run": (SEAL + TO + FIT + ["--run", "x"], SEAL + ["--params", "50k", "--tokens", "1M", "--run", "x"] + FIT),
    "seal, seal of another run": (SEAL + TO + FIT + ["--run", "x"], SEAL + TO + FIT + ["--run", "y"]),
    "seal, the same seal": (SEAL + TO + FIT + ["--run", "x"],) * 2,
    "seal, drop": (SEAL + TO + FIT + ["--run", "x"], ["runs", "drop", "6.14k-20.0k", "--yes"]),
    "seal, score": (SEAL + TO + FIT + ["--run", "x"], ["forecast", "score", "--run", "LATER", "--outcome", "1.3", "--json"]),
    "score, score with another outcome": (["forecast", "score", "--run", "LATER", "--outcome", "1.3", "--json"],
                                          ["forecast", "score", "--run", "LATER", "--outcome", "1.4", "--json"]),
    "import, the same import": (["runs", "import", "curves.csv", "--json"],) * 2,
    "import, import of other runs": (["runs", "import", "curves.csv", "--json"], ["runs", "import", "other.csv", "--json"]),
    "import, import with other options": (["runs", "import", "curves.csv", "--json"],
                                          ["runs", "import", "curves.csv", "--rows", "auto", "--last", "--json"]),
    "import, drop of what it gives": (["runs", "import", "curves.csv", "--json"],
                                      ["runs", "drop", "--where", "params < 1e5", "--yes", "--json"]),
    "import, list": (["runs", "import", "curves.csv", "--json"], ["runs", "list", "--json"]),
    "drop, the same drop": (["runs", "drop", "6.14k-20.0k", "--yes", "--json"],) * 2,
    "drop, export": (["runs", "drop", "--where", "params < 1e4", "--yes"], ["runs", "export", "new.csv"]),
    "seal, export of the ledger": (SEAL + TO + FIT + ["--run", "x"], ["forecast", "export", "new.jsonl"]),
    "seals into one ledger file": (SEAL + TO + FIT + ["--run", "x", "--ledger", "new.jsonl"],
                                   SEAL + TO + FIT + ["--run", "y", "--ledger", "new.jsonl"]),
    "run, the same run": (["run", "spec.yaml", "--quiet"],) * 2,
    "run, run of another ladder": (["run", "spec.yaml", "--quiet"], ["run", "wsd.yaml", "--quiet"]),
    "run, drop of a done run": (["run", "spec.yaml", "--quiet"], ["runs", "drop", "6.14k-10.0k", "--yes"]),
    "run, import": (["run", "spec.yaml", "--quiet"], ["runs", "import", "curves.csv", "--json"]),
    "run, seal": (["run", "spec.yaml", "--quiet"], ["forecast", "seal", "--statement", "it rains", "--probability", "0.7"]),
    "builds into one prefix": (["data", "build", "--text", "text", "--out", "new"],) * 2,
}
AT_WORK = b"is being worked on by another process"  # a refusal of a second run of one ladder, which did nothing
EMPTY = ("import, the same import", "run, the same run", "run, run of another ladder")  # also where no store is yet


def template(bench):
    """A ladder of which one run is still to be trained, a sealed forecast, two tables of curves."""
    folder = bench.ladder("grid", hold="none")
    bench.run(folder, ["forecast", "seal", "--run", "later"] + TO + FIT, check=True)
    bench.run(folder, ["runs", "drop", "1.54k-10.0k", "--yes"], check=True)
    files(folder)
    return folder


def files(folder):
    os.makedirs(folder + "/text")
    for i in range(6):
        write(folder, "text/%d.txt" % i, "".join("line %d of file %d\n" % (k, i) for k in range(200 + i)))
    for name, text in (("curves.csv", CURVES), ("other.csv", OTHER_CURVES),
                       ("spec.yaml", spec_of("grid", hold="none")), ("wsd.yaml", spec_of("wsd", hold="none"))):
        write(folder, name, text)


def told(results):
    return [(code, masked(out)) for code, out, _ in results]


def one_after_another(bench, base, verbs):
    """What both orders come to: the state, and what each verb said."""
    out = []
    for order in ((0, 1), (1, 0)):
        folder, results = bench.folder(base), [None, None]
        for k in order:
            results[k] = bench.run(folder, verbs[k])
        out.append((state_of(folder), told(results)))
        shutil.rmtree(folder)
    return out


def at_once(bench, folder, verbs, head_start):
    first = bench.random.randrange(2)
    began = [None, None]
    for k in (first, 1 - first):
        began[k] = bench.launch(folder, verbs[k], keep=True)
        if k == first:
            time.sleep(head_start)
    return [finish(p) for p in began]


def race(bench, base, verbs, wanted, took):
    folder = bench.folder(base)
    results = at_once(bench, folder, verbs, took * bench.random.random() ** 2)
    now, said = state_of(folder), told(results)
    checked = bench.run(folder, ["forecast", "check"])
    shutil.rmtree(folder)
    for code, _, err in results:
        if code and complaint(code, err):
            return complaint(code, err)
    if now in [state for state, _ in wanted] and any(code == 1 and AT_WORK in err for code, _, err in results):
        return None
    if checked[0]:
        return "forecast check: %s" % (checked[1] + checked[2]).decode()
    if (now, said) in wanted:
        return None
    if now in [state for state, _ in wanted]:
        return "a state of one after the other, but other words: %s" % [(r[0], (r[1] or r[2]).decode()[:300]) for r in results]
    return "neither order: %s; %s; said %s" % (
        [difference(now[0], state[0]) for state, _ in wanted],
        [sorted(n for n in set(now[1]) | set(s[1]) if now[1].get(n) != s[1].get(n)) for s, _ in wanted],
        [(r[0], r[2].decode()[-200:]) for r in results])


def races(bench, quick):
    base, bare = template(bench), bench.folder()
    files(bare)
    ready = []
    for where, folder in (("", base), (" (no store yet)", bare)):
        for name in PAIRS if not where else EMPTY:
            if quick and bench.random.random() < 0.75:
                continue
            began, verbs = time.time(), [named(base, v) for v in PAIRS[name]]
            wanted = one_after_another(bench, folder, verbs)
            ready.append((name + where, folder, verbs, wanted, (time.time() - began) / 4))
    for _ in bench.tries(1 if quick else 10):
        for name, folder, verbs, wanted, took in ready:
            if bench.tried.get(("races", name)) and time.time() > bench.end:
                break
            bench.count("races", name, race(bench, folder, verbs, wanted, took))
    shutil.rmtree(base)
