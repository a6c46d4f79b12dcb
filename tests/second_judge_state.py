"""What the second judge remembers of a log, and the words of judge.md's table: active, live, administrator, listed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ADMINISTRATOR = "administrator"
COORDINATOR = "coordinator"
SECOND = ("make-administrator", "revoke-last-device")


@dataclass
class Suspension:
    """A suspension that no later statement of the roots about the member ended."""

    until: int
    by_duty: bool


@dataclass
class Member:
    """An admitted member."""

    country: str
    revoked: bool = False
    suspensions: list[Suspension] = field(default_factory=list)

    def suspended(self, now: int) -> bool:
        """Whether any suspension holds: it is over at the second of its `until`."""
        return any(now < suspension.until for suspension in self.suspensions)


@dataclass
class Officer:
    """An enrolled officer."""

    member: str
    roles: list[str]
    revoked: bool = False


@dataclass
class Device:
    """An enrolled device, and how often its reception keys were changed."""

    officer: str
    revoked: bool = False
    receptions: int = 0


@dataclass
class Contact:
    """A contact as last published or listed; `member` is empty while it is provisional."""

    member: str
    country: str
    officers: list[str]
    body: str
    listed: bool = True

    @property
    def provisional(self) -> bool:
        """Whether it was last listed by the roots, not published."""
        return not self.member


@dataclass
class State:
    """What holds after the statements so far."""

    network: str = ""
    name: str = ""
    founded: bool = False
    roots: list[str] = field(default_factory=list)
    threshold: int = 0
    duty: str = ""
    second: tuple[str, ...] = SECOND
    rooted_at: int = 0
    origin: str | None = None
    size: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    times: dict[str, int] = field(default_factory=dict)
    uses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    officers: dict[str, Officer] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    circles: dict[str, list[str]] = field(default_factory=dict)
    bodies: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By commitment: the subject of the last statement that brought it, and the member it names."""
    erased: set[str] = field(default_factory=set)

    def known(self, member: str) -> bool:
        """Admitted and not revoked."""
        found = self.members.get(member)
        return found is not None and not found.revoked

    def active(self, member: str, now: int) -> bool:
        """Known, and not suspended now."""
        return self.known(member) and not self.members[member].suspended(now)

    def live(self, ident: str, now: int) -> bool:
        """Enrolled and not revoked; its officer not revoked; its member active."""
        device = self.devices.get(ident)
        if device is None or device.revoked:
            return False
        officer = self.officers[device.officer]
        return not officer.revoked and self.active(officer.member, now)

    def live_devices(self, officer: str, now: int) -> Iterator[str]:
        """An officer's live devices, in the order of enrolment."""
        return (ident for ident, device in self.devices.items() if device.officer == officer and self.live(ident, now))

    def living_administrators(self, member: str, now: int) -> set[str]:
        """A member's administrators with a live device."""
        holders = (self.officers[device.officer] for ident, device in self.devices.items() if self.live(ident, now))
        wanted = [officer for officer in holders if officer.member == member and ADMINISTRATOR in officer.roles]
        return {ident for ident, officer in self.officers.items() if any(officer is each for each in wanted)}

    def view(self, now: int) -> dict[str, Any]:
        """`out.view` (log.md, *The view*)."""
        return {
            "network": {"name": self.name, "roots": sorted(self.roots), "threshold": self.threshold},
            "origin": self.origin,
            "members": {
                ident: {"country": member.country, "live": self.active(ident, now)}
                for ident, member in self.members.items()
            },
            "officers": {
                ident: {"member": officer.member, "roles": officer.roles, "revoked": officer.revoked}
                for ident, officer in self.officers.items()
            },
            "devices": {
                ident: {"officer": device.officer, "live": self.live(ident, now)}
                for ident, device in self.devices.items()
            },
            "contacts": {ident: self._contact(contact, now) for ident, contact in self.contacts.items()},
            "circles": self.circles,
            "erased": sorted(self.erased),
        }

    def _contact(self, contact: Contact, now: int) -> dict[str, Any]:
        reachable: list[str] = []
        for ident in contact.officers if contact.listed else []:
            if COORDINATOR in self.officers[ident].roles:
                reachable += self.live_devices(ident, now)
        return {
            "member": contact.member,
            "listed": contact.listed,
            "officers": contact.officers,
            "body": contact.body,
            "devices": reachable,
        }
