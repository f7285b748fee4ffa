"""kill -9 at random moments of a ladder, and of two on one store; then the same commands go on to the same bits."""
import os
import shutil
import signal
import sqlite3
import subprocess
import time

from harness import DESIGNS, complaint, difference, losses, names_of, spec_of, store_of, write


def kill(bench, p, seconds):
    """After so long, the process alone or with its workers; returns whether it was still alive."""
    try:
        p.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        (os.killpg if bench.random.random() < 0.5 else os.kill)(p.pid, signal.SIGKILL)
        p.wait()
        return True


def done_runs(folder):
    """When each done run ended: none may be trained again."""
    path = os.path.join(folder, "loglog.db")
    if not os.path.exists(path):
        return set()
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)  # leaves what the kill left
    try:
        return set(db.execute("SELECT id, ended FROM run WHERE state = 'done'"))
    except sqlite3.OperationalError:  # no table yet
        return set()
    finally:
        db.close()


def moment(bench, took):
    """Anywhere in a run; half of the time early, where it starts, builds its data and opens the store."""
    return took * bench.random.random() ** bench.random.choice([1, 3])


def kills(bench, quick):
    wanted, stores, took, designs = {}, {}, {}, sorted(DESIGNS)
    if quick:
        designs = bench.random.sample(designs, 2)
    for design in designs:
        began = time.time()
        folder = bench.ladder(design)
        wanted[design], took[design] = losses(bench, folder), time.time() - began
        stores[design] = store_of(folder)
        shutil.rmtree(folder)
    for _ in bench.tries(1 if quick else 60):
        for design in designs[:1] if quick else designs:
            kill_ladder(bench, design, stores[design], took[design])
        kill_two(bench, wanted, took)


def kill_ladder(bench, design, wanted, took):
    folder, fault = bench.folder(), None
    write(folder, "spec.yaml", spec_of(design))
    before = set()
    for _ in range(1 + bench.random.randrange(6)):
        killed = kill(bench, bench.launch(folder, ["run", "spec.yaml", "--quiet"]), moment(bench, took))
        done = done_runs(folder)
        if not before <= done:
            fault = "a done run was trained again"
        before = done
        bench.count("kills", "kill -9, " + design if killed else "ended before the kill, " + design, fault)
    fault = goes_on(bench, folder, ["spec.yaml"])
    if not fault and store_of(folder) != wanted:
        fault = difference(store_of(folder), wanted)
    bench.count("kills", "resumed to the same bits, " + design, fault)
    shutil.rmtree(folder)


def goes_on(bench, folder, specs):
    """What is wrong when each is run once more, undisturbed."""
    for spec in specs:
        code, _, err = bench.run(folder, ["run", spec, "--quiet"])
        if code:
            return complaint(code, err) or "%s does not go on: exit %s: %s" % (spec, code, err.decode())
    left = names_of(folder, ".part") + names_of(folder, ".state") + names_of(folder, ".mail")
    if left:
        return "files left: %s" % left
    code, out, err = bench.run(folder, ["forecast", "check"])
    return "forecast check: exit %s: %s%s" % (code, out.decode(), err.decode()) if code else None


def kill_two(bench, wanted, took):
    folder, pair = bench.folder(), bench.random.sample(sorted(wanted), 2)
    for d in pair:
        write(folder, d + ".yaml", spec_of(d))
    running = [bench.launch(folder, ["run", d + ".yaml", "--quiet"]) for d in pair]
    for p, d in zip(running, pair):
        killed = kill(bench, p, moment(bench, took[d]))
        bench.count("kills", "kill -9 of one of two on one store" if killed else "ended before the kill, of two")
    fault = goes_on(bench, folder, [d + ".yaml" for d in pair])
    if not fault and sorted(losses(bench, folder)) != sorted(wanted[pair[0]] + wanted[pair[1]]):
        fault = "other losses"
    bench.count("kills", "two on one store, resumed to the same bits", fault)
    shutil.rmtree(folder)
