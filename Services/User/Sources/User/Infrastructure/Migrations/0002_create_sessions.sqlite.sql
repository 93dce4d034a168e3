CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    -- SHA-256 of the one refresh token that is good.
    fingerprint BLOB NOT NULL UNIQUE,
    -- How many refresh tokens came before.
    rotation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_account ON sessions (account_id, created_at);

-- Refresh tokens that were exchanged: if one comes again, it was stolen.
CREATE TABLE used_refresh_tokens (
    fingerprint BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    rotation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_refresh_tokens_of_session ON used_refresh_tokens (session_id, rotation);
