"""What is handed over in a case beside the envelope of another: it takes away nothing that is proven."""

import msgspec
import pytest
from bundle_world import WORLD, Event, event, story
from bundle_world import _signed as signed
from desk_world import receipt

from desk.cases.acts import Exclude
from desk.cases.held import HeldCase, held_case
from desk.mail.content import HandedNote, HandedOver
from desk.mail.facts import Facts, Stored

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
