"""The right edge of a Merkle tree (RFC 6962): its complete subtrees, to which leaves are added. Pure.

Whoever has them, and nothing else of the tree, has its root, and that of the tree with more leaves behind.
"""

from collections.abc import Sequence

from crypto.merkle import EMPTY_ROOT, ProofError, node_hash


def subtrees(size: int, hashes: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """The complete subtrees of a tree of `size` leaves, height and root, the largest first; raises ProofError."""
    heights = [height for height in range(size.bit_length() - 1, -1, -1) if size >> height & 1]
    if len(heights) != len(hashes):
        raise ProofError("there are not as many hashes as the size calls for")
    return list(zip(heights, hashes, strict=True))


def grow(nodes: list[tuple[int, bytes]], leaf: bytes) -> None:
    """Add a leaf's hash at the right."""
    height, node = 0, leaf
    while nodes and nodes[-1][0] == height:
        node, height = node_hash(nodes.pop()[1], node), height + 1
    nodes.append((height, node))


def root(nodes: Sequence[tuple[int, bytes]]) -> bytes:
    """The root over the subtrees."""
    if not nodes:
        return EMPTY_ROOT
    top = nodes[-1][1]
    for _, node in reversed(nodes[:-1]):
        top = node_hash(node, top)
    return top
