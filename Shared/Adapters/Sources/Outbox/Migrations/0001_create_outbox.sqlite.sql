-- Every event of this service, in the order of commit. Also the outbox: the relay reads from here.
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    aggregate_kind TEXT NOT NULL,
    aggregate_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    traceparent TEXT,
    payload TEXT NOT NULL,
    UNIQUE (aggregate_kind, aggregate_id, sequence)
) STRICT;

CREATE INDEX events_by_name ON events (name, position);

-- How far each subscriber has come.
CREATE TABLE relay_cursors (
    subscriber TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that a subscriber could not take, and why.
CREATE TABLE dead_letters (
    subscriber TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES events (position),
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    died_at INTEGER NOT NULL,
    PRIMARY KEY (subscriber, position)
) STRICT, WITHOUT ROWID;

-- Events of other services that this one has reacted to.
CREATE TABLE inbox (
    event_id BLOB PRIMARY KEY,
    reacted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
