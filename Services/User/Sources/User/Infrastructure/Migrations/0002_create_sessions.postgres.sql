CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    -- SHA-256 of the one refresh token that is good.
    fingerprint bytea NOT NULL UNIQUE,
    -- How many refresh tokens came before.
    rotation bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX sessions_of_account ON sessions (account_id, created_at);

-- Refresh tokens that were exchanged: if one comes again, it was stolen.
CREATE TABLE used_refresh_tokens (
    fingerprint bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    rotation bigint NOT NULL
);

CREATE INDEX used_refresh_tokens_of_session ON used_refresh_tokens (session_id, rotation);
