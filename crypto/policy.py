"""Trust policies: which log, which witnesses, and how many of them have to have cosigned a checkpoint.

    log log.enlace.example/1+1f2e3d4c+ARpc… https://relay.enlace.example:8460/v1/log
    witness co-ed25519 enlace.example/witness/co+5b6c7d8e+BKpc…
    witness co-mldsa44 enlace.example/witness/co+9a8b7c6d+Bhpc…
    group co all co-ed25519 co-mldsa44
    group members 2 co pe cl
    quorum members

1. One thing a line, in words with spaces or tabs between; empty lines and those that begin with `#` say nothing. A
   group and the quorum speak of names that stand above them. There is exactly one quorum; `none` needs nobody.
2. A name is a witness or a group, and a member of one group at most; a key stands once among the logs, and once among
   the witnesses, whatever it is called there; and never among both, for no log is its own witness.
3. **All keys that a policy lists for a log must have signed** a checkpoint of it. (The specification asks for one of
   them. A log of Enlace has two keys, and counts with both; a policy that lists one asks for that one alone.)
4. A group has witnessed when as many of its members have as it says. The *time* of a witness is that of its
   cosignature; of a group of k the k-th newest time of its members; of `none` that of the log's own 0x06 line, or 0
   where it has none. So the time of the quorum is the newest at which some satisfying set had all signed.
5. A wrong or repeated line of a key that the policy names refuses the checkpoint (`crypto.note`, rules 3 and 4).
6. The file is octets: what is not ASCII stands for itself, in names, addresses and comments.

Times are unix seconds. Source: c2sp.org/tlog-policy.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crypto.checkpoint import (
    MLDSA44_COSIGNATURE_TYPE,
    MOST_TIME,
    Checkpoint,
    SignedCheckpoint,
    checkpoint_note,
    parse_checkpoint,
)
from crypto.cosignature import ED25519_COSIGNATURE_TYPE, CheckpointKey, time_of
from crypto.encoding import EncodingError, decimal
from crypto.errors import CryptoError
from crypto.note import ED25519_TYPE, Note, SignatureError, parse_vkey, verified, write_vkey

MOST_POLICY_BYTES = 512 << 10
MOST_OF_EACH = 64
NOBODY = "none"
_LOG_KINDS = (ED25519_TYPE, MLDSA44_COSIGNATURE_TYPE)
_WITNESS_KINDS = (ED25519_COSIGNATURE_TYPE, MLDSA44_COSIGNATURE_TYPE)
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_WORD = re.compile(r"[^ \t\n]+")


class PolicyError(CryptoError):
    """A policy that is malformed, or cannot be met by anybody."""


class Unsatisfied(CryptoError):
    """A checkpoint that a policy does not let count; the text says what is missing."""


class NotSigned(SignatureError):
    """A checkpoint that lacks a line of a key that the policy lists for its log: nothing on it is wrong."""


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log's key under its origin, and where it is read, if the policy says so."""

    key: CheckpointKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness's key, what the policy calls it, and where it takes checkpoints, if the policy says so."""

    name: str
    key: CheckpointKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Of `members`, witnesses or groups named above, `needed` have to have witnessed."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, groups (each after those it names), and the name that decides; refuses by PolicyError."""

    logs: tuple[PolicyLog, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NOBODY

    def __post_init__(self) -> None:
        _check(self)

    def witnesses_needed(self) -> bool:
        """Whether any witness is needed at all."""
        return self.quorum != NOBODY


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What a policy makes of a checkpoint: when each witness cosigned it, and since when all that are needed had."""

    checkpoint: Checkpoint
    times: Mapping[str, int]
    time: int


def parse_policy(raw: bytes) -> Policy:
    """The policy in a file; raises PolicyError with the number of the line that is wrong."""
    if len(raw) > MOST_POLICY_BYTES:
        raise PolicyError(f"a policy of {len(raw)} bytes; at most {MOST_POLICY_BYTES} are read")
    if _FORBIDDEN.search(raw):
        raise PolicyError("a policy holds no control characters but tabs and newlines")
    lines = raw.decode("utf-8", "surrogateescape").split("\n")
    if lines.pop() != "":
        raise PolicyError("the last line of a policy ends in a newline; is the file whole?")
    reading = _Reading()
    for number, line in enumerate(lines, 1):
        words = _WORD.findall(line)
        if words and not words[0].startswith("#"):
            try:
                reading.take(words)
            except CryptoError as error:
                raise PolicyError(f"line {number}: {error}") from error
    if reading.quorum is None:
        raise PolicyError("a policy says `quorum` once; `quorum none` needs no witness")
    return Policy(tuple(reading.logs), tuple(reading.witnesses), tuple(reading.groups), reading.quorum)


def write_policy(policy: Policy) -> bytes:
    """The policy as a file: logs, witnesses, groups, quorum, one space between words, no comments."""
    lines = [["log", vkey(each.key), each.url] for each in policy.logs]
    lines += [["witness", each.name, vkey(each.key), each.url] for each in policy.witnesses]
    for each in policy.groups:
        count = "all" if each.needed == len(each.members) else "any" if each.needed == 1 else str(each.needed)
        lines.append(["group", each.name, count, *each.members])
    lines.append(["quorum", policy.quorum])
    text = "".join(" ".join(word for word in line if word) + "\n" for line in lines)
    return text.encode("utf-8", "surrogateescape")


def vkey(key: CheckpointKey) -> str:
    """A key as a policy writes it."""
    return write_vkey(key.name, key.kind + key.public)


def read_vkey(text: str) -> CheckpointKey:
    """The key of a verifier key text; refuses (NoteError) what `CheckpointKey` refuses."""
    name, typed = parse_vkey(text)
    return CheckpointKey(name, typed[:1], typed[1:])


def open_witnessed(policy: Policy, raw: bytes, latest: int = MOST_TIME) -> Witnessed:
    """What a policy makes of a checkpoint's bytes; cosignatures of a time after `latest` do not count.

    Raises Unsatisfied if it does not let them count, CheckpointError, NoteError or SignatureError.
    """
    note = checkpoint_note(raw)
    checkpoint = parse_checkpoint(note.text)
    return witnessed(policy, note, checkpoint, _log_time(policy, note, checkpoint), latest)


def witnessed(policy: Policy, note: Note, checkpoint: Checkpoint, log_time: int, latest: int = MOST_TIME) -> Witnessed:
    """The same for a checkpoint whose log's own lines were verified elsewhere, of `log_time`; raises Unsatisfied or
    SignatureError."""
    times = {name: at for name, at in cosigned_at(policy.witnesses, note, checkpoint).items() if at <= latest}
    time = log_time if policy.quorum == NOBODY else _quorum_times(policy, times).get(policy.quorum)
    if time is None:
        got = ", ".join(times) or "nobody"
        raise Unsatisfied(f"the policy needs {policy.quorum}; the checkpoint was cosigned by {got}")
    return Witnessed(checkpoint, times, time)


def cosigned_at(witnesses: Iterable[PolicyWitness], note: Note, checkpoint: Checkpoint) -> dict[str, int]:
    """When each of the witnesses cosigned, of those that did; raises SignatureError for a wrong or repeated line."""
    names = {(each.key.name, each.key.key_id): each.name for each in witnesses}
    found = verified(note, [each.key.on(checkpoint) for each in witnesses])
    blobs = {(each.name, each.key_id): each.blob for each in note.signatures}
    which = [(each.name, each.key_id) for each in found]
    return {names[each]: time_of(blobs[each]) for each in which}


def log_signed(policy: Policy, raw: bytes) -> SignedCheckpoint:
    """The checkpoint in `raw`, signed by both keys that a policy names for its log; witnesses' lines are not looked at.

    Raises Unsatisfied where the policy does not name both, CheckpointError, NoteError or SignatureError.
    """
    note = checkpoint_note(raw)
    checkpoint = parse_checkpoint(note.text)
    time = _log_time(policy, note, checkpoint)
    kinds = {each.key.kind for each in policy.logs if each.key.name == checkpoint.origin}
    if kinds != set(_LOG_KINDS):
        raise Unsatisfied(f"the policy does not name both keys of the log {checkpoint.origin}")
    return SignedCheckpoint(checkpoint, time, raw)


def vouched_since(policy: Policy, raw: bytes, latest: int) -> int:
    """The newest time, up to `latest`, at which all whom a policy needs had vouched for a checkpoint; 0 if never.

    As `open_witnessed`, for who wants to believe nobody too little: a witness's line that is wrong takes nothing from
    the others. The log's own lines are looked at where it needs nobody else; raises as `log_signed` then.
    """
    if not policy.witnesses_needed():
        return log_signed(policy, raw).time
    note = checkpoint_note(raw)
    checkpoint, times = parse_checkpoint(note.text), dict[str, int]()
    for witness in policy.witnesses:
        try:
            found = cosigned_at([witness], note, checkpoint)
        except SignatureError:
            continue
        times |= {name: at for name, at in found.items() if at <= latest}
    return _quorum_times(policy, times).get(policy.quorum, 0)


def _log_time(policy: Policy, note: Note, checkpoint: Checkpoint) -> int:
    """When the log signed, if all keys listed for it did (rule 3)."""
    keys = [each.key for each in policy.logs if each.key.name == checkpoint.origin]
    if not keys:
        raise Unsatisfied(f"the policy does not know the log {checkpoint.origin}")
    found = {each.key_id for each in verified(note, [each.on(checkpoint) for each in keys])}
    if missing := [each for each in keys if each.key_id not in found]:
        raise NotSigned(f"{len(missing)} of {len(keys)} signatures of the log {checkpoint.origin} are missing")
    stamped = {each.key_id for each in keys if each.kind == MLDSA44_COSIGNATURE_TYPE}
    own = (each for each in note.signatures if each.name == checkpoint.origin and each.key_id in stamped)
    return max((time_of(each.blob) for each in own), default=0)


def _quorum_times(policy: Policy, times: Mapping[str, int]) -> dict[str, int]:
    """The time of every witness and group that has witnessed (rule 4)."""
    known = dict(times)
    for group in policy.groups:
        there = sorted((known[each] for each in group.members if each in known), reverse=True)
        if len(there) >= group.needed:
            known[group.name] = there[group.needed - 1]
    return known


def _check(policy: Policy) -> None:
    """Return if a policy's parts fit together (rules 1 and 2)."""
    for what, found in (("logs", policy.logs), ("witnesses", policy.witnesses), ("groups", policy.groups)):
        if len(found) > MOST_OF_EACH:
            raise PolicyError(f"{len(found)} {what}; at most {MOST_OF_EACH} are read")
    _once("log", (each.key for each in policy.logs), _LOG_KINDS)
    _once("witness", (each.key for each in policy.witnesses), _WITNESS_KINDS)
    own = {each.key.public for each in policy.logs}
    if itself := next((each.name for each in policy.witnesses if each.key.public in own), None):
        raise PolicyError(f"the key of witness {itself} is a log's: no log is its own witness")
    known = {NOBODY}
    for name in (each.name for each in policy.witnesses):
        _define(name, known)
    used = set[str]()
    for group in policy.groups:
        for member in group.members:
            if member not in known or member == NOBODY:
                raise PolicyError(f"group {group.name}: nothing above is called {member}")
            if member in used:
                raise PolicyError(f"{member} is a member of a group twice")
            used.add(member)
        if not 1 <= group.needed <= len(group.members):
            raise PolicyError(f"group {group.name} needs {group.needed} of {len(group.members)}")
        _define(group.name, known)
    if policy.quorum not in known:
        raise PolicyError(f"quorum: nothing above is called {policy.quorum}")
    for url in [each.url for each in policy.logs] + [each.url for each in policy.witnesses]:
        if url and not _WORD.fullmatch(url):
            raise PolicyError("an address is one word")


def _once(what: str, keys: Iterable[CheckpointKey], kinds: tuple[bytes, ...]) -> None:
    public, ids = set[bytes](), set[tuple[str, bytes]]()
    for key in keys:
        if key.kind not in kinds:
            raise PolicyError(f"{key.name}: a key of type 0x{key.kind.hex()} is none of a {what}")
        if key.public in public or (key.name, key.key_id) in ids:
            raise PolicyError(f"the key of {key.name} stands twice")
        public.add(key.public)
        ids.add((key.name, key.key_id))


def _define(name: str, known: set[str]) -> None:
    if not _WORD.fullmatch(name):
        raise PolicyError("a name is one word")
    if name in known:
        raise PolicyError(f"{name} stands for something already")
    known.add(name)


class _Reading:
    """The lines of a policy that were read so far; a line may speak only of names above it."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._known = {NOBODY}

    def take(self, words: list[str]) -> None:
        """Take one line; raises PolicyError or NoteError."""
        what, *rest = words
        if what == "log" and len(rest) in (1, 2):
            self.logs.append(PolicyLog(read_vkey(rest[0]), *rest[1:]))
        elif what == "witness" and len(rest) in (2, 3):
            _define(rest[0], self._known)
            self.witnesses.append(PolicyWitness(rest[0], read_vkey(rest[1]), *rest[2:]))
        elif what == "group" and len(rest) >= 3:
            self._group(rest[0], rest[1], tuple(rest[2:]))
        elif what == "quorum" and len(rest) == 1:
            self._quorum(rest[0])
        else:
            raise PolicyError("a line is `log`, `witness`, `group` or `quorum`, and what belongs to it")

    def _group(self, name: str, count: str, members: tuple[str, ...]) -> None:
        try:
            needed = {"any": 1, "all": len(members)}.get(count) or decimal(count, MOST_OF_EACH)
        except EncodingError as error:
            raise PolicyError(f"a group needs `any`, `all` or a number, not {count}: {error}") from error
        if unknown := [each for each in members if each not in self._known]:
            raise PolicyError(f"nothing above is called {unknown[0]}")
        _define(name, self._known)
        self.groups.append(Group(name, needed, members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise PolicyError("there is one quorum")
        if name not in self._known:
            raise PolicyError(f"nothing above is called {name}")
        self.quorum = name
