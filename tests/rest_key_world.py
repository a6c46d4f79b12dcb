"""A relay's folder with sealed values in it, and what opens there: for tests of the key at rest."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
from relay_stores import REST_KEY

from config.database import open_database, transact
from config.settings import parse_settings
from crypto.encoding import b64
from directory.canonical import write_body
from relay.at_rest import AtRest, AtRestError
from relay.key_files import REST_TYPE, write_private
from relay.rest_key import BATCH, MIGRATIONS, Stage
from relay.settings import RelaySettings
from relay.store.sqlite_sealed import SEALED

BODIES = 2 * BATCH + 7
SETTINGS = '[listen]\npublic_url = "https://localhost:8460"\n[log]\norigin = "log.enlace.example/tests"\n'


class _Key(msgspec.Struct, frozen=True):
    key: str


def write_rest_key(key: bytes) -> bytes:
    """A key file that holds this key."""
    return write_body(REST_TYPE, _Key(b64(key))).encode()


KEY = write_rest_key(REST_KEY)


def settings_of(folder: Path) -> RelaySettings:
    path = folder / "relay.toml"
    return parse_settings(RelaySettings, path.read_text("utf-8"), path, {})


def values(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every sealed value of a data folder, with what it is sealed for."""
    for name, columns in SEALED.items():
        with closing(sqlite3.connect(folder / "data" / name)) as db:
            for each in columns:
                yield from ((each.row(key), value) for key, value in each.values(db))


def opened(folder: Path, key: bytes) -> dict[str, bytes]:
    """What a key opens."""
    rest, found = AtRest(key), dict[str, bytes]()
    for row, value in values(folder):
        try:
            found[row] = rest.open(row, value)
        except AtRestError:
            continue
    return found


def fill_relay(folder: Path) -> Path:
    """Three batches of bodies, and accounts as the first release left them, in today's tables."""
    (folder / "data").mkdir(0o700, parents=True)
    (folder / "relay.toml").write_text(SETTINGS)
    write_private(folder / "keys" / "rest.key", KEY)
    asyncio.run(fill(folder / "data"))
    return folder


async def fill(data: Path) -> None:
    rest = AtRest(REST_KEY)
    with closing(sqlite3.connect(data / "accounts.db")) as frozen:
        frozen.executescript((Path(__file__).parent / "data" / "accounts-1.sql").read_text())
    (data / "accounts.db").chmod(0o600)
    rows = [(f"{n:064x}", rest.seal(f"bodies/{n:064x}", b"body %d" % n * 9)) for n in range(BODIES)]
    await (await open_database(data / "accounts.db", MIGRATIONS["accounts.db"])).close()
    db = await open_database(data / "directory.db", MIGRATIONS["directory.db"], erase_deleted=True)
    await transact(db, lambda connection: connection.executemany("INSERT INTO bodies VALUES (?, ?)", rows))
    await db.close()


def quiet(stage: Stage, done: int, whole: int) -> None:
    """Nobody watches."""
