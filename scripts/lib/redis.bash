# shellcheck shell=bash
# Sourced by scripts/test: a Redis for the tests, on any free port of this machine, that keeps nothing. Wants
# lib/progress.bash and the package redis-server.

redis=""

# start_redis FOLDER: starts one that logs there, and sets FRONTDESK_TEST_REDIS_URL.
start_redis() {
    local folder=$1 port waited attempt
    mkdir -p "$folder"
    for attempt in 1 2 3 4 5; do
        # Below the ports that connections are given on their way out.
        port=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
        redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --dir "$folder" \
            >"$folder/redis.log" 2>&1 </dev/null &
        redis=$!
        waited=0
        # Ready is what its own log says: another program on the port would answer too.
        until grep -q 'Ready to accept connections' "$folder/redis.log"; do
            # One that can't have the port ends; then another port is tried.
            kill -0 "$redis" 2>/dev/null || continue 2
            sleep 0.1
            waited=$((waited + 1))
            ((waited < 100)) || break 2
        done
        export FRONTDESK_TEST_REDIS_URL=redis://127.0.0.1:$port
        return
    done
    tail -n 15 "$folder/redis.log" >&2
    fail "The Redis for the tests did not start, in $attempt attempts."
}

stop_redis() {
    [[ -n $redis ]] || return 0
    kill "$redis" 2>/dev/null || true
    wait "$redis" 2>/dev/null || true
    redis=""
}
