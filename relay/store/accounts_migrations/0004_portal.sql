-- Access to the portal, one an officer: passphrase hash and secret for one-time codes (sealed at rest together).
CREATE TABLE portal_accounts (
    officer TEXT PRIMARY KEY CHECK (length(officer) = 32),
    name TEXT NOT NULL UNIQUE,
    sealed BLOB NOT NULL,
    ends INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    failed_at INTEGER NOT NULL,
    logged_in_at INTEGER NOT NULL,
    before_at INTEGER NOT NULL,
    failed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Access that waits for its first code.
CREATE TABLE portal_pending (
    officer TEXT PRIMARY KEY CHECK (length(officer) = 32),
    name TEXT NOT NULL UNIQUE,
    sealed BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sessions of browsers: tokens as hashes.
CREATE TABLE portal_sessions (
    id TEXT PRIMARY KEY CHECK (length(id) = 32),
    officer TEXT NOT NULL REFERENCES portal_accounts (officer) ON DELETE CASCADE,
    newest TEXT NOT NULL,
    before TEXT NOT NULL,
    turned_at INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    bound TEXT NOT NULL,
    ended TEXT NOT NULL
) STRICT;

CREATE INDEX portal_sessions_by_officer ON portal_sessions (officer);
