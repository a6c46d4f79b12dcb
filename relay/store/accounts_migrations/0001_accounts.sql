-- One account a device: the secret for one-time codes (sealed at rest), the last accepted step, failures in a row.
CREATE TABLE accounts (
    device TEXT PRIMARY KEY CHECK (length(device) = 64),
    secret BLOB NOT NULL,
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    last_step INTEGER NOT NULL,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    failed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Unused recovery codes, hashed under a key that is not in this file.
CREATE TABLE recovery (
    device TEXT NOT NULL REFERENCES accounts (device) ON DELETE CASCADE,
    code BLOB NOT NULL,
    PRIMARY KEY (device, code)
) STRICT, WITHOUT ROWID;

-- Tokens, hashed; a device has a few while it renews. Gone when the shift ends.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY CHECK (length(token_hash) = 64),
    device TEXT NOT NULL REFERENCES accounts (device) ON DELETE CASCADE,
    expires INTEGER NOT NULL,
    shift_ends INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_device ON sessions (device);

-- Invitations: one an officer. The bearer's proof is here only as a hash; `offered` holds public keys.
CREATE TABLE invitations (
    officer TEXT PRIMARY KEY CHECK (length(officer) = 32),
    proof_hash TEXT NOT NULL UNIQUE CHECK (length(proof_hash) = 64),
    expires INTEGER NOT NULL,
    offered BLOB,
    device TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
