"""Since when a log has vouched for its entries: the time of the first checkpoint seen of each size, in `replica.db`.

Read once, and looked up as often as there are entries: a question about freshness is asked of every one of them. What
another process adds meanwhile is seen by the next one that opens the file; the profile's lock admits one at a time.
"""

import sqlite3
from bisect import bisect_right

COVERED = "CREATE TABLE IF NOT EXISTS covered (size INTEGER PRIMARY KEY, time INTEGER NOT NULL) STRICT;\n"


class Covered:
    """Sizes and times, in the table of an open file; writing is the caller's transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._read: tuple[list[int], list[int]] | None = None

    def first(self, position: int) -> int | None:
        """The time of the first checkpoint seen that covers a log position; None if none was."""
        if self._read is None:
            rows = self._db.execute("SELECT size, time FROM covered ORDER BY size").fetchall()
            self._read = [size for size, _ in rows], [time for _, time in rows]
        sizes, times = self._read
        at = bisect_right(sizes, position)
        return times[at] if at < len(sizes) else None

    def add(self, size: int, time: int) -> None:
        """A checkpoint of that size and time was seen; the first of a size counts."""
        self._db.execute("INSERT INTO covered VALUES (?, ?) ON CONFLICT DO NOTHING", (size, time))
        self._read = None

    def forget_from(self, position: int) -> None:
        """What stood from a position on was replaced: nothing covers it yet."""
        self._db.execute("DELETE FROM covered WHERE size > ?", (position,))
        self._read = None
