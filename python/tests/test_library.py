"""The declarations that cffi reads are those of the headers, and the library is found or said to be missing."""
from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import loglog
from conftest import ROOT
from loglog._lib import ffi, lib

PYTHON = ROOT / "python"
COMPILER = os.environ.get("CC", "cc")


@pytest.fixture(scope="module")
def headers() -> list[str]:
    generated = os.environ.get("LOGLOG_HEADERS")
    if not generated or not shutil.which(COMPILER.split()[0]):
        pytest.skip("needs LOGLOG_HEADERS and a C compiler")
    return [str(ROOT / "include"), generated]


def test_declarations_are_those_of_the_headers(headers):
    made = subprocess.run(
        [sys.executable, PYTHON / "make_cdef.py", *headers], capture_output=True, text=True, check=True
    ).stdout
    assert made == (PYTHON / "loglog" / "_cdef.h").read_text(), "run python/make_cdef.py"


def test_every_declared_function_is_exported():
    names = re.findall(r"\b(ll_\w+)\([^()]*(?:\([^()]*\)[^()]*)*\) *;", (PYTHON / "loglog" / "_cdef.h").read_text())
    assert len(names) > 50
    for name in names:
        assert getattr(lib, name) is not None


def test_layout_is_the_compilers(headers, tmp_path):
    structs = [t for t in ffi.list_types()[0] if ffi.typeof(t).kind == "struct" and ffi.typeof(t).fields is not None]
    assert "ll_fit" in structs and "ll_error" in structs
    lines = [f"#include <loglog/{p.name}>" for p in (ROOT / "include/loglog").glob("*.h")]
    lines += ["#include <stddef.h>", "int main(void) {"]
    here = []
    for t in structs:
        lines.append(f'printf("{t} %zu\\n", sizeof({t}));')
        here.append(f"{t} {ffi.sizeof(t)}")
        for field, at in ffi.typeof(t).fields:
            lines.append(f'printf("{t}.{field} %zu\\n", offsetof({t}, {field}));')
            here.append(f"{t}.{field} {at.offset}")
    source = tmp_path / "layout.c"
    source.write_text("\n".join([*lines, "return 0; }"]))
    flags = [f"-I{h}" for h in headers]
    subprocess.run([*COMPILER.split(), "-std=c11", *flags, source, "-o", tmp_path / "layout"], check=True)
    assert subprocess.run([tmp_path / "layout"], capture_output=True, text=True).stdout.split("\n")[:-1] == here


def import_with(library: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "import loglog"],
        capture_output=True,
        text=True,
        env={**os.environ, "LOGLOG_LIBRARY": library},
    )
    return done.stderr.strip().split("\n")[-1]


def test_library_that_is_missing_or_another():
    assert import_with("/nowhere/libloglog.so").startswith("ImportError: loglog: no library /nowhere/libloglog.so")
    assert import_with("libm.so.6") == "ImportError: loglog: libm.so.6 is no library of loglog"


def test_version():
    assert loglog.library_version().startswith(loglog.__version__)
    told = re.search(r"project\(loglog VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert loglog.__version__ == told


def test_types():
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("python3 has no mypy (Debian: mypy)")
    flags = ["--strict", "--ignore-missing-imports", f"--cache-dir={os.devnull}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *flags, PYTHON / "loglog"], capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0, done.stdout


def test_annotated():
    assert (Path(loglog.__file__).parent / "py.typed").exists()
    for name in loglog.__all__:
        thing = getattr(loglog, name)
        assert name in ("PathLike", "__version__") or thing.__doc__, name
