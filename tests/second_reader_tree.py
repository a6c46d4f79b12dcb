"""The Merkle tree of RFC 6962 and its proofs (log.md, *Hashing*; RFC 9162, sections 2.1.3.2 and 2.1.4.2)."""

from collections.abc import Sequence

from second_reader_base import Refused, sha256

EMPTY_ROOT = sha256(b"")


def leaf_hash(entry: bytes) -> bytes:
    """Rule 2: a leaf."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Rule 2: a node."""
    return sha256(b"\x01" + left + right)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Rule 2: the root over leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(root_of(leaves[:k]), root_of(leaves[k:]))


def check_inclusion(leaf: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        raise Refused("bad proof", "index")
    fn, sn, found = index, size - 1, leaf
    for step in path:
        if sn == 0:
            raise Refused("bad proof", "too long")
        if fn & 1 or fn == sn:
            found = node_hash(step, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, step)
        fn, sn = fn >> 1, sn >> 1
    if sn or found != root:
        raise Refused("bad proof")


def _check_trivial(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """Rule 3: from size 0, or between equal sizes."""
    if path or (old == 0 and old_root != EMPTY_ROOT) or (old == new and old_root != new_root):
        raise Refused("bad proof")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """RFC 9162, section 2.1.4.2, with the empty proofs of rule 3."""
    if not 0 <= old <= new:
        raise Refused("bad proof", "sizes")
    if old in (0, new):
        _check_trivial(old, old_root, new, new_root, path)
        return
    if not path:
        raise Refused("bad proof", "empty")
    steps = list(path) if old & (old - 1) else [old_root, *path]
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if sn == 0:
            raise Refused("bad proof", "too long")
        if fn & 1 or fn == sn:
            before, after = node_hash(step, before), node_hash(step, after)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            after = node_hash(after, step)
        fn, sn = fn >> 1, sn >> 1
    if sn or before != old_root or after != new_root:
        raise Refused("bad proof")
