"""What tells whether a row of messages is still what it was, without opening it: the tags of its seals.

A sealed text ends with a tag of 16 bytes that another text, or the same sealed anew, does not have. So what was read of
a row may be remembered beside its tag.
"""

import sqlite3


class RowTags:
    """The tags of the messages in an open `messages.db`, in hexadecimal."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def every(self) -> dict[int, str]:
        """For every message its number and the tag of its facts, which change."""
        rows = self._db.execute("SELECT number, lower(hex(substr(facts, -16))) FROM messages ORDER BY number")
        return {int(number): str(tag) for number, tag in rows.fetchall()}

    def note(self, number: int) -> str:
        """The tag of the note of a message, which never changes; empty for one that is not there, or was erased."""
        query = "SELECT lower(hex(substr(note, -16))) FROM messages WHERE number = ?"
        row = self._db.execute(query, (number,)).fetchone()
        return str(row[0]) if row else ""
