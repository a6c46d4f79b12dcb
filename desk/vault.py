"""Small sealed files beside the key file: each an age file to the profile's own vault recipient.

The key file itself is slow to open and is written only when the passphrase changes. What changes every day (session,
epoch keys, pending invitations) is sealed to a recipient whose identity stands in the key file: so it needs the
passphrase to be read, and a single file can be erased without touching the others.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from crypto.age import decrypt, encrypt
from crypto.age_pq import PQIdentity
from crypto.errors import CryptoError
from desk import host
from desk.errors import Usage
from directory.canonical import Malformed, decode

T = TypeVar("T")
_SUFFIX = ".age"
_NAME = re.compile(r"[a-z0-9-]{1,80}")


class Vault:
    """Sealed files in one folder, by name; names are lower-case letters, digits and dashes."""

    def __init__(self, folder: Path, identity: PQIdentity) -> None:
        self._folder = folder
        self._identity = identity
        self._recipient = identity.recipient()

    def put(self, name: str, data: bytes) -> None:
        """Store `data` under `name`; durable on return. After a crash the old data or the new is there."""
        host.write_whole(self._path(name), encrypt(data, [self._recipient]))

    def get(self, name: str) -> bytes | None:
        """What is stored under `name`, None if nothing is; raises Usage if it was damaged."""
        path = self._path(name)
        try:
            return decrypt(path.read_bytes(), [self._identity])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
        except CryptoError as error:
            raise Usage(f"{path} is damaged: {error}") from error

    def get_value(self, name: str, kind: type[T]) -> T | None:
        """The value of `kind` stored under `name` as JSON, None if nothing is; raises Usage if it is something else."""
        raw = self.get(name)
        try:
            return decode(raw, kind) if raw is not None else None
        except Malformed as error:
            raise Usage(f"{self._path(name)} is damaged: it holds something else") from error

    def erase(self, name: str) -> None:
        """Remove what is stored under `name`; durable on return. The file system may keep old blocks (threat model)."""
        host.remove(self._path(name))

    def names(self, prefix: str) -> Iterator[str]:
        """The stored names that begin with `prefix`."""
        for path in sorted(self._folder.glob(f"{prefix}*{_SUFFIX}")):
            yield path.name.removesuffix(_SUFFIX)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Usage(f"{name!r} names nothing that is kept: it has other characters than a-z, 0-9 and dashes")
        return self._folder / (name + _SUFFIX)
