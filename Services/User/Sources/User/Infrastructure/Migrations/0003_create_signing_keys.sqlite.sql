CREATE TABLE signing_keys (
    -- 1, 2, 3, …: the highest signs.
    number INTEGER NOT NULL PRIMARY KEY,
    -- The kid.
    id TEXT NOT NULL UNIQUE,
    -- PEM. Secret.
    private_key TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
