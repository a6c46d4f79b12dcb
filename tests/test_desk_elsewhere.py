"""What other desks of the contact did with a message: rules 1 and 2 of `desk.mail.elsewhere`."""

from functools import cache
from hashlib import sha256

import msgspec
import pytest
from desk_world import changed, message, network, receipt
from directory_world import World, local_id, officer_id

from desk.mail.content import Act, Receipt
from desk.mail.elsewhere import Copies, Elsewhere
from desk.mail.facts import Facts, Stored
from desk.mail.message import Message, MessageStage, Sender
from desk.profile.folder import Identity
from directory.statement import RevokeDevice

ENVELOPE, OF_COPY = "e1" * 32, "c0" * 32


@cache
def world() -> World:
    found = network()
    found.admit(found.enrolling("ec-night/2"), "ec-chief")
    return found


LETTER = message(world())
HERE = Stored(1, LETTER, Facts(direction="in", envelope=ENVELOPE), b"")


def identity(handle: str = "ec-night") -> Identity:
    return Identity(kind="officer", name=world().name, officer=officer_id(handle), device=local_id(handle))


def copy(handle: str, act: Act, at: int = 5, **fields: object) -> Stored:
    """A copy of the receipt that a handle's desk sent to the sender's contact."""
    answer = Receipt(act=act, message=LETTER.id, envelope=ENVELOPE)
    said: Message = changed(
        LETTER,
        id=sha256(f"{handle} {act}".encode()).hexdigest()[:32],
        sender=Sender(contact="ec-desk", device=local_id(handle)),
        stages=(MessageStage(after=0, contacts=("co-desk",)),),
        at=at,
        content=answer,
    )
    known = Facts(direction="colleague", envelope=OF_COPY, relayed=receipt(OF_COPY, world()))
    return Stored(2, changed(said, **fields), known, b"")


def about(*copies: Stored, here: Stored = HERE) -> list[tuple[str, str, bool]]:
    found = Copies(world().view, identity(), copies).about(here)
    return [(each.act, each.who, each.you) for each in found]


def test_what_i_did_on_my_other_device_and_what_a_colleague_did() -> None:
    mine, theirs = local_id("ec-night/2")[:8], local_id("ec-day")[:8]
    found = about(copy("ec-day", "opened"), copy("ec-night/2", "accepted", 9), copy("ec-night/2", "opened", 3))
    assert found == [
        ("accepted", f"you, on device {mine}", True),
        ("opened", f"you, on device {mine}", True),
        ("opened", f"ec, device {theirs}", False),
    ]


def test_a_refusal_stands_before_an_opening_and_behind_an_acceptance() -> None:
    found = about(copy("ec-day", "opened"), copy("ec-day", "refused"), copy("ec-night/2", "accepted"))
    assert [act for act, *_ in found] == ["accepted", "refused", "opened"]


def recovered(**fields: object) -> Stored:
    """The other device's receipt, as a recovery file brought it."""
    origin = local_id("ec-night/2")
    known = Facts(direction="out", envelope=OF_COPY, relayed=receipt(OF_COPY, world()), origin=origin)
    return Stored(2, copy("ec-night/2", "accepted").message, changed(known, **fields), b"")


def test_the_receipts_of_a_desk_whose_archive_was_taken_in_count_alike_where_they_are_shown() -> None:
    assert [act for act, *_ in about(recovered(shown=True))] == ["accepted"]
    assert about(recovered()) == []


def test_what_is_not_proven_closes_nothing() -> None:
    proven = copy("ec-day", "accepted")
    for facts in ({"relayed": msgspec.UNSET}, {"warnings": ("unproven",)}):
        assert about(Stored(2, proven.message, changed(proven.facts, **facts), b"")) == []


def test_what_a_stolen_laptop_signed_after_it_was_revoked_closes_nothing() -> None:
    """Whatever time it gives itself: the relay's receipt says when it came."""
    after = network()
    after.admit(after.enrolling("ec-night/2"), "ec-chief")
    after.admit(after.say(RevokeDevice, device=local_id("ec-night/2"), reason="stolen"), "ec-chief")
    before, late = after.now - 60, after.now + 60
    for at, counts in ((before, True), (late, False)):
        said = copy("ec-night/2", "accepted", before)
        known = changed(said.facts, relayed=receipt(OF_COPY, world(), time=at))
        found = Copies(after.view, identity(), [Stored(2, said.message, known, b"")]).about(HERE)
        assert bool(found) == counts


OTHERS = {
    "of another message": copy(
        "ec-day", "accepted", content=Receipt(act="accepted", message="0" * 32, envelope=ENVELOPE)
    ),
    "of another envelope": copy(
        "ec-day", "accepted", content=Receipt(act="accepted", message=LETTER.id, envelope="e2" * 32)
    ),
    "in the name of a contact it was not for": copy(
        "ec-day", "accepted", sender=Sender(contact="ec-court", device=local_id("ec-day"))
    ),
    "to another contact than sent it": copy(
        "ec-day", "accepted", stages=(MessageStage(after=0, contacts=("co-court",)),)
    ),
    "of a device nobody knows": copy("ec-day", "accepted", sender=Sender(contact="ec-desk", device="ab" * 32)),
    "no copy": Stored(2, copy("ec-day", "accepted").message, Facts(direction="in"), b""),
    "this desk's own": Stored(2, copy("ec-night", "accepted").message, Facts(direction="out"), b""),
    "no receipt": Stored(2, LETTER, Facts(direction="colleague"), b""),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_is_about_something_else(other: Stored) -> None:
    assert about(other) == []


@pytest.mark.parametrize("facts", [Facts(direction="out", envelope=ENVELOPE), Facts(direction="in")])
def test_only_of_what_came_to_this_desk(facts: Facts) -> None:
    assert about(copy("ec-day", "accepted"), here=Stored(1, LETTER, facts, b"")) == []


def test_how_it_is_said() -> None:
    assert Elsewhere("opened", 1, "ab" * 32, "ec", False).who == "ec, device abababab"
