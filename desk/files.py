"""Attachments: sealed to an identity of their own, moved in pieces, never whole in memory.

1. An attachment is one age file to a fresh identity, which travels in the signed note with the hashes of both forms.
2. Upload is tus 1.0: the relay says how far it got, the desk goes on from there. Download asks for the missing range.
3. Nothing is shown under its name before ciphertext hash, age's authentication and plaintext hash all agree; until then
   it has a name of its own. A name for people is never a path.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from crypto.age import decrypt_stream, encrypt_stream
from crypto.age_pq import PQIdentity
from crypto.encoding import b64
from crypto.errors import CryptoError
from desk import host
from desk.client import RelayClient
from desk.errors import Declined, Distrust, NotFound, Usage
from desk.message import SealedFile
from relay.protocol import routes

PIECE = 1 << 20
MOST_FILE = 1 << 40
Progress = Callable[[str, int, int], None]
_TUS = {"Tus-Resumable": routes.TUS_VERSION}


class _Hashing:
    """A file that is hashed and counted as it passes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hash, self.size = file, hashlib.sha256(), 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._count(data)
        return data

    def write(self, data: bytes, /) -> int:
        self._file.write(data)
        self._count(data)
        return len(data)

    def _count(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)

    @property
    def hash(self) -> str:
        return self._hash.hexdigest()


def seal_file(path: Path, folder: Path) -> SealedFile:
    """Seal a file for sending; its ciphertext then stands in `folder` under its hash. Raises NotFound, Usage."""
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    identity = PQIdentity.generate()
    beside = folder / f".sealing-{os.getpid()}"
    with path.open("rb") as source, beside.open("wb") as target:
        plain, cipher = _Hashing(source), _Hashing(target)
        encrypt_stream(plain, cipher, [identity.recipient()])
        target.flush()
        os.fsync(target.fileno())
    beside.replace(folder / cipher.hash)
    host.sync_folder(folder)
    return SealedFile(
        name=safe_name(path.name),
        identity=str(identity),
        cipher_hash=cipher.hash,
        cipher_size=cipher.size,
        plain_hash=plain.hash,
        plain_size=plain.size,
    )


async def upload(client: RelayClient, path: Path, digest: str, size: int, progress: Progress) -> None:
    """Bring a sealed file to the relay, from wherever an earlier try stopped."""
    offset = await _offset(client, digest)
    if offset is None:
        metadata = "sha256 " + b64(digest.encode())
        headers = _TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
        await client.send("POST", routes.ATTACHMENTS, b"", headers)
        offset = await _offset(client, digest) or 0
    if offset >= size:
        return
    if not path.is_file():  # noqa: ASYNC240  # one look at a local file; nothing else waits on this desk
        raise Declined(f"the sealed attachment {digest[:8]} is no longer on this desk; send the message again")
    url = routes.ATTACHMENT.format(hash=digest)
    with path.open("rb") as file:
        file.seek(offset)
        while offset < size:
            piece = file.read(PIECE)
            headers = _TUS | {"Upload-Offset": str(offset), "Content-Type": routes.CHUNK}
            _, _, answered = await client.send("PATCH", url, piece, headers)
            offset = int(answered.get("Upload-Offset", offset + len(piece)))
            file.seek(offset)
            progress("upload", offset, size)


async def download(client: RelayClient, file: SealedFile, folder: Path, progress: Progress) -> Path:
    """The ciphertext of an attachment in `folder`, fetched from where an earlier try stopped; raises Distrust."""
    whole, partial = folder / file.cipher_hash, folder / f"{file.cipher_hash}.part"
    if whole.is_file():
        return whole
    partial.touch(mode=0o600)
    while (have := partial.stat().st_size) < file.cipher_size:
        upto = min(have + PIECE, file.cipher_size) - 1
        url = routes.ATTACHMENT.format(hash=file.cipher_hash)
        _, piece, _ = await client.send("GET", url, None, {"Range": f"bytes={have}-{upto}"})
        if len(piece) != upto - have + 1:
            raise Distrust("the relay sent another part of the attachment than was asked for")
        with partial.open("ab") as target:
            target.write(piece)
        progress("download", upto + 1, file.cipher_size)
    with partial.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    if digest != file.cipher_hash:
        host.remove(partial)
        raise Distrust(
            "the attachment's bytes are not those the sender signed for; they were discarded, fetch it again"
        )
    partial.replace(whole)
    host.sync_folder(folder)
    return whole


def open_file(sealed: Path, file: SealedFile, target: Path) -> None:
    """Decrypt an attachment to `target`, which must not exist; raises Distrust if it is not what the sender signed."""
    if target.exists():
        raise Usage(f"{target} exists already; choose another place")
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with sealed.open("rb") as source, beside.open("xb") as out:
            plain = _Hashing(out)
            decrypt_stream(source, plain, [PQIdentity.parse(file.identity)])
            out.flush()
            os.fsync(out.fileno())
        if plain.hash != file.plain_hash or plain.size != file.plain_size:
            raise Distrust("the attachment opened to something else than the sender signed for")
        beside.replace(target)
    except CryptoError as error:
        raise Distrust(f"the attachment does not open: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """A file name without folders, control characters or leading dots, at most 200 characters."""
    bare = PureWindowsPath(PurePosixPath(name).name).name
    cleaned = "".join(char if char.isprintable() and char not in '<>:"|?*\\/' else "_" for char in bare)
    return cleaned.strip(". ")[:200] or "attachment"


async def _offset(client: RelayClient, digest: str) -> int | None:
    try:
        _, _, headers = await client.send("HEAD", routes.ATTACHMENT.format(hash=digest), None, dict(_TUS))
    except Declined as error:
        if error.problem == "not-found":
            return None
        raise
    return int(headers.get("Upload-Offset", "0"))
