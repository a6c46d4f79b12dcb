"""The tree against published answers, against RFC 6962's recursive definitions written here a second time; its cost."""

import random
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import merkle
from crypto.merkle import EMPTY_ROOT, Tree, leaf_hash, node_hash, verify_consistency, verify_inclusion

# The entries and roots of the certificate-transparency project's tests, published with RFC 6962.
PUBLISHED_ENTRIES = [
    bytes.fromhex(each)
    for each in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
PUBLISHED_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PUBLISHED_INCLUSION = {  # (index, size): audit path, from the same tests
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PUBLISHED_CONSISTENCY = {  # (old, new): proof, from the same tests
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

MOST = 40
LEAVES = [leaf_hash(b"%d" % i) for i in range(MOST)]
TREE = Tree(LEAVES)
LARGE_LEAVES = [leaf_hash(i.to_bytes(3, "big")) for i in range(5000)]
LARGE = Tree(LARGE_LEAVES)


# RFC 6962 section 2.1, word for word, with no thought of cost.


def split(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*naive_proof(old, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_proof(old - k, leaves[k:], False), naive_root(leaves[:k])]


# Published answers


def test_the_published_roots() -> None:
    tree = Tree(leaf_hash(entry) for entry in PUBLISHED_ENTRIES)
    assert [tree.root(size).hex() for size in range(9)] == PUBLISHED_ROOTS
    assert tree.root().hex() == PUBLISHED_ROOTS[-1]
    assert EMPTY_ROOT.hex() == Tree().root().hex() == PUBLISHED_ROOTS[0]


@pytest.mark.parametrize(("place", "path"), PUBLISHED_INCLUSION.items(), ids=str)
def test_the_published_audit_paths(place: tuple[int, int], path: list[str]) -> None:
    index, size = place
    tree = Tree(leaf_hash(entry) for entry in PUBLISHED_ENTRIES)
    hashes = [bytes.fromhex(each) for each in path]
    assert tree.inclusion(index, size) == hashes
    verify_inclusion(leaf_hash(PUBLISHED_ENTRIES[index]), index, size, tree.root(size), hashes)


@pytest.mark.parametrize(("sizes", "path"), PUBLISHED_CONSISTENCY.items(), ids=str)
def test_the_published_consistency_proofs(sizes: tuple[int, int], path: list[str]) -> None:
    old, new = sizes
    tree = Tree(leaf_hash(entry) for entry in PUBLISHED_ENTRIES)
    hashes = [bytes.fromhex(each) for each in path]
    assert tree.consistency(old, new) == hashes
    verify_consistency(old, tree.root(old), new, tree.root(new), hashes)


def test_a_leaf_is_no_node() -> None:
    """The two prefixes keep an entry of 64 bytes from posing as a node."""
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right) == sha256(b"\x01" + left + right).digest()
    assert leaf_hash(b"") == sha256(b"\0").digest() != EMPTY_ROOT


# Against the naive recursion


@pytest.mark.parametrize("size", range(MOST + 1))
def test_roots_and_proofs_are_those_of_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    root = naive_root(leaves)
    assert TREE.root(size) == Tree(leaves).root() == root
    for index in range(size):
        path = TREE.inclusion(index, size)
        assert path == naive_path(index, leaves)
        verify_inclusion(leaves[index], index, size, root, path)
    for old in range(size + 1):
        proof = TREE.consistency(old, size)
        assert proof == (naive_proof(old, leaves) if old else [])
        verify_consistency(old, naive_root(leaves[:old]), size, root, proof)


@settings(max_examples=25)
@given(st.integers(1, 5000), st.randoms(use_true_random=False))
def test_large_trees_are_those_of_the_definition(size: int, source: random.Random) -> None:
    leaves = LARGE_LEAVES[:size]
    root = naive_root(leaves)
    assert LARGE.root(size) == root
    index, old = source.randrange(size), source.randint(1, size)
    verify_inclusion(leaves[index], index, size, root, LARGE.inclusion(index, size))
    assert LARGE.inclusion(index, size) == naive_path(index, leaves)
    verify_consistency(old, LARGE.root(old), size, root, LARGE.consistency(old, size))
    assert LARGE.consistency(old, size) == naive_proof(old, leaves)


# Growth, going back, and cost


@pytest.mark.parametrize(
    "ask",
    [
        lambda tree: tree.leaf(-1),
        lambda tree: tree.leaf(5),
        lambda tree: tree.subtrees(0, 0, 6),
        lambda tree: tree.subtrees(0, -1, 1),
        lambda tree: tree.subtrees(0, 2, 1),
        lambda tree: tree.subtrees(1, 0, 3),
        lambda tree: tree.subtrees(4, 0, 1),
        lambda tree: tree.subtrees(-1, 0, 1),
        lambda tree: tree.root(-1),
        lambda tree: tree.root(6),
        lambda tree: tree.truncate(-1),
        lambda tree: tree.truncate(6),
        lambda tree: tree.inclusion(0, 0),
        lambda tree: tree.inclusion(0, 6),
        lambda tree: tree.inclusion(3, 3),
        lambda tree: tree.inclusion(-1, 3),
        lambda tree: tree.consistency(4, 3),
        lambda tree: tree.consistency(-1, 3),
        lambda tree: tree.consistency(1, 6),
    ],
)
def test_a_tree_refuses_what_it_does_not_have(ask: Callable[[Tree], object]) -> None:
    tree = Tree(LEAVES[:5])
    with pytest.raises(ValueError, match="outside"):
        ask(tree)
    assert len(tree) == 5
    assert tree.root() == naive_root(LEAVES[:5])


def test_subtrees_are_the_roots_of_their_leaves() -> None:
    tree = Tree(LEAVES[:13])
    for height, start, end in ((0, 0, 13), (0, 4, 4), (1, 2, 6), (2, 0, 3), (3, 0, 1), (3, 1, 1)):
        width = 1 << height
        expected = [naive_root(LEAVES[at * width : (at + 1) * width]) for at in range(start, end)]
        assert tree.subtrees(height, start, end) == expected


def test_every_truncation_leaves_the_tree_that_never_grew() -> None:
    for size in range(MOST + 1):
        for back in range(size + 1):
            tree = Tree(LEAVES[:size])
            tree.truncate(back)
            assert tree._levels == Tree(LEAVES[:back])._levels
            assert len(tree) == back


def test_a_copy_grows_and_goes_back_on_its_own() -> None:
    tree = Tree(LEAVES[:21])
    longer, shorter = tree.copy(), tree.copy()
    longer.append(LEAVES[21])
    shorter.truncate(8)
    assert [each.root() for each in (shorter, tree, longer)] == [naive_root(LEAVES[:size]) for size in (8, 21, 22)]
    tree.truncate(0)
    assert (len(shorter), len(tree), len(longer)) == (8, 0, 22)


@given(st.lists(st.integers(0, 30) | st.none(), max_size=40))
def test_growing_and_going_back_in_any_order(steps: list[int | None]) -> None:
    """A number truncates to that size at most, none appends: the tree always equals one built afresh."""
    tree, expected = Tree(), list[bytes]()
    for position, step in enumerate(steps):
        if step is None:
            expected.append(leaf_hash(b"step %d" % position))
            tree.append(expected[-1])
        else:
            del expected[step:]
            tree.truncate(min(step, len(tree)))
        assert tree.root() == naive_root(expected)
        assert [tree.leaf(i) for i in range(len(tree))] == expected


def test_appending_costs_one_node_a_leaf_and_asking_costs_the_height(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in hashes, not seconds: a quadratic turn anywhere would show at 5,000 leaves."""
    spent = 0

    def counting(left: bytes, right: bytes) -> bytes:
        nonlocal spent
        spent += 1
        return node_hash(left, right)

    monkeypatch.setattr(merkle, "node_hash", counting)
    tree = Tree(LARGE_LEAVES)
    assert spent < len(LARGE_LEAVES)
    height = len(LARGE_LEAVES).bit_length()
    for size in (1, 2, 3, 1023, 1024, 1025, 4095, 4096, 4097, 4999, 5000):
        spent = 0
        tree.root(size)
        assert spent <= height
        for index in {0, 1, size // 2, size - 1} & set(range(size)):
            spent = 0
            path = tree.inclusion(index, size)
            assert len(path) <= height
            assert spent <= height
            spent = 0
            verify_inclusion(LARGE_LEAVES[index], index, size, LARGE.root(size), path)
            assert spent <= height + height  # the root asked for here, and the path
        for old in {1, 2, 3, size // 2, size - 1, size} & set(range(1, size + 1)):
            spent = 0
            proof = tree.consistency(old, size)
            assert len(proof) <= height + 1
            assert spent <= 2 * height
    spent = 0
    for size in range(5000, 0, -1):
        tree.truncate(size)
    assert spent == 0
