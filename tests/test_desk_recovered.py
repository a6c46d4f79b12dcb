"""What another desk of the officer takes from a recovery file: rules R1 to R7 of `desk.profile.recovered`."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from desk_world import changed as with_fields
from desk_world import (
    checkpoint,
    desk,
    epoch_identity,
    message,
    note_of,
    refused,
)
from desk_world import network as first_network
from directory_world import local_id, officer_id
from recovery_world import (
    ENVELOPE,
    KEY,
    WORLD,
    Desks,
    came,
    delivered,
    first,
    forged,
    head,
    keep,
    line_of,
    record,
    sent,
    take,
    write,
)

from crypto.age import decrypt
from desk.errors import Declined, Distrust, Locked, Usage
from desk.mail.content import Receipt, Text
from desk.mail.facts import Facts, StoredLine
from desk.mail.message import Sender
from desk.mail.store import MailStore
from desk.profile.answering import decide, mark_opened
from desk.profile.recovered import bring, completed
from desk.profile.recovery import opened
from desk.profile.recovery_file import AttachmentRecord, LineRecord, Record
from desk.profile.recovery_head import check_head
from desk.profile.unlocked import Unlocked
from desk.replica.store import ReplicaStore
from directory.statement import RevokeOfficer


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    found = Desks(tmp_path)
    yield found
    found.close()


def test_everything_is_there_again_with_its_proofs(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1, opened=5), came(2, decided="accepted", decided_at=9), sent(3))
    old.mail.add_line(StoredLine(kind="delivered", envelope=ENVELOPE, note=delivered().decode()))
    done = write(old, file)
    assert (done.end.messages, done.end.lines, done.end.attachments) == (3, 1, 0)
    brought = take(new, file)
    assert (brought.messages, brought.lines, brought.refused, brought.later) == ([1, 2, 3], 1, [], 0)
    for there, here in zip(old.mail.all(), new.mail.all(), strict=True):
        assert (there.note, there.message) == (here.note, here.message)
        assert here.facts == with_fields(there.facts, origin=local_id("ec-night"), recovered=WORLD.now)
    assert old.mail.lines() == new.mail.lines()
    assert new.mail.waiting() == []


def test_notes_are_sealed_to_the_new_archive_and_open_with_age(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came())
    write(old, file)
    take(new, file)
    ((sealed,),) = new.mail._db.execute("SELECT note FROM messages").fetchall()
    assert decrypt(sealed, [epoch_identity("ec-night/2", "archive")]) == next(old.mail.all()).note


def test_twice_is_once(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    take(new, file)
    before = list(new.mail.all())
    again = take(new, file)
    assert (again.messages, again.completed, again.lines) == ([], 0, 0)
    assert list(new.mail.all()) == before


def test_an_interrupted_run_is_gone_on_with(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, *(came(number) for number in range(8)))
    write(old, file)

    def until(stop: int) -> None:
        with opened(file, [KEY]) as begin:
            for count, each in enumerate(begin().records()):
                if count == stop:
                    raise KeyboardInterrupt
                bring(new, head(), iter([each]))

    with pytest.raises(KeyboardInterrupt):
        until(5)
    assert new.mail.count() == 5
    assert len(take(new, file).messages) == 3
    assert new.mail.count() == 8


def test_what_is_known_here_is_not_taken_back(desks: Desks, tmp_path: Path) -> None:
    """An older file, or one of a desk that knew more, says nothing of what came to this desk itself."""
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    first, second = came(1), came(2, opened=7, decided="accepted", decided_at=8)
    keep(old, first, second)
    write(old, file)
    keep(new, (first[0], with_fields(first[1], opened=3, decided="refused", decided_at=4)), came(2))
    before = list(new.mail.all())
    brought = take(new, file)
    assert (brought.messages, brought.completed) == ([], 0)
    assert list(new.mail.all()) == before


def test_an_older_file_takes_nothing_back(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1))
    write(old, file)
    old.mail.note_facts(1, with_fields(old.mail.get(1).facts, opened=9, decided="accepted", decided_at=10))
    write(old, tmp_path / "newer.age")
    take(new, tmp_path / "newer.age")
    before = list(new.mail.all())
    assert take(new, file).completed == 0
    assert list(new.mail.all()) == before


def test_a_second_file_of_the_same_desk_brings_what_came_since(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1))
    write(old, file)
    take(new, file)
    old.mail.note_facts(1, with_fields(old.mail.get(1).facts, opened=9))
    keep(old, came(2))
    write(old, file, replace=True)
    brought = take(new, file)
    assert (len(brought.messages), brought.completed, new.mail.get(1).facts.opened) == (1, 1, 9)


def test_what_waited_to_be_sent_is_not_sent_by_another_desk(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, sent(1, yet=False), queue=True)
    write(old, file)
    take(new, file)
    assert new.mail.waiting() == []
    assert new.mail.get(1).facts.sent == 0


async def test_a_recovered_message_is_opened_without_a_second_receipt(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1, opened=5), came(2))
    write(old, file)
    take(new, file)
    mark_opened(new, 1)
    assert new.mail.waiting() == []
    mark_opened(new, 2)  # which the lost desk never opened: its sender learns that it is read now
    (waiting,) = new.mail.waiting()
    content = waiting.stored.message.content
    assert isinstance(content, Receipt)
    assert waiting.stored.message.sender.device == local_id("ec-night/2")


async def test_only_the_device_it_was_sealed_to_can_stop_its_clock(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1))
    write(old, file)
    take(new, file)
    with pytest.raises(Declined, match=r"came from a recovery file: .* --reply-to"):
        await decide(new, None, 1, "accepted", "")  # type: ignore[arg-type]  # it is never asked


def test_the_same_desk_takes_its_own_archive_back(desks: Desks, tmp_path: Path) -> None:
    """Whose `messages.db` was damaged and moved away."""
    old, file = desks.desk("ec-night"), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    again = desks.desk("ec-night", place="again")
    assert take(again, file).messages == [1, 2]


def test_what_a_recovered_desk_writes_is_taken_by_the_next(desks: Desks, tmp_path: Path) -> None:
    world = first().copy()
    world.admit(world.enrolling("ec-night/3"), "ec-chief")
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    take(new, file)
    write(new, file, replace=True)
    third = desks.desk("ec-night/3", world)
    brought = take(third, file)
    assert (brought.messages, brought.refused) == ([1, 2], [])
    assert {each.facts.origin for each in third.mail.all()} == {local_id("ec-night")}


HEADS = {
    "another network": ({"network": "cd" * 32}, "of another network"),
    "another member": (
        {"officer": officer_id("co-night"), "device": local_id("co-night"), "member": "co"},
        "holds the archive of co, and this desk is of ec",
    ),
    "another member, denied": ({"officer": officer_id("co-night"), "device": local_id("co-night")}, "archive of co"),
    "another officer": (
        {"officer": officer_id("ec-day"), "device": local_id("ec-day")},
        "say so: --of-officer",
    ),
    "another officer's device": ({"device": local_id("ec-day")}, "a device that is another officer's"),
    "an unknown device": ({"device": "ab" * 32}, "run `enlace sync`"),
    "an unknown officer": ({"officer": "ab" * 16}, "run `enlace sync`"),
}


@pytest.mark.parametrize(("fields", "words"), HEADS.values(), ids=HEADS)
def test_whose_archive_is_not_taken(desks: Desks, fields: dict[str, object], words: str) -> None:
    new = desks.desk("ec-night/2")
    assert words in refused(lambda: check_head(new, head(**fields)), Declined)


def test_a_former_colleagues_archive_is_taken_over_when_it_is_said(desks: Desks, tmp_path: Path) -> None:
    world = first().copy()
    left = world.say(RevokeOfficer, officer=officer_id("ec-night"), reason="left")
    world.admit(left, "ec-chief", "ec-deputy")
    old, new, file = desks.desk("ec-night"), desks.desk("ec-day", world), tmp_path / "archive.age"
    keep(old, came(1), sent(2))
    write(old, file)
    with pytest.raises(Declined, match="--of-officer"):
        take(new, file)
    assert take(new, file, officer_id("ec-night")).messages == [1, 2]


def test_the_archive_of_a_colleague_in_office_is_their_own(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-day"), tmp_path / "archive.age"
    keep(old, came(1))
    write(old, file)
    with pytest.raises(Declined, match=r"is in office: .* `enlace officer revoke"):
        take(new, file, officer_id("ec-night"))
    assert new.mail.count() == 0


def test_a_new_desk_is_shown_no_older_directory_than_the_lost_one_had(desks: Desks) -> None:
    world = first_network()
    new = desks.desk("ec-night", world)
    with pytest.raises(Declined, match=r"the lost desk knew \d+ statements, this one \d+"):
        check_head(new, head())


def test_a_larger_directory_that_nobody_signed_blames_no_relay(desks: Desks) -> None:
    """Whoever wrote the file may have made it up; a relay that is named later may have signed it, too."""
    new = desks.desk("ec-night/2")
    forged = checkpoint(WORLD, keys="stranger log").decode().replace(f"\n{len(WORLD.entries)}\n", "\n4096\n")
    words = refused(lambda: check_head(new, head(checkpoint=forged)), Declined)
    assert ("directory of 4096 statements" in words, "ask who handed it over" in words) == (True, True), words
    assert "relay hides" not in words


def test_a_new_desk_is_shown_no_other_history_than_the_lost_one_had(desks: Desks) -> None:
    new, other = desks.desk("ec-night/2"), first_network()
    other.admit(other.enrolling("ec-day/2"), "ec-chief")
    other.now += 60
    with pytest.raises(Distrust) as caught:
        check_head(new, head(checkpoint=checkpoint(other).decode()))
    assert caught.value.evidence


def test_a_file_for_a_desk_without_a_directory_waits(desks: Desks, tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night/2", WORLD)
    store, mail = ReplicaStore(tmp_path / "r.db", keyring.replica_seal), MailStore(tmp_path / "m.db", keyring)
    desks.opened += [store, mail]
    with pytest.raises(Declined, match="no directory yet"):
        check_head(Unlocked(keyring.profile, keyring, store, mail, lambda: WORLD.now), head())


SAID, KNOWN = came(1)
OWN, OUT = sent(2)
STRANGER = with_fields(SAID, sender=Sender(contact="co-court", device=local_id("co-night")))
RECORDS = {
    "altered": (record(SAID, KNOWN, note_of(SAID).replace(b"at noon", b"at dusk")), "does not count"),
    "signed by another": (record(SAID, KNOWN, note_of(SAID, "co-day")), "does not count"),
    "not for that device": (record(message(WORLD, to=["ec-court"]), KNOWN), "was not for the device"),
    "a colleague's that is none": (record(SAID, with_fields(KNOWN, direction="colleague")), "was not for the device"),
    "received, and said to be sent": (record(SAID, with_fields(KNOWN, direction="out")), "another device than signed"),
    "sent, and said to be received": (
        record(OWN, with_fields(OUT, direction="in"), note_of(OWN, "ec-night")),
        "another device than signed",
    ),
    "for a contact its sender never served": (record(STRANGER, KNOWN), "never served co-court"),
    "from the archive of another authority": (
        record(SAID, with_fields(KNOWN, origin=local_id("co-day"))),
        "not of this authority",
    ),
    "from the archive of nobody": (record(SAID, with_fields(KNOWN, origin="ab" * 32)), "not of this authority"),
    "a line that does not hold": (
        line_of(ENVELOPE, delivered().replace(b"e1e1", b"e2e2")),
        "a signed line that does not",
    ),
    "a line about another envelope": (line_of("e2" * 32, delivered()), "another envelope than the file says"),
}


@pytest.mark.parametrize(("forgery", "words"), RECORDS.values(), ids=RECORDS)
def test_what_does_not_count_is_refused_and_the_rest_goes_on(
    desks: Desks, tmp_path: Path, forgery: tuple[Record, bytes], words: str
) -> None:
    new, good = desks.desk("ec-night/2"), record(*came(7))
    order = [good, forgery] if isinstance(forgery[0], LineRecord) else [forgery, good]
    brought = take(new, forged(tmp_path / "archive.age", order))
    assert len(brought.messages) == 1
    assert len(brought.refused) == 1
    assert words in brought.refused[0]


def test_receipts_in_the_file_are_judged_anew(desks: Desks, tmp_path: Path) -> None:
    """A file may say that nothing is to be warned of; only the relay's signature makes it so."""
    new = desks.desk("ec-night/2")
    _, facts = came(1)
    forgeries = [
        record(message(WORLD, case="a"), with_fields(facts, envelope="aa" * 32)),
        record(message(WORLD, case="b"), Facts(direction="in", received=1)),
        record(message(WORLD, case="c"), with_fields(facts, warnings=("unproven", "fallback-key"))),
    ]
    take(new, forged(tmp_path / "archive.age", forgeries))
    assert [each.facts.warnings for each in new.mail.all()] == [("unproven",), ("unproven",), ("fallback-key",)]


def test_another_text_under_an_id_that_is_held_is_put_aside(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    keep(new, came(1))
    other = with_fields(SAID, content=Text(subject="Another", text="They never crossed."))
    brought = take(new, forged(tmp_path / "archive.age", [record(other, KNOWN)]))
    assert "shows different people different things" in brought.refused[0]
    assert new.mail.get(1).message == SAID
    assert "two-texts" in new.mail.get(1).facts.warnings


def test_of_a_sender_not_known_yet_it_is_told_to_synchronise(desks: Desks, tmp_path: Path) -> None:
    world = WORLD.copy()
    world.add_officer("co-new", "co")
    letter = message(WORLD, sender="co-new")
    path = forged(tmp_path / "archive.age", [record(letter, KNOWN, note_of(letter, "co-new")), record(*came(7))])
    brought = take(desks.desk("ec-night/2"), path)
    assert (brought.later, len(brought.messages)) == (1, 1)


def test_an_attachment_that_no_message_names_makes_the_file_none(desks: Desks, tmp_path: Path) -> None:
    data = b"a file that fills the disk"
    stray = (AttachmentRecord(hash=sha256(data).hexdigest(), size=len(data)), data)
    new = desks.desk("ec-night/2")
    with pytest.raises(Usage, match="no message before it names"):
        take(new, forged(tmp_path / "archive.age", [record(*came(1)), stray]))
    assert (new.mail.count(), list((new.profile.path / "files").iterdir())) == (0, [])


@pytest.mark.parametrize("cut", [1, 20, 200, 3000, 9000])
def test_a_file_that_was_cut_changes_nothing(desks: Desks, tmp_path: Path, cut: int) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), came(2))
    write(old, file)
    file.write_bytes(file.read_bytes()[:-cut])
    with pytest.raises(Usage, match="damaged"):
        take(new, file)
    assert new.mail.count() == 0


@pytest.mark.parametrize("at", [0, 10, 60, 100, 250, 400, 4000, -1])
def test_a_file_that_was_altered_changes_nothing(desks: Desks, tmp_path: Path, at: int) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    keep(old, came(1), came(2))
    write(old, file)
    raw = bytearray(file.read_bytes())
    raw[at] ^= 1
    file.write_bytes(raw)
    with pytest.raises((Usage, Locked)):
        take(new, file)
    assert new.mail.count() == 0


def test_what_is_missing_is_filled_in_fact_by_fact() -> None:
    bare, full = Facts(direction="in"), with_fields(KNOWN, opened=1, decided="accepted", decided_at=2, sent=3)
    assert completed(full, bare) == full
    assert completed(bare, full) == with_fields(full)
    assert completed(completed(bare, full), with_fields(full, opened=9, decided="refused")) == full
