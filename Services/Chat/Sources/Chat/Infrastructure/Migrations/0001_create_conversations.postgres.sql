CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    status text NOT NULL,
    subject text,
    contact_id uuid NOT NULL,
    contact_name text,
    contact_email text,
    -- The Idempotency-Key it was started with.
    start_key text,
    message_count bigint NOT NULL,
    -- Number of the newest item in its feed.
    sequence bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    UNIQUE (contact_id, start_key)
);

CREATE INDEX conversations_by_activity ON conversations (updated_at, id);
CREATE INDEX conversations_by_status ON conversations (status, updated_at, id);
CREATE INDEX conversations_by_contact ON conversations (contact_id, updated_at, id);

CREATE TABLE messages (
    conversation_id uuid NOT NULL REFERENCES conversations (id),
    sequence bigint NOT NULL,
    id uuid NOT NULL,
    author_kind text NOT NULL,
    author_id uuid,
    author_name text,
    content text NOT NULL,
    citations jsonb NOT NULL,
    -- Under which it may come again without being said twice.
    deduplication_key text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, sequence),
    UNIQUE (conversation_id, deduplication_key)
);
