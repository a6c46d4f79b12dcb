"""When an alarm that is not over is over: what more statements answer, and what only the roots do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.alarms.open_alarms import begin, end, unresolved
from desk.alarms.words import alarm_lines
from desk.errors import Told
from desk.replica.store import ReplicaStore

NOW = 1_767_300_000
HIDES = Told("fork", "it hides statements", 98, NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplicaStore]:
    store = ReplicaStore(tmp_path / "replica.db", bytes(32))
    yield store
    store.close()


@pytest.mark.parametrize("later", [110, 0])
def test_a_later_alarm_of_its_kind_asks_for_no_less(store: ReplicaStore, later: int) -> None:
    begin(store, HIDES, NOW, until=120, relays=1)
    begin(store, HIDES, NOW + 1, until=later, relays=1)
    end(store, 119, relays=1)
    assert [each.until for each in unresolved(store)] == [120]
    end(store, 120, relays=1)
    assert unresolved(store) == ()


def test_of_what_a_former_relay_signed_nothing_is_asked_of_the_next_one(store: ReplicaStore) -> None:
    begin(store, HIDES, NOW, until=2**53, relays=1)
    end(store, 98, relays=1)
    assert len(unresolved(store)) == 1
    end(store, 99, relays=2)
    assert unresolved(store) == ()


def test_what_ends_it_is_told(store: ReplicaStore) -> None:
    begin(store, HIDES, NOW, until=120, relays=1)
    (told,) = (each.told(halted=False) for each in unresolved(store))
    assert alarm_lines(told)[-1] == (
        "Ends it    `enlace sync`, once the relay shows 120 statements or the root keys name one anew; until then "
        "nothing is sealed or published from here"
    )
