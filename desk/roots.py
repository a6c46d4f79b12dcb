"""The secretariat's root keys: each in a key file of its own, made once, kept offline, opened only to sign."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.errors import CryptoError
from crypto.keyfile import KeyFile, WrongPassphrase, read_keyfile, write_keyfile
from desk import host
from desk.errors import Locked, NotFound, Usage
from desk.statements import Voice, root_voice

ROLE = "root"
_SECRET = "root-ed25519"  # noqa: S105  # the name of a secret, not one


def make_root_key(path: Path, passphrase: bytes, work_factor: int) -> Ed25519PrivateKey:
    """A fresh root key in a new key file; refuses (Usage) to replace one that is there."""
    if path.exists():
        raise Usage(f"{path} exists already; a root key is never overwritten")
    seed = os.urandom(32)
    host.write_whole(path, write_keyfile(KeyFile(ROLE, {_SECRET: seed}), passphrase, work_factor))
    return Ed25519PrivateKey.from_private_bytes(seed)


def open_root_key(path: Path, passphrase: bytes) -> Voice:
    """The voice of a root key file; raises NotFound, Locked for a wrong passphrase, Usage for another kind of file."""
    try:
        secrets = read_keyfile(path.read_bytes(), passphrase, ROLE).secrets
        return root_voice(Ed25519PrivateKey.from_private_bytes(secrets[_SECRET]))
    except FileNotFoundError as error:
        raise NotFound(f"there is no root key at {path}") from error
    except WrongPassphrase as error:
        raise Locked(f"the passphrase for {path} is wrong") from error
    except (CryptoError, KeyError, OSError) as error:
        raise Usage(f"{path} is no root key: {error}") from error
