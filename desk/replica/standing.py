"""How this desk stands to the log: whether it is halted, and what the log signed and has not explained yet.

H1 A desk is halted by what the same log can never put right (`directory.replay`, `Alarm.final`): a statement in it
   that does not count, or a second root for one size, each signed by the keys of the log that is named now. It takes
   in no statement any more, whatever the relay shows next.
H2 What ends a halt is the roots' naming of a further relay, followed by `desk.replica.resume`, and nothing else.
`answer` is
   how many relays were named when it began: a statement that named any of those is no answer.
H3 The halt is stored before anybody is told, and before anything else is awaited: in `replica.db` under its seal, in
   `halted.json`, which `enlace watch` reads without a passphrase, and in the vault (`desk.replica.remembered`). Each of
   them halts. So a halt is not lifted by taking files away, or by putting back older ones, unless it is all three. A
   mark that this desk did not write halts nobody where the vault says that there was no halt.
H4 The first halt stays; what comes later is kept as evidence only.
H5 `owed`: checkpoints that the log signed, and that what it showed did not explain, or fell short of. Nothing is taken
   in that does not explain them: a smaller directory, or one without the naming of the relay that owes it, is alarm
   `rollback`, another root alarm `fork`, and then a halt.
"""

from pathlib import Path

import msgspec

from crypto.checkpoint import MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES, read_checkpoint
from crypto.errors import CryptoError
from crypto.note import Note, parse_note
from desk import host
from desk.errors import DeskError, Distrust
from directory.canonical import Malformed, decode, encode
from directory.fields import Hash
from directory.replay import Alarm, AlarmKind, Owed, Replica, relays_named

HALTED_FILE = "halted.json"
MOST_OWED = 64
MOST_WORDS = 2000  # characters of an alarm: it may repeat what a relay wrote
MOST_CHECKPOINT = 16 << 10  # characters: a checkpoint with the log's own two lines has less than half of that
MOST_MARK_BYTES = 6 * MOST_WORDS + (1 << 10)  # a character is six bytes at most, in JSON
MOST_STANDING_BYTES = MOST_MARK_BYTES + (MOST_OWED + 1) * 6 * MOST_CHECKPOINT_BYTES
STILL = (
    "Looking up, reading and opening mail that has come go on with the last good directory. Statements are not "
    "published and nobody is enrolled from here, and `enlace send` needs --old-directory. `enlace status` says why; "
    "only a relay that the root keys name anew ends this: see `enlace resume`"
)


class Halt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What halted a desk: the alarm's kind and words, when, at how many statements of its own, and the log's word."""

    kind: AlarmKind
    words: str
    at: int
    size: int
    answer: int
    checkpoint: str = ""


class Debt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checkpoint that the log signed and has to explain, and how many relays were named by then."""

    checkpoint: str
    relays: int


class Standing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is stored beside the replica, under its seal."""

    halt: Halt | None = None
    owed: tuple[Debt, ...] = ()


class Mark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`halted.json`: the halt without its checkpoint, and a seal over it that only the unlocked desk can make."""

    halt: Halt
    seal: Hash


class Halted(Distrust):
    """What a desk does not do because it is halted."""


GOOD = Standing()


def halt_of(alarm: Alarm, replica_size: int, now: int) -> Halt | None:
    """The halt an alarm gives rise to; None for one that the same log can still put right."""
    if alarm.final is None:
        return None
    theirs = _own_word(alarm.evidence.get("checkpoint-theirs.txt", b""))
    words = str(alarm)[:MOST_WORDS]
    return Halt(kind=alarm.kind, words=words, at=now, size=replica_size, answer=alarm.final, checkpoint=theirs)


def owing(standing: Standing, owed: Owed | None) -> Standing:
    """The standing with something more to be explained, if there is; the first `MOST_OWED` are kept, each once (H5)."""
    if owed is None:
        return standing
    debt = Debt(checkpoint=owed.checkpoint.decode(), relays=owed.relays)
    if debt in standing.owed or len(standing.owed) >= MOST_OWED:
        return standing
    return msgspec.structs.replace(standing, owed=(*standing.owed, debt))


def settled(standing: Standing, replica: Replica) -> Standing:
    """The standing once `replica` has explained what was owed; raises Alarm if it does not (H5).

    What a relay owed that is not the newest one any more is not asked for: the roots have spoken since. What a later
    relay owes than this log knows of, it has to show first: else a former relay's keys would be enough to hide that.
    """
    named = relays_named(replica.view)
    for debt in standing.owed:
        if debt.relays < named:
            continue
        signed = read_checkpoint(debt.checkpoint.encode())  # its signatures were verified before it was kept
        seen = {"checkpoint-theirs.txt": replica.checkpoint.raw if replica.checkpoint else b""}
        seen["checkpoint-owed.txt"] = debt.checkpoint.encode()
        if debt.relays > named:
            words = f"this desk has seen the root keys name {debt.relays} relays, and this log shows it {named}"
            raise Alarm("rollback", f"{words}: it hides the newest, and what came after", seen)
        if signed.size > replica.size:
            words = f"the log has signed {signed.size} statements, and shows this desk only {replica.size}"
            raise Alarm("rollback", f"{words}: it hides some, perhaps a revocation", seen)
        if replica.tree.root(signed.size) != signed.root:
            words = f"the log has signed two directories of {signed.size} statements: it shows two histories"
            raise Alarm("fork", words, seen, final=named, tree=replica.tree)
    return msgspec.structs.replace(standing, owed=())


def read_mark(folder: Path) -> Mark | None:
    """What `halted.json` says, its seal unchecked; None if there is none. Raises Malformed for another file there."""
    path = folder / HALTED_FILE
    try:
        return decode(path.read_bytes(), Mark, MOST_MARK_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DeskError(f"{path} cannot be read: {host.reason(error)}") from error


def write_mark(folder: Path, mark: Mark | None) -> None:
    """Put `halted.json` in its place, or take it away; durable on return. ValueError: one too large to read."""
    path = folder / HALTED_FILE
    if mark is not None:
        raw = encode(mark)
        if len(raw) > MOST_MARK_BYTES:
            raise ValueError(f"a mark of {len(raw)} bytes would not be read back")
        host.write_whole(path, raw)
        return
    try:
        host.remove(path)
    except OSError as error:
        raise DeskError(f"{path} cannot be removed: {host.reason(error)}") from error


def halted_words(folder: Path) -> str:
    """What a desk that nobody has unlocked says of a halt; empty if there is no mark of one."""
    try:
        mark = read_mark(folder)
    except Malformed:
        return "this desk is halted; its mark of why was changed on this disk"
    return f"this desk is halted: {mark.halt.words}" if mark is not None else ""


def refuse(halt: Halt | None, what: str) -> None:
    """Return if the desk is not halted; raise Halted, saying that `what` is not done."""
    if halt is not None:
        raise Halted(f"this desk is halted, so {what}. Why: {halt.words}. {STILL}")


def marked(halt: Halt) -> Halt:
    """The halt as its mark has it: who reads that has no use for the checkpoint."""
    return msgspec.structs.replace(halt, checkpoint="")


def _own_word(checkpoint: bytes) -> str:
    """A checkpoint as its log wrote it: without the lines that bear another name, and those that are too many."""
    try:
        note = parse_note(checkpoint, MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES)
    except CryptoError:
        return checkpoint.decode("utf-8", "replace")[:MOST_CHECKPOINT]
    origin = note.text.partition("\n")[0]
    own = Note(note.text, tuple(each for each in note.signatures if each.name == origin)).write().decode()
    return own if len(own) <= MOST_CHECKPOINT else note.text[:MOST_CHECKPOINT]
