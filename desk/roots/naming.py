"""Naming a further relay: the statement for the roots, made from this desk's own verified log, and its publication.

1. The log it continues is the one on this desk: its origin, a size that this desk has, and the root it had there. It
   is the present size unless another is given: where the log has forked, the last one at which it was good.
2. The statement may be signed days ahead. Until it is published the log may grow; what came after the size it names
   stands, if the new relay's log holds it; a desk that has seen it asks before it gives it up (`desk.replica.resume`,
   F7).
3. It is handed to the relay it names, which is the only one that takes it. The relay file is written before that, so
   that after a crash the same statement is handed over once more; it counts only once the log holds the statement.
4. Then this desk follows it as any other does (`desk.replica.resume`), halted or not.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.errors import Declined, Usage
from desk.replica.statements import Batch, Voice
from desk.replica.store import ReplicaStore
from desk.roots.relay_file import Named, RelayFile, write_relay_file
from directory.replay import Replica
from directory.statement import Continues, NameRelay, parse_statement
from directory.view import View
from relay.protocol.relay_keys import RelayKeys

KEYS = ("origin", "log_ed25519", "log_mldsa44", "receipt_ed25519", "receipt_mldsa44")


def naming(
    store: ReplicaStore,
    replica: Replica,
    relay: RelayKeys,
    size: int | None,
    voices: Sequence[Voice],
    now: int,
    *,
    drafting: bool = False,
) -> Batch:
    """The statement that names `relay` as continuing this log from `size` (None: the whole of it), by `voices`.

    Raises Usage for a size that cannot be gone on from, Declined for what the directory's rules refuse.
    """
    present = replica.view.relay
    if present is None:
        raise Declined("the directory names no relay yet; `enlace network found` does that")
    whole, least = replica.size, present.since + 1
    size = whole if size is None else size
    if not least <= size <= whole:
        raise Usage(
            f"this desk can continue the log from {least} to {whole} statements: no further than it has come, and not "
            "from before its relay was named"
        )
    view = replica.view if size == whole else store.before(replica.pinned, size).view
    batch = Batch(view, voices, now, drafting=drafting)
    continues = Continues(origin=present.origin, size=size, root=replica.tree.root(size).hex())
    batch.issue(NameRelay, **{each: getattr(relay, each) for each in KEYS}, continues=continues)
    return batch


def names(entry: bytes, relay: RelayKeys) -> bool:
    """Whether a log entry is the statement that names `relay`, by its log's name and all four keys."""
    statement = parse_statement(entry).statement
    return isinstance(statement, NameRelay) and all(getattr(statement, each) == getattr(relay, each) for each in KEYS)


def named_already(store: ReplicaStore, view: View, relay: RelayKeys) -> bytes | None:
    """The entry that names `relay`, if the directory names it now: then only its address is to be told."""
    entry = next(iter(store.entries(view.relay.since)), None) if view.relay is not None else None
    return entry if entry is not None and names(entry, relay) else None


def relay_file(view: View, relay: RelayKeys, entry: bytes, duty: Ed25519PrivateKey, now: int) -> bytes:
    """The relay file for whoever is to follow."""
    file = RelayFile(
        network=view.founded.id, at=now, relay=relay.relay, authority=relay.authority, statement=entry.decode()
    )
    return write_relay_file(file, view.founded.name, duty)


def check_same(named: Named, relay: RelayKeys, path: str) -> None:
    """Return if a relay file that is there already tells of this relay; raise Usage if it is another's."""
    here = (named.file.relay, named.file.authority) == (relay.relay, relay.authority)
    if not here or not names(named.entry, relay):
        raise Usage(f"{path} exists already, and tells of another relay; give another name")
