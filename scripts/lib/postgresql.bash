# shellcheck shell=bash
# Sourced by scripts/test and scripts/bench: a PostgreSQL server that is thrown away. It keeps what it
# promises (fsync is on) and asks for a password (SCRAM). Wants lib/progress.bash.

# shellcheck disable=SC2034  # whoever sources this uses it
postgresql_packages=(postgresql)
postgresql_folder=""

# start_postgresql LOG [SETTING=VALUE…]: starts a server of its own in a temporary folder and sets
# postgresql_folder, and postgresql_url: as a superuser, over 127.0.0.1. Its Unix socket is in that folder.
start_postgresql() {
    local log=$1 password setting options="" attempt
    shift
    postgresql_programs=$(find_postgresql) ||
        fail "There is no PostgreSQL server here: initdb is in no folder of PATH and not below /usr/lib/postgresql."
    # Not in TMPDIR: that folder may be closed to the user who runs the server.
    postgresql_folder=$(mktemp -d /tmp/frontdesk-postgresql.XXXXXX)
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n' "$password" >"$postgresql_folder/password"
    : >"$postgresql_folder/server.log"
    # The server refuses to run as root.
    ((EUID != 0)) || chown -R postgres "$postgresql_folder"
    as_postgres "$postgresql_programs/initdb" --pgdata="$postgresql_folder/data" --username=postgres \
        --auth=scram-sha-256 --pwfile="$postgresql_folder/password" --encoding=UTF8 --locale=C.UTF-8 \
        >"$log" 2>&1 || postgresql_failed "$log" "The PostgreSQL server for this run could not be set up."
    for setting in "$@"; do
        options+=" -c $setting"
    done
    # Another program may take the free port before the server does.
    for attempt in 1 2 3; do
        postgresql_port=$(free_port)
        if as_postgres "$postgresql_programs/pg_ctl" start --wait --timeout=60 --silent \
            --pgdata="$postgresql_folder/data" --log="$postgresql_folder/server.log" \
            --options="-c listen_addresses=127.0.0.1 -c port=$postgresql_port -c unix_socket_directories=$postgresql_folder -c fsync=on$options" \
            >>"$log" 2>&1; then
            postgresql_url=postgres://postgres:$password@127.0.0.1:$postgresql_port/postgres
            return 0
        fi
        say "    The PostgreSQL server did not start on port $postgresql_port (attempt $attempt)."
    done
    cat "$postgresql_folder/server.log" >>"$log" 2>/dev/null || true
    postgresql_failed "$log" "The PostgreSQL server for this run did not start."
}

# Ends the server that start_postgresql started, if there is one, and removes its folder.
stop_postgresql() {
    [[ -n $postgresql_folder ]] || return 0
    # Stopped by a signal, it could not end.
    local pid
    pid=$(head -n 1 "$postgresql_folder/data/postmaster.pid" 2>/dev/null) || true
    [[ -z $pid ]] || kill -CONT -- "$pid" 2>/dev/null || true
    as_postgres "$postgresql_programs/pg_ctl" stop --mode=immediate --wait --timeout=30 --silent \
        --pgdata="$postgresql_folder/data" >/dev/null 2>&1 || true
    rm -rf "$postgresql_folder"
    postgresql_folder=""
}

# find_postgresql: the folder with the newest initdb.
find_postgresql() {
    local programs
    programs=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    [[ -n $programs ]] || programs=$(command -v initdb) || return 1
    dirname "$programs"
}

# As root, what follows runs as the user postgres; otherwise as whoever runs this.
as_postgres() {
    if ((EUID == 0)); then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# free_port: a port of 127.0.0.1 where nobody listens.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

postgresql_failed() {
    tail -n 15 "$1" >&2
    stop_postgresql
    fail "$2"
}
