#!/bin/sh
# Installs the Debian packages that the build, the tests and the figures need, where that is allowed;
# otherwise prints the exact command and exits 1. With --all also what CI's further checks need.
# What is only wanted is installed too where that is allowed; where not, that is said, and no failure.
set -eu
packages="cmake ninja-build gcc g++ pkg-config libsqlite3-dev libyaml-dev libjansson-dev libarchive-dev libsodium-dev
          libopenblas-serial-dev libsentencepiece-dev libpcre2-dev libcurl4-openssl-dev libmicrohttpd-dev libpq-dev
          libcmocka-dev gnuplot-nox openssl"
[ "${1:-}" != --all ] || packages="$packages clang clang-format libclang-rt-14-dev groff-base
                                             gcc-aarch64-linux-gnu qemu-user zsh fish postgresql slurm-wlm munge
                                             libopenmpi-dev openmpi-bin chromium
                                             python3-cffi python3-numpy python3-pytest python3-setuptools
                                             python3-wheel python3-pip python3-pandas python3-matplotlib mypy"
# A node of another origin than Debian's brings npm with it, and Debian's would not go beside it.
[ "${1:-}" != --all ] || command -v npm >/dev/null || packages="$packages nodejs npm"
wanted="perl-doc" # the text of the demo, which without it learns from the C headers

absent() { # PACKAGE...: those that are not installed
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || printf ' %s' "$p"
    done
}
# shellcheck disable=SC2086 # the lists are words
missing=$(absent $packages) && more=$(absent $wanted)
[ -n "$missing$more" ] || exit 0

as=""
[ "$(id -u)" = 0 ] || as="sudo -n"
if ! command -v apt-get >/dev/null || { [ -n "$as" ] && ! $as true 2>/dev/null; }; then
    need=needs
    [ -n "$missing" ] || need=wants
    echo "loglog $need these Debian packages:$missing$more" >&2
    echo "run: sudo apt-get install -y --no-install-recommends$missing$more" >&2
    [ -z "$missing" ]
    exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
get() { # PACKAGE...
    [ $# -gt 0 ] || return 0
    echo "installing: $*"
    { $as apt-get update && DEBIAN_FRONTEND=noninteractive $as apt-get install -y --no-install-recommends "$@"; } \
        >"$log" 2>&1 </dev/null && return
    tail -n 20 "$log" >&2
    echo "could not install: $*" >&2
    return 1
}
# shellcheck disable=SC2086
get $missing || exit 1
# shellcheck disable=SC2086
get $more || true
