"""A training loop of one's own, logged into a store.

    loglog.init(name="wide", params=124e6, batch_tokens=2**19)
    loglog.log(step=step, loss=loss)            as often as it is known
    loglog.finish()                             the last point's loss is the run's
"""
from __future__ import annotations

import atexit
import math
import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any, Optional

from ._lib import check, chars_of, ffi, lib, new_error, number
from ._store import Store, StoreLike


class Run:
    """A run that is being logged. Made by `loglog.init`; in a with statement it is finished at the end, and left
    unfinished by an exception. Usable from several threads."""

    def __init__(self, store: StoreLike, name: str, **known: Any) -> None:
        keep: list[Any] = []
        self.name, self.store = name, Store(store)
        self._lock, self._pid, self._log = threading.RLock(), os.getpid(), None
        r = ffi.new("ll_log_run *")
        r.name, r.family = chars_of(name, keep), chars_of(known.pop("family", None), keep)
        r.params_are_total = bool(known.pop("params_are_total", False))
        for field in ("params", "batch_tokens", "lr", "bytes_per_token"):
            setattr(r, field, number(known.pop(field, None), field))
        for field in ("context", "vocab", "seed"):
            setattr(r, field, int(known.pop(field, None) or 0))
        err, out = new_error(), ffi.new("ll_log **")
        check(lib.ll_log_begin(out, chars_of(self.store.path, keep), r, err), err)
        self._log = out[0]
        try:
            points = self.store.curve(f"log/{name}").step
        except BaseException:
            lib.ll_log_end(self._log, False, err)
            raise
        #: The step of the last point, -1 before the first: where a run that goes on has to go on from.
        self.step: int = int(points[-1]) if len(points) else -1
        #: Whether the store had points of this run already.
        self.resumed: bool = self.step >= 0
        _open_runs.add(self)

    def log(
        self,
        metrics: Optional[Mapping[str, Any]] = None,
        *,
        step: Optional[int] = None,
        loss: Any = None,
        train_loss: Any = None,
        tokens: Any = None,
    ) -> None:
        """One point of the learning curve: the validation loss, in nats per token, after so many tokens, or after
        step * batch_tokens. Without a step it is the next one. A dict {'loss': ..., 'train_loss': ...} does too; its
        other keys are not kept. A run that goes on from an earlier checkpoint takes the points from its first
        step on anew."""
        known = dict(metrics or {})
        loss = known.get("loss") if loss is None else loss
        train_loss = known.get("train_loss") if train_loss is None else train_loss
        tokens = known.get("tokens") if tokens is None else tokens
        if loss is None:
            raise ValueError(f"run '{self.name}': a point needs its loss")
        with self._lock:
            self._check_open()
            at = self.step + 1 if step is None else int(step)
            err = new_error()
            rest = number(tokens, "tokens"), number(loss, "loss"), math.nan if train_loss is None else float(train_loss)
            check(lib.ll_log_point(self._log, at, *rest, err), err)
            self.step = at

    def finish(self, done: bool = True) -> None:
        """Closes the run. done: it becomes an observation with the loss of its last point; else it stays unfinished,
        and a later `init` of its name goes on with it. A second call does nothing."""
        with self._lock:
            log, self._log = self._log, None
            _open_runs.discard(self)
            if log is None or self._pid != os.getpid():  # a forked child leaves its parent's run alone
                return
            err = new_error()
            check(lib.ll_log_end(log, done, err), err)

    def _check_open(self) -> None:
        if self._log is None:
            raise ValueError(f"run '{self.name}' is finished")
        if self._pid != os.getpid():
            raise ValueError(f"run '{self.name}' belongs to the process that began it")

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind: Optional[type], *_: object) -> None:
        self.finish(done=kind is None)

    def __repr__(self) -> str:
        state = "open" if self._log is not None else "finished"
        return f"<loglog run '{self.name}' in {self.store.path}, {state}, step {self.step}>"


_open_runs: "weakref.WeakSet[Run]" = weakref.WeakSet()
_current: Optional[Run] = None
_current_lock = threading.RLock()


def init(
    name: Optional[str] = None,
    *,
    params: Any = None,
    batch_tokens: Any = None,
    store: StoreLike = "loglog.db",
    family: Optional[str] = None,
    params_are_total: bool = False,
    lr: Optional[float] = None,
    context: Optional[int] = None,
    vocab: Optional[int] = None,
    bytes_per_token: Optional[float] = None,
    seed: Optional[int] = None,
) -> Run:
    """Begins to log a run, which `loglog.log` then goes to; a name that the store has unfinished goes on, and `step` of
    the run says where. A run that was begun before in this process is closed, unfinished.

    params counts without embeddings, or with them where params_are_total; batch_tokens are the tokens of a step.
    A script that ends without `finish`, or is killed, leaves the run unfinished with every point that was logged.
    Of several processes of one training only one logs.
    """
    global _current
    if name is None:
        name = time.strftime("run-%Y%m%d-%H%M%S-") + os.urandom(2).hex()
    with _current_lock:
        if _current is not None:
            _current.finish(done=False)
            _current = None
        _current = Run(
            store,
            name,
            params=params,
            batch_tokens=batch_tokens,
            family=family,
            params_are_total=params_are_total,
            lr=lr,
            context=context,
            vocab=vocab,
            bytes_per_token=bytes_per_token,
            seed=seed,
        )
        return _current


def log(
    metrics: Optional[Mapping[str, Any]] = None,
    *,
    step: Optional[int] = None,
    loss: Any = None,
    train_loss: Any = None,
    tokens: Any = None,
) -> None:
    """One point of the run that `loglog.init` began: see `Run.log`."""
    run = _current
    if run is None:
        raise ValueError("no run is logged: loglog.init(name=..., params=..., batch_tokens=...) begins one")
    run.log(metrics, step=step, loss=loss, train_loss=train_loss, tokens=tokens)


def finish(done: bool = True) -> None:
    """Closes the run that `loglog.init` began: see `Run.finish`. Nothing where there is none."""
    global _current
    with _current_lock:
        run, _current = _current, None
    if run is not None:
        run.finish(done)


@atexit.register
def _leave() -> None:
    for run in list(_open_runs):
        run.finish(done=False)
