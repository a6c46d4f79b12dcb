"""The relay's own key files. A daemon starts alone, so they stand unsealed: the file system guards them.

1. `log.key` and `receipt.key` hold the two seeds of a signing pair, `rest.key` the key at rest; each one typed text.
2. A file is made anew, never written over, mode 600; on POSIX a laxer mode, or another owner, is refused on reading.
3. What was generated is written, flushed to the disk, and read back before it is used.
"""

import os
import stat
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from config.whole_files import write_new
from crypto.encoding import b64, unb64
from crypto.errors import CryptoError
from crypto.signing import SecretPair
from directory.canonical import Malformed, read_body, write_body
from relay.at_rest import KEY_SIZE

Seed = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9+/]{43}=\Z")]
Use = Literal["log", "receipt", "witness"]
PAIR_TYPE = "enlace/relay-key/v1"
REST_TYPE = "enlace/rest-key/v1"
MOST_KEY_BYTES = 4096


class KeyFileError(Exception):
    """A key file that is missing, open to others, or not what it should be; the text says what to do."""


class _Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    use: Use
    ed25519: Seed
    mldsa44: Seed


class _Rest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Seed


def make_pair(path: Path, use: Use) -> SecretPair:
    """A fresh signing pair, in a fresh file; refuses a file that is there already."""
    write_pair(path, use, SecretPair.generate())
    return read_pair(path, use)


def write_pair(path: Path, use: Use, pair: SecretPair) -> None:
    """A signing pair in a fresh file; refuses a file that is there already."""
    value = _Pair(use=use, ed25519=b64(pair.ed25519_seed), mldsa44=b64(pair.mldsa44_seed))
    write_private(path, write_body(PAIR_TYPE, value).encode())


def make_rest_key(path: Path) -> bytes:
    """A fresh key at rest, in a fresh file; refuses a file that is there already."""
    write_private(path, fresh_rest_key())
    return read_rest_key(path)


def fresh_rest_key() -> bytes:
    """What the file of a fresh key at rest holds."""
    return write_body(REST_TYPE, _Rest(key=b64(os.urandom(KEY_SIZE)))).encode()


def read_pair(path: Path, use: Use) -> SecretPair:
    """The signing pair in a file made for `use`; raises KeyFileError."""
    text = _read_private(path)
    try:
        value = read_body(text, PAIR_TYPE, _Pair)
        pair = SecretPair(unb64(value.ed25519, 32), unb64(value.mldsa44, 32))
    except (Malformed, CryptoError) as error:
        raise KeyFileError(f"{path} is not a relay's signing key: {error}") from error
    if value.use != use:
        raise KeyFileError(f"{path} is a {value.use} key where the {use} key is expected")
    return pair


def read_rest_key(path: Path) -> bytes:
    """The key at rest (32 bytes); raises KeyFileError."""
    text = _read_private(path)
    try:
        return unb64(read_body(text, REST_TYPE, _Rest).key, KEY_SIZE)
    except (Malformed, CryptoError) as error:
        raise KeyFileError(f"{path} is not a key at rest: {error}") from error


def write_private(path: Path, content: bytes) -> None:
    """A fresh file of mode 600; raises KeyFileError if there is one already or it cannot be made."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(0o700, parents=True)
        write_new(path, content)
    except FileExistsError as error:
        raise KeyFileError(f"{path} exists already; a key is never written over") from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}") from error


def check_private(path: Path) -> None:
    """Return if only the file's owner, who runs this process, can read it; raise KeyFileError if not (POSIX only)."""
    try:
        status = path.stat()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
    if os.name != "posix":
        return  # elsewhere the folder's access list guards the file
    if os.geteuid() == 0 != status.st_uid:
        raise KeyFileError(f"{path} belongs to another user ({status.st_uid}); run this as that user, not as root")
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyFileError(f"{path} belongs to another user; run: chown {os.geteuid()} {path}")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeyFileError(f"{path} can be read by others than its owner; run: chmod 600 {path}")


def _read_private(path: Path) -> str:
    check_private(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
    if len(raw) > MOST_KEY_BYTES:
        raise KeyFileError(f"{path} is too large for a key file")
    return raw.decode("utf-8", "replace")  # what is no text is refused by the reader of the body
