"""The store: runs with their learning curves, in one SQLite file."""
from __future__ import annotations

import os
from typing import Any, NamedTuple, Optional, Union

import numpy as np

from ._data import Array, PathLike, as_file, table_opts
from ._error import InputError
from ._lib import check, chars_of, document, ffi, lib, new_error, text_of


class Curve(NamedTuple):
    """A learning curve: arrays of one length, NaN where nothing was measured. Losses are nats per token."""

    step: Array
    tokens: Array
    loss: Array
    train_loss: Array


class Store:
    """Runs in one file, which is made when something is written to it. Any number of processes may write at once.

    >>> store = loglog.Store("loglog.db")
    >>> store.runs("state = done")
    >>> loglog.fit(store, ladder="imported")
    """

    def __init__(self, path: PathLike = "loglog.db") -> None:
        self.path: str = os.fspath(path)

    def _read(self, keep: list[Any]) -> Any:
        if not os.path.exists(self.path):
            raise InputError(f"{self.path}: there is no such store")
        return chars_of(self.path, keep)

    def runs(self, where: Optional[str] = None) -> list[dict[str, Any]]:
        """Its runs, as `loglog runs list --json` prints them; where filters by any of their fields."""
        keep: list[Any] = []
        err = new_error()
        doc = document(lib.ll_store_runs_json(self._read(keep), chars_of(where, keep), err), err)
        return list(doc["runs"])

    def frame(self, where: Optional[str] = None) -> Any:
        """The same as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.runs(where))

    def curve(self, run: str) -> Curve:
        """The learning curve of a run, by its id, name or a beginning of either."""
        keep: list[Any] = []
        err, c = new_error(), ffi.new("ll_curve_points *")
        check(lib.ll_store_curve(self._read(keep), chars_of(run, keep), c, err), err)
        try:
            steps = np.frombuffer(ffi.buffer(c.step, 8 * c.n), dtype=np.int64).copy()
            rest = [
                np.frombuffer(ffi.buffer(p, 8 * c.n), dtype=np.float64).copy() for p in (c.tokens, c.loss, c.train_loss)
            ]
        finally:
            # One block, of malloc, as what ll_text_free takes is.
            lib.ll_text_free(ffi.cast("char *", c.step))
        return Curve(steps, *rest)

    def add(self, data: Any, **options: Any) -> int:
        """The runs of a table, a DataFrame or a dict of columns into the store; how many were not there. The options
        are those of a table in `loglog.fit`: where, columns, params_are, loss_unit, cluster, set, last."""
        keep: list[Any] = []
        err, added = new_error(), ffi.new("int64_t *")
        opts = table_opts(keep, **options)
        with as_file(data) as (path, alias):
            status = lib.ll_store_add_table(chars_of(self.path, keep), chars_of(path, keep), opts, added, err)
            check(status, err, alias)
        return int(added[0])

    def write(self, path: PathLike, where: Optional[str] = None) -> int:
        """The done runs as a table, JSON lines for .jsonl, else CSV; how many they are."""
        keep: list[Any] = []
        err, n = new_error(), ffi.new("int64_t *")
        texts = self._read(keep), chars_of(where, keep), chars_of(path, keep)
        check(lib.ll_store_write_table(*texts, n, err), err)
        return int(n[0])

    def score(self) -> int:
        """Scores every sealed forecast whose run is done by now; how many were scored."""
        keep: list[Any] = []
        err, n = new_error(), ffi.new("int64_t *")
        check(lib.ll_forecast_score_due(self._read(keep), n, err), err)
        return int(n[0])

    def verify(self) -> tuple[int, str]:
        """How many entries the ledger of forecasts has, and the hash of the last. A StateError names the first entry
        that is not as it was sealed."""
        keep: list[Any] = []
        err, n, head = new_error(), ffi.new("int64_t *"), ffi.new("char[]", lib.LL_LEDGER_HEAD)
        check(lib.ll_ledger_verify(self._read(keep), n, head, err), err)
        return int(n[0]), text_of(head)

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"loglog.Store({self.path!r})"


StoreLike = Union[PathLike, Store]
