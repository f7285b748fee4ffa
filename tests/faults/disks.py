"""A disk that is full, that turns read-only, a folder that is gone while a ladder trains."""
import errno
import os
import shutil
import subprocess
import time

from calls import READERS, SLOW, WRITERS, Verb, named, state_of, template_of
from harness import complaint, finish, losses, masked, spec_of, write

MOUNT = "/tmpfs"


class Disk:
    """A small file system of its own, if the user may mount one."""

    def __init__(self, bench):
        self.path = bench.root + MOUNT
        os.makedirs(self.path)
        self.there = self.mount("-t", "tmpfs", "-o", "size=32m", "none")

    def mount(self, *args):
        return subprocess.run(["mount", *args, self.path], capture_output=True).returncode == 0

    def leave(self, pages):
        """Fills the disk up to so many pages."""
        v = os.statvfs(self.path)
        with open(self.path + "/ballast", "wb") as f:
            os.posix_fallocate(f.fileno(), 0, max(1, (v.f_bavail - pages) * v.f_frsize))

    def clear(self):
        for name in os.listdir(self.path):
            path = os.path.join(self.path, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def close(self):
        if self.there:
            subprocess.run(["umount", self.path], check=True)


def disks(bench, quick):
    template = template_of(bench)
    readers = [named(template, args) for args in READERS]
    writers = WRITERS
    if quick:
        readers = bench.random.sample(readers, 3)
        writers = bench.random.sample([v for v in WRITERS if v[0] not in SLOW], 3)
    writers = [Verb(bench, template, args, True) for args in writers]
    disk = Disk(bench)
    try:
        if disk.there:
            full(bench, disk, template, writers, quick)
            read_only(bench, disk, template, readers, writers)
        else:
            bench.say("disks: SKIPPED on a file system of their own: it may not be mounted here")
    finally:
        disk.close()
    for kind, code in (("full", errno.ENOSPC), ("frozen", errno.EROFS)):
        for verb in writers:
            from_then_on(bench, template, verb, kind, code, quick)
    shutil.rmtree(template)
    for _ in bench.tries(1 if quick else 40):
        for how in bench.random.sample(sorted(GONE), 1) if quick else GONE:
            gone(bench, how)


def full(bench, disk, template, verbs, quick):
    """Room for 0, 1, 2, ... pages more, until the verb passes."""
    for verb in verbs:
        pages, passed = 0, False
        while not passed and pages < 4096:
            folder = disk.path + "/x"
            shutil.copytree(template, folder)
            disk.leave(pages)
            code, out, err = bench.run(folder, verb.args)
            os.unlink(disk.path + "/ballast")
            passed = code == verb.wanted[0]
            bench.count("disks", "room for so many pages", fault_of(verb, pages, verb.verdict(bench, folder, code, out, err)))
            disk.clear()
            pages = pages + 1 + pages // 4 if not quick else 4 * pages + 1
            if quick and time.time() > bench.end:
                return


def fault_of(verb, n, fault):
    return fault and "%s, at %s: %s" % (" ".join(verb.args), n, fault)


def read_only(bench, disk, template, readers, writers):
    """What only reads answers as ever; what writes says why not."""
    wanted = [bench.run(template, args) for args in readers]
    folder = disk.path + "/x"
    shutil.copytree(template, folder)
    before = state_of(folder)
    disk.mount("-o", "remount,ro")
    for args, said in zip(readers, wanted):
        code, out, err = bench.run(folder, args)
        fault = None if (code, masked(out)) == (said[0], masked(said[1])) else "%s: exit %s: %s" % (args, code, err.decode())
        bench.count("disks", "read-only, verbs that read", fault)
    for verb in writers:
        code, _, err = bench.run(folder, verb.args)
        bench.count("disks", "read-only, verbs that write", fault_of(verb, 0, complaint(code, err) if code else
                    None if verb.after == before else "exit 0"))
    disk.mount("-o", "remount,rw")
    bench.count("disks", "read-only, afterwards", None if state_of(folder) == before else "changed")
    disk.clear()


def from_then_on(bench, template, verb, kind, code, quick):
    """From the n-th write on the disk is full, or all is read-only; n until the verb passes."""
    n, fired = 1, os.path.join(bench.root, "fired")
    while n == 1 or time.time() < bench.end:
        folder = bench.folder(template)
        env = {"LD_PRELOAD": bench.shim, "FAULT_KIND": kind, "FAULT_AT": str(n), "FAULT_ERRNO": str(code),
               "FAULT_FIRED": fired}
        result = bench.run(folder, verb.args, env)
        there = os.path.exists(fired)
        if there:
            os.unlink(fired)
            what = "full from the n-th write on" if kind == "full" else "read-only from the n-th change on"
            bench.count("disks", what, fault_of(verb, n, verb.verdict(bench, folder, *result)))
        shutil.rmtree(folder)
        if not there:
            return
        n += 1 + n // 10 if not quick else bench.random.randrange(2, 20)


# ---- a folder that is gone ----

GONE = {"the ladder's files": "/loglog.d", "the store": "/loglog.db", "the whole folder": ""}


def gone(bench, how):
    """Moved away while a ladder trains; the program ends by itself; put back, the ladder goes on to the same bits."""
    folder = bench.folder()
    write(folder, "spec.yaml", spec_of("grid"))
    bench.run(folder, ["run", "spec.yaml", "--quiet", "--design.tokens", "10k,40k"], check=True)
    wanted = losses(bench, folder)
    shutil.rmtree(folder)
    os.makedirs(folder)
    write(folder, "spec.yaml", spec_of("grid"))
    args = ["run", folder + "/spec.yaml", "--quiet", "--design.tokens", "10k,40k"]
    p = bench.launch(bench.root, args, keep=True)
    time.sleep(bench.random.random() * 1.2)
    away, at = folder + ".away", folder + GONE[how]
    moved = os.path.exists(at) and p.poll() is None
    if moved:
        os.rename(at, away)
    code, _, err = finish(p)
    fault = complaint(code, err) if code else None
    if moved:
        fault = fault or put_back(bench, folder, away, at, wanted if code == 0 else None)
    fault = fault or afterwards(bench, folder, args, wanted)
    bench.count("disks", how + (" gone" if moved else ", run ended first"), fault)
    shutil.rmtree(folder)


def put_back(bench, folder, away, at, wanted):
    """What was moved away takes the place of what was made there since; a run that said 0 has its results in either."""
    found = wanted is None or (os.path.isdir(folder) and losses(bench, folder) == wanted)
    if os.path.isdir(at):
        shutil.rmtree(at)
    elif os.path.exists(at):  # a new store, with its own companions
        for name in (at, at + "-wal", at + "-shm"):
            if os.path.exists(name):
                os.unlink(name)
    os.rename(away, at)
    return None if found or losses(bench, folder) == wanted else "exit 0 without the results"


def afterwards(bench, folder, args, wanted):
    code, _, err = bench.run(folder, args)
    if code:
        return "does not go on: exit %s: %s" % (code, err.decode())
    return None if losses(bench, folder) == wanted else "other losses"
