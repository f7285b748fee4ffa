"""A store: what a training loop logs, what is sealed and scored."""
from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import loglog
from conftest import planted, same


@pytest.fixture
def store(tmp_path) -> loglog.Store:
    return loglog.Store(tmp_path / "loglog.db")


def python(code: str, *args: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True)


def test_three_lines(store, program):
    loglog.init(name="wide", params="124M", batch_tokens=2**19, store=store.path, family="gpt", lr=3e-4, seed=3)
    for step in (1, 2, 3):
        loglog.log(step=step, loss=np.float32(4 - step), train_loss=3.5 - step)
    loglog.finish()
    loglog.finish()
    (run,) = store.runs()
    same(run, program.json("runs", "list", "--store", store.path)["runs"][0])
    assert (run["name"], run["state"], run["loss"], run["params"]) == ("wide", "done", 1.0, 124e6)
    assert (run["family"], run["lr"], run["seed"]) == ("gpt", 3e-4, 3)
    curve = store.curve("wide")
    assert curve.step.tolist() == [1, 2, 3] and curve.loss.tolist() == [3, 2, 1]
    assert curve.tokens.tolist() == [2**19, 2**20, 3 * 2**19] and curve.train_loss.tolist() == [2.5, 1.5, 0.5]
    with pytest.raises(ValueError, match="no run is logged"):
        loglog.log(step=4, loss=1)
    with pytest.raises(loglog.StateError, match="is done"):
        loglog.init(name="wide", params=1, batch_tokens=1, store=store)


def test_as_a_wandb_user_expects(store):
    with loglog.init(params=1e6, batch_tokens=1000, store=store) as run:
        run.log({"loss": 4.0, "grad_norm": 1.0}, tokens=1)
        run.log({"loss": 3.0})
    assert store.curve(run.name).step.tolist() == [0, 1]
    assert [r["state"] for r in store.runs()] == ["done"]
    with pytest.raises(ValueError, match="finished"):
        run.log(loss=2)


def test_an_exception_leaves_it_unfinished(store):
    with pytest.raises(ZeroDivisionError), loglog.init(name="a", params=1e6, batch_tokens=1000, store=store) as run:
        run.log(step=1, loss=3)
        1 / 0
    assert [r["state"] for r in store.runs()] == ["stopped"]


def test_init_again_goes_on(store):
    for step in (1, 2):
        run = loglog.init(name="a", params=1e6, batch_tokens=1000, store=store)
        assert run.step == step - 1 or step == 1 and run.step == -1
        loglog.log(step=step, loss=3)
    loglog.finish()
    assert store.curve("a").step.tolist() == [1, 2]


def test_what_is_refused(store):
    run = loglog.init(name="a", params=1e6, batch_tokens=1000, store=store)
    run.log(step=5, loss=3)
    for wrong in (
        {"step": 4, "loss": 2},
        {"step": 6, "loss": float("nan")},
        {"step": 6, "loss": 0},
        {"step": -1, "loss": 2},
        {"step": 6},
    ):
        with pytest.raises(ValueError, match="run 'a'"):
            loglog.log(**wrong)
    with pytest.raises(TypeError):
        loglog.log(step=6, loss=[1, 2])
    run.finish(done=False)
    with pytest.raises(ValueError, match="no parameters"):
        with loglog.init(name="b", batch_tokens=1000, store=store):
            loglog.log(step=1, loss=3)
    with pytest.raises(ValueError, match="params is -1"):
        loglog.init(name="c", params=-1, store=store)


KILLED = """
import os, signal, sys
import loglog
loglog.init(name="a", params=1e6, batch_tokens=1000, store=sys.argv[1])
for step in range(1, 6):
    loglog.log(step=step, loss=5 - step / 10)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_loop_begins_with_step_0(store):
    loglog.init(name="a", params=1e6, batch_tokens=1000, store=store)
    for step in range(3):
        loglog.log(step=step, loss=4 - step)
    loglog.finish()
    loglog.init(name="b", params=1e6, batch_tokens=1000, store=store)
    loglog.log(loss=4)
    loglog.log(loss=3)
    loglog.finish()
    assert store.curve("a").tokens.tolist() == [0, 1000, 2000]
    assert store.curve("b").step.tolist() == [0, 1]


def test_a_killed_logger_goes_on(store):
    assert python(KILLED, store.path).returncode == -signal.SIGKILL
    run = loglog.init(name="a", params=1e6, batch_tokens=1000, store=store)
    assert run.resumed and run.step == 5
    # It goes on from its own checkpoint, at step 3: the points from there on are taken anew.
    for step in range(3, 9):
        loglog.log(step=step, loss=6 - step / 10)
    loglog.finish()
    curve = store.curve("a")
    assert curve.step.tolist() == list(range(1, 9))
    assert curve.loss.tolist() == pytest.approx([4.9, 4.8, 5.7, 5.6, 5.5, 5.4, 5.3, 5.2])
    assert store.runs()[0]["loss"] == pytest.approx(5.2)


def test_a_script_that_ends_or_forks(store):
    done = python(
        """
import os, sys
import loglog
loglog.init(name="a", params=1e6, batch_tokens=1000, store=sys.argv[1])
loglog.log(step=1, loss=3)
if os.fork() == 0:
    try:
        loglog.log(step=2, loss=3)
    except ValueError as why:
        print(why, flush=True)
    sys.exit(0)
os.wait()
loglog.log(step=2, loss=2)
""",
        store.path,
    )
    assert done.stdout == "run 'a' belongs to the process that began it\n" and done.stderr == ""
    assert store.curve("a").loss.tolist() == [3, 2] and store.runs()[0]["state"] == "stopped"


def test_many_processes_log_at_once(store):
    code = """
import sys
import loglog
loglog.init(name=sys.argv[2], params=1e6, batch_tokens=1000, store=sys.argv[1])
for step in range(1, 41):
    loglog.log(step=step, loss=3 + 1 / step)
loglog.finish()
"""
    jobs = [subprocess.Popen([sys.executable, "-c", code, store.path, f"r{i}"]) for i in range(5)]
    assert [j.wait() for j in jobs] == [0] * 5
    assert len(store.runs("state = done")) == 5
    assert all(len(store.curve(f"r{i}").step) == 40 for i in range(5))


def test_sealed_and_scored(store, program):
    fit = loglog.fit(planted())
    N, D = 20e9, 400e9
    for _ in range(2):
        fit.seal(store, "large", N, D, author="someone", question="will it bend?")
    assert store.verify()[0] == 1 and store.score() == 0
    with pytest.raises(loglog.StateError, match="sealed already"):
        fit.seal(store, "large", N, 2 * D)
    with loglog.init(name="large", params=N, batch_tokens=4e6, store=store) as run:
        run.log(step=100000, loss=1.7 + 480 * N**-0.35 + 2100 * D**-0.37)
    with pytest.raises(loglog.StateError):
        fit.seal(store, "large", N, D, question="now?")
    assert store.score() == 1 and store.score() == 0
    entries, head = store.verify()
    assert entries == 2 and len(head) == 64
    said = program.json("forecast", "list", "--store", store.path)
    sealed = str(said)
    assert "someone" in sealed and "will it bend?" in sealed
    assert b"loglog-" not in open(store.path, "rb").read()
    assert program.run("forecast", "check", "--store", store.path).returncode == 0


def test_a_law_of_runs_that_logged_themselves(store):
    runs = planted()
    for i, (N, D, L) in enumerate(zip(runs["params"], runs["tokens"], runs["loss"])):
        with loglog.init(name=f"r{i}", params=N, store=store) as run:
            run.log(step=50, tokens=D / 2, loss=1.2 * L)
            run.log(step=100, tokens=D, loss=L)
    fit, of = loglog.fit(store, bootstrap=0), loglog.fit(runs, bootstrap=0)
    assert fit.n == 35 and fit.params == pytest.approx(of.params, rel=1e-6)


def test_tables_in_and_out(store, program, tmp_path, table):
    assert store.add(planted(), params_are="nonembedding") == 35
    assert store.add(table) in (0, 35)
    of = loglog.fit(store, ladder="imported")
    same(of.document, program.json("fit", "--store", store.path, "--ladder", "imported"))
    assert store.write(tmp_path / "out.csv", "state = done") == len(store.runs())
    with pytest.raises(ValueError, match="^data: "):
        store.add(planted(), where="nope = 1")
    pandas = pytest.importorskip("pandas")
    assert isinstance(store.frame(), pandas.DataFrame) and len(store.frame()) == len(store.runs())


def test_no_store(tmp_path):
    nowhere = loglog.Store(tmp_path / "nowhere.db")
    for ask in (
        nowhere.runs,
        nowhere.verify,
        nowhere.score,
        lambda: nowhere.curve("a"),
        lambda: nowhere.write(tmp_path / "out.csv"),
        lambda: loglog.fit(nowhere),
    ):
        with pytest.raises(loglog.Error, match="nowhere.db"):
            ask()
    assert not os.path.exists(nowhere.path)
    with pytest.raises(loglog.Error):
        loglog.init(name="a", params=1, store="/nowhere/loglog.db")
