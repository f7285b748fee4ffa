"""Scaling laws: fits with intervals, forecasts, plans, and a store that a training loop logs into.

    import loglog

    fit = loglog.fit("runs.csv", law="chinchilla")       or a DataFrame, a dict of columns, a Store
    fit.params["alpha"], fit.interval["alpha"]
    fit.forecast("70B", "1.4T").interval
    fit.plan(flops=1e23).params.value

    loglog.init(name="wide", params=124e6, batch_tokens=2**19)
    loglog.log(step=step, loss=loss)
    loglog.finish()

Every number is computed by the C library, and is the one that the program `loglog` prints.
"""
from ._data import PathLike
from ._error import (
    Error,
    FormatError,
    InputError,
    NumberError,
    OutOfMemory,
    Refused,
    StateError,
    Stopped,
    SystemRefused,
)
from ._lib import __version__, library_version
from ._log import Run, finish, init, log
from ._store import Curve, Store
from ._study import Estimate, Fit, Forecast, Plan, backtest, fit, laws

__all__ = [
    "Curve",
    "Error",
    "Estimate",
    "Fit",
    "Forecast",
    "FormatError",
    "InputError",
    "NumberError",
    "OutOfMemory",
    "PathLike",
    "Plan",
    "Refused",
    "Run",
    "StateError",
    "Stopped",
    "Store",
    "SystemRefused",
    "__version__",
    "backtest",
    "finish",
    "fit",
    "init",
    "laws",
    "library_version",
    "log",
]
