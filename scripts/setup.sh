#!/bin/sh
# Installs the Debian packages that the build, the tests and the figures need, where that is allowed;
# otherwise prints the exact command and exits 1. With --all also what CI's further checks need.
set -eu
packages="cmake ninja-build gcc g++ pkg-config libsqlite3-dev libyaml-dev libjansson-dev libarchive-dev libsodium-dev
          libopenblas-serial-dev libsentencepiece-dev libpcre2-dev libcurl4-openssl-dev libmicrohttpd-dev libpq-dev
          libcmocka-dev gnuplot-nox openssl"
[ "${1:-}" != --all ] || packages="$packages clang clang-format libclang-rt-14-dev groff-base
                                             gcc-aarch64-linux-gnu qemu-user zsh fish postgresql slurm-wlm munge
                                             python3-cffi python3-numpy python3-pytest python3-setuptools
                                             python3-wheel python3-pip python3-pandas python3-matplotlib mypy"

missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

as=""
[ "$(id -u)" = 0 ] || as="sudo -n"
if ! command -v apt-get >/dev/null || { [ -n "$as" ] && ! $as true 2>/dev/null; }; then
    echo "loglog needs these Debian packages:$missing" >&2
    echo "run: sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as apt-get update && DEBIAN_FRONTEND=noninteractive $as apt-get install -y --no-install-recommends $missing; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "could not install:$missing" >&2
    exit 1
fi
