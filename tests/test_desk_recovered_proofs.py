"""What shows an envelope goes along in a recovery file: made again here, a receipt counts as if it had come itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bundle_world import CIPHER, FILE
from desk_world import EVERYBODY, choices, message, note_of, receipt
from desk_world import changed as with_fields
from directory_world import key_pair, local_id, officer_id
from recovery_world import WORLD, Desks, forged, keep, record, said, take, write
from roster_world import roster, shift

from desk.cases.acts import CaseEvent, Open
from desk.cases.held import held_case
from desk.commands.messages import by_word, proven
from desk.handling.expiry import stub_of
from desk.handling.stored import taken_in
from desk.mail.content import DutyRoster
from desk.mail.envelope_proof import MOST_PROOF, EnvelopeProof
from desk.mail.facts import Facts
from desk.mail.intake import TWO_TEXTS
from desk.mail.message import Message, Sender, stored_message
from desk.mail.sealing import Sealed, seal
from desk.mail.subjects import text_hash
from desk.mail.trail import clock_lines, trail
from desk.profile.recovery_file import AttachmentRecord, LineRecord, MessageRecord, ProofRecord, Record, RecoveryError
from desk.profile.unlocked import Unlocked
from desk.rosters.kept import kept
from desk.rosters.versions import highest
from directory.canonical import encode
from relay.protocol.lines import Step, device_name, write_line
from relay.protocol.receipts import Relayed


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    found = Desks(tmp_path)
    yield found
    found.close()


NOTE = note_of(said(1))
OTHER = note_of(said(2))


def sealed(letter: Message, note: bytes) -> Sealed:
    return seal(WORLD.view, letter, note, choices(*EVERYBODY), {}, WORLD.now)


CAME, ELSE = sealed(said(1), NOTE), sealed(said(2), OTHER)


def facts(of: Sealed = CAME) -> Facts:
    return Facts(
        direction="in", received=WORLD.now, envelope=of.envelope.hash, relayed=receipt(of.envelope, WORLD), opened=5
    )


def showing(proof: EnvelopeProof | bytes = CAME.proof) -> tuple[Record, bytes]:
    raw = proof if isinstance(proof, bytes) else encode(proof)
    return ProofRecord(size=len(raw)), raw


def holding(desk: Unlocked, *, shown: bool = True) -> None:
    """The desk that message 1 came to."""
    assert desk.mail.add(said(1), NOTE, facts()) == 1
    if shown:
        desk.mail.proofs.put(1, CAME.proof)


def counts(desk: Unlocked, number: int = 1) -> bool:
    """Whether the relay's receipt for a message is proven here; the trail says the same."""
    stored = desk.mail.get(number)
    relayed = stored.facts.relayed
    assert isinstance(relayed, Relayed)
    time, (event, *_) = relayed.leaf.time, trail(desk.mail, desk.replica().view, stored)
    assert (proven(stored.facts), by_word(stored.facts)) in ((time, 0), (0, time))
    assert ("only the lost desk's word" in event.proof) == (proven(stored.facts) == 0)
    assert (taken_in(stored.facts, WORLD.now) is not None) == (proven(stored.facts) != 0)  # as a consent is judged
    assert (desk.mail.proofs.proof(number) is not None) == (proven(stored.facts) != 0)
    return bool(proven(stored.facts))


@pytest.mark.parametrize("shown", [True, False], ids=["with its proof", "without"])
def test_a_receipt_counts_where_its_envelope_is_shown(desks: Desks, tmp_path: Path, shown: bool) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    holding(old, shown=shown)
    assert write(old, file).end.proofs == int(shown)
    brought = take(new, file)
    assert (brought.messages, brought.refused, counts(new)) == ([1], [], shown)
    before = new.mail.get(1)
    again = take(new, file)
    assert (again.completed, again.refused, new.mail.get(1)) == (0, [], before)


def test_it_goes_from_desk_to_desk_and_each_makes_the_envelope_again(desks: Desks, tmp_path: Path) -> None:
    first, second, third = desks.desk("ec-night"), desks.desk("ec-night/2"), desks.desk("ec-night", place="third")
    holding(first)
    write(first, tmp_path / "one.age")
    take(second, tmp_path / "one.age")
    assert write(second, tmp_path / "two.age").end.proofs == 1
    take(third, tmp_path / "two.age")
    assert counts(third)


def test_a_file_that_has_the_proof_mends_what_came_without(desks: Desks, tmp_path: Path) -> None:
    old, new, file = desks.desk("ec-night"), desks.desk("ec-night/2"), tmp_path / "archive.age"
    holding(old)
    take(new, forged(tmp_path / "bare.age", [record(said(1), facts(), NOTE)]))
    assert not counts(new)
    write(old, file)
    take(new, file)
    assert counts(new)


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([record(said(1), facts(ELSE), NOTE), showing(ELSE.proof)], "the note was not in the envelope that is named"),
        ([record(said(1), facts(), NOTE), showing(ELSE.proof)], "the note was not in the envelope that is named"),
        ([record(said(1), facts(ELSE), NOTE), showing()], "the note was not in the envelope that is named"),
        ([record(said(1), facts(), NOTE), showing(b"{}")], "header"),
        ([record(said(1), facts(), NOTE), showing(b"\xff" * 40)], "JSON is malformed"),
        ([record(said(1), facts(), NOTE), showing(with_fields(CAME.proof, key="0" * 32))], "does not"),
    ],
    ids=["of another message", "another envelope's", "for another receipt", "no proof", "no JSON", "another key"],
)
def test_what_shows_another_envelope_or_none_counts_for_nothing(
    desks: Desks, tmp_path: Path, records: list[tuple[Record, bytes]], why: str
) -> None:
    new = desks.desk("ec-night/2")
    brought = take(new, forged(tmp_path / "archive.age", records))
    (refused,) = brought.refused
    assert refused.startswith("what is to show the envelope of message ")
    assert why in refused
    assert (brought.messages, counts(new)) == ([1], False)


def test_the_proof_of_a_message_that_is_refused_shows_nothing_of_another(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    stranger = record(said(2), facts(ELSE), OTHER.replace(b"enlace/message/v1", b"enlace/message/v2", 1))
    known = record(said(1), facts(), NOTE)
    with pytest.raises(RecoveryError, match="it has a message that is none"):
        take(new, forged(tmp_path / "bad.age", [known, stranger, showing()]))
    wrong = with_fields(facts(), stage=9)
    brought = take(new, forged(tmp_path / "archive.age", [known, record(said(1), wrong, NOTE), showing()]))
    assert (len(brought.refused), counts(new)) == (1, False)


def test_what_is_shown_stands_before_what_another_file_said(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    take(new, forged(tmp_path / "bad.age", [record(said(2), facts(CAME), OTHER)]))
    brought = take(new, forged(tmp_path / "good.age", [record(said(1), facts(), NOTE), showing()]))
    (told,) = brought.refused
    assert told == "the envelope message 1 was said to have come in: it is shown to be that of another"
    assert counts(new, 2)
    bare = new.mail.get(1).facts
    assert (bare.envelope, bare.receipt, by_word(bare), bare.warnings) == ("", None, 0, ("unproven",))
    again = take(new, forged(tmp_path / "again.age", [record(said(2), facts(CAME), OTHER)]))
    assert (len(again.refused), again.completed, counts(new, 2)) == (1, 0, True)


def test_what_is_shown_stands_before_what_was_said_of_the_same_message(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    take(new, forged(tmp_path / "bad.age", [record(said(1), facts(ELSE), NOTE)]))
    brought = take(new, forged(tmp_path / "good.age", [record(said(1), facts(), NOTE), showing()]))
    assert (brought.refused, brought.completed, counts(new)) == ([], 1, True)
    assert new.mail.get(1).facts.envelope == CAME.envelope.hash


def test_a_receipt_that_proves_fills_in_where_there_is_none(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    bare = with_fields(facts(), relayed=receipt(ELSE.envelope, WORLD))
    take(new, forged(tmp_path / "less.age", [record(said(1), bare, NOTE), showing()]))
    assert new.mail.get(1).facts.warnings == ("unproven",)
    brought = take(new, forged(tmp_path / "good.age", [record(said(1), facts(), NOTE), showing()]))
    assert (brought.completed, counts(new), new.mail.get(1).facts.warnings) == (1, True, ())
    assert take(new, tmp_path / "less.age").completed == 0


def test_a_message_that_is_refused_takes_no_envelope(desks: Desks, tmp_path: Path) -> None:
    new, two = desks.desk("ec-night/2"), with_fields(said(2), case="another text")
    assert new.mail.add(said(2), OTHER, facts(ELSE)) == 1
    records = [record(two, facts(CAME), note_of(two)), record(said(1), facts(), NOTE), showing()]
    brought = take(new, forged(tmp_path / "archive.age", records))
    assert (["says something else" in each for each in brought.refused], counts(new, 2)) == ([True], True)


def test_an_erased_message_brings_no_file_back(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    letter = with_fields(said(1), attachments=(FILE,))
    note = note_of(letter)
    assert new.mail.add(letter, note, facts()) == 1
    new.mail.erase(1, stub_of(new.mail.get(1), WORLD.now, WORLD.now))
    file: tuple[Record, bytes] = (AttachmentRecord(hash=FILE.cipher_hash, size=FILE.cipher_size), CIPHER)
    brought = take(new, forged(tmp_path / "archive.age", [record(letter, facts(), note), file]))
    assert (brought.attachments, ["it was erased here" in each for each in brought.refused]) == (0, [True])
    assert not list((new.profile.path / "files").glob("*"))


def test_a_line_about_an_envelope_says_nothing_of_a_message_that_only_a_word_puts_into_it(
    desks: Desks, tmp_path: Path
) -> None:
    for number, shown in enumerate((False, True)):
        new = desks.desk("ec-night/2", place=str(number))
        step = Step(
            network=WORLD.network, envelope=CAME.envelope.hash, at=WORLD.now, device=local_id("ec-day"), act="accepted"
        )
        raw = write_line(step, device_name(WORLD.name, step.device), key_pair("ec-day"))
        line = LineRecord(line="step", envelope=step.envelope, size=len(raw)), raw
        records = [record(said(1), facts(), NOTE), *([showing()] * shown), line]
        brought = take(new, forged(tmp_path / f"{number}.age", records))
        assert (brought.by_word, brought.lines) == (int(not shown), 1)
        stored, view = new.mail.get(1), new.replica().view
        (told,) = [each for each in trail(new.mail, view, stored) if each.device]
        assert (told.counts, "only the lost desk's word" in told.proof) == (shown, not shown)
        assert len(clock_lines(new.mail, view, stored)) == int(shown)


def test_a_mark_that_this_desk_made_stays(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    take(new, forged(tmp_path / "bad.age", [record(said(1), facts(ELSE), NOTE)]))
    marked = with_fields(new.mail.get(1).facts, warnings=("unproven", TWO_TEXTS))
    new.mail.note_facts(1, marked)
    take(new, forged(tmp_path / "good.age", [record(said(1), facts(), NOTE), showing()]))
    assert (new.mail.get(1).facts.warnings, counts(new)) == ((TWO_TEXTS,), True)


def test_a_case_is_not_opened_by_the_word_of_a_file(desks: Desks, tmp_path: Path) -> None:
    letter = with_fields(said(1), case_event=CaseEvent(act=Open(title="Forged")))
    note = note_of(letter)
    for number, shown in enumerate((False, True)):
        new, came = desks.desk("ec-night/2", place=str(number)), sealed(letter, note)
        records = [record(letter, facts(came), note), *([showing(came.proof)] if shown else [])]
        take(new, forged(tmp_path / f"{number}.age", records))
        name = text_hash(stored_message(note)[1])
        held = held_case(new.mail.about(f"case {name}"), new.replica().view, name)
        assert (held.events[name].signed.taken_in is not None, held.case is not None) == (shown, shown)


def test_no_roster_holds_by_the_word_of_a_file(desks: Desks, tmp_path: Path) -> None:
    own = Sender(contact="ec-desk", device=local_id("ec-night"))
    shifts = roster(shift("night", officers=(officer_id("ec-night"),)), contact="ec-desk", seq=highest(WORLD.now))
    plain = message(WORLD, "ec-night", ["ec-desk"], stop="never", content=DutyRoster(roster=shifts))
    letter = with_fields(plain, sender=own)
    note = note_of(letter, "ec-night")
    for number, shown in enumerate((False, True)):
        new, came = desks.desk("ec-night/2", place=str(number)), sealed(letter, note)
        said_of = with_fields(facts(came), direction="out", sent=WORLD.now)
        take(
            new,
            forged(tmp_path / f"{number}.age", [record(letter, said_of, note), *([showing(came.proof)] * shown)]),
        )
        assert (kept(new.mail, new.replica().view, "ec-desk").holds is not None) == shown


READ_AS_SAID = {
    "desk/profile/recovered.py": "counted, to be told",
    "desk/cases/bundle_export.py": "goes along as it is: without its proof it is claimed",
    "desk/commands/messages.py": "shown as the lost desk's word",
    "desk/handling/expiry.py": "kept in what stays of it, which nothing is judged by",
    "desk/mail/handed.py": "goes along as it is: without its proof it is claimed",
    "desk/mail/outbox.py": "of what this desk has just sent",
    "desk/mail/reconsider.py": "warned of, whatever it is of",
    "desk/mail/trail.py": "shown as the lost desk's word",
    "desk/profile/recovered_envelopes.py": "warned of, whatever it is of",
    "desk/requests/stored.py": "shown as the lost desk's word",
}


def test_who_judges_by_a_receipt_asks_for_one_that_is_the_messages_own() -> None:
    """`Facts.receipt`: whoever reads `relayed` past it says why."""
    house = Path(__file__).parent.parent
    files = {str(each.relative_to(house)): each.read_text(encoding="utf-8") for each in house.glob("desk/**/*.py")}
    assert {name for name, text in files.items() if "facts.relayed" in text} == READ_AS_SAID.keys()


def test_what_came_here_itself_stays_as_it_is(desks: Desks, tmp_path: Path) -> None:
    new, other = desks.desk("ec-night/2"), sealed(said(1), NOTE)
    keep(new, (said(1), facts()))
    new.mail.proofs.put(1, CAME.proof)
    before = new.mail.get(1)
    brought = take(new, forged(tmp_path / "archive.age", [record(said(1), facts(other), NOTE), showing(other.proof)]))
    assert (brought.refused, new.mail.get(1), new.mail.proofs.proof(1)) == ([], before, CAME.proof)


def test_a_proof_longer_than_any_is_refused_with_the_file(desks: Desks, tmp_path: Path) -> None:
    new = desks.desk("ec-night/2")
    long = showing(b"x" * (MOST_PROOF + 1))
    with pytest.raises(RecoveryError, match="larger than any can be"):
        take(new, forged(tmp_path / "archive.age", [record(said(1), facts(), NOTE), long]))
    assert new.mail.count() == 0


def test_what_a_file_says_of_a_message_never_says_that_its_envelope_is_shown() -> None:
    assert "shown" not in MessageRecord.__annotations__["facts"].__struct_fields__
