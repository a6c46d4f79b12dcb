"""Proofs for a stranger: that an entry stands in a log, under a checkpoint that enough witnesses have cosigned.

    c2sp.org/tlog-proof@v1
    extra ZW5sYWNlL…                    what belongs to it, vouched for by nobody
    index 17
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    …

    log.enlace.example/1                the checkpoint, with every signature line it had
    18
    …

1. A proof is verified with a policy (`crypto.policy`) and the entry it is about, and with nothing else: no network, no
   clock. What it shows is as old as the time that comes back, and that of it will be true for good.
2. `extra` is anybody's words. It may carry what the entry is read from; that has to be checked against the entry.
3. A proof has one spelling: parsed, it is written again the same.

Source: c2sp.org/tlog-proof (v1).
"""

from dataclasses import dataclass

from crypto.checkpoint import MOST_CHECKPOINT_BYTES, MOST_SIZE, checkpoint_note, parse_checkpoint
from crypto.encoding import EncodingError, b64, decimal, unb64
from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from crypto.policy import Policy, Witnessed, open_witnessed

PROOF_TYPE = "c2sp.org/tlog-proof@v1"
MOST_EXTRA_BYTES = 256 << 10
MOST_PATH = 63
MOST_PROOF_BYTES = MOST_CHECKPOINT_BYTES + MOST_EXTRA_BYTES * 4 // 3 + 8192


class MalformedProof(CryptoError):
    """A file that is no proof."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the entry stands, the hashes from its sibling up, the checkpoint's bytes, and what comes along (empty:
    nothing does). Refuses (MalformedProof, CheckpointError, NoteError) what no file can hold."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MOST_SIZE or len(self.path) > MOST_PATH:
            raise MalformedProof("an entry stands at 0 to 2^63 - 1, and its proof has at most 63 hashes")
        if any(len(each) != HASH_SIZE for each in self.path):
            raise MalformedProof("a hash has 32 bytes")
        if len(self.extra) > MOST_EXTRA_BYTES:
            raise MalformedProof(f"what comes along with a proof has at most {MOST_EXTRA_BYTES} bytes")
        parse_checkpoint(checkpoint_note(self.checkpoint).text)

    def write(self) -> bytes:
        """The proof as a file."""
        lines = [PROOF_TYPE, *([f"extra {b64(self.extra)}"] if self.extra else []), f"index {self.index}"]
        return "\n".join([*lines, *map(b64, self.path), "", ""]).encode() + self.checkpoint


def parse_proof(raw: bytes) -> Proof:
    """The proof in a file; raises MalformedProof, and CheckpointError or NoteError for its checkpoint."""
    if len(raw) > MOST_PROOF_BYTES:
        raise MalformedProof(f"a proof of {len(raw)} bytes; at most {MOST_PROOF_BYTES} are read")
    head, blank, checkpoint = raw.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedProof("what stands above the checkpoint is ASCII") from error
    if first != PROOF_TYPE or not blank:
        raise MalformedProof(f"a proof begins with the line {PROOF_TYPE}, and has an empty line above its checkpoint")
    try:
        extra = unb64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise MalformedProof("a proof says `index` and a number")
        index = decimal(lines.pop(0)[6:], MOST_SIZE)
        path = tuple(unb64(each, HASH_SIZE) for each in lines[: MOST_PATH + 1])
    except EncodingError as error:
        raise MalformedProof(f"proof: {error}") from error
    if extra == b"":
        raise MalformedProof("where nothing comes along with a proof there is no line `extra`")
    if len(lines) > MOST_PATH:
        raise MalformedProof(f"a proof has at most {MOST_PATH} hashes")
    return Proof(index, path, checkpoint, extra or b"")


def verify_proof(proof: Proof, entry: bytes, policy: Policy) -> Witnessed:
    """What the policy makes of the checkpoint, if it counts and `entry` stands in its tree where the proof says.

    Raises Unsatisfied, SignatureError, ProofError, CheckpointError or NoteError.
    """
    found = open_witnessed(policy, proof.checkpoint)
    checkpoint = found.checkpoint
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, checkpoint.root, proof.path)
    return found
