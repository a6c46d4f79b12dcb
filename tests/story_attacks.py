"""The lies of a relay's operator, one an attack, and what each has to leave behind: the table of tests of lying relays.

1. An attack begins with an honest relay and a desk, `ar`, that has synchronised; it ends with the act by which that
   desk meets the lie. The operator has the log's keys (`LOG`), and everybody else's signatures.
2. `Attack.shows` is the kind of evidence that a second party finds, `proven` whether it follows from signatures alone.
   `halts`: whether only the roots can end it; `halts_later`: whether that begins when the relay tells the truth, and
   so shows what contradicts its lie.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from directory_world import NAME, device_keys, key_pair, relay_keys
from relay_bodies import ORIGIN
from story_desk import Desk
from story_halts import attest, head
from story_liar import LOG, Asked, Given, LyingRelay, answering, rewriting, stripped, vouched_log
from story_world import DAY, Story, fresh_batch
from witness_keys import cosigned, policy_of

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64
from crypto.note import Note, parse_note
from crypto.policy import write_policy
from crypto.signing import ed25519_line
from desk.errors import Distrust
from desk.keys.keyring import open_keyring
from desk.link.session import connected
from desk.replica.publishing import publish
from desk.replica.statements import device_voice
from desk.replica.trust_policy import pin
from directory.bodies import OfficerBody, write_body_bytes
from directory.statement import (
    AttestContact,
    EnrolDevice,
    NameRelay,
    PublishContact,
    parse_statement,
    statement_note,
    statement_text,
)
from relay.protocol import routes
from relay.protocol.requests import Bodies, LogState

Act = Callable[[], Awaitable[Any]]
POLICY = write_policy(policy_of(2, origin=ORIGIN, log=LOG))  # two of three witnesses, where a desk has pinned it


@dataclass
class Stage:
    """The relay, the story, and the desk that is lied to."""

    story: Story
    here: LyingRelay
    ar: Desk

    async def entries(self) -> list[bytes]:
        return await self.here.entries()

    def later(self, seconds: int = 60) -> int:
        self.story.clock.now += seconds
        return self.story.clock.now

    def signed_under(self, device: str, statement: Any) -> bytes:
        """A statement with the genuine signature of a desk's device."""
        desk = self.story.desk(device)
        name = f"{NAME}/{desk.device}"
        keys = open_keyring(desk.profile, desk.passphrase).device
        return statement_note(statement, [ed25519_line(keys.ed25519, name, statement_text(statement))])


@dataclass(frozen=True)
class Attack:
    """What the relay does, and what has to come of it."""

    play: Callable[[Stage], Awaitable[Act | None]]
    shows: str
    proven: bool = False
    halts: bool = False
    halts_later: bool = False


ATTACKS: dict[str, Attack] = {}


def attack(name: str, shows: str, **ends: bool) -> Callable[..., Any]:
    """Enter an attack into the table."""

    def enter(play: Callable[[Stage], Awaitable[Act | None]]) -> Any:
        ATTACKS[name] = Attack(play, shows, **ends)
        return play

    return enter


# --- two histories ---


@attack("two roots for one size", "fork", proven=True, halts=True)
async def _two_roots(stage: Stage) -> None:
    entries = await stage.entries()
    other = sign_checkpoint(Checkpoint(ORIGIN, len(entries), b"\7" * 32), LOG, stage.later())
    stage.here.show(entries, checkpoint=other)


@attack("a fork of two desks, found through a message", "fork", proven=True, halts=True)
async def _two_desks(stage: Stage) -> Act:
    co = stage.story.desk("co-night")
    await co.synchronise()
    await attest(stage.story, "co-desk")
    await attest(stage.story, "co-court")
    *entries, _, second = await stage.entries()
    stage.here.show([*entries, second], to=co)
    await co.synchronise()
    await stage.ar.synchronise()
    with suppress(Distrust):  # it is sent; and its receipt tells co too that more was signed than co was shown
        await co.send("ar-desk", subject="From another history")
    return stage.ar.exchange


@attack("a revocation hidden from one desk, found through a message", "rollback", proven=True)
async def _hidden(stage: Stage) -> Act:
    entries, co = await stage.entries(), stage.story.desk("co-night")
    await attest(stage.story)
    await co.synchronise()
    await co.send("ar-desk", subject="From a larger directory")
    stage.later()
    stage.here.show(entries, to=stage.ar)  # signed afresh: the log vouches for less than it did a minute ago
    return stage.ar.exchange


# --- taken back ---


@attack("a smaller directory, signed anew", "rollback", proven=True)
async def _smaller(stage: Stage) -> None:
    entries = await stage.entries()
    stage.later()
    stage.here.show(entries[:-1])


@attack("a smaller directory, as it was signed once", "rollback")
async def _replayed(stage: Stage) -> None:
    entries = await stage.entries()
    stage.here.show(entries[:-1], checkpoint=vouched_log(entries[:-1], stage.story.clock() - 3600))


@attack("the same directory, as it was signed earlier", "rollback")
async def _older(stage: Stage) -> None:
    entries = await stage.entries()
    stage.here.show(entries, checkpoint=vouched_log(entries, stage.story.clock() - DAY))


@attack("a directory that shrinks while it is read", "rollback")
async def _shrinks(stage: Stage) -> None:
    for _ in range(3):
        await attest(stage.story)
    entries, now = await stage.entries(), stage.later()
    most, less = vouched_log(entries, now), vouched_log(entries[:-1], now)

    def lie(asked: Asked, given: Given) -> Given:
        start = int(asked.query["start"])
        first = start < len(entries) - 2
        page = entries[start : len(entries) - 2] if first else entries[start:-1]
        texts = tuple(each.decode() for each in page)
        return given.saying(LogState(start=start, entries=texts, checkpoint=(most if first else less).decode()))

    stage.here.lies.append(answering("GET", routes.LOG, lie))


@attack("a statement taken, and not published", "rollback", proven=True)
async def _unpublished(stage: Stage) -> Act:
    entries, chief = await stage.entries(), stage.story.desk("ar-chief")
    await chief.synchronise()
    stage.here.show(entries)

    def later(asked: Asked, given: Given) -> Given:
        stage.later(5)
        return given

    stage.here.lies.append(answering("POST", routes.STATEMENTS, later))

    async def publishing() -> None:
        with chief.opened() as desk:
            async with connected(desk.keyring, stage.story.clock) as client:
                batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
                batch.issue(AttestContact, contact="ar-desk")
                await publish(desk.profile, desk.store, client, batch.request(), stage.story.clock())

    return publishing


@attack("less than the relay's own receipt speaks of", "receipt")
async def _less_than_receipt(stage: Stage) -> Act:
    entries = await stage.entries()
    await attest(stage.story, "co-court")
    stage.later()
    stage.here.show(entries, to=stage.ar)
    stage.ar.queue("co-desk", subject="Taken in at a larger directory")
    return stage.ar.flush


# --- statements ---


@attack("statements dropped at the end", "withheld")
async def _dropped(stage: Stage) -> None:
    await attest(stage.story)
    await attest(stage.story)
    entries = await stage.entries()
    stage.here.show(entries[:-1], checkpoint=vouched_log(entries, stage.later()))


@attack("statements in another order", "handed")
async def _reordered(stage: Stage) -> None:
    await attest(stage.story, "co-desk")
    await attest(stage.story, "co-court")
    *entries, first, second = await stage.entries()
    stage.here.show([*entries, second, first], checkpoint=vouched_log([*entries, first, second], stage.later()))


@attack("a statement put in another's place", "handed")
async def _replaced(stage: Stage) -> None:
    await attest(stage.story, "co-desk")
    await attest(stage.story, "co-court")
    *entries, first, second = await stage.entries()
    stage.here.show([*entries, second], checkpoint=vouched_log([*entries, first], stage.later()))


@attack("an old statement rewritten under a new root", "handed", halts_later=True)
async def _rewritten(stage: Stage) -> None:
    await attest(stage.story)
    entries = await stage.entries()
    other = vouched_log([*entries[:3], b"rewritten\n", *entries[4:]], stage.later())
    stage.here.show(entries, checkpoint=other)


@attack("a forged entry, signed by another member's administrator", "refused", proven=True, halts=True)
async def _forged(stage: Stage) -> None:
    entries = await stage.entries()
    with stage.ar.opened() as desk:
        record = desk.replica().view.contacts["ar-desk"]
        seq = desk.replica().view.subjects["contact/ar-desk"].count
    forged = PublishContact(
        network=stage.story.built.network,
        at=stage.story.clock(),
        seq=seq,
        contact="ar-desk",
        member="ar",
        country="AR",
        function="trafficking-24-7",
        officers=(stage.story.built.officers["co-night"],),
        body=record.body,
    )
    stage.later()
    stage.here.show([*entries, stage.signed_under("co-chief", forged)])


@attack("a device of nobody, in the middle of the log", "refused", proven=True, halts=True)
async def _nobody(stage: Stage) -> None:
    entries = await stage.entries()
    own, keys = key_pair("the relay's own"), device_keys("the relay's own")
    officer = stage.story.built.officers["co-night"]
    forged = EnrolDevice(network=stage.story.built.network, at=stage.story.clock(), seq=0, officer=officer, **keys)
    line = ed25519_line(own.ed25519, f"{NAME}/{own.public.id}", statement_text(forged))
    entry = statement_note(forged, [line])
    await attest(stage.story)
    stage.later()
    stage.here.show([*entries, entry, *(await stage.entries())[len(entries) :]])


@attack("a forged statement under a checkpoint that does not cover it", "handed")
async def _uncovered(stage: Stage) -> None:
    await attest(stage.story)
    *entries, last = await stage.entries()
    signed = parse_statement(last)
    moved = msgspec.structs.replace(signed.statement, contact="ar-desk")
    entry = statement_note(moved, signed.note.signatures)
    stage.here.show([*entries, entry], checkpoint=vouched_log([*entries, last], stage.later()))


# --- names and numbers ---


@attack("names and numbers altered", "altered-body")
async def _altered(stage: Stage) -> None:
    other = b64(write_body_bytes(OfficerBody(label="Somebody else")))

    def altered(bodies: Bodies) -> Bodies:
        return Bodies(bodies=tuple(msgspec.structs.replace(each, body=other) for each in bodies.bodies))

    _forget_bodies(stage.ar)
    stage.here.lies.append(rewriting("POST", routes.BODIES, Bodies, altered))


@attack("names and numbers kept back, and no erasure", "missing-body")
async def _kept_back(stage: Stage) -> None:
    _forget_bodies(stage.ar)
    stage.here.lies.append(rewriting("POST", routes.BODIES, Bodies, lambda bodies: Bodies(bodies=bodies.bodies[1:])))


def _forget_bodies(desk: Desk) -> None:
    with desk.opened() as opened:
        opened.store.erase_bodies(opened.store.bodies())


# --- checkpoints ---


@attack("one of the log's two signatures", "unsigned")
async def _one_key(stage: Stage) -> None:
    entries = await stage.entries()
    stage.here.show(entries, checkpoint=stripped(vouched_log(entries, stage.later())))


@attack("a checkpoint of another log", "unsigned")
async def _other_origin(stage: Stage) -> None:
    entries = await stage.entries()
    stage.here.show(entries, checkpoint=vouched_log(entries, stage.later(), "log.enlace.example/2"))


@attack("other keys, that no root named", "unsigned")
async def _other_keys(stage: Stage) -> None:
    entries = await stage.entries()
    stage.here.show(entries, checkpoint=sign_checkpoint(head(entries), key_pair("another log"), stage.later()))


@attack("other keys, that the relay named itself", "unsigned")
async def _named_itself(stage: Stage) -> None:
    entries, own = await stage.entries(), key_pair("the relay's own")
    about: dict[str, Any] = {"origin": ORIGIN, **relay_keys("another")}
    named = NameRelay(network=stage.story.built.network, at=stage.story.clock(), seq=1, **about)
    line = ed25519_line(own.ed25519, f"{NAME}/{own.public.id}", statement_text(named))
    entries.append(statement_note(named, [line]))
    stage.here.show(entries, checkpoint=sign_checkpoint(head(entries), key_pair("another log"), stage.later()))


@attack("a checkpoint from the future", "ahead")
async def _future(stage: Stage) -> None:
    entries = await stage.entries()
    stage.here.show(entries, checkpoint=vouched_log(entries, stage.later() + 3600))


# --- standing still; a day passes, so these come last ---


@attack("a day without a fresh signature", "freeze")
async def _frozen(stage: Stage) -> Act:
    entries = await stage.entries()
    stage.here.show(entries, checkpoint=vouched_log(entries, stage.story.clock()))
    return await _a_day_later(stage)


@attack("witnesses' signatures taken away", "freeze")
async def _stripped(stage: Stage) -> Act:
    await _witnessed(stage)
    act = await _a_day_later(stage)
    stage.here.show(await stage.entries())
    return act


@attack("witnesses' signatures of an earlier tree", "freeze")
async def _stale(stage: Stage) -> Act:
    old = await _witnessed(stage)
    act = await _a_day_later(stage)
    await stage.story.desk("co-chief").log_in()
    await attest(stage.story)
    entries = await stage.entries()
    fresh = parse_note(vouched_log(entries, stage.story.clock()))
    replayed = Note(fresh.text, (*fresh.signatures, *parse_note(old).signatures[2:])).write()
    stage.here.show(entries, checkpoint=replayed)
    return act


async def _witnessed(stage: Stage) -> bytes:
    """The desk has pinned a policy, and seen a checkpoint that its witnesses cosigned; returns it."""
    with stage.ar.opened() as desk:
        pin(desk.keyring.vault, POLICY)
    entries = await stage.entries()
    raw = cosigned(vouched_log(entries, stage.later()), {"co": stage.story.clock(), "pe": stage.story.clock()})
    stage.here.show(entries, checkpoint=raw)
    await stage.ar.exchange()
    stage.here.lies.clear()
    return raw


async def _a_day_later(stage: Stage) -> Act:
    stage.later(DAY + 3600)
    await stage.ar.log_in()
    return stage.ar.exchange
