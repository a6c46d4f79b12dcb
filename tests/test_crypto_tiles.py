"""Tiles: their names, which there are, and that what stands in them is the tree (c2sp.org/tlog-tiles)."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.merkle import Tree, leaf_hash
from crypto.tiles import (
    MOST_ENTRY_BYTES,
    Tile,
    TileError,
    bundles_of,
    hashes_of,
    parse_bundle,
    parse_hashes,
    parse_path,
    path_of,
    root_of,
    tiles_of,
    write_bundle,
)
from directory.statement import MOST_STATEMENT_BYTES

LEAVES = [sha256(b"%d" % each).digest() for each in range(70_000)]
TREE = Tree(LEAVES)

NAMES = {
    "tile/0/000": Tile(0, 0),
    "tile/0/x001/x234/067": Tile(0, 1_234_067),
    "tile/0/273.p/112": Tile(0, 273, 112),
    "tile/1/000.p/1": Tile(1, 0, 1),
    "tile/63/999.p/255": Tile(63, 999, 255),
    "tile/entries/x001/000": Tile(None, 1000),
    "tile/entries/x001/234.p/8": Tile(None, 1234, 8),
}
NO_NAMES = (
    "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1", "tile/00/000", "tile/64/000",
    "tile/-1/000", "tile/+1/000", "tile/0/x000", "tile/0/x000/001", "tile/0/001/002", "tile/0/x001/x002",
    "tile/0/X001/002", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p",
    "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/000/", "/tile/0/000", "tile/0/000 ", "tile/entries",
    "tile/entries/0", "tile/Entries/000", "tiles/0/000", "tile/0/x001/x234/067/", "tile/0/\u0660\u0660\u0660",
    "tile/0/x00x/001", "tile/0/xx01/001", "tile/0/x001x/001", "tile/0/x999/x999/x999/x999/x999/x999/999",
    "tile/0/" + "x001/" * 400 + "001", "tile/0/000\n", "tile/entries/000.p/300",
)  # fmt: skip


def wanted(level: int, number: int, width: int) -> bytes:
    """A tile's bytes, straight from the sentence that defines them."""
    span = 256**level
    starts = [(number * 256 + each) * span for each in range(width)]
    return b"".join(plain_root(LEAVES[at : at + span]) for at in starts)


def plain_root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + plain_root(leaves[:middle]) + plain_root(leaves[middle:])).digest()


@pytest.mark.parametrize(("path", "tile"), NAMES.items())
def test_a_tile_has_its_name(path: str, tile: Tile) -> None:
    assert parse_path(path) == tile
    assert path_of(tile) == path


@pytest.mark.parametrize("path", NO_NAMES)
def test_no_other_name_is_taken(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


@given(st.text(alphabet="tile/0123456789xp.entris ", max_size=40))
def test_what_is_parsed_is_written_the_same(path: str) -> None:
    try:
        tile = parse_path(path)
    except TileError:
        return
    assert path_of(tile) == path


@given(st.integers(0, 63) | st.none(), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_what_is_written_is_parsed(level: int | None, number: int, width: int) -> None:
    assert parse_path(path_of(Tile(level, number, width))) == Tile(level, number, width)


@pytest.mark.parametrize("wrong", [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257), (None, 2**63, 1)])
def test_there_is_no_such_tile(wrong: tuple[int | None, int, int]) -> None:
    with pytest.raises(TileError):
        Tile(*wrong)


def test_the_tiles_of_the_specifications_example() -> None:
    tiles = list(tiles_of(70_000))
    assert [each for each in tiles if each.level == 0] == [*(Tile(0, n) for n in range(273)), Tile(0, 273, 112)]
    assert [each for each in tiles if each.level] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(bundles_of(257)) == [Tile(None, 0), Tile(None, 1, 1)]
    assert list(tiles_of(0)) == list(bundles_of(0)) == []


@given(st.integers(0, 2**40))
def test_a_tree_has_as_many_hashes_a_level_as_it_has_full_subtrees(size: int) -> None:
    size %= 2**17
    by_level: dict[int | None, int] = {}
    for each in tiles_of(size):
        assert each.is_in(size)
        by_level[each.level] = by_level.get(each.level, 0) + each.width
    assert by_level == {level: size // 256**level for level in range(8) if size // 256**level}
    assert sum(each.width for each in bundles_of(size)) == size


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000])
def test_a_tile_is_in_a_tree_that_is_large_enough(size: int) -> None:
    tree = Tree(LEAVES[:size])
    for tile in tiles_of(size):
        assert hashes_of(tree, tile) == hashes_of(TREE, tile)
        wider = (
            Tile(tile.level, tile.number, tile.width + 1) if tile.width < 256 else Tile(tile.level, tile.number + 1, 1)
        )
        if not wider.is_in(size):
            with pytest.raises(TileError):
                hashes_of(tree, wider)


@pytest.mark.parametrize("tile", [Tile(0, 0), Tile(0, 273, 112), Tile(1, 0, 3), Tile(1, 1, 17), Tile(2, 0, 1)])
def test_what_stands_in_a_tile(tile: Tile) -> None:
    assert tile.level is not None
    assert hashes_of(TREE, tile) == wanted(tile.level, tile.number, tile.width)


def test_a_full_tile_stands_for_its_root_in_the_level_above() -> None:
    below = parse_hashes(hashes_of(TREE, Tile(0, 17)), 256)
    assert hashes_of(TREE, Tile(1, 0))[17 * 32 : 18 * 32] == root_of(below)
    with pytest.raises(TileError):
        root_of(below[:-1])


def test_a_tree_has_no_tile_of_entries() -> None:
    with pytest.raises(TileError):
        hashes_of(TREE, Tile(None, 0))


def test_an_entry_of_ours_fits_into_a_bundle() -> None:
    assert MOST_STATEMENT_BYTES == MOST_ENTRY_BYTES
    longest = [b"x" * MOST_STATEMENT_BYTES] * 256
    assert parse_bundle(write_bundle(longest), 256) == tuple(longest)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_a_bundle_is_read_as_it_was_written(entries: list[bytes]) -> None:
    raw = write_bundle(entries)
    assert parse_bundle(raw, len(entries)) == tuple(entries)
    for width in (len(entries) - 1, len(entries) + 1):
        with pytest.raises(TileError):
            parse_bundle(raw, width)


@given(st.binary(max_size=40), st.integers(0, 5))
def test_whatever_is_read_as_a_bundle_is_written_the_same(raw: bytes, width: int) -> None:
    try:
        entries = parse_bundle(raw, width)
    except TileError:
        return
    assert not entries or write_bundle(entries) == raw


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x01a\x00", b"\x00\x01a\x00\x01b"])
def test_no_other_bundle_of_one_is_taken(raw: bytes) -> None:
    with pytest.raises(TileError):
        parse_bundle(raw, 1)


@pytest.mark.parametrize("entries", [[], [b""] * 257, [b"x" * 65_536]])
def test_no_other_bundle_is_written(entries: list[bytes]) -> None:
    with pytest.raises(TileError):
        write_bundle(entries)


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33), bytes(65)])
def test_no_other_length_is_a_tile_of_two(raw: bytes) -> None:
    with pytest.raises(TileError):
        parse_hashes(raw, 2)


@given(st.integers(1, 256))
def test_hashes_are_read_as_they_stand(width: int) -> None:
    raw = hashes_of(TREE, Tile(0, 1, width))
    assert b"".join(parse_hashes(raw, width)) == raw


def test_leaves_are_those_of_the_entries() -> None:
    tree = Tree(map(leaf_hash, [b"one", b"two"]))
    assert hashes_of(tree, Tile(0, 0, 2)) == sha256(b"\x00one").digest() + sha256(b"\x00two").digest()
