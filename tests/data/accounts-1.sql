BEGIN TRANSACTION;
CREATE TABLE accounts (
    device TEXT PRIMARY KEY CHECK (length(device) = 64),
    secret BLOB NOT NULL,
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    last_step INTEGER NOT NULL,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    failed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "accounts" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'01DE17BF242DE8D472A44A63E50C9E0080781138955191FF88FE9040AA62B6992B443052DC0E46A7CAE126D8BFFE9C7A00',1,100,1,1800000100);
INSERT INTO "accounts" VALUES('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',X'01E63082DEDAD06D2061C6916491F7E175091352A06D6D4C4EB18BDD65AD30CC1E2922B1D769F28A946E1A6EB3607D1B03',0,-1,0,0);
CREATE TABLE invitations (
    officer TEXT PRIMARY KEY CHECK (length(officer) = 32),
    proof_hash TEXT NOT NULL UNIQUE CHECK (length(proof_hash) = 64),
    expires INTEGER NOT NULL,
    offered BLOB,
    device TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
INSERT INTO "invitations" VALUES('22222222222222222222222222222222','ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',1800001000,NULL,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
CREATE TABLE migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT;
INSERT INTO "migrations" VALUES('0001_accounts.sql','450cdf0955a6197f4eafe66beddea501fdda0d1c095e656c623082b099fea488');
CREATE TABLE recovery (
    device TEXT NOT NULL REFERENCES accounts (device) ON DELETE CASCADE,
    code BLOB NOT NULL,
    PRIMARY KEY (device, code)
) STRICT, WITHOUT ROWID;
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'1D297A76E67026213534B7E9C1C6EBE6940FF3ED3925CAB072D2CA31C5BDFBC6');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'2A02E1657B7BE64DFAB3ACCD71D632A36541521170C12229A00DCEA80A26F09B');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'47D7342807A29384BDA823F583F6FE32D3D3340601E246F15DCBF3223A18B76A');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'57EDD503ECD1413F3D9118EBD4BFB564D1FDA8FA956B87199451F4680BBCBAAA');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'6C48F1D6B29EBF147A945F600A09466A36CDF5F17DD23F5FD912C23BFDDEFE71');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'72E12A084E4F65FE4DD233EC6F204D42BF186FC64D4CF4AD3519AF8BD32E7C0D');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'7B31916B13392896AC436E16BEC0B833B9753E3DD2CE6E4C936CD02C487A0F1D');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'9044F963B6E31F99C844ED4618D9501441F68AB88D4B15F97825478EC829859C');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'CEF3AA3CCE5F054271692E6A30491E6FF20E011938A88568637C48CE939295E0');
INSERT INTO "recovery" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',X'D6BF585B9AD87EB86E983CA0DBDF14F7C0ACEE5E1C5734F60D3C6213611B6AA8');
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY CHECK (length(token_hash) = 64),
    device TEXT NOT NULL REFERENCES accounts (device) ON DELETE CASCADE,
    expires INTEGER NOT NULL,
    shift_ends INTEGER NOT NULL
) STRICT;
INSERT INTO "sessions" VALUES('1111111111111111111111111111111111111111111111111111111111111111','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1800000600,1800043200);
CREATE INDEX sessions_by_device ON sessions (device);
COMMIT;
