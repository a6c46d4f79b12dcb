"""What was opened a moment ago is not opened again, unless a byte of it changed; few are held, none that is long."""

import sqlite3
from pathlib import Path

import pytest
from desk_world import changed, desk, mail_of, message, network, note_of

from desk.mail.damaged import DamagedRow
from desk.mail.facts import Facts, Stored
from desk.mail.opened_rows import LONGEST, MOST, OpenedRows, Row

WORLD = network()
PLAIN = message(WORLD)
STORED = Stored(1, PLAIN, Facts(direction="in"), b"note")
ROW: Row = (1, "key", b"note", b"facts")


class Opening:
    """What opens rows, and remembers which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Row] = []

    def __call__(self, row: Row) -> Stored:
        self.asked.append(row)
        if row[2] == b"bad":
            raise DamagedRow("it does not open")
        return STORED


@pytest.mark.parametrize(
    "row",
    [
        (2, "key", b"note", b"facts"),
        (1, "kez", b"note", b"facts"),
        (1, "key", b"nota", b"facts"),
        (1, "key", b"note", b"fact"),
        (1, "key", b"notef", b"acts"),
        (1, "key", b"not", b"efacts"),
    ],
)
def test_a_row_is_opened_once_and_what_is_changed_in_anything_is_another(row: Row) -> None:
    opening = Opening()
    rows = OpenedRows(opening)
    assert [rows.get(each) for each in (ROW, ROW, row, row, ROW)] == [STORED] * 5
    assert opening.asked == [ROW, row]


def test_the_last_few_are_held_and_none_that_is_long_or_damaged() -> None:
    opening = Opening()
    rows = OpenedRows(opening)
    many: list[Row] = [(number, "key", b"note", b"facts") for number in range(MOST + 1)]
    for each in [*many[:-1], many[0], many[-1], many[0]]:  # the first was asked for again: the second goes
        rows.get(each)
    assert opening.asked == many
    rows.get(many[1])
    long: Row = (1, "key", bytes(LONGEST + 1), b"facts")
    for each in (long, long):
        rows.get(each)
    for _ in range(2):
        with pytest.raises(DamagedRow):
            rows.get((1, "key", b"bad", b""))
    assert len(opening.asked) == MOST + 6
    rows.clear()
    rows.get(many[0])
    assert len(opening.asked) == MOST + 7


@pytest.mark.parametrize("column", ["note", "facts"])
def test_a_row_that_was_damaged_after_it_was_read_is_refused(tmp_path: Path, column: str) -> None:
    keyring = desk(tmp_path, "ec-night", WORLD)
    mail = mail_of(keyring)
    mail.add(PLAIN, note_of(PLAIN), STORED.facts)
    assert mail.get(1).message == PLAIN == mail.get(1).message
    mail.note_facts(1, changed(STORED.facts, stage=2))
    assert mail.get(1).facts.stage == 2
    with sqlite3.connect(keyring.profile.path / "messages.db") as db:
        sealed = db.execute(f"SELECT {column} FROM messages").fetchone()[0]
        db.execute(f"UPDATE messages SET {column} = ?", (sealed[:-40] + bytes([sealed[-40] ^ 1]) + sealed[-39:],))
    db.close()
    with pytest.raises(DamagedRow):
        mail.get(1)
    mail.close()
