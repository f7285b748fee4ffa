"""The engines and stores beside our own: a command, PostgreSQL, Slurm. Coordinators, workers, trainers, servers, nodes
and controllers are killed at random moments of a ladder; then the same command goes on to the same bits."""
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from harness import MARKOV, complaint, difference, finish, names_of, spec_of, store_of, write
from kills import done_runs, moment

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "slurm"))

COMMAND = """schema: loglog.spec/1
name: toy
model: {context: 16, widths: [8, 16, 32, 64]}
train: {batch_tokens: 512SCHEDULE}
design: {DESIGN}
engine:
  kind: command
  workers: 2
  grace: 1
  command: sh toy_trainer.sh {params} {steps} {out} {start_step} '{parent}' '{branch_steps}' FILE
  metrics: {format: jsonl, file: 'FILE'}
"""
DESIGNS = {
    "grid": ("kind: grid, params: [1536, 6144, 24576], tokens: [5k, 9k]", ""),
    "wsd": ("kind: wsd, params: [1536, 6144], tokens: [6k, 12k]", ", schedule: wsd"),
}
FILES = {"printed": "", "in a file": "{out}/metrics.jsonl"}
SLURM = """schema: loglog.spec/1
name: tiny
data: {source: markov, tokens: 40k}
model: {context: 16, widths: [8, 16, 32]}
train: {precision: fp32, eval_windows: 8, final_windows: 32, checkpoint: 0.1, eval_points: 4}
design: {kind: grid, params: [6144], tokens: [60k, 120k, 240k]}
engine: {kind: slurm, slurm: {partition: low, poll: 0.5, cpus-per-task: 1}}
"""


# ---- processes ----

def family(pid):
    """A process and all that came of it, parents first."""
    children, out = {}, [pid]
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry) as f:
                children.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
        except OSError:
            pass
    for p in out:
        out += children.get(p, [])
    return out


def command_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return f.read().split(b"\0")
    except OSError:
        return [b""]


def at_work(folder):
    """Processes whose command line names the folder: what a killed ladder left."""
    return [p for p in map(int, filter(str.isdigit, os.listdir("/proc")))
            if p != os.getpid() and any(folder.encode() in word for word in command_of(p))]


def kill_one(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            return True
        except ProcessLookupError:
            pass
    return False


def kill_among(bench, p, who):
    """Coordinator, worker or trainer of a run."""
    pids = family(p.pid)
    bench.random.shuffle(pids)
    if who == "coordinator":
        return kill_one([p.pid])
    workers = [q for q in pids if q != p.pid and b"worker" in command_of(q)[1:2]]
    if who == "worker":
        return kill_one(workers)
    return kill_one([q for q in pids if q != p.pid and q not in workers])


# ---- a ladder that is disturbed, and what came of it ----

class Ladder:
    """One ladder in a folder, the state of an undisturbed one, and how its store is read. took: [seconds], of all ladders
    of its kind; a first try that ends before its moment shortens it."""
    is_new = True

    def __init__(self, bench, part, wanted, took, args=(), env=None, read=store_of, left=(".part", ".state", ".mail")):
        self.bench, self.part, self.wanted, self.took, self.read, self.env = bench, part, wanted, took, read, env
        self.folder, self.args, self.left, self.done = bench.folder(), ["run", "spec.yaml", "--quiet", *args], left, set()

    def struck(self, what):
        """Somebody was hit."""

    def bearable(self, got):
        """The state that is wanted, as far as this one may be another."""
        return self.wanted

    def disturb(self, targets):
        """One run, in which one of the targets is hit at one moment. A target is a name and what is done to a run.
        Whether one was; None: the run ended before."""
        b = self.bench
        what, hit = b.random.choice(targets)
        p = b.launch(self.folder, self.args, self.env, keep=True)
        began = time.time()
        try:
            p.wait(moment(b, self.took[0]))
            if self.is_new:
                self.took[0] = min(self.took[0], 0.5 * (self.took[0] + time.time() - began))
            b.count(self.part, "ended before its moment")
            return None
        except subprocess.TimeoutExpired:
            pass
        struck, self.is_new = hit(p), False
        if struck:
            self.struck(what)
        code, out, err = finish(p)
        fault = None
        if code != "hang" and code < 0 and what != "coordinator":
            fault = "the coordinator dies of signal %d" % -code
        elif code != 0 and (code == "hang" or code > 0):
            fault = complaint(code, err, out)
        done = done_runs(self.folder)
        if not fault and not self.done <= done:
            fault = "a done run was trained again"
        self.done = done
        b.count(self.part, "%s killed" % what if struck else "nobody was there to kill", fault)
        return bool(struck)

    def judge(self, what):
        """Once more, undisturbed: the same store, nothing left."""
        code, out, err = self.bench.run(self.folder, self.args, self.env)
        fault = None
        if code:
            fault = "does not go on: exit %s: %s" % (code, err.decode()[-400:])
        elif any(n for end in self.left for n in names_of(self.folder, end)):
            fault = "files left: %s" % [n for end in self.left for n in names_of(self.folder, end)]
        else:
            got = self.read(self.folder)
            difference_is = difference(got, self.bearable(got))
            fault = None if difference_is == "nothing" else difference_is
        if not fault:
            time.sleep(0.05)
            fault = "processes left: %s" % at_work(self.folder) if at_work(self.folder) else None
        self.bench.count(self.part, what, fault)
        if not fault:
            shutil.rmtree(self.folder)
        return fault


class Printing(Ladder):
    """What a trainer has printed and its worker has not read goes with a killed worker: points may be missing then, and
    with them the lowest loss. What there is has to be right."""
    worker_killed = False

    def struck(self, what):
        self.worker_killed |= what == "worker"

    def bearable(self, got):
        if not self.worker_killed or not got or any(p not in self.wanted["point"] for p in got["point"]):
            return self.wanted
        runs = {r["id"]: r for r in got["run"]}
        best = [{**r, **{k: runs.get(r["id"], r)[k] for k in ("best_loss", "best_step")}} for r in self.wanted["run"]]
        return {**self.wanted, "point": got["point"], "run": best}


def go(bench, moments, make, targets):
    """So many moments, a few of each ladder. make() gives a ladder and what it is called."""
    tried = 0
    while tried < moments and (tried == 0 or time.time() < bench.end):
        ladder, what = make()
        for _ in range(min(moments - tried, 1 + bench.random.randrange(4))):
            struck = ladder.disturb(targets)
            if struck is None:
                break
            tried += struck
        ladder.judge("then the same bits, " + what)


def undisturbed(bench, folder, args, env=None, read=store_of):
    began = time.time()
    bench.run(folder, ["run", "spec.yaml", "--quiet", *args], env, timeout=900, check=True)
    return read(folder), [time.time() - began]


def of_run(bench):
    """Whom a ladder on this machine can lose."""
    return [(who, lambda p, who=who: kill_among(bench, p, who)) for who in ("coordinator", "worker", "trainer")]


# ---- command ----

def command_spec(folder, design, file):
    text = COMMAND.replace("FILE", file)
    for name, value in zip(("DESIGN", "SCHEDULE"), DESIGNS[design]):
        text = text.replace(name, value)
    write(folder, "spec.yaml", text)
    shutil.copy(os.path.join(HERE, "toy_trainer.sh"), folder)


def command(bench, quick):
    kinds = {}
    for design in DESIGNS:
        for where, file in FILES.items():
            folder = bench.folder()
            command_spec(folder, design, file)
            kinds[design, where] = (*undisturbed(bench, folder, []), file)
            shutil.rmtree(folder)

    def make():
        design, where = bench.random.choice(sorted(kinds))
        wanted, took, file = kinds[design, where]
        ladder = (Ladder if file else Printing)(bench, "command", wanted, took, left=(".new",))
        command_spec(ladder.folder, design, file)
        return ladder, "%s, metrics %s" % (design, where)

    go(bench, bench.moments(quick, 6), make, of_run(bench))


# ---- PostgreSQL ----

class Server:
    """tests/store/postgres.sh: a server of its own."""

    def __init__(self):
        self.script = os.path.join(HERE, "..", "store", "postgres.sh")
        p = subprocess.run(["sh", self.script, "start", str(os.getpid())], stdout=subprocess.PIPE)
        self.folder = p.stdout.decode().strip() if p.returncode == 0 else None
        self.made = 0

    def url(self):
        """A database that nobody has used."""
        self.made += 1
        self.ask("CREATE DATABASE d%d TEMPLATE template0" % self.made)
        return "postgresql://loglog:geheim-7@/d%d?host=%s" % (self.made, self.folder)

    def ask(self, sql):
        for _ in range(50):
            p = subprocess.run(["psql", "-qAt", "-h", self.folder, "-U", "loglog", "-d", "postgres", "-c", sql],
                               env={**os.environ, "PGPASSWORD": "geheim-7"}, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
            if p.returncode == 0:
                return p.stdout.decode()
            time.sleep(0.1)
        sys.exit("the server does not answer: " + sql)

    def do(self, what):
        subprocess.run(["sh", self.script, what, self.folder], check=True, stdout=subprocess.DEVNULL)
        return True

    def kill_backend(self):
        """One of its processes, kill -9: the server ends all others and recovers."""
        return kill_one([int(p) for p in self.ask(
            "SELECT pid FROM pg_stat_activity WHERE datname LIKE 'd%' AND pid <> pg_backend_pid()").split()])


def postgres(bench, quick):
    server = Server()
    if not server.folder:
        return bench.say("SKIPPED: no PostgreSQL here")
    kinds = {}
    for design in ("grid", "wsd"):
        folder = bench.folder()
        write(folder, "spec.yaml", spec_of(design, MARKOV))
        kinds[design] = undisturbed(bench, folder, [])
        shutil.rmtree(folder)

    def make():
        design = bench.random.choice(sorted(kinds))
        wanted, took = kinds[design]
        url = server.url()

        def read(folder):
            bench.run(folder, ["store", "copy", url, "copy.db"], check=True)
            return store_of(folder, "copy.db")

        ladder = Ladder(bench, "postgres", wanted, took, ["--store", url], read=read)
        write(ladder.folder, "spec.yaml", spec_of(design, MARKOV))
        return ladder, design

    of_server = [("server", lambda _: server.do("crash")), ("server, fast restart", lambda _: server.do("restart")),
                 ("server's process", lambda _: server.kill_backend())]
    try:
        go(bench, bench.moments(quick, 4), make, of_run(bench)[:2] + of_server)
    finally:
        server.do("stop")


# ---- Slurm ----

def without_ladder(folder):
    """The spec of a ladder names its engine: it is another text, of the same hash."""
    store = store_of(folder)
    return store and {k: rows for k, rows in store.items() if k != "ladder"}


class Administrator(threading.Thread):
    """Puts right what a killed controller left wrong with its nodes, as somebody has to on any cluster."""

    def __init__(self, bench, cluster):
        super().__init__(daemon=True)
        self.bench, self.cluster, self.over, self.helped = bench, cluster, threading.Event(), 0

    def run(self):
        while not self.over.wait(2):
            self.helped += self.cluster.tend()

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.over.set()
        self.join()
        self.bench.say("slurm: nodes and jobs that the controller had drained or held were released %d times"
                       % self.helped)


def slurm(bench, quick):
    if quick:  # test_slurm kills each of them once
        return
    from cluster import Absent, Cluster
    at = bench.folder()
    os.chmod(bench.root, 0o755)
    try:
        with Cluster(at, nodes=2, node_timeout=6) as c, Administrator(bench, c):
            on_cluster(bench, c)
    except Absent as why:
        bench.say("SKIPPED: %s" % why)


def on_cluster(bench, c):
    folder = bench.folder()
    write(folder, "spec.yaml", SLURM)
    wanted, _ = undisturbed(bench, folder, ["--engine.kind", "local"], read=without_ladder)
    shutil.rmtree(folder)
    folder = bench.folder()
    write(folder, "spec.yaml", SLURM)
    got, took = undisturbed(bench, folder, [], c.env, without_ladder)
    bench.count("slurm", "undisturbed, the bits of the local engine",
                None if got == wanted else difference(got, wanted))

    def make():
        ladder = Ladder(bench, "slurm", wanted, took, env=c.env, read=without_ladder, left=(".part", ".state"))
        write(ladder.folder, "spec.yaml", SLURM)
        return ladder, "grid"

    def task(_):
        steps = [s for n in c.names for s in c.steps_of(n)]
        return kill_one([p for s in steps for p in c.tree(s) if b"worker" in command_of(p)[1:2]])

    def node(_):
        name = bench.random.choice(c.names)
        c.kill(name)
        time.sleep(bench.random.random())
        c.start_node(name)
        return True

    def controller(_):
        c.kill("slurmctld")
        time.sleep(bench.random.random())
        c.start_controller()
        return True

    targets = [("coordinator", lambda p: kill_one([p.pid])), ("worker", task), ("node", node), ("controller", controller)]
    go(bench, bench.wanted_moments, make, targets)
