-- Work for later. A job that is done is deleted.
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: it is half of a lease
    name TEXT NOT NULL,          -- the kind
    payload TEXT NOT NULL,       -- JSON; as text, for jsonb can't hold every string
    key TEXT,                    -- one job of a kind and key waits at most
    priority INTEGER NOT NULL,   -- the highest first
    -- ready: to be done now. scheduled: at run_at. running: held by worker. dead: given up.
    -- Ready is a state and not a time that has passed, so no clock set back holds up what is due.
    state TEXT NOT NULL CHECK (state IN ('ready', 'scheduled', 'running', 'dead')),
    run_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0, -- claims, but those that ended in a loss or were given back
    losses INTEGER NOT NULL DEFAULT 0,   -- how often its worker died
    worker INTEGER,              -- the holder
    token INTEGER,               -- the holder's fencing number
    request_id TEXT NOT NULL,
    traceparent TEXT,
    enqueued_at INTEGER NOT NULL,
    code TEXT,                   -- of the last failure
    reason TEXT,
    failed_at INTEGER,
    CHECK ((state = 'running') = (worker IS NOT NULL))
) STRICT;

CREATE INDEX jobs_ready ON jobs (priority DESC, number) WHERE state = 'ready';
CREATE INDEX jobs_scheduled ON jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_running ON jobs (worker) WHERE state = 'running';
CREATE INDEX jobs_dead ON jobs (number) WHERE state = 'dead';
CREATE UNIQUE INDEX jobs_waiting ON jobs (name, key)
WHERE key IS NOT NULL AND state IN ('ready', 'scheduled');

-- Who does jobs. A heartbeat that stands still tells that its worker is dead.
CREATE TABLE job_workers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    heartbeat INTEGER NOT NULL
) STRICT;

-- The last fencing number that was given out.
CREATE TABLE job_tokens (last INTEGER NOT NULL) STRICT;
INSERT INTO job_tokens (last) VALUES (0);

-- When each recurring job comes round next.
CREATE TABLE job_schedules (
    name TEXT PRIMARY KEY,
    recurrence TEXT NOT NULL,
    next_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
