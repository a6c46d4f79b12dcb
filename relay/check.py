"""Whether a relay could be started, and is what it says: looked at without changing anything, also while it runs."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from config.database import DatabaseError, in_thread, open_for_reading
from config.private import holder, laxness
from directory.canonical import Malformed
from directory.replay import Replica
from relay.assembly import LOCK
from relay.at_rest import AtRest
from relay.certificates import CertificateError, certificate_end, tls_context
from relay.directory_log import LogBroken, follow_store
from relay.disk import Disk
from relay.key_files import KeyFileError, read_rest_key
from relay.mail.sqlite_store import MIGRATIONS as MAIL_MIGRATIONS
from relay.open_files import fitting, open_files
from relay.own_keys import OwnKeys
from relay.preparation import RELAY_KEYS, SETTINGS, PreparationError, public_host
from relay.protocol.relay_keys import read_relay_keys
from relay.registered_witnesses import WitnessesError, read_witnesses
from relay.rekey import read_own_keys, waiting
from relay.rest_key_files import check_settled, old_file
from relay.settings import RelaySettings
from relay.store import sqlite_accounts, sqlite_directory, sqlite_log
from relay.store.contract import StoreFailed
from relay.store.sqlite_sealed import MEND, SEALED, WrongKey, kept_recovery_key, look_at_sealed
from relay.system_trust import check_system_trust

SOON = 30 * 86_400
STORES = {
    "log.db": sqlite_log.MIGRATIONS,
    "directory.db": sqlite_directory.MIGRATIONS,
    "accounts.db": sqlite_accounts.MIGRATIONS,
    "mail.db": MAIL_MIGRATIONS,
}
_TROUBLE = (
    CertificateError, DatabaseError, KeyFileError, LogBroken, Malformed, OSError, PreparationError,
    StoreFailed, WitnessesError, WrongKey, sqlite3.Error,
)  # fmt: skip


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: whether it is in order, and what was found."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class _Place:
    settings: RelaySettings
    folder: Path
    now: int


async def check_relay(settings: RelaySettings, folder: Path, now: int) -> list[Finding]:
    """Look at everything; `folder` is where the settings file stands."""
    place, found = _Place(settings, folder, now), list[Finding]()
    looks: dict[str, Callable[[_Place], Awaitable[str]]] = {
        "process": _process,
        "key files": _key_files,
        "certificate": _certificate,
        "databases": _databases,
        "log": _log,
        "key at rest": _at_rest,
        "open files": _open_files,
        "witnesses": _witnesses,
        "disk": _disk,
    }
    for name, look in looks.items():
        try:
            found.append(Finding(name=name, ok=True, detail=await look(place)))
        except _TROUBLE as error:
            found.append(Finding(name=name, ok=False, detail=str(error)))
    return found


async def _process(place: _Place) -> str:
    folder = Path(place.settings.data.folder)
    why = laxness(folder)
    if why:
        raise DatabaseError(why)
    by = holder(folder / LOCK)
    if by is None:
        return "no relay runs on this data"
    return f"a relay runs on this data{f': process {by}' if by else ''}"


async def _key_files(place: _Place) -> str:
    keys = place.settings.keys
    own = read_own_keys(place.settings)
    read_rest_key(Path(keys.rest))
    if set(own.logs) & set(own.receipts):
        raise KeyFileError("the log's keys and the receipt keys are to be different")
    more = "; next keys wait beside them" if waiting(place.settings) else ""
    return f"log, receipt and rest keys are readable by their owner alone{more}"


async def _certificate(place: _Place) -> str:
    listen = place.settings.listen
    tls_context(Path(listen.certificate), Path(listen.key))
    announced, authority = place.folder / RELAY_KEYS, b""
    if announced.is_file():
        authority = read_relay_keys(announced.read_bytes()).authority.encode()
    host = public_host(listen.public_url)
    days = (certificate_end(Path(listen.certificate), host, authority, place.now) - place.now) // 86_400
    words = f"for {host}, ends in {days} days"
    if not authority:
        try:
            check_system_trust(Path(listen.certificate), Path(listen.key), host)
        except CertificateError:  # no reason not to start: desks may know one that this machine does not
            words += "; no authority that this machine's system trusts vouches for it"
    return words + (": renew it now" if days * 86_400 < SOON else "")


async def _databases(place: _Place) -> str:
    there = [name for name in STORES if place.settings.store(name).is_file()]
    for name in there:
        db = await open_for_reading(place.settings.store(name), STORES[name])
        try:
            wrong = await in_thread(db, _quick_check)
        finally:
            await db.close()
        if wrong:
            raise DatabaseError(f"{name} is damaged: {wrong}; restore a backup")
    return f"{', '.join(there)} are whole and up to date" if there else "none yet; the first start makes them"


async def _log(place: _Place) -> str:
    path = place.settings.store("log.db")
    if not path.is_file():
        return "empty; it waits for the founding of the network"
    own = read_own_keys(place.settings)
    db = await open_for_reading(path, sqlite_log.MIGRATIONS)
    try:
        replica, _, _ = await follow_store(sqlite_log.SqliteLog(db), Replica(pinned=""))
    finally:
        await db.close()
    if replica.checkpoint is None:
        return "empty; it waits for the founding of the network"
    if not own.named_in(replica.view):
        raise LogBroken("the directory names another relay, or other keys than this one's")
    taken = OwnKeys(own.origin, own.logs[-1:], own.receipts[-1:]).named_in(replica.view)
    old = "; it names the next keys: run `enlace relay rekey --take`" if taken and waiting(place.settings) else ""
    age = place.now - replica.checkpoint.time
    return (
        f"{replica.size} statements of {replica.view.founded.name} replay and hash to their checkpoint, "
        f"signed {max(age, 0)} s ago{old}"
    )


async def _at_rest(place: _Place) -> str:
    check_settled(Path(place.settings.keys.rest), str(place.folder / SETTINGS))
    rest = AtRest(read_rest_key(Path(place.settings.keys.rest)))
    opened, damaged = 0, list[str]()
    for name in SEALED:
        path = place.settings.store(name)
        if path.is_file():
            db = await open_for_reading(path, STORES[name])
            try:
                looked = await in_thread(db, partial(look_at_sealed, name=name, rest=rest))
                if name == "accounts.db":
                    await in_thread(db, partial(kept_recovery_key, rest=rest))
            finally:
                await db.close()
            opened += looked.opened
            damaged += [f"{row} in {name}" for row in looked.damaged]
    if damaged:  # no reason not to start: the others are served, and readiness says that some are missing
        more = f" and {len(damaged) - 1} more do not" if len(damaged) > 1 else " does not"
        return f"opens {opened} values, but {damaged[0]}{more}: {MEND}"
    old = old_file(Path(place.settings.keys.rest))
    left = f"; the next start erases the old key, which is still in {old}" if old.exists() else ""
    return (
        f"opens all {opened} values that the databases hold{left}" if opened else f"nothing is sealed with it yet{left}"
    )


async def _witnesses(place: _Place) -> str:
    file = place.settings.witnesses.file
    if not file:
        return "none: desks call this directory unwitnessed"
    found = read_witnesses(Path(file))
    calling = sum(1 for each in found if not each.url)
    return f"{len(found)} registered, of whom {calling} call by themselves"


async def _open_files(place: _Place) -> str:
    limit, wanted = open_files(hard=True), place.settings.listen.connections
    most = fitting(wanted, limit)
    given = "no limit" if limit is None else f"{limit}"
    if most < wanted:
        return f"{given}: only {most} of {wanted} connections fit; raise the hard limit (LimitNOFILE, ulimit -Hn)"
    return f"{given}: all of {wanted} connections fit"


async def _disk(place: _Place) -> str:
    return await asyncio.to_thread(_room, place)


def _room(place: _Place) -> str:
    folder = Path(place.settings.data.folder)
    disk = Disk(folder if folder.is_dir() else place.folder, place.settings.data.keep_free_bytes)
    if disk.low:
        raise OSError(f"{disk.free} bytes are free, and {disk.keep} are to stay free: new mail is refused")
    return f"{disk.free >> 20} MiB are free, of which {disk.keep >> 20} are to stay free"


def _quick_check(db: sqlite3.Connection) -> str:
    with closing(db.execute("PRAGMA quick_check(1)")) as rows:
        words = str(rows.fetchone()[0])
    return "" if words == "ok" else words
