"""A desk of the story, and what its officer does with it: every method is a command without its typing.

1. A desk is a folder, a passphrase, a clock and a phone. Each method opens the profile as a command does, and closes
   it.
2. What a method returns is what the library gave; `told` is what the officer reads of it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
from relay_world import Clock

from desk.commands.telling import tell
from desk.keys.keyring import Keyring, open_keyring, reception_keys
from desk.link.session import connected, log_in
from desk.mail.attachments import seal_file
from desk.mail.compose import Draft, compose
from desk.mail.content import Act, Text
from desk.mail.facts import Facts, Stored
from desk.mail.intake import TakenIn
from desk.mail.message import write_message
from desk.mail.message_warnings import WARNINGS
from desk.mail.outbox import Flushed
from desk.mail.receive import Arrived, Listener, receive
from desk.profile.answering import decide, mark_opened
from desk.profile.enrolment import fetch_totp, finish, offer_keys
from desk.profile.exchanged import Exchanged
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked, unlocked
from desk.replica.synchronise import synchronise
from desk.terminal import Terminal
from relay.protocol.lines import device_name
from relay.protocol.requests import LogIn, Session


@dataclass
class Eyes(Terminal):
    """A terminal whose warnings are kept."""

    seen: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        self.seen.append(text)


def told(taken: TakenIn) -> list[str]:
    """What an officer is warned of when the desk takes in what has arrived."""
    eyes = Eyes()
    tell(eyes, taken)
    return eyes.seen


def marked(stored: Stored) -> list[str]:
    """The warnings an officer reads above a message."""
    return [WARNINGS[each] for each in stored.facts.warnings]


@dataclass
class Desk:
    """Somebody's desk, with their passphrase and their phone."""

    name: str
    path: Path
    passphrase: bytes
    clock: Clock
    phones: dict[str, str]

    @property
    def profile(self) -> Profile:
        return Profile.open(self.path)

    @property
    def device(self) -> str:
        return self.profile.identity.device

    @property
    def keyring(self) -> Keyring:
        return open_keyring(self.profile, self.passphrase)

    @contextmanager
    def opened(self) -> Iterator[Unlocked]:
        """The profile, unlocked as every command does it."""
        with unlocked(self.profile, self.passphrase, self.clock) as desk:
            yield desk

    def code(self, steps: int = 0) -> str:
        """What the phone shows now, or so many steps away."""
        phone = pyotp.parse_uri(self.phones[self.name])
        assert isinstance(phone, pyotp.TOTP)
        return phone.at(self.clock() + 30 * steps)

    async def log_in(self, code: str | None = None, passphrase: bytes | None = None) -> Session:
        """`enlace login`."""
        with unlocked(self.profile, passphrase or self.passphrase, self.clock) as desk:
            return await log_in(desk.keyring, self.clock, LogIn(code=code or self.code()))

    async def exchange(self) -> Exchanged:
        """`enlace sync`; what the officer is told stands in `taken`."""
        with self.opened() as desk:
            async with connected(desk.keyring, self.clock) as client:
                exchanged = await desk.exchange(client)
        if exchanged.failed is not None:
            raise exchanged.failed
        return exchanged

    async def synchronise(self) -> int:
        """Only the directory; returns its size."""
        with self.opened() as desk:
            async with connected(desk.keyring, self.clock) as client:
                return (await synchronise(desk.profile, desk.store, client, self.clock())).replica.size

    def queue(
        self, *to: str, files: Iterable[Path] = (), subject: str = "A subject", text: str = "", **draft: Any
    ) -> int:
        """Sign a message and put it into the outbox; returns its number."""
        with self.opened() as desk:
            sealed = tuple(seal_file(each, self.path / "files") for each in files)
            wanted = Draft(to=to, subject=subject, text=text, attachments=sealed, **draft)
            message = compose(desk.replica(), self.device, wanted, self.clock())
            note = write_message(message, device_name(desk.profile.identity.name, self.device), desk.keyring.device)
            number = desk.mail.add(message, note, Facts(direction="out"), queue=True)
            assert number is not None
            return number

    async def flush(self, flushed: Flushed | None = None) -> Flushed:
        """Send what is queued, as `enlace send` does; `flushed` is filled also where something is raised."""
        with self.opened() as desk:
            async with connected(desk.keyring, self.clock) as client:
                await synchronise(desk.profile, desk.store, client, self.clock())
                await desk.publish_keys(client)
                return await desk.sender(client).flush(flushed)

    async def send(self, *to: str, **draft: Any) -> int:
        """`enlace send`; returns the message's number."""
        number = self.queue(*to, **draft)
        assert (await self.flush()).kept == {}
        return number

    async def listen(self) -> list[Arrived]:
        """`enlace watch --once`: no passphrase; returns what came."""
        arrived: list[Arrived] = []

        async def ignore(_: object) -> None:
            return None

        async def keep(each: Arrived) -> None:
            arrived.append(each)

        listener = Listener(connected=ignore, arrived=keep, changed=ignore)
        await receive(self.profile, reception_keys(self.profile), self.clock, listener, drain=True)
        return arrived

    def take_in(self) -> TakenIn:
        """What `enlace inbox` does first."""
        with self.opened() as desk:
            return desk.take_in()

    def read(self, number: int) -> Stored:
        """`enlace read`, its receipt queued."""
        with self.opened() as desk:
            return mark_opened(desk, number)

    async def decide(self, number: int, act: Act, reason: str = "") -> Stored:
        """`enlace accept` or `refuse`, its receipt sent."""
        with self.opened() as desk:
            async with connected(desk.keyring, self.clock) as client:
                stored = await decide(desk, client, number, act, reason)
                assert (await desk.sender(client).flush()).kept == {}
                return stored

    def messages(self) -> list[Stored]:
        """Everything in the profile, oldest first."""
        with self.opened() as desk:
            return list(desk.mail.all())

    def subjects(self) -> list[str]:
        """The subjects of what came in."""
        contents = [each.message.content for each in self.messages() if each.facts.direction == "in"]
        return [each.subject for each in contents if isinstance(each, Text)]

    async def offer(self) -> None:
        """Offer the keys of a desk that is enrolling."""
        await offer_keys(self.keyring, self.clock)

    async def finish(self) -> Session:
        """Fetch the secret for the phone, and log in with its first code."""
        secret = await fetch_totp(self.keyring, self.clock)
        assert secret is not None
        self.phones[self.name] = secret.uri
        return await finish(self.keyring, self.clock, self.code())
