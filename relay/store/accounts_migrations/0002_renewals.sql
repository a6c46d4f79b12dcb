-- The last confirmed renewal of the device's secret, so that the same confirmation again is answered alike.
ALTER TABLE accounts ADD COLUMN renewal TEXT NOT NULL DEFAULT '';

-- The next secret of a device with its recovery codes (sealed at rest together), until its first code or its lapse.
CREATE TABLE renewals (
    device TEXT PRIMARY KEY REFERENCES accounts (device) ON DELETE CASCADE,
    renewal TEXT NOT NULL CHECK (length(renewal) = 32),
    sealed BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys that outlive the key at rest, sealed with it. `recovery` is the one recovery codes are hashed under.
CREATE TABLE sealed_keys (
    name TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
