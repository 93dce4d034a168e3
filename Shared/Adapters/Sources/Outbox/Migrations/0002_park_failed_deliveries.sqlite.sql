-- Of an audited stream: SHA-256 over the hash before and the event. NULL elsewhere, and before this existed.
ALTER TABLE events ADD COLUMN hash BLOB;

-- Counts how often a subscriber was taken back: a delivery that began before must not move it on.
ALTER TABLE relay_cursors ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE relay_cursors DROP COLUMN attempts;

-- What was tried: [{"at": …, "code": …, "message": …}], the first attempts and the newest.
ALTER TABLE dead_letters ADD COLUMN history TEXT NOT NULL DEFAULT '[]';

-- Deliveries that failed and may succeed later, and those of the same aggregate that came after them.
CREATE TABLE parked_deliveries (
    subscriber TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES events (position),
    aggregate_kind TEXT NOT NULL,
    aggregate_id BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    history TEXT NOT NULL,
    next_attempt_at INTEGER, -- NULL: waits for another of its aggregate
    PRIMARY KEY (subscriber, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX parked_deliveries_by_aggregate
    ON parked_deliveries (subscriber, aggregate_kind, aggregate_id, position);
CREATE INDEX parked_deliveries_due
    ON parked_deliveries (subscriber, next_attempt_at, position) WHERE next_attempt_at IS NOT NULL;
