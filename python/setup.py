"""The version is that of the headers. With libloglog.so beside the package the wheel is of this machine's kind, for any
Python 3; without it the wheel is pure and uses the system's library."""
import re
from pathlib import Path

from setuptools import setup
from setuptools.dist import Distribution
from wheel.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
LIBRARY = HERE / "loglog" / "libloglog.so"
NUMBERS = dict(re.findall(r"^#define LOGLOG_VERSION_(\w+) (\d+)$", (HERE / "loglog/_cdef.h").read_text(), re.M))


class OneLibrary(Distribution):
    def has_ext_modules(self):
        return LIBRARY.exists()


class AnyPython(bdist_wheel):
    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


setup(
    version="{MAJOR}.{MINOR}.{PATCH}".format(**NUMBERS),
    distclass=OneLibrary,
    cmdclass={"bdist_wheel": AnyPython},
)
