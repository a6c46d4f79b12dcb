"""A copied profile is what somebody hands over: whatever its `messages.db` is, it is read to an end, or refused."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from recovery_world import WORLD, Desks, came, head, keep, sent

from desk.errors import Usage
from desk.profile import profile_copy
from desk.profile.profile_copy import copied
from desk.profile.recovery_file import MessageRecord

OWN = "CREATE TABLE messages (number INTEGER PRIMARY KEY AUTOINCREMENT, note BLOB NOT NULL) STRICT"
NAMED = "is no message store of Enlace's"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS number, zeroblob(1000) AS note"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a profile with three messages, as a desk leaves it."""
    desks = Desks(tmp_path / "desks")
    old = desks.desk("ec-night")
    keep(old, came(1), sent(2), came(3))
    desks.close()
    (tmp_path / "copy").mkdir()
    shutil.copy(old.profile.path / "messages.db", tmp_path / "copy" / "messages.db")
    return tmp_path / "copy"


def records(folder: Path) -> tuple[int, list[str]]:
    """How many messages a copy gives, and what it names as damaged."""
    damaged: list[str] = []
    found = [each for each, _ in copied(folder, head(), WORLD.view, damaged)]
    assert all(isinstance(each, MessageRecord) for each in found)
    return len(found), damaged


def altered(folder: Path, *statements: str) -> None:
    db = sqlite3.connect(folder / "messages.db")
    for each in statements:
        db.execute(each)
    db.commit()
    db.close()


def schema(folder: Path, *statements: str) -> None:
    """Another `messages.db`, which holds only what the statements make."""
    (folder / "messages.db").unlink()
    altered(folder, *statements)


def test_a_copy_as_a_desk_leaves_it_is_read(folder: Path) -> None:
    assert records(folder) == (3, [])


FORGED = {
    "a view without end": (f"CREATE VIEW messages AS {ENDLESS} FROM n",),
    "a view beside the table": (OWN.replace("messages", "other"), "CREATE VIEW messages AS SELECT * FROM other"),
    "a computed column": (
        "CREATE TABLE messages (number INTEGER PRIMARY KEY, note BLOB AS (zeroblob(900000000)) VIRTUAL)",
        "INSERT INTO messages (number) VALUES (1)",
    ),
    "a virtual table": ("CREATE VIRTUAL TABLE messages USING fts5(number, note)",),
    "columns of another kind": ("CREATE TABLE messages (number, key, note, facts)",),
    "no table of that name": (OWN.replace("messages", "other"),),
}


@pytest.mark.parametrize("statements", FORGED.values(), ids=FORGED)
def test_a_store_that_no_desk_made_is_refused(folder: Path, statements: tuple[str, ...]) -> None:
    schema(folder, *statements)
    with pytest.raises(Usage, match=NAMED):
        records(folder)


def retold(folder: Path, sql: str) -> str:
    """Say in the file that its table was made with `sql`; returns what stood there."""
    db = sqlite3.connect(folder / "messages.db")
    ((before,),) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'messages'").fetchall()
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'messages'", (sql,))
    db.commit()
    db.close()
    return str(before)


@pytest.mark.parametrize("value", ["'a text'", "7", "NULL", "x''", "zeroblob(3000000)"])
def test_a_row_that_is_no_note_is_named_and_the_others_are_read(folder: Path, value: str) -> None:
    """STRICT binds who writes through SQLite; a file written otherwise holds what it likes."""
    strict = retold(folder, "CREATE TABLE messages (number INTEGER PRIMARY KEY, key UNIQUE, note, facts)")
    altered(folder, f"UPDATE messages SET note = {value} WHERE number = 2")
    retold(folder, strict)
    count, damaged = records(folder)
    assert count == 2
    assert [each[:21] for each in damaged] == ["message 2 of the copy"]


def test_rows_that_come_again_and_again_are_told_for_what_they_are(folder: Path) -> None:
    """A tree whose branches all lead to the same page gives many times the rows that stand in the file."""
    page = 4096
    raw = bytearray((folder / "messages.db").read_bytes())
    db = sqlite3.connect(folder / "messages.db")
    ((root,),) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'").fetchall()
    db.close()
    raw += bytes(raw[(root - 1) * page : root * page])  # the rows, on a page of their own
    last = len(raw) // page
    cells = 300
    inner = bytearray(page)
    head_of = b"\x05" + bytes(2) + cells.to_bytes(2, "big") + (page - 5 * cells).to_bytes(2, "big") + b"\0"
    inner[:12] = head_of + last.to_bytes(4, "big")
    for number in range(cells):
        at = page - 5 * (number + 1)
        inner[at : at + 5] = last.to_bytes(4, "big") + bytes([min(number, 127)])
        inner[12 + 2 * number : 14 + 2 * number] = at.to_bytes(2, "big")
    raw[(root - 1) * page : root * page] = inner
    raw[28:32] = (len(raw) // page).to_bytes(4, "big")
    (folder / "messages.db").write_bytes(raw)
    with pytest.raises(Usage, match="damaged"):
        records(folder)


def test_work_without_end_is_broken_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_copy, "MOST_STEPS", 1)
    with pytest.raises(Usage, match="damaged"):
        records(folder)
