CREATE TABLE deliveries (
    event_id BLOB NOT NULL,      -- the event because of which something is sent
    kind TEXT NOT NULL,          -- transcript
    status TEXT NOT NULL,        -- pending, sent, failed
    recipient TEXT,              -- while pending only
    reason TEXT,                 -- why it failed
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    PRIMARY KEY (event_id, kind)
) STRICT, WITHOUT ROWID;
