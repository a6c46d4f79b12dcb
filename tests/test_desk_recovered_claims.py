"""What a recovery file only says of messages: nobody signed it, and it never counts as if somebody had."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import changed as with_fields
from desk_world import message, note_of
from directory_world import local_id
from recovery_world import ENVELOPE, WORLD, Desks, came, forged, keep, record, said, sent, take, write

from desk.commands.messages import by_word, proven
from desk.mail.content import Receipt
from desk.mail.facts import Facts
from desk.mail.message import Sender
from desk.mail.trail import trail
from desk.profile.recovered import Brought
from desk.profile.unlocked import Unlocked


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    found = Desks(tmp_path)
    yield found
    found.close()


REAL, KNOWN = came(1)
FAKE = said(99)  # signed by the same device, and never handed to the relay


def stored(desk: Unlocked) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.message.case, each.facts.envelope, each.facts.warnings) for each in desk.mail.all()]


def told(brought: Brought, number: int) -> bool:
    return [f"is that of message {number}" in each for each in brought.refused] == [True]


@pytest.mark.parametrize("order", [(REAL, FAKE), (FAKE, REAL)], ids=["after it", "before it"])
def test_no_message_borrows_the_receipt_of_another(desks: Desks, tmp_path: Path, order: tuple[object, ...]) -> None:
    """Which of the two came in that envelope nothing proves: the second comes in with nothing said of it."""
    first, second = REAL if order[0] is REAL else FAKE, FAKE if order[0] is REAL else REAL
    new, file = desks.desk("ec-night/2"), tmp_path / "archive.age"
    brought = take(new, forged(file, [record(first, KNOWN), record(second, KNOWN)]))
    assert stored(new) == [(first.case, KNOWN.envelope, ()), (second.case, "", ("unproven",))]
    assert told(brought, 1)
    again = take(new, file)
    assert (again.completed, stored(new)[1]) == (0, (second.case, "", ("unproven",)))


def test_what_came_to_this_desk_itself_keeps_its_envelope(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    keep(new, (REAL, KNOWN))
    brought = take(new, forged(tmp_path / "archive.age", [record(FAKE, KNOWN)]))
    assert stored(new) == [(REAL.case, KNOWN.envelope, ()), (FAKE.case, "", ("unproven",))]
    assert told(brought, 1)


def test_a_receipt_from_a_file_is_the_lost_desks_word(desks: Desks, tmp_path: Path) -> None:
    new, own = desks.desk("ec-night/2"), came(2)
    keep(new, own)
    take(new, forged(tmp_path / "archive.age", [record(REAL, KNOWN)]))
    first, second = new.mail.all()
    assert (proven(first.facts), by_word(first.facts)) == (first.facts.relayed.leaf.time, 0)  # type: ignore[union-attr]  # it was relayed
    assert (proven(second.facts), by_word(second.facts)) == (0, second.facts.relayed.leaf.time)  # type: ignore[union-attr]  # it was relayed
    view = new.replica().view
    said_of = ["only the lost desk's word" in each.proof for each in trail(new.mail, view, second)]
    assert said_of == [True]
    assert not any("word" in each.proof for each in trail(new.mail, view, first))


def test_what_a_file_fills_in_here_is_the_lost_desks_word_too(desks: Desks, tmp_path: Path) -> None:
    again = desks.desk("ec-night", place="again")
    keep(again, (REAL, with_fields(KNOWN, envelope="", relayed=KNOWN.relayed)))
    take(again, forged(tmp_path / "archive.age", [record(REAL, KNOWN)]))
    facts = again.mail.get(1).facts
    assert (facts.envelope, proven(facts), bool(by_word(facts))) == (KNOWN.envelope, 0, True)


OWN = with_fields(
    message(WORLD, "ec-night/2", ["co-desk"], case="urgent"),
    sender=Sender(contact="ec-desk", device=local_id("ec-night/2")),
)


def test_no_file_says_of_a_message_that_waits_here_that_it_was_sent(desks: Desks, tmp_path: Path) -> None:
    new, note = desks.desk("ec-night/2"), note_of(OWN, "ec-night/2")
    assert new.mail.add(OWN, note, Facts(direction="out"), queue=True) == 1
    claim = Facts(direction="out", envelope=ENVELOPE, sent=WORLD.now, origin=OWN.sender.device)
    brought = take(new, forged(tmp_path / "archive.age", [record(OWN, claim, note)]))
    assert (brought.completed, new.mail.get(1).facts) == (0, Facts(direction="out"))
    assert [each.stored.number for each in new.mail.waiting()] == [1]
    new.mail.given_up(1)  # what no longer waits, an older copy of this very desk's store may not know to be sent
    assert take(new, tmp_path / "archive.age").completed == 1


@pytest.mark.parametrize("warnings", [("no-such-warning",), ("dated", "\x1b[2J"), ("fork", "fork")])
def test_only_warnings_that_a_desk_gives_are_taken_over(
    desks: Desks, tmp_path: Path, warnings: tuple[str, ...]
) -> None:
    new = desks.desk("ec-night/2")
    take(new, forged(tmp_path / "archive.age", [record(REAL, with_fields(KNOWN, warnings=warnings))]))
    kept = new.mail.get(1).facts.warnings
    assert kept == (("fork",) if "fork" in warnings else ())


def test_a_stage_that_the_message_does_not_have_is_refused(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    brought = take(
        new, forged(tmp_path / "archive.age", [record(REAL, with_fields(KNOWN, stage=77)), record(*came(2))])
    )
    assert (len(brought.messages), ["stage" in each for each in brought.refused]) == (1, [True])


@pytest.mark.parametrize("act", ["", "opened", "accepted"])
def test_a_desk_whose_store_is_older_than_its_own_file_learns_from_what_it_signed(
    desks: Desks, tmp_path: Path, act: str
) -> None:
    """A file's word alone says nothing of what came here itself: it would close what still rings."""
    old, again, file = desks.desk("ec-night"), desks.desk("ec-night", place="again"), tmp_path / "archive.age"
    letter, facts = came(1)
    keep(again, (letter, facts))
    keep(old, (letter, with_fields(facts, opened=5, decided="accepted", decided_at=6)))
    if act:
        content = Receipt(act=act, message=letter.id, envelope=facts.envelope)  # type: ignore[arg-type]  # as above
        plain = message(WORLD, "ec-night", ["co-desk"], content=content, id="c" * 32)
        keep(old, (with_fields(plain, sender=Sender(contact="ec-desk", device=local_id("ec-night"))), sent()[1]))
    write(old, file)
    brought, known = take(again, file), again.mail.get(1).facts
    assert brought.completed == int(bool(act))
    assert (known.opened, known.decided) == (5 if act else 0, "accepted" if act == "accepted" else "")
    assert (known.origin, take(again, file).completed) == ("", 0)
