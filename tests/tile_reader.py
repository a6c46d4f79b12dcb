"""A reader of tiled logs, written from c2sp.org/tlog-tiles and RFC 6962 alone; it shares no code with ours.

It fetches through whatever `fetch(path)` it is given, keeps what it fetched, and hashes everything itself.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable

Fetch = Callable[[str], Awaitable[bytes]]


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def below(count: int) -> int:
    """The largest power of two smaller than `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def elements(number: int) -> str:
    """A tile's number as path elements."""
    last, parts = f"{number % 1000:03d}", list[str]()
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03d}")
    return "/".join([*parts, last])


class TileReader:
    """A log's tree of `size` leaves, as its tiles say it."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self.size = fetch, size
        self._kept: dict[tuple[int, int], list[bytes]] = {}
        self.fetched: list[str] = []

    async def get(self, path: str) -> bytes:
        self.fetched.append(path)
        return await self._fetch(path)

    def _suffix(self, count: int, number: int) -> str:
        width = min(count - number * 256, 256)
        assert width > 0
        return "" if width == 256 else f".p/{width}"

    async def hashes(self, level: int, number: int) -> list[bytes]:
        """The hashes of a tile, as wide as the tree has it."""
        if (level, number) not in self._kept:
            suffix = self._suffix(self.size // 256**level, number)
            raw = await self.get(f"tile/{level}/{elements(number)}{suffix}")
            width = int(suffix[3:] or 256)
            assert len(raw) == 32 * width
            self._kept[level, number] = [raw[at : at + 32] for at in range(0, len(raw), 32)]
        return self._kept[level, number]

    async def entries(self, number: int) -> list[bytes]:
        """The entries of a bundle."""
        suffix = self._suffix(self.size, number)
        raw, found = await self.get(f"tile/entries/{elements(number)}{suffix}"), []
        while raw:
            length = raw[0] * 256 + raw[1]
            assert len(raw) >= 2 + length
            found.append(raw[2 : 2 + length])
            raw = raw[2 + length :]
        assert len(found) == int(suffix[3:] or 256)
        return found

    async def range(self, start: int, end: int) -> bytes:
        """MTH(D[start:end]) of RFC 6962, from the highest tiles that have it."""
        count = end - start
        power = count & (count - 1) == 0 and start % count == 0
        if not power:
            cut = start + below(count)
            return node(await self.range(start, cut), await self.range(cut, end))
        level = 0
        while 256 ** (level + 1) <= count:
            level += 1
        width = count // 256**level
        first = start // 256**level
        row = (await self.hashes(level, first // 256))[first % 256 : first % 256 + width]
        assert len(row) == width
        while len(row) > 1:
            row = [node(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    async def root(self, size: int) -> bytes:
        return await self.range(0, size) if size else hashlib.sha256().digest()

    async def check_tiles_are_whole(self) -> None:
        """Every hash above level 0 is that of the full tile below it, and every leaf that of its entry."""
        for number in range(-(-self.size // 256)):
            row = await self.hashes(0, number)
            assert [leaf(entry) for entry in await self.entries(number)] == row
        level = 1
        while self.size >> 8 * level:
            for at in range(self.size >> 8 * level):
                row = list(await self.hashes(level - 1, at))
                assert len(row) == 256
                while len(row) > 1:
                    row = [node(row[each], row[each + 1]) for each in range(0, 256 if len(row) == 256 else len(row), 2)]
                assert row[0] == (await self.hashes(level, at // 256))[at % 256]
            level += 1

    async def inclusion(self, index: int, start: int = 0, end: int | None = None) -> list[bytes]:
        """PATH(m, D[n]) of RFC 6962, section 2.1.1."""
        end = self.size if end is None else end
        if end - start == 1:
            return []
        cut = start + below(end - start)
        if index < cut:
            return [*await self.inclusion(index, start, cut), await self.range(cut, end)]
        return [*await self.inclusion(index, cut, end), await self.range(start, cut)]

    async def consistency(self, old: int, start: int = 0, end: int | None = None, *, whole: bool = True) -> list[bytes]:
        """PROOF(m, D[n]) of RFC 6962, section 2.1.2."""
        end = self.size if end is None else end
        if old == end:
            return [] if whole else [await self.range(start, end)]
        cut = start + below(end - start)
        if old <= cut:
            return [*await self.consistency(old, start, cut, whole=whole), await self.range(cut, end)]
        return [*await self.consistency(old, cut, end, whole=False), await self.range(start, cut)]


def root_by_path(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Where an inclusion proof leads, recursively, as section 2.1.1 makes it."""
    if size == 1:
        assert not path
        return leaf(entry)
    cut = below(size)
    if index < cut:
        return node(root_by_path(entry, index, cut, path[:-1]), path[-1])
    return node(path[-1], root_by_path(entry, index - cut, size - cut, path[:-1]))


def roots_by_proof(
    old: int, size: int, old_root: bytes, path: list[bytes], *, whole: bool = True
) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to, recursively, as section 2.1.2 makes it."""
    if old == size:
        return (old_root, old_root) if whole else (path[-1], path[-1])
    cut = below(size)
    if old <= cut:
        before, after = roots_by_proof(old, cut, old_root, path[:-1], whole=whole)
        return before, node(after, path[-1])
    before, after = roots_by_proof(old - cut, size - cut, old_root, path[:-1], whole=False)
    return node(path[-1], before), node(path[-1], after)


def checkpoint_of(raw: bytes) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint's text; its signatures are looked at elsewhere."""
    origin, size, root, blank, *_ = raw.decode().split("\n")
    assert blank == ""
    return origin, int(size), base64.b64decode(root, validate=True)
