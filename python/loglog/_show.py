"""How fits, forecasts and plans look in a terminal, in a notebook and as a figure."""
from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ._data import Array
from ._lib import ffi, lib, text_of

if TYPE_CHECKING:
    from ._study import Estimate, Fit, Forecast, Plan


def _short(v: float) -> str:
    buf = ffi.new("char[64]")
    return text_of(lib.ll_units_show(v, buf, 64))


def _digits(v: float) -> str:
    return "-" if v is None or math.isnan(v) else f"{v:.5g}"


def _head(fit: "Fit") -> str:
    return f"{fit.law}: {fit.form}, {fit.n} runs, loss: {fit.loss_unit}"


def _rows(fit: "Fit") -> list[tuple[str, str, str, str]]:
    return [
        (name, _digits(e.value), _digits(e.se), f"{_digits(e.lo)} to {_digits(e.hi)}")
        for name, e in fit.estimates.items()
    ]


def fit_text(fit: "Fit") -> str:
    table = [("", "value", "se", f"{100 * fit.level:g} % interval"), *_rows(fit)]
    width = [max(len(row[i]) for row in table) for i in range(4)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, width)).rstrip() for row in table]
    return "\n".join([_head(fit), *("  " + line for line in lines)])


def fit_html(fit: "Fit") -> str:
    cells = "".join(
        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in _rows(fit)
    )
    return (
        f"<p>{html.escape(_head(fit))}</p><table><tr><th></th><th>value</th><th>se</th>"
        f"<th>{100 * fit.level:g} % interval</th></tr>{cells}</table>"
    )


def forecast_text(f: "Forecast") -> str:
    lo, hi = f.interval
    level = f.document["forecast"]["level"]
    return (
        f"a run of {_short(f.params)} parameters on {_short(f.tokens)} tokens: {f.value:.4f} "
        f"{f.document['loss_unit']}, {100 * level:g} % {lo:.4f} to {hi:.4f}, {f.reach:.3g} times the largest run"
    )


def _span(e: "Estimate") -> str:
    return _short(e.value) if math.isnan(e.lo) or e.lo == e.hi else f"{_short(e.value)} ({_short(e.lo)} to {_short(e.hi)})"


def plan_text(p: "Plan") -> str:
    parts = [
        f"{_span(p.params)} parameters on {_span(p.tokens)} tokens, {_span(p.flops)} FLOPs: "
        f"{p.loss.value:.4f} {p.document['loss_unit']}, {p.loss.lo:.4f} to {p.loss.hi:.4f}"
    ]
    if not math.isnan(p.probability):
        parts.append(f"probability of the loss that was asked for: {p.probability:.3g}")
    return "; ".join(parts)


def as_html(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


# ---- a figure ----

NAMES = ("params", "tokens", "flops", "x", "unique_tokens", "steps")
LABELS = ("parameters", "tokens", "FLOPs", "x", "distinct tokens", "steps")
POINTS = 60
LINES = 5


def _along(fit: "Fit", data: dict[str, Array]) -> list[int]:
    """The variables that the law reads, the one to draw along first."""
    read = [v for v, name in enumerate(NAMES) if name in data and fit._fit.law.vars >> v & 1]
    return sorted(read, key=lambda v: (v == lib.LL_VAR_N, v))


def _line(fit: "Fit", ax: Any, var: int, xs: Array, held: dict[int, float], colour: Any) -> None:
    at = [fit._law_at({**held, var: float(x)}) for x in xs]
    ax.plot(xs, [e.value for e in at], color=colour, linewidth=1)
    ax.fill_between(xs, [e.lo for e in at], [e.hi for e in at], color=colour, alpha=0.15, linewidth=0)


def plot(fit: "Fit", ax: Any = None) -> Any:
    """Loss against tokens, one line of the law for each of a few sizes; or against the law's one variable."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import FuncFormatter

    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    data = fit.data
    var, *others = _along(fit, data)
    x = data[NAMES[var]]
    xs = np.geomspace(x.min(), x.max(), POINTS)
    if others and others[-1] == lib.LL_VAR_N:
        size = data["params"]
        norm = LogNorm(size.min(), max(size.max(), size.min() * 1.001))
        dots = ax.scatter(x, data["loss"], c=size, norm=norm, s=12, cmap="viridis")
        ax.figure.colorbar(dots, ax=ax, label="parameters")
        middle = {v: float(np.median(data[NAMES[v]])) for v in others}
        for N in np.quantile(size, np.linspace(0, 1, LINES), method="nearest"):
            _line(fit, ax, var, xs, {**middle, lib.LL_VAR_N: float(N)}, plt.get_cmap("viridis")(norm(N)))
    else:
        ax.scatter(x, data["loss"], s=12, color="C0")
        middle = {v: float(np.median(data[NAMES[v]])) for v in others}
        _line(fit, ax, var, xs, middle, "C1")
    label = fit._x if var == lib.LL_VAR_X else LABELS[var]
    ax.set(xscale="log", yscale="log", xlabel=label, ylabel=f"loss, {fit.loss_unit}", title=fit.form)
    for which in (ax.yaxis.set_major_formatter, ax.yaxis.set_minor_formatter):
        which(FuncFormatter(lambda v, _: f"{v:.4g}"))
    return ax
