"""Other devices' key sets on this desk: fetched, verified, kept, and what is told when they run out.

1. Only those are looked at that were asked for, one for each device, each no larger than a key set is. What was seen
   last of a device, and so which number is too low, is what stands in `replica.db`, as its device signed it. Whoever
   can write that file can put back an older set, not make one: together with a relay that serves the same old set they
   have a sender seal to an older key of that device. Its seed is erased on time all the same, so such a message is read
   by its recipient or by nobody; it loses forward secrecy by as much as the set is old.
2. They are fetched before sealing; and at each exchange (`wanted`) those held that have no epoch left, so that nobody
   is shown as unable to receive by a set that was replaced long ago, and by an administrator's desk those of its own
   member that are not held or will run out soon. At most MOST_REFRESHED at a time, the soonest first.
3. A device's keys *run out* GRACE after its last epoch closes (`directory.keyset`, rule 5): its desk was not unlocked
   with a connection for more than ten weeks. WARNED before that, and from then on until it has come back, its own
   officer is told, and every administrator of its member, by officer, contact and date: only for devices that serve a
   contact.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crypto.errors import CryptoError
from crypto.note import parse_note
from desk.errors import Declined, Distrust
from desk.link.client import RelayClient
from desk.profile.folder import Identity
from desk.replica.store import ReplicaStore
from desk.terminal import stamp
from directory.canonical import Malformed, read_body
from directory.keyset import (
    GRACE,
    KEYSET_TYPE,
    MOST_KEYSET_BYTES,
    Choice,
    KeySet,
    KeySetError,
    RanOut,
    check_newer,
    choose,
    open_keyset,
    runs_out,
)
from directory.view import View
from relay.protocol import routes
from relay.protocol.requests import MOST_KEYSETS, KeySets, KeySetsWanted

WARNED = 7 * 86_400  # seconds before keys run out
MOST_REFRESHED = 1000


@dataclass(frozen=True, slots=True)
class Ending:
    """A device whose keys run out at `at`; the contacts it serves, and those that cannot receive from then on."""

    device: str
    officer: str
    contacts: tuple[str, ...]
    cut_off: tuple[str, ...]
    at: int


async def key_choices(
    store: ReplicaStore, client: RelayClient | None, view: View, devices: Iterable[str], now: int
) -> tuple[dict[str, Choice], dict[str, str]]:
    """For each device the recipient to seal to now; and, by device, what is wrong with what it or the relay offers.

    Asks the relay, if a client is given, and keeps what it answers; never takes a set older than one seen before.
    """
    named = list(devices)
    held, problems = await _fetched(store, client, view, named)
    choices: dict[str, Choice] = {}
    for device, keyset in held.items():
        if keyset is None:
            continue
        try:
            choices[device] = choose(keyset, now)
        except RanOut as error:
            old = f"its keys ran out on {stamp(error.ended)}, and it has published no others since {stamp(error.made)}"
            problems[device] = "; ".join([old, *([problems[device]] if device in problems else [])])
    for device in named:
        if device not in choices and device not in problems:
            problems[device] = "has not published a key set yet"
    return choices, problems


async def refresh(store: ReplicaStore, client: RelayClient, view: View, own: Identity, now: int) -> None:
    """Fetch anew the key sets that rule 2 names."""
    await _fetched(store, client, view, wanted(store, view, own, now))


def wanted(store: ReplicaStore, view: View, own: Identity, now: int) -> list[str]:
    """The devices whose key sets an exchange fetches anew (rule 2), the soonest to run out first.

    What is kept is read unverified: it decides nothing but what is asked for.
    """
    ends = {each: runs_out(keyset) for each, keyset in _claimed(store) if view.device_live(each, view.size, now)}
    found = {each for each, end in ends.items() if end - GRACE <= now}
    found |= {each for each in _ours(view, own, now) if ends.get(each, 0) - now <= 2 * WARNED}
    return sorted(found, key=lambda each: (each not in ends, ends.get(each, 0), each))[:MOST_REFRESHED]


def spent(store: ReplicaStore, view: View, now: int) -> frozenset[str]:
    """The devices whose keys have run out, by the newest key sets seen."""
    return frozenset(_ended(store, view, now))


def endings(store: ReplicaStore, view: View, own: Identity, now: int) -> list[Ending]:
    """Whose keys run out within WARNED, or have, and who is to be told of it on this desk (rule 3); the first first."""
    ended, ours = _ended(store, view, now + WARNED), _ours(view, own, now)
    found = [
        Ending(device, view.devices[device].officer, contacts, _cut_off(view, contacts, ended, ended[device], now), end)
        for device, contacts in ours.items()
        if (end := ended.get(device)) is not None
    ]
    return sorted(found, key=lambda each: (each.at, each.device))


def _cut_off(view: View, contacts: Iterable[str], ended: Mapping[str, int], at: int, now: int) -> tuple[str, ...]:
    """Those of `contacts` that no device can receive for any more at `at`."""
    return tuple(
        each for each in contacts if all(ended.get(one, at + 1) <= at for one in view.contact_devices(each, now))
    )


def _ours(view: View, own: Identity, now: int) -> dict[str, tuple[str, ...]]:
    """The devices of rule 3 with the contacts they serve: this one, and for an administrator those of the member."""
    record = view.officers.get(own.officer)
    leads = record is not None and record.has("administrator", view.size)
    found: dict[str, tuple[str, ...]] = {}
    for each in sorted(key for key, one in view.contacts.items() if one.listed and one.member == own.member):
        for device in view.contact_devices(each, now):
            if leads or device == own.device:
                found[device] = (*found.get(device, ()), each)
    return found


def _ended(store: ReplicaStore, view: View, now: int) -> dict[str, int]:
    """The devices whose keys have run out at `now`, and when they do; only those sets are verified."""
    claimed = {device for device, keyset in _claimed(store) if runs_out(keyset) <= now}
    held = ((device, _kept(view, device, note)) for device, note in store.keysets(claimed).items())
    return {device: runs_out(keyset) for device, keyset in held if keyset is not None and runs_out(keyset) <= now}


def _claimed(store: ReplicaStore) -> Iterator[tuple[str, KeySet]]:
    """What the kept key sets say, unverified; a damaged one says nothing."""
    for device, note in store.all_keysets():
        try:
            yield device, read_body(parse_note(note, MOST_KEYSET_BYTES).text, KEYSET_TYPE, KeySet)
        except (CryptoError, Malformed):
            continue


async def _fetched(
    store: ReplicaStore, client: RelayClient | None, view: View, devices: Sequence[str]
) -> tuple[dict[str, KeySet | None], dict[str, str]]:
    held = {device: _kept(view, device, note) for device, note in store.keysets(devices).items()}
    problems: dict[str, str] = {}
    if client is None:
        return held, problems
    for first in range(0, len(devices), MOST_KEYSETS):
        request = KeySetsWanted(devices=tuple(devices[first : first + MOST_KEYSETS]))
        most = len(request.devices) * MOST_KEYSET_BYTES * 2 + 1024  # JSON may spell a line break with two bytes
        answer = await client.call("POST", routes.KEYSETS, request, answer=KeySets, most=most)
        if len(answer.keysets) > len(request.devices):
            raise Distrust("the relay hands over more key sets than were asked for; none of them was looked at")
        for note in answer.keysets:
            _take(store, view, note.encode(), held, problems, set(request.devices))
    return held, problems


def _opened(view: View, device: str, note: bytes) -> KeySet | None:
    record = view.devices.get(device)
    if record is None:
        return None
    return open_keyset(note, view.founded.id, device, view.device_name(device), record.keys)


def _kept(view: View, device: str, note: bytes) -> KeySet | None:
    """A key set that was verified when it was stored; None for one that was damaged since, so that it is asked for."""
    try:
        return _opened(view, device, note)
    except KeySetError:
        return None


def _take(
    store: ReplicaStore,
    view: View,
    note: bytes,
    held: dict[str, KeySet | None],
    problems: dict[str, str],
    asked: set[str],
) -> None:
    device = _device_of(note)
    if device not in asked:
        return
    try:
        keyset = _opened(view, device, note)
        if keyset is None:
            raise KeySetError("of a device the directory does not know")
        old = held.get(device)
        if old is not None:
            check_newer(old, keyset)
    except KeySetError as error:
        # The set held stays in use: it is the newest this desk has verified.
        problems[device] = str(error).replace(f"key set of device {device[:8]}:", "its key set does not count:")
        return
    held[device] = keyset
    store.put_keyset(device, keyset.number, note)


def _device_of(note: bytes) -> str:
    try:
        names = parse_note(note).names()
    except CryptoError as error:
        raise Declined(f"the relay handed over a key set that is no signed note: {error}") from error
    return names[0].rpartition("/")[2] if names else ""
