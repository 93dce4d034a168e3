CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    -- The address in lower case: two spellings are one account.
    email_key text NOT NULL UNIQUE,
    name text,
    role text NOT NULL CHECK (role IN ('customer', 'agent', 'admin')),
    -- PHC string; null for somebody who hasn't chosen a password yet.
    password_hash text,
    -- Of the account's latest event.
    sequence bigint NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX accounts_by_age ON accounts (created_at, id);
CREATE INDEX administrators ON accounts (id) WHERE role = 'admin';

-- One row. Whoever decides about administrators updates it first, and so waits for whoever does so already.
CREATE TABLE setup (
    slot bigint PRIMARY KEY CHECK (slot = 1),
    -- The administrator who is to choose a password, and the SHA-256 of the token to do it with; null when
    -- nobody is.
    invited_account_id uuid REFERENCES accounts (id),
    token_fingerprint bytea,
    turns bigint NOT NULL
);

INSERT INTO setup (slot, turns) VALUES (1, 0);
