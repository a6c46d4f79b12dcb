"""A log as tiles: which there are, what they are called, what stands in them.

    tile/0/x001/x234/067         256 leaf hashes, from number 1234067 · 256 on
    tile/1/000.p/17              the roots of the first 17 full tiles of level 0
    tile/entries/273.p/112       112 entries, each behind its length in two bytes

1. A tile of level L and number N holds the roots of the complete subtrees of 256^L leaves, from number N · 256 on: 256
   of them, or fewer, if the tree has not more; then its width stands in its name. An empty tile does not exist.
2. A bundle holds the entries below a tile of level 0, under the same number and width.
3. A tile has one name: what would not be written again the same is refused.
4. Whatever was once in a tree's tile is there for good, so a narrower tile than the tree has now exists too.
5. An entry has at most 65,535 bytes (`directory.statement.MOST_STATEMENT_BYTES` is that bound).

Numbers count leaves, tiles or hashes from 0; sizes end at 2^63 - 1. Source: c2sp.org/tlog-tiles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crypto.encoding import EncodingError, decimal
from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE, Tree, node_hash

WIDTH = 256
HEIGHT = 8
MOST_LEVEL = 63
MOST_ENTRY_BYTES = 2**16 - 1
MOST_PATH = 64
"""Characters of a tile's name: more than the longest has."""
MOST_SIZE = 2**63 - 1


class TileError(CryptoError):
    """A name of no tile, or bytes that are not what a tile or bundle holds."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of `level` (None: a bundle of entries), its number, and how many hashes or entries it holds."""

    level: int | None
    number: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not 0 <= self.level <= MOST_LEVEL:
            raise TileError(f"a tile's level is from 0 to {MOST_LEVEL}")
        if not 0 <= self.number <= MOST_SIZE or not 1 <= self.width <= WIDTH:
            raise TileError("a tile has a number from 0 on and a width from 1 to 256")

    @property
    def start(self) -> int:
        """The number of its first hash within its level, or of its first entry."""
        return self.number * WIDTH

    def is_in(self, size: int) -> bool:
        """Whether a tree of `size` leaves has it (rule 4)."""
        return self.start + self.width <= size >> HEIGHT * (self.level or 0)


def parse_path(path: str) -> Tile:
    """The tile of a name such as `tile/0/000.p/3`, without a leading slash; refuses (TileError) every other name."""
    if len(path) > MOST_PATH:
        raise TileError("no tile has a name that long")
    first, _, rest = path.partition("/")
    level, _, place = rest.partition("/")
    try:
        place, partial, width = place.partition(".p/")
        digits = place.replace("/", "").replace("x", "")
        number = int(digits) if digits.isascii() and digits.isdigit() else -1
        tile = Tile(
            None if level == "entries" else decimal(level, MOST_LEVEL),
            number,
            decimal(width, WIDTH - 1) if partial else WIDTH,
        )
    except (EncodingError, TileError) as error:
        raise TileError(f"no name of a tile: {error}") from None
    if first != "tile" or path_of(tile) != path:
        raise TileError("a tile is called tile/L/N, tile/L/N.p/W, or the same with `entries` for L")
    return tile


def path_of(tile: Tile) -> str:
    """The name of a tile, without a leading slash."""
    digits = str(tile.number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    number = "/".join([f"x{each}" for each in groups[:-1]] + groups[-1:])
    level = "entries" if tile.level is None else tile.level
    return f"tile/{level}/{number}" + ("" if tile.width == WIDTH else f".p/{tile.width}")


def tiles_of(size: int) -> Iterator[Tile]:
    """The tiles of hashes that a tree of `size` leaves has, the widest of each number, level by level."""
    level = 0
    while count := size >> HEIGHT * level:
        yield from (Tile(level, number) for number in range(count // WIDTH))
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)
        level += 1


def bundles_of(size: int) -> Iterator[Tile]:
    """The bundles of entries of a log of `size` entries."""
    yield from (Tile(None, number) for number in range(size // WIDTH))
    if size % WIDTH:
        yield Tile(None, size // WIDTH, size % WIDTH)


def hashes_of(tree: Tree, tile: Tile) -> bytes:
    """The bytes of a tile of hashes; refuses (TileError) a bundle, and what the tree does not have."""
    if tile.level is None or not tile.is_in(len(tree)):
        raise TileError("the tree has no such tile")
    return b"".join(tree.subtrees(HEIGHT * tile.level, tile.start, tile.start + tile.width))


def parse_hashes(raw: bytes, width: int) -> tuple[bytes, ...]:
    """The hashes of a tile of `width`; refuses (TileError) another length."""
    if len(raw) != width * HASH_SIZE:
        raise TileError(f"a tile of width {width} has {width * HASH_SIZE} bytes, not {len(raw)}")
    return tuple(raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE))


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over a full tile: what stands for it in the level above. Refuses (TileError) a partial one."""
    if len(hashes) != WIDTH:
        raise TileError("only a full tile has a place in the level above")
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle; refuses (TileError) none, more than 256, and one that is too long."""
    if not 1 <= len(entries) <= WIDTH:
        raise TileError("a bundle holds 1 to 256 entries")
    if any(len(each) > MOST_ENTRY_BYTES for each in entries):
        raise TileError(f"an entry of a bundle has at most {MOST_ENTRY_BYTES} bytes")
    return b"".join(len(each).to_bytes(2, "big") + each for each in entries)


def parse_bundle(raw: bytes, width: int) -> tuple[bytes, ...]:
    """The entries of a bundle of `width`; refuses (TileError) fewer, more, and one that is cut off."""
    entries, at = list[bytes](), 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 2], "big")
        end = at + 2 + length
        if at + 2 > len(raw) or end > len(raw) or len(entries) == width:
            raise TileError(f"the bundle does not hold {width} entries: it is cut off, or goes on")
        entries.append(raw[at + 2 : end])
        at = end
    if len(entries) != width:
        raise TileError(f"the bundle holds {len(entries)} entries, not {width}")
    return tuple(entries)
