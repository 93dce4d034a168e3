CREATE TABLE pending_answers (
    message_id BLOB NOT NULL PRIMARY KEY,
    conversation_id BLOB NOT NULL,
    content TEXT NOT NULL,
    request_id TEXT NOT NULL,
    enqueued_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_answers_by_conversation ON pending_answers (conversation_id, enqueued_at, message_id);
