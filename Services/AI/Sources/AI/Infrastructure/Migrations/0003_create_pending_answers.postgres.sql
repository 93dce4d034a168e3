CREATE TABLE pending_answers (
    message_id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL,
    content text NOT NULL,
    request_id text NOT NULL,
    enqueued_at timestamptz NOT NULL,
    attempts bigint NOT NULL,
    next_attempt_at timestamptz NOT NULL
);

CREATE INDEX pending_answers_by_conversation ON pending_answers (conversation_id, enqueued_at, message_id);
