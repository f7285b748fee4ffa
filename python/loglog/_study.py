"""A law fitted to runs, and what follows from it. Every number is computed by the library."""
from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from . import _show, _store
from ._data import Array, Pairs, PathLike, as_file, fill_table_opts, is_path
from ._lib import Alias, check, chars_of, document, ffi, lib, new_error, number, text_of

Number = Union[float, int, str]


class Estimate(NamedTuple):
    """A value with its standard error and interval; NaN where nothing was resampled."""

    value: float
    se: float
    lo: float
    hi: float


def _estimate(e: Any) -> Estimate:
    return Estimate(e.value, e.se, e.lo, e.hi)


def _array(p: Any, *shape: int) -> Array:
    n = int(np.prod(shape))
    if p == ffi.NULL or n == 0:
        return np.full(shape, np.nan) if n else np.empty(shape)
    return np.frombuffer(ffi.buffer(p, 8 * n), dtype=np.float64).reshape(shape).copy()


class Forecast:
    """What a run will reach, as a distribution of its loss. Made by `Fit.forecast`."""

    def __init__(self, handle: Any, doc: dict[str, Any], params: float, tokens: float) -> None:
        self._handle = handle
        #: The document loglog.forecast-at/1, as `loglog forecast at --json` prints it.
        self.document = doc
        self.params, self.tokens = params, tokens

    @property
    def value(self) -> float:
        """The median of the loss."""
        return self.quantile(0.5)

    @property
    def interval(self) -> tuple[float, float]:
        """The interval at the level of the document, 90 % unless the fit was given another."""
        lo, hi = self.document["forecast"]["ci"]
        return lo, hi

    @property
    def reach(self) -> float:
        """How far beyond the runs it lies: its compute over the largest one's."""
        return float(lib.ll_forecast_reach(self._handle))

    def quantile(self, level: float) -> float:
        """The loss that the run stays below with this probability, between 0 and 1."""
        if not 0 < level < 1:
            raise ValueError(f"the level is {level!r}, expected a number between 0 and 1")
        return float(lib.ll_forecast_quantile(self._handle, level))

    def at_most(self, loss: float) -> float:
        """The probability that the run ends at or below this loss."""
        return float(lib.ll_forecast_at_most(self._handle, number(loss, "the loss")))

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return _show.forecast_text(self)

    def _repr_html_(self) -> str:
        return _show.as_html(repr(self))


class Plan:
    """The size and tokens that a budget buys best, or the least budget for a loss. Made by `Fit.plan`."""

    def __init__(self, p: Any, doc: dict[str, Any]) -> None:
        self.params, self.tokens, self.flops = _estimate(p.params), _estimate(p.tokens), _estimate(p.flops)
        #: The forecast of the planned run, and the law's own value there.
        self.loss, self.law = _estimate(p.loss), _estimate(p.law)
        #: That the run ends at or below the loss that was asked for; NaN: none was.
        self.probability: float = p.probability
        #: Its compute over the largest run's.
        self.reach: float = p.reach
        #: The document loglog.plan/1, as `loglog plan --json` prints it: shape, recipe, days, dollars.
        self.document = doc

    def __repr__(self) -> str:
        return _show.plan_text(self)

    def _repr_html_(self) -> str:
        return _show.as_html(repr(self))


class Fit:
    """A law fitted to runs. Made by `loglog.fit`; usable from several threads, one at a time inside."""

    def __init__(self, study: Any, alias: Optional[Alias], x: str) -> None:
        self._study = ffi.gc(study, lib.ll_study_close)
        self._alias, self._x = alias, x
        self._lock = threading.RLock()
        f = self._fit
        self._names = [text_of(f.law.params[i].name) for i in range(f.law.n_params)]
        #: Name and formula of the law.
        self.law, self.form = text_of(f.law.name), text_of(f.law.form)
        self.loss_unit = text_of(lib.ll_study_loss_unit(self._study))
        #: Runs that were fitted.
        self.n: int = f.n
        #: Each parameter's value, standard error and all of it.
        self.estimates: dict[str, Estimate] = {n: _estimate(f.params[i]) for i, n in enumerate(self._names)}
        self.params: dict[str, float] = {n: e.value for n, e in self.estimates.items()}
        self.se: dict[str, float] = {n: e.se for n, e in self.estimates.items()}
        #: Each parameter's interval at `level`; NaN without resampling.
        self.interval: dict[str, tuple[float, float]] = {n: (e.lo, e.hi) for n, e in self.estimates.items()}
        self.level: float = f.opts.level
        #: The sum that was minimised, and the robust scatter of ln loss around the law.
        self.objective: float = f.objective
        self.residual_sd: float = f.residual_sd
        self._document: Optional[dict[str, Any]] = None

    @property
    def _fit(self) -> Any:
        if self._study is None:
            raise ValueError("this fit is closed")
        return lib.ll_study_law(self._study)

    # ---- what it holds ----

    @property
    def draws(self) -> Array:
        """The resampled parameters, [draws, parameters] in the order of `params`."""
        with self._lock:
            f = self._fit
            return _array(f.draws, f.n_draws, len(self._names))

    @property
    def residuals(self) -> Array:
        """ln loss - ln predicted of each run."""
        with self._lock:
            f = self._fit
            return _array(f.residual, f.n)

    @property
    def data(self) -> dict[str, Array]:
        """The fitted runs: 'loss', and what is known of params, tokens, flops, x, unique_tokens and steps."""
        with self._lock:
            f = self._fit
            out = {"loss": _array(f.data.loss, f.n)}
            for v in range(lib.LL_VAR_COUNT):
                if f.data.x[v] != ffi.NULL:
                    out[text_of(lib.ll_var_name(v))] = _array(f.data.x[v], f.n)
            return out

    @property
    def document(self) -> dict[str, Any]:
        """The document loglog.fit/1, as `loglog fit --json` prints it."""
        with self._lock:
            if self._document is None:
                self._document = self.outlook()
            return self._document

    def outlook(self, target_flops: Optional[Number] = None) -> dict[str, Any]:
        """The document loglog.fit/1 with the outlook of a run of so many FLOPs; none: ten times the largest."""
        with self._lock:
            self._fit
            err = new_error()
            text = lib.ll_study_json(self._study, number(target_flops, "target_flops"), err)
            return document(text, err, self._alias)

    @property
    def warnings(self) -> list[str]:
        """What to worry about."""
        return list(self.document["diagnostics"]["warnings"])

    # ---- what follows ----

    def forecast(self, N: Number, D: Number) -> Forecast:
        """What a run of N parameters, counted as the fitted runs' are, on D tokens will reach.

        >>> fit.forecast("70B", "1.4T").interval
        """
        params, tokens = number(N, "N"), number(D, "D")
        with self._lock:
            self._fit
            err, out = new_error(), ffi.new("ll_forecast **")
            check(lib.ll_forecast_of(out, self._study, params, tokens, err), err, self._alias)
            handle = ffi.gc(out[0], lib.ll_forecast_free)
            doc = document(lib.ll_forecast_json_of(self._study, params, tokens, err), err, self._alias)
        return Forecast(handle, doc, params, tokens)

    def plan(
        self,
        flops: Optional[Number] = None,
        *,
        loss: Optional[float] = None,
        loss_sd: Optional[float] = None,
        params: Optional[Number] = None,
        tokens: Optional[Number] = None,
        unique_tokens: Optional[Number] = None,
        inference_tokens: Optional[Number] = None,
        gpus: Optional[str] = None,
    ) -> Plan:
        """What a budget of FLOPs buys best, or the least budget that reaches a loss; beside a budget, loss asks how
        probable it is there. params and tokens hold a model that is settled. gpus, such as '64xH100', is for the
        days and dollars of the document."""
        keep: list[Any] = []
        ask = ffi.new("ll_plan_ask *")
        for name, value in (
            ("flops", flops),
            ("loss", loss),
            ("loss_sd", loss_sd),
            ("params", params),
            ("tokens", tokens),
            ("unique_tokens", unique_tokens),
            ("inference_tokens", inference_tokens),
        ):
            setattr(ask, name, number(value, name))
        with self._lock:
            self._fit
            err, out = new_error(), ffi.new("ll_planned *")
            check(lib.ll_study_plan(self._study, ask, out, err), err, self._alias)
            text = lib.ll_study_plan_json(self._study, ask, chars_of(gpus, keep), err)
            return Plan(out, document(text, err, self._alias))

    def backtest(self, factors: Optional[Sequence[float]] = None) -> dict[str, Any]:
        """The document loglog.backtest/1: the runs up to the largest compute over each factor (3, 10, 30) are
        fitted, those above forecast and scored."""
        with self._lock:
            self._fit
            err = new_error()
            numbers = ffi.NULL if factors is None else ffi.new("double[]", [float(f) for f in factors])
            n = 0 if factors is None else len(factors)
            return document(lib.ll_study_backtest_json(self._study, numbers, n, err), err, self._alias)

    def seal(
        self,
        store: Union[PathLike, "_store.Store"],
        run: str,
        N: Number,
        D: Number,
        *,
        question: Optional[str] = None,
        author: Optional[str] = None,
        judged_by: Optional[str] = None,
        replicate: bool = False,
    ) -> None:
        """Seals the forecast of a run that has not ended into the ledger of a store, where `Store.score` scores it
        after. The same again changes nothing; another one of the same run is a StateError, and so is one of a size
        that a run of the study has already, unless it is called a replicate, which no scorecard counts."""
        keep: list[Any] = []
        ask = ffi.new("ll_seal_ask *")
        path = store.path if isinstance(store, _store.Store) else store
        ask.store, ask.run = chars_of(path, keep), chars_of(run, keep)
        ask.params, ask.tokens = number(N, "N"), number(D, "D")
        ask.question, ask.author = chars_of(question, keep), chars_of(author, keep)
        ask.judged_by = chars_of(judged_by, keep)
        ask.replicate = bool(replicate)
        with self._lock:
            self._fit
            err = new_error()
            check(lib.ll_forecast_seal(self._study, ask, err), err, self._alias)

    def save(self, path: PathLike) -> None:
        """The law, its draws and the runs as one JSON file, which `loglog.fit` and the program open again."""
        keep: list[Any] = []
        with self._lock:
            self._fit
            err = new_error()
            check(lib.ll_study_write(self._study, chars_of(path, keep), err), err, self._alias)

    def plot(self, ax: Any = None) -> Any:
        """The runs and the law on Matplotlib's axes, which are returned."""
        return _show.plot(self, ax)

    def _law_at(self, x: Mapping[int, float]) -> Estimate:
        """The law's own value and its interval over the draws."""
        point = ffi.new("double[]", lib.LL_VAR_COUNT)
        for var, value in x.items():
            point[var] = value
        with self._lock:
            f = self._fit

            value_at = ffi.callback("double(const double *, const void *)", lambda p, _: f.law.eval(p, point))
            return _estimate(lib.ll_fit_derived(f, value_at, ffi.NULL))

    # ---- its life ----

    def close(self) -> None:
        """Frees the runs and the draws; what was read out before stays. Happens by itself too."""
        with self._lock:
            if self._study is not None:
                ffi.release(self._study)
                self._study = None

    def __enter__(self) -> "Fit":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return _show.fit_text(self)

    def _repr_html_(self) -> str:
        return _show.fit_html(self)


def _word(name: Optional[str], named: Any, kind: str, what: str, known: str) -> int:
    if name is None:
        return 0
    out = ffi.new(kind)
    if not named(str(name).encode(), out):
        raise ValueError(f"{what} is '{name}', expected one of: {known}")
    return int(out[0])


def _hold(opts: Any, fix: Mapping[str, float], law: str) -> None:
    found = lib.ll_law_find(law.encode())
    if found == ffi.NULL:
        return  # the library says so
    names = [text_of(found.params[i].name) for i in range(found.n_params)]
    for name, value in fix.items():
        if name not in names:
            raise ValueError(f"fix: the law {law} has no parameter '{name}', but {', '.join(names)}")
        opts.fixed |= 1 << names.index(name)
        opts.fixed_value[names.index(name)] = float(value)


def fit(
    data: Any,
    law: Optional[str] = None,
    *,
    x: Optional[str] = None,
    where: Optional[str] = None,
    columns: Optional[Pairs] = None,
    params_are: Optional[str] = None,
    loss_unit: Optional[str] = None,
    cluster: Optional[str] = None,
    set: Optional[Pairs] = None,
    last: bool = False,
    weight_is: Optional[str] = None,
    ladder: Optional[str] = None,
    objective: Optional[str] = None,
    delta: Optional[float] = None,
    bootstrap: Optional[int] = None,
    resample: Optional[str] = None,
    level: Optional[float] = None,
    fix: Optional[Mapping[str, float]] = None,
    starts: Optional[int] = None,
    seed: Optional[int] = None,
    threads: Optional[int] = None,
) -> Fit:
    """Fits a law to runs.

    data: a path of a CSV or JSON lines file; a DataFrame; a dict of columns; a Store; or a saved fit, a path that ends
    in .json, whose law and options are its own.

    law: a name of `loglog.laws()`; 'chinchilla' where nothing is said. The options are those of `loglog fit`, None
    is its default: x is the variable of a law of one variable, where a filter such as 'kept_in_fit = 1', columns
    {'tokens': 'D_tokens'}, params_are 'total' or 'nonembedding', loss_unit 'nats', 'bits_per_byte' or
    'bits_per_token', cluster a header or 'none', set {'params': '124M'}, last True where rows are checkpoints,
    weight_is 'weight' or 'se', ladder a ladder of the store, bootstrap the resamples (0: none), fix {'E': 1.6}.

    >>> loglog.fit("runs.csv", where="kept_in_fit = 1").params["alpha"]
    """
    given = {k: v for k, v in locals().items() if k not in ("data", "last") and v is not None}
    keep: list[Any] = []
    source = ffi.new("ll_study_source *")
    if is_path(data) and os.fspath(data).endswith(".json"):
        if given or last:
            names = ", ".join([*given, *(["last"] if last else [])])
            raise ValueError(f"{os.fspath(data)}: a saved fit has its own law and options; without {names}")
        source.saved = chars_of(data, keep)
        return _open(source, None, "x")
    source.law, source.along, source.ladder = chars_of(law, keep), chars_of(x, keep), chars_of(ladder, keep)
    fill_table_opts(
        source.columns,
        keep,
        where=where,
        columns=columns,
        params_are=params_are,
        loss_unit=loss_unit,
        cluster=cluster,
        set=set,
        last=last,
    )
    if weight_is not in (None, "weight", "se"):
        raise ValueError(f"weight_is is '{weight_is}', expected one of: weight se")
    source.weight_is_se = weight_is == "se"
    o = source.fit
    o.objective = _word(
        objective, lib.ll_objective_named, "ll_objective *", "objective", "huber_log lad_log ls_log ls"
    )
    o.resample = _word(
        resample, lib.ll_resample_named, "ll_resample *", "resample", "case cluster wild residual"
    )
    o.delta, o.level = number(delta, "delta"), number(level, "level")
    if bootstrap is not None:
        o.n_boot = int(bootstrap) or -1
    o.n_starts, o.seed, o.threads = int(starts or 0), int(seed or 0), int(threads or 0)
    if fix:
        _hold(o, fix, law or "chinchilla")
    if isinstance(data, _store.Store):
        source.store = chars_of(data.path, keep)
        return _open(source, None, x or "flops")
    with as_file(data) as (path, alias):
        source.table = chars_of(path, keep)
        source.columns.name = chars_of(alias.name, keep) if alias else ffi.NULL
        return _open(source, alias, x or "flops")


def _open(source: Any, alias: Optional[Alias], x: str) -> Fit:
    err, out = new_error(), ffi.new("ll_study **")
    check(lib.ll_study_open(out, source, err), err, alias)
    return Fit(out[0], alias, x)


def backtest(
    data: Any, law: Optional[str] = None, *, factors: Optional[Sequence[float]] = None, **options: Any
) -> dict[str, Any]:
    """The document loglog.backtest/1, as `loglog backtest --json` prints it: for each factor the runs up to the largest
    compute over it are fitted, those above forecast and scored. The options are those of `loglog.fit`."""
    with fit(data, law, **options) as study:
        return study.backtest(factors)


def laws() -> dict[str, str]:
    """The laws that can be fitted: name and formula."""
    out: dict[str, str] = {}
    i = 0
    while lib.ll_laws[i] != ffi.NULL:
        out[text_of(lib.ll_laws[i].name)] = text_of(lib.ll_laws[i].form)
        i += 1
    return out
