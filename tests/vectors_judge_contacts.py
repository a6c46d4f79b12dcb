"""Cases of judge.json about contacts, provisional ones, attestations and bodies."""

from typing import Any

from vectors_case import Book
from vectors_judge_court import DAY, ROOTS, TRAFFICKING, Court, fresh
from vectors_world import committed, device_keys, local, officer

from directory.statement import (
    AdmitMember,
    AttestContact,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    ListProvisional,
    PublishContact,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
    WithdrawProvisional,
)

LISTED = {"contact": "pe-desk", "country": "PE", "function": TRAFFICKING}


def _contact(contact: str, **fields: Any) -> dict[str, Any]:
    """The fields of a publication that counts; `fields` overrules any."""
    member = contact[:2]
    about = {"contact": contact, "member": member, "country": member.upper(), "function": TRAFFICKING}
    return about | {"body": fresh(contact)} | fields


def _join(court: Court, member: str) -> Court:
    """A further member with one administrator."""
    court.has(AdmitMember, ROOTS, member=member, country=member[:2].upper(), body=fresh(member))
    court.has(FirstAdministrator, ROOTS, member=member, officer=officer(member), body=fresh(f"{member} chief"))
    return court.has(EnrolDevice, ROOTS, officer=officer(member), **device_keys(member))


def add_contacts(book: Book) -> None:
    """R24, R25, R30 to R37."""
    _published(book)
    _provisional(book)
    _attested(book)
    _erased(book)


def _published(book: Book) -> None:
    court = Court(book)
    same = _contact("co-desk", body=committed("co-desk"))
    court.takes("R24", "the contact's own commitment again", PublishContact, "co-chief", **same)
    others = {"officers": tuple(sorted((officer("co-night"), officer("co-chief"))))}
    court.takes("R32", "an administrator who serves", PublishContact, "co-chief", **_contact("co-desk", **others))
    crossed = {"officers": others["officers"][::-1]}
    court.refuses("R25", "officers in another order", PublishContact, "co-chief", **_contact("co-desk", **crossed))
    court.takes("R33", "an alternate", PublishContact, "co-chief", **_contact("co-court", escalation=("co-desk",)))
    twice = _contact("co-court", escalation=("co-desk", "co-desk"))
    court.refuses("R33", "an alternate twice", PublishContact, "co-chief", **twice)
    theirs = _contact("co-court", escalation=("ec-desk",))
    court.refuses("R33", "another member's contact as an alternate", PublishContact, "co-chief", **theirs)
    court.has(SetCircle, ROOTS, circle="pacific", members=("co",), body=fresh("pacific"))
    circles = _contact("co-court", circles=("pacific", "andean"))
    court.refuses("R25", "circles in another order", PublishContact, "co-chief", **circles)
    outside = _contact("ec-court", circles=("andean", "pacific"))
    court.takes("R34", "a circle that its member is not in", PublishContact, "ec-chief", **outside)
    court.has(RevokeOfficer, "co-chief", officer=officer("co-night"), reason="left")
    left = _contact("co-court", officers=(officer("co-night"),))
    court.refuses("R32", "an officer who left", PublishContact, "co-chief", **left)
    court.has(RetireContact, "co-chief", contact="co-desk")
    court.refuses("R30", "retired twice", RetireContact, "co-chief", contact="co-desk")
    court.refuses("R30", "attested when retired", AttestContact, "co-chief", contact="co-desk")
    gone = _contact("co-court", escalation=("co-desk",))
    court.refuses("R33", "a retired alternate", PublishContact, "co-chief", **gone)
    court.takes("R30", "a retired one anew", PublishContact, "co-chief", **_contact("co-desk"))
    _join(court, "co-2")
    seized = _contact("co-desk", member="co-2")
    court.refuses("R30", "a retired one by another member of the country", PublishContact, "co-2", **seized)


def _provisional(book: Book) -> None:
    court = Court(book).has(ListProvisional, ROOTS, body=fresh("pe-desk"), **LISTED)
    pe = {"contact": "pe-desk"}
    court.takes("R30", "listed anew while it is listed", ListProvisional, ROOTS, body=fresh("pe-desk 2"), **LISTED)
    court.refuses("R30", "retired by another country's people", RetireContact, "co-chief", **pe)
    court.refuses("R30", "retired by the roots", RetireContact, ROOTS, **pe)
    court.refuses("R36", "withdrawn though it was published", WithdrawProvisional, ROOTS, contact="co-desk")
    gone = Court(book, court.log.copy()).has(WithdrawProvisional, ROOTS, **pe)
    gone.refuses("R30", "withdrawn twice", WithdrawProvisional, ROOTS, **pe)
    gone.takes("R30", "listed anew when withdrawn", ListProvisional, ROOTS, body=fresh("pe-desk"), **LISTED)
    _join(court, "pe")
    court.refuses("R30", "retired by the roots, beside a member", RetireContact, ROOTS, **pe)
    court.takes("R30", "withdrawn when there is a member", WithdrawProvisional, ROOTS, **pe)
    court.takes("R30", "claimed", PublishContact, "pe", **_contact("pe-desk", body=fresh("pe-desk 3")))
    _join(court, "pe-2")
    court.takes("R30", "retired by either member of its country", RetireContact, "pe-2", **pe)
    court.refuses("R5", "retired by both members", RetireContact, "pe pe-2", **pe)
    retired = Court(book, court.log.copy()).has(RetireContact, "pe-2", **pe)
    other = _contact("pe-desk", body=fresh("pe-desk 3"))
    retired.takes("R30", "retired by one member, published by the other", PublishContact, "pe", **other)
    again = LISTED | {"contact": "pe-court", "body": fresh("pe-court")}
    court.has(SuspendMember, ROOTS, member="pe", until=court.log.now + DAY)
    court.has(RevokeMember, ROOTS, member="pe-2")
    court.refuses("R36", "the country's only member is suspended", ListProvisional, ROOTS, **again)
    court.refuses("R23", "claimed by a suspended member", PublishContact, "pe", **other)
    court.has(RevokeMember, ROOTS, member="ec")
    ec = {"country": "EC", "function": TRAFFICKING, "body": fresh("ec-court")}
    court.takes("R36", "the country's member was revoked", ListProvisional, ROOTS, contact="ec-court", **ec)
    court.refuses("R30", "what was a member's", ListProvisional, ROOTS, contact="ec-desk", **ec)


def _attested(book: Book) -> None:
    court = Court(book)
    desk = {"contact": "co-desk"}
    court.takes("R35", "by an administrator", AttestContact, "co-chief", **desk)
    court.takes("R35", "by two administrators", AttestContact, "co-chief co-deputy", **desk)
    court.refuses("R5", "attested by its coordinator and the roots", AttestContact, f"co-night {ROOTS}", **desk)
    court.refuses("R5", "attested by its coordinator and an administrator", AttestContact, "co-night co-chief", **desk)
    court.refuses("R21", "attested by another contact's coordinator", AttestContact, "ec-night", **desk)
    serving = {"officer": officer("co-late"), "member": "co", "body": fresh("co-late")}
    court.has(EnrolOfficer, "co-chief", roles=("investigator",), **serving)
    court.has(EnrolDevice, "co-chief", officer=officer("co-late"), **device_keys("co-late"))
    both = tuple(sorted((officer("co-late"), officer("co-night"))))
    court.has(PublishContact, "co-chief", **_contact("co-desk", officers=both))
    court.refuses("R21", "attested by an investigator who serves", AttestContact, "co-late", **desk)
    court.has(EnrolDevice, "co-chief", officer=officer("co-night"), **device_keys("co-night/2"))
    court.takes("R35", "by either device of its coordinator", AttestContact, "co-night/2", **desk)
    court.refuses("R21", "attested by two devices of its coordinator", AttestContact, "co-night co-night/2", **desk)
    court.has(RevokeDevice, "ec-chief", device=local("ec-chief"), reason="lost")
    court.refuses("R5", "attested by the roots, where nobody lives", AttestContact, ROOTS, contact="ec-desk")


def _erased(book: Book) -> None:
    court = Court(book).has(ListProvisional, ROOTS, body=fresh("pe-desk"), **LISTED)
    compiled, mine = {"body": fresh("pe-desk")}, {"body": committed("co-desk")}
    court.takes("R37", "of an officer, by an administrator", EraseBody, "co-chief", body=committed("co-night"))
    court.refuses("R21", "erased by another member's administrator", EraseBody, "ec-chief", **mine)
    court.refuses("R21", "erased by the roots", EraseBody, ROOTS, **mine)
    court.refuses("R6", "a member's own name, by its administrator", EraseBody, "co-chief", body=committed("co"))
    court.takes("R37", "of a provisional contact", EraseBody, ROOTS, **compiled)
    _join(court, "pe")
    court.has(PublishContact, "pe", **_contact("pe-desk", body=fresh("pe-desk 3")))
    court.takes("R37", "of the listing before it was claimed", EraseBody, ROOTS, **compiled)
    court.refuses("R6", "of the listing, by the member that claimed it", EraseBody, "pe", **compiled)
    court.has(PublishContact, "pe", **_contact("pe-desk", body=fresh("pe-desk")))
    court.takes("R37", "of a listing that the member made its own", EraseBody, "pe", **compiled)
    court.has(PublishContact, "co-chief", **_contact("co-desk", body=fresh("co-desk")))
    court.takes("R37", "of the contact as it was", EraseBody, "co-chief", **mine)
    court.has(EraseBody, "co-chief", **mine)
    court.refuses("R37", "erased twice", EraseBody, "co-chief", **mine)
    court.refuses("R24", "a commitment that was erased", PublishContact, "co-chief", **_contact("co-desk", **mine))
    court.has(RevokeMember, ROOTS, member="ec")
    court.takes("R37", "of a revoked member's contact", EraseBody, ROOTS, body=committed("ec-desk"))
    court.refuses("R6", "of a revoked member's, by its administrator", EraseBody, "ec-chief", body=committed("ec-desk"))
