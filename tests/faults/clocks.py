"""A calendar's clock that jumps, backwards and forwards, in the middle of what is written with a time."""
import glob
import os
import shutil
import time

from calls import FIT, TO, Verb, template_of
from harness import finish, losses, spec_of, write
from kills import goes_on, kill

JUMPS = [-600_000_000, -86400, -2, 2, 86400, 600_000_000]  # seconds; 19 years and a day
VERBS = [
    ["forecast", "seal", "--run", "x", "--ledger", "ledger.jsonl", "--json"] + TO + FIT,
    ["forecast", "score", "--run", "LATER", "--outcome", "1.3", "--json"], ["runs", "import", "curves.csv", "--json"],
    ["forecast", "head", "--json"], ["forecast", "check", "--json"], ["run", "more.yaml", "--quiet"],
    ["data", "build", "--text", "text", "--out", "new", "--json"],
]


def clocks(bench, quick):
    template = template_of(bench)
    verbs = [Verb(bench, template, args, True) for args in (bench.random.sample(VERBS[:-2], 2) if quick else VERBS)]
    for verb in verbs:
        for jump in JUMPS if not quick else JUMPS[::3]:
            in_a_verb(bench, template, verb, jump, quick)
    shutil.rmtree(template)
    for _ in bench.tries(1 if quick else 20):
        for jump in JUMPS if not quick else JUMPS[:1]:
            between(bench, jump)
    faketime(bench, quick)


def shifted(bench, n, jump):
    return {"LD_PRELOAD": bench.shim, "FAULT_KIND": "clock", "FAULT_AT": str(n), "FAULT_ERRNO": str(jump),
            "FAULT_FIRED": os.path.join(bench.root, "fired")}


def way(jump):
    return "jumps back" if jump < 0 else "jumps forward"


def in_a_verb(bench, template, verb, jump, quick):
    """From the n-th look at the clock on it is another time; n until the verb looks no more, or 40."""
    n, fired = 1, os.path.join(bench.root, "fired")
    while n <= (3 if quick else 40):
        folder = bench.folder(template)
        code, out, err = bench.run(folder, verb.args, shifted(bench, n, jump))
        there = os.path.exists(fired)
        if there:
            os.unlink(fired)
            fault = verb.verdict(bench, folder, code, out, err) or checked(bench, folder)
            bench.count("clocks", way(jump) + " within a verb" + (", refused" if code else ""), fault and "%s, look %d, %d s: %s" % (
                " ".join(verb.args), n, jump, fault))
        shutil.rmtree(folder)
        if not there:
            return
        n += 1 if n < 10 else 3


def checked(bench, folder):
    code, out, err = bench.run(folder, ["forecast", "check"])
    return "forecast check: exit %s: %s" % (code, (out + err).decode()) if code else None


WANTED = {}


def between(bench, jump):
    """A ladder is killed; the clock is another when it goes on; a third command scores at the right time again."""
    if not WANTED:
        folder = bench.ladder("wsd")
        WANTED.update(told=losses(bench, folder))
        shutil.rmtree(folder)
    folder = bench.folder()
    write(folder, "spec.yaml", spec_of("wsd"))
    kill(bench, bench.launch(folder, ["run", "spec.yaml", "--quiet"]), bench.random.random())
    code, _, err = bench.run(folder, ["run", "spec.yaml", "--quiet"], shifted(bench, 1, jump))
    fault = "exit %s: %s" % (code, err.decode()) if code else goes_on(bench, folder, ["spec.yaml"])
    if not fault and losses(bench, folder) != WANTED["told"]:
        fault = "other losses"
    bench.count("clocks", way(jump) + " between kill and resume", fault and "%d s: %s" % (jump, fault))
    shutil.rmtree(folder)


# ---- libfaketime: every clock, the monotonic too ----

def faketime(bench, quick):
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found or quick:
        if not found:
            bench.say("clocks: SKIPPED with libfaketime: it is not here")
        return
    for _ in bench.tries(20):
        for jump in JUMPS:
            under_faketime(bench, found[0], jump)


def under_faketime(bench, library, jump):
    """All clocks jump once, in the middle of a run; a monotonic one only forwards, as after a machine slept."""
    folder = bench.folder()
    write(folder, "spec.yaml", spec_of("wsd"))
    write(folder, "offset", "+0")
    env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": folder + "/offset", "FAKETIME_NO_CACHE": "1",
           "FAKETIME_DONT_FAKE_MONOTONIC": "1" if jump < 0 else "0", "FAKETIME_DONT_RESET": "1"}
    p = bench.launch(folder, ["run", "spec.yaml", "--quiet"], env, keep=True)
    time.sleep(1.5 * bench.random.random())
    write(folder, "offset", "%+d" % jump)
    code, _, err = finish(p)
    fault = "exit %s: %s" % (code, err.decode()) if code else goes_on(bench, folder, ["spec.yaml"])
    if not fault and losses(bench, folder) != WANTED["told"]:
        fault = "other losses"
    bench.count("clocks", way(jump) + ", libfaketime", fault and "%d s: %s" % (jump, fault))
    shutil.rmtree(folder)
