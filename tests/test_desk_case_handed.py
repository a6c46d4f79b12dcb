"""What is handed over in a case beside the envelope of another: it takes away nothing that is proven."""

import sqlite3
from typing import Any

import msgspec
import pytest
from bundle_world import WORLD, Event, event, story
from bundle_world import _signed as signed
from desk_world import changed, receipt, replica
from directory_world import local_id

from desk.cases.acts import Exclude, HandOver, Open, Say, ToContact
from desk.cases.held import HeldCase, held_case, with_erased
from desk.cases.taken import Cases
from desk.cases.thread_shown import missing
from desk.cases.told_beside import unshown_words
from desk.cases.writing import Whose, acts_of, begun, check_fits, packages
from desk.errors import Declined, Usage
from desk.handling.expiry import stub_of
from desk.handling.marks import Handling
from desk.mail.content import HandedNote, HandedOver, Text
from desk.mail.facts import Facts, Stored
from desk.mail.kept_proofs import KeptProofs
from desk.mail.message import SealedFile
from directory.entry import DAY
from directory.view import View

FIRST, INVITED, JOINED, SAID = story()
OUT = event(Exclude(contact="ec-desk"), before=(FIRST, INVITED, JOINED))


def stored(number: int, each: Event) -> Stored:
    """A message as it came to this desk itself."""
    relayed = receipt(each.envelope, WORLD)
    facts = Facts(direction="in", received=WORLD.now, envelope=each.envelope, relayed=relayed)
    return Stored(number=number, message=each.message, note=each.note, facts=facts)


def package(number: int, handle: str, *notes: HandedNote, **fields: Any) -> Stored:
    """A package that a device brings: of acts, unless an `act` hands messages over; of this `case`, unless told."""
    to = ("ec-desk",) if handle.startswith("co") else ("co-desk",)
    content = HandedOver(case=fields.pop("case", FIRST.id), act=fields.pop("act", msgspec.UNSET), notes=notes)
    made = {"id": f"{number:032x}", "to": to, "content": content, "stop": "never"}
    event = signed(handle, f"{handle[:2]}-desk", made | fields)
    facts = Facts(direction="in", received=WORLD.now, envelope="ab" * 32)
    return Stored(number=number, message=event.message, note=event.note, facts=facts)


def members(held: HeldCase) -> list[str] | None:
    return None if held.case is None else sorted(held.case.members)


HONEST = package(2, "co-night", *(each.handed() for each in (FIRST, INVITED, JOINED, OUT)))


@pytest.mark.parametrize("hostile_first", [False, True])
@pytest.mark.parametrize("erased", [OUT, FIRST, JOINED], ids=["an exclusion", "the opening", "a joining"])
def test_a_note_beside_the_envelope_of_another_takes_nothing_away(erased: Event, hostile_first: bool) -> None:
    """Of a message that came to this desk itself, of one that was handed over with its envelope, and of none."""
    for envelope in (SAID.envelope, INVITED.envelope, "cd" * 32):
        pair = [INVITED.handed(envelope="cd" * 32, proof=msgspec.UNSET)] if envelope == "cd" * 32 else []
        evil = package(3, "ec-night", *pair, erased.handed(envelope=envelope, proof=msgspec.UNSET))
        packages = [evil, HONEST] if hostile_first else [HONEST, evil]
        held = held_case([stored(1, SAID), *packages], WORLD.view, FIRST.id)
        assert members(held) == ["co-desk"]
        assert all(held.events[each.id].signed.taken_in is not None for each in (FIRST, INVITED, JOINED, OUT))
        if envelope != "cd" * 32 or hostile_first:
            assert any("beside the envelope of another" in each for each in held.passed_over)


def test_without_its_envelope_it_is_not_proven_and_no_two_stand_in_one() -> None:
    evil = package(3, "ec-night", *(each.handed(envelope="cd" * 32, proof=msgspec.UNSET) for each in (FIRST, OUT)))
    held = held_case([evil], WORLD.view, FIRST.id)
    assert held.case is None
    assert set(held.events) == {FIRST.id}


# --- whoever hands over what is not shown hears it ---


OWN = [stored(number, each) for number, each in enumerate((FIRST, INVITED, JOINED), 1)]


def unshown(held: HeldCase, proofs: KeptProofs) -> str:
    whose = Whose(replica(WORLD), local_id("co-night"), "co-desk", WORLD.now)
    return unshown_words(whose, held, acts_of(held), proofs, "us-desk")


@pytest.fixture
def proofs() -> KeptProofs:
    """What a desk keeps of envelopes: nothing yet, as where all came from a recovery file."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE messages (number INTEGER PRIMARY KEY, key TEXT)")
    return KeptProofs(db, lambda _, raw: raw, lambda _, __, raw: raw)


def test_who_gives_acts_whose_envelopes_nothing_shows_hears_that_nobody_can_join_by_them(proofs: KeptProofs) -> None:
    held = held_case(OWN, WORLD.view, FIRST.id)
    words = unshown(held, proofs)
    assert words.startswith("nothing here shows in which envelope 3 of these came")
    assert "cannot join" in words
    assert f"of ec-desk, to which they came itself run `enlace case hand-over {FIRST.id[:8]} --to us-desk`" in words
    proofs.put(1, FIRST.proof)
    assert "cannot join" not in unshown(held, proofs)
    proofs.put(2, INVITED.proof)
    proofs.put(3, JOINED.proof)
    assert unshown(held, proofs) == ""


def test_a_recovered_desk_that_is_handed_the_acts_can_give_them_on(proofs: KeptProofs) -> None:
    held = held_case(
        [*OWN, package(9, "ec-night", *(each.handed() for each in (FIRST, INVITED, JOINED)))], WORLD.view, FIRST.id
    )
    assert [held.events[each.id].by for each in (FIRST, INVITED, JOINED)] == [None] * 3
    assert unshown(held, proofs) == ""


def test_who_was_given_an_opening_without_its_envelope_hears_what_is_lacking() -> None:
    held = held_case([package(2, "co-night", FIRST.handed(proof=msgspec.UNSET))], WORLD.view, FIRST.id)
    with pytest.raises(
        Declined, match="nothing shows in which envelope the opening of this case came, which co-desk gave"
    ):
        begun(held)


LONG = '"' * 490_000  # as long in a message as one may be, and twice as long in another


def test_what_is_too_long_to_stand_in_a_package_is_found_before_anything_is_signed(proofs: KeptProofs) -> None:
    """By itself: several that fit, each of which becomes longer, go in several packages."""
    before = (FIRST, INVITED, JOINED)
    long, *others = (
        event(
            Say(), "co-day", before, id=f"{at:032x}", content=Text(subject="x", text=LONG[: len(LONG) // (1 + 2 * at)])
        )
        for at in range(4)
    )
    held = held_case([*OWN, *(stored(at, each) for at, each in enumerate((long, *others), 5))], WORLD.view, FIRST.id)
    whose, to = Whose(replica(WORLD), local_id("co-night"), "co-desk", WORLD.now), ToContact(contact="ec-desk")
    with pytest.raises(Declined, match="at place 9 is not handed over: it is too long to stand in another message"):
        check_fits(whose, held, to, held.events[long.id], proofs, 9)
    events = [held.events[each.id] for each in others]
    for each in events:
        check_fits(whose, held, to, each, proofs, 9)
    found = [each.content for each in packages(whose, held, to, events, proofs, "cd" * 32)]
    assert [len(each.notes) for each in found if isinstance(each, HandedOver)] == [1, 2]


def test_whose_files_find_no_room_at_the_relay_hold_up_nothing_that_others_said(proofs: KeptProofs) -> None:
    before, text = (FIRST, INVITED, JOINED), Text(subject="x", text="")
    theirs = changed(SAID.message.attachments[0], cipher_hash="ef" * 32)
    large = event(Say(), "ec-night", before, content=text, attachments=(theirs,))
    plain = event(Say(), "ec-night", before, content=text, id="5" * 32)
    said = (SAID, large, plain)
    held = held_case([*OWN, *(stored(at, each) for at, each in enumerate(said, 5))], WORLD.view, FIRST.id)
    whose, to = Whose(replica(WORLD), local_id("co-night"), "co-desk", WORLD.now), ToContact(contact="ec-desk")
    events = [*acts_of(held), *(held.events[each.id] for each in said)]

    def counted(*files: SealedFile) -> list[tuple[int, list[str]]]:
        found = packages(whose, held, to, events, proofs, "cd" * 32, files)
        return [
            (len(each.content.notes), [file.cipher_hash for file in each.attachments])
            for each in found
            if isinstance(each.content, HandedOver)
        ]

    own = SAID.message.attachments[0]
    assert counted() == [(6, [])]
    assert counted(own, theirs) == [(4, []), (1, [own.cipher_hash]), (1, [theirs.cipher_hash])]


# --- what of a case went with a package that is erased ---


BEFORE, ENDS = (FIRST, INVITED, JOINED), WORLD.now + 10 * DAY
SHORT = event(Say(), "co-day", BEFORE, content=Text(subject="x", text=""), handling=Handling(erase_at=ENDS))
OTHER = event(Open(title="Another case"), "co-day")
ELSEWHERE = event(Say(), "co-day", (OTHER,), content=Text(subject="x", text=""), handling=Handling(erase_at=ENDS))
ACT = event(HandOver(messages=tuple(sorted((SHORT.id, SAID.id, ELSEWHERE.id))), receiver=ToContact(contact="ec-desk")),
            before=BEFORE)  # fmt: skip
KNOWN = [*OWN, stored(4, ACT)]
GONE = Handling(erase_at=ENDS)


class Kept:
    """Messages as a store has them."""

    def __init__(self, *messages: Stored) -> None:
        self._messages = list(messages)

    def about(self, subject: str) -> list[Stored]:
        """All of them: what is of no case is passed over by whoever asks."""
        return self._messages


def taken(*packages: Stored, own: tuple[Stored, ...] = (), at: int = ENDS) -> list[tuple[str, ...]]:
    """What the stub of each package names, where all are erased at a time."""
    cases = Cases(Kept(*KNOWN, *own, *packages), lambda: WORLD.view)
    stubs = [stub_of(each, ENDS, at, taken=cases.taken(each, at)) for each in packages]
    assert all(each.case == (FIRST.id if each.said else "") for each in stubs)
    return [each.said for each in stubs]


def test_what_a_case_took_from_a_package_and_was_to_go_is_erased_with_it_and_not_missing() -> None:
    honest = package(5, "co-night", SHORT.handed(), act=ACT.id, handling=GONE)
    assert taken(honest) == [(SHORT.id,)]
    left = held_case(KNOWN, WORLD.view, FIRST.id)
    assert missing(left) == tuple(sorted((SHORT.id, SAID.id, ELSEWHERE.id)))
    told = with_erased(left, [stub_of(honest, ENDS, ENDS, taken=(SHORT.id,))])
    assert (dict(told.erased), missing(told)) == ({SHORT.id: ENDS}, tuple(sorted((SAID.id, ELSEWHERE.id))))
    again = package(6, "co-night", SHORT.handed(), act=ACT.id, handling=GONE)
    assert taken(honest, again) == [(SHORT.id,), ()]  # it went with the one by which it was there


FORGED = SHORT.handed(note=SHORT.note.decode().replace('"subject":"x"', '"subject":"y"'))
NOTHING = {
    "a stranger's, by the act of another": package(5, "ec-night", SHORT.handed(), act=ACT.id, handling=GONE),
    "one without an act": package(5, "co-night", SHORT.handed(), handling=GONE),
    "by an act that is not here": package(5, "co-night", SHORT.handed(), act="cd" * 32, handling=GONE),
    "a forged note": package(5, "co-night", FORGED, act=ACT.id, handling=GONE),
    "a note of another case": package(5, "co-night", ELSEWHERE.handed(), act=ACT.id, handling=GONE),
    "one that says it is of another case": package(5, "co-night", SHORT.handed(), act=ACT.id, case=OTHER.id),
    "what its own mark lets stay": package(5, "co-night", SAID.handed(), act=ACT.id, handling=GONE),
    "acts": package(5, "co-night", *(each.handed() for each in BEFORE), handling=GONE),
}


@pytest.mark.parametrize("what", NOTHING)
def test_a_package_that_is_erased_makes_nothing_erased_that_was_not_here_and_due(what: str) -> None:
    """Whatever whoever sent it put into it: what is withheld from this desk stays missing."""
    assert taken(NOTHING[what]) == [()]


def test_what_came_itself_goes_by_its_own_stub() -> None:
    honest = package(5, "co-night", SHORT.handed(), act=ACT.id, handling=GONE)
    own = stored(6, SHORT)
    assert taken(honest, own=(own,)) == [()]
    assert taken(honest, at=ENDS - 1) == [()]
    assert stub_of(own, ENDS, ENDS).said == (SHORT.id,)

    def no_directory() -> View:
        raise Usage("the directory on this disk is no good")

    assert Cases(Kept(*KNOWN, honest), no_directory).taken(honest, ENDS) == ()
