"""The examples run as they stand, without Jupyter and PyTorch."""
from __future__ import annotations

import json
import subprocess
import sys

import loglog
from conftest import ROOT

EXAMPLES = ROOT / "examples" / "python"


def test_training_loop(tmp_path):
    done = subprocess.run([sys.executable, EXAMPLES / "train_numpy.py", tmp_path / "a.db"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    curve = loglog.Store(tmp_path / "a.db").curve("low-rank")
    assert len(curve.step) == 8 and curve.loss[-1] < curve.loss[0]


def test_notebook(tmp_path, monkeypatch):
    notebook = json.loads((EXAMPLES / "scaling.ipynb").read_text())
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert len(cells) > 8 and all(c["outputs"] == [] and c["execution_count"] is None for c in cells)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names: dict = {}
    for cell in cells:
        exec("".join(cell["source"]), names)
    lo, hi = names["forecast"].interval
    assert lo < names["truth"] < hi
    assert names["store"].verify()[0] == 2
    names["folder"].cleanup()
