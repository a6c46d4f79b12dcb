"""One officer's desks, the lost one and the next, and recovery files between them."""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

from desk_world import changed as with_fields
from desk_world import (
    checkpoint,
    desk,
    epoch_identity,
    message,
    note_of,
    receipt,
    replica,
)
from desk_world import network as first_network
from directory_world import World, key_pair, local_id, officer_id

from crypto.age import encrypt
from crypto.age_scrypt import ScryptIdentity
from desk.mail.facts import Facts
from desk.mail.message import Message, Sender
from desk.mail.store import MailStore
from desk.profile.recovered import Brought, bring, contents
from desk.profile.recovery import Wanted, Written, by_passphrase, opened, write_file
from desk.profile.recovery_file import Head, LineRecord, MessageRecord, Record, write_recovery
from desk.profile.recovery_head import check_head
from desk.profile.unlocked import Unlocked
from desk.replica.store import ReplicaStore
from relay.protocol.lines import Delivered, reception_name, write_line

PASSPHRASE = b"a passphrase of its own"
KEY = ScryptIdentity(PASSPHRASE)
EVERYTHING = Wanted(messages=True, attachments=True)
ENVELOPE = "e1" * 32


@cache
def first() -> World:
    world = first_network()
    world.admit(world.enrolling("ec-night/2"), "ec-chief")
    world.now += 60
    return world


WORLD = first()


class Desks:
    """Desks of a world, each unlocked without its slow key file; all closed at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened: list[MailStore | ReplicaStore] = []

    def desk(self, handle: str, world: World = WORLD, place: str = "") -> Unlocked:
        keyring = desk(self.path / place, handle, world)
        store = ReplicaStore(keyring.profile.path / "replica.db", keyring.replica_seal)
        store.advance(0, world.entries, replica(world))
        mail = MailStore(keyring.profile.path / "messages.db", keyring)
        self.opened += [mail, store]
        return Unlocked(keyring.profile, keyring, store, mail, lambda: world.now)

    def close(self) -> None:
        for each in self.opened:
            each.close()


@cache
def said(number: int, sender: str = "co-night") -> Message:
    """A message for ec-night's contact, or one of ec-night's own."""
    if sender == "co-night":
        return message(WORLD, case=f"case {number}")
    own = Sender(contact="ec-desk", device=local_id(sender))
    return with_fields(message(WORLD, sender, ["co-desk"], case=f"answer {number}"), sender=own)


def came(number: int = 0, **facts: object) -> tuple[Message, Facts]:
    """A message that came to ec-night, and what its desk knew."""
    envelope = sha256(f"envelope {number}".encode()).hexdigest()
    known = Facts(direction="in", received=WORLD.now, envelope=envelope, relayed=receipt(envelope, WORLD))
    return said(number), with_fields(known, **facts)


def sent(number: int = 0, *, yet: bool = True) -> tuple[Message, Facts]:
    """A message that ec-night sent, or was about to."""
    facts = Facts(direction="out")
    if yet:
        facts = with_fields(facts, envelope=ENVELOPE, relayed=receipt(ENVELOPE, WORLD), sent=WORLD.now)
    return said(number, "ec-night"), facts


def keep(desk: Unlocked, *pairs: tuple[Message, Facts], queue: bool = False) -> None:
    for each, facts in pairs:
        handle = "ec-night" if each.sender.device == local_id("ec-night") else "co-night"
        assert desk.mail.add(each, note_of(each, handle), facts, queue=queue)


@cache
def delivered() -> bytes:
    """A signed line about what ec-night sent."""
    line = Delivered(network=WORLD.network, envelope=ENVELOPE, at=WORLD.now, device=local_id("co-night"))
    return write_line(line, reception_name(WORLD.name, local_id("co-night")), key_pair("co-night reception"))


def write(desk: Unlocked, path: Path, wanted: Wanted = EVERYTHING, *, replace: bool = False) -> Written:
    seals, opens = by_passphrase(PASSPHRASE, 2)
    return write_file(desk, path, [seals], opens, wanted, replace=replace)


def take(desk: Unlocked, path: Path, former: str = "") -> Brought:
    """As `enlace recovery use` does."""
    with opened(path, [KEY]) as begin:
        reader = begin()
        check_head(desk, reader.head, former)
        contents(reader.records(), desk.mail)
        return bring(desk, reader.head, begin().records())


def head(**fields: object) -> Head:
    known = Head(
        archive=str(epoch_identity("ec-night", "archive")),
        authority="",
        checkpoint=checkpoint(WORLD).decode(),
        device=local_id("ec-night"),
        member="ec",
        name=WORLD.name,
        network=WORLD.network,
        officer=officer_id("ec-night"),
        relay="https://relay.enlace.example",
        written=WORLD.now,
    )
    return with_fields(known, **fields)


def forged(path: Path, records: Iterable[tuple[Record, bytes]], known: Head | None = None) -> Path:
    """A recovery file that no desk wrote, by somebody who has a passphrase that opens it."""
    seals, _ = by_passphrase(PASSPHRASE, 2)
    pieces = write_recovery(known or head(), ((record, (data,)) for record, data in records))
    path.write_bytes(encrypt(b"".join(pieces), [seals]))
    return path


def record(letter: Message, facts: Facts, note: bytes | None = None) -> tuple[Record, bytes]:
    raw = note or note_of(letter)
    return MessageRecord(facts=facts, size=len(raw)), raw


def line_of(envelope: str, raw: bytes) -> tuple[Record, bytes]:
    return LineRecord(line="delivered", envelope=envelope, size=len(raw)), raw
