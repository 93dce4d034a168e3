-- Of an audited stream: SHA-256 over the hash before and the event. NULL elsewhere, and before this existed.
ALTER TABLE events ADD COLUMN hash bytea;

-- Counts how often a subscriber was taken back: a delivery that began before must not move it on.
ALTER TABLE relay_cursors ADD COLUMN generation bigint NOT NULL DEFAULT 0;
ALTER TABLE relay_cursors DROP COLUMN attempts;

-- What was tried: [{"at": …, "code": …, "message": …}], the first attempts and the newest.
ALTER TABLE dead_letters ADD COLUMN history text NOT NULL DEFAULT '[]';

-- Deliveries that failed and may succeed later, and those of the same aggregate that came after them.
CREATE TABLE parked_deliveries (
    subscriber text NOT NULL,
    position bigint NOT NULL REFERENCES events (position),
    aggregate_kind text NOT NULL,
    aggregate_id uuid NOT NULL,
    attempts bigint NOT NULL,
    history text NOT NULL,
    next_attempt_at timestamptz, -- NULL: waits for another of its aggregate
    PRIMARY KEY (subscriber, position)
);

CREATE INDEX parked_deliveries_by_aggregate
    ON parked_deliveries (subscriber, aggregate_kind, aggregate_id, position);
CREATE INDEX parked_deliveries_due
    ON parked_deliveries (subscriber, next_attempt_at, position) WHERE next_attempt_at IS NOT NULL;
