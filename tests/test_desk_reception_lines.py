"""*Delivered* lines by reception keys that a device has changed since: which are believed, and which shown as not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import desk, mail_of, message, network, note_of, receipt, sealed
from directory_world import World, key_pair, local_id, reception_handle

from desk.mail.delivered import SKEW, UnknownSigner, delivered_line, worth
from desk.mail.facts import Facts, StoredLine
from desk.mail.intake import check_line
from desk.mail.store import MailStore
from desk.mail.trail import Event, trail
from desk.terminal import stamp
from directory.view import NEVER
from relay.protocol.lines import Delivered, LineError, reception_name, write_line

WORLD = network()
SENT = message(WORLD)
ENVELOPE = sealed(WORLD, SENT)
NIGHT = local_id("ec-night")
DAY = 86_400


def changed_world(days: int = 1) -> World:
    """The world in which ec-night's device has changed its reception keys since."""
    world = WORLD.copy()
    world.now += days * DAY
    world.admit(world.changing_reception("ec-night"), "ec-night")
    return world


def line(world: World, at: int, number: int = 0, handle: str = "ec-night") -> bytes:
    """A *delivered* line by ec-night's first reception keys, or those it changed to the `number`th time."""
    said = Delivered(network=world.network, envelope=ENVELOPE.hash, at=at, device=NIGHT)
    return write_line(said, reception_name(world.name, NIGHT), key_pair(reception_handle(handle, number)))


def test_lines_by_keys_a_device_has_or_had_are_genuine() -> None:
    world = changed_world()
    for number in (0, 1):
        raw = line(world, WORLD.now, number)
        assert delivered_line(raw, NIGHT, world.view) == check_line("delivered", raw, world.view)


def test_a_line_by_keys_this_desk_does_not_know_yet_waits_for_the_next_synchronisation() -> None:
    raw = line(WORLD, WORLD.now, 1)
    with pytest.raises(UnknownSigner):
        delivered_line(raw, NIGHT, WORLD.view)
    assert delivered_line(raw, NIGHT, changed_world().view).device == NIGHT
    with pytest.raises(UnknownSigner):
        delivered_line(raw, local_id("nobody"), WORLD.view)


def test_a_forged_line_is_refused_for_good() -> None:
    """The line names keys that the directory knows, and they did not sign it."""
    raw = line(WORLD, WORLD.now).replace(f'"at":{WORLD.now}'.encode(), f'"at":{WORLD.now + 1}'.encode())
    with pytest.raises(LineError) as refused:
        delivered_line(raw, NIGHT, WORLD.view)
    assert not isinstance(refused.value, UnknownSigner)
    with pytest.raises(LineError):
        delivered_line(b"nothing", NIGHT, WORLD.view)


@pytest.mark.parametrize(
    ("number", "late", "size", "expected"),
    [
        (1, DAY, 10**6, (False, True)),  # in force
        (0, 0, 1, (True, True)),
        (0, SKEW, 1, (True, True)),  # signed while the change was on its way
        (0, SKEW + 1, 1, (True, False)),  # dated after it
        (0, -DAY, 10**6, (True, False)),  # dated back, about what was taken in after it
        (0, -DAY, 0, (True, True)),  # no receipt is at hand
    ],
)
def test_what_former_keys_signed_counts_for_their_time(
    number: int, late: int, size: int, expected: tuple[bool, bool]
) -> None:
    world = changed_world()
    raw = line(world, world.now + late, number)
    changed, counts = worth(raw, delivered_line(raw, NIGHT, world.view), world.view, size)
    assert (changed != NEVER, counts) == expected


def test_the_tree_size_that_ends_their_time_is_that_of_the_change() -> None:
    world = changed_world()
    former, _ = world.view.devices[NIGHT].receptions
    raw = line(world, WORLD.now)
    said = delivered_line(raw, NIGHT, world.view)
    assert [worth(raw, said, world.view, former.replaced + more)[1] for more in (-1, 0, 1, 2)] == [True, True] + [
        False
    ] * 2


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailStore]:
    """The sender's store, with a message sent before the change."""
    store = mail_of(desk(tmp_path, "co-night", WORLD))
    relayed = receipt(ENVELOPE, WORLD)
    store.add(SENT, note_of(SENT), Facts(direction="out", envelope=ENVELOPE.hash, relayed=relayed, sent=WORLD.now))
    yield store
    store.close()


def told(mail: MailStore, world: World, at: int, number: int) -> Event:
    """What the sender is shown of one line."""
    raw = line(world, at, number)
    mail.add_line(StoredLine(kind="delivered", envelope=ENVELOPE.hash, note=raw.decode()))
    return trail(mail, world.view, mail.get(1))[-1]


def test_the_trail_tells_of_changed_keys_beside_what_counts(mail: MailStore) -> None:
    world = changed_world()
    event = told(mail, world, WORLD.now + 5, 0)
    assert event.counts
    assert event.proof.endswith(f"; reception keys changed since, on {stamp(world.now)}")


def test_the_trail_does_not_count_what_former_keys_signed_later(mail: MailStore) -> None:
    world = changed_world()
    event = told(mail, world, world.now + SKEW + 1, 0)
    assert event.words == "NOT COUNTED: delivered"
    assert event.proof.endswith(f"by reception keys that its device had changed before, on {stamp(world.now)}")


def test_the_trail_says_nothing_of_keys_in_force(mail: MailStore) -> None:
    world = changed_world()
    event = told(mail, world, world.now + 5, 1)
    assert (event.counts, event.proof) == (True, "its reception key, both algorithms")
