"""Runs as people hold them: a path, a DataFrame, a dict of columns. What is no file becomes a temporary CSV, which the
library reads with the rules of every other CSV."""
from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Optional, Union

import numpy as np

from ._lib import Alias, chars_of, ffi

Array = np.ndarray[Any, Any]
PathLike = Union[str, "os.PathLike[str]"]
Pairs = Union[str, Mapping[str, object]]


def pairs_text(pairs: Optional[Pairs], what: str) -> Optional[str]:
    """{'tokens': 'D_tokens'} as 'tokens=D_tokens', as the program takes it; None leaves a column out."""
    if pairs is None or isinstance(pairs, str):
        return pairs
    out = []
    for name, value in pairs.items():
        text = "" if value is None else "%.17g" % value if isinstance(value, float) else str(value)
        if "," in text or "," in str(name) or "=" in str(name):
            raise ValueError(f"{what}: '{name}={text}' holds a ',' or '=', which separate columns")
        out.append(f"{name}={text}")
    return ",".join(out)


def fill_table_opts(
    o: Any,
    keep: list[Any],
    *,
    where: Optional[str] = None,
    columns: Optional[Pairs] = None,
    params_are: Optional[str] = None,
    loss_unit: Optional[str] = None,
    cluster: Optional[str] = None,
    set: Optional[Pairs] = None,
    last: bool = False,
) -> None:
    """Into the library's struct; the texts live as long as keep."""
    o.where = chars_of(where, keep)
    o.columns = chars_of(pairs_text(columns, "columns"), keep)
    o.params_are = chars_of(params_are, keep)
    o.loss_unit = chars_of(loss_unit, keep)
    o.cluster = chars_of(cluster, keep)
    o.set = chars_of(pairs_text(set, "set"), keep)
    o.last = bool(last)


def table_opts(keep: list[Any], **named: Any) -> Any:
    o = ffi.new("ll_table_opts *")
    fill_table_opts(o, keep, **named)
    return o


def is_path(data: object) -> bool:
    """A text or a path; a Store is none, though it has one."""
    return isinstance(data, (str, os.PathLike))


def _columns(data: Any) -> list[tuple[str, Any]]:
    names = getattr(getattr(data, "dtype", None), "names", None)
    if names:  # a structured array
        return [(n, data[n]) for n in names]
    if hasattr(data, "items") and (isinstance(data, Mapping) or hasattr(data, "columns")):
        return [(str(n), c) for n, c in data.items()]
    names = getattr(data, "column_names", None) or getattr(data, "columns", None)  # Arrow; Polars
    if names is not None and hasattr(data, "__getitem__"):
        return [(str(n), data[n]) for n in names]
    raise TypeError(f"runs are {type(data).__name__}, expected a path, a DataFrame, a dict of columns or a Store")


def _is_missing(v: Any) -> bool:
    return v is None or type(v).__name__ in ("NAType", "NaTType") or v != v


def _cell(v: Any) -> str:
    if _is_missing(v):
        return ""
    if isinstance(v, (bool, np.bool_)):
        return "1" if v else "0"
    if isinstance(v, (float, np.floating)):
        return "%.17g" % v
    return str(v)


def _cells(name: str, column: Any) -> list[str]:
    if isinstance(column, np.ma.MaskedArray):
        masked: Any = column  # of which None is what is masked, and an empty cell
        return [_cell(v) for v in masked.tolist()]
    a = np.asarray(column)
    if a.ndim != 1:
        raise ValueError(f"data: column '{name}' has {a.ndim} dimensions, expected 1")
    if a.dtype.kind == "f":
        return ["" if v != v else "%.17g" % v for v in a.astype(float).tolist()]
    if a.dtype.kind in "iu":
        return [str(v) for v in a.tolist()]
    if a.dtype.kind == "U" and isinstance(column, (list, tuple)):
        return [_cell(v) for v in column]  # [1.5, "a"]: NumPy would make texts of its numbers
    return [_cell(v) for v in a.tolist()]


def write_csv(data: Any, out: Any) -> None:
    """Every column, numbers with 17 digits, what is missing empty."""
    columns = [(n, _cells(n, c)) for n, c in _columns(data)]
    if not columns:
        raise ValueError("data: there is no column")
    for name, cells in columns:
        if len(cells) != len(columns[0][1]):
            raise ValueError(
                f"data: column '{name}' has {len(cells)} rows, '{columns[0][0]}' has {len(columns[0][1])}"
            )
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([n for n, _ in columns])
    rows.writerows(zip(*(c for _, c in columns)))


@contextmanager
def as_file(data: Any) -> Iterator[tuple[str, Optional[Alias]]]:
    """The path of a file that holds the runs, and what else it is called; a temporary one is removed."""
    if is_path(data):
        yield os.fspath(data), None
        return
    handle, path = tempfile.mkstemp(suffix=".csv", prefix="loglog-")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as out:
            write_csv(data, out)
        yield path, Alias(path, "data")
    finally:
        os.unlink(path)
