"""What root keys are asked to sign elsewhere: statements without their signatures, and whose signatures those must be.

1. A draft is a statement's text with the signature lines that stand below it already: a device's, never a root key's.
2. Drafts that are asked for together are published together, all or none. They are one request, known by its id: the
   SHA-256 of the canonical JSON of all of them. Statements carry sequence and time, so no two requests are alike.
3. A draft is judged as if every root key had signed it that may: what is refused even so, no signature can save. One
   that the roots have no say in is refused as well (R5), so nobody carries a stick for nothing.
4. Whose signatures a draft lacks follows from it and the root keys before it: a founding needs those it names, a
   re-keying both present and new ones, everything after that the new ones, each group up to its own threshold.

Pure: the view and the time are arguments. Whether the signatures are good is for `desk.roots.root_signed` and the
judge.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

import msgspec

from crypto.encoding import EncodingError, unb64
from crypto.errors import CryptoError
from crypto.note import Note, check_text, parse_note
from desk.entries.opened_body import with_commitment
from directory.canonical import Malformed, encode
from directory.fields import Hash
from directory.judge import apply, signed_by
from directory.judge_network import root_id, root_keys
from directory.statement import (
    MOST_STATEMENT_BYTES,
    AnyStatement,
    EraseBody,
    FoundNetwork,
    RekeyRoots,
    SignedStatement,
    network_id,
    read_statement,
)
from directory.view import View
from relay.protocol.requests import MOST_STATEMENTS, OpenedBody

Opened = Mapping[str, tuple[bytes, bytes]]  # commitment to salt and body


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A statement's text, and the signature lines (without their newlines) that stand already."""

    text: str
    lines: tuple[str, ...] = ()

    def signed(self) -> SignedStatement:
        """The statement with those lines; raises Malformed for what is none, or has a root key's line."""
        try:
            check_text(self.text)
            raw = (self.text + "\n" + "".join(f"{each}\n" for each in self.lines)).encode()
            note = parse_note(raw, MOST_STATEMENT_BYTES) if self.lines else Note(self.text, ())
            statement = read_statement(self.text)
        except (CryptoError, UnicodeEncodeError) as error:
            raise Malformed(f"a statement: {error}") from error
        if note.text != self.text or len(note.signatures) != len(self.lines):
            raise Malformed("a statement and its signature lines are not cut where they should be")
        if any(name.rpartition("/")[2].startswith("root-") for name in note.names()):
            raise Malformed("a statement carries a root key's signature line, which belongs in a signed file")
        return SignedStatement(statement, note)


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked for: drafts for one network, and the bodies that they bring."""

    network: Hash
    statements: Annotated[tuple[Draft, ...], msgspec.Meta(min_length=1, max_length=MOST_STATEMENTS)]
    bodies: Annotated[tuple[OpenedBody, ...], msgspec.Meta(max_length=MOST_STATEMENTS)] = ()

    @property
    def id(self) -> str:
        """The request's id (rule 2)."""
        return sha256(encode(self)).hexdigest()

    def drafts(self) -> list[SignedStatement]:
        """The statements; raises Malformed for one of another network, or a body that none of them commits to."""
        found = [each.signed() for each in self.statements]
        for each in map(_statement, found):
            named = network_id(each) if isinstance(each, FoundNetwork) else each.network
            if named != self.network:
                raise Malformed("it holds a statement for another network than the one it names")
        extra = opened(self.bodies).keys() - set(committed(map(_statement, found)))
        if extra:
            raise Malformed("it holds details that none of its statements commits to: they were exchanged")
        return found


@dataclass(frozen=True, slots=True)
class Group:
    """Root keys (local ids) of which so many have to sign; `new` if the statement itself names them."""

    keys: frozenset[str]
    threshold: int
    new: bool


def opened(bodies: Iterable[OpenedBody]) -> dict[str, tuple[bytes, bytes]]:
    """Bodies with their salts by commitment; raises Malformed for what can be none, or stands there twice."""
    found: dict[str, tuple[bytes, bytes]] = {}
    for each in bodies:
        try:
            commitment, salt, body = with_commitment(each)
        except (EncodingError, ValueError) as error:
            raise Malformed(f"details: {error}") from error
        if commitment in found:
            raise Malformed("details stand there twice")
        found[commitment] = salt, body
    return found


def committed(statements: Iterable[AnyStatement]) -> list[str]:
    """The commitments of the bodies that statements bring, or say stay."""
    return [each.body for each in statements if hasattr(each, "body") and not isinstance(each, EraseBody)]


def as_if_signed(view: View, draft: SignedStatement, now: int) -> View:
    """The view after a draft, had every root key signed that may; raises Refused, SignatureError for a wrong line."""
    roots = frozenset(view.network.roots) if view.network is not None else frozenset[str]()
    signers = signed_by(view, draft) | roots | named_roots(draft.statement).keys()
    return apply(view, draft.statement, signers, now)


def named_roots(statement: AnyStatement) -> dict[str, bytes]:
    """The root keys that a founding or a re-keying names, by local id."""
    return dict(root_keys(statement.roots)) if isinstance(statement, FoundNetwork | RekeyRoots) else {}


def groups(statements: Iterable[AnyStatement], roots: Iterable[str], threshold: int) -> list[tuple[Group, ...]]:
    """For each statement whose signatures it needs, where `threshold` of `roots` stand before the first (rule 4)."""
    found, present = list[tuple[Group, ...]](), Group(frozenset(roots), threshold, new=False)
    for each in statements:
        needed = (present,) if present.keys else ()
        if isinstance(each, FoundNetwork | RekeyRoots):
            present = Group(frozenset(named_roots(each)), each.threshold, new=True)
            needed = (*needed, present)
        found.append(needed)
    return found


def missing(needed: Sequence[tuple[Group, ...]], signed: Sequence[frozenset[str]]) -> tuple[int, int]:
    """How many present root keys, and how many new ones, have still to sign; `signed` has who did, by statement."""
    lack = {False: 0, True: 0}
    for statement, signers in zip(needed, signed, strict=True):
        for group in statement:
            lack[group.new] = max(lack[group.new], group.threshold - len(group.keys & signers))
    return lack[False], lack[True]


def lacking(counts: tuple[int, int]) -> str:
    """Those numbers in words; empty if none is missing."""
    present, new = counts
    told = ((present, "present"), (new, "new"))
    return " and ".join(f"{number} of the {which} root keys" for number, which in told if number)


def local_id(key: str) -> str:
    """The local id of a root key in base64, whose form was checked."""
    return root_id(unb64(key, 32))


def _statement(signed: SignedStatement) -> AnyStatement:
    return signed.statement
