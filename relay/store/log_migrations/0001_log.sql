-- The directory's log. Entries are never changed or removed; the head is the newest checkpoint.
CREATE TABLE entries (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    entry BLOB NOT NULL
) STRICT;

CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL CHECK (size >= 0),
    checkpoint BLOB NOT NULL
) STRICT;

INSERT INTO head (one, size, checkpoint) VALUES (1, 0, x'');

CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END;
