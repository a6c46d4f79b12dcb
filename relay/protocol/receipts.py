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

from crypto.errors import CryptoError
from crypto.merkle import Tree, leaf_hash
from crypto.signing import PublicPair, SecretPair, sign_both
from directory.canonical import Malformed, write_body
from directory.relayed import (
    MOST_PATH,
    RECEIPTS_TYPE,
    RELAYED_TYPE,
    Leaf,
    Relayed,
    Root,
    leaf_text,
    open_relayed,
    receipt_name,
)
from relay.protocol.lines import LineError

__all__ = [
    "MOST_PATH",
    "RECEIPTS_TYPE",
    "RELAYED_TYPE",
    "Leaf",
    "Relayed",
    "Root",
    "check_relayed",
    "receipt_name",
    "sign_receipts",
]


def sign_receipts(leaves: Sequence[Leaf], network: str, network_name: str, keys: SecretPair, now: int) -> list[Relayed]:
    """A receipt for each leaf of one commit, in order; one signature pair for all."""
    tree = Tree(leaf_hash(leaf_text(each)) for each in leaves)
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
        root = open_relayed(relayed, network_name, keys)
    except (CryptoError, Malformed) as error:
        raise LineError(f"the relay's receipt: {error}") from error
    if root.network != network:
        raise LineError("the relay's receipt was signed for another network")
