CREATE TABLE signing_keys (
    -- 1, 2, 3, …: the highest signs.
    number bigint PRIMARY KEY,
    -- The kid.
    id text NOT NULL UNIQUE,
    -- PEM. Secret.
    private_key text NOT NULL,
    created_at timestamptz NOT NULL
);
