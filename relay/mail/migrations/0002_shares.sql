-- Room in queues and on the disk is shared out by sending member (rules M11 and M13).

-- The sending member of each delivery. What was taken in before this is nobody's in particular: the empty member.
ALTER TABLE deliveries ADD COLUMN member TEXT NOT NULL DEFAULT '';

-- The open deliveries to a device by sending member; a row goes with the last of them.
CREATE TABLE shares (
    device TEXT NOT NULL,
    member TEXT NOT NULL,
    items INTEGER NOT NULL CHECK (items >= 0),
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (device, member)
) STRICT, WITHOUT ROWID;
INSERT INTO shares (device, member, items, bytes)
    SELECT device, '', count(*), sum(size) FROM deliveries WHERE state IN ('waiting', 'queued') GROUP BY device;

-- The ciphertexts kept for each sending member, each once.
CREATE TABLE kept (
    member TEXT PRIMARY KEY,
    items INTEGER NOT NULL CHECK (items >= 0),
    bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO kept (member, items, bytes) SELECT '', count(*), coalesce(sum(length(raw)), 0) FROM ciphertexts;
