"""Tables, the program, and what makes answers comparable."""
from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from loglog._data import write_csv

ROOT = Path(__file__).resolve().parents[2]
TRUTH = {"E": 1.7, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}


def planted(seed: int = 1, noise: float = 0.005) -> dict[str, np.ndarray]:
    """Runs of a law that is known."""
    N, ratio = (a.ravel() for a in np.meshgrid(np.geomspace(2e7, 2e9, 7), np.geomspace(5, 80, 5)))
    D = ratio * N
    law = TRUTH["E"] + TRUTH["A"] * N ** -TRUTH["alpha"] + TRUTH["B"] * D ** -TRUTH["beta"]
    return {"params": N, "tokens": D, "loss": law * np.exp(noise * np.random.default_rng(seed).normal(size=N.size))}


def save(table, path: Path) -> Path:
    with open(path, "w", newline="") as out:
        write_csv(table, out)
    return path


def same(a, b, without=("wall_s",), at="document") -> None:
    """Equal to 1e-12, everywhere."""
    if isinstance(a, dict) and isinstance(b, dict):
        assert a.keys() == b.keys(), at
        for k in a:
            if k not in without:
                same(a[k], b[k], without, f"{at}.{k}")
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        assert len(a) == len(b), at
        for i, (x, y) in enumerate(zip(a, b)):
            same(x, y, without, f"{at}[{i}]")
    elif isinstance(a, float) or isinstance(b, float):
        assert math.isclose(a, b, rel_tol=1e-12, abs_tol=0), f"{at}: {a!r} and {b!r}"
    else:
        assert a == b, at


class Program:
    """The program itself, beside which every answer is held."""

    def __init__(self, path: str) -> None:
        self.path = path

    def run(self, *args: object) -> subprocess.CompletedProcess:
        return subprocess.run([self.path, *map(str, args)], capture_output=True, text=True)

    def json(self, *args: object):
        done = self.run(*args, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refuses(self, *args: object) -> str:
        done = self.run(*args)
        assert done.returncode == 2, done
        return done.stderr.strip().removeprefix("loglog: ")


@pytest.fixture(scope="session")
def program() -> Program:
    path = os.environ.get("LOGLOG_PROGRAM")
    if not path:
        pytest.skip("LOGLOG_PROGRAM names no program")
    return Program(path)


@pytest.fixture(scope="session")
def chinchilla() -> Path:
    """The 245 runs of Figure 4."""
    table = Path(os.environ.get("LOGLOG_DATA") or ROOT.parent / "shared" / "data") / "runs" / "chinchilla_figure4.csv"
    if not table.exists():
        pytest.skip(f"there is no {table.name}: see docs/data.md")
    return table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return save(planted(), tmp_path / "runs.csv")
