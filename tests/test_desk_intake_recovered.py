"""A message that a recovery file brought, and that comes itself afterwards: what came stands, and is as new as any."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from desk_intake import Desk
from desk_world import changed, item_of, message, network, note_of, receipt, sealed
from directory_world import local_id

from desk.mail.content import Drill, Receipt
from desk.mail.facts import Facts
from desk.mail.intake import TWO_TEXTS
from desk.mail.message import MessageStage, Sender
from desk.notices.clocks import clocks

LOST = local_id("co-night")
TURNS = (MessageStage(after=0, contacts=("ec-desk",)), MessageStage(after=600, contacts=("co-desk",)))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


# What this device has signed of the message: act and envelope; then what of that counts once it came itself.
SIGNED = {
    "nothing": ("", "", (0, "")),
    "opened, when it was known from the file alone": ("opened", "none", (5, "")),
    "opened": ("opened", "own", (5, "")),
    "refused": ("refused", "own", (5, "refused")),
    "refused, in another envelope": ("refused", "other", (0, "")),
    "refused, in none": ("refused", "none", (5, "")),
}


@pytest.mark.parametrize("case", SIGNED)
@pytest.mark.parametrize("origin", [LOST, ""], ids=["another device's file", "its own file"])
def test_what_comes_itself_stands(here: Desk, origin: str, case: str) -> None:
    """Whoever writes such a file silences no message: neither by another's receipt, nor by saying it was decided. What
    this device has signed stays; so does a mark that this desk made."""
    act, where, became = SIGNED[case]
    said, other, own = message(here.world, stages=TURNS), "ab" * 32, here.keyring.profile.identity.device
    envelope = sealed(here.world, said)
    word = Facts(
        direction="in", received=1, envelope=other, relayed=receipt(other, here.world), opened=5, decided="refused",
        decided_at=6, origin=origin or own, recovered=here.world.now, warnings=(TWO_TEXTS,),
    )  # fmt: skip
    assert here.mail.add(said, note_of(said), word) == 1
    if act:
        named = {"own": envelope.hash, "other": other, "none": "0" * 64}[where]
        content = Receipt(act=act, message=said.id, envelope=named)  # type: ignore[arg-type]  # one of the two above
        answer = message(here.world, "ec-night", to=("co-desk",), content=content, id="6" * 32)
        answer = changed(answer, sender=Sender(contact="ec-desk", device=own))
        assert here.mail.add(answer, note_of(answer, "ec-night"), Facts(direction="out")) == 2
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    facts = here.mail.get(1).facts
    assert (taken.messages, taken.duplicates) == (([], 1) if became[0] else ([1], 0))
    assert (facts.envelope, facts.origin, facts.recovered, facts.by_word) == (envelope.hash, "", 0, False)
    assert (facts.opened, facts.decided) == became
    assert (facts.receipt is not None, facts.warnings) == (True, (TWO_TEXTS,))
    assert bool(clocks(here.keyring.profile.path, here.world.now)) == (not facts.decided)
    assert here.mail.proofs.proof(1) is not None


@pytest.mark.parametrize("later", [-3600, 60, 3600])
def test_no_other_receipt_takes_the_place_of_one_that_proves(here: Desk, later: int) -> None:
    """A relay may sign two for one envelope, and hand over the one it likes: what was shown first stays, as it does
    where both come by the stream."""
    said = message(here.world, stages=TURNS)
    envelope = sealed(here.world, said)
    first = receipt(envelope, here.world)
    shown = Facts(
        direction="in", received=1, envelope=envelope.hash, relayed=first, origin=LOST, recovered=7, shown=True
    )
    assert here.mail.add(said, note_of(said), shown) == 1
    second = receipt(envelope, here.world, time=here.world.now + later)
    here.arrives(changed(item_of(envelope, here.world), relayed=second), envelope.raw)
    here.take()
    facts = here.mail.get(1).facts
    assert (facts.receipt, facts.origin) == (first, "")
    assert not {"unproven", "dated"} & {*facts.warnings}
    (clock,) = clocks(here.keyring.profile.path, here.world.now)
    assert clock.received == first.leaf.time, "and the stages are looked for by that one"


def test_a_flash_that_comes_in_another_envelope_than_the_file_showed_rings_and_can_be_accepted(here: Desk) -> None:
    said = message(here.world, stages=TURNS)
    first, second = sealed(here.world, said), sealed(here.world, said)
    plain = Facts(direction="colleague", received=1, envelope=first.hash, relayed=receipt(first, here.world))
    assert here.mail.add(said, note_of(said), changed(plain, origin=LOST, recovered=7, shown=True)) == 1
    here.arrives(item_of(second, here.world), second.raw)
    assert here.take().messages == [1]
    facts = here.mail.get(1).facts
    assert (facts.envelope, facts.origin, facts.direction) == (second.hash, "", "in")
    assert clocks(here.keyring.profile.path, here.world.now) != []


def test_what_comes_in_the_envelope_that_a_file_showed_is_for_this_desk(here: Desk) -> None:
    """The file of a colleague had it as a colleague's copy, or as of another stage."""
    said = message(here.world, stages=TURNS)
    envelope = sealed(here.world, said)
    plain = Facts(
        direction="colleague", received=1, stage=1, envelope=envelope.hash, relayed=receipt(envelope, here.world)
    )
    assert here.mail.add(said, note_of(said), changed(plain, origin=LOST, recovered=7, shown=True)) == 1
    here.arrives(item_of(envelope, here.world), envelope.raw)
    assert here.take().messages == [1]
    facts = here.mail.get(1).facts
    assert (facts.direction, facts.stage, facts.origin, facts.received > 1) == ("in", 0, "", True)


@pytest.mark.parametrize("own", [True, False])
def test_a_drill_that_was_opened_by_a_file_s_word_is_opened_here_if_it_was_this_device(here: Desk, own: bool) -> None:
    said = message(here.world, content=Drill())
    envelope = sealed(here.world, said)
    device = here.keyring.profile.identity.device if own else LOST
    plain = Facts(direction="in", received=1, envelope=envelope.hash, relayed=receipt(envelope, here.world), opened=5)
    assert here.mail.add(said, note_of(said), changed(plain, origin=device, recovered=7, shown=True)) == 1
    here.arrives(item_of(envelope, here.world), envelope.raw)
    assert here.take().messages == ([] if own else [1])
    assert here.mail.get(1).facts.opened == (5 if own else 0)


def test_what_was_sent_here_stays_sent(here: Desk) -> None:
    said = message(here.world)
    facts = Facts(direction="out", sent=5, envelope="ab" * 32, origin=LOST, recovered=7)
    assert here.mail.add(said, note_of(said), facts) == 1
    envelope = sealed(here.world, said)
    here.arrives(item_of(envelope, here.world), envelope.raw)
    assert (here.take().duplicates, here.mail.get(1).facts) == (1, facts)


@pytest.mark.parametrize("other", [False, True], ids=["the same envelope", "another"])
def test_what_was_shown_loses_nothing_to_a_relay_that_hands_over_less(here: Desk, other: bool) -> None:
    said = message(here.world)
    envelope, again = sealed(here.world, said), sealed(here.world, said)
    shown = Facts(
        direction="in", received=1, envelope=envelope.hash, relayed=receipt(envelope, here.world), opened=5,
        origin=LOST, recovered=here.world.now, shown=True,
    )  # fmt: skip
    assert here.mail.add(said, note_of(said), shown) == 1
    came = again if other else envelope
    item = changed(item_of(came, here.world), relayed=msgspec.UNSET)
    here.arrives(item, came.raw)
    taken = here.take()
    facts = here.mail.get(1).facts
    assert facts.receipt == shown.relayed
    assert "unproven" not in facts.warnings
    assert (taken.duplicates, facts.origin) == ((1, LOST) if other else (0, ""))


def test_what_came_itself_before_is_a_duplicate(here: Desk) -> None:
    said = message(here.world)
    envelope = sealed(here.world, said)
    assert here.mail.add(said, note_of(said), Facts(direction="in", received=1, opened=9, envelope=envelope.hash)) == 1
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    assert (taken.messages, taken.duplicates) == ([], 1)
    assert here.mail.get(1).facts == changed(here.mail.get(1).facts, received=1, opened=9)
