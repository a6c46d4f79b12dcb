"""What must be true of everything the judge takes, kept in plain sets and dictionaries: the judge's witness.

A `Ledger` is told of each statement that was taken (`record`). Before, it is asked for objections (`objections`);
afterwards, whether it sees the same network as the view (`disagreements`). It knows nothing of log positions, of
persistent maps, or of the order in which the judge asks its questions:

 1. counts of statements about each subject are exact, time about a subject never runs backwards
 2. only who is alive signs: device, officer and member not revoked, member not suspended; revoked is for ever
 3. the roots decide by threshold, change only with both, and then begin anew; the duty key suspends once, for 72 hours
 4. a member's people decide about their own member only; two persons where policy says so, roots for the missing one;
    nobody about themselves
 5. a contact is served by its own member's officers; an id, a key and a commitment belong to one thing for ever
 6. what a statement names is there, in its own country, in order, and not more than a few
"""

from collections import defaultdict
from collections.abc import Iterator

from crypto.encoding import b64, unb64
from directory.judge_network import duty_id, root_id
from directory.statement import (
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
    SuspendMember,
    WithdrawProvisional,
)
from directory.view import View

HOURS_72 = 72 * 3600
BY_ROOTS = (
    AdmitMember, FirstAdministrator, ListProvisional, NameRelay, ReinstateMember, RevokeMember, SetCircle,
    WithdrawProvisional,
)  # fmt: skip
BOUNDS = (("roots", 1, 16), ("roles", 1, 3), ("officers", 0, 64), ("circles", 0, 8), ("members", 0, 250))
Signers = frozenset[str]


def roots_of(statement: FoundNetwork | RekeyRoots) -> Signers:
    return frozenset(root_id(unb64(each)) for each in statement.roots)


class Ledger:
    """Who and what there is, by what was taken so far."""

    def __init__(self) -> None:
        self.network = ""
        self.roots: Signers = frozenset()
        self.threshold = 0
        self.since = 0  # the time that the last founding or re-keying claims
        self.duty = ""
        self.seconds: tuple[str, ...] = ()
        self.origin = ""
        self.counts: dict[str, int] = defaultdict(int)
        self.last: dict[str, int] = defaultdict(int)
        self.country: dict[str, str] = {}
        self.home: dict[str, str] = {}  # officer: member
        self.roles: dict[str, frozenset[str]] = {}
        self.owner: dict[str, str] = {}  # device: officer
        self.receiving: dict[str, list[tuple[str, str]]] = defaultdict(list)  # device: reception keys, newest last
        self.gone: set[str] = set()  # revoked devices, officers and members; their ids do not resemble each other
        self.bars: dict[str, list[tuple[int, bool]]] = defaultdict(list)  # member: until, by the duty key
        self.contacts: dict[str, str] = {}  # contact: member, "" while provisional
        self.listed: set[str] = set()
        self.serving: dict[str, tuple[str, ...]] = {}
        self.bodies: dict[str, tuple[str, str]] = {}  # commitment: subject, member
        self.erased: set[str] = set()
        self.keys: dict[str, str] = {}  # public key: its one use

    def barred(self, member: str, now: int) -> bool:
        return any(now < until for until, _ in self.bars[member])

    def alive(self, device: str, now: int) -> bool:
        officer = self.owner.get(device, "")
        member = self.home.get(officer, "")
        return bool(member) and not {device, officer, member} & self.gone and not self.barred(member, now)

    def devices(self, officer: str, now: int) -> list[str]:
        return [each for each, owner in self.owner.items() if owner == officer and self.alive(each, now)]

    def chiefs(self, member: str, now: int) -> set[str]:
        """The administrators of a member who can sign."""
        return {
            officer
            for officer, home in self.home.items()
            if home == member and "administrator" in self.roles[officer] and self.devices(officer, now)
        }

    def servants(self, contact: str, now: int) -> set[str]:
        """The devices that a message to a contact is sealed to."""
        officers = self.serving.get(contact, ()) if contact in self.listed else ()
        coordinators = [each for each in officers if "coordinator" in self.roles[each]]
        return {device for officer in coordinators for device in self.devices(officer, now)}

    def member_of(self, statement: AnyStatement) -> str:
        """The member whose affair a statement is; "" where it is the network's."""
        match statement:
            case EnrolOfficer() | PublishContact():
                return statement.member
            case ChangeRoles() | RevokeOfficer() | EnrolDevice():
                return self.home.get(statement.officer, "")
            case RevokeDevice() | ChangeReception():
                return self.home.get(self.owner.get(statement.device, ""), "")
            case AttestContact() | RetireContact():
                return self.contacts.get(statement.contact, "")
            case EraseBody():
                subject, member = self.bodies.get(statement.body, ("", ""))
                return "" if subject.startswith("member/") or member in self.gone else member
        return ""

    def about(self, statement: AnyStatement) -> str:
        """The officer who has no say in this."""
        if isinstance(statement, ChangeRoles | RevokeOfficer | EnrolDevice):
            return statement.officer
        return self.owner.get(statement.device, "") if isinstance(statement, RevokeDevice) else ""

    def takes_two(self, statement: AnyStatement, now: int) -> bool:
        """Whether one administrator is not enough."""
        making, silencing = "make-administrator" in self.seconds, "revoke-last-device" in self.seconds
        match statement:
            case EnrolOfficer():
                return making and "administrator" in statement.roles
            case EnrolDevice():
                return making and "administrator" in self.roles[statement.officer]
            case ChangeRoles():
                had, has = "administrator" in self.roles[statement.officer], "administrator" in statement.roles
                return (making and has and not had) or (
                    silencing and had and not has and bool(self.devices(statement.officer, now))
                )
            case RevokeOfficer():
                administrator = "administrator" in self.roles[statement.officer]
                return silencing and administrator and bool(self.devices(statement.officer, now))
            case RevokeDevice():
                owner = self.owner[statement.device]
                return (
                    silencing
                    and "administrator" in self.roles[owner]
                    and self.devices(owner, now) == [statement.device]
                )
        return False

    def objections(self, statement: AnyStatement, signers: Signers, now: int) -> Iterator[str]:
        """Every reason why this should not have been taken."""
        if not isinstance(statement, FoundNetwork) and statement.network != self.network:
            yield "another network"
        if statement.seq != self.counts[statement.subject]:
            yield "sequence"
        if not self.last[statement.subject] <= statement.at <= now + 300:
            yield "time"
        if signers & self.roots and statement.at < self.since:
            yield "roots signed before they were named"
        for each in signers:
            if each in self.owner and not self.alive(each, now):
                yield "the dead sign"
        yield from self._standing(statement, signers, now)
        yield from self._identity(statement)
        yield from self._form(statement, now)

    def _standing(self, statement: AnyStatement, signers: Signers, now: int) -> Iterator[str]:
        rooted = len(signers & self.roots) >= self.threshold
        if isinstance(statement, FoundNetwork | RekeyRoots):
            new = roots_of(statement)
            if len(signers & new) < statement.threshold or not (self.network == "" or rooted):
                yield "thresholds of old and new roots"
            if signers - new - self.roots:
                yield "strangers among the roots"
        elif isinstance(statement, SuspendMember) and self.duty in signers:
            if signers != {self.duty} or statement.until > min(now, statement.at) + HOURS_72:
                yield "the duty key suspends alone, for 72 hours"
            if any(by_duty for _, by_duty in self.bars[statement.member]):
                yield "the duty key suspends once"
        elif isinstance(statement, RetireContact) and not self.member_of(statement):
            homes = {self.home[self.owner[each]] for each in signers if each in self.owner}
            if len(homes) != 1 or {self.country[each] for each in homes} != {statement.contact[:2].upper()}:
                yield "a provisional contact is retired by a member of its country"
            else:
                yield from self._people(statement, homes.pop(), signers, now)
        elif isinstance(statement, (*BY_ROOTS, SuspendMember)) or not self.member_of(statement):
            if not rooted or signers - self.roots:
                yield "the roots decide"
        else:
            yield from self._people(statement, self.member_of(statement), signers, now)

    def _people(self, statement: AnyStatement, member: str, signers: Signers, now: int) -> Iterator[str]:
        about, rooted = self.about(statement), len(signers & self.roots) >= self.threshold
        persons = {self.owner[each] for each in signers if each in self.owner}
        if any(self.home[each] != member for each in persons):
            yield "another member's people"
        if signers - self.roots - set(self.owner):
            yield "strangers"
        if member in self.gone or self.barred(member, now):
            yield "a member that is out"
        if isinstance(statement, RevokeDevice) and persons == {about}:
            return
        if isinstance(statement, ChangeReception):
            if signers != {statement.device}:
                yield "a device alone changes its reception keys"
            return
        alone = isinstance(statement, AttestContact) and len(signers) == 1
        if alone and signers <= self.servants(getattr(statement, "contact", ""), now):
            return
        chiefs = self.chiefs(member, now) - {about}
        need = 2 if self.takes_two(statement, now) else 1
        enough = len(chiefs & persons) >= need
        if not enough and not (len(chiefs) < need and chiefs <= persons and rooted):
            yield "too few administrators"
        if enough and signers & self.roots:
            yield "roots where administrators suffice"

    def _identity(self, statement: AnyStatement) -> Iterator[str]:
        """Ids, keys and commitments of one thing only, and nothing of what is gone."""
        match statement:
            case AdmitMember() if statement.member in self.country:
                yield "a member id twice"
            case EnrolOfficer() | FirstAdministrator() if statement.officer in self.home:
                yield "an officer id twice"
            case ChangeRoles() | RevokeOfficer() | EnrolDevice() if statement.officer in self.gone:
                yield "a revoked officer"
            case RevokeDevice() | ChangeReception() if statement.device in self.gone:
                yield "a revoked device"
            case SuspendMember() | ReinstateMember() | RevokeMember() if statement.member in self.gone:
                yield "a revoked member"
            case PublishContact():
                if self.contacts.get(statement.contact, "") not in {"", statement.member}:
                    yield "another member's contact"
                if any(self.home.get(each) != statement.member or each in self.gone for each in statement.officers):
                    yield "foreign or revoked officers serve"
            case AttestContact() | RetireContact() | WithdrawProvisional() if statement.contact not in self.listed:
                yield "a contact that is not listed"
        for key, use in uses_of(statement):
            if self.keys.get(key, use) != use or (
                key in self.keys and isinstance(statement, EnrolDevice | ChangeReception)
            ):
                yield "a key twice"
        if body := brings(statement):
            owner, _ = self.bodies.get(body, (statement.subject, ""))
            if body in self.erased or owner != statement.subject:
                yield "a commitment twice"

    def _form(self, statement: AnyStatement, now: int) -> Iterator[str]:
        """Places, lists and bounds."""
        for name, least, most in BOUNDS:
            items = list(getattr(statement, name, "-" * least))
            if items != sorted(set(items)) or not least <= len(items) <= most:
                yield f"{name} in disorder"
        where = getattr(statement, "contact", "") or getattr(statement, "member", "")
        if getattr(statement, "country", where[:2].upper()) != where[:2].upper():
            yield "another country's id"
        match statement:
            case FoundNetwork() | RekeyRoots() if not 1 <= statement.threshold <= len(statement.roots):
                yield "a threshold out of reach"
            case NameRelay():
                continues = getattr(statement.continues, "origin", "")
                if continues != self.origin or getattr(statement.continues, "size", 0) > sum(self.counts.values()):
                    yield "a relay that continues another log"
            case SuspendMember() if statement.until <= statement.at:
                yield "a suspension that was over before"
            case ReinstateMember() if not self.bars[statement.member]:
                yield "nothing to reinstate"
            case FirstAdministrator() if self.chiefs(statement.member, now) or self.barred(statement.member, now):
                yield "not the first administrator"
            case EnrolDevice() if len(self.devices(statement.officer, now)) >= 8:
                yield "a ninth device"
            case SetCircle() if set(statement.members) - set(self.country):
                yield "a circle with strangers"
            case ListProvisional() if self.contacts.get(statement.contact) or statement.country in {
                self.country[each] for each in set(self.country) - self.gone
            }:
                yield "a provisional contact where an authority speaks"
            case AttestContact() | WithdrawProvisional():
                if bool(self.contacts[statement.contact]) != isinstance(statement, AttestContact):
                    yield "attested unconfirmed, or withdrawn though confirmed"
            case PublishContact():
                own = {each for each in self.listed if self.contacts[each] == statement.member}
                if len((own - {statement.contact}).intersection(statement.escalation)) != len(statement.escalation):
                    yield "alternates that are not the member's own"
                circles = [f"circle/{each}" for each in statement.circles]
                if len(statement.escalation) > 8 or any(not self.counts[each] for each in circles):
                    yield "too many alternates, or a circle there is not"
                if self.country[statement.member] != statement.country:
                    yield "a contact abroad"
            case EraseBody() if statement.body in self.erased or statement.body not in self.bodies:
                yield "nothing to erase"

    def disagreements(self, view: View, now: int) -> Iterator[str]:
        """Where the view shows another network than the one that was signed for."""
        if (frozenset((n := view.founded).roots), n.threshold, n.since) != (self.roots, self.threshold, self.since):
            yield "roots"
        if {subject: (each.count, each.last_at) for subject, each in view.subjects.items()} != {
            subject: (count, self.last[subject]) for subject, count in self.counts.items() if count
        }:
            yield "counts"
        if {each for each in view.devices if view.device_live(each, view.size, now)} != {
            each for each in self.owner if self.alive(each, now)
        }:
            yield "live devices"
        for device, record in view.devices.items():
            shown = [(b64(each.keys.ed25519), b64(each.keys.mldsa44)) for each in record.receptions]
            in_force = [each.replaced >= view.size for each in record.receptions]
            if shown != self.receiving[device] or in_force != [False] * (len(shown) - 1) + [True]:
                yield "reception keys"
        if any(view.administrators(each, now) != self.chiefs(each, now) for each in self.country):
            yield "administrators"
        if any(set(view.contact_devices(each, now)) != self.servants(each, now) for each in self.contacts):
            yield "who serves"
        if {each for each, contact in view.contacts.items() if contact.listed} != self.listed:
            yield "listed contacts"
        if {each for each, body in view.bodies.items() if body.erased < view.size} != self.erased:
            yield "erased bodies"


def uses_of(statement: AnyStatement) -> list[tuple[str, str]]:
    """The public keys a statement brings, each with its use."""
    match statement:
        case FoundNetwork() | RekeyRoots():
            return [*((each, "root") for each in statement.roots), (statement.duty, "duty")]
        case NameRelay():
            log = [(each, "log") for each in (statement.log_ed25519, statement.log_mldsa44)]
            return log + [(each, "receipt") for each in (statement.receipt_ed25519, statement.receipt_mldsa44)]
        case EnrolDevice():
            receiving = (statement.reception_ed25519, statement.reception_mldsa44)
            own = [(each, statement.device) for each in (statement.ed25519, statement.mldsa44)]
            return own + [(each, f"{statement.device} reception") for each in receiving]
        case ChangeReception():
            receiving = (statement.reception_ed25519, statement.reception_mldsa44)
            return [(each, f"{statement.device} reception") for each in receiving]
    return []


def brings(statement: AnyStatement) -> str:
    """The commitment a statement makes, if any."""
    return "" if isinstance(statement, EraseBody) else getattr(statement, "body", "")


def record(ledger: Ledger, statement: AnyStatement, signers: Signers) -> None:
    """Enter a statement that was taken."""
    ledger.counts[statement.subject] += 1
    ledger.last[statement.subject] = statement.at
    ledger.keys |= dict(uses_of(statement))
    if body := brings(statement):
        ledger.bodies[body] = (statement.subject, getattr(statement, "member", ""))
    match statement:
        case FoundNetwork() | RekeyRoots():
            ledger.roots, ledger.threshold, ledger.since = roots_of(statement), statement.threshold, statement.at
            ledger.duty, ledger.seconds = duty_id(unb64(statement.duty)), statement.policy.second
        case NameRelay():
            ledger.origin = statement.origin
        case AdmitMember():
            ledger.country[statement.member] = statement.country
        case SuspendMember():
            if ledger.duty not in signers:
                ledger.bars[statement.member].clear()
            ledger.bars[statement.member].append((statement.until, ledger.duty in signers))
        case ReinstateMember():
            ledger.bars[statement.member].clear()
        case RevokeMember():
            ledger.gone.add(statement.member)
            ledger.listed -= {each for each, member in ledger.contacts.items() if member == statement.member}
        case FirstAdministrator():
            ledger.home[statement.officer] = statement.member
            ledger.roles[statement.officer] = frozenset({"administrator"})
        case EnrolOfficer():
            ledger.home[statement.officer] = statement.member
            ledger.roles[statement.officer] = frozenset(statement.roles)
        case ChangeRoles():
            ledger.roles[statement.officer] = frozenset(statement.roles)
        case RevokeOfficer():
            ledger.gone.add(statement.officer)
        case EnrolDevice():
            ledger.owner[statement.device] = statement.officer
            ledger.receiving[statement.device].append((statement.reception_ed25519, statement.reception_mldsa44))
        case ChangeReception():
            ledger.receiving[statement.device].append((statement.reception_ed25519, statement.reception_mldsa44))
        case RevokeDevice():
            ledger.gone.add(statement.device)
        case PublishContact() | ListProvisional():
            ledger.contacts[statement.contact] = getattr(statement, "member", "")
            ledger.serving[statement.contact] = getattr(statement, "officers", ())
            ledger.listed.add(statement.contact)
        case RetireContact() | WithdrawProvisional():
            ledger.listed.discard(statement.contact)
        case EraseBody():
            ledger.erased.add(statement.body)
