"""Small sealed files beside the key file: each an age file to the profile's own vault recipient.

The key file itself is slow to open and is written only when the passphrase changes. What changes every day (session,
epoch keys, pending invitations) is sealed to a recipient whose identity stands in the key file: so it needs the
passphrase to be read, and a single file can be erased without touching the others.

    enlace/vault/v1 epoch-0f3a9c41d2b7e680
    …what is kept under that name…

1. Nobody else can make such a file: the recipient is written nowhere, so only who has the identity can seal to it.
2. What is sealed says what it is called. Whoever can write the folder can give a file another's name; it is refused
   then as damaged. What is kept is decided by what stands inside, never by a file's name or its time.
3. They can still take a file away, or put back an older one *of the same name*. Neither tells them anything. An old
   session has run out at the relay, an old log-in is longer ago, an older list of epochs is overtaken
   (`desk.keys.epochs`), an older clock reading counts for less than the clock (`desk.keys.seen_time`). A seed
   put back is a seed they had copied: erasing protects against who comes later, not against who was there before
   (threat model).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from crypto.age import decrypt, encrypt
from crypto.age_pq import PQIdentity
from crypto.errors import CryptoError
from desk import host
from desk.errors import DeskError, Usage
from directory.canonical import Malformed, decode

T = TypeVar("T")
FOLDER = "vault"
_SUFFIX = ".age"
_NAME = re.compile(r"[a-z0-9-]{1,80}")
_HEAD = "enlace/vault/v1 "


def sealed_file(profile: Path, name: str) -> Path:
    """Where a profile's vault keeps what is stored under `name`; raises Usage for what is no name."""
    return _file(profile / FOLDER, name)


def _file(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise Usage(f"{name!r} names nothing that is kept: it has other characters than a-z, 0-9 and dashes")
    return folder / (name + _SUFFIX)


class Damaged(Usage):
    """A sealed file that is not what was put there: it does not open, or holds something else."""


class Vault:
    """Sealed files in one folder, by name; names are lower-case letters, digits and dashes."""

    def __init__(self, folder: Path, identity: PQIdentity) -> None:
        self._folder = folder
        self._identity = identity
        self._recipient = identity.recipient()

    def put(self, name: str, data: bytes) -> None:
        """Store `data` under `name`; durable on return. After a crash the old data or the new is there."""
        host.write_whole(self._path(name), encrypt(_head(name) + data, [self._recipient]))

    def get(self, name: str) -> bytes | None:
        """What is stored under `name`, None if nothing is; raises Damaged if it is not what was put there."""
        path = self._path(name)
        try:
            text = decrypt(path.read_bytes(), [self._identity])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
        except CryptoError as error:
            raise Damaged(f"{path} is damaged: {error}") from error
        if not text.startswith(_head(name)):
            raise Damaged(f"{path} is damaged: it holds what was kept under another name")
        return text[len(_head(name)) :]

    def get_value(self, name: str, kind: type[T]) -> T | None:
        """The value of `kind` stored under `name` as JSON, None if nothing is; raises Damaged if it is another."""
        raw = self.get(name)
        try:
            return decode(raw, kind) if raw is not None else None
        except Malformed as error:
            raise Damaged(f"{self._path(name)} is damaged: it holds something else") from error

    def erase(self, name: str) -> None:
        """Remove what is stored under `name`; durable on return. The file system may keep old blocks (threat model)."""
        path = self._path(name)
        try:
            host.remove(path)
        except OSError as error:
            raise DeskError(f"{path} cannot be removed: {host.reason(error)}") from error

    def names(self, prefix: str) -> Iterator[str]:
        """The stored names that begin with `prefix`; a file of another's name has that name here."""
        for path in sorted(self._folder.glob(f"{prefix}*{_SUFFIX}")):
            name = path.name.removesuffix(_SUFFIX)
            if _NAME.fullmatch(name):
                yield name

    def _path(self, name: str) -> Path:
        return _file(self._folder, name)


def _head(name: str) -> bytes:
    return f"{_HEAD}{name}\n".encode()
