-- Work for later. A job that is done is deleted.
CREATE TABLE jobs (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- never given twice: it is half of a lease
    name text NOT NULL,          -- the kind
    payload text NOT NULL,       -- JSON; as text, for jsonb can't hold every string
    key text,                    -- one job of a kind and key waits at most
    priority bigint NOT NULL,    -- the highest first
    -- ready: to be done now. scheduled: at run_at. running: held by worker. dead: given up.
    -- Ready is a state and not a time that has passed, so no clock set back holds up what is due.
    state text NOT NULL CHECK (state IN ('ready', 'scheduled', 'running', 'dead')),
    run_at timestamptz,
    attempts bigint NOT NULL DEFAULT 0, -- claims, but those that ended in a loss or were given back
    losses bigint NOT NULL DEFAULT 0,   -- how often its worker died
    worker bigint,               -- the holder
    token bigint,                -- the holder's fencing number
    request_id text NOT NULL,
    traceparent text,
    enqueued_at timestamptz NOT NULL,
    code text,                   -- of the last failure
    reason text,
    failed_at timestamptz,
    CHECK ((state = 'running') = (worker IS NOT NULL))
);

CREATE INDEX jobs_ready ON jobs (priority DESC, number) WHERE state = 'ready';
CREATE INDEX jobs_scheduled ON jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_running ON jobs (worker) WHERE state = 'running';
CREATE INDEX jobs_dead ON jobs (number) WHERE state = 'dead';
CREATE UNIQUE INDEX jobs_waiting ON jobs (name, key)
WHERE key IS NOT NULL AND state IN ('ready', 'scheduled');

-- The rows come and go by the thousand: clean up after each thousand, not after a fifth of a large table.
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000);

-- Who does jobs. A heartbeat that stands still tells that its worker is dead.
CREATE TABLE job_workers (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    heartbeat bigint NOT NULL
);

-- Fencing numbers. A sequence, so that no two claims meet in a row.
CREATE SEQUENCE job_tokens;

-- Empty: only its lock is used, so that claims of several processes take turns.
CREATE TABLE job_claims ();

-- When each recurring job comes round next.
CREATE TABLE job_schedules (
    name text PRIMARY KEY,
    recurrence text NOT NULL,
    next_at timestamptz NOT NULL
);
