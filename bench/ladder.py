"""What benches of whole ladders share: train one from nothing and hear how well it used the machine."""

import json
import os
import shutil
import subprocess


def use_of(program, folder, spec, flags=(), cpus=None):
    """The "use" of `run --json` for a ladder that is trained anew. The folder keeps its token shards for the next."""
    path, store = os.path.join(folder, "spec.yaml"), os.path.join(folder, "loglog.db")
    with open(path, "w", encoding="utf-8") as f:
        f.write(spec)
    cpus = sorted(cpus or os.sched_getaffinity(0))
    command = ["taskset", "-c", ",".join(map(str, cpus)), program, "run", path, "--json", "--quiet", "--store", store]
    done = subprocess.run(command + list(flags), stdout=subprocess.PIPE, text=True, check=True)
    document = json.loads(done.stdout)
    os.remove(store)
    shutil.rmtree(os.path.join(folder, "loglog.d", document["ladder"]))
    return document["use"]
