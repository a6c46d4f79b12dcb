"""Whether the relay takes a batch of statements with their bodies: the judge's word, and the relay's few own rules.

 I1 judged      every statement is one that the judge takes after those before it; all of the batch count, or none
 I2 named       after the batch the directory names this relay, or nobody would know who signs its checkpoints: so
                an empty log takes a founding only together with that statement, and a relay with new keys that first
 I3 own keys    a statement that names a relay names this one: its log's origin and all four keys, those it signs with
                or those it holds ready (`relay.own_keys`); and a later one says truly which log it continues
 I4 bodies      every body a statement commits to comes with it or is there already; none comes that nobody commits to;
                each opens its commitment and is what the statement says it is (names, a contact …), canonically written
 I5 no repeat   a batch that stands in the log already, whole and in one piece, is not taken again: the answer to it got
                lost, and is given once more (`DirectoryLog`)
 I6 fresh roots     a statement that root keys signed, alone or with others, is no older than 30 days by its `at`

The relay refuses early what every desk would refuse; it decides nothing that a desk does not check. I6 is the one that
a desk cannot check: desks replay the log years later, so no rule of the judge may ask how old a statement is. It is
there because what the roots have signed needs nobody's session to be published: the signed file is enough, in whoever's
hands. One that was given up must not lie about for ever. Whoever runs the log can leave I6 out; what voids a signed
file for everybody is another statement about the same subject (R3), and a re-keying, which voids all of them (R39).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from crypto.errors import CryptoError
from crypto.note import SignatureError
from directory.bodies import CircleBody, ContactBody, MemberBody, OfficerBody, read_body_bytes
from directory.canonical import Malformed
from directory.commitment import commit
from directory.judge import Refused, apply, signed_by
from directory.statement import (
    AdmitMember,
    AnyStatement,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    ListProvisional,
    NameRelay,
    PublishContact,
    SetCircle,
    UnknownStatement,
    parse_statement,
)
from directory.view import View
from relay.protocol.problems import Refusal
from relay.protocol.requests import OLDEST_ROOTS

BODY_KINDS: Mapping[type, type[msgspec.Struct]] = {
    AdmitMember: MemberBody,
    SetCircle: CircleBody,
    FirstAdministrator: OfficerBody,
    EnrolOfficer: OfficerBody,
    PublishContact: ContactBody,
    ListProvisional: ContactBody,
}


class Named(Protocol):
    """A relay that knows whether a directory names it: by one of its sets of keys (`relay.own_keys`)."""

    def named_in(self, view: View) -> bool: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """A body and its salt, as they were handed in."""

    salt: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What taking a batch leads to: log entries, the view after them, bodies by commitment, and bodies to erase.

    `members` counts the statements that a member's people signed.
    """

    entries: tuple[bytes, ...]
    view: View
    bodies: Mapping[str, Opening] = field(default_factory=dict)
    erased: tuple[str, ...] = ()
    members: Counter[str] = field(default_factory=Counter)


def judge_batch(
    view: View,
    root_at: Callable[[int], bytes],
    statements: Sequence[bytes],
    openings: Sequence[Opening],
    identity: Named,
    now: int,
) -> Batch:
    """The batch, if it is taken; `root_at(size)` is the log's root at a size it has reached.

    Refuses `malformed`, `signature-invalid`, `statement-conflict`, `statement-refused` or `body-mismatch`.
    """
    offered = _openings(openings)
    after, wanted, erased, members = view, set[str](), list[str](), Counter[str]()
    for number, raw in enumerate(statements, 1):
        where = f"statement {number} of {len(statements)}: " if len(statements) > 1 else ""
        statement, after, member = _judged(after, raw, now, where)
        members.update([member] if member else [])
        if isinstance(statement, NameRelay):
            _check_relay(statement, view, after, root_at, identity, where)
        if isinstance(statement, EraseBody):
            erased.append(statement.body)
        if type(statement) in BODY_KINDS:
            wanted.add(_check_body(statement, offered, view, where))
    if not identity.named_in(after):
        raise Refusal(
            "statement-refused", "the directory does not name this relay: the statement that does comes first"
        )
    stray = sorted(set(offered) - wanted)
    if stray:
        raise Refusal("body-mismatch", f"no statement of this batch commits to the body under {stray[0]}")
    kept = {commitment: opening for commitment, opening in offered.items() if commitment not in erased}
    return Batch(tuple(statements), after, kept, tuple(erased), members)


def _judged(view: View, raw: bytes, now: int, where: str) -> tuple[AnyStatement, View, str]:
    """The statement, the view after it, and the member whose people signed it (empty: none did)."""
    try:
        signed = parse_statement(raw)
        signers = signed_by(view, signed)
        after = apply(view, signed.statement, signers, now)
        _check_age(signed.statement, signers, now, where)
    except UnknownStatement as error:
        raise Refusal("statement-refused", f"{where}{error}: this relay is older; update it first") from error
    except Refused as refused:
        code = "statement-conflict" if refused.rule == "R3" else "statement-refused"
        raise Refusal(code, f"{where}{refused}", rule=refused.rule) from refused
    except SignatureError as error:
        raise Refusal("signature-invalid", f"{where}{error}") from error
    except (CryptoError, Malformed) as error:
        raise Refusal("malformed", f"{where}{error}") from error
    people = (view.devices[each].officer for each in sorted(signers) if each in view.devices)
    return signed.statement, after, next((view.officers[each].member for each in people), "")


def _check_age(statement: AnyStatement, signers: frozenset[str], now: int, where: str) -> None:
    """Return unless root keys signed this too long ago, whoever signed it beside them (I6); fails closed."""
    age = now - statement.at
    if age <= OLDEST_ROOTS or not any(each.startswith("root-") for each in signers):
        return
    words = f"the root keys signed this {age // 86_400} days ago, and after {OLDEST_ROOTS // 86_400} days it is void"
    raise Refusal("statement-refused", f"{where}{words}: ask for it again, and have it signed anew")


def _check_relay(
    statement: NameRelay, before: View, after: View, root_at: Callable[[int], bytes], identity: Named, where: str
) -> None:
    if not identity.named_in(after):
        words = "it names another relay than this one, or keys that this one does not hold yet: restart it first, if"
        raise Refusal("statement-refused", f"{where}{words} they are its next ones; else hand it to that relay")
    continued = statement.continues
    if isinstance(continued, msgspec.UnsetType) or before.relay is None:
        return
    if continued.origin != before.relay.origin or continued.size > before.size:
        raise Refusal("statement-refused", f"{where}the log it continues is not this one")
    if root_at(continued.size).hex() != continued.root:
        raise Refusal("statement-refused", f"{where}the log it continues had another root at {continued.size}")


def _openings(openings: Sequence[Opening]) -> dict[str, Opening]:
    found: dict[str, Opening] = {}
    for each in openings:
        try:
            found[commit(each.salt, each.body)] = each
        except ValueError as error:
            raise Refusal("body-mismatch", str(error)) from error
    return found


def _check_body(statement: AnyStatement, offered: Mapping[str, Opening], view: View, where: str) -> str:
    """The commitment of a statement's body, which is offered and good, or there already."""
    commitment: str = getattr(statement, "body", "")
    opening = offered.get(commitment)
    if opening is None:
        if commitment not in view.bodies:
            raise Refusal("body-mismatch", f"{where}the body under {commitment} did not come with it")
        return commitment
    try:
        read_body_bytes(opening.body, BODY_KINDS[type(statement)])
    except Malformed as error:
        raise Refusal("body-mismatch", f"{where}the body under {commitment}: {error}") from error
    return commitment
