"""The relay's receipts: one signature pair for everything a commit stored, and a Merkle path for each envelope.

1. A leaf is the RFC 6962 leaf hash of the text `enlace/relayed/v1`, newline, canonical JSON of envelope hash, tree size
   and time, newline.
2. The root over a commit's leaves stands in a note of type `enlace/receipts/v1`, signed by both receipt keys.
3. `Relayed` carries leaf values, path and note; it goes back to the sender and travels with the envelope. Whoever has
   the relay's receipt keys from the directory checks it without the relay.
4. `tree_size` is the directory's size when the relay took the envelope in; whether the sender's device counted is
   judged at that size. `time` is the relay's clock; later stages are released `after` seconds from it.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from crypto.encoding import EncodingError, unhex
from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE, Tree, leaf_hash, verify_inclusion
from crypto.note import parse_note
from crypto.signing import PublicPair, SecretPair, check_both, sign_both
from directory.canonical import Malformed, read_body, write_body
from directory.fields import Count, Hash, Time
from relay.protocol.lines import MOST_LINE_BYTES, LineError, receipt_name

RELAYED_TYPE = "enlace/relayed/v1"
RECEIPTS_TYPE = "enlace/receipts/v1"
MOST_PATH = 32


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


def sign_receipts(leaves: Sequence[Leaf], network: str, network_name: str, keys: SecretPair, now: int) -> list[Relayed]:
    """A receipt for each leaf of one commit, in order; one signature pair for all."""
    tree = Tree(leaf_hash(_leaf_text(each)) for each in leaves)
    root = Root(network=network, count=len(leaves), root=tree.root().hex(), time=now)
    note = sign_both(keys, receipt_name(network_name), write_body(RECEIPTS_TYPE, root)).decode()
    return [
        Relayed(
            leaf=leaf, index=index, path=tuple(each.hex() for each in tree.inclusion(index, len(leaves))), note=note
        )
        for index, leaf in enumerate(leaves)
    ]


def check_relayed(relayed: Relayed, envelope: str, network: str, network_name: str, keys: PublicPair) -> None:
    """Return if `relayed` proves that the relay took in the envelope of that hash; raise LineError if not."""
    if relayed.leaf.envelope != envelope:
        raise LineError("the receipt is for another envelope")
    try:
        note = parse_note(relayed.note.encode(), MOST_LINE_BYTES)
        check_both(note, receipt_name(network_name), keys)
        root = read_body(note.text, RECEIPTS_TYPE, Root)
        path = [unhex(each, HASH_SIZE) for each in relayed.path]
        leaf = leaf_hash(_leaf_text(relayed.leaf))
        verify_inclusion(leaf, relayed.index, root.count, unhex(root.root, HASH_SIZE), path)
    except (CryptoError, Malformed, EncodingError) as error:
        raise LineError(f"the relay's receipt: {error}") from error
    if root.network != network:
        raise LineError("the relay's receipt was signed for another network")


def _leaf_text(leaf: Leaf) -> bytes:
    return write_body(RELAYED_TYPE, leaf).encode()
