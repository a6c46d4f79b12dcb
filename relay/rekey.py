"""A relay's next keys: made beside the ones in force, named by the roots in their own time, then put in their place.

    keys/log-next.key, keys/receipt-next.key    the next pairs, mode 600
    relay-keys-next.json                        their public halves, for `enlace network name-relay`

1. `make_next` touches nothing that is there, and says which pairs waited already: they have lain in backups since, and
   whoever has the present keys from one may have them too. `forget_next` throws them away, while no relay runs: one
   that holds them could go over to them, and would then be without. The relay is restarted once, at any time, so that
   it holds both sets; it goes on signing with the present one. The root ceremony may take days: nobody waits for it.
2. The statement that names the next keys is handed to the running relay. From that entry on it signs with them
   (`relay.own_keys`): there is no moment without a relay.
3. `take` puts them in place, and erases the old secret keys by that, only when the stored log names the next ones.
   Until it was run, the relay reads both sets at its start and signs with whichever the log names.

What a crash leaves. In `make_next`: one pair, or both, and no JSON file yet; run again it goes on with the pairs that
are there. A file that was cut off while it was written is refused on reading; nobody has seen its key, so it is
deleted by hand. In `take`, after any rename: a log key and a receipt key of which one is new and one old, with the
other's next beside it. The relay finds the pair that is named for either use, and `take` goes on where it stopped.
"""

from dataclasses import dataclass
from pathlib import Path

from config.database import open_for_reading
from config.whole_files import PUBLIC, sync_folder, write_whole
from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from crypto.signing import SecretPair
from directory.replay import Replica
from directory.view import View
from relay.directory_log import follow_store
from relay.key_files import KeyFileError, Use, make_pair, read_pair
from relay.own_keys import OwnKeys
from relay.preparation import RELAY_KEYS
from relay.protocol.relay_keys import RELAY_KEYS_TYPE, RelayKeys, read_relay_keys, write_relay_keys
from relay.settings import RelaySettings
from relay.store import sqlite_log

NEXT_KEYS = "relay-keys-next.json"


class RekeyError(Exception):
    """Next keys that cannot be made or taken now; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class NextKeys:
    """Where the public keys are, the fingerprints to compare by voice, and which key files were there before."""

    relay_keys: Path
    log_fingerprint: str
    receipt_fingerprint: str
    waited: tuple[Path, ...]


def beside(path: Path) -> Path:
    """Where the next key stands: `log-next.key` beside `log.key`."""
    return path.with_name(f"{path.stem}-next{path.suffix}")


def read_own_keys(settings: RelaySettings) -> OwnKeys:
    """The pairs in force and, if they are there, the next ones; raises KeyFileError."""
    return OwnKeys(
        settings.log.origin, _pairs(Path(settings.keys.log), "log"), _pairs(Path(settings.keys.receipt), "receipt")
    )


async def make_next(settings: RelaySettings, folder: Path) -> NextKeys:
    """Make the next pairs, or go on with those that are there; raises RekeyError, and as `take` does."""
    await _check_unnamed(settings)
    waited = tuple(each for each in _next_files(settings) if each.exists())
    present = folder / RELAY_KEYS
    about = read_relay_keys(present.read_bytes()) if present.is_file() else None
    log, receipt = _made(Path(settings.keys.log), "log"), _made(Path(settings.keys.receipt), "receipt")
    keys = RelayKeys(
        type=RELAY_KEYS_TYPE,
        relay=settings.listen.public_url,
        authority=about.authority if about is not None else "",
        origin=settings.log.origin,
        log_ed25519=b64(log.public.ed25519),
        log_mldsa44=b64(log.public.mldsa44),
        receipt_ed25519=b64(receipt.public.ed25519),
        receipt_mldsa44=b64(receipt.public.mldsa44),
    )
    # After a crash here the pairs are there, and the next run writes this file.
    write_whole(folder / NEXT_KEYS, write_relay_keys(keys), PUBLIC)
    return NextKeys(folder / NEXT_KEYS, fingerprint(log.public.id), fingerprint(receipt.public.id), waited)


async def forget_next(settings: RelaySettings, folder: Path) -> None:
    """Throw next pairs away that wait; whoever calls holds the relay's data, so that none runs. Raises RekeyError."""
    await _check_unnamed(settings)
    for path in (folder / NEXT_KEYS, *_next_files(settings)):
        # After a crash behind any of these the next run forgets, or goes on with and tells of, what is left.
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


async def take(settings: RelaySettings, folder: Path) -> list[Path]:
    """Put the next keys in place where the stored log names them; returns what was replaced.

    Raises RekeyError, nothing changed, where it names others; LogBroken or StoreFailed for a log that cannot be read.
    """
    view, own = await _stored_view(settings), read_own_keys(settings)
    pairs = {Path(settings.keys.log): own.logs, Path(settings.keys.receipt): own.receipts}
    moves = [(beside(path), path) for path, found in pairs.items() if len(found) > 1]
    if (folder / NEXT_KEYS).is_file():
        moves.append((folder / NEXT_KEYS, folder / RELAY_KEYS))
    if not moves:
        raise RekeyError("there are no next keys to take; `enlace relay rekey` makes them")
    if not _newest(own).named_in(view):
        raise RekeyError(
            "the stored log does not name the next keys yet: the secretariat publishes them with `enlace network "
            "name-relay`. Nothing was changed"
        )
    for source, target in moves:
        # After a crash behind any of these, one use has its new key and the other still both; the next run goes on.
        source.replace(target)
        sync_folder(target.parent)
    return [target for _, target in moves]


def waiting(settings: RelaySettings) -> bool:
    """Whether there are next keys beside those in force."""
    return any(each.exists() for each in _next_files(settings))


def _next_files(settings: RelaySettings) -> tuple[Path, ...]:
    return tuple(beside(Path(each)) for each in (settings.keys.log, settings.keys.receipt))


async def _check_unnamed(settings: RelaySettings) -> None:
    if waiting(settings) and _newest(_there(settings)).named_in(await _stored_view(settings)):
        raise RekeyError("the log names the next keys already: run `enlace relay rekey --take` before others are made")


def _pairs(path: Path, use: Use) -> tuple[SecretPair, ...]:
    present = read_pair(path, use)
    return (present, read_pair(beside(path), use)) if beside(path).exists() else (present,)


def _newest(own: OwnKeys) -> OwnKeys:
    return OwnKeys(own.origin, own.logs[-1:], own.receipts[-1:])


def _there(settings: RelaySettings) -> OwnKeys:
    try:
        return read_own_keys(settings)
    except KeyFileError as error:
        words = f"{error}. A next key that was cut off while it was made is nobody's: delete it and begin anew"
        raise RekeyError(words) from error


def _made(path: Path, use: Use) -> SecretPair:
    return read_pair(beside(path), use) if beside(path).exists() else make_pair(beside(path), use)


async def _stored_view(settings: RelaySettings) -> View:
    path = settings.store("log.db")
    if not path.is_file():
        return View()
    db = await open_for_reading(path, sqlite_log.MIGRATIONS)
    try:
        # Nothing is changed here; a crash leaves what was there.
        return (await follow_store(sqlite_log.SqliteLog(db), Replica(pinned="")))[0].view
    finally:
        await db.close()
