"""The relay put together from its settings: key files, stores, directory, access, mail, and the tasks that run beside.

Everything is opened in order and closed in the opposite one; whatever fails half-way leaves nothing open. The real
clocks enter here and nowhere else.
"""

import asyncio
import os
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

import aiosqlite
import structlog

from config.database import DatabaseError, in_thread, open_database, transact
from config.private import Held, hold, laxness
from relay.access import Access
from relay.at_rest import AtRest
from relay.authenticators import Authenticators
from relay.cosigning import Cosigning
from relay.directory_log import DirectoryLog
from relay.disk import Disk
from relay.door import Gate
from relay.enrolments import Enrolments
from relay.health import Readiness
from relay.housekeeping import Housekeeping
from relay.key_sets import KeySets
from relay.log_in import LogIns
from relay.mail.mail import Mail
from relay.mail.sqlite_store import open_mail_store
from relay.metrics import Metrics
from relay.open_files import fitting, open_files
from relay.portal.access import PortalAccesses
from relay.portal.derivation import STRONG, Cost, Derivations
from relay.portal.log_in import PortalLogIns
from relay.portal.look_up import LookUps
from relay.portal.sqlite_store import SqlitePortal
from relay.registered_witnesses import read_witnesses
from relay.rekey import read_own_keys
from relay.rest_key_files import erase_old, settled_rest_key
from relay.rules.nonces import KEY_SIZE
from relay.rules.throttle import Buckets
from relay.served_certificate import ServedCertificate
from relay.settings import RelaySettings
from relay.store import sqlite_accounts, sqlite_directory, sqlite_log
from relay.store.sqlite_sealed import FIRST, look_at_sealed, settle_recovery_key
from relay.tiled_log import TiledLog
from relay.views import Clock

LOCK = "relay.lock"
MEMBERS = 1000
log = structlog.get_logger()


class AlreadyRunning(Exception):
    """Another process runs a relay on the same data."""


def system_clock() -> int:
    """Unix seconds."""
    return int(time.time())


def system_ticks() -> int:
    """Seconds of a clock that never goes back."""
    return int(time.monotonic())


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks of a process."""

    now: Clock = system_clock
    ticks: Clock = system_ticks


@dataclass(frozen=True)
class Relay:
    """A relay that is open."""

    settings: RelaySettings
    clocks: Clocks
    directory: DirectoryLog
    tiled: TiledLog
    cosigning: Cosigning
    keysets: KeySets
    access: Access
    log_ins: LogIns
    authenticators: Authenticators
    enrolments: Enrolments
    portal_accesses: PortalAccesses
    portal_log_ins: PortalLogIns
    look_ups: LookUps
    housekeeping: Housekeeping
    mail: Mail
    readiness: Readiness
    metrics: Metrics
    gate: Gate
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def stop_mail(self) -> None:
        """Let listening devices go and finish what was taken; once."""
        if not self._stopped.is_set():
            self._stopped.set()
            await self.mail.stop()


@asynccontextmanager
async def open_relay(
    settings: RelaySettings,
    clocks: Clocks | None = None,
    dropped: Counter[str] | None = None,
    served: ServedCertificate | None = None,
    cost: Cost = STRONG,
) -> AsyncIterator[Relay]:
    """The relay of `settings`, its stores open and its tasks running.

    Raises AlreadyRunning, KeyFileError, DatabaseError, LogBroken, or WrongKey for a key at rest that opens nothing the
    stores hold. OSError where the data folder cannot be used.

    `dropped` counts what the log's allow-list kept out, for the metrics. `served` is the certificate, where this
    process serves with one of its own. `cost` is that of portal passphrases: less than STRONG is for tests.
    """
    clocks = clocks or Clocks()
    folder = Path(settings.data.folder)
    async with AsyncExitStack() as stack:
        stack.enter_context(hold_data(folder))  # closed last of all
        own = read_own_keys(settings)
        rest = AtRest(settled_rest_key(Path(settings.keys.rest)))

        async def database(name: str, migrations: str, *, erase: bool) -> aiosqlite.Connection:
            db = await open_database(settings.store(name), migrations, erase_deleted=erase)
            stack.push_async_callback(db.close)
            return db

        log_store = sqlite_log.SqliteLog(await database("log.db", sqlite_log.MIGRATIONS, erase=False))
        bodies_db = await database("directory.db", sqlite_directory.MIGRATIONS, erase=True)
        bodies, kept = sqlite_directory.SqliteBodies(bodies_db, rest), sqlite_directory.SqliteKeySets(bodies_db)
        accounts_db = await database("accounts.db", sqlite_accounts.MIGRATIONS, erase=True)
        accounts = sqlite_accounts.SqliteAccounts(accounts_db, rest)
        portal = SqlitePortal(accounts_db, rest)
        for name, db in (("directory.db", bodies_db), ("accounts.db", accounts_db)):
            await in_thread(db, partial(look_at_sealed, name=name, rest=rest, most=FIRST))
        _erase_old_rest_key(Path(settings.keys.rest))
        # A crash at this line leaves the key of the recovery codes kept, or a file in which nothing was hashed with it.
        recovery_key = await transact(accounts_db, partial(settle_recovery_key, rest=rest))
        mail_store = await open_mail_store(settings.store("mail.db"))
        stack.push_async_callback(mail_store.close)

        derivations = Derivations(settings.portal.derivations, settings.portal.waiting, cost)
        stack.callback(derivations.close)
        quota = Buckets(settings.log.member_burst, settings.log.member_per_minute, MEMBERS)
        directory = DirectoryLog(log_store, bodies, own, clocks.now, quota)
        await directory.load()
        cosigning = _cosigning(settings, directory, clocks.now)
        directory.on_checkpoint(cosigning.wake)
        keysets = KeySets(kept, directory)
        metrics, disk = Metrics(), Disk(folder, settings.data.keep_free_bytes)
        mail = Mail(
            store=mail_store,
            folder=settings.store("attachments"),
            views=directory,
            clock=clocks.now,
            keys=keysets,
            own=own,
            settings=settings.mail,
            disk=disk,
        )
        listen = settings.listen
        most = fitting(listen.connections, open_files())
        gate = Gate(most, listen.connections_each, listen.proxies)
        metrics.watch(directory, mail, disk, gate, clocks.now, Counter() if dropped is None else dropped)
        relay = Relay(
            settings=settings,
            clocks=clocks,
            directory=directory,
            tiled=TiledLog(log_store, directory, cosigning.cosigned),
            cosigning=cosigning,
            keysets=keysets,
            access=Access(
                accounts=accounts,
                views=directory,
                public_url=settings.listen.public_url,
                settings=settings.access,
                nonce_key=os.urandom(KEY_SIZE),
                clock=clocks.now,
                ticks=clocks.ticks,
                is_witness=lambda key: cosigning.by_key(key) is not None,
            ),
            log_ins=LogIns(
                accounts=accounts,
                views=directory,
                settings=settings.access,
                recovery_key=recovery_key,
                clock=clocks.now,
            ),
            authenticators=Authenticators(
                accounts=accounts, views=directory, recovery_key=recovery_key, clock=clocks.now
            ),
            enrolments=Enrolments(accounts, directory, clocks.now, secrets.token_bytes),
            portal_accesses=PortalAccesses(
                store=portal,
                accounts=accounts,
                views=directory,
                derivations=derivations,
                settings=settings.portal,
                clock=clocks.now,
            ),
            portal_log_ins=PortalLogIns(
                store=portal, views=directory, derivations=derivations, settings=settings.portal, clock=clocks.now
            ),
            look_ups=LookUps(directory, keysets, clocks.now),
            housekeeping=Housekeeping(
                accounts, portal, keysets, directory, clocks.now, settings.access, settings.portal
            ),
            mail=mail,
            readiness=Readiness(
                directory,
                (log_store, bodies, accounts, mail_store),
                disk,
                settings.log.renew_seconds,
                clocks.now,
                served,
            ),
            metrics=metrics,
            gate=gate,
        )
        await directory.renew()
        await mail.start()
        stack.push_async_callback(relay.stop_mail)
        run_beside(stack, directory.keep_renewing(settings.log.renew_seconds), "renewal")
        run_beside(stack, relay.housekeeping.run(), "housekeeping")
        if cosigning.witnesses:
            metrics.watch_witnesses(cosigning)
            run_beside(stack, cosigning.run(), "witnesses")
        if served is not None:
            metrics.watch_certificate(served)
            run_beside(stack, served.keep_looking(), "certificate")
        yield relay


def run_beside(stack: AsyncExitStack, work: Coroutine[object, object, None], name: str) -> None:
    """Run `work` until the relay closes. Cancelled, it leaves its stores as after a crash: whole.

    One that ends before is logged: the relay goes on without it, and somebody has to know.
    """
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_say_if_it_failed)

    async def end() -> None:
        task.cancel()
        await asyncio.wait([task])

    stack.push_async_callback(end)


def _say_if_it_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task-ended", reason=task.get_name(), exc_info=error)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(0o700, parents=True)
    why = laxness(folder)
    if why:
        raise DatabaseError(why)


def hold_data(folder: Path) -> BinaryIO:
    """The lock of the data folder, made if need be, held until it is closed; raises AlreadyRunning, DatabaseError.

    Two relays on one folder would each clear away what the other is about to use.
    """
    _make_folder(folder)
    try:
        return hold(folder / LOCK)
    except Held as error:
        raise AlreadyRunning(f"{error} runs a relay on {folder} already; stop it first") from error


def _cosigning(settings: RelaySettings, directory: DirectoryLog, clock: Clock) -> Cosigning:
    """Who cosigns, and what they said; raises WitnessesError."""
    about = settings.witnesses
    witnesses = read_witnesses(Path(about.file)) if about.file else ()
    return Cosigning(witnesses, directory, clock, about.seconds, Path(about.authority) if about.authority else None)


def _erase_old_rest_key(path: Path) -> None:
    """End a renewal of the key at rest that broke off at its very end; a disk that refuses stops no start."""
    try:
        if erase_old(path):
            log.info("old-rest-key-erased")
    except OSError as error:
        log.warning("old-rest-key-not-erased", exc_info=error)
