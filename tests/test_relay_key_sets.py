"""Key sets: from the device itself, only forward, given to who asks, gone with the device."""

from dataclasses import dataclass
from functools import cache

import msgspec
import pytest
from directory_world import START, World, key_pair

from crypto.age_pq import PQIdentity
from crypto.encoding import b64
from directory.keyset import EPOCH, GRACE, Epoch, KeySet, recipient_key, write_keyset
from directory.statement import RevokeDevice, SuspendMember
from directory.view import View
from relay.key_sets import KeySets
from relay.protocol.problems import Refusal
from relay.store.memory_directory import MemoryKeySets


@dataclass
class Directory:
    """A view for who asks."""

    view: View

    def on_change(self, callback: object) -> None:
        raise NotImplementedError


def world() -> World:
    world = World.founded()
    world.add_member("co")
    world.add_officer("co-night", "co")
    return world


DEVICE = key_pair("co-night").public.id


@cache
def recipient(number: int) -> bytes:
    return PQIdentity(bytes([number]) * 32).recipient().raw


def key_set(network: str, number: int, device: str = DEVICE) -> KeySet:
    epochs = tuple(
        Epoch(opens=START + n * EPOCH, closes=START + (n + 1) * EPOCH, erase=START + (n + 1) * EPOCH + GRACE,
              recipient=b64(recipient(n)))
        for n in range(2)
    )  # fmt: skip
    return KeySet(network=network, device=device, number=number, at=START, epochs=epochs, fallback=b64(recipient(9)))


def note(world: World, number: int, signer: str = "co-night", **changes: object) -> bytes:
    value = msgspec.structs.replace(key_set(world.network, number), **changes)
    return write_keyset(value, f"{world.name}/{DEVICE}", key_pair(signer))


def kept(world: World) -> tuple[KeySets, MemoryKeySets, Directory]:
    store, directory = MemoryKeySets(), Directory(world.view)
    return KeySets(store, directory), store, directory


async def test_a_set_is_kept_and_given() -> None:
    here = world()
    keysets, _, _ = kept(here)
    raw = note(here, 3)
    await keysets.put(DEVICE, raw)
    assert await keysets.get(("0" * 64, DEVICE, DEVICE)) == (raw.decode(),)
    ids = {recipient_key(recipient(n)) for n in (0, 1, 9)}
    assert await keysets.key_ids((DEVICE, "0" * 64)) == {DEVICE: ids}


async def test_only_forward_and_the_same_again() -> None:
    here = world()
    keysets, _, _ = kept(here)
    await keysets.put(DEVICE, note(here, 3))
    await keysets.put(DEVICE, note(here, 3))  # ML-DSA signatures differ every time
    for raw in (note(here, 2), note(here, 3, at=START + 1)):
        with pytest.raises(Refusal) as caught:
            await keysets.put(DEVICE, raw)
        assert caught.value.problem.code == "keyset-old"
    await keysets.put(DEVICE, note(here, 4))


@pytest.mark.parametrize(
    "change", [{"network": "0" * 64}, {"device": "0" * 64}, {"signer": "co-chief"}, {"raw": b"rubbish"}]
)
async def test_a_set_of_somebody_else_is_refused(change: dict[str, object]) -> None:
    here = world()
    keysets, store, _ = kept(here)
    raw = change.get("raw") or note(here, 1, **change)  # type: ignore[arg-type]  # a test's shorthand
    assert isinstance(raw, bytes)
    with pytest.raises(Refusal) as caught:
        await keysets.put(DEVICE, raw)
    assert caught.value.problem.code == "signature-invalid"
    assert store.keysets == {}


async def test_a_failing_disk_is_no_refusal_of_the_set() -> None:
    here = world()
    keysets, store, _ = kept(here)
    store.fail_next("unknown")
    with pytest.raises(Refusal) as caught:
        await keysets.put(DEVICE, note(here, 1))
    assert caught.value.problem.code == "unavailable"


async def test_sets_of_the_dead_are_forgotten_those_of_the_suspended_are_not() -> None:
    here = world()
    keysets, store, directory = kept(here)
    await keysets.put(DEVICE, note(here, 1))
    here.admit(here.say(SuspendMember, member="co", until=START + 60), "duty")
    directory.view = here.view
    await keysets.forget_dead()
    assert await store.devices() == {DEVICE}
    here.now += 60
    here.admit(here.say(RevokeDevice, device=DEVICE, reason="lost"), "co-chief", "co-deputy")
    directory.view = here.view
    await keysets.forget_dead()
    assert await store.devices() == set()
    with pytest.raises(Refusal) as caught:
        await KeySets(store, Directory(World.founded().view)).put(DEVICE, note(here, 2))
    assert caught.value.problem.code == "device-unknown"
