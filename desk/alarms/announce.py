"""What a member's desk tells its officers about new statements, because somebody should hear of it without asking.

1. The roots signed in the place of an administrator of this member (DESIGN section 5: the member's desks announce it).
2. This member was suspended, reinstated or revoked; its people got another role, or an administrator was made.
3. This officer got another device, or one of theirs was revoked, or changed its reception keys. A device's own keys
   stand in the statement that enrols it and never change: other keys are another device.
   The same of a colleague who serves a contact with this officer, since that device reads what comes for both, or reads
   it no more; and of everybody in the member, if this officer is an administrator. Who signed it hears nothing.
4. A contact that this officer serves, or served until then, was changed: its roster, its alternates, its telephone
   numbers, its e-mail addresses, or anything else. Who puts another name on a roster reads what is sent from then on.
   Of a contact that this officer serves the details that stood were erased: callers see no number any more.
5. Everybody hears that the roots named another relay, or other keys for it: whose signatures count from then on.
   And that they let this member into a circle, or took it out: which details its people see from then on.
6. Each says who signed it. Bodies may be missing, or erased; then it is said that something changed, and what stands
   now.

Pure: statements that the judge has accepted, the view after them, and the bodies at hand. What comes back holds text of
others, which the caller shows as such.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crypto.fingerprint import fingerprint
from directory.bodies import ContactBody, OfficerBody, read_body_bytes
from directory.canonical import Malformed
from directory.statement import (
    ChangeReception,
    ChangeRoles,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    NameRelay,
    PublishContact,
    ReinstateMember,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SignedStatement,
    SuspendMember,
    parse_statement,
)
from directory.view import View

_NEVER_TOLD = b'"kind":"attest-contact"'
_PEOPLE = (EnrolOfficer, ChangeRoles, RevokeOfficer, EnrolDevice)


@dataclass(frozen=True, slots=True)
class Hearer:
    """Who is told: an officer of a member, and what their desk knows (bodies by commitment)."""

    member: str
    officer: str
    view: View
    bodies: Mapping[str, bytes]

    def who(self, officer: str) -> str:
        """An officer as a colleague knows them."""
        if officer == self.officer:
            return "you"
        record = self.view.officers.get(officer)
        body = _body(self.bodies, record.body, OfficerBody) if record else None
        return f"officer {officer[:8]}" + (f" ({body.label})" if isinstance(body, OfficerBody) else "")

    def signers(self, signed: SignedStatement) -> str:
        """Who signed, as people."""
        local = [name.rpartition("/")[2] for name in signed.note.names()]
        found = [self.view.devices.get(each) for each in local]
        people = [self.who(each.officer) for each in found if each is not None]
        roots = any(each.startswith("root-") for each in local)
        return " and ".join([*dict.fromkeys(people), *(["the root keys"] if roots else [])])


def announcements(hearer: Hearer, entries: Sequence[bytes], before: Iterable[bytes]) -> list[str]:
    """What to tell about `entries`, oldest first; `before` are those before them, read only if needed."""
    statements = (each.statement for each in _telling(entries))
    changed = {each.contact for each in statements if isinstance(each, PublishContact | RetireContact)}
    served, circles = {each for each in changed if _ever_served(hearer, each)}, _circles(_telling(entries))
    earlier = list(before) if served or circles else []
    stood, inside = _published(earlier, served), _inside(hearer, earlier, circles)
    found: list[str] = []
    for signed in _telling(entries):
        statement = signed.statement
        if isinstance(statement, SetCircle):
            found += _circle(hearer, statement, inside)
        elif isinstance(statement, PublishContact):
            found += _contact(hearer, signed, statement, stood.get(statement.contact))
            stood[statement.contact] = statement
        elif isinstance(statement, RetireContact):
            old = stood.get(statement.contact)
            if old is not None and hearer.officer in old.officers:
                found.append(f"contact {statement.contact}, which you served, was retired by {hearer.signers(signed)}")
        else:
            found += _of(hearer, signed)
    return found


def _telling(entries: Iterable[bytes]) -> Iterator[SignedStatement]:
    """The statements that may be something to tell, one at a time: there may be hundreds of thousands."""
    # Within a value the quotation marks would be escaped, so this stands nowhere but where the kind does.
    return (parse_statement(entry) for entry in entries if _NEVER_TOLD not in entry)


def _of(hearer: Hearer, signed: SignedStatement) -> Iterator[str]:
    statement, view, member = signed.statement, hearer.view, hearer.member
    if isinstance(statement, NameRelay):
        yield from _relay(view, statement)
        return
    if isinstance(statement, EraseBody):
        yield from _erased(hearer, signed, statement)
        return
    if isinstance(statement, SuspendMember | ReinstateMember | RevokeMember):
        if statement.member == member:
            yield f"the network's secretariat: {statement.__struct_config__.tag} {member}"
        return
    if isinstance(statement, FirstAdministrator):
        if statement.member == member:
            yield f"the root keys appointed an administrator of {member}: officer {statement.officer[:8]}"
        return
    if isinstance(statement, RevokeDevice):
        device = view.devices[statement.device]
        reason = f"{statement.reason}, by {hearer.signers(signed)}"
        if device.officer == hearer.officer:
            yield f"your device {statement.device[:8]} was revoked ({reason})"
        elif _concerns(hearer, device.officer, signed):
            yield f"device {statement.device[:8]} of {hearer.who(device.officer)} was revoked ({reason})"
        yield from _rooted(signed, view.officers[device.officer].member, member, "revoked a device")
        return
    if isinstance(statement, ChangeReception):
        if view.devices[statement.device].officer == hearer.officer:
            words = f"your device {statement.device[:8]} has other reception keys now, by its own signature"
            yield f"{words}. If you did not run `enlace device renew-reception`, call at once: have it revoked"
        return
    if not isinstance(statement, _PEOPLE) or view.officers[statement.officer].member != member:
        return
    if isinstance(statement, EnrolDevice) and statement.officer == hearer.officer:
        words = f"another device was enrolled for you: {statement.device[:8]}. If you did not ask for it, call at once"
        yield f"{words}. Its keys were signed for by {hearer.signers(signed)}"
    elif isinstance(statement, EnrolDevice) and _concerns(hearer, statement.officer, signed):
        words = f"{hearer.who(statement.officer)} has another device: {statement.device[:8]}"
        yield f"{words}, signed for by {hearer.signers(signed)}"
    if isinstance(statement, ChangeRoles) and statement.officer == hearer.officer:
        yield f"your roles are {', '.join(statement.roles)} now, by {hearer.signers(signed)}"
    if isinstance(statement, EnrolOfficer | ChangeRoles) and "administrator" in statement.roles:
        yield f"officer {statement.officer[:8]} is an administrator of {member} now"
    yield from _rooted(signed, member, member, str(statement.__struct_config__.tag).replace("-", " "))


def _erased(hearer: Hearer, signed: SignedStatement, statement: EraseBody) -> Iterator[str]:
    view, body = hearer.view, hearer.view.bodies[statement.body]
    kind, _, name = body.subject.partition("/")
    contact, by = view.contacts.get(name) if kind == "contact" else None, hearer.signers(signed)
    standing = contact is not None and contact.body == statement.body
    if standing and contact is not None and hearer.officer in contact.served_by(view.size) and by != "you":
        words = f"the details of contact {name}, which you serve, were erased by {by}"
        yield f"{words}: it is listed without any until they are published anew. If nobody should have, call at once"
    yield from _rooted(signed, view.eraser(body), hearer.member, f"erased details of {body.subject}")


def _relay(view: View, statement: NameRelay) -> Iterator[str]:
    """Rule 5; nothing of the first relay, which nobody had another before."""
    if statement.seq == 0:
        return
    before, named = view.relays[statement.seq - 1 : statement.seq + 1]
    what = "other keys for the relay" if named.origin == before.origin else f"another log, {named.origin}"
    keys = f"log {fingerprint(named.log.id)}, receipts {fingerprint(named.receipt.id)}"
    words = "This desk follows them by itself. If the secretariat did not say that it would, call them"
    yield f"the root keys named {what}: {keys}. {words}"


def _concerns(hearer: Hearer, officer: str, signed: SignedStatement) -> bool:
    """Whether another officer's device concerns the hearer, who has not signed for it (rule 3)."""
    view = hearer.view
    local = (view.devices.get(name.rpartition("/")[2]) for name in signed.note.names())
    mine, record = view.officers.get(hearer.officer), view.officers[officer]
    if mine is None or record.member != hearer.member or any(each and each.officer == hearer.officer for each in local):
        return False
    if mine.has("administrator", view.size):
        return True
    shared = (each.served_by(view.size) for each in view.contacts.values() if each.listed)
    return any({officer, hearer.officer} <= set(each) for each in shared)


def _rooted(signed: SignedStatement, owner: str, member: str, what: str) -> Iterator[str]:
    signers = [name.rpartition("/")[2] for name in signed.note.names()]
    if owner == member and any(each.startswith("root-") for each in signers):
        yield f"root keys signed in the place of an administrator of {member}: {what}"


def _contact(hearer: Hearer, signed: SignedStatement, new: PublishContact, old: PublishContact | None) -> Iterator[str]:
    """Rule 4."""
    serves, served = hearer.officer in new.officers, old is not None and hearer.officer in old.officers
    if old is None or not served:
        if serves:
            yield f"you serve contact {new.contact} now, by {hearer.signers(signed)}"
        return
    changes = list(_changes(hearer, new, old))
    if changes:
        verb = "serve" if serves else "served"
        head = f"contact {new.contact}, which you {verb}, was changed by {hearer.signers(signed)}"
        yield f"{head}: {'; '.join(changes)}. If nobody should have, call at once"


def _changes(hearer: Hearer, new: PublishContact, old: PublishContact) -> Iterator[str]:
    for each in new.officers:
        if each not in old.officers:
            yield f"messages to it are for {hearer.who(each)} too from now on"
    for each in old.officers:
        if each not in new.officers:
            yield f"{hearer.who(each)} no longer serve{'' if each == hearer.officer else 's'} it"
    if new.escalation != old.escalation:
        yield f"alternates: {_list(new.escalation)} instead of {_list(old.escalation)}"
    now, then = (_body(hearer.bodies, each.body, ContactBody) for each in (new, old))
    if isinstance(now, ContactBody) and isinstance(then, ContactBody):
        yield from _details(now, then)
    elif new.body != old.body and isinstance(now, ContactBody):
        numbers = _list([each.number for each in now.phones])
        yield f"its details are published anew: telephone {numbers}, e-mail {_list(now.emails)}"
    elif new.body != old.body:
        yield "its details are published anew"
    if new.circles != old.circles:
        for_all = "every member"
        yield f"its details are for {_list(new.circles, for_all)} instead of {_list(old.circles, for_all)}"
    if (new.function, new.country) != (old.function, old.country):
        yield "its function or country"


def _details(now: ContactBody, then: ContactBody) -> Iterator[str]:
    if now.phones != then.phones:
        mine, theirs = ([f"{each.number} ({each.use})" for each in body.phones] for body in (now, then))
        yield f"telephone: {_list(mine)} instead of {_list(theirs)}"
    if now.emails != then.emails:
        yield f"e-mail: {_list(now.emails)} instead of {_list(then.emails)}"
    others = [each for each in now.__struct_fields__ if each not in ("phones", "emails")]
    changed = [each for each in others if getattr(now, each) != getattr(then, each)]
    if changed:
        yield f"other details: {', '.join(changed)}"


def _published(entries: Iterable[bytes], contacts: set[str]) -> dict[str, PublishContact]:
    """The newest publication of each of `contacts`."""
    if not contacts:
        return {}
    marks = [f'"contact":"{each}"'.encode() for each in contacts]
    found: dict[str, PublishContact] = {}
    for entry in entries:
        if any(mark in entry for mark in marks):
            statement = parse_statement(entry).statement
            if isinstance(statement, PublishContact) and statement.contact in contacts:
                found[statement.contact] = statement
    return found


def _ever_served(hearer: Hearer, contact: str) -> bool:
    record = hearer.view.contacts.get(contact)
    return record is not None and any(hearer.officer in officers for _, officers in record.service)


def _body(bodies: Mapping[str, bytes], commitment: str, kind: type[ContactBody | OfficerBody]) -> object:
    """The body under a commitment; None where it is not held, or is no such body."""
    raw = bodies.get(commitment)
    try:
        return read_body_bytes(raw, kind) if raw is not None else None
    except Malformed:
        return None


def _circle(hearer: Hearer, statement: SetCircle, inside: dict[str, bool]) -> Iterator[str]:
    """Rule 5; `inside` says of each circle whether this member was in it, and is brought up to date."""
    circle, was, now = statement.circle, inside.get(statement.circle, False), hearer.member in statement.members
    inside[circle] = now
    if now and not was:
        yield f"the root keys let {hearer.member} into circle {circle}: its desks get the details published to it"
    if was and not now:
        yield f"the root keys took {hearer.member} out of circle {circle}: its desks have erased what was for it alone"


def _circles(statements: Iterable[SignedStatement]) -> set[str]:
    """The circles that `statements` set."""
    return {each.statement.circle for each in statements if isinstance(each.statement, SetCircle)}


def _inside(hearer: Hearer, before: Iterable[bytes], circles: set[str]) -> dict[str, bool]:
    """Whether this member was in each of `circles`, by the entries before those that set them."""
    marks = [f'"circle":"{each}"'.encode() for each in circles]
    found: dict[str, bool] = {}
    for entry in before:
        if any(mark in entry for mark in marks):
            statement = parse_statement(entry).statement
            if isinstance(statement, SetCircle):
                found[statement.circle] = hearer.member in statement.members
    return found


def _list(values: Sequence[str], otherwise: str = "none") -> str:
    return ", ".join(values) or otherwise
