"""When a witness cosigns (c2sp.org/tlog-witness, `add-checkpoint`), and in which order it looks.

    old 20                                       the size it cosigned last, 0 if none
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk= a consistency proof, at most 63 hashes
                                                 an empty line
    log.enlace.example/1                         the checkpoint
    …

| answer | when |
|---|---|
| 400 | the body is not of this form; the old size is above the checkpoint's |
| 404 | the origin is none that the witness was told to watch |
| 403 | not every key that it knows for the origin has signed, rightly |
| 409 | the old size is not the one it cosigned last, which the answer says; or two roots of one size |
| 422 | the proof does not lead from the tree it cosigned to this one |
| 200 | else |

1. The first that applies is the answer, in this order. Whatever is not 200 changes nothing and signs nothing.
2. A witness never cosigns a smaller tree than before, nor one that does not continue it.
3. The time it signs never goes back, but from a time more than five minutes ahead of its clock: one that was wrong.
"""

from dataclasses import dataclass

from crypto.checkpoint import MOST_CHECKPOINT_BYTES, MOST_SIZE, Checkpoint, CheckpointError
from crypto.encoding import EncodingError, b64, decimal, unb64
from crypto.errors import CryptoError
from crypto.merkle import EMPTY_ROOT, HASH_SIZE, ProofError, verify_consistency
from crypto.note import NoteError, SignatureError
from crypto.policy import Policy, Unsatisfied, open_witnessed

MOST_PROOF_LINES = 63
MOST_ADD_BYTES = MOST_CHECKPOINT_BYTES + 64 * (MOST_PROOF_LINES + 1)
CLOCK_SKEW = 300


class NotCosigned(Exception):
    """What is answered instead of a cosignature: a status, words for the log, and for 409 the size cosigned last."""

    def __init__(self, status: int, words: str, size: int | None = None) -> None:
        super().__init__(words)
        self.status, self.size = status, size


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size cosigned last, the proof from there, the checkpoint's bytes."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def write(self) -> bytes:
        """The request's body."""
        return "\n".join([f"old {self.old}", *map(b64, self.proof), "", ""]).encode() + self.checkpoint


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The largest tree of a log that a witness has cosigned, and when."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    time: int = 0


def parse_add_checkpoint(raw: bytes) -> AddCheckpoint:
    """The request in a body; raises NotCosigned with 400."""
    if len(raw) > MOST_ADD_BYTES:
        raise NotCosigned(400, f"a request has at most {MOST_ADD_BYTES} bytes")
    head, blank, checkpoint = raw.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        if not blank or not first.startswith("old ") or len(lines) > MOST_PROOF_LINES:
            raise NotCosigned(400, "a request is `old N`, at most 63 hashes, an empty line, and a checkpoint")
        old = decimal(first[4:], MOST_SIZE)
        return AddCheckpoint(old, tuple(unb64(each, HASH_SIZE) for each in lines), checkpoint)
    except (UnicodeDecodeError, EncodingError) as error:
        raise NotCosigned(400, f"the request is malformed: {error}") from error


def check_origin(asked: AddCheckpoint, logs: Policy) -> Checkpoint:
    """The checkpoint that is asked for, of a log that is watched and signed it; raises NotCosigned (400, 404, 403)."""
    try:
        return open_witnessed(logs, asked.checkpoint).checkpoint
    except Unsatisfied as error:
        raise NotCosigned(404, str(error)) from error
    except SignatureError as error:
        raise NotCosigned(403, str(error)) from error
    except (NoteError, CheckpointError) as error:
        raise NotCosigned(400, str(error)) from error
    except CryptoError as error:
        raise NotCosigned(400, str(error)) from error


def check_growth(asked: AddCheckpoint, checkpoint: Checkpoint, last: Cosigned) -> None:
    """Return if the checkpoint continues what was cosigned last; raises NotCosigned (400, 409, 422)."""
    if asked.old > checkpoint.size:
        raise NotCosigned(400, f"the old size {asked.old} is above the checkpoint's, {checkpoint.size}")
    if asked.old != last.size:
        raise NotCosigned(409, f"the size cosigned last is {last.size}, not {asked.old}", last.size)
    if checkpoint.size == last.size and checkpoint.root != last.root:
        raise NotCosigned(409, f"another root of size {last.size} was cosigned: the log is split", last.size)
    try:
        verify_consistency(last.size, last.root, checkpoint.size, checkpoint.root, asked.proof)
    except ProofError as error:
        raise NotCosigned(422, str(error)) from error


def signing_time(last: Cosigned, now: int) -> int:
    """The time to sign (rule 3)."""
    return max(now, last.time) if last.time <= now + CLOCK_SKEW else now
