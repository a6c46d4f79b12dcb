"""A whole small network for end-to-end tests: a real relay on loopback, and real desks that are enrolled in it.

    async with play(tmp_path, built) as story:               # founded; members ar and co; everybody logged in
        ar, co = story.desk("ar-night"), story.desk("co-night")
        number = await ar.send("co-desk", subject="Three persons", text="They crossed at noon.")
        await co.exchange()
        await co.decide(1, "accepted")
        story.clock.now += 3600                               # for the relay and for every desk

1. Everything goes through the desk's own functions and the relay's API over TLS. Only the typing is done here.
2. Cast: the secretariat; of ar: chief, night, day, who serve ar-desk; of co: chief, night (with a second device,
   `co-laptop`), who serves co-desk, and late, who serves co-court, co-desk's alternate. A chief is an administrator.
3. The cast is enrolled once a process (`build`); each test plays on a copy of its files, at the same address. A desk's
   are copied when it is first asked for: few tests need all of them, and copying took longer than the relay's start.
4. Passphrases and file contents come from a desk's name. The relay has the keys of `directory_world`'s handles, so a
   test can do whatever a dishonest operator could.
"""

import logging
import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import structlog
from directory_world import NAME, TWO_ROOTS, key_pair, public_key, relay_keys
from relay_bodies import ORIGIN, BodiedWorld
from relay_world import Clock, RelayWorld, authority
from story_desk import Desk

from config.logs import configure_logging
from desk.entries.contact_batch import add_contact
from desk.keys.keyring import create_keyring
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.profile.enrolment import Offer, begin, confirm, make_invitation, offer_of, register
from desk.profile.folder import Identity, Profile
from desk.profile.unlocked import Unlocked
from desk.replica.publishing import publish
from desk.replica.statements import Batch, Voice, device_voice, root_voice, send
from desk.replica.synchronise import synchronise
from directory.bodies import MemberBody, OfficerBody
from directory.exchange.csv_contact import wanted_of
from directory.statement import (
    AdmitMember,
    EnrolOfficer,
    FirstAdministrator,
    FoundNetwork,
    NameRelay,
    RevokeDevice,
    network_id,
)
from directory.view import View
from relay.key_files import make_rest_key, write_pair
from relay.log_fields import FIELDS
from relay.protocol.requests import Session

WORK_FACTOR = 10
DAY = 86_400
CAST = {  # desk: member, role, the officer whose desk it is
    "ar-chief": ("ar", "administrator", "ar-chief"),
    "ar-night": ("ar", "coordinator", "ar-night"),
    "ar-day": ("ar", "coordinator", "ar-day"),
    "co-chief": ("co", "administrator", "co-chief"),
    "co-night": ("co", "coordinator", "co-night"),
    "co-laptop": ("co", "coordinator", "co-night"),
    "co-late": ("co", "coordinator", "co-late"),
}
CONTACTS = {  # contact: serving officers, alternates
    "ar-desk": (("ar-night", "ar-day"), ()),
    "co-court": (("co-late",), ()),
    "co-desk": (("co-night",), ("co-court",)),
}


@dataclass
class Built:
    """What the building of the cast leaves: files, the time it took, officers by handle, secrets of the phones."""

    folder: Path
    now: int = 0
    network: str = ""
    officers: dict[str, str] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Path] = field(default_factory=dict)  # desks that are not copied yet, and where they are


@dataclass
class Story:
    """The relay, the desks, and the clock they share."""

    here: RelayWorld
    built: Built
    passphrase: str = "correct horse"

    @property
    def folder(self) -> Path:
        return self.here.folder

    @property
    def clock(self) -> Clock:
        return self.here.clock

    def desk(self, name: str) -> Desk:
        passphrase = f"{self.passphrase} {name}".encode()
        if name in self.built.waiting:
            shutil.copytree(self.built.waiting.pop(name), self.folder / "desks" / name)
        return Desk(name, self.folder / "desks" / name, passphrase, self.clock, self.built.phones)

    async def wait(self, seconds: int) -> None:
        """Let time pass. The relay's timers run on the machine's time, so it is started anew, and looks what is due."""
        self.clock.now += seconds
        await self.here.restart()

    async def issue(self, by: Desk, *voices: Voice, kind: type[Any], **fields: Any) -> None:
        """Have somebody sign one statement and send it."""
        with by.opened() as desk:
            async with connected(desk.keyring, self.clock) as client:
                batch = await fresh_batch(desk, client, voices or (device_voice(desk.keyring),))
                batch.issue(kind, **fields)
                await publish(desk.profile, desk.store, client, batch.request(), self.clock())

    async def revoke_laptop(self) -> None:
        """The administrator of co revokes the officer's second device."""
        laptop = self.desk("co-laptop").device
        await self.issue(self.desk("co-chief"), kind=RevokeDevice, device=laptop, reason="lost")

    async def invite(self, by: Desk, member: str, officer: str) -> bytes:
        """An invitation by somebody for an officer who is in the directory."""
        with by.opened() as desk:
            async with connected(desk.keyring, self.clock) as client:
                await synchronise(desk.profile, desk.store, client, self.clock())
                identity, replica = desk.profile.identity, desk.replica()
                made = make_invitation(identity, replica, member, officer, self.clock(), 7 * DAY)
                return await register(client, desk.keyring.vault, made)

    def begin(self, name: str, invitation: bytes) -> Desk:
        """A new desk for the bearer of an invitation."""
        desk = self.desk(name)
        begin(desk.path, invitation, desk.passphrase, WORK_FACTOR, self.clock())
        return desk

    async def confirm(self, by: Desk, officer: str, *voices: Voice) -> Offer:
        """The inviter looks at the keys that were offered, and enrols them."""
        with by.opened() as desk:
            async with connected(desk.keyring, self.clock) as client:
                batch = await fresh_batch(desk, client, voices or (device_voice(desk.keyring),))
                offer = await offer_of(client, desk.keyring, officer, self.clock())
                await confirm(client, desk.keyring, desk.store, batch, offer)
                return offer

    async def enrol(self, name: str, by: Desk, member: str, officer: str, *voices: Voice) -> Session:
        """The whole way in, for a desk."""
        desk = self.begin(name, await self.invite(by, member, officer))
        await desk.offer()
        await self.confirm(by, officer, *voices)
        return await desk.finish()


def roots() -> tuple[Voice, ...]:
    """The voices of two of the three root keys."""
    return tuple(root_voice(key_pair(each).ed25519) for each in TWO_ROOTS)


async def fresh_batch(desk: Unlocked, client: RelayClient, voices: Iterable[Voice]) -> Batch:
    """An empty batch on the newest directory."""
    done = await synchronise(desk.profile, desk.store, client, desk.clock())
    return Batch(done.replica.view, tuple(voices), desk.clock())


def door() -> socket.socket:
    """The socket of the relay's address, one a process, so that copies of desks find it where the first one was.

    A process that was forked off has another: with its parent's, its desks would reach a sister's relay.
    """
    return _door_of(os.getpid())


@cache
def _door_of(_: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def relay_folder(folder: Path) -> None:
    """Key files of a relay that is about to start."""
    write_pair(folder / "keys" / "log.key", "log", key_pair("relay log"))
    write_pair(folder / "keys" / "receipt.key", "receipt", key_pair("relay receipt"))
    make_rest_key(folder / "keys" / "rest.key")


def front(folder: Path, now: int, extra: str = "") -> RelayWorld:
    """A relay on `folder`, not started, at the address of this process."""
    return RelayWorld(folder, BodiedWorld(), Clock(now), _socket=door(), _extra=extra)


_BUILT: dict[Path, Built] = {}


async def built_once(base: Path) -> Built:
    """What `build` leaves, in a folder of `base`; made by the first test of this process that asks."""
    # Who runs tests again in one process may be given a folder's name a second time, without what was in it.
    if base not in _BUILT or not _BUILT[base].folder.exists():
        _BUILT[base] = await build(base / "story")
    return _BUILT[base]


async def build(folder: Path, passphrase: str = Story.passphrase) -> Built:
    """The network and its cast, in `folder`; the relay is stopped again."""
    relay_folder(folder)
    here = front(folder, Clock().now)
    await here.start()
    try:
        story = Story(here, Built(folder), passphrase)
        secretariat = await _found(story)
        await _admit(story, secretariat)
        await _publish(story)
        for each in CAST:
            await story.desk(each).exchange()
        story.built.now = here.clock()
        return story.built
    finally:
        await here.stop()


@asynccontextmanager
async def play(folder: Path, built: Built, here: RelayWorld | None = None) -> AsyncIterator[Story]:
    """The story on a copy of what was built, its relay running; `here` stands for another relay on that folder."""
    shutil.copytree(built.folder, folder, dirs_exist_ok=True, ignore=lambda *_: ["desks"])
    waiting = {each.name: each for each in (built.folder / "desks").iterdir()}
    here = here or front(folder, built.now)
    await here.start()
    try:
        yield Story(here, Built(folder, built.now, built.network, built.officers, dict(built.phones), waiting))
    finally:
        await here.stop()
        await here._stack.aclose()


@contextmanager
def logging_to(stream: TextIO) -> Iterator[None]:
    """Everything that is logged goes to `stream`, by the relay's rules; afterwards logging is as it was."""
    root = logging.getLogger()
    before = list(root.handlers)
    configure_logging(FIELDS, level="debug", stream=stream)
    try:
        yield
    finally:
        root.handlers = before
        structlog.reset_defaults()


async def _found(story: Story) -> Desk:
    """The secretariat's profile, and the first two statements."""
    secretariat = story.desk("secretariat")
    pem = authority()[0].cert_pem.bytes().decode()
    identity = Identity(kind="secretariat", name=NAME, relay=story.here.url, authority=pem)
    keyring = create_keyring(
        Profile.create(secretariat.path, identity), secretariat.passphrase, WORK_FACTOR, key_pair("duty").ed25519_seed
    )
    statement = FoundNetwork(
        at=story.clock(),
        seq=0,
        name=NAME,
        roots=tuple(sorted(public_key(f"root-{number}") for number in (1, 2, 3))),
        threshold=2,
        duty=public_key("duty"),
    )
    story.built.network = network_id(statement)
    batch = Batch(View(), roots(), story.clock())
    batch.found(statement)
    batch.issue(NameRelay, origin=ORIGIN, **relay_keys())
    keyring.profile.save(Identity(**{**_fields(identity), "network": story.built.network}))
    with secretariat.opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            await send(client, batch)
            await synchronise(desk.profile, desk.store, client, story.clock())
    return secretariat


async def _admit(story: Story, secretariat: Desk) -> None:
    """Members, their administrators and coordinators, each with a desk."""
    for name, (member, role, handle) in CAST.items():
        chief, officers = story.desk(f"{member}-chief"), story.built.officers
        voices = roots() if role == "administrator" else ()
        by = secretariat if role == "administrator" else chief
        if handle not in officers:
            officers[handle] = secrets.token_hex(16)
            await _appoint(story, by, member, handle, role)
        await story.enrol(name, by, member, officers[handle], *voices)


async def _appoint(story: Story, by: Desk, member: str, handle: str, role: str) -> None:
    with by.opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            voices = roots() if role == "administrator" else (device_voice(desk.keyring),)
            batch = await fresh_batch(desk, client, voices)
            body = batch.body(OfficerBody(label=f"Officer {handle}"))
            about = {"officer": story.built.officers[handle], "member": member, "body": body}
            if role == "administrator":
                names = MemberBody(names={"en": f"Authority of {member}"})
                batch.issue(AdmitMember, member=member, country=member.upper(), body=batch.body(names))
                batch.issue(FirstAdministrator, **about)
            else:
                batch.issue(EnrolOfficer, roles=(role,), **about)
            await send(client, batch)


async def _publish(story: Story) -> None:
    for contact, (handles, alternates) in CONTACTS.items():
        member = contact[:2]
        cells = {
            "contact": contact,
            "country": member.upper(),
            "function": "trafficking-24-7",
            "name_en": f"Desk {contact}",
            "phone": "always:+12025550143",
            "officers": " ".join(story.built.officers[each] for each in handles),
            "escalation": " ".join(alternates),
        }
        with story.desk(f"{member}-chief").opened() as desk:
            async with connected(desk.keyring, story.clock) as client:
                batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
                add_contact(batch, wanted_of({name: cell for name, cell in cells.items() if cell}), member)
                await send(client, batch)


def _fields(identity: Identity) -> dict[str, Any]:
    return {name: getattr(identity, name) for name in identity.__struct_fields__}
