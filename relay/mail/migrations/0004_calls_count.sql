-- A call counts for its sending member for 14 days from the receipt, however soon its envelope expires (rule M14).

ALTER TABLE calls RENAME COLUMN expires TO until;
UPDATE calls SET until = 1209600
    + (SELECT due FROM turns WHERE turns.envelope = calls.envelope AND turns.number = calls.number);
