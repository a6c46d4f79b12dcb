"""The judge's rules for points of contact and for bodies.

R30 contact id     begins with its country's code in lower case; a listed contact belongs to whoever listed it, a
                   provisional one to any member of its country; a retired id may be published again by the member it
                   belonged to
R31 country        a member publishes contacts of its own country
R32 officers       the serving officers are that member's, enrolled and not revoked; at most 30, sorted: so many that,
                   with 8 devices each (R28), a message from any contact to any other fits into one envelope (500)
R33 escalation     at most 8 listed contacts of the same member, each once, never the contact itself
R34 circles        circles that exist; at most 8, sorted
R35 attestation    of a confirmed contact, by one officer who serves it (as coordinator) or an administrator of its
                   member
R36 provisional    listed by the roots, only for a country that has no member; withdrawn by the roots
R37 erasure        of a body in the log, once; by an administrator of the member it belongs to, or by the roots for
                   what is theirs: members' names, circles, provisional contacts, and all that a revoked member left
"""

from dataclasses import replace

from directory.judge_rules import Case, refuse, sorted_set
from directory.statement import (
    AttestContact,
    EraseBody,
    ListProvisional,
    PublishContact,
    RetireContact,
    WithdrawProvisional,
)
from directory.view import NEVER, Contact, View

MOST_OFFICERS = 30
MOST_ESCALATION = 8
MOST_CIRCLES = 8


def publish_contact(case: Case[PublishContact]) -> View:
    """Publish a contact, or its next state; claims a provisional one."""
    statement, here = case.statement, case.here
    case.by_member(statement.member, "publishing a contact")
    _check_id(statement.contact, statement.country)
    if statement.country != case.view.members[statement.member].country:
        refuse("R31", f"{statement.member} publishes contacts of its own country only")
    old = case.view.contacts.get(statement.contact)
    if old is not None and not old.provisional and old.member != statement.member:
        refuse("R30", f"contact {statement.contact} belongs to {old.member}")
    _check_people(case)
    view = case.with_body(statement.body, statement.subject, statement.member, statement.circles)
    known = None if old is None or old.provisional else old
    service = known.service if known else ()
    if known and not known.listed:
        service = (*service, (known.ended, ()))
    if not service or service[-1][1] != statement.officers:
        service = (*service, (here, statement.officers))
    left = dict(known.left if known else ()) | dict.fromkeys(known.officers if known else (), statement.at)
    record = Contact(
        id=statement.contact,
        member=statement.member,
        country=statement.country,
        function=statement.function,
        body=statement.body,
        officers=statement.officers,
        escalation=statement.escalation,
        circles=statement.circles,
        published=known.published if known else here,
        attested=here,
        attested_at=statement.at,
        service=service,
        left=tuple((officer, at) for officer, at in left.items() if officer not in statement.officers),
    )
    before = old.officers if old is not None else ()
    touched = view.touched.mutate()
    for officer in {*before, *statement.officers}:
        touched[officer] = here
    return replace(view, contacts=view.contacts.set(statement.contact, record), touched=touched.finish())


def attest_contact(case: Case[AttestContact]) -> View:
    """Confirm that an entry is right as it stands."""
    contact = _listed(case, case.statement.contact)
    if contact.provisional:
        refuse("R35", "a provisional contact is claimed by publishing it, not attested")
    signers = case.officers()
    serving = case.view.contact_devices(contact.id, case.now)
    if len(signers) != 1 or next(iter(signers)) not in serving:
        case.by_member(contact.member, "attesting a contact")
    case.nobody_but(signers)
    record = replace(contact, attested=case.here, attested_at=case.statement.at)
    return replace(case.view, contacts=case.view.contacts.set(contact.id, record))


def retire_contact(case: Case[RetireContact]) -> View:
    """Retire a contact; an authority retires a provisional one of its country in the same way."""
    contact = _listed(case, case.statement.contact)
    member = contact.member or _claimant(case, contact.country)
    case.by_member(member, "retiring a contact")
    return _end(case.view, contact, case.here)


def list_provisional(case: Case[ListProvisional]) -> View:
    """List, or list anew, a contact of a state not yet admitted."""
    statement = case.statement
    case.by_roots("listing a provisional contact")
    _check_id(statement.contact, statement.country)
    if any(each.country == statement.country and each.revoked == NEVER for each in case.view.members.values()):
        refuse("R36", f"{statement.country} has a member, which publishes its own contacts")
    old = case.view.contacts.get(statement.contact)
    if old is not None and not old.provisional:
        refuse("R30", f"contact {statement.contact} belonged to {old.member}; choose another id")
    view = case.with_body(statement.body, statement.subject, "")
    record = Contact(
        id=statement.contact,
        member="",
        country=statement.country,
        function=statement.function,
        body=statement.body,
        officers=(),
        escalation=(),
        circles=(),
        published=case.here,
        attested=case.here,
        attested_at=statement.at,
        service=(),
    )
    return replace(view, contacts=view.contacts.set(statement.contact, record))


def withdraw_provisional(case: Case[WithdrawProvisional]) -> View:
    """Take a provisional contact back."""
    case.by_roots("withdrawing a provisional contact")
    contact = _listed(case, case.statement.contact)
    if not contact.provisional:
        refuse("R36", f"contact {contact.id} is confirmed; {contact.member} retires it")
    return _end(case.view, contact, case.here)


def erase_body(case: Case[EraseBody]) -> View:
    """Have a body erased everywhere; the commitment stays in the log."""
    body = case.view.bodies.get(case.statement.body)
    if body is None or body.erased != NEVER:
        refuse("R37", "no such body is in the log, or it was erased already")
    member = case.view.eraser(body)
    if member:
        case.by_member(member, "erasing a body")
    else:
        case.by_roots("erasing a body")
    bodies = case.view.bodies.set(case.statement.body, replace(body, erased=case.here))
    return replace(case.view, bodies=bodies)


def _check_id(contact: str, country: str) -> None:
    if not contact.startswith(f"{country.lower()}-"):
        refuse("R30", f"the id of a contact of {country} begins with {country.lower()}-")


def _check_people(case: Case[PublishContact]) -> None:
    statement, view = case.statement, case.view
    sorted_set(statement.officers, "serving officers", MOST_OFFICERS)
    for officer in statement.officers:
        record = view.officers.get(officer)
        if record is None or record.member != statement.member or record.revoked != NEVER:
            refuse("R32", f"officer {officer[:8]} is not an enrolled officer of {statement.member}")
    if len(statement.escalation) > MOST_ESCALATION or len(set(statement.escalation)) != len(statement.escalation):
        refuse("R33", f"at most {MOST_ESCALATION} alternates, each once")
    for alternate in statement.escalation:
        other = view.contacts.get(alternate)
        if alternate == statement.contact or other is None or not other.listed or other.member != statement.member:
            refuse("R33", f"{alternate} is not another listed contact of {statement.member}")
    sorted_set(statement.circles, "circles", MOST_CIRCLES)
    for circle in statement.circles:
        if circle not in view.circles:
            refuse("R34", f"no circle {circle}")


def _listed(case: Case[AttestContact] | Case[RetireContact] | Case[WithdrawProvisional], contact: str) -> Contact:
    record = case.view.contacts.get(contact)
    if record is None or not record.listed:
        refuse("R30", f"no contact {contact} is listed")
    return record


def _claimant(case: Case[RetireContact], country: str) -> str:
    """The member, among the signers', of a provisional contact's country."""
    theirs = {case.view.officers[officer].member for officer in case.officers().values()}
    found = sorted(each for each in theirs if case.view.members[each].country == country)
    if not found:
        refuse("R30", f"a provisional contact is retired by a member of {country}, or withdrawn by the roots")
    return found[0]


def _end(view: View, contact: Contact, position: int) -> View:
    touched = view.touched.mutate()
    for officer in contact.officers:
        touched[officer] = position
    record = replace(contact, ended=position)
    return replace(view, contacts=view.contacts.set(contact.id, record), touched=touched.finish())
