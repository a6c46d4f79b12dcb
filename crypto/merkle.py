"""The Merkle tree of RFC 6962 (section 2.1; algorithms of RFC 9162 section 2.1): roots, proofs, growth.

1. A leaf hash is SHA-256(0x00 ‖ entry), a node hash SHA-256(0x01 ‖ left ‖ right), the empty root SHA-256("").
2. A proof is refused, by exception, unless it has exactly the hashes that its index and sizes call for.
3. `Tree` keeps the hash of every complete subtree, so a root at any past size and any proof cost O(log n) hashes.

Hashes are 32 bytes; indices and sizes count leaves.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from crypto.errors import CryptoError

EMPTY_ROOT = sha256(b"").digest()
HASH_SIZE = 32


class ProofError(CryptoError):
    """A Merkle proof that does not show what it is offered for."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one log entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """An append-only tree in memory; asks for sizes it has reached, and raises ValueError for any other."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        # levels[h][i] is the hash of the complete subtree over leaves [i·2^h, (i+1)·2^h).
        self._levels: list[list[bytes]] = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            self._levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        node, height = leaf, 0
        self._levels[0].append(node)
        while len(self._levels[height]) % 2 == 0:
            node = node_hash(self._levels[height][-2], node)
            height += 1
            if height == len(self._levels):
                self._levels.append([])
            self._levels[height].append(node)

    def copy(self) -> "Tree":
        """A tree of the same leaves that grows on its own."""
        other = Tree()
        other._levels = [level.copy() for level in self._levels]
        return other

    def truncate(self, size: int) -> None:
        """Forget every leaf from `size` on (an append that did not reach the store)."""
        self._check(size)
        for height, level in enumerate(self._levels):
            del level[size >> height :]
        while len(self._levels) > 1 and not self._levels[-1]:
            self._levels.pop()

    def leaf(self, index: int) -> bytes:
        """The leaf hash at `index`."""
        if not 0 <= index < len(self):
            raise ValueError(f"leaf index {index} outside a tree of {len(self)} leaves")
        return self._levels[0][index]

    def subtrees(self, height: int, start: int, end: int) -> list[bytes]:
        """The roots of the complete subtrees of 2^height leaves from number `start` to before `end`; refuses
        (ValueError) what the tree does not have."""
        level = self._levels[height] if 0 <= height < len(self._levels) else []
        if not 0 <= start <= end <= len(level):
            raise ValueError(f"subtrees {start} to {end} of height {height} outside a tree of {len(self)} leaves")
        return level[start:end]

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves (all of them unless given)."""
        size = len(self) if size is None else size
        self._check(size)
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The audit path of leaf `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.1)."""
        self._check(size)
        if not 0 <= index < size:
            raise ValueError("leaf index outside the tree")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Proof that the first `old` leaves of the tree of `new` are its beginning (RFC 9162 section 2.1.4.1)."""
        self._check(new)
        if not 0 <= old <= new:
            raise ValueError("old size outside the new tree")
        if old in (0, new):
            return []
        path: list[bytes] = []
        start, end, whole = 0, new, True
        while end != old:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._range(start, end))
        return path[::-1]

    def _range(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0 and start % width == 0:
            return self._levels[width.bit_length() - 1][start // width]
        middle = start + _split(width)
        return node_hash(self._range(start, middle), self._range(middle, end))

    def _check(self, size: int) -> None:
        if not 0 <= size <= len(self):
            raise ValueError(f"size {size} outside a tree of {len(self)} leaves")


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Return if `path` proves that `leaf` stands at `index` under `root` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError("leaf index outside the tree")
    _check_hashes((leaf, root, *path))
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("inclusion proof too long")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("inclusion proof too short")
    if node != root:
        raise ProofError("inclusion proof leads to another root")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Return if `path` proves that the tree of `old` leaves begins that of `new` (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new:
        raise ProofError("the old tree is larger than the new one")
    _check_hashes((old_root, new_root, *path))
    if old in (0, new):
        _trivial_consistency(old, old_root, new_root, new, path)
        return
    if not path:
        raise ProofError("consistency proof missing")
    hashes = ([old_root] if old & (old - 1) == 0 else []) + list(path)
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_node = new_node = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("consistency proof too long")
        if position & 1 or position == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("consistency proof too short")
    if old_node != old_root:
        raise ProofError("the old root is not part of this history")
    if new_node != new_root:
        raise ProofError("the proof leads to another new root")


def _trivial_consistency(old: int, old_root: bytes, new_root: bytes, new: int, path: Sequence[bytes]) -> None:
    if path:
        raise ProofError("a consistency proof from nothing, or to the same size, is empty")
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofError("an empty tree has the hash of nothing as its root")
    if old == new and old_root != new_root:
        raise ProofError("two roots for one size: the log shows two histories")


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise ProofError("a hash is 32 bytes")


def _split(width: int) -> int:
    """The largest power of two below `width` (width > 1)."""
    return 1 << (width - 1).bit_length() - 1
