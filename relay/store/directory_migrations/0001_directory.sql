-- Bodies with their salts, sealed at rest under the row's commitment; removed when erased.
CREATE TABLE bodies (
    commitment TEXT PRIMARY KEY CHECK (length(commitment) = 64),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest key set of each device: public keys under the device's own signatures; `keys` are the recipients' ids.
CREATE TABLE keysets (
    device TEXT PRIMARY KEY CHECK (length(device) = 64),
    number INTEGER NOT NULL,
    keys TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT;
