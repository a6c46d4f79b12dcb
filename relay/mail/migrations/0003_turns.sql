-- The later turns of an envelope, whom they call, and what its own side orders about them (rules L9 to L12).

-- Every stage after the first, and every call: a call has the line to queue and the devices to queue it for (JSON).
CREATE TABLE turns (
    envelope TEXT NOT NULL REFERENCES envelopes (hash) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    due INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'stopped', 'expired')),
    line BLOB NOT NULL,
    devices TEXT NOT NULL,
    PRIMARY KEY (envelope, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX turns_due ON turns (due, envelope, number) WHERE state = 'waiting';
CREATE INDEX turns_expires ON turns (expires) WHERE state = 'waiting';

-- What waited for its stage before this waits for its turn. Stages before the first that waits have come.
INSERT INTO turns (envelope, number, due, expires, state, line, devices)
    SELECT envelope, stage, min(due), expires, 'waiting', x'', '[]' FROM deliveries
    WHERE state = 'waiting' AND stage > 0 GROUP BY envelope, stage;
DROP INDEX deliveries_due;

-- Whom the calls of a sending member name: how many of them a device may get is bounded (rule M14).
CREATE TABLE calls (
    device TEXT NOT NULL,
    member TEXT NOT NULL,
    envelope TEXT NOT NULL REFERENCES envelopes (hash) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (device, member, envelope, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_envelope ON calls (envelope);

CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    envelope TEXT NOT NULL REFERENCES envelopes (hash) ON DELETE CASCADE,
    device TEXT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('stop', 'hasten')),
    stage INTEGER NOT NULL,
    line BLOB NOT NULL,
    UNIQUE (envelope, device, act, stage)
) STRICT;
-- One order to stop, whatever the program above thinks.
CREATE UNIQUE INDEX orders_stop ON orders (envelope) WHERE act = 'stop';

-- A queue may hold calls and orders too: SQLite changes a CHECK only with the whole table.
CREATE TABLE items_new (
    device TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('envelope', 'delivered', 'step', 'call', 'stage', 'notice')),
    envelope TEXT NOT NULL,
    payload BLOB,
    until INTEGER,
    PRIMARY KEY (device, number),
    CHECK ((kind = 'envelope') = (payload IS NULL) AND (payload IS NULL) = (until IS NULL))
) STRICT;
INSERT INTO items_new SELECT device, number, kind, envelope, payload, until FROM items;
DROP TABLE items;
ALTER TABLE items_new RENAME TO items;
CREATE INDEX items_until ON items (until) WHERE until IS NOT NULL;
