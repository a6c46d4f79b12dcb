"""What is handed over in a case beside the envelope of another: it takes away nothing that is proven."""

import sqlite3

import msgspec
import pytest
from bundle_world import WORLD, Event, event, story
from bundle_world import _signed as signed
from desk_world import receipt, replica
from directory_world import local_id

from desk.cases.acts import Exclude
from desk.cases.held import HeldCase, held_case
from desk.cases.told_beside import unshown_words
from desk.cases.writing import Whose, acts_of, begun
from desk.errors import Declined
from desk.handling.expiry import stub_of
from desk.mail.content import HandedNote, HandedOver
from desk.mail.facts import Facts, Stored
from desk.mail.kept_proofs import KeptProofs

FIRST, INVITED, JOINED, SAID = story()
OUT = event(Exclude(contact="ec-desk"), before=(FIRST, INVITED, JOINED))


def stored(number: int, each: Event) -> Stored:
    """A message as it came to this desk itself."""
    relayed = receipt(each.envelope, WORLD)
    facts = Facts(direction="in", received=WORLD.now, envelope=each.envelope, relayed=relayed)
    return Stored(number=number, message=each.message, note=each.note, facts=facts)


def package(number: int, handle: str, *notes: HandedNote) -> Stored:
    """A package of acts that a device brings."""
    to = ("ec-desk",) if handle.startswith("co") else ("co-desk",)
    content = HandedOver(case=FIRST.id, notes=notes)
    made = signed(handle, f"{handle[:2]}-desk", {"id": f"{number:032x}", "to": to, "content": content, "stop": "never"})
    facts = Facts(direction="in", received=WORLD.now, envelope="ab" * 32)
    return Stored(number=number, message=made.message, note=made.note, facts=facts)


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


def test_a_package_that_is_erased_makes_nothing_erased_that_was_never_here() -> None:
    """Whatever whoever sent it put into it: what is withheld from this desk stays missing."""
    evil = package(3, "ec-night", SAID.handed())
    assert stub_of(evil, WORLD.now, WORLD.now).said == ()
    assert stub_of(stored(1, SAID), WORLD.now, WORLD.now).said == (SAID.id,)
