#!/usr/bin/env python3
"""64 writers and a million points on one PostgreSQL server, which this starts for itself: nothing lost, and what it took.

    bench/postgres/million.py [build/loglog] [--writers 64] [--points 1000000] [--crash]

Each writer imports a table of learning curves of its own, all at once; with --crash the server is killed twice
meanwhile. Then every point is read back and compared. The exit code is 1 where one is missing or another.
"""
import argparse
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "..", "..", "tests", "store", "postgres.sh")
RUNS = 5  # of each writer


def table(path, writer, points):
    with open(path, "w") as f:
        f.write("run,params,tokens,step,loss\n")
        for r in range(RUNS):
            for k in range(1, points + 1):
                f.write("w%d-%d,%d,%d,%d,%.9f\n" % (writer, r, 1000 * (r + 1), 100 * k, k, 2 + (1 + r) / (k + writer)))


def curves(loglog, url, folder):
    """Every point of the store, as a sorted digest, and how many there are."""
    out = os.path.join(folder, "back.csv")
    subprocess.run([loglog, "runs", "export", out, "--curves", "--store", url], check=True,
                   stdout=subprocess.DEVNULL)
    with open(out) as f:
        rows = f.read().splitlines()
    head = rows[0].split(",")
    at = [head.index(c) for c in ("run", "step", "loss")]
    keys = sorted(",".join([c[at[0]].rsplit("/", 1)[-1], c[at[1]], "%.9f" % float(c[at[2]])])
                  for c in (row.split(",") for row in rows[1:]))
    return hashlib.sha256("\n".join(keys).encode()).hexdigest(), len(keys)


def expected(writers, points):
    keys = sorted("w%d-%d,%d,%.9f" % (w, r, k, 2 + (1 + r) / (k + w))
                  for w in range(writers) for r in range(RUNS) for k in range(1, points + 1))
    return hashlib.sha256("\n".join(keys).encode()).hexdigest(), len(keys)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("loglog", nargs="?", default="build/loglog")
    p.add_argument("--writers", type=int, default=64)
    p.add_argument("--points", type=int, default=1000000)
    p.add_argument("--crash", action="store_true")
    a = p.parse_args()
    loglog, per_run = os.path.abspath(a.loglog), -(-a.points // (RUNS * a.writers))
    started = subprocess.run(["sh", SERVER, "start", str(os.getpid())], stdout=subprocess.PIPE, text=True)
    if started.returncode:
        sys.exit("no PostgreSQL here")
    server, folder = started.stdout.strip(), tempfile.mkdtemp(prefix="million-")
    url = "postgresql://loglog:geheim-7@/loglog?host=" + server
    bad = 0
    try:
        for w in range(a.writers):
            table(os.path.join(folder, "w%d.csv" % w), w, per_run)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
        running = [subprocess.Popen([loglog, "runs", "import", "w%d.csv" % w, "--store", url], cwd=folder,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for w in range(a.writers)]
        for _ in range(2 if a.crash else 0):
            time.sleep(2)
            subprocess.run(["sh", SERVER, "crash", server], check=True, stdout=subprocess.DEVNULL)
        for w in running:
            said = w.communicate()[1].decode()
            if w.returncode:
                bad += 1
                print("exit %d: %s" % (w.returncode, said.strip()))
        wall, after = time.time() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print("%d writers, %d points: %.1f s, %.1f s of CPU in the writers, %.0f points a second" %
              (a.writers, RUNS * a.writers * per_run, wall, cpu, RUNS * a.writers * per_run / wall))
        got, want = curves(loglog, url, folder), expected(a.writers, per_run)
        print("%d points read back, %s" % (got[1], "each as it was written" if got == want else "expected %d, or others" % want[1]))
        bad += got != want
    finally:
        subprocess.run(["sh", SERVER, "stop", server], stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
