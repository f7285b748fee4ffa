"""Ladders on a real Slurm that this starts on loopback, against the same ladders on this machine: the same bits,
whatever is killed meanwhile.

    slurm_check.py LOGLOG [--rungs 12] [--keep]     exit code 77 where Slurm is not there or does not start
"""
import argparse
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cluster import Absent, Cluster  # noqa: E402

GRID = """schema: loglog.spec/1
name: tiny
data: {source: markov, tokens: 60k}
model: {context: 16, widths: [8, 16, 32, 48]}
train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5}
design: {kind: grid, params: [1536, 6144, 24576, 55296], tokens: [%s]}
engine: {kind: slurm, slurm: {partition: low, poll: 0.5, cpus-per-task: 1}}
"""
WSD = """schema: loglog.spec/1
name: branches
data: {source: markov, tokens: 60k}
model: {context: 16, widths: [8, 16]}
train: {schedule: wsd, eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5}
design: {kind: wsd, params: [1536, 6144], tokens: [40k, 80k, 120k]}
forecast: {hold_out: none}
engine: {kind: slurm, slurm: {partition: low, poll: 0.5}}
"""
COMMAND = """schema: loglog.spec/1
name: toy
train: {batch_tokens: 4096}
design: {kind: ladder, rungs: 6, params: [1e4, 1e6]}
engine:
  kind: slurm
  slurm: {partition: low, poll: 0.5}
  command: sh %s {params} {tokens} {steps} {out}
  metrics: {format: regex, pattern: 'step (?<step>[0-9]+) of [0-9]+, loss (?<loss>[0-9.]+)'}
"""
TRUNK = """schema: loglog.spec/1
name: trunk
model: {context: 16, widths: [8, 16]}
train: {schedule: wsd, batch_tokens: 512}
design: {kind: wsd, params: [1536], tokens: [6k, 12k]}
forecast: {hold_out: none}
engine:
  kind: slurm
  slurm: {partition: low, poll: 0.5}
  command: sh %s {params} {steps} {out} {start_step} '{parent}' '{branch_steps}'
"""
STOPPED = 1
started = []  # coordinators, which end with the test


def check(good, *what):
    if not good:
        raise AssertionError(" ".join(str(w) for w in what))


class Ladder:
    """A spec in a folder of its own; the local engine's losses are what Slurm's are held against."""

    def __init__(self, base, name, spec, loglog, env):
        self.folder, self.loglog, self.env = os.path.join(base, name), loglog, env
        os.makedirs(self.folder)
        open(os.path.join(self.folder, "spec.yaml"), "w").write(spec)

    def argv(self, *args):
        return [self.loglog, *args]

    def call(self, *args, code=0, timeout=240):
        p = subprocess.run(self.argv(*args), cwd=self.folder, env=self.env, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=timeout)
        check(p.returncode == code, args, "exit", p.returncode, "expected", code, ":", p.stderr[-1500:])
        return p.stdout + p.stderr

    def start(self, *args):
        out = open(os.path.join(self.folder, "out"), "ab")
        started.append(subprocess.Popen(self.argv(*args), cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=out, stderr=out))
        return started[-1]

    def said(self):
        return open(os.path.join(self.folder, "out"), errors="replace").read()

    def runs(self):
        return {r["name"]: r for r in json.loads(self.call("runs", "list", "--json"))["runs"]}

    def points(self, run):
        return json.loads(self.call("runs", "show", run, "--json"))["points"]

    def path(self, end):
        """Files of the ladder's folder that end so."""
        files = os.path.join(self.folder, "loglog.d")
        found = []
        for folder, _, names in os.walk(files):
            found += [os.path.join(folder, n) for n in names if n.endswith(end)]
        return found


def reference(base, name, spec, loglog, env, kind="local"):
    here = Ladder(base, name + "-local", spec, loglog, env)
    here.call("run", "spec.yaml", "--engine.kind", kind, "--quiet")
    return here


def same(slurm, local):
    """Every rung done with the same loss, to the last bit, and the same learning curve, each point once."""
    a, b = slurm.runs(), local.runs()
    check(a.keys() == b.keys(), "runs", sorted(a), sorted(b))
    for name, want in b.items():
        got = a[name]
        check(got["state"] == "done", name, "is", got["state"], got.get("failure"))
        check(got["id"] == want["id"], name, "id", got["id"], want["id"])
        for key in ("loss", "loss_se", "train_loss", "best_loss"):
            check(got.get(key) == want.get(key), name, key, got.get(key), "expected", want.get(key))
        check(slurm.points(got["id"]) == local.points(want["id"]), name, "points differ")
    check(not slurm.path(".part") and not slurm.path(".state"), "left over", slurm.path(".part"), slurm.path(".state"))


def queue(c, form="%T"):
    return c.run("squeue", "-h", "-r", "-o", form).split("\n")[:-1]


def wait_for(good, seconds, what):
    end = time.time() + seconds
    while not good():
        check(time.time() < end, "waited", seconds, "s for", what)
        time.sleep(0.1)


def busy_nodes(c):
    return [line for line in c.run("squeue", "-h", "-t", "RUNNING", "-o", "%N").split() if line]


def queue_of(c, node):
    return c.run("squeue", "-h", "-r", "-t", "RUNNING", "-w", node, "-o", "%i").split()


def began_again(c):
    """The tasks of arrays that were started more than once, as squeue names them."""
    jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in c.run("scontrol", "show", "job", "-o").split("\n")]
    return {j["ArrayJobId"] + "_" + j["ArrayTaskId"] for j in jobs if j.get("ArrayTaskId") and j["Restarts"] != "0"}


# ---- the trials ----

def commands(c, base, loglog):
    """A ladder that a command trains: preempted once, the same losses as here."""
    toy = os.path.join(os.path.dirname(os.path.abspath(__file__)), "toy.sh")
    local = reference(base, "command", COMMAND % toy, loglog, c.env, kind="command")
    on = Ladder(base, "command", COMMAND % toy, loglog, c.env)
    check("arrays" in on.call("run", "spec.yaml", "--dry-run"), "the dry run of a command")
    run = on.start("run", "spec.yaml")
    wait_for(lambda: busy_nodes(c), 60, "a task")
    time.sleep(1)
    c.run("scontrol", "requeue", queue(c, "%i")[0])
    check(run.wait(timeout=120) == 0, "run of a command:", on.said()[-600:])
    same(on, local)


def faults(c, base, loglog, rungs):
    """A node and a task die, all are preempted, a task is requeued, the controller and the coordinator are killed."""
    tokens = ", ".join(f"{120 + 20 * k}k" for k in range(rungs // 4))
    local = reference(base, "faults", GRID % tokens, loglog, c.env)
    on = Ladder(base, "faults", GRID % tokens, loglog, c.env)
    run = on.start("run", "spec.yaml")
    wait_for(lambda: busy_nodes(c), 30, "the first task")
    time.sleep(0.5)

    run.send_signal(signal.SIGKILL)  # the coordinator, while tasks run
    run.wait()
    before = len(queue(c))
    run = on.start("run", "spec.yaml")
    wait_for(lambda: busy_nodes(c), 30, "a task after the coordinator's death")
    check(len(queue(c)) <= before, "a second coordinator submitted again what was in the queue:", len(queue(c)), before)

    dead = busy_nodes(c)[0].split(",")[0]
    lost = queue_of(c, dead)
    c.kill(dead)  # with all that runs there; its tasks are requeued once the controller misses it
    time.sleep(1)
    for _ in range(8):  # until a task was there to be preempted: they are short
        if began_again(c) - set(lost):
            break
        c.run("sbatch", "--parsable", "--partition=high", "--nodes=2", "--cpus-per-task=2", "--time=1",
              "--output=/dev/null", "--wrap", "sleep 2")  # takes the two nodes that are left, and the tasks' places
        time.sleep(2)
    run.send_signal(signal.SIGKILL)
    run.wait()
    c.kill("slurmctld")
    run = on.start("run", "spec.yaml")  # with nobody there to answer
    wait_for(lambda: "slurm: " in on.said(), 60, "a word about the controller that is away")
    check(run.poll() is None, "the coordinator gave up while the controller was away")
    c.start_controller()
    c.start_node(dead)
    code = run.wait(timeout=240)
    check(code == 0, "run ended with", code, on.said()[-1500:])
    same(on, local)
    again = began_again(c)
    check(lost and again - set(lost), "tasks that began again:", again, "of which lost with the node:", lost)
    print(f"  {len(on.runs())} rungs, {len(again)} tasks began again, {len(lost)} of them lost with their node")


def requeued(c, base, loglog):
    """A task goes on from its checkpoint, not from the start, when it is requeued."""
    spec = (GRID % "1M").replace("[1536, 6144, 24576, 55296]", "[24576]").replace("engine:", "forecast: {hold_out: none}\nengine:")
    local = reference(base, "requeue", spec, loglog, c.env)
    on = Ladder(base, "requeue", spec, loglog, c.env)
    run = on.start("run", "spec.yaml")
    wait_for(lambda: on.path(".state"), 60, "a checkpoint")
    task = queue(c, "%i")[0]
    c.run("scontrol", "requeue", task)
    check(run.wait(timeout=120) == 0, "run after a requeue")
    same(on, local)
    check("goes on from its checkpoint" in on.said() or "stopped at step" in on.said(), "not told:", on.said()[-600:])


def branches(c, base, loglog):
    """Branches wait for their trunk by a dependency; detached, then collected, then attached."""
    local = reference(base, "wsd", WSD, loglog, c.env)
    on = Ladder(base, "wsd", WSD, loglog, c.env)
    check("nothing was submitted" in on.call("run", "spec.yaml", "--attach", code=2), "attach before run")
    began = time.time()
    said = on.call("run", "spec.yaml", "--detach")
    check(time.time() - began < 20 and "in Slurm's queue" in said, "detach:", said)
    held = queue(c, "%j %r %E")
    check(any("afterok" in line for line in held) or len(held) == 0, "no dependency in", held)
    json.loads(on.call("collect", "spec.yaml", "--json", "--quiet"))
    dead = subprocess.Popen(["true"])  # a coordinator that was killed while it noted a job
    dead.wait()
    open(os.path.join(os.path.dirname(on.path(".rungs")[0]), f"1.job.{dead.pid}.part"), "w").close()
    on.call("run", "spec.yaml", "--attach")
    same(on, local)
    done = json.loads(on.call("collect", "spec.yaml", "--json", "--quiet"))
    check(done["done"] == done["rungs"] and done["queued"] == 0, "collect says", done)


def failing(c, base, loglog):
    """Slurm's refusal, a task killed without a word, and one cancelled by hand are named; the others go on."""
    on = Ladder(base, "refused", GRID % "20k", loglog, c.env)
    said = on.call("run", "spec.yaml", "--engine.slurm", "partition=nowhere", code=2)
    check("partition" in said, "a refusal in Slurm's words:", said)
    run = on.start("run", "spec.yaml", "--engine.slurm", "partition=low,poll=0.5,begin=now+1")
    check(run.wait(timeout=60) == 2, "a key of the engine's own was taken")

    spec = (GRID % "400k").replace("hold_out: last", "hold_out: none")
    on = Ladder(base, "failing", spec, loglog, c.env)
    run = on.start("run", "spec.yaml")
    wait_for(lambda: len(on.path(".state")) >= 1, 60, "checkpoints")
    c.run("scancel", queue(c, "%i")[0])
    code = run.wait(timeout=120)
    check(code == STOPPED, "a cancelled rung ends the call with", code)
    check("cancelled" in on.said(), "the cancelled rung is not named:", on.said()[-600:])
    on.call("run", "spec.yaml")


def trunks(c, base, loglog):
    """A trunk fails; Slurm cancels the branches that wait for it. The trunk is named, nothing counts as cancelled by
    hand, and the same command trains them all."""
    toy = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults", "toy_trainer.sh")
    breaks = os.path.join(base, "breaks.sh")
    open(breaks, "w").write(f"[ ! -e {base}/broken ] || {{ sleep 1; echo 'it broke' >&2; exit 3; }}\nexec sh {toy} \"$@\"\n")
    local = reference(base, "trunk", TRUNK % breaks, loglog, c.env, kind="command")
    on = Ladder(base, "trunk", TRUNK % breaks, loglog, c.env)
    open(os.path.join(base, "broken"), "w").close()
    said = on.call("run", "spec.yaml", code=STOPPED)
    check("1 of 3 rungs failed" in said and "it broke" in said and "cancelled" not in said, "said of a trunk:", said)
    os.remove(os.path.join(base, "broken"))
    on.call("run", "spec.yaml")
    same(on, local)


def asked(c, base, loglog):
    """Ctrl-C at a terminal asks: no leaves the jobs, yes cancels them; the same command goes on."""
    spec = (GRID % "600k").replace("[1536, 6144, 24576, 55296]", "[6144, 24576]")
    on = Ladder(base, "asked", spec, loglog, c.env)
    for answer in ("n", "y"):
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(on.folder)
            os.execve(loglog, on.argv("run", "spec.yaml"), dict(c.env, TERM="xterm"))
        text = b""
        wait_for(lambda: busy_nodes(c), 60, "a task")
        time.sleep(0.5)
        os.write(fd, b"\x03")
        end = time.time() + 30
        while b"[y/N]" not in text and time.time() < end:
            text += os.read(fd, 65536)
        check(b"[y/N]" in text, "no question:", text[-500:])
        os.write(fd, answer.encode() + b"\n")
        try:
            while True:
                got = os.read(fd, 65536)
                if not got:
                    break
                text += got
        except OSError:
            pass
        os.waitpid(pid, 0)
        os.close(fd)
        left = len(queue(c))
        check((left > 0) == (answer == "n"), "answer", answer, "leaves", left, "jobs:", text[-400:])
    on.call("run", "spec.yaml")
    check(all(r["state"] == "done" for r in on.runs().values()), "not all done")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("loglog")
    p.add_argument("--rungs", type=int, default=12)
    p.add_argument("--only", default="")
    p.add_argument("--keep", action="store_true")
    a = p.parse_args()
    base = tempfile.mkdtemp(prefix="loglog-slurm-")
    os.chmod(base, 0o755)
    cluster = os.path.join(base, "cluster")
    os.makedirs(cluster)
    trials = {"branches": branches, "trunks": trunks, "commands": commands, "requeued": requeued, "failing": failing, "asked": asked,
              "faults": lambda c, b, l: faults(c, b, l, a.rungs)}
    try:
        with Cluster(cluster, node_timeout=6) as c:
            for name, trial in trials.items():
                if a.only and name not in a.only.split(","):
                    continue
                began = time.time()
                trial(c, base, os.path.abspath(a.loglog))
                print(f"{name}: good, {time.time() - began:.1f} s", flush=True)
                c.run("scancel", f"--user={os.geteuid()}")
                wait_for(lambda: not queue(c), 30, "an empty queue")
    except Absent as why:
        print(f"SKIPPED: {why}")
        return 77
    finally:
        for p in started:
            p.kill()
        if a.keep:
            print(base)
        else:
            shutil.rmtree(base, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
