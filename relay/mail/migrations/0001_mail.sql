-- What the relay keeps of mail. Hashes and devices are hexadecimal; times are unix seconds.
-- No content, no case, no reason: see "What the relay sees" in the threat model.

-- One row an envelope, until `forget`: long after its ciphertext is gone, so that a sender who asks again gets the same
-- receipt, and a recipient can still say what became of it.
CREATE TABLE envelopes (
    hash TEXT PRIMARY KEY,
    sender TEXT NOT NULL,
    id TEXT NOT NULL,
    header BLOB NOT NULL,
    relayed BLOB NOT NULL,
    expires INTEGER NOT NULL,
    forget INTEGER NOT NULL,
    UNIQUE (sender, id)
) STRICT;
CREATE INDEX envelopes_forget ON envelopes (forget);

-- The bytes, until the last delivery is closed.
CREATE TABLE ciphertexts (
    envelope TEXT PRIMARY KEY REFERENCES envelopes (hash),
    raw BLOB NOT NULL
) STRICT;

-- Which envelopes name an attachment.
CREATE TABLE attachments (
    hash TEXT NOT NULL,
    envelope TEXT NOT NULL REFERENCES envelopes (hash) ON DELETE CASCADE,
    PRIMARY KEY (hash, envelope)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_envelope ON attachments (envelope);

-- An envelope on its way to a device. `expires` repeats the envelope's, for its index.
CREATE TABLE deliveries (
    envelope TEXT NOT NULL REFERENCES envelopes (hash) ON DELETE CASCADE,
    device TEXT NOT NULL,
    stage INTEGER NOT NULL,
    own INTEGER NOT NULL,
    size INTEGER NOT NULL,
    due INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'queued', 'delivered', 'expired', 'dropped', 'stopped')),
    released INTEGER NOT NULL DEFAULT 0,
    number INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (envelope, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_open ON deliveries (device, envelope) WHERE state IN ('waiting', 'queued');
CREATE INDEX deliveries_expires ON deliveries (expires, envelope) WHERE state IN ('waiting', 'queued');
CREATE INDEX deliveries_due ON deliveries (due, envelope, stage) WHERE state = 'waiting';

CREATE TABLE steps (
    number INTEGER PRIMARY KEY,
    envelope TEXT NOT NULL REFERENCES envelopes (hash) ON DELETE CASCADE,
    device TEXT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('accepted', 'refused')),
    line BLOB NOT NULL,
    UNIQUE (envelope, device, act)
) STRICT;
-- The first acceptance wins, whatever the program above thinks.
CREATE UNIQUE INDEX steps_accepted ON steps (envelope) WHERE act = 'accepted';

-- The last number given out for each device, and what its queue holds, waiting stages included.
CREATE TABLE queues (
    device TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    items INTEGER NOT NULL CHECK (items >= 0),
    bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX queues_waiting ON queues (device) WHERE items > 0;

-- What a device can be handed. A line has its payload and its time here; an envelope's are in the tables above.
CREATE TABLE items (
    device TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('envelope', 'delivered', 'step', 'notice')),
    envelope TEXT NOT NULL,
    payload BLOB,
    until INTEGER,
    PRIMARY KEY (device, number),
    CHECK ((kind = 'envelope') = (payload IS NULL) AND (payload IS NULL) = (until IS NULL))
) STRICT;
CREATE INDEX items_until ON items (until) WHERE until IS NOT NULL;

-- Attachments by the hash of their ciphertext; the files are beside the database.
CREATE TABLE uploads (
    hash TEXT NOT NULL,
    device TEXT NOT NULL,
    length INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (hash, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_device ON uploads (device);
CREATE INDEX uploads_until ON uploads (until);
