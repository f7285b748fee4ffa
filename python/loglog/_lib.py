"""The shared library, found and loaded; calls with their errors.

It is $LOGLOG_LIBRARY, else the one beside this file (in a wheel), else the system's. cffi releases the interpreter's
lock during each call.
"""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Optional

import cffi

from ._error import OF_STATUS, Error

HERE = Path(__file__).resolve().parent
SYSTEM_NAME = "libloglog.so.0"

ffi = cffi.FFI()
ffi.cdef((HERE / "_cdef.h").read_text(encoding="utf-8"))


def _candidate() -> str:
    named = os.environ.get("LOGLOG_LIBRARY")
    if named:
        return named
    beside = HERE / "libloglog.so"
    return str(beside) if beside.exists() else SYSTEM_NAME


def _load() -> Any:
    name = _candidate()
    try:
        found = ffi.dlopen(name)
    except OSError as why:
        raise ImportError(f"loglog: no library {name}: install loglog or set LOGLOG_LIBRARY ({why})") from None
    try:
        fits = found.ll_version_fits(found.LOGLOG_VERSION_MAJOR, found.LOGLOG_VERSION_MINOR)
    except AttributeError:
        raise ImportError(f"loglog: {name} is no library of loglog") from None
    if not fits:
        raise ImportError(
            f"loglog: {name} is version {ffi.string(found.ll_version()).decode()}, "
            f"expected {found.LOGLOG_VERSION_MAJOR}.{found.LOGLOG_VERSION_MINOR}"
        )
    return found


lib = _load()
__version__ = f"{lib.LOGLOG_VERSION_MAJOR}.{lib.LOGLOG_VERSION_MINOR}.{lib.LOGLOG_VERSION_PATCH}"
_STATUS = {getattr(lib, name): kind for name, kind in OF_STATUS.items()}


def library_version() -> str:
    """The version and commit of the library that is loaded, such as '0.1.0 (commit)'."""
    return text_of(lib.ll_version())


def text_of(chars: Any) -> str:
    """A C string, which stays the library's."""
    return str(ffi.string(chars).decode("utf-8", "replace"))


def chars_of(value: object, keep: list[Any]) -> Any:
    """A text or path as a C string that lives as long as keep; None is NULL."""
    if value is None:
        return ffi.NULL
    raw = os.fsencode(value)  # type: ignore[arg-type]
    if b"\0" in raw:
        raise ValueError("a text with a zero byte in it is no name")
    keep.append(ffi.new("char[]", raw))
    return keep[-1]


class Alias:
    """A path of our own making, which messages and documents call by another name."""

    def __init__(self, path: str, name: str) -> None:
        self.path, self.name = path, name

    def apply(self, text: str) -> str:
        return text.replace(self.path, self.name)


def failure(err: Any, alias: Optional[Alias] = None) -> Error:
    """The exception that err stands for."""
    line = text_of(err.msg)
    return _STATUS.get(err.code, Error)(alias.apply(line) if alias else line)


def check(status: int, err: Any, alias: Optional[Alias] = None) -> None:
    """Raises what err says unless status is LL_OK."""
    if status != lib.LL_OK:
        raise failure(err, alias)


def new_error() -> Any:
    return ffi.new("ll_error *")


def document(text: Any, err: Any, alias: Optional[Alias] = None) -> dict[str, Any]:
    """A JSON text of the library as a dict; the text is freed."""
    if text == ffi.NULL:
        raise failure(err, alias)
    try:
        copy = str(ffi.string(text).decode("utf-8"))
    finally:
        lib.ll_text_free(text)
    found: dict[str, Any] = json.loads(alias.apply(copy) if alias else copy)
    return found


def number(value: object, what: str) -> float:
    """A number, or a text such as '70B' or '1.4T' read as the program reads it. None is 0: not given."""
    if value is None:
        return 0.0
    if isinstance(value, str):
        out = ffi.new("double *")
        if not lib.ll_units_parse(value.encode(), out):
            raise ValueError(f"{what} is '{value}', expected a number such as 12, 1e9, 70B or 1.4T")
        return float(out[0])
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{what} is {type(value).__name__}, expected a number") from None
