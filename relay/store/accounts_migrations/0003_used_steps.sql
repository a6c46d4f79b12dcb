-- Steps whose codes were used up, the greatest of each secret: what a clock that was ahead used is refused on its day.
CREATE TABLE used_steps (
    device TEXT NOT NULL REFERENCES accounts (device) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    PRIMARY KEY (device, step)
) STRICT, WITHOUT ROWID;

INSERT INTO used_steps (device, step) SELECT device, last_step FROM accounts WHERE last_step >= 0;

-- Whether the recovery codes were replaced since the last confirmed renewal, whose codes are then void.
ALTER TABLE accounts ADD COLUMN codes_replaced INTEGER NOT NULL DEFAULT 0 CHECK (codes_replaced IN (0, 1));
