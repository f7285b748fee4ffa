#!/usr/bin/env python3
"""Builds the wheel, with the library in it: make_wheel.py LIBRARY INTO. Needs pip, setuptools and wheel, and no network."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LEFT_OUT = shutil.ignore_patterns("tests", "__pycache__", "build", "*.egg-info", "*.so")

library, into = sys.argv[1:]
for old in Path(into).glob("loglog-*.whl"):
    old.unlink()
with tempfile.TemporaryDirectory() as folder:
    source = Path(folder) / "python"
    shutil.copytree(HERE, source, ignore=LEFT_OUT)
    shutil.copy(library, source / "loglog" / "libloglog.so")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", into, str(source)], check=True)
print(*sorted(str(p) for p in Path(into).glob("loglog-*.whl")))
