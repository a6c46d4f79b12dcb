"""Vectors of logs with one more entry, which the judge refuses: at least one for each of his rules."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from vectors_case import Book
from vectors_log import founded, staffed
from vectors_world import (
    NEW_ROOTS,
    NEXT_ORIGIN,
    ORIGIN,
    START,
    Log,
    committed,
    device_keys,
    founding,
    local,
    officer,
    pair,
    public,
    reception_keys,
    relay_keys,
    signed,
    signed_text,
)

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.statement import (
    AdmitMember,
    AnyStatement,
    AttestContact,
    ChangeReception,
    ChangeRoles,
    Clocks,
    Continues,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    ListProvisional,
    NameRelay,
    Policy,
    PublishContact,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    SetCircle,
    SuspendMember,
)
from directory.view import View

ROOTS = ("root-1", "root-2")
TRAFFICKING = "trafficking-24-7"
HOUR = 3600


@dataclass
class Court:
    """A log before the judge."""

    book: Book
    log: Log = field(default_factory=staffed)

    def refuses(self, rule: str, description: str, kind: type[Any], who: str, **fields: Any) -> None:
        """A log whose next entry, signed by `who` (handles between spaces), breaks a rule."""
        self.entry(rule, description, signed(self.log.say(kind, **fields), *who.split()))

    def entry(self, rule: str, description: str, entry: bytes, word: str = "", after: tuple[bytes, ...] = ()) -> None:
        """The same for an entry at hand, and others after it; with `word` it fails before any rule of the judge."""
        longer = [*self.log.entries, entry, *after]
        state = Checkpoint(ORIGIN, len(longer), Tree(map(leaf_hash, longer)).root())
        network = self.log.view.founded.id if self.log.view.network is not None else founded_id(entry)
        inputs = {
            "entries": longer,
            "checkpoint": sign_checkpoint(state, pair("log"), self.log.now),
            "network": network,
            "now": self.log.now,
        }
        name = f"{rule}: {description}" if rule else description
        if word:
            self.book.bad(name, description, word, "staffed", **inputs)
        else:
            self.book.refused(name, description, rule, "staffed", **inputs)


def founded_id(entry: bytes) -> str:
    """The id of the network that an entry founds."""
    return sha256(entry.rpartition(b"\n\n")[0] + b"\n").hexdigest()


def add_refused(book: Book) -> None:
    """Enter the cases of every rule."""
    _everything(Court(book))
    _network(Court(book))
    _people(Court(book))
    _contacts(Court(book))
    _unreadable(Court(book))


def _everything(court: Court) -> None:
    log, retire, roots = court.log, {"contact": "co-desk"}, " ".join(ROOTS)
    court.entry("R1", "a second founding", signed(founding(at=log.now, seq=2), *ROOTS))
    court.refuses("R2", "signed for another network", RetireContact, "co-chief", network="0" * 64, **retire)
    court.refuses("R3", "a sequence that was used", RetireContact, "co-chief", seq=1, **retire)
    court.refuses("R4", "before the last one about the contact", RetireContact, "co-chief", at=START, **retire)
    court.refuses("R4", "301 seconds ahead", RetireContact, "co-chief", at=log.now + 301, **retire)
    court.refuses("R5", "a line of somebody without a say", RetireContact, "co-chief ec-chief", **retire)
    about = {"member": "mx", "country": "MX", "body": committed("mx")}
    court.refuses("R6", "one root, where two decide", AdmitMember, "root-1", **about)
    court.refuses("R14", "an id of another country", AdmitMember, roots, **(about | {"country": "PE"}))
    court.refuses("R15", "73 hours by the duty key", SuspendMember, "duty", member="ec", until=log.now + 73 * HOUR)
    court.refuses("R15", "it ends when it begins", SuspendMember, roots, member="ec", until=log.now)
    court.refuses("R16", "a member that is not suspended", ReinstateMember, roots, member="ec")
    court.refuses("R20", "a member that nobody admitted", SuspendMember, roots, member="xx", until=log.now + HOUR)
    court.log = staffed()
    court.log.add(SuspendMember, "duty", member="ec", until=log.now + HOUR)
    until = court.log.now + 2 * HOUR
    court.refuses("R7", "the duty key twice, the roots silent", SuspendMember, "duty", member="ec", until=until)
    court.refuses("R23", "by an administrator of a suspended member", RetireContact, "ec-chief", contact="ec-desk")


def _network(court: Court) -> None:
    roots, keys = " ".join(ROOTS), {"threshold": 2, "duty": public("duty-2")}
    new = {"roots": _sorted(*NEW_ROOTS)} | keys
    court.refuses(
        "R10", "a duty key that is a root key", RekeyRoots, f"{roots} root-4", **(new | {"duty": public("root-2")})
    )
    court.refuses(
        "R10", "a threshold above the number of keys", RekeyRoots, f"{roots} root-4", **(new | {"threshold": 4})
    )
    court.refuses(
        "R12", "one of the new roots alone", RekeyRoots, roots, **(keys | {"roots": _sorted("root-2", "root-4")})
    )
    policy = Policy(clocks=Clocks(flash=59))
    court.refuses("R18", "a clock of 59 seconds", RekeyRoots, f"{roots} root-4", policy=policy, **new)
    again = {"policy": Policy(), **(new | {"roots": _sorted("root-1", "root-2", "root-4")})}
    court.log = staffed()
    before = court.log.now
    court.log.now += HOUR
    court.log.add(RekeyRoots, *ROOTS, "root-4", **again)
    leaving = {"member": "ec", "until": before + 9 * HOUR, "at": before}
    court.refuses("R39", "by roots who stay, before the re-keying", SuspendMember, roots, **leaving)
    court.log = staffed()
    more = relay_keys("log-2", "receipt-2")
    court.refuses("R13", "a second relay that continues nothing", NameRelay, roots, origin=NEXT_ORIGIN, **more)
    strange = Continues(origin=NEXT_ORIGIN, size=3, root="0" * 64)
    court.refuses("R13", "a relay that continues another log", NameRelay, roots, origin="x", continues=strange, **more)
    ahead = Continues(origin=ORIGIN, size=len(court.log.entries) + 1, root="0" * 64)
    court.refuses(
        "R13", "a relay that continues what is not there yet", NameRelay, roots, origin="x", continues=ahead, **more
    )
    circle = {"circle": "new", "members": ("co", "xx"), "body": committed("andean")}
    court.refuses("R17", "a circle with a stranger", SetCircle, roots, **circle)
    empty = Court(court.book, Log(View(), [], START))
    about: dict[str, Any] = {"at": START, "seq": 0, "network": founded().view.founded.id, "origin": ORIGIN}
    relay = NameRelay(**(about | relay_keys()))
    alone = signed(founding(), "root-1")
    empty.entry("R11", "one root, where two found", alone, after=(signed(relay, *ROOTS),))


def _people(court: Court) -> None:
    late = {"officer": officer("co-late")}
    first = {"member": "co", "body": committed("co-late")} | late
    court.refuses("R21", "a first administrator where one lives", FirstAdministrator, " ".join(ROOTS), **first)
    court.refuses("R21", "a contact retired by its coordinator", RetireContact, "co-night", contact="co-desk")
    court.refuses(
        "R22", "an administrator made by one alone", EnrolOfficer, "co-chief", roles=("administrator",), **first
    )
    enrolling = {"roles": ("coordinator",)} | first
    court.refuses(
        "R24", "a commitment that is another's", EnrolOfficer, "co-chief", **(enrolling | {"body": committed("ec")})
    )
    twice = {"roles": ("coordinator", "coordinator")} | first
    court.refuses("R25", "a role twice", EnrolOfficer, "co-chief", **twice)
    court.refuses(
        "R26", "a device for an officer nobody enrolled", EnrolDevice, "co-chief", **late, **device_keys("co-late")
    )
    own = {"officer": officer("co-chief")} | device_keys("co-late")
    court.refuses("R27", "an administrator's device by that officer", EnrolDevice, "co-chief", **own)
    taken = {"officer": officer("co-chief"), "roles": ("coordinator",)}
    court.refuses("R27", "an administrator's own roles", ChangeRoles, "co-chief", **taken)
    known = {"officer": officer("co-night"), "seq": 1} | device_keys("co-night")
    court.refuses("R28", "the keys of a device that is enrolled", EnrolDevice, "co-chief", **known)
    court.refuses(
        "R29", "a device that nobody enrolled", RevokeDevice, "co-chief", device=local("co-late"), reason="lost"
    )
    night = {"device": local("co-night")}
    fresh = reception_keys("co-night/reception 2")
    court.refuses("R38", "reception keys by an administrator", ChangeReception, "co-chief", **night, **fresh)
    former = reception_keys("co-night/reception")
    court.refuses("R38", "reception keys that were named before", ChangeReception, "co-night", **night, **former)


def _contacts(court: Court) -> None:
    usual: dict[str, Any] = {"member": "co", "country": "CO", "function": TRAFFICKING, "body": committed("co-court")}

    def publishing(rule: str, description: str, contact: str = "co-court", **fields: Any) -> None:
        court.refuses(rule, description, PublishContact, "co-chief", contact=contact, **(usual | fields))

    publishing("R24", "the body of another contact", body=committed("ec-desk"))
    publishing("R25", "an officer twice", officers=(officer("co-night"), officer("co-night")))
    publishing("R30", "an id of another country", "ec-court")
    publishing("R31", "a contact of another country", "ec-court", country="EC")
    publishing("R32", "an officer of another member", officers=(officer("ec-night"),))
    publishing("R33", "an alternate that is not listed", escalation=("co-none",))
    publishing("R33", "itself as an alternate", escalation=("co-court",))
    publishing("R34", "a circle that does not exist", circles=("none",))
    court.refuses("R30", "a contact that is not listed", AttestContact, "co-chief", contact="co-court")
    roots = " ".join(ROOTS)
    listing = {"country": "EC", "function": TRAFFICKING, "body": committed("pe-desk")}
    court.refuses(
        "R36", "a provisional contact of a member's country", ListProvisional, roots, contact="ec-court", **listing
    )
    court.refuses("R37", "a body that is not in the log", EraseBody, "co-chief", body="0" * 64)
    court.log.add(ListProvisional, *ROOTS, contact="pe-desk", **(listing | {"country": "PE"}))
    court.refuses("R35", "a provisional contact attested", AttestContact, "co-chief", contact="pe-desk")


def _unreadable(court: Court) -> None:
    def saying(**fields: Any) -> AnyStatement:
        statement: AnyStatement = court.log.say(RetireContact, contact="co-desk", **fields)
        return statement

    good = signed(saying(), "co-chief")
    court.entry("", "a device that nobody enrolled", signed(saying(), "stranger"), "unknown signer")
    court.entry("", "a contact that was not signed for", good.replace(b'"co-desk"', b'"co-deks"'), "bad signature")
    text = (
        f'enlace/statement/v1\n{{"at":{court.log.now},"kind":"open-window","network":"{court.log.view.founded.id}"}}\n'
    )
    court.entry("", "a later kind by the roots", signed_text(text, ROOTS), "unknown kind")
    court.entry("R8", "a later kind by a coordinator, so a forgery", signed_text(text, ("co-night",)))


def _sorted(*handles: str) -> tuple[str, ...]:
    return tuple(sorted(map(public, handles)))
