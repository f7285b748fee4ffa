"""A real Slurm on loopback: munged, slurmctld and a slurmd for each node, in a folder of their own, without fixed
ports, as root or not.

    with Cluster(folder, nodes=3) as c:       raises Absent where Slurm is not there or cannot start
        subprocess.run(["sbatch", ...], env=c.env)
        c.kill("n2")                          as a machine that loses power; c.start_node("n2") brings it back
"""
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

DAEMONS = ("munged", "slurmctld", "slurmd")
CLIENTS = ("sbatch", "squeue", "scancel", "scontrol", "sinfo")


class Absent(Exception):
    pass


def find(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")
    if not path:
        raise Absent(f"no {name} here")
    return path


def free_ports(n):
    held = [socket.socket() for _ in range(n)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Cluster:
    def __init__(self, folder, nodes=3, cpus=2, node_timeout=10):
        self.folder, self.cpus, self.node_timeout = folder, cpus, node_timeout
        self.names = [f"n{i + 1}" for i in range(nodes)]
        self.programs = {name: find(name) for name in DAEMONS + CLIENTS}
        self.processes = {}
        self.conf = os.path.join(folder, "slurm.conf")
        self.socket = os.path.join(folder, "munge.socket")
        self.env = dict(os.environ, SLURM_CONF=self.conf)

    def __enter__(self):
        try:
            self.start()
        except Exception:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def write_conf(self):
        ports = free_ports(len(self.names) + 1)
        user = getpass.getuser()
        spool = os.path.join(self.folder, "spool")
        os.makedirs(os.path.join(spool, "state"), exist_ok=True)
        lines = [
            "ClusterName=loop",
            f"SlurmctldHost={socket.gethostname().split('.')[0]}(127.0.0.1)",
            f"SlurmctldPort={ports[0]}",
            f"SlurmUser={user}", f"SlurmdUser={user}",
            "AuthType=auth/munge", f"AuthInfo=socket={self.socket},cred_expire=5", "CredType=cred/munge",
            f"StateSaveLocation={spool}/state", f"SlurmdSpoolDir={spool}/%n",
            f"SlurmctldPidFile={self.folder}/slurmctld.pid", f"SlurmdPidFile={self.folder}/%n.pid",
            f"SlurmctldLogFile={self.folder}/slurmctld.log", f"SlurmdLogFile={self.folder}/%n.log",
            "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "SwitchType=switch/none",
            "JobAcctGatherType=jobacct_gather/none", "AccountingStorageType=accounting_storage/none",
            "SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU",
            "SlurmdParameters=config_overrides", "ReturnToService=2", "MpiDefault=none",
            "SchedulerType=sched/backfill", "SchedulerParameters=bf_interval=1,sched_min_interval=100000",
            "PreemptType=preempt/partition_prio", "PreemptMode=REQUEUE", "JobRequeue=1",
            f"SlurmdTimeout={self.node_timeout}", "KillWait=10", "MinJobAge=900", "InactiveLimit=0",
            "MaxArraySize=1001", "MaxJobCount=20000",
        ]
        for name, port in zip(self.names, ports[1:]):
            lines.append(f"NodeName={name} NodeHostname={socket.gethostname().split('.')[0]} NodeAddr=127.0.0.1 "
                         f"Port={port} CPUs={self.cpus} RealMemory=4000 State=UNKNOWN")
        nodes = ",".join(self.names)
        lines.append(f"PartitionName=low Nodes={nodes} Default=YES MaxTime=60 PriorityTier=1 PreemptMode=REQUEUE")
        lines.append(f"PartitionName=high Nodes={nodes} MaxTime=60 PriorityTier=9 PreemptMode=OFF")
        with open(self.conf, "w") as f:
            f.write("\n".join(lines) + "\n")
        os.chmod(self.conf, 0o644)

    def spawn(self, name, argv):
        out = open(os.path.join(self.folder, f"{name}.out"), "ab")
        self.processes[name] = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env,
                                                start_new_session=True)
        out.close()

    def start(self):
        self.write_conf()
        key = os.path.join(self.folder, "munge.key")
        with open(key, "wb") as f:
            f.write(os.urandom(128))
        os.chmod(key, 0o600)
        self.spawn("munged", [self.programs["munged"], "--foreground", "--force", f"--socket={self.socket}",
                              f"--key-file={key}", f"--pid-file={self.folder}/munged.pid",
                              f"--seed-file={self.folder}/munged.seed", f"--log-file={self.folder}/munged.log"])
        self.wait(lambda: os.path.exists(self.socket), "munged", 10)
        self.start_controller()
        for name in self.names:
            self.start_node(name)
        self.wait(lambda: self.idle() == len(self.names), "nodes", 40)

    def start_controller(self):
        self.spawn("slurmctld", [self.programs["slurmctld"], "-D", "-f", self.conf])

    def start_node(self, name):
        self.spawn(name, [self.programs["slurmd"], "-D", "-N", name, "-f", self.conf])

    def idle(self):
        states = self.run("sinfo", "-h", "-N", "-p", "low", "-o", "%T").split()
        return sum(s.startswith("idle") or s.startswith("mixed") or s.startswith("allocated") for s in states
                   if not s.endswith("*"))

    def wait(self, good, what, seconds):
        end = time.time() + seconds
        while not good():
            gone = [n for n, p in self.processes.items() if p.poll() is not None]
            if gone or time.time() > end:
                raise Absent(f"{what} did not start ({', '.join(gone) or 'too slow'}): {self.last_words(gone)}")
            time.sleep(0.2)

    def last_words(self, names):
        words = []
        for name in names or ["slurmctld"]:
            for end in ("out", "log"):
                path = os.path.join(self.folder, f"{name}.{end}")
                if os.path.exists(path):
                    words += open(path, errors="replace").read().splitlines()[-3:]
        return " | ".join(words)

    def run(self, name, *args):
        return subprocess.run([self.programs[name], *args], env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout

    def tend(self):
        """What an administrator does after a controller has lost its last words: it drains a node that has a job already,
        and holds the job. Whether there was something to do."""
        drained = [n for n, state in (line.split() for line in self.run("sinfo", "-h", "-N", "-p", "low", "-o", "%N %T")
                                      .splitlines()) if state.startswith("drain")]
        held = [line.split("|")[0] for line in self.run("squeue", "-h", "-r", "-t", "PENDING", "-o", "%i|%r").splitlines()
                if "launch failed" in line]
        for name in drained:
            self.run("scontrol", "update", f"NodeName={name}", "State=RESUME")
        for job in held:
            self.run("scontrol", "release", job)
        return bool(drained or held)

    def children_of(self, pid):
        return [int(p) for p in subprocess.run(["pgrep", "-P", str(pid)], stdout=subprocess.PIPE,
                                               text=True).stdout.split()]

    def kill(self, name):
        """The daemon and, of a node, all that runs there, at once."""
        p = self.processes.pop(name)
        steps = self.steps_of(name) if name in self.names else []
        p.send_signal(signal.SIGKILL)
        for step in steps:
            for pid in self.tree(step):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        p.wait()

    def steps_of(self, name):
        """The slurmstepds of a node. Their own environment does not say whose they are, that of their tasks does."""
        def environ(pid):
            try:
                return open(f"/proc/{pid}/environ", "rb").read()
            except OSError:
                return b""

        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                comm = open(f"/proc/{entry}/comm").read().strip()
            except OSError:
                continue
            if comm == "slurmstepd" and self.conf.encode() in environ(entry) and any(
                    f"SLURMD_NODENAME={name}\0".encode() in environ(pid) for pid in self.tree(int(entry))):
                found.append(int(entry))
        return found

    def tree(self, pid):
        pids = [pid]
        for child in self.children_of(pid):
            pids += self.tree(child)
        return pids

    def stop(self):
        if os.path.exists(self.conf) and "slurmctld" in self.processes:
            self.run("scancel", "--signal=KILL", f"--user={getpass.getuser()}")
            self.run("scancel", f"--user={getpass.getuser()}")
            time.sleep(0.5)
        for name in [n for n in self.names if n in self.processes]:
            self.kill(name)
        for name in [n for n in ("slurmctld", "munged") if n in self.processes]:
            p = self.processes.pop(name)
            p.terminate()
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()


if __name__ == "__main__":  # a cluster to play with: cluster.py FOLDER COMMAND...
    os.makedirs(sys.argv[1], exist_ok=True)
    with Cluster(os.path.abspath(sys.argv[1])) as cluster:
        sys.exit(subprocess.run(sys.argv[2:], env=cluster.env).returncode)
