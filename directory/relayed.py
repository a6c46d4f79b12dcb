"""What a relay's receipt says, and whether it holds: read by desks, and in evidence. Pure.

1. A leaf is the RFC 6962 leaf hash of the text `enlace/relayed/v1`, newline, canonical JSON of envelope hash, tree size
   and time, newline.
2. The root over a commit's leaves stands in a note of type `enlace/receipts/v1`, signed by both receipt keys, which the
   directory names.
"""

from typing import Annotated

import msgspec

from crypto.encoding import unhex
from crypto.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from crypto.note import parse_note
from crypto.signing import PublicPair, check_both
from directory.canonical import read_body, write_body
from directory.fields import Count, Hash, Time

RELAYED_TYPE = "enlace/relayed/v1"
RECEIPTS_TYPE = "enlace/receipts/v1"
MOST_PATH = 32
MOST_NOTE_BYTES = 128 << 10


class Leaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the relay vouches for about one envelope."""

    envelope: Hash
    tree_size: Count
    time: Time


class Root(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signed root over `count` leaves."""

    network: Hash
    count: Count
    root: Hash
    time: Time


class Relayed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An envelope's receipt: its leaf, where it stands under the root, and the root's note."""

    leaf: Leaf
    index: Count
    path: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MOST_PATH)]
    note: str


def receipt_name(network: str) -> str:
    """The name under which the relay's receipt keys sign."""
    return f"{network}/receipt"


def leaf_text(leaf: Leaf) -> bytes:
    """What is hashed into the tree of a commit's receipts."""
    return write_body(RELAYED_TYPE, leaf).encode()


def open_relayed(relayed: Relayed, network_name: str, keys: PublicPair) -> Root:
    """What a relay with these receipt keys signed, the leaf proven to stand under it.

    Raises SignatureError, ProofError, another CryptoError or Malformed. Which envelope, and which network, is for the
    caller to compare.
    """
    note = parse_note(relayed.note.encode(), MOST_NOTE_BYTES)
    check_both(note, receipt_name(network_name), keys)
    root = read_body(note.text, RECEIPTS_TYPE, Root)
    path = [unhex(each, HASH_SIZE) for each in relayed.path]
    verify_inclusion(leaf_hash(leaf_text(relayed.leaf)), relayed.index, root.count, unhex(root.root, HASH_SIZE), path)
    return root
