#!/usr/bin/env python3
"""Writes what cffi reads of the public headers: declarations without the preprocessor's part.

    make_cdef.py INCLUDE [INCLUDE...] > loglog/_cdef.h

INCLUDE: folders that hold loglog/*.h, those of the source and of the build, or the one of an installation. Needs a C
preprocessor, $CC or cc. A test makes the file again and compares.
"""
from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

# cffi knows bool, the integers of stdint.h, size_t and FILE by itself.
SYSTEM = ("stdbool.h", "stddef.h", "stdint.h", "stdio.h")
VERSION = ("LOGLOG_VERSION_MAJOR", "LOGLOG_VERSION_MINOR", "LOGLOG_VERSION_PATCH")
HEAD = "/* Made by python/make_cdef.py from include/loglog; not edited by hand. */\n/* clang-format off */\n"


def preprocess(source: str, folders: list[str]) -> str:
    with tempfile.TemporaryDirectory() as empty:
        for name in SYSTEM:
            (Path(empty) / name).touch()
        command = shlex.split(os.environ.get("CC", "cc")) + ["-E", "-P", "-undef", "-nostdinc", "-std=c11", "-I", empty]
        for folder in folders:
            command += ["-I", folder]
        return subprocess.run([*command, "-x", "c", "-"], input=source, text=True, check=True, capture_output=True).stdout


def make(folders: list[str]) -> str:
    names = sorted({p.name for f in folders for p in (Path(f) / "loglog").glob("*.h")})
    source = "".join(f"#include <loglog/{name}>\n" for name in names)
    text = preprocess(source, folders)
    text = re.sub(r"^static inline [^{]*\{.*?^\}\n", "", text, flags=re.M | re.S)
    text = re.sub(r"\n\s*\n+", "\n", text)
    numbers = preprocess(source + "".join(f"number {v} {v}\n".replace(v, f"_{v}", 1) for v in VERSION), folders)
    defines = "".join(f"#define {v} {re.search(f'^number _{v} ([0-9]+)$', numbers, re.M).group(1)}\n" for v in VERSION)
    return HEAD + defines + text.strip() + "\n"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.stdout.write(make(sys.argv[1:]))
