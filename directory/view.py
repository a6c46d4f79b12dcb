"""What the directory knows after a number of statements: immutable records in persistent maps.

1. A view is never changed; `dataclasses.replace` and `Map.set` make the next one, sharing all that stayed the same.
2. Records keep the log positions at which things began and ended, so that a question about an earlier tree size
   (was this device live when the receipt was signed?) is answered from the newest view.
3. "At size n" means: after the statements at positions 0 … n-1. A statement at position i is part of size n iff i < n.
"""

from dataclasses import dataclass, field

from immutables import Map

from crypto.note import Ed25519Verifier
from crypto.signing import PublicPair
from directory.statement import Policy, Role

NEVER = 2**62  # a log position that is never reached


@dataclass(frozen=True, slots=True)
class Network:
    """Name, id, root keys (Ed25519, by local id), threshold, duty key, policy.

    `since` is the time (claimed, unix seconds) of the founding or re-keying that named the roots.
    """

    name: str
    id: str
    roots: Map[str, bytes]
    threshold: int
    duty_id: str
    duty: bytes
    policy: Policy
    since: int


@dataclass(frozen=True, slots=True)
class Relay:
    """The log's origin and keys, and the keys that sign receipts, since a position.

    `continued` is how many statements of the relay before it this one stands on: what that one signed beyond gave way.
    """

    origin: str
    log: PublicPair
    receipt: PublicPair
    since: int
    continued: int = 0


@dataclass(frozen=True, slots=True)
class Suspension:
    """Positions and time between which nothing of a member counts."""

    since: int
    until: int
    by_duty: bool
    ended: int = NEVER

    def holds(self, size: int, now: int) -> bool:
        """Whether the suspension is in force at a tree size and time."""
        return self.since < size <= self.ended and now < self.until


@dataclass(frozen=True, slots=True)
class Member:
    """A state's authority."""

    country: str
    body: str
    admitted: int
    revoked: int = NEVER
    suspensions: tuple[Suspension, ...] = ()
    administrators: tuple[str, ...] = ()  # officers who hold that role now, with a live device or without

    def suspended(self, size: int, now: int) -> bool:
        """Whether a suspension is in force."""
        return any(each.holds(size, now) for each in self.suspensions)

    def live(self, size: int, now: int) -> bool:
        """Admitted, not revoked, not suspended."""
        return self.admitted < size <= self.revoked and not self.suspended(size, now)


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer under an opaque id, with the roles held since each position."""

    member: str
    body: str
    roles: tuple[tuple[int, tuple[Role, ...]], ...]
    enrolled: int
    revoked: int = NEVER
    devices: tuple[str, ...] = ()

    def has(self, role: Role, size: int) -> bool:
        """Whether the officer held `role` at a tree size."""
        return role in _held(self.roles, size)


@dataclass(frozen=True, slots=True)
class Reception:
    """Reception keys, the position at which the directory named them, and when it took others (claimed: unix seconds).

    `replaced_at` is the time the statement that names the next ones claims; NEVER while these are in force.
    """

    keys: PublicPair
    since: int
    replaced: int = NEVER
    replaced_at: int = NEVER


@dataclass(frozen=True, slots=True)
class Device:
    """An officer's device and its keys; the newest reception keys stand last and are the ones in force."""

    officer: str
    keys: PublicPair
    receptions: tuple[Reception, ...]
    enrolled: int
    revoked: int = NEVER
    reason: str = ""

    @property
    def reception(self) -> PublicPair:
        """The reception keys in force."""
        return self.receptions[-1].keys


@dataclass(frozen=True, slots=True)
class Contact:
    """A point of contact; `member` is empty while it is provisional."""

    id: str
    member: str
    country: str
    function: str
    body: str
    officers: tuple[str, ...]
    escalation: tuple[str, ...]
    circles: tuple[str, ...]
    published: int
    attested: int  # position of the last attestation or publication
    attested_at: int  # what its issuer claimed, unix seconds
    service: tuple[tuple[int, tuple[str, ...]], ...]  # serving officers since each position
    ended: int = NEVER
    left: tuple[tuple[str, int], ...] = ()  # officers who served and do not now; since when, as the issuer claimed

    @property
    def provisional(self) -> bool:
        """Compiled by the secretariat, not confirmed by the authority."""
        return not self.member

    @property
    def listed(self) -> bool:
        """Neither retired nor withdrawn."""
        return self.ended == NEVER

    def served_by(self, size: int) -> tuple[str, ...]:
        """The serving officers at a tree size."""
        return _held(self.service, size) if self.published < size <= self.ended else ()


@dataclass(frozen=True, slots=True)
class Circle:
    """Members who see the contacts published to the circle."""

    members: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class Body:
    """Who answers for a body, who may read it (no circles: everyone), and since when it is to be gone."""

    subject: str
    member: str
    circles: tuple[str, ...] = ()
    erased: int = NEVER


@dataclass(frozen=True, slots=True)
class Subject:
    """How many statements there were about a subject, and the time the last one claimed."""

    count: int
    last_at: int


@dataclass(frozen=True, slots=True)
class View:
    """Everything after `size` statements. `touched` is the position that last changed who can read for an officer."""

    network: Network | None = None
    relay: Relay | None = None
    former_relays: tuple[Relay, ...] = ()  # oldest first: what they signed in their time still counts
    size: int = 0
    members: Map[str, Member] = field(default_factory=Map)
    officers: Map[str, Officer] = field(default_factory=Map)
    devices: Map[str, Device] = field(default_factory=Map)
    contacts: Map[str, Contact] = field(default_factory=Map)
    circles: Map[str, Circle] = field(default_factory=Map)
    bodies: Map[str, Body] = field(default_factory=Map)
    subjects: Map[str, Subject] = field(default_factory=Map)
    keys: Map[bytes, str] = field(default_factory=Map)  # every public key ever named, to its owner and use
    touched: Map[str, int] = field(default_factory=Map)

    def __repr__(self) -> str:
        """Short: asyncio writes down what a task returned, and whole it would take longer than a synchronisation."""
        return f"<View after {self.size} statements>"

    def device_name(self, device: str) -> str:
        """The name under which a device signs; asks for a founded network."""
        return f"{self.founded.name}/{device}"

    @property
    def founded(self) -> Network:
        """The network; raises ValueError before it was founded."""
        if self.network is None:
            raise ValueError("no network was founded yet")
        return self.network

    def device_live(self, device: str, size: int, now: int) -> bool:
        """Whether a device counted at a tree size and time: neither it, its officer nor its member was out."""
        record = self.devices.get(device)
        if record is None or not record.enrolled < size <= record.revoked:
            return False
        officer = self.officers[record.officer]
        return size <= officer.revoked and self.members[officer.member].live(size, now)

    def serves(self, device: str, contact: str, size: int, now: int) -> bool:
        """Whether a live device's officer, a coordinator, served a contact at a tree size and time."""
        record, entry = self.devices.get(device), self.contacts.get(contact)
        if record is None or entry is None or not self.device_live(device, size, now):
            return False
        return record.officer in entry.served_by(size) and self.officers[record.officer].has("coordinator", size)

    def live_devices(self, officer: str, now: int) -> tuple[str, ...]:
        """An officer's live devices, now."""
        return tuple(each for each in self.officers[officer].devices if self.device_live(each, self.size, now))

    def contact_devices(self, contact: str, now: int) -> tuple[str, ...]:
        """The live devices that serve a contact now: the ones a message to it is sealed to."""
        entry = self.contacts[contact]
        found = (each for officer in entry.served_by(self.size) for each in self.live_devices(officer, now))
        return tuple(each for each in found if self.serves(each, contact, self.size, now))

    def administrators(self, member: str, now: int) -> frozenset[str]:
        """A member's live administrators: officers with that role and a live device."""
        return frozenset(officer for officer in self.members[member].administrators if self.live_devices(officer, now))

    def eraser(self, body: Body) -> str:
        """The member whose administrators may have a body erased; empty where that is for the roots (R37)."""
        member = self.members.get(body.member)
        roots = member is None or member.revoked != NEVER or body.subject.startswith("member/")
        return "" if roots else body.member

    def circle_members(self, circles: tuple[str, ...]) -> frozenset[str]:
        """The members of any of `circles`."""
        known = (self.circles[circle] for circle in circles if circle in self.circles)
        return frozenset(member for circle in known for member in circle.members)

    def relay_at(self, size: int) -> Relay | None:
        """The relay that was named at a tree size: its receipts of that time are checked with its keys."""
        return next((each for each in reversed(self.relays) if each.since < size), None)

    @property
    def relays(self) -> tuple[Relay, ...]:
        """Every relay the roots have named, in order; the last is the present one."""
        return self.former_relays if self.relay is None else (*self.former_relays, self.relay)

    def verifier(self, local: str) -> Ed25519Verifier | None:
        """The key that may sign statements under a local id (root, duty or device), if there is one."""
        network = self.founded
        key = network.roots.get(local) or (network.duty if local == network.duty_id else None)
        if key is None and local in self.devices:
            key = self.devices[local].keys.ed25519
        return Ed25519Verifier(f"{network.name}/{local}", key) if key else None


def _held(history: tuple[tuple[int, tuple[str, ...]], ...], size: int) -> tuple[str, ...]:
    """What held at a tree size: the newest entry of `history` that began before it, else nothing."""
    return next((held for since, held in reversed(history) if since < size), ())
