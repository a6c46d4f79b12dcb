"""A network to measure with: members, officers with devices, contacts, and a log that grows.

Everything is issued as a desk issues it (`desk.replica.statements.Batch`): real keys have signed every statement, and
the judge has accepted it. Names are made up of numbers; nobody is meant.
"""

import secrets
from dataclasses import dataclass, field

from bench.offices import COUNTRIES, FUNCTIONS, office
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64, unb64
from crypto.merkle import Tree, leaf_hash
from crypto.signing import SecretPair
from desk.replica.statements import Batch, Voice, root_voice
from directory.bodies import MemberBody, OfficerBody
from directory.commitment import commit
from directory.replay import Replica, extend
from directory.statement import (
    AdmitMember,
    AttestContact,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    FoundNetwork,
    NameRelay,
    PublishContact,
)
from directory.view import View

NAME = "bench.example"
ORIGIN = "log.bench.example"
START = 1_767_225_600


@dataclass
class Network:
    """A log, the view after it, and everybody's keys: of the relay's log, of its receipts, of administrators."""

    now: int = START
    log: SecretPair = field(default_factory=SecretPair.generate)
    receipt: SecretPair = field(default_factory=SecretPair.generate)
    chiefs: dict[str, SecretPair] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Found it, with one root key and the relay named."""
        root, duty = SecretPair.generate(), SecretPair.generate()
        self._root = root_voice(root.ed25519)
        self._batch = Batch(View(), [self._root], self.now)
        roots, duty_key = (b64(root.public.ed25519),), b64(duty.public.ed25519)
        self._batch.found(FoundNetwork(at=self.now, seq=0, name=NAME, roots=roots, threshold=1, duty=duty_key))
        log, receipt = self.log.public, self.receipt.public
        self._batch.issue(
            NameRelay,
            origin=ORIGIN,
            log_ed25519=b64(log.ed25519),
            log_mldsa44=b64(log.mldsa44),
            receipt_ed25519=b64(receipt.ed25519),
            receipt_mldsa44=b64(receipt.mldsa44),
        )

    @property
    def view(self) -> View:
        """The newest view."""
        return self._batch.view

    @property
    def entries(self) -> list[bytes]:
        """The log."""
        return self._batch.statements

    def bodies(self) -> dict[str, bytes]:
        """Every body that was published, by commitment, as a desk holds them."""
        opened = ((unb64(each.salt), unb64(each.body)) for each in self._batch.bodies)
        return {commit(salt, raw): raw for salt, raw in opened}

    def admit(self, member: str) -> None:
        """A member with one administrator."""
        body = self._batch.body(MemberBody(names={"en": f"Authority {member}"}))
        self._batch.voices = [self._root]
        self._batch.issue(AdmitMember, member=member, country=member[:2].upper(), body=body)
        officer, label = secrets.token_hex(16), self._batch.body(OfficerBody(label="Administrator"))
        self._batch.issue(FirstAdministrator, officer=officer, member=member, body=label)
        self.chiefs[member] = self._device(officer)

    def officer(self, member: str) -> tuple[str, SecretPair]:
        """A coordinator of a member, with a device: the officer's id and the device's keys."""
        self._as_chief(member)
        officer, label = secrets.token_hex(16), self._batch.body(OfficerBody(label="Desk officer"))
        self._batch.issue(EnrolOfficer, officer=officer, member=member, roles=("coordinator",), body=label)
        return officer, self._device(officer)

    def device(self, officer: str, member: str) -> SecretPair:
        """One more device of an officer; returns its keys."""
        self._as_chief(member)
        return self._device(officer)

    def contact(self, contact: str, member: str, function: str, officers: tuple[str, ...] = ()) -> None:
        """A contact that these officers serve."""
        self._as_chief(member)
        country = member[:2].upper()
        body = self._batch.body(office(len(self._batch.bodies), country, function))
        self._batch.issue(
            PublishContact,
            contact=contact,
            member=member,
            country=country,
            function=function,
            officers=tuple(sorted(officers)),
            body=body,
        )

    def attest(self, contact: str, member: str) -> None:
        """Attest a contact, a minute after the statement before: the commonest statement of all."""
        self._as_chief(member)
        self.now += 60
        self._batch.now = self.now
        self._batch.issue(AttestContact, contact=contact)

    def checkpoint(self) -> bytes:
        """What the log signs now."""
        root = Tree(map(leaf_hash, self.entries)).root()
        return sign_checkpoint(Checkpoint(ORIGIN, len(self.entries), root), self.log, self.now)

    def replica(self) -> Replica:
        """A reader's replica, replayed and verified."""
        return extend(Replica(self.view.founded.id), self.entries, self.checkpoint(), self.now)

    def _device(self, officer: str) -> SecretPair:
        keys, reception = SecretPair.generate(), SecretPair.generate().public
        self._batch.issue(
            EnrolDevice,
            officer=officer,
            ed25519=b64(keys.public.ed25519),
            mldsa44=b64(keys.public.mldsa44),
            reception_ed25519=b64(reception.ed25519),
            reception_mldsa44=b64(reception.mldsa44),
        )
        return keys

    def _as_chief(self, member: str) -> None:
        keys = self.chiefs[member]
        self._batch.voices = [Voice(keys.ed25519, keys.public.id)]


def grown(statements: int) -> Network:
    """A directory of about so many statements: of ten, one contact, now and then an officer, the rest attestations."""
    network = _admitted()
    contacts: list[tuple[str, str]] = []
    while len(network.entries) < statements:
        number = len(network.entries)
        member = COUNTRIES[number % len(COUNTRIES)].lower()
        if number % 20 == 0:
            network.officer(member)
        elif number % 10 == 1 or not contacts:
            contacts.append((f"{member}-desk-{number}", member))
            network.contact(*contacts[-1], FUNCTIONS[number % len(FUNCTIONS)])
        else:
            network.attest(*contacts[number % len(contacts)])
    return network


def listing(contacts: int) -> Network:
    """A directory of so many contacts, spread over countries and functions."""
    network = _admitted()
    for number in range(contacts):
        member = COUNTRIES[number % len(COUNTRIES)].lower()
        function = FUNCTIONS[number // len(COUNTRIES) % len(FUNCTIONS)]
        network.contact(f"{member}-desk-{number}", member, function)
    return network


def _admitted() -> Network:
    network = Network()
    for country in COUNTRIES:
        network.admit(country.lower())
    return network
