"""A witness in a folder, and a log that grows in one way or in two, to ask it with."""

from pathlib import Path

from witness_keys import LOG, ORIGIN, signed

from crypto.checkpoint import parse_checkpoint
from crypto.cosignature import cosigner_keys, log_keys, parse_lines
from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, parse_note, verified
from crypto.policy import Policy, PolicyLog, write_policy
from crypto.signing import SecretPair
from relay.key_files import read_pair
from relay.rules.witnessing import AddCheckpoint
from relay.witness.folder import KEY, LOGS, make_witness

NAME = "enlace.example/witness/co"
TIME = 1_767_225_600


def make_folder(
    folder: Path, name: str = NAME, url: str = "", origin: str = ORIGIN, log: SecretPair = LOG
) -> SecretPair:
    """A witness's folder that watches one log; its keys."""
    make_witness(folder, name)
    (folder / LOGS).write_bytes(
        write_policy(Policy(tuple(PolicyLog(each, url) for each in log_keys(origin, log.public))))
    )
    return read_pair(folder / KEY, "witness")


class Fork:
    """One history of a log: entries 0 … n-1, those from `splits` on this fork's own."""

    def __init__(self, label: str = "", splits: int = 0, most: int = 600) -> None:
        own = [f"{label if at >= splits else ''} entry {at}".encode() for at in range(most)]
        self.tree = Tree(map(leaf_hash, own))

    def root(self, size: int) -> bytes:
        return self.tree.root(size)

    def checkpoint(self, size: int, time: int = TIME) -> bytes:
        tree = self.tree.copy()
        tree.truncate(size)
        return signed(tree, time)

    def asked(self, old: int, size: int) -> bytes:
        """The body of a request from `old` to `size`."""
        proof = tuple(self.tree.consistency(old, size)) if old <= size else ()
        return AddCheckpoint(old, proof, self.checkpoint(size)).write()


def check_lines(raw: bytes, asked: bytes, keys: SecretPair, name: str = NAME) -> None:
    """Both lines of the witness are there, and right, on the checkpoint of a request."""
    note = parse_note(asked.partition(b"\n\n")[2])
    point = parse_checkpoint(note.text)
    lines = parse_lines(raw)
    assert len(verified(Note(note.text, lines), [each.on(point) for each in cosigner_keys(name, keys.public)])) == 2
