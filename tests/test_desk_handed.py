"""When it is proven of a message that was handed on, whatever for; and what goes along with one."""

from typing import Any

import msgspec
import pytest
from bundle_world import WORLD, Event, story
from desk_world import changed, message, note_of, receipt

from desk.handling.inside import CLAIMED, unproven_note
from desk.mail.content import HandedNote
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.facts import Facts, Stored
from desk.mail.handed import NOTHING_SHOWS, as_handed, unproven_handed
from directory.canonical import encode

OLD = story()[0]  # what co-night's device signed, and sent, when it counted
_FORGED = message(WORLD, id="5" * 32)
FORGED = Event(_FORGED, "co-night", note_of(_FORGED))  # signed today with that device's keys, which were stolen


def test_what_came_in_the_envelope_of_its_receipt_is_proven() -> None:
    assert unproven_handed(WORLD.view, OLD.message, OLD.handed()) is None
    assert unproven_note(OLD.message, OLD.handed(), WORLD.view) == ""


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        ({"proof": msgspec.UNSET}, NOTHING_SHOWS),
        ({"envelope": OLD.envelope, "proof": msgspec.UNSET}, NOTHING_SHOWS),
        ({"envelope": OLD.envelope, "proof": OLD.proof}, "made again, it is another"),
        ({"envelope": OLD.envelope}, "made again, it is another"),
        ({"proof": OLD.proof}, "made again, it is another"),
        ({"relayed": receipt(OLD.envelope, WORLD)}, "another envelope"),
        ({"relayed": msgspec.UNSET}, "there is no receipt"),
    ],
)
def test_stolen_keys_and_an_old_receipt_prove_nothing(beside: dict[str, Any], why: str) -> None:
    handed = FORGED.handed(**{key: each for key, each in beside.items() if each is not msgspec.UNSET})
    handed = msgspec.structs.replace(handed, **beside)
    assert why in str(unproven_handed(WORLD.view, FORGED.message, handed))
    told = unproven_note(FORGED.message, handed, WORLD.view)
    assert told.startswith(CLAIMED)
    assert why in told


def test_an_envelope_whose_header_says_otherwise_proves_nothing() -> None:
    """The note was in it, and the header says that it waits for longer: no desk would have opened that."""
    other = changed(OLD.message, expires=OLD.message.expires - 1)
    assert unproven_handed(WORLD.view, other, OLD.handed()) is not None


def test_what_shows_the_envelope_goes_along_if_there_is_room() -> None:
    facts = Facts(direction="out", envelope=OLD.envelope, relayed=receipt(OLD.envelope, WORLD))
    stored = Stored(1, OLD.message, facts, OLD.note)
    whole = as_handed(stored, OLD.proof, 1 << 20)
    assert isinstance(whole.proof, EnvelopeProof)
    assert as_handed(stored, OLD.proof, len(encode(whole))) == whole
    bare = HandedNote(note=OLD.note.decode(), envelope=OLD.envelope, relayed=whole.relayed)
    assert as_handed(stored, OLD.proof, len(encode(whole)) - 1) == bare
    assert as_handed(stored, None, 1 << 20) == bare
