#!/bin/sh
# The whole campaign of tests/faults, without a bound on time; its table goes to standard output.
# Usage: bench/faults/run.sh [build [SECONDS of each part at most]]   (hours on two cores without a bound)
set -eu
here=$(dirname "$(realpath "$0")")
build=$(realpath "${1:-build}")
cmake --build "$build" --target loglog_program fault_shim >&2
exec python3 "$here/../../tests/faults/faults.py" "$build/loglog" "$build/tests/libfault_shim.so" ${2:+--seconds "$2"}
