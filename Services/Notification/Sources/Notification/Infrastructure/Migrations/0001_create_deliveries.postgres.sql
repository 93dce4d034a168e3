CREATE TABLE deliveries (
    event_id uuid NOT NULL,      -- the event because of which something is sent
    kind text NOT NULL,          -- transcript
    status text NOT NULL,        -- pending, sent, failed
    recipient text,              -- while pending only
    reason text,                 -- why it failed
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    PRIMARY KEY (event_id, kind)
);
