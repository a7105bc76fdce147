#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests:
#   tests/pg.sh start DIR   makes a cluster in DIR, starts it, and prints the connection string for BIHUAN_TEST_PG
#   tests/pg.sh restart DIR starts it again after a stop in the middle of everything, as after a crash
#   tests/pg.sh stop DIR    stops it by the process id that it wrote, and removes DIR
# It listens on a socket in DIR only. What it holds may be lost in a power cut: fsync is off.
set -euo pipefail

usage() { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 64; }
[ $# -eq 2 ] || usage
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}

# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

start() {
    [ "$(id -u)" -ne 0 ] || chown postgres "$dir"
    chmod 755 "$dir"
    cd "$dir"
    as_postgres "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" ||
        { cat "$dir/initdb.log" >&2; exit 1; }
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0777
fsync = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 200
max_pred_locks_per_transaction = 512
max_locks_per_transaction = 256
CONF
    as_postgres "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 30 start >/dev/null ||
        { cat "$dir/server.log" >&2; exit 1; }
    echo "host=$dir user=postgres dbname=postgres"
}

restart() {
    cd "$dir"
    as_postgres "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -m immediate -w -t 60 restart >/dev/null
}

stop() {
    if [ -f "$dir/data/postmaster.pid" ]; then
        as_postgres "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 30 stop >/dev/null
    fi
    rm -rf "$dir"
}

case $verb in
    start) start ;;
    restart) restart ;;
    stop) stop ;;
    *) usage ;;
esac
