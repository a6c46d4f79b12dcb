"""A message that a recovery file brought, and that comes itself afterwards: what came stands, and is as new as any."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_intake import Desk
from desk_world import changed, item_of, message, network, note_of, receipt, sealed
from directory_world import local_id

from desk.mail.facts import Facts

LOST = local_id("co-night")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


@pytest.mark.parametrize("origin", [LOST, ""], ids=["another device's file", "its own file"])
def test_what_comes_itself_stands(here: Desk, origin: str) -> None:
    """Whoever writes such a file silences no message: neither by another's receipt, nor by saying it was decided."""
    said, other = message(here.world), "ab" * 32
    device = origin or here.keyring.profile.identity.device
    word = Facts(
        direction="in", received=1, envelope=other, relayed=receipt(other, here.world), opened=5, decided="refused",
        decided_at=6, origin=device, recovered=here.world.now,
    )  # fmt: skip
    assert here.mail.add(said, note_of(said), word) == 1
    envelope = sealed(here.world, said)
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    facts = here.mail.get(1).facts
    assert (taken.messages, taken.duplicates, here.mail.count()) == ([1], 0, 1)
    assert (facts.envelope, facts.origin, facts.recovered, facts.by_word) == (envelope.hash, "", 0, False)
    assert (facts.opened, facts.decided) == ((0, "") if origin else (5, "refused"))
    assert facts.receipt is not None
    assert here.mail.proofs.proof(1) is not None


def test_what_came_itself_before_is_a_duplicate(here: Desk) -> None:
    said = message(here.world)
    envelope = sealed(here.world, said)
    assert here.mail.add(said, note_of(said), Facts(direction="in", received=1, opened=9, envelope=envelope.hash)) == 1
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    assert (taken.messages, taken.duplicates) == ([], 1)
    assert here.mail.get(1).facts == changed(here.mail.get(1).facts, received=1, opened=9)
