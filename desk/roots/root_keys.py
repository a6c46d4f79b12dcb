"""The secretariat's root keys: each in a key file of its own, made once, kept offline, opened only to sign.

Beside a key file that was made by itself stands its public half, which may go anywhere:

    enlace/root-public/v1
    {"ed25519":"…","fingerprint":"48211 90315 …"}

Byte by byte: the type line, one line of canonical JSON, a newline after each. `ed25519` is the public key (32 bytes,
base64), `fingerprint` that of its local id (`crypto.fingerprint`), for people: they compare it by voice.
"""

import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import b64, unb64
from crypto.errors import CryptoError
from crypto.fingerprint import fingerprint
from crypto.keyfile import KeyFile, WrongPassphrase, read_keyfile, write_keyfile
from crypto.note import is_weak_ed25519
from desk import host
from desk.errors import Locked, NotFound, Usage
from desk.replica.statements import Voice, root_voice
from directory.canonical import Malformed, read_body, write_body
from directory.fields import Key32
from directory.judge_network import root_id

ROLE = "root"
PUBLIC_TYPE = "enlace/root-public/v1"
_SECRET = "root-ed25519"  # noqa: S105  # the name of a secret, not one


class RootPublic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public half of a root key."""

    ed25519: Key32
    fingerprint: str

    @property
    def local(self) -> str:
        """The key's local id."""
        return root_id(unb64(self.ed25519, 32))


def make_root_key(path: Path, passphrase: bytes, work_factor: int) -> Ed25519PrivateKey:
    """A fresh root key in a new key file; refuses (Usage) to replace one that is there."""
    if os.path.lexists(path):
        raise Usage(f"{path} exists already; a root key is never overwritten")
    seed = os.urandom(32)
    host.write_new(path, [write_keyfile(KeyFile(ROLE, {_SECRET: seed}), passphrase, work_factor)])
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


def public_half(key: Ed25519PrivateKey) -> RootPublic:
    """The public half of a root key."""
    public = key.public_key().public_bytes_raw()
    return RootPublic(ed25519=b64(public), fingerprint=fingerprint(root_id(public)))


def write_public(public: RootPublic) -> bytes:
    """The file of a public half."""
    return write_body(PUBLIC_TYPE, public).encode()


def read_public(raw: bytes) -> RootPublic:
    """The public half in a file; raises Malformed for anything else, and for a fingerprint of another key."""
    try:
        public = read_body(raw.decode(), PUBLIC_TYPE, RootPublic)
    except UnicodeDecodeError as error:
        raise Malformed("it is not UTF-8") from error
    if public.fingerprint != fingerprint(public.local):
        raise Malformed("its fingerprint is that of another key: it was altered")
    if is_weak_ed25519(unb64(public.ed25519, 32)):
        raise Malformed("its key is none that a key generator makes")
    return public
