# shellcheck shell=bash
# Sourced by scripts/run: starts long-running programs in the foreground of a terminal, shows what they
# print, and ends all of them together. Wants lib/progress.bash, and the folder $notes for its notes.

names=()
pids=()

# start NAME PREFIX COMMAND…: starts it with what it prints shown, each line behind the prefix.
start() {
    local name=$1 prefix=$2
    shift 2
    [[ -x $1 ]] || fail "There is no executable $1."
    # A process group of its own: Ctrl-C reaches the program once, through stop below.
    set -m
    "$@" > >(show "$prefix") 2> >(show "$prefix" >&2) </dev/null &
    names+=("$name")
    pids+=($!)
    set +m
}

# Shows lines as they come and notes those that the summary repeats. It ends with its program, not before:
# the last lines are the ones that matter.
show() {
    trap '' INT TERM
    LC_ALL=C exec sed --unbuffered -e "/^Administrator: \|^Set-up link: /w ${notes:?}/$BASHPID" -e "s/^/$1/"
}

# noted PREFIX: what a program printed behind it, or nothing.
noted() {
    cat "$notes"/* 2>/dev/null | sed -n "s/^$1//p" | tail -n 1
}

is_running() { kill -0 "$1" 2>/dev/null; }

# end_all SECONDS: asks every program to end, and insists on it after that time.
end_all() {
    local pid waited=0
    for pid in "${pids[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
    for pid in "${pids[@]}"; do
        while kill -0 -- "-$pid" 2>/dev/null && ((waited < $1 * 10)); do
            sleep 0.1
            waited=$((waited + 1))
        done
        if kill -KILL -- "-$pid" 2>/dev/null; then
            say "A process that was asked to end did not within $1 s; it was killed."
        fi
        # Gone from the list of processes too, once this returns.
        wait "$pid" 2>/dev/null || true
    done
    pids=()
}

# The end that somebody asked for.
stop() {
    trap '' INT TERM
    say ""
    say "Stopping"
    end_all 12
    exit 0
}

# Ends everything, with an error, when one program has ended that nobody asked to.
end_if_one_ended() {
    local index status
    for index in "${!pids[@]}"; do
        is_running "${pids[index]}" && continue
        status=0
        wait "${pids[index]}" || status=$?
        say "${names[index]} ended unexpectedly, with exit code $status."
        unset "pids[index]"
        ((${#pids[@]} == 0)) || say "Stopping the others"
        end_all 12
        exit $((status == 0 ? 1 : status))
    done
}

await_end() {
    while true; do
        wait -n "${pids[@]}" || true
        end_if_one_ended
    done
}

# is_open HOST PORT: whether somebody listens there.
is_open() {
    # shellcheck disable=SC2016  # the inner shell expands these
    timeout 2 bash -c ': >"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
}

# require_free HOST PORT ADVICE
require_free() {
    if is_open "$1" "$2"; then
        fail "Port $2 on $1 is taken by another program; $3."
    fi
}

require_url_free() {
    local place=${1#*://}
    place=${place%%/*}
    require_free "${place%:*}" "${place##*:}" "$2"
}

# is_ready HOST PORT: whether /readyz answers 200.
is_ready() {
    # shellcheck disable=SC2016  # the inner shell expands these
    timeout 2 bash -c '
        exec 3<>"/dev/tcp/$0/$1"
        printf "GET /readyz HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n" "$0" "$1" >&3
        IFS=" " read -r _ status _ <&3
        [[ $status == 200 ]]' "$1" "$2" 2>/dev/null
}
