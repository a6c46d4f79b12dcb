"""Forged proofs: cut, lengthened, reordered, changed, for another place, another tree, another history."""

from collections.abc import Callable, Iterator

import pytest

from crypto.merkle import EMPTY_ROOT, ProofError, Tree, leaf_hash, verify_consistency, verify_inclusion

LEAVES = [leaf_hash(b"%d" % i) for i in range(25)]
TREE = Tree(LEAVES)


def refuses(verify: Callable[..., None], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except ProofError:
        return True
    return False


def forged_paths(path: list[bytes], extra: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The path cut, lengthened, repeated, reordered, and with each bit position of each hash touched."""
    for i in range(len(path) + 1):
        yield f"a hash put in at {i}", [*path[:i], extra, *path[i:]]
        yield f"zeros put in at {i}", [*path[:i], bytes(32), *path[i:]]
    for i, each in enumerate(path):
        yield f"hash {i} dropped", [*path[:i], *path[i + 1 :]]
        yield f"hash {i} repeated", [*path[:i], each, *path[i:]]
        for bit in (0, 7, 130, 255):
            changed = (int.from_bytes(each, "big") ^ 1 << bit).to_bytes(32, "big")
            yield f"bit {bit} of hash {i}", [*path[:i], changed, *path[i + 1 :]]
        yield f"hash {i} replaced", [*path[:i], extra, *path[i + 1 :]]
        for length in (0, 31, 33, 64):
            yield f"hash {i} of {length} bytes", [*path[:i], (each * 2)[:length], *path[i + 1 :]]
        for j in range(i):
            swapped = [*path]
            swapped[i], swapped[j] = path[j], each
            if swapped != path:
                yield f"hashes {i} and {j} swapped", swapped


@pytest.mark.parametrize("size", range(1, 24))
def test_no_forged_audit_path_is_accepted(size: int) -> None:
    root = TREE.root(size)
    for index in range(size):
        path = TREE.inclusion(index, size)
        for what, forged in forged_paths(path, root):
            assert refuses(verify_inclusion, LEAVES[index], index, size, root, forged), (index, size, what)


@pytest.mark.parametrize("size", range(1, 24))
def test_an_audit_path_proves_one_leaf_at_one_place_of_one_tree(size: int) -> None:
    root = TREE.root(size)
    for index in range(size):
        leaf, path = LEAVES[index], TREE.inclusion(index, size)
        for other in range(-1, size + 2):
            if other != index:
                with pytest.raises(ProofError):
                    verify_inclusion(leaf, other, size, root, path)
                if 0 <= other < size:
                    with pytest.raises(ProofError):
                        verify_inclusion(LEAVES[other], index, size, root, path)
        for wrong in (TREE.root(size - 1), TREE.root(size + 1), EMPTY_ROOT, bytes(32), leaf if size > 1 else bytes(32)):
            with pytest.raises(ProofError, match="another root"):
                verify_inclusion(leaf, index, size, wrong, path)


@pytest.mark.parametrize("size", range(1, 24))
def test_an_audit_path_fits_other_sizes_only_with_the_same_shape(size: int) -> None:
    """RFC 9162: a path does not commit to the size (the signed checkpoint does).

    A size under which the path walks the same turns gives the same root. Nothing else may: such a size proves the
    same leaf under the same root, so what is accepted is still true of the tree that has this root.
    """

    def turns(index: int, width: int) -> list[str]:
        found: list[str] = []
        while width > 1:
            k = 1 << (width - 1).bit_length() - 1
            found.append("left" if index < k else "right")
            index, width = (index, k) if index < k else (index - k, width - k)
        return found

    for index in range(size):
        path = TREE.inclusion(index, size)
        for other in range(2 * size + 3):
            if index < other and turns(index, other) == turns(index, size):
                verify_inclusion(LEAVES[index], index, other, TREE.root(size), path)
            else:
                with pytest.raises(ProofError):
                    verify_inclusion(LEAVES[index], index, other, TREE.root(size), path)


@pytest.mark.parametrize("size", range(2, 24))
def test_no_forged_consistency_proof_is_accepted(size: int) -> None:
    root = TREE.root(size)
    for old in range(size + 1):
        proof, old_root = TREE.consistency(old, size), TREE.root(old)
        for what, forged in forged_paths(proof, LEAVES[-1]):
            assert refuses(verify_consistency, old, old_root, size, root, forged), (old, size, what)


@pytest.mark.parametrize("size", range(2, 24))
def test_a_consistency_proof_joins_two_roots_only(size: int) -> None:
    root = TREE.root(size)
    for old in range(size):
        proof, old_root = TREE.consistency(old, size), TREE.root(old)
        for other in range(size):
            if other != old:
                with pytest.raises(ProofError):
                    verify_consistency(old, TREE.root(other), size, root, proof)
                if old:
                    with pytest.raises(ProofError):
                        verify_consistency(old, old_root, size, TREE.root(other), proof)
        if old:
            with pytest.raises(ProofError):
                verify_consistency(old, root, size, old_root, proof)


def test_no_fork_is_consistent() -> None:
    """A log that showed one history and then continues another cannot join them by any of its own proofs."""
    for forked_at in range(12):
        other = Tree([*LEAVES[:forked_at], *(leaf_hash(b"fork %d" % i) for i in range(forked_at, 24))])
        for old in range(forked_at + 1, 16):
            for new in range(old, 24):
                for proof in (TREE.consistency(old, new), other.consistency(old, new)):
                    with pytest.raises(ProofError):
                        verify_consistency(old, TREE.root(old), new, other.root(new), proof)


@pytest.mark.parametrize(
    ("old", "new", "old_root", "new_root", "path", "why"),
    [
        (-1, 3, EMPTY_ROOT, TREE.root(3), [], "larger"),
        (4, 3, TREE.root(4), TREE.root(3), [], "larger"),
        (4, 3, TREE.root(4), TREE.root(3), TREE.consistency(3, 4), "larger"),
        (0, 3, TREE.root(3), TREE.root(3), [], "hash of nothing"),
        (0, 3, EMPTY_ROOT, TREE.root(3), [LEAVES[0]], "is empty"),
        (0, 0, LEAVES[0], LEAVES[0], [], "hash of nothing"),
        (0, 0, EMPTY_ROOT, LEAVES[0], [], "two histories"),
        (3, 3, TREE.root(3), TREE.root(4), [], "two histories"),
        (3, 3, TREE.root(3), TREE.root(3), [LEAVES[0]], "is empty"),
        (2, 3, TREE.root(2), TREE.root(3), [], "missing"),
        (2, 3, TREE.root(2)[:31], TREE.root(3), TREE.consistency(2, 3), "32 bytes"),
        (2, 3, TREE.root(2), TREE.root(3) + b"\0", TREE.consistency(2, 3), "32 bytes"),
        (3, 7, TREE.root(3), TREE.root(7), TREE.consistency(3, 7)[:-1], "too short"),
        (3, 7, TREE.root(3), TREE.root(7), [*TREE.consistency(3, 7), LEAVES[0]], "too long"),
        (3, 7, TREE.root(2), TREE.root(7), TREE.consistency(3, 7), "not part of this history"),
        (3, 7, TREE.root(3), TREE.root(6), TREE.consistency(3, 7), "another new root"),
    ],
)
def test_a_bad_consistency_proof_says_why(
    old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes], why: str
) -> None:
    with pytest.raises(ProofError, match=why):
        verify_consistency(old, old_root, new, new_root, path)


@pytest.mark.parametrize(
    ("leaf", "index", "size", "root", "path", "why"),
    [
        (LEAVES[0], -1, 1, LEAVES[0], [], "outside"),
        (LEAVES[0], 1, 1, LEAVES[0], [], "outside"),
        (LEAVES[0], 0, 0, EMPTY_ROOT, [], "outside"),
        (LEAVES[0], 0, -1, EMPTY_ROOT, [], "outside"),
        (LEAVES[0], 0, 1, LEAVES[0], [LEAVES[1]], "too long"),
        (LEAVES[0], 0, 2, TREE.root(2), [], "too short"),
        (LEAVES[0][:-1], 0, 2, TREE.root(2), [LEAVES[1]], "32 bytes"),
        (LEAVES[0], 0, 2, TREE.root(2)[:-1], [LEAVES[1]], "32 bytes"),
        (LEAVES[0] + LEAVES[1], 0, 1, TREE.root(2), [], "32 bytes"),
    ],
)
def test_a_bad_audit_path_says_why(
    leaf: bytes, index: int, size: int, root: bytes, path: list[bytes], why: str
) -> None:
    with pytest.raises(ProofError, match=why):
        verify_inclusion(leaf, index, size, root, path)


def test_an_endless_proof_costs_no_more_than_its_reading() -> None:
    with pytest.raises(ProofError, match="too long"):
        verify_inclusion(LEAVES[0], 0, 2**63, LEAVES[0], [LEAVES[1]] * 100_000)
    with pytest.raises(ProofError, match="too long"):
        verify_consistency(1, LEAVES[0], 2**63, LEAVES[0], [LEAVES[1]] * 100_000)
