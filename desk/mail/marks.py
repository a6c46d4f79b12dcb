"""Which messages and lines are about what: marks, so that a question about one subject does not open all rows.

1. A mark is HMAC-SHA-256 under a key that needs the passphrase, over the kind of row, what it is about, and how many of
   those there were before. So whoever reads the disk learns which rows have how many subjects, and neither which, nor
   how many rows are about the same.
2. Rows are marked when somebody asks, up to the newest there is, in one transaction with how far that went: after a
   crash the next question marks them.
3. Where it is lost how far that went, all are marked anew. Whoever writes the disk can take marks away, as they can the
   rows; a mark that leads to a row about something else leads nowhere.
"""

import hmac
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (mark BLOB PRIMARY KEY, kind TEXT NOT NULL, row INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS marked (kind TEXT PRIMARY KEY, upto INTEGER NOT NULL) STRICT;
"""
_DOMAIN = b"enlace/mail-mark/v1\n"
Kind = Literal["subject", "line"]


class Marks:
    """The marks in an open `messages.db`, made with `Keyring.mail_marks` (32 bytes)."""

    def __init__(self, db: sqlite3.Connection, key: bytes) -> None:
        self._db, self._key = db, key

    def upto(self, kind: Kind) -> int:
        """The number of the last row of a kind that was looked at; 0 if none was."""
        row = self._db.execute("SELECT upto FROM marked WHERE kind = ?", (kind,)).fetchone()
        return int(row[0]) if row else 0

    def follow(self, kind: Kind, rows: Iterable[tuple[int, str]], upto: int) -> bool:
        """Mark rows, each by its number and what it is about; with them all up to number `upto` are looked at.

        Returns whether they are: a disk that takes nothing more keeps nobody from reading, row by row.
        """
        if upto <= self.upto(kind):
            return True
        try:
            with self._db:
                self._mark_all(kind, rows)
                self._db.execute("INSERT OR REPLACE INTO marked VALUES (?, ?)", (kind, upto))
        except sqlite3.OperationalError:
            return False
        return True

    def _mark_all(self, kind: Kind, rows: Iterable[tuple[int, str]]) -> None:
        if not self.upto(kind):
            self._db.execute("DELETE FROM marks WHERE kind = ?", (kind,))
        before = Counter[str]()
        for number, about in rows:
            before[about] = before[about] or sum(1 for _ in self.rows(kind, about))
            added = 0
            while not added:  # behind one that was taken away there may be others
                row = (self._mark(kind, about, before[about]), kind, number)
                added = self._db.execute("INSERT OR IGNORE INTO marks VALUES (?, ?, ?)", row).rowcount
                before[about] += 1

    def rows(self, kind: Kind, about: str) -> Iterator[int]:
        """The numbers of the rows that are about something, as they were marked."""
        before, query = 0, "SELECT row FROM marks WHERE mark = ?"
        while (row := self._db.execute(query, (self._mark(kind, about, before),)).fetchone()) is not None:
            if row[0]:  # 0: of a row that was erased
                yield int(row[0])
            before += 1

    def forget(self, kind: Kind, number: int) -> None:
        """Let the marks of a row lead nowhere: those behind them are found as before."""
        self._db.execute("UPDATE marks SET row = 0 WHERE kind = ? AND row = ?", (kind, number))

    def _mark(self, kind: Kind, about: str, before: int) -> bytes:
        return hmac.digest(self._key, _DOMAIN + f"{kind}\n{about}\n{before}\n".encode(), "sha256")
