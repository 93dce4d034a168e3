CREATE TABLE conversations (
    id BLOB PRIMARY KEY,
    status TEXT NOT NULL,
    subject TEXT,
    contact_id BLOB NOT NULL,
    contact_name TEXT,
    contact_email TEXT,
    -- The Idempotency-Key it was started with.
    start_key TEXT,
    message_count INTEGER NOT NULL,
    -- Number of the newest item in its feed.
    sequence INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (contact_id, start_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversations_by_activity ON conversations (updated_at, id);
CREATE INDEX conversations_by_status ON conversations (status, updated_at, id);
CREATE INDEX conversations_by_contact ON conversations (contact_id, updated_at, id);

CREATE TABLE messages (
    conversation_id BLOB NOT NULL REFERENCES conversations (id),
    sequence INTEGER NOT NULL,
    id BLOB NOT NULL,
    author_kind TEXT NOT NULL,
    author_id BLOB,
    author_name TEXT,
    content TEXT NOT NULL,
    -- JSON.
    citations TEXT NOT NULL,
    -- Under which it may come again without being said twice.
    deduplication_key TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, sequence),
    UNIQUE (conversation_id, deduplication_key)
) STRICT, WITHOUT ROWID;
