"""An unlocked profile: keys, directory and messages at hand, and the things an officer does with them as a whole."""

import sqlite3
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

import msgspec

from desk import host
from desk.alarms.distrust import distrust, loaded
from desk.alarms.ended import after_the_end
from desk.alarms.open_alarms import end_freeze
from desk.api.files import sweep_served
from desk.drafting.editor import sweep_edited
from desk.errors import DeskError, Distrust, Locked, Usage
from desk.handling.expiry import erase_due
from desk.keys.erasing import Settled, settle
from desk.keys.key_sets import Ending, endings, refresh
from desk.keys.keyring import Keyring, open_keyring, reception_keys
from desk.keys.own_device import Misenrolled
from desk.keys.own_keys import making_time, publish_keys
from desk.keys.seen_time import apart, late
from desk.link.client import Clock, RelayClient
from desk.mail.draining import DRAIN_SECONDS, drain, endless
from desk.mail.heard import heard_until
from desk.mail.intake import TakenIn, in_a_line, take_in, told
from desk.mail.outbox import Sender
from desk.mail.receive import Arrived, Listener
from desk.mail.reconsider import AHEAD, reconsidered
from desk.mail.spool import NoRoom, Spool
from desk.mail.store import MailStore
from desk.mail.trail import as_ordered
from desk.mail.twice import accepted_twice
from desk.notices.looked_after import Known, look_after, proven_now
from desk.profile.authenticator import forget_lapsed
from desk.profile.exchanged import Exchanged
from desk.profile.folder import PROFILE_FILE, Profile
from desk.progress import Progress, silent
from desk.replica.standing import Halt, refuse
from desk.replica.store import ReplicaStore
from desk.replica.synchronise import Synchronised, synchronise
from desk.replica.trust_policy import REKEYED, Vouched, freeze, vouched
from directory.replay import Replica
from relay.protocol.stream import Hello

BEHIND = "messages-ahead"  # set while messages were stored that spoke of a larger directory than the replica


class _Watched(Exception):
    """`enlace watch` runs for this desk, and is to have the stream."""


@dataclass
class Unlocked:
    """A profile whose passphrase was given."""

    profile: Profile
    keyring: Keyring
    store: ReplicaStore
    mail: MailStore
    clock: Clock
    progress: Progress = silent  # in bytes
    counted: Progress = silent
    _untold: Settled = field(default_factory=Settled)
    _heard: int = 0  # up to when everything that the relay has for this desk was fetched; 0: not in this run
    _warned: set[str] = field(default_factory=set)

    def replica(self) -> Replica:
        """The directory as last verified; raises Distrust if this disk holds something else, Usage if `profile.json`
        calls the network by another name: a locked desk takes the mark of an exercise from that."""
        found = loaded(self.profile, self.store, self.clock())
        if found.view.network is not None and found.view.network.name != self.profile.identity.name:
            raise Usage(
                f"{self.profile.path / PROFILE_FILE} was changed: it names the network {self.profile.identity.name}, "
                f"and the directory is that of {found.view.network.name}; put the right name back"
            )
        return found

    @property
    def halt(self) -> Halt | None:
        """What halted this desk; None, if it follows the log (`desk.replica.standing`)."""
        self.replica()
        return self.store.standing(self.profile.identity.network).halt

    def check_following(self, what: str) -> None:
        """Return if this desk follows the log; raise Halted, which says that `what` is not done, if it is halted."""
        refuse(self.halt, what)

    def endings(self) -> list[Ending]:
        """Whose keys run out soon, or have, that this desk's officer is to hear of (`desk.keys.key_sets`, rule 3)."""
        return endings(self.store, self.replica().view, self.profile.identity, self.clock())

    async def exchange(self, client: RelayClient) -> Exchanged:
        """Directory, key sets, outbox, stream, intake, erasure: everything that can be brought up to date."""
        try:
            exchanged = await self._exchange(client)
        finally:
            # Last, also when it failed: what came is open by now, so no message waits any more for a seed that goes.
            erased = self.settle()
        exchanged.erased_keys = erased
        exchanged.taken.add(self._early())
        return exchanged

    async def _exchange(self, client: RelayClient) -> Exchanged:
        exchanged = await self._synchronised(client)
        doubted = exchanged.failed is not None  # then nothing is sealed by the directory, and nothing sent
        if (checkpoint := exchanged.synchronised.replica.checkpoint) is not None:
            # Remembered before a checkpoint comes that no witness has cosigned.
            backed = vouched(self.keyring.vault, self.replica(), self.clock())
            frozen = [] if doubted else self._frozen(backed)
            if backed.rekeyed:
                self.warn(REKEYED)
            if not frozen:
                self.warn(late(self.clock(), checkpoint.time))
            exchanged.taken.alarms.extend(frozen)
        if self.profile.identity.kind == "secretariat":
            return exchanged
        try:
            await self.publish_keys(client)
            await refresh(self.store, client, self.replica().view, self.profile.identity, self.clock())
        except DeskError as error:  # mail waits for nothing that is wrong with this desk's own keys, or with others'
            exchanged.fail(error)
        try:
            exchanged.watched_elsewhere = not await self._drain()
            self._heard = 0 if exchanged.watched_elsewhere else self.clock()
        except DeskError as error:  # what has come before is taken in all the same, and what waits is sent
            exchanged.fail(error)
        exchanged.taken.add(self.take_in())
        try:
            if not doubted and (exchanged.taken.later or self.store.fact(BEHIND)):
                await self._catch_up(client, exchanged)
            if not doubted and self.halt is None:  # mail may have brought the proof that halts it
                await self.sender(client).flush(exchanged.flushed)
        except DeskError as error:
            exchanged.fail(error)
        if (doubt := exchanged.flushed.doubt()) is not None:  # whatever broke off after it
            exchanged.fail(doubt)
        return exchanged

    def _frozen(self, found: Vouched) -> list[str]:
        """The alarm over a relay that was just asked, and shows nothing that was vouched for within a day; if it is."""
        if (alarm := freeze(self.replica(), found, self.clock())) is None:
            end_freeze(self.store)
            return []
        return [in_a_line(distrust(self.profile, self.store, alarm, self.clock()))]

    async def _synchronised(self, client: RelayClient) -> Exchanged:
        """The directory brought up to date. An alarm over that cuts nobody off from their mail: it is handed back."""
        try:
            return Exchanged(await synchronise(self.profile, self.store, client, self.clock(), self.counted))
        except Misenrolled:
            raise
        except Distrust as error:
            replica = self.replica()
            if replica.checkpoint is None:
                raise
            return Exchanged(Synchronised(replica, 0, 0, 0), failed=error)

    def settle(self) -> int:
        """Erase every epoch seed whose time is over, and every message, by a time that no relay holds back; returns how
        many seeds (`desk.keys.erasing`, `desk.handling.expiry`). What is to be told stands in `untold`."""
        if self.profile.identity.kind != "officer":
            return 0
        done = settle(self.keyring.vault, self.keyring.epochs, self._proven, self._take_in_before_erasing, self.clock())
        self._untold.taken.add(done.taken)
        self.warn(*done.warnings, *erase_due(self, self._proven))
        return done.erased

    def warnings(self) -> list[str]:
        """What the officer is to hear, and has not; each is told once."""
        self.warn(*self.mail.damaged, *self.store.notices)
        found, self._untold.warnings = self._untold.warnings, []
        return found

    def untold(self) -> Settled:
        """As `warnings`, with what was taken in and handed to nobody."""
        self.warn(*self.mail.damaged, *self.store.notices)
        found, self._untold = self._untold, Settled()
        return found

    def warn(self, *warnings: str) -> None:
        fresh = [each for each in warnings if each and each not in self._warned]
        self._untold.warnings.extend(fresh)
        self._warned.update(fresh)

    async def publish_keys(self, client: RelayClient) -> bool:
        """Publish the next key set if the published one does not reach far enough ahead; returns whether one was."""
        self.warn(self.keyring.epochs.problem())
        now = making_time(self.keyring.vault, self._proven, self.clock())
        return await publish_keys(self.keyring, self.store, client, now, self.warn)

    def _proven(self) -> int:
        """The time in the newest checkpoint this desk has verified; 0 if there is none to be had."""
        try:
            checkpoint = self.replica().checkpoint
        except DeskError:  # whatever command needs the directory tells of it
            return 0
        return checkpoint.time if checkpoint is not None else 0

    def take_in(self, *, fresh: Container[Path] = frozenset()) -> TakenIn:
        """Open what the stream has brought; nothing is told to anybody yet.

        `fresh`: spooled files that were there before the replica was fetched, and so have nothing left to wait for.
        """
        taken = self._take_in(self.replica(), fresh)
        (early := self._early()).add(taken)  # only now: what fails above takes nothing away that is to be told
        return early

    def _take_in_before_erasing(self) -> TakenIn:
        """Nothing, where the directory on this disk is no good: every command tells that, and it keeps no key alive."""
        try:
            replica = self.replica()
        except DeskError:
            return TakenIn()
        return self._take_in(replica)

    def _take_in(self, replica: Replica, fresh: Container[Path] = frozenset()) -> TakenIn:
        taken = take_in(self.keyring, self.mail, self.store, replica, fresh=fresh)
        heard = max(self._heard, heard_until(self.profile.path, self.clock()))  # the watch has heard more than this
        known = Known(replica, lambda: self.store.entries(0), heard, self.clock())
        taken.alarms.extend(look_after(self.profile, self.mail, known))
        taken.alarms.extend(after_the_end(self.profile, self.mail, replica.view, taken.lines, self.clock()))
        self.warn(*accepted_twice(self.mail, replica.view, taken.receipts))
        if taken.behind:
            self.store.put_fact(BEHIND, b"1")
        return taken

    def _early(self) -> TakenIn:
        """What was taken in before keys were erased, and was handed to nobody yet."""
        early, self._untold.taken = self._untold.taken, TakenIn()
        return early

    def sender(self, client: RelayClient) -> Sender:
        """What sends the outbox over a connection."""
        return Sender(self.keyring, self.mail, self.store, client, self.clock, self.progress)

    async def _drain(self) -> bool:
        """Fetch what waits, unless `enlace watch` does so anyway; returns whether it was done. A watch that is started
        meanwhile has the stream after the item at hand, and what is left.

        A spool that is full is taken in, and what waits fetched after it, as long as that makes room, and is not begun
        anew after DRAIN_SECONDS: what cannot be believed makes room too, and a relay has as much of it as it likes.
        """
        with ExitStack() as held:
            try:
                self._give_way()
                held.enter_context(self.profile.locked("stream"))
            except (_Watched, Locked):
                return False
            spool, start = Spool(self.profile.path / "spool"), monotonic()
            met = Listener(self._met, self._after_each, self._after_each)
            while True:
                try:
                    self._give_way()  # also to one that came while a full spool was taken in
                    await drain(self.profile, reception_keys(self.profile), self.clock, met)
                    return True
                except _Watched:
                    return False
                except NoRoom as error:
                    before, self._untold.taken = len(spool.paths()), self.take_in()  # with what was there before
                    if len(spool.paths()) >= before:
                        raise
                    if monotonic() - start >= DRAIN_SECONDS:
                        raise endless() from error

    async def _met(self, hello: Hello) -> None:
        self.warn(apart(self.clock(), hello.time))

    async def _after_each(self, _: Arrived | int) -> None:
        self._give_way()

    def _give_way(self) -> None:
        """Raise _Watched if a watch is to have the stream. Where that cannot be told, mail is fetched: who listens
        holds the stream, and then nobody else gets it."""
        try:
            watched = self.profile.watched()
        except DeskError as error:
            self.warn(str(error))
            return
        if watched:
            raise _Watched

    async def _catch_up(self, client: RelayClient, exchanged: Exchanged) -> None:
        """Messages spoke of a larger directory: fetch it, take in what waited for it, and look at them again.

        Where the relay has no such directory to show, it hides something: an alarm, once for every such message.
        """
        # `enlace watch` goes on storing meanwhile: what comes from here on may speak of a directory larger again.
        before = frozenset(Spool(self.profile.path / "spool").paths())
        exchanged.synchronised = await synchronise(self.profile, self.store, client, self.clock(), self.counted)
        exchanged.taken.add(self.take_in(fresh=before))
        replica = self.replica()
        for stored in self.mail.all():
            if AHEAD in stored.facts.warnings:
                found, alarm = reconsidered(replica, stored)
                warnings = as_ordered(self.mail, replica.view, stored.message, stored.facts, found)
                if alarm is not None:
                    exchanged.taken.alarms.extend(told(self.profile, self.store, alarm, self.clock()))
                proven_now(self.profile, replica.view, stored, warnings)
                self.mail.note_facts(stored.number, msgspec.structs.replace(stored.facts, warnings=warnings))
        # All are looked at, and marked for good: after a crash before this line they are looked at once more.
        self.store.put_fact(BEHIND, b"")


@contextmanager
def unlocked(
    profile: Profile, keys: bytes | Keyring, clock: Clock, progress: Progress = silent, counted: Progress = silent
) -> Iterator[Unlocked]:
    """An unlocked profile, held by this process alone until the end of the block; keys whose time is over are gone."""
    with profile.locked("desk"), ExitStack() as closing:
        keyring = open_keyring(profile, keys) if isinstance(keys, bytes) else replace(keys)
        for folder in (profile.path, profile.path / "vault", profile.path / "files"):
            host.sweep(folder)
        stays = [*sweep_edited(profile), *sweep_served(profile.path)]
        try:
            store = ReplicaStore(profile.path / "replica.db", keyring.replica_seal, keyring.vault)
            closing.callback(store.close)
            mail = MailStore(profile.path / "messages.db", keyring)
            closing.callback(mail.close)
            desk = Unlocked(profile, keyring, store, mail, clock, progress, counted)
            desk.warn(*stays)
            desk.settle()
            forget_lapsed(keyring, clock())
            yield desk
        except sqlite3.Error as error:
            raise DeskError(f"a database in {profile.path} does not work: {error}") from error
