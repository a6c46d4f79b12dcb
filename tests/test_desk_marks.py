"""What is about one message is found without opening the rest; the marks tell whoever reads the disk little."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import changed, desk, found_on_disk, mail_of, message, network, note_of
from directory_world import key_pair, local_id

from desk.keys.keyring import Keyring
from desk.mail.content import Receipt
from desk.mail.facts import Facts, StoredLine
from desk.mail.store import MailStore
from relay.protocol.lines import Delivered, device_name, write_line

WORLD = network()
SIGNED = changed(message(WORLD), content=Receipt(act="opened", message="0" * 32, envelope="ab" * 32, reason=""))
NOTES = {about: changed(SIGNED, content=changed(SIGNED.content, message=about * 32)) for about in "abc"}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return desk(tmp_path, "ec-night", WORLD)


@pytest.fixture
def mail(keyring: Keyring) -> Iterator[MailStore]:
    store = mail_of(keyring)
    yield store
    store.close()


def add(mail: MailStore, about: str) -> int:
    """Another receipt about a message."""
    receipt = changed(NOTES[about], id=f"{mail.newest() + 1:032x}")
    number = mail.add(receipt, note_of(receipt), Facts(direction="in"))
    assert number is not None
    return number


def add_line(mail: MailStore, envelope: str, at: int) -> None:
    line = Delivered(network=WORLD.network, envelope=envelope * 64, at=at, device=local_id("ec-night"))
    note = write_line(line, device_name("enlace.example", line.device), key_pair("ec-night")).decode()
    assert mail.add_line(StoredLine(kind="delivered", envelope=envelope * 64, note=note))


def about(mail: MailStore, each: str) -> list[int]:
    return [stored.number for stored in mail.receipts_about(each * 32)]


def rows(keyring: Keyring, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(keyring.profile.path / "messages.db") as db:
        return db.execute(query).fetchall()


def test_what_is_found_is_what_there_is_whenever_it_is_asked_for(mail: MailStore) -> None:
    chance, there = random.Random(7), dict[str, list[int]](a=[], b=[], c=[])
    for _ in range(40):
        which = chance.choice("abc")
        there[which].append(add(mail, which))
        if chance.random() < 0.2:
            assert about(mail, which) == there[which]
    assert {each: about(mail, each) for each in "abc"} == there
    assert mail.receipts_about("d" * 32) == []


def test_what_is_about_something_else_is_not_opened(mail: MailStore, keyring: Keyring) -> None:
    """A row that is damaged is told by whoever opens it."""
    first, other = add(mail, "a"), add(mail, "b")
    for envelope, at in (("1", 1), ("2", 2), ("1", 3)):
        add_line(mail, envelope, at)
    assert (about(mail, "a"), [each.note for each in mail.lines_about("2" * 64)]) == ([first], [mail.lines()[1].note])
    rows(keyring, f"UPDATE messages SET note = x'00' WHERE number = {other}")
    rows(keyring, "UPDATE lines SET sealed = x'00' WHERE number = 2")
    assert about(mail, "a") == [first]
    assert len(mail.lines_about("1" * 64)) == 2
    assert mail.damaged == []
    assert (about(mail, "b"), mail.lines_about("2" * 64)) == ([], [])
    assert [each.partition(" is damaged")[0] for each in mail.damaged] == [f"message {other}", "line 2"]


def test_marks_that_were_taken_away_are_made_anew(mail: MailStore, keyring: Keyring) -> None:
    numbers = [add(mail, "a"), add(mail, "a")]
    assert about(mail, "a") == numbers
    before = rows(keyring, "SELECT mark, row FROM marks ORDER BY row")
    rows(keyring, "DELETE FROM marked")
    assert about(mail, "a") == numbers
    assert rows(keyring, "SELECT mark, row FROM marks ORDER BY row") == before


def test_a_mark_that_leads_elsewhere_leads_nowhere(mail: MailStore, keyring: Keyring) -> None:
    first, second = add(mail, "a"), add(mail, "b")
    assert about(mail, "a") == [first]
    rows(keyring, f"UPDATE marks SET row = {second}")
    assert about(mail, "a") == []
    rows(keyring, "UPDATE marks SET row = 4711")
    assert about(mail, "a") == []


def test_nobody_sees_on_the_disk_what_is_about_the_same(mail: MailStore, keyring: Keyring) -> None:
    for each in "aab":
        add(mail, each)
    assert len(about(mail, "a")) == 2
    # Each has two: the message its receipt is about, and the hash of its own text.
    assert len({mark for (mark,) in rows(keyring, "SELECT mark FROM marks")}) == 2 * 3, (
        "each is about a receipt, and under the hash of its text"
    )
    assert not found_on_disk(keyring.profile.path, b"a" * 32, bytes.fromhex("aa" * 16))


def test_a_lost_mark_hides_what_stands_behind_it_and_nothing_else(mail: MailStore, keyring: Keyring) -> None:
    first, second, other = add(mail, "a"), add(mail, "a"), add(mail, "b")
    assert about(mail, "a") == [first, second]
    with sqlite3.connect(keyring.profile.path / "messages.db") as db:
        db.execute("DELETE FROM marks WHERE row = ?", (first,))
    third, fourth = add(mail, "a"), add(mail, "a")
    assert about(mail, "b") == [other]
    assert about(mail, "a") == [second, third, fourth]


def test_a_disk_that_is_full_keeps_nobody_from_reading(mail: MailStore) -> None:
    receipts = [add(mail, "a") for _ in range(150)]
    add_line(mail, "e", 1)
    pages = mail._db.execute("PRAGMA page_count").fetchone()[0]
    mail._db.execute(f"PRAGMA max_page_count = {pages}")
    assert about(mail, "a") == receipts
    assert about(mail, "b") == []
    assert len(mail.lines_about("e" * 64)) == 1
