"""A message that a recovery file brought, and that comes itself afterwards: what came stands, and is as new as any."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from desk_intake import Desk
from desk_world import changed, item_of, message, network, note_of, receipt, sealed
from directory_world import local_id

from desk.mail.content import Receipt
from desk.mail.facts import Facts
from desk.mail.intake import TWO_TEXTS
from desk.mail.message import Sender

LOST = local_id("co-night")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


@pytest.mark.parametrize("act", ["", "opened", "refused"])
@pytest.mark.parametrize("origin", [LOST, ""], ids=["another device's file", "its own file"])
def test_what_comes_itself_stands(here: Desk, origin: str, act: str) -> None:
    """Whoever writes such a file silences no message: neither by another's receipt, nor by saying it was decided. What
    this device has signed stays; so does a mark that this desk made."""
    said, other, own = message(here.world), "ab" * 32, here.keyring.profile.identity.device
    word = Facts(
        direction="in", received=1, envelope=other, relayed=receipt(other, here.world), opened=5, decided="refused",
        decided_at=6, origin=origin or own, recovered=here.world.now, warnings=(TWO_TEXTS,),
    )  # fmt: skip
    assert here.mail.add(said, note_of(said), word) == 1
    if act:
        content = Receipt(act=act, message=said.id, envelope=other)  # type: ignore[arg-type]  # one of the two above
        speaking = Sender(contact="ec-desk", device=own)
        answer = changed(
            message(here.world, "ec-night", to=("co-desk",), content=content, id="6" * 32), sender=speaking
        )
        assert here.mail.add(answer, note_of(answer, "ec-night"), Facts(direction="out")) == 2
    envelope = sealed(here.world, said)
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    facts = here.mail.get(1).facts
    assert (taken.messages, taken.duplicates) == (([], 1) if act else ([1], 0))
    assert (facts.envelope, facts.origin, facts.recovered, facts.by_word) == (envelope.hash, "", 0, False)
    assert (facts.opened, facts.decided) == (5 if act else 0, "refused" if act == "refused" else "")
    assert (facts.receipt is not None, facts.warnings) == (True, (TWO_TEXTS,))
    assert here.mail.proofs.proof(1) is not None


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
