CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    -- The address in lower case: two spellings are one account.
    email_key TEXT NOT NULL UNIQUE,
    name TEXT,
    role TEXT NOT NULL CHECK (role IN ('customer', 'agent', 'admin')),
    -- PHC string; null for somebody who hasn't chosen a password yet.
    password_hash TEXT,
    -- Of the account's latest event.
    sequence INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_by_age ON accounts (created_at, id);
CREATE INDEX administrators ON accounts (id) WHERE role = 'admin';

-- One row. Whoever decides about administrators updates it first, and so waits for whoever does so already.
CREATE TABLE setup (
    slot INTEGER NOT NULL PRIMARY KEY CHECK (slot = 1),
    -- The administrator who is to choose a password, and the SHA-256 of the token to do it with; null when
    -- nobody is.
    invited_account_id BLOB REFERENCES accounts (id),
    token_fingerprint BLOB,
    turns INTEGER NOT NULL
) STRICT;

INSERT INTO setup (slot, turns) VALUES (1, 0);
