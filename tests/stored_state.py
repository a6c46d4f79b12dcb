"""What a relay or a desk has stored, as digests to compare: for tests that nothing has changed.

Left out is what a test made to hand in (`bad-…`), and, because to be refused is what changes them: failed log-ins (a
throttle), the time in a checkpoint that the log signs anew, and what a lock file says of its process.
"""

import sqlite3
from hashlib import sha256
from pathlib import Path

_COLUMNS = {("accounts", "failures"), ("accounts", "failed_at")}
_LOCKS = {"desk.lock", "watch.lock", "stream.lock", "api.lock", "relay.lock"}


def stored(folder: Path) -> dict[str, str]:
    """A digest of every table and of every other file in a folder, by name."""
    found: dict[str, str] = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.name.startswith("bad-")):
        name = str(path.relative_to(folder))
        if path.suffix == ".db" and path.read_bytes()[:15] in (b"", b"SQLite format 3"):
            found |= {f"{name}: {table}": digest for table, digest in _tables(path).items()}
        elif path.name not in _LOCKS and not path.name.endswith(("-wal", "-shm", ".log")):
            found[name] = sha256(path.read_bytes()).hexdigest()
    return found


def _tables(path: Path) -> dict[str, str]:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: _digest(db, name) for name in names}
    finally:
        db.close()


def _digest(db: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    kept = [each for each in columns if (table, each) not in _COLUMNS]
    total = sha256()
    for row in db.execute(f"SELECT {', '.join(kept)} FROM {table} ORDER BY {', '.join(kept)}"):
        values = dict(zip(kept, row, strict=True))
        if "checkpoint" in values:
            values["checkpoint"] = bytes(values["checkpoint"]).split(b"\n\n")[0]
        total.update(repr(values).encode())
    return total.hexdigest()
