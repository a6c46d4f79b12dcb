"""What was asked for and signed by everybody can be read and published: a request is bounded with that in mind."""

from pathlib import Path

import pytest
from ceremony_world import asked_for, founding_asked, rekeying, reviewed, voices
from desk_world import network, refused, replica
from directory_world import ROOTS

import desk.roots.root_signed
from crypto.encoding import b64
from desk.errors import Usage
from desk.replica.statements import Batch
from desk.replica.store import ReplicaStore
from desk.roots.ceremony import complete, request_for, sign_with
from desk.roots.drafts import Asked
from desk.roots.root_signed import check_room, read_signed, sign, write_signed
from directory.bodies import ContactBody
from directory.canonical import Malformed, encode
from directory.statement import ListProvisional
from directory.view import View

WORLD = network()
SMALL = 24_000


def listing(number: int) -> Asked:
    """A request to list so many provisional contacts."""
    batch = Batch(WORLD.view, [], WORLD.now, drafting=True)
    for each in range(number):
        body = batch.body(ContactBody(names={"es": f"Fiscalía {each}"}))
        batch.issue(ListProvisional, contact=f"bo-{each}", country="BO", function="central-authority", body=body)
    return asked_for(batch)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of at most a few kilobytes, so that the bound is near."""
    monkeypatch.setattr(desk.roots.root_signed, "MOST_SIGNED_BYTES", SMALL)


@pytest.mark.usefixtures("small")
def test_the_largest_request_fits_when_all_have_signed(tmp_path: Path) -> None:
    store = ReplicaStore(tmp_path / "replica.db", bytes(32))
    store.load(WORLD.view.founded.id)
    state = replica(WORLD)

    def fits(number: int) -> bool:
        try:
            request_for(listing(number), state, store, WORLD.now)
        except Usage:
            return False
        return True

    most = next(number for number in range(1, 100) if not fits(number + 1))
    told = refused(lambda: request_for(listing(most + 1), state, store, WORLD.now), Usage)
    assert "too much for one file: ask for less" in told
    store.close()
    assert most > 10
    done = sign_with(reviewed(WORLD, listing(most)), voices(*ROOTS))
    raw = write_signed(done)
    assert read_signed(raw) == done
    assert len(encode(complete(done, WORLD.view, WORLD.now))) <= SMALL


@pytest.mark.usefixtures("small")
def test_what_would_be_too_large_when_signed_is_not_written() -> None:
    asked = listing(60)
    roots = tuple(sorted(map(b64, WORLD.view.founded.roots.values())))
    done = sign(asked, roots, 2, [each.key for each in voices(*ROOTS)])
    with pytest.raises(Malformed, match="less asked for at a time"):
        write_signed(done)


@pytest.mark.parametrize("asked", [founding_asked(WORLD.now), rekeying(WORLD, "root-2", "root-4", "root-5")])
def test_new_roots_are_counted_too(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    view = View() if "found-network" in asked.statements[0].text else WORLD.view
    monkeypatch.setattr(desk.roots.root_signed, "MOST_SIGNED_BYTES", len(encode(asked)) + 4096 + 3 * 200)
    assert "too much" in refused(lambda: check_room(asked, view), Malformed)
