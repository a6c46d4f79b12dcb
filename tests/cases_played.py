"""A case that is played on real desks of the story: what `enlace case` does, without its typing.

ar-night and ar-day serve ar-desk, co-night (with co-laptop) co-desk, co-late co-court. Every act goes through the
desk's outbox, the relay and the other desks' intake.
"""

from dataclasses import dataclass
from typing import Any

from story_desk import Desk
from story_world import Story, fresh_batch

from crypto.age_pq import PQIdentity
from desk.cases.acts import Act, Say, ToContact, ToDevice, ToOfficer
from desk.cases.held import HeldCase, HeldEvent, believed, held_case
from desk.cases.locks import Locks
from desk.cases.reading import may_read
from desk.cases.writing import (
    Said,
    Whose,
    acting,
    acts_of,
    handing,
    inviting,
    opening,
    packages,
    saying,
    writer,
)
from desk.commands.case_sending import queue
from desk.errors import DeskError
from desk.handling.marks import Handling
from desk.link.session import connected
from desk.mail.attachments import download, fetch_all, open_file, seal_file
from desk.mail.content import HandedNote, Text
from desk.mail.message import Message, SealedFile, write_message
from desk.profile.recovered import bring
from desk.profile.recovery import Wanted, write_file
from desk.profile.recovery import opened as recovery_opened
from desk.profile.recovery_head import check_head
from desk.profile.unlocked import Unlocked
from desk.progress import silent
from desk.replica.statements import device_voice, send
from desk.replica.synchronise import synchronise
from directory.statement import PublishContact
from relay.protocol.lines import device_name


@dataclass
class Played:
    """The case, once it is opened, and the story it is in."""

    story: Story
    case: str = ""

    async def open(self, who: str, contact: str, *contacts: str, **fields: Any) -> None:
        """Somebody opens the case for a contact, and invites others."""
        async with _Working(self.story, who) as desk:
            whose = Whose(desk.replica(), desk.profile.identity.device, contact, self.story.clock())
            first = opening(whose, "Bus to the coast", contacts, exercise=False)
            self.case = queue(desk, first).text
            for each in contacts:
                queue(desk, inviting(whose, first, self.case, each, **({"may_invite": False} | fields)))

    async def do(self, who: str, act: Act, joining: bool = False, **to: Any) -> str:
        """An act in the case; returns the hash of it."""
        async with _Working(self.story, who) as desk:
            held = self.held(desk)
            whose = writer(held, desk.replica(), desk.profile.identity.device, "", self.story.clock(), joining=joining)
            return queue(desk, acting(whose, held, act, **to)).text

    def whose(self, desk: Unlocked) -> Whose:
        """As whom a desk writes."""
        return writer(self.held(desk), desk.replica(), desk.profile.identity.device, "", self.story.clock())

    def writing(self, desk: Unlocked, subject: str) -> Message:
        """What a desk would say, by what it knows."""
        return saying(self.whose(desk), self.held(desk), Said(Text(subject=subject, text=subject)))

    async def give_acts(self, who: str, to: ToContact | ToOfficer | ToDevice) -> None:
        """What goes along with an invitation: the acts."""
        async with _Working(self.story, who) as desk:
            held = self.held(desk)
            whose = writer(held, desk.replica(), desk.profile.identity.device, "", self.story.clock())
            for each in packages(whose, held, to, acts_of(held), desk.mail.proofs):
                queue(desk, each)

    async def say(self, who: str, subject: str, tlp: str = "AMBER", *, file: bool = False, **handling: Any) -> str:
        """Something is said, with a `file` if told so; returns its hash."""
        async with _Working(self.story, who) as desk:
            held = self.held(desk)
            whose = writer(held, desk.replica(), desk.profile.identity.device, "", self.story.clock())
            path = desk.profile.path / "photo.jpg"
            path.write_bytes(b"\xff\xd8 a photograph")
            files = (seal_file(path, desk.profile.path / "files"),) if file else ()
            marks = Handling(tlp=tlp, **handling)  # type: ignore[arg-type]  # one of the colours
            said = Said(Text(subject=subject, text=subject), marks, attachments=files)
            return queue(desk, saying(whose, held, said)).text

    async def hand(self, who: str, to: ToContact | ToOfficer | ToDevice, *messages: str) -> None:
        """Messages are handed over."""
        async with _Working(self.story, who) as desk:
            held = self.held(desk)
            whose = writer(held, desk.replica(), desk.profile.identity.device, "", self.story.clock())
            events = [held.events[each] for each in messages]
            files = dict.fromkeys(file for each in events for file in each.message.attachments)
            async with connected(desk.keyring, self.story.clock) as client:
                lacking = await fetch_all(client, files, desk.profile.path / "files", silent)
            act = queue(desk, handing(whose, held, to, events))
            brought, along = [*acts_of(held), *events], files.keys() - lacking.keys()
            for each in packages(whose, held, to, brought, desk.mail.proofs, act.text, along):
                queue(desk, each)

    def split(self, who: str, to: ToContact, *counts: int) -> list[int]:
        """How many files each package names that brings messages with so many files each; all are told to go along."""
        with self.story.desk(who).opened() as desk:
            held, whose, identity = self.held(desk), self.whose(desk), desk.profile.identity
            events, files = list[HeldEvent](), set[SealedFile]()
            for number, count in enumerate(counts):
                some = Said(
                    Text(subject="x", text=""), attachments=tuple(_paper(number, each) for each in range(count))
                )
                message = saying(whose, held, some)
                files.update(message.attachments)
                note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
                events.append(believed(HandedNote(note=note.decode()), desk.replica().view, 0))
            found = packages(whose, held, to, events, desk.mail.proofs, "0" * 64, files)
            return [len(each.attachments) for each in found]

    async def sync(self, *names: str) -> None:
        """Desks take in what waits for them."""
        for name in names:
            await self.story.desk(name).exchange()

    def held(self, desk: Unlocked) -> HeldCase:
        """What a desk holds of the case."""
        return held_case(desk.mail.about(f"case {self.case}"), desk.replica().view, self.case)

    def look(self, name: str) -> HeldCase:
        """What somebody's desk holds of the case."""
        with self.story.desk(name).opened() as desk:
            return self.held(desk)

    def reading(self, name: str, message: str) -> str:
        """Whether a desk shows a message: by which rule, or why not; `nothing` where it has none of it."""
        with self.story.desk(name).opened() as desk:
            held, view, device = self.held(desk), desk.replica().view, desk.profile.identity.device
            event = held.events.get(message)
            if event is None:
                return "nothing"
            assert held.case is not None
            told = may_read(held.case, view, message, device, self.story.clock())
            locks = Locks(desk.mail, view, device, self.story.clock())
            if event.by is None:
                assert (locks.why(desk.mail.get(event.number)) is None) == told.allowed
            return told.by or told.why_not or ""

    async def state(self, name: str, message: str) -> str:
        """What a desk's officer can do with a message, tried: read it, and open its file; in the words of the page."""
        with self.story.desk(name).opened() as desk:
            event = self.held(desk).events.get(message)
            if event is None:
                return "does not have it"
            locks = Locks(desk.mail, desk.replica().view, desk.profile.identity.device, self.story.clock())
            if locks.why(desk.mail.get(event.number)) is not None:
                return "locked"
            (file,) = event.message.attachments
            try:
                async with connected(desk.keyring, self.story.clock) as client:
                    sealed = await download(client, file, desk.profile.path / "files", silent)
            except DeskError:
                return "reads, not its file"
            target = desk.profile.path / f"opened-{message}"
            open_file(sealed, file, target)
            target.unlink()
            return "reads, with its file"

    async def states(self, name: str, *messages: str) -> tuple[str, ...]:
        """The same of several."""
        return tuple([await self.state(name, each) for each in messages])

    def recover(self, old: str, new: str) -> None:
        """A recovery file is written on one desk, and taken in on another."""
        path, key = self.story.desk(new).profile.path / "recovery.age", PQIdentity.generate()
        with self.story.desk(old).opened() as desk:
            write_file(desk, path, [key.recipient()], key, Wanted(messages=True, attachments=False), replace=False)
        with self.story.desk(new).opened() as desk, recovery_opened(path, [key]) as begin:
            head = begin().head
            check_head(desk, head)
            assert bring(desk, head, begin().records()).refused == []

    def said(self, name: str) -> list[str]:
        """The subjects of what was said, as a desk holds it, in order."""
        held = self.look(name)
        assert held.case is not None
        entries = [each for each in held.case.entries if isinstance(each.signed.event.act, Say)]
        contents = [held.events[each.signed.id].message.content for each in entries]
        return [each.subject for each in contents if isinstance(each, Text)]

    async def staff(self, contact: str, *handles: str) -> None:
        """Who serves a contact from now on."""
        chief = self.story.desk(f"{contact[:2]}-chief")
        with chief.opened() as desk:
            async with connected(desk.keyring, self.story.clock) as client:
                batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
                record = batch.view.contacts[contact]
                batch.issue(
                    PublishContact,
                    contact=contact,
                    member=record.member,
                    country=record.country,
                    function=record.function,
                    body=record.body,
                    officers=tuple(sorted(self.story.built.officers[each] for each in handles)),
                    escalation=record.escalation,
                    circles=record.circles,
                )
                await send(client, batch)


class _Working:
    """A desk that is brought up to date, and then sends what was queued in the block."""

    def __init__(self, story: Story, name: str) -> None:
        self._story, self._desk = story, story.desk(name)

    async def __aenter__(self) -> Unlocked:
        await self._desk.exchange()
        self._opened = self._desk.opened()
        self._unlocked = self._opened.__enter__()
        return self._unlocked

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind is None:
                async with connected(self._unlocked.keyring, self._story.clock) as client:
                    await synchronise(self._unlocked.profile, self._unlocked.store, client, self._story.clock())
                    assert (await self._unlocked.sender(client).flush()).kept == {}
        finally:
            self._opened.__exit__(kind, error, trace)


def _paper(message: int, number: int) -> SealedFile:
    """A file that a message names; its bytes are nowhere. The first is the same in every message."""
    name = f"{message if number else 0:032x}{number:032x}"
    identity = f"AGE-SECRET-KEY-PQ-1{'Q' * 59}"
    return SealedFile(name="x", identity=identity, cipher_hash=name, cipher_size=1, plain_hash=name, plain_size=1)


def device_of(desk: Desk) -> ToDevice:
    """A desk as whom something is handed to."""
    return ToDevice(device=desk.device)
