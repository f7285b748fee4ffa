"""Fits, forecasts, plans and trials say what the program says."""
from __future__ import annotations

import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import loglog
from conftest import TRUTH, planted, same, save
from loglog._lib import check, ffi, lib, new_error

KEPT = "kept_in_fit = 1"
ELSEWHERE = ("wall_s", "source")


def every_answer(fit: loglog.Fit, program, *of, without=("wall_s",)) -> None:
    same(fit.document, program.json("fit", *of), without)
    same(fit.document, fit.outlook())
    same(fit.outlook("1e24"), program.json("fit", *of, "--target-flops", "1e24"), without)
    forecast = fit.forecast("70B", 1.4e12)
    said = program.json("forecast", "at", *of, "--params", "70B", "--tokens", "1.4T")
    same(forecast.document, said, without)
    for level, loss in said["forecast"]["quantiles"].items():
        assert forecast.quantile(float(level)) == pytest.approx(loss, rel=1e-12, abs=0)
    assert forecast.value == pytest.approx(said["forecast"]["value"], rel=1e-12)
    plan = fit.plan(flops=1e23, gpus="64xH100")
    said = program.json("plan", *of, "--flops", "1e23", "--gpus", "64xH100")
    same(plan.document, said, without)
    for name in ("params", "tokens", "flops", "loss"):
        estimate = getattr(plan, name)
        assert [estimate.value, estimate.lo, estimate.hi] == pytest.approx(
            [said[name]["value"], *said[name]["ci"]], rel=1e-12
        )
    same(fit.plan(loss=2.2).document, program.json("plan", *of, "--loss", "2.2"), without)
    same(fit.backtest([3]), program.json("backtest", *of, "--factor", "3"), without)


def test_published_table(program, chinchilla):
    fit = loglog.fit(chinchilla, law="chinchilla", where=KEPT)
    assert fit.n == 240
    # Besiroglu et al. (2024), the same rows: SciPy's optimum.
    assert fit.params["E"] == pytest.approx(1.81722, abs=5e-6)
    assert fit.params["alpha"] == pytest.approx(0.34731, abs=5e-6)
    assert fit.params["beta"] == pytest.approx(0.367172, abs=5e-7)
    every_answer(fit, program, chinchilla, "--where", KEPT)


def test_planted_table(program, table):
    fit = loglog.fit(table)
    for name in ("E", "alpha", "beta"):
        lo, hi = fit.interval[name]
        assert lo < TRUTH[name] < hi
    every_answer(fit, program, table)


def test_dict_says_what_its_csv_says(program, table):
    every_answer(loglog.fit(planted()), program, table, without=ELSEWHERE)
    assert loglog.fit(planted()).document["convention"]["source"] == "data"


def test_options_reach_the_fit(program, table):
    fit = loglog.fit(
        table,
        "chinchilla",
        objective="ls_log",
        bootstrap=120,
        resample="wild",
        level=0.8,
        seed=5,
        fix={"E": 1.7},
        columns={"params_total": "params", "params": None},
    )
    of = "--objective ls_log --bootstrap 120 --resample wild --level 0.8 --seed 5 --fix E=1.7".split()
    same(fit.document, program.json("fit", table, *of, "--col", "params_total=params,params="))
    assert fit.params["E"] == 1.7 and fit.level == 0.8 and fit.draws.shape == (120, 5)
    assert math.isnan(loglog.fit(table, bootstrap=0).se["alpha"])


def test_law_of_one_variable(program, table):
    same(loglog.fit(table, "power_floor").document, program.json("fit", table, "--law", "power_floor"))
    said = program.json("fit", table, "--law", "power_floor", "--x", "tokens")
    same(loglog.fit(table, "power_floor", x="tokens").document, said)


def test_columns_resolve_as_in_a_table(program, tmp_path):
    runs = planted()
    table = {"width": runs["params"], "seen": runs["tokens"], "val": runs["loss"], "who": [f"r{i % 9}" for i in range(35)]}
    of = ["--col", "params=width,tokens=seen,loss=val", "--cluster", "who", "--loss-unit", "nats"]
    options = {"columns": {"params": "width", "tokens": "seen", "loss": "val"}, "cluster": "who", "loss_unit": "nats"}
    path = save(table, tmp_path / "t.csv")
    same(loglog.fit(path, **options).document, program.json("fit", path, *of))
    same(loglog.fit(table, **options).document, program.json("fit", path, *of), ELSEWHERE)


def test_backtest_of_the_module(program, table):
    same(loglog.backtest(table), program.json("backtest", table))
    same(loglog.backtest(table, factors=[10]), program.json("backtest", table, "--factor", "10"))


def test_saved_fit(program, table, tmp_path):
    fit = loglog.fit(planted())
    fit.save(tmp_path / "fit.json")
    assert tempfile.gettempdir() + "/loglog-" not in (tmp_path / "fit.json").read_text()
    assert [p.name for p in tmp_path.glob("fit.json*")] == ["fit.json"]
    again = loglog.fit(tmp_path / "fit.json")
    assert again.params == fit.params and again.interval == fit.interval
    said = program.json("forecast", "at", "--fit", tmp_path / "fit.json", "--params", "70B", "--tokens", "1.4T")
    same(again.forecast("70B", "1.4T").document, said)
    with pytest.raises(ValueError, match="a saved fit has its own law and options; without law, seed"):
        loglog.fit(tmp_path / "fit.json", law="kaplan", seed=2)


def test_masked_cells_are_empty():
    np = pytest.importorskip("numpy")
    whole = planted()
    loss = np.ma.masked_greater(np.append(np.asarray(whole["loss"], float), 999.0), 100)
    wider = {k: list(v) + [v[-1]] for k, v in whole.items()} | {"loss": loss}
    fit = loglog.fit(wider)
    assert fit.params == loglog.fit(whole).params and fit.document["dropped"] == 1


def test_wrong_column_is_the_programs_line(program, table):
    for options, args in (
        ({"where": "kept = 1"}, ["--where", "kept = 1"]),
        ({"columns": {"tokens": "nope"}}, ["--col", "tokens=nope"]),
        ({"cluster": "nope"}, ["--cluster", "nope"]),
        ({"law": "nope"}, None),
        ({"objective": "nope"}, None),
        ({"params_are": "nope"}, None),
        ({"fix": {"nope": 1}}, None),
        ({"weight_is": "nope"}, None),
    ):
        with pytest.raises(ValueError) as refused:
            loglog.fit(table, **options)
        assert "nope" in str(refused.value) or "kept" in str(refused.value)
        assert "\n" not in str(refused.value)
        if args:
            line = program.refuses("fit", table, *args)
            assert str(refused.value) == line and isinstance(refused.value, loglog.InputError)
            with pytest.raises(ValueError) as of_data:
                loglog.fit(planted(), **options)
            assert str(of_data.value) == line.replace(str(table), "data")


def test_wrong_value_names_line_and_column():
    runs = planted()
    runs["tokens"][3] = -1
    with pytest.raises(ValueError, match=r"^data:5: "):
        loglog.fit(runs)


def test_wrong_data():
    before = set(Path(tempfile.gettempdir()).glob("loglog-*.csv"))
    for data, error in (
        (5, TypeError),
        ({}, ValueError),
        ({"params": [1, 2], "tokens": [1]}, ValueError),
        ({"params": [[1, 2]]}, ValueError),
        ("/nowhere.csv", ValueError),
        ("a\0b", ValueError),
    ):
        with pytest.raises(error):
            loglog.fit(data)
    assert set(Path(tempfile.gettempdir()).glob("loglog-*.csv")) <= before


def test_errors_are_pythons_too():
    assert issubclass(loglog.InputError, ValueError) and issubclass(loglog.SystemRefused, OSError)
    assert issubclass(loglog.OutOfMemory, MemoryError) and issubclass(loglog.StateError, loglog.Error)
    err = new_error()
    for code, kind in (("LL_EINPUT", ValueError), ("LL_EFORMAT", ValueError), ("LL_EIO", OSError), ("LL_ENOMEM", MemoryError),
                       ("LL_ENUM", ArithmeticError), ("LL_ESTATE", loglog.StateError), ("LL_EUNSURE", loglog.Refused)):
        lib.ll_error_set(err, getattr(lib, code), b"one %s", ffi.new("char[]", b"line"))
        with pytest.raises(kind, match="^one line$"):
            check(err.code, err)
    assert all(str(kind("one line")) == "one line" for kind in loglog.Error.__subclasses__())


def test_wrong_asks(table):
    with loglog.fit(table) as fit:
        for ask in (
            lambda: fit.forecast(-1, 1e9),
            lambda: fit.forecast("many", 1e9),
            lambda: fit.plan(),
            lambda: fit.plan(loss=0.1),
            lambda: fit.forecast(1e9, 1e9).quantile(1),
            lambda: fit.backtest([1e30]),
        ):
            with pytest.raises(ValueError):
                ask()
        with pytest.raises(ValueError, match="cannot write"):
            fit.save("/nowhere/fit.json")
    with pytest.raises(ValueError, match="closed"):
        fit.forecast(1e9, 1e9)
    assert fit.params["E"] > 0


def test_cells_of_a_dict(tmp_path):
    column = {
        "f": np.array([1 / 3, np.nan, 1e300]),
        "i": np.array([1, 2**53 + 1, -3]),
        "b": [True, False, None],
        "t": ['a,"b"', "line\nbreak", None],
        "m": [1.5, "x", 2],
    }
    text = save(column, tmp_path / "c.csv").read_text()
    assert text == (
        'f,i,b,t,m\n0.33333333333333331,1,1,"a,""b""",1.5\n,9007199254740993,0,"line\nbreak",x\n'
        "1.0000000000000001e+300,-3,,,2\n"
    )


def test_frame_with_pandas(chinchilla):
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(chinchilla, float_precision="round_trip")
    fit, of = loglog.fit(frame, where=KEPT), loglog.fit(chinchilla, where=KEPT)
    same(fit.document, of.document, ("wall_s", "source", "data_hash"))
    kept = frame[frame.kept_in_fit == 1]
    assert loglog.fit(kept).params == of.params
    frame["name"] = pandas.array(["a", None] + ["c"] * 243, dtype="string")
    assert loglog.fit(frame, where=KEPT, cluster="none").params == of.params


def test_other_tables():
    runs = planted()
    of = loglog.fit(runs, bootstrap=0).params

    class Arrow:
        column_names = list(runs)
        columns = list(runs.values())
        __getitem__ = staticmethod(runs.__getitem__)

    class Polars:
        columns = list(runs)
        __getitem__ = staticmethod(runs.__getitem__)

    rows = np.rec.fromarrays(list(runs.values()), names=list(runs))
    for data in (Arrow(), Polars(), rows, {k: list(v) for k, v in runs.items()}):
        assert loglog.fit(data, bootstrap=0).params == of


def test_without_pandas_and_matplotlib(table):
    code = """
import sys
sys.modules["pandas"] = sys.modules["matplotlib"] = None
import loglog
fit = loglog.fit({"tokens": [1e8 * 2**i for i in range(9)], "loss": [4 - 0.2 * i for i in range(9)]}, "power", x="tokens")
print(fit.n)
try:
    fit.plot()
except ImportError:
    print("no figure")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["9", "no figure"], done


def test_what_it_holds(table):
    fit = loglog.fit(table)
    assert list(fit.params) == ["E", "A", "B", "alpha", "beta"]
    assert fit.residuals.shape == (35,) and fit.draws.shape == (1000, 5)
    assert np.array_equal(fit.data["loss"], planted()["loss"]) and np.array_equal(fit.data["params"], planted()["params"])
    p, x = fit.params, fit.data
    law = p["E"] + p["A"] * x["params"] ** -p["alpha"] + p["B"] * x["tokens"] ** -p["beta"]
    assert np.allclose(fit.residuals, np.log(x["loss"] / law), atol=1e-12)
    assert fit.warnings == fit.document["diagnostics"]["warnings"]
    assert "chinchilla" in loglog.laws() and "alpha" in loglog.laws()["chinchilla"]


def test_how_it_looks(table):
    fit = loglog.fit(table)
    lines = repr(fit).split("\n")
    assert lines[0].startswith("chinchilla: E + A/N^alpha + B/D^beta, 35 runs") and len(lines) == 7
    assert re.search(r"^  alpha +0\.3", repr(fit), re.M)
    assert fit._repr_html_().count("<tr>") == 6
    assert "70.0B parameters on 1.40T tokens" in repr(fit.forecast("70B", "1.4T"))
    assert "FLOPs" in repr(fit.plan(1e23)) and "probability" in repr(fit.plan(1e23, loss=2))
    assert "<" in fit.forecast(1e9, 1e10)._repr_html_()


def test_figure(table):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    fit = loglog.fit(table)
    axes = fit.plot()
    assert axes.get_xlabel() == "tokens" and len(axes.get_lines()) == 5
    # Each line is the law itself.
    D, L = axes.get_lines()[0].get_data()
    p, N = fit.params, planted()["params"].min()
    assert np.allclose(L, p["E"] + p["A"] * N ** -p["alpha"] + p["B"] * D ** -p["beta"], rtol=1e-12)
    mine = matplotlib.pyplot.subplots()[1]
    assert loglog.fit(table, "power_floor", bootstrap=0).plot(mine) is mine and mine.get_xlabel() == "flops"
    matplotlib.pyplot.close("all")
