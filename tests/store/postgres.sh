#!/bin/sh
# A PostgreSQL server of a test's own, in a temporary folder, with a Unix socket there and no TCP. It goes with the
# process that it was started for, however that ends. root starts it as nobody.
# usage: tests/store/postgres.sh start PID      prints the folder; 77 where there is no PostgreSQL
#        tests/store/postgres.sh restart|crash|stop|kill DIR      'crash' cuts every connection off and starts again
# The superuser is 'loglog', the password 'geheim-7', the database 'loglog': postgresql://loglog:geheim-7@/loglog?host=DIR
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /)")
as() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; else "$@"; fi
}
serve() { as "$bin/pg_ctl" -D "$dir/data" -s -w -t 60 -l "$dir/log" "$@" >/dev/null; }

dir=${2:-}
case ${1:-} in
start)
    [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ] || exit 77
    parent=$2
    dir=$(mktemp -d "${TMPDIR:-/tmp}/ll-pg-XXXXXX")
    chmod 755 "$dir"
    [ "$(id -u)" != 0 ] || chown 65534:65534 "$dir"
    cd "$dir" 2>/dev/null && as test -w "$dir" || { rmdir "$dir"; dir=$(mktemp -d /tmp/ll-pg-XXXXXX); chown 65534:65534 "$dir"; cd "$dir"; }
    echo geheim-7 >"$dir/password"
    chmod 644 "$dir/password"
    as "$bin/initdb" -D "$dir/data" --no-sync -U loglog -A scram-sha-256 --pwfile="$dir/password" -E UTF8 \
        --locale=C.UTF-8 >"$dir/initdb.log" 2>&1
    cat >>"$dir/data/postgresql.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$dir'
fsync = off
max_connections = 100
shared_buffers = 32MB
EOF
    serve start
    PGPASSWORD=geheim-7 psql -q -h "$dir" -U loglog -d postgres -c 'CREATE DATABASE loglog' >/dev/null
    (
        trap '' INT TERM HUP
        while kill -0 "$parent" 2>/dev/null && [ -d "$dir/data" ]; do sleep 1; done
        [ ! -d "$dir/data" ] || { serve -m immediate stop || :; rm -rf "$dir"; }
    ) >/dev/null 2>&1 </dev/null &
    echo "$dir"
    ;;
restart) cd "$dir" && serve -m fast restart ;;
crash) cd "$dir" && serve -m immediate restart ;;
stop)
    cd "$dir" && serve -m immediate stop || :
    cd / && rm -rf "$dir"
    ;;
*) sed -n 's/^# usage: //p; s/^#        //p' "$0" >&2; exit 2 ;;
esac
