"""The fields of a statement in plain words: what it wants to hold, and what holds today under the same names.

`words_of` knows every kind of statement; a kind without words of its own is shown field by field. Values are one text
or a tuple of texts (a list, item by item). Pure; see `desk.proposals.proposal`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from crypto.encoding import unb64
from crypto.fingerprint import fingerprint
from crypto.signing import PublicPair
from desk.proposals.details import NOT_HELD, details, label_of, names_of
from directory.countries import country_name
from directory.fields import FOREVER
from directory.functions import function_label
from directory.judge_network import duty_id, root_id
from directory.judge_rules import pair
from directory.statement import (
    AdmitMember,
    AnyStatement,
    AttestContact,
    ChangeReception,
    ChangeRoles,
    Continues,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    FoundNetwork,
    ListProvisional,
    NameRelay,
    Policy,
    PublishContact,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
    WithdrawProvisional,
)
from directory.view import NEVER, Contact, View

Words = str | tuple[str, ...]
Table = dict[str, Words]
Both = tuple[Table, Table]
UNKNOWN = "NOT in this desk's directory"


@dataclass(frozen=True, slots=True)
class Known:
    """What this desk knows: the verified view, bodies by commitment (its own, and those that came along), the time."""

    view: View
    bodies: Mapping[str, bytes]
    now: int

    def member(self, member: str) -> str:
        record = self.view.members.get(member)
        return f"{member} ({names_of(self.bodies.get(record.body))})" if record else f"{member}: {UNKNOWN}"

    def officer(self, officer: str) -> str:
        record = self.view.officers.get(officer)
        if record is None:
            return f"{officer}: {UNKNOWN}"
        gone = ", REVOKED" if record.revoked != NEVER else ""
        label = label_of(self.bodies.get(record.body))
        return f"{officer} ({label}), {'/'.join(_roles(record))} of {record.member}{gone}"

    def device(self, device: str) -> str:
        record = self.view.devices.get(device)
        if record is None:
            return f"{device}: {UNKNOWN}"
        live = "live" if self.view.device_live(device, self.view.size, self.now) else "not live"
        return f"{fingerprint(device)} ({live}; id {device})"

    def contact(self, contact: str) -> str:
        record = self.view.contacts.get(contact)
        if record is None:
            return f"{contact}: {UNKNOWN}"
        gone = ", no longer listed" if not record.listed else ""
        return f"{contact} ({names_of(self.bodies.get(record.body))}{gone})"

    def network(self, network: str) -> str:
        if self.view.network is None:
            return "a new one"
        if network != self.view.network.id:
            return f"ANOTHER network than this desk's: {network}"
        return f"{self.view.network.name}, {fingerprint(network)}"

    @staticmethod
    def stamp(seconds: int) -> str:
        """A time for people: UTC, to the second."""
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds)) if seconds < 2**37 else f"second {seconds}"


def words_of(known: Known, statement: AnyStatement) -> Both:
    """The fields of a statement in words, and today's in the same words, as far as there are any."""
    return _WORDS[type(statement)](known, statement)


def _roots(known: Known, statement: FoundNetwork | RekeyRoots) -> Both:
    """Root keys, threshold, duty key, policy: by the statement, and today."""
    keys = [unb64(each, 32) for each in statement.roots]
    wanted = _network_words(keys, statement.threshold, unb64(statement.duty, 32), statement.policy)
    old = known.view.network
    if isinstance(statement, FoundNetwork):
        wanted["name"] = statement.name
    today = _network_words(list(old.roots.values()), old.threshold, old.duty, old.policy) if old is not None else {}
    return wanted, today


def _network_words(roots: list[bytes], threshold: int, duty: bytes, policy: Policy) -> Table:
    clocks, days = policy.clocks, policy.freshness
    return {
        "root keys": tuple(sorted(fingerprint(root_id(each)) for each in roots)),
        "threshold": f"{threshold} of {len(roots)} root keys sign together",
        "duty key": fingerprint(duty_id(duty)),
        "two administrators": tuple(_MATTERS[each] for each in policy.second) or "are needed for nothing",
        **{
            f"clock of {each}": f"{getattr(clocks, each)} seconds, {_minutes(getattr(clocks, each))}"
            for each in clocks.__struct_fields__
        },
        "entry is due": f"{days.due} days after it was confirmed",
        "entry is stale": f"{days.stale} days after it was confirmed",
        "entry is doubtful": f"{days.doubtful} days after it was confirmed",
    }


def _relay(known: Known, statement: NameRelay) -> Both:
    log = pair(statement.log_ed25519, statement.log_mldsa44)
    receipt = pair(statement.receipt_ed25519, statement.receipt_mldsa44)
    wanted, old = _relay_words(statement.origin, log, receipt), known.view.relay
    continued = statement.continues
    wanted["continues"] = (
        f"{continued.origin}, from {continued.size} statements, root {continued.root}"
        if isinstance(continued, Continues)
        else "no earlier log"
    )
    return wanted, _relay_words(old.origin, old.log, old.receipt) if old is not None else {}


def _relay_words(origin: str, log: PublicPair, receipt: PublicPair) -> Table:
    return {"log": origin, "log keys": fingerprint(log.id), "receipt keys": fingerprint(receipt.id)}


def _admission(known: Known, statement: AdmitMember) -> Both:
    country = f"{statement.country} ({country_name(statement.country, 'en')})"
    return {"member": statement.member, "country": country} | details("member", known.bodies.get(statement.body)), {}


def _suspension(known: Known, statement: SuspendMember) -> Both:
    until = "until it is reinstated" if statement.until >= FOREVER else f"until {known.stamp(statement.until)}"
    return {"member": known.member(statement.member), "suspended": until}, _standing(known, statement.member)


def _reinstatement(known: Known, statement: ReinstateMember) -> Both:
    wanted: Table = {"member": known.member(statement.member), "suspended": "no longer"}
    return wanted, _standing(known, statement.member)


def _standing(known: Known, member: str) -> Table:
    record = known.view.members.get(member)
    if record is None:
        return {}
    until = [each.until for each in record.suspensions if each.holds(known.view.size, known.now)]
    return {"suspended": f"until {known.stamp(max(until))}" if until and max(until) < FOREVER else _ended(bool(until))}


def _ended(suspended: bool) -> str:
    return "until it is reinstated" if suspended else "no"


def _expulsion(known: Known, statement: RevokeMember) -> Both:
    view, member = known.view, statement.member
    officers = [each for each, record in sorted(view.officers.items()) if record.member == member]
    contacts = [each for each, record in sorted(view.contacts.items()) if record.member == member and record.listed]
    return {
        "member": known.member(member),
        "ends for good": "the member, its officers, their devices and its contacts",
        "its officers": tuple(map(known.officer, officers)) or "none",
        "its contacts": tuple(map(known.contact, contacts)) or "none",
    }, {}


def _new_officer(known: Known, statement: FirstAdministrator | EnrolOfficer) -> Both:
    roles = statement.roles if isinstance(statement, EnrolOfficer) else ("administrator",)
    wanted: Table = {"officer": statement.officer, "member": known.member(statement.member), "roles": tuple(roles)}
    return wanted | details("officer", known.bodies.get(statement.body)), {}


def _other_roles(known: Known, statement: ChangeRoles) -> Both:
    record = known.view.officers.get(statement.officer)
    wanted: Table = {"officer": known.officer(statement.officer), "roles": tuple(statement.roles)}
    return wanted, {"roles": _roles(record)} if record is not None else {}


def _officer_ends(known: Known, statement: RevokeOfficer) -> Both:
    record = known.view.officers.get(statement.officer)
    devices = tuple(map(known.device, record.devices)) if record is not None else ()
    served = tuple(
        known.contact(each)
        for each, contact in sorted(known.view.contacts.items())
        if contact.listed and statement.officer in contact.officers
    )
    return {
        "officer": known.officer(statement.officer),
        "reason": statement.reason,
        "devices that end": devices or "none",
        "contacts served": served or "none",
    }, {}


def _new_device(known: Known, statement: EnrolDevice) -> Both:
    reception = pair(statement.reception_ed25519, statement.reception_mldsa44)
    record = known.view.officers.get(statement.officer)
    others = tuple(map(known.device, record.devices)) if record is not None else ()
    return {
        "fingerprint": fingerprint(statement.device),
        "device id": statement.device,
        "reception keys": fingerprint(reception.id),
        "officer": known.officer(statement.officer),
        "roles": _roles(record) if record is not None else UNKNOWN,
        "member": known.member(record.member) if record is not None else UNKNOWN,
        "other devices": others or "none",
    }, {}


def _device_ends(known: Known, statement: RevokeDevice) -> Both:
    record = known.view.devices.get(statement.device)
    wanted: Table = {"device": known.device(statement.device), "reason": statement.reason}
    return wanted | {"officer": known.officer(record.officer) if record is not None else UNKNOWN}, {}


def _other_reception(known: Known, statement: ChangeReception) -> Both:
    reception = pair(statement.reception_ed25519, statement.reception_mldsa44)
    record = known.view.devices.get(statement.device)
    wanted: Table = {"device": known.device(statement.device), "reception keys": fingerprint(reception.id)}
    wanted |= {"officer": known.officer(record.officer) if record is not None else UNKNOWN}
    return wanted, {"reception keys": fingerprint(record.reception.id)} if record is not None else {}


def _publication(known: Known, statement: PublishContact | ListProvisional) -> Both:
    member = statement.member if isinstance(statement, PublishContact) else ""
    wanted: Table = {
        "contact": statement.contact,
        "member": known.member(member) if member else "none: compiled, not confirmed",
        "country": f"{statement.country} ({country_name(statement.country, 'en')})",
        "function": f"{statement.function} ({function_label(statement.function, 'en')})",
    }
    if isinstance(statement, PublishContact):
        wanted |= {
            "served by": tuple(map(known.officer, statement.officers)) or "nobody",
            "next in line": tuple(map(known.contact, statement.escalation)) or "nobody",
            "circles": tuple(statement.circles) or "none: open to every member",
        }
    old = known.view.contacts.get(statement.contact)
    today = _as_listed(known, old) if old is not None and old.listed else {}
    return wanted | details("contact", known.bodies.get(statement.body)), today


def _as_listed(known: Known, record: Contact) -> Table:
    """A contact as it stands."""
    served = () if record.provisional else record.officers
    words: Table = {
        "contact": record.id,
        "member": "none: compiled, not confirmed" if record.provisional else known.member(record.member),
        "country": f"{record.country} ({country_name(record.country, 'en')})",
        "function": f"{record.function} ({function_label(record.function, 'en')})",
    }
    if not record.provisional:
        words |= {
            "served by": tuple(map(known.officer, served)) or "nobody",
            "next in line": tuple(map(known.contact, record.escalation)) or "nobody",
            "circles": tuple(record.circles) or "none: open to every member",
        }
    return words | details("contact", known.bodies.get(record.body), NOT_HELD)


def _about_contact(known: Known, statement: AttestContact | RetireContact | WithdrawProvisional) -> Both:
    record = known.view.contacts.get(statement.contact)
    means = "right as it stands" if isinstance(statement, AttestContact) else "listed no more"
    stands: Table = _as_listed(known, record) if record is not None else {"contact": f"{statement.contact}: {UNKNOWN}"}
    return {"from now on": means} | stands, {}


def _circle(known: Known, statement: SetCircle) -> Both:
    wanted: Table = {"circle": statement.circle, "members": tuple(map(known.member, statement.members)) or "nobody"}
    old = known.view.circles.get(statement.circle)
    today: Table = {}
    if old is not None:
        today = {"members": tuple(map(known.member, old.members)) or "nobody"}
        today |= details("circle", known.bodies.get(old.body), NOT_HELD)
    return wanted | details("circle", known.bodies.get(statement.body)), today


def _erasure(known: Known, statement: EraseBody) -> Both:
    record, raw = known.view.bodies.get(statement.body), known.bodies.get(statement.body)
    return {
        "details erased": statement.body,
        "they are of": f"{record.subject}, member {record.member or 'none'}" if record is not None else UNKNOWN,
        "they say": raw.decode("utf-8", "replace") if raw is not None else "not known here",
    }, {}


def _roles(record: Any) -> tuple[str, ...]:
    return tuple(record.roles[-1][1])


def _minutes(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    told = {"h": hours, "min": rest // 60, "s": rest % 60}
    return " ".join(f"{number} {unit}" for unit, number in told.items() if number) or "nothing"


_MATTERS = {
    "make-administrator": "to make an administrator, or enrol a device for one",
    "revoke-last-device": "to revoke another administrator's last device",
}

_WORDS: Mapping[type[msgspec.Struct], Callable[[Known, Any], Both]] = MappingProxyType(
    {
        FoundNetwork: _roots,
        RekeyRoots: _roots,
        NameRelay: _relay,
        AdmitMember: _admission,
        SuspendMember: _suspension,
        ReinstateMember: _reinstatement,
        RevokeMember: _expulsion,
        SetCircle: _circle,
        FirstAdministrator: _new_officer,
        EnrolOfficer: _new_officer,
        ChangeRoles: _other_roles,
        RevokeOfficer: _officer_ends,
        EnrolDevice: _new_device,
        RevokeDevice: _device_ends,
        ChangeReception: _other_reception,
        PublishContact: _publication,
        AttestContact: _about_contact,
        RetireContact: _about_contact,
        ListProvisional: _publication,
        WithdrawProvisional: _about_contact,
        EraseBody: _erasure,
    }
)
