"""A directory of any size, signed for real and made quickly: what the `scale` bench is measured on.

1. It begins with a network that was founded by the real commands (`bench.settled`): a relay, root keys in files, one
   member with an administrator and an officer on duty. The rest is written here: 34 further members, officers with
   devices (one for fifty contacts), five circles, and three statements a contact: published, attested, attested.
2. Every signature is a real one, by root keys and administrators' keys. No judge runs while it is made: the relay that
   starts on it judges all of it, and so does every desk.
3. Chunks of contacts are signed by as many processes as there are processors.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.offices import FUNCTIONS, office
from crypto.encoding import b64
from crypto.signing import SecretPair, ed25519_line
from desk.replica.statements import Voice
from directory.bodies import AnyBody, CircleBody, MemberBody, OfficerBody, write_body_bytes
from directory.commitment import SALT_SIZE, commit
from directory.statement import (
    AdmitMember,
    AnyStatement,
    AttestContact,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    PublishContact,
    SetCircle,
    signed_entry,
    statement_text,
)
from directory.view import View

DAY = 86_400
# fmt: off
COUNTRIES = (
    "AG", "AR", "BB", "BO", "BR", "BS", "BZ", "CA", "CL", "CO", "CR", "CU", "DM", "DO", "EC", "GD", "GT", "GY", "HN",
    "HT", "JM", "KN", "LC", "MX", "NI", "PA", "PE", "PY", "SR", "SV", "TT", "US", "UY", "VC", "VE",
)
# fmt: on
CIRCLES = ("andes", "caribbean", "central", "mercosur", "north")
OFFICERS_FOR = 50  # contacts an officer serves
CHUNK = 250
PUBLISHED, ATTESTED = 90, (60, 10)  # days ago

Bodies = list[tuple[str, bytes, bytes]]
"""Commitment, salt and body."""


@dataclass
class Town:
    """Statements and bodies to add to a log that holds `view`, in order."""

    view: View
    roots: Sequence[Voice]
    now: int
    entries: list[bytes] = field(default_factory=list)
    bodies: Bodies = field(default_factory=list)
    chiefs: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # member to seed and device of an administrator
    officers: dict[str, list[str]] = field(default_factory=dict)

    def build(self, contacts: int, say: Callable[[str], None]) -> None:
        """Members, officers, circles, and so many contacts."""
        for country in COUNTRIES:
            self._member(country.lower(), country, contacts)
        for circle in CIRCLES:
            members = tuple(sorted(each.lower() for each in COUNTRIES if secrets.randbelow(3) == 0)) or ("ar",)
            body = self._body(CircleBody(names={"en": f"Circle {circle}"}))
            self._by_roots(SetCircle, circle=circle, members=members, body=body)
        self._contacts(contacts, say)

    def _member(self, member: str, country: str, contacts: int) -> None:
        if member not in self.view.members:
            self._by_roots(
                AdmitMember, member=member, country=country, body=self._body(MemberBody(names={"en": f"Of {country}"}))
            )
            chief, label = secrets.token_hex(16), self._body(OfficerBody(label="Administrator"))
            self._by_roots(FirstAdministrator, officer=chief, member=member, body=label)
            keys, device = self._device(chief)
            self._by_roots(EnrolDevice, **device)
            self.chiefs[member] = keys.ed25519_seed, keys.public.id
        voice = voice_of(self.chiefs[member])
        for _ in range(max(2, contacts // len(COUNTRIES) // OFFICERS_FOR)):
            officer, label = secrets.token_hex(16), self._body(OfficerBody(label="Desk officer"))
            self._add(EnrolOfficer, [voice], officer=officer, member=member, roles=("coordinator",), body=label)
            self._add(EnrolDevice, [voice], **self._device(officer)[1])
            self.officers.setdefault(member, []).append(officer)

    def _contacts(self, contacts: int, say: Callable[[str], None]) -> None:
        tasks = []
        for at in range(0, contacts, CHUNK):
            member = COUNTRIES[at // CHUNK % len(COUNTRIES)].lower()
            circle = CIRCLES[at // CHUNK % len(CIRCLES)]
            numbers = range(at, min(at + CHUNK, contacts))
            tasks.append(
                Chunk(
                    self.view.founded.name, self.view.founded.id, self.now, member, self.chiefs[member],
                    tuple(self.officers[member]), numbers, circle,
                )
            )  # fmt: skip
        rounds: list[list[bytes]] = [[], [], []]
        for done, (made, bodies) in enumerate(_spread(tasks), 1):
            say(f"scale: signing {3 * contacts:,} statements: {done * 100 // len(tasks)} %")
            for so_far, more in zip(rounds, made, strict=True):
                so_far += more
            self.bodies += bodies
        for each in rounds:
            self.entries += each

    def _by_roots(self, kind: type[Any], **fields: Any) -> None:
        self._add(kind, self.roots, **fields)

    def _add(self, kind: type[Any], voices: Sequence[Voice], **fields: Any) -> None:
        statement = kind(network=self.view.founded.id, at=self.now, seq=0, **fields)
        self.entries.append(signed(statement, self.view.founded.name, voices))

    def _body(self, body: AnyBody) -> str:
        made = _opened(body)
        self.bodies.append(made)
        return made[0]

    def _device(self, officer: str) -> tuple[SecretPair, dict[str, str]]:
        keys, reception = SecretPair.generate(), SecretPair.generate().public
        return keys, {
            "officer": officer,
            "ed25519": b64(keys.public.ed25519),
            "mldsa44": b64(keys.public.mldsa44),
            "reception_ed25519": b64(reception.ed25519),
            "reception_mldsa44": b64(reception.mldsa44),
        }


@dataclass(frozen=True)
class Chunk:
    """Contacts of one member, to be published and attested twice by one administrator."""

    name: str
    network: str
    now: int
    member: str
    chief: tuple[bytes, str]
    officers: tuple[str, ...]
    numbers: range
    circle: str


def made(chunk: Chunk) -> tuple[list[list[bytes]], Bodies]:
    """Its statements in three rounds, and its bodies."""
    voices, rounds, bodies = [voice_of(chunk.chief)], list[list[bytes]](), list[tuple[str, bytes, bytes]]()
    published = []
    for number in chunk.numbers:
        function = FUNCTIONS[number % len(FUNCTIONS)]
        body = _opened(office(number, chunk.member.upper(), function))
        first = number // OFFICERS_FOR % len(chunk.officers)
        published.append(
            PublishContact(
                network=chunk.network, at=chunk.now - PUBLISHED * DAY, seq=0, contact=name(chunk.member, number),
                member=chunk.member, country=chunk.member.upper(), function=function, body=body[0],
                officers=tuple(sorted({chunk.officers[first], chunk.officers[first - 1]})),
                circles=(chunk.circle,) if number % 50 == 0 else (),
            )
        )  # fmt: skip
        bodies.append(body)
    rounds.append([signed(each, chunk.name, voices) for each in published])
    for seq, ago in enumerate(ATTESTED, 1):
        at = chunk.now - ago * DAY
        rounds.append(
            [
                attested(chunk.network, chunk.name, name(chunk.member, number), at, seq, voices)
                for number in chunk.numbers
            ]
        )
    return rounds, bodies


def attested(network: str, name: str, contact: str, at: int, seq: int, voices: Sequence[Voice]) -> bytes:
    """An attestation of one contact."""
    return signed(AttestContact(network=network, at=at, seq=seq, contact=contact), name, voices)


def changed(town: Town, number: int, seq: int, *, anew: bool) -> tuple[bytes, Bodies]:
    """A further statement about the contact with that number: published anew, with another body, or attested."""
    member, contact = place(number)
    founded, voices = town.view.founded, [voice_of(town.chiefs[member])]
    if not anew:
        return attested(founded.id, founded.name, contact, town.now, seq, voices), []
    function, country = FUNCTIONS[number % len(FUNCTIONS)], member.upper()
    body = _opened(office(number + seq, country, function))
    statement = PublishContact(
        network=founded.id, at=town.now, seq=seq, contact=contact, member=member, country=country, function=function,
        body=body[0],
    )  # fmt: skip
    return signed(statement, founded.name, voices), [body]


def name(member: str, number: int) -> str:
    """What the contact with that number is called."""
    return f"{member}-desk-{number}"


def place(number: int) -> tuple[str, str]:
    """The member of the contact with that number, and the contact."""
    member = COUNTRIES[number // CHUNK % len(COUNTRIES)].lower()
    return member, name(member, number)


def signed(statement: AnyStatement, network: str, voices: Sequence[Voice]) -> bytes:
    """A statement as a log entry."""
    text = statement_text(statement)
    return signed_entry(text, (ed25519_line(each.key, f"{network}/{each.local}", text) for each in voices))


def voice_of(chief: tuple[bytes, str]) -> Voice:
    """The voice of an administrator's device, from its seed and id."""
    return Voice(Ed25519PrivateKey.from_private_bytes(chief[0]), chief[1])


def _opened(body: AnyBody) -> tuple[str, bytes, bytes]:
    salt, raw = secrets.token_bytes(SALT_SIZE), write_body_bytes(body)
    return commit(salt, raw), salt, raw


def _spread(tasks: Sequence[Chunk]) -> Iterator[tuple[list[list[bytes]], Bodies]]:
    """The chunks made, in their order; by this process alone where there are few."""
    if len(tasks) < 8:
        yield from map(made, tasks)
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(made, tasks)
