"""The log, bodies and key sets in memory, for tests and trials; `contract` says what they promise."""

from collections.abc import Collection, Mapping, Sequence

from relay.store.contract import Conflict, StoredBody, StoredLog
from relay.store.memory_faults import Faults


class MemoryLog(Faults):
    """LogStore in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[bytes] = []
        self.checkpoint = b""

    async def read(self, start: int, most: int, most_bytes: int) -> StoredLog:
        self.look()
        taken: list[bytes] = []
        for entry in self.entries[start : start + most]:
            if taken and sum(map(len, taken)) + len(entry) > most_bytes:
                break
            taken.append(entry)
        return StoredLog(tuple(taken), self.checkpoint)

    async def append(self, size: int, entries: Sequence[bytes], checkpoint: bytes, before: bytes) -> None:
        if size != len(self.entries) or before != self.checkpoint:
            raise Conflict(f"the log has {len(self.entries)} entries, not {size}, or another checkpoint")
        with self.change():
            self.entries.extend(entries)
            self.checkpoint = checkpoint

    async def renew(self, size: int, checkpoint: bytes, before: bytes) -> None:
        await self.append(size, (), checkpoint, before)


class MemoryBodies(Faults):
    """BodyStore in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: dict[str, StoredBody] = {}
        self.damaged: set[str] = set()

    async def put(self, bodies: Sequence[StoredBody]) -> None:
        with self.change():
            for each in bodies:
                self.bodies.setdefault(each.commitment, each)

    async def get(self, commitments: Collection[str]) -> tuple[StoredBody, ...]:
        self.look()
        return tuple(self.bodies[each] for each in sorted(set(commitments) - self.damaged) if each in self.bodies)

    async def commitments(self) -> frozenset[str]:
        self.look()
        return frozenset(self.bodies)

    async def erase(self, commitments: Collection[str]) -> None:
        with self.change():
            for each in commitments:
                self.bodies.pop(each, None)
        self.damaged.difference_update(commitments)


class MemoryKeySets(Faults):
    """KeySetStore in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.keysets: dict[str, tuple[int, bytes]] = {}
        self.key_ids: dict[str, frozenset[str]] = {}

    async def put(self, device: str, number: int, keys: Collection[str], raw: bytes) -> None:
        old = self.keysets.get(device)
        if old is not None and (number < old[0] or (number == old[0] and raw != old[1])):
            raise Conflict(f"key set {old[0]} is there already")
        with self.change():
            self.keysets[device] = (number, raw)
            self.key_ids[device] = frozenset(keys)

    async def get(self, devices: Collection[str]) -> Mapping[str, bytes]:
        self.look()
        return {each: self.keysets[each][1] for each in devices if each in self.keysets}

    async def keys(self, devices: Collection[str]) -> Mapping[str, frozenset[str]]:
        self.look()
        return {each: self.key_ids[each] for each in devices if each in self.keysets}

    async def remove(self, devices: Collection[str]) -> None:
        with self.change():
            for each in devices:
                self.keysets.pop(each, None)

    async def devices(self) -> frozenset[str]:
        self.look()
        return frozenset(self.keysets)
