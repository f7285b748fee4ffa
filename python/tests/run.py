#!/usr/bin/env python3
"""The package's tests under pytest, from the source: LOGLOG_LIBRARY, LOGLOG_PROGRAM and LOGLOG_HEADERS (the folder of
the generated loglog/version.h) name what was built. Exit code 77: something that they need is not here."""
import importlib.util
import os
import sys
from pathlib import Path

NEEDS = {"cffi": "python3-cffi", "numpy": "python3-numpy", "pytest": "python3-pytest"}
PYTHON = Path(__file__).resolve().parent.parent

missing = [package for module, package in NEEDS.items() if importlib.util.find_spec(module) is None]
if missing:
    print("SKIPPED: python3 lacks", *missing)
    sys.exit(77)
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
sys.path.insert(0, str(PYTHON))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PYTHON), os.environ.get("PYTHONPATH")]))

import pytest  # noqa: E402

sys.exit(pytest.main(["-q", "-rs", "--rootdir", str(PYTHON), "-c", str(PYTHON / "pyproject.toml"), str(PYTHON / "tests"), *sys.argv[1:]]))
