# shellcheck shell=bash
# Sourced by the scripts: plain lines about what is going on, on standard error, and commands that run
# behind them. Whatever ends the script ends the command that is running too.

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# usage FILE: the comment at its top.
usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$1"
}

# minutes_since SECONDS: the time since then, as M:SS.
minutes_since() {
    local passed=$((SECONDS - $1))
    printf '%d:%02d' $((passed / 60)) $((passed % 60))
}

behind=""

# end_group PID SECONDS: asks a command and all it started to end, and insists after that many seconds.
end_group() {
    local waited=0
    kill -TERM -- "-$1" 2>/dev/null || return 0
    while kill -0 -- "-$1" 2>/dev/null; do
        if ((waited >= $2 * 10)); then
            kill -KILL -- "-$1" 2>/dev/null || true
            return 0
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
}

end_what_runs_behind() {
    [[ -z $behind ]] || end_group "$behind" 5
    behind=""
}

# No command runs longer than this behind with_progress; 0: as long as it takes.
limit_seconds=0

# with_progress LABEL LOG COMMAND…: runs the command with its output in the log; says now and then how long it
# has taken and what it does. Returns its exit code, 124 when it took too long.
with_progress() {
    local label=$1 log=$2 start=$SECONDS next=10 status=0 doing
    shift 2
    say "$label"
    # A process group of its own: what the command leaves behind can be found and ended.
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    behind=$!
    set +m
    while kill -0 "$behind" 2>/dev/null; do
        sleep 0.2
        if ((limit_seconds > 0 && SECONDS - start > limit_seconds)); then
            end_what_runs_behind
            printf '\nerror: it took longer than %s s and was ended; what it was doing is above\n' "$limit_seconds" >>"$log"
            return 124
        fi
        if ((SECONDS - start >= next)); then
            doing=$(tail -c 400 "$log" | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-90) || true
            say "    $(minutes_since "$start")  $doing"
            next=$((next < 60 ? next + 10 : next + 30))
        fi
    done
    wait "$behind" || status=$?
    end_what_runs_behind
    return "$status"
}
