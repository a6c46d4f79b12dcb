"""The judge: whether a statement counts, and what the directory knows after it. Pure, total, one place.

`apply(view, statement, signers, now)` gives the next view or raises `Refused`, which names the broken rule. The view
it was given is never changed. `now` is the relay's clock when it accepts a statement and the covering checkpoint's time
when a desk replays one; the rules only ever grow more permissive with it, so what the relay rightly took no desk
refuses, and the next view does not depend on it.

Rules of every statement (here):
 R1  founded        the first statement founds the network, and no other does
 R2  network        a statement names the network it was signed for
 R3  sequence       `seq` is the count of earlier statements about the same subject
 R4  time           `at` is not before the subject's previous statement, nor more than 5 minutes after `now`
 R5  signers        every signature is a good one of somebody whose word counts for this statement; nobody else's stands
                    there
 R6  roots          what the roots decide carries signatures of at least the threshold of *current* root keys
 R7  duty           the duty key alone may only suspend, once, for at most 72 hours, until the roots have spoken
 R8  later          a statement of a kind unknown here stops the reader, who needs an update, only if it was signed by
                    the root threshold, the duty key or an administrator's live device; under anybody else's
                    signatures it is refused: or any officer, together with whoever runs the log, could stop every desk
 R39 since the roots
                    what a root key signed counts only if its `at` is not before that of the founding or re-keying that
                    named the present roots: a re-keying voids whatever was signed before it, whichever roots stay
Rules of one kind stand in judge_network (R10 …), judge_members (R20 …, R38) and judge_contacts (R30 …).

Authority follows log position: who may sign is decided by the view before the statement, never by `at`. R39 only takes
away: a signature that was kept back does not come to count because of what it claims.
"""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from crypto.many_signatures import Claim, Foreseen
from crypto.note import Ed25519Verifier, Note, SignatureError, parse_note, verified
from crypto.signing import signers_ed25519
from directory import judge_contacts, judge_members, judge_network
from directory.judge_rules import Case, Refused, refuse
from directory.statement import (
    MOST_STATEMENT_BYTES,
    AdmitMember,
    AnyStatement,
    AttestContact,
    ChangeReception,
    ChangeRoles,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    FoundNetwork,
    ListProvisional,
    NameRelay,
    PublishContact,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SignedStatement,
    SuspendMember,
    UnknownStatement,
    WithdrawProvisional,
    network_id,
    parse_statement,
)
from directory.view import Subject, View

__all__ = ["Refused", "admit", "apply", "signed_by"]

SHOWN = 16  # characters of an id that people read; the evidence has all of it
CLOCK_SKEW = 300  # seconds that an issuer's clock may be ahead (DESIGN section 5)

_RULES: MappingProxyType[type, Callable[[Case[Any]], View]] = MappingProxyType(
    {
        FoundNetwork: judge_network.found_network,
        RekeyRoots: judge_network.rekey_roots,
        NameRelay: judge_network.name_relay,
        AdmitMember: judge_network.admit_member,
        SuspendMember: judge_network.suspend_member,
        ReinstateMember: judge_network.reinstate_member,
        RevokeMember: judge_network.revoke_member,
        SetCircle: judge_network.set_circle,
        FirstAdministrator: judge_members.first_administrator,
        EnrolOfficer: judge_members.enrol_officer,
        ChangeRoles: judge_members.change_roles,
        RevokeOfficer: judge_members.revoke_officer,
        EnrolDevice: judge_members.enrol_device,
        RevokeDevice: judge_members.revoke_device,
        ChangeReception: judge_members.change_reception,
        PublishContact: judge_contacts.publish_contact,
        AttestContact: judge_contacts.attest_contact,
        RetireContact: judge_contacts.retire_contact,
        ListProvisional: judge_contacts.list_provisional,
        WithdrawProvisional: judge_contacts.withdraw_provisional,
        EraseBody: judge_contacts.erase_body,
    }
)


def admit(
    view: View, entry: bytes, now: int, signed: SignedStatement | None = None, good: frozenset[Claim] = frozenset()
) -> View:
    """The view after the log entry `entry`; `signed` is what is in it, if it was parsed before, and of its signatures
    those in `good` were checked before.

    Raises NoteError or Malformed for bytes that are no statement, UnknownStatement for one of a later version (R8),
    SignatureError for a wrong or uncheckable signature, Refused for a broken rule.
    """
    try:
        signed = signed or parse_statement(entry)
    except UnknownStatement:
        _check_later(view, parse_note(entry, MOST_STATEMENT_BYTES), now)
        raise
    return apply(view, signed.statement, signed_by(view, signed, good), now)


def signed_by(view: View, signed: SignedStatement, good: frozenset[Claim] = frozenset()) -> frozenset[str]:
    """The local ids (root, duty or device) whose signatures on a statement verify; every line must be one. Those in
    `good` were checked before.

    Raises SignatureError for a wrong signature or one by a key that the network does not know.
    """
    names, find = signed.note.names(), _finder(view, signed)
    found = [(each, find(each)) for each in names]
    verifiers = [Foreseen(each.name, each.public, good) if good else each for _, each in found if each]
    _check_known(view, [name for name, each in found if each is None])
    return frozenset(each.name.rpartition("/")[2] for each in signers_ed25519(signed.note, verifiers))


def _check_known(view: View, strange: list[str]) -> None:
    """Refuse (SignatureError), in words for people, the names `strange` if they are of this network and in no view."""
    for name in strange:
        network, _, local = name.rpartition("/")
        if view.network is not None and network == view.founded.name:
            words = f"signed by {local[:SHOWN]}…, a device that nobody enrolled, and no present root or duty key"
            raise SignatureError(words)


def apply(view: View, statement: AnyStatement, signers: frozenset[str], now: int) -> View:
    """The view after `statement`, signed by the local ids `signers`; raises Refused and says which rule was broken."""
    founding = isinstance(statement, FoundNetwork)
    if founding != (view.network is None):
        refuse("R1", "a log begins with the founding of its network, and holds no other")
    if not isinstance(statement, FoundNetwork) and statement.network != view.founded.id:
        refuse("R2", "the statement was signed for another network")
    before = view.subjects.get(statement.subject, Subject(0, 0))
    if statement.seq != before.count:
        found = (
            f"it was signed after {statement.seq} statements about {statement.subject}; {before.count} stand before it"
        )
        refuse("R3", f"{found}. To publish it, synchronise and sign anew")
    if statement.at < before.last_at:
        refuse("R4", f"the statement says it is older than the one before it about {statement.subject}")
    if statement.at > now + CLOCK_SKEW:
        refuse("R4", "the statement's time is more than 5 minutes ahead: check the clock of the machine that signed it")
    _check_since(view, statement, signers)
    after = _RULES[type(statement)](Case(view, statement, signers, now))
    subject = Subject(before.count + 1, statement.at)
    return replace(after, size=view.size + 1, subjects=after.subjects.set(statement.subject, subject))


def _check_since(view: View, statement: AnyStatement, signers: frozenset[str]) -> None:
    """Return if no root key signed this, or none before the last re-keying or the founding; refuse if one did (R39)."""
    if view.network is None or statement.at >= view.founded.since or signers.isdisjoint(view.founded.roots):
        return
    refuse("R39", "root keys signed this before the last re-keying, which voids it (or before the founding): sign anew")


def _check_later(view: View, note: Note, now: int) -> None:
    """Return if those who signed what this version cannot read may stop its readers; raise Refused if not (R8).

    Before the founding nobody is known; there the network's id, which is the hash of its founding statement, decides.
    """
    if view.network is None:
        return
    prefix = f"{view.founded.name}/"
    names = (each.removeprefix(prefix) for each in note.names() if each.startswith(prefix))
    verifiers = filter(None, (view.verifier(each) for each in names if _leads(view, each, now)))
    good = {each.name.removeprefix(prefix) for each in verified(note, verifiers)}
    roots = good.intersection(view.founded.roots)
    if good == roots and len(roots) < view.founded.threshold:
        words = "of a kind unknown here, and neither the root threshold, the duty key nor an administrator signed it"
        refuse("R8", f"a statement {words}: it is a forgery, and no sign of a newer version")


def _leads(view: View, local: str, now: int) -> bool:
    """Whether a local id is a root's, the duty key's, or an administrator's live device's."""
    device = view.devices.get(local)
    if device is None:
        return True  # of what is left `View.verifier` knows roots and duty key alone
    leading = view.officers[device.officer].has("administrator", view.size)
    return leading and view.device_live(local, view.size, now)


def _finder(view: View, signed: SignedStatement) -> Callable[[str], Ed25519Verifier | None]:
    """How to find the key of a signature line: in the view, or among the roots that the statement itself names."""
    statement = signed.statement
    own: dict[str, bytes] = {}
    name = statement.name if isinstance(statement, FoundNetwork) else None
    if isinstance(statement, FoundNetwork | RekeyRoots):
        own = dict(judge_network.root_keys(statement.roots))
    network = name if name is not None or view.network is None else view.founded.name

    def find(line: str) -> Ed25519Verifier | None:
        prefix, _, local = line.rpartition("/")
        if prefix != network:
            return None
        known = view.verifier(local) if view.network else None
        return known or (Ed25519Verifier(line, own[local]) if local in own else None)

    return find


def founded(view: View, pinned: str) -> None:
    """Return if `view` is of the network whose id a desk has pinned; raise Refused if not."""
    if view.network is None or view.founded.id != pinned:
        refuse("R2", "this log belongs to another network than the one this desk was invited to")


__all__ += ["founded", "network_id"]
