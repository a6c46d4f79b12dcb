"""Logs and witnesses to write policies with: fixed keys, so that what they sign is the same each time."""

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import cosign, cosigner_keys, log_keys
from crypto.encoding import unb64
from crypto.merkle import Tree
from crypto.note import Note, Signature, parse_note
from crypto.policy import Group, Policy, PolicyLog, PolicyWitness
from crypto.signing import SecretPair

ORIGIN = "log.enlace.example/2026"
LOG = SecretPair(bytes([1]) * 32, bytes([9]) * 32)
MEMBERS = ("co", "pe", "cl")
WITNESSES = {each: SecretPair(bytes([20 + at]) * 32, bytes([40 + at]) * 32) for at, each in enumerate(MEMBERS)}


def key_name(member: str) -> str:
    return f"enlace.example/witness/{member}"


def both_of(member: str, url: str = "") -> tuple[PolicyWitness, PolicyWitness]:
    """A member's two keys as a policy names them."""
    ed25519, mldsa44 = cosigner_keys(key_name(member), WITNESSES[member].public)
    return PolicyWitness(f"{member}-ed25519", ed25519, url), PolicyWitness(f"{member}-mldsa44", mldsa44, url)


def policy_of(needed: int, members: tuple[str, ...] = MEMBERS, origin: str = ORIGIN, log: SecretPair = LOG) -> Policy:
    """So many of the members have to have cosigned, with both keys."""
    groups = [Group(each, 2, (f"{each}-ed25519", f"{each}-mldsa44")) for each in members]
    return Policy(
        tuple(PolicyLog(each) for each in log_keys(origin, log.public)),
        tuple(one for each in members for one in both_of(each)),
        (*groups, Group("members", needed, members)),
        "members",
    )


def signed(tree: Tree, time: int, origin: str = ORIGIN, log: SecretPair = LOG) -> bytes:
    """The log's checkpoint over a tree."""
    return sign_checkpoint(Checkpoint(origin, len(tree), tree.root()), log, time)


def cosigned(raw: bytes, times: dict[str, int]) -> bytes:
    """A checkpoint with the lines of members, each of its time."""
    note = parse_note(raw)
    lines: list[Signature] = list(note.signatures)
    for member, time in times.items():
        origin, size, root, _ = note.text.split("\n")
        point = Checkpoint(origin, int(size), unb64(root))
        lines += cosign(point, WITNESSES[member], key_name(member), time)
    return Note(note.text, tuple(lines)).write()
