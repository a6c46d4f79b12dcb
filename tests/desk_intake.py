"""ec-night's desk with a spool into which a test puts what the relay would have sent."""

from pathlib import Path
from typing import Any, Literal

from desk_world import (
    desk,
    give_keys,
    line_item,
    mail_of,
    replica,
)
from directory_world import World

from desk.keys.keyring import Keyring
from desk.mail.intake import TakenIn, take_in
from desk.mail.spool import Spool
from desk.mail.store import MailStore
from desk.replica.store import ReplicaStore
from directory.replay import Replica

HASH = "ab" * 32


class Desk:
    """ec-night's desk: a profile, its store, its spool."""

    def __init__(self, path: Path, world: World) -> None:
        self.world = world
        self.keyring: Keyring = desk(path, "ec-night", world)
        give_keys(self.keyring, "ec-night")
        self.mail: MailStore = mail_of(self.keyring)
        self.store = ReplicaStore(self.keyring.profile.path / "replica.db", self.keyring.replica_seal)
        self.spool = Spool(self.keyring.profile.path / "spool")

    def arrives(self, item: Any, payload: bytes) -> None:
        self.spool.put(item, payload, self.world.now)

    def take(self, known: Replica | None = None, *, fresh: bool = False) -> TakenIn:
        before = frozenset(self.spool.paths()) if fresh else frozenset[Path]()
        return take_in(self.keyring, self.mail, self.store, known or replica(self.world), fresh=before)

    def line_arrives(
        self, raw: bytes, kind: Literal["delivered", "step", "call", "notice"], envelope: str = HASH
    ) -> None:
        self.arrives(line_item(raw, kind, envelope, 9), raw)


def refused_files(here: Desk) -> list[str]:
    return [path.name for path in (here.keyring.profile.path / "spool").glob("*.refused")]
