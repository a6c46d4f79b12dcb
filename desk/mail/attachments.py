"""Attachments: sealed to an identity of their own, moved in pieces, never whole in memory.

1. An attachment is one age file to a fresh identity, which travels in the signed note with the hashes of both forms.
2. Upload is tus 1.0: the relay says how far it got, the desk goes on from there, and waits where the relay is busy
   (`desk.link.patience`). It is always announced first: of a file that this desk may fetch because another member
   sent it, the relay says that it is whole, and yet takes no message that names it from here. Download asks for the
   missing range.
3. Nothing is shown under its name before ciphertext hash, age's authentication and plaintext hash all agree; until then
   it has a name of its own. A name for people is never a path, and never the name of a file that is there already.
4. What the relay says of how far it got is believed only as far as it makes sense: it cannot keep the desk going on.
5. Length, name and key stand in a message that somebody else may have signed, and two messages may say two things of
   one ciphertext. So every record (`SealedFile`) is asked for by itself, and what only its signer can have got wrong is
   Declined: no relay is accused of it, and nothing that is good by another record is removed. What was fetched so far
   is that of one record too: its name says of which length. And a relay is accused of what it sent in this run alone:
   what an earlier one left on this disk is discarded, and fetched anew, where the whole is not what was signed for.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from config.whole_files import sync_folder
from crypto.age import decrypt_stream, encrypt_stream
from crypto.age_pq import PQIdentity
from crypto.encoding import EncodingError, b64, decimal
from crypto.errors import CryptoError
from desk import host
from desk.errors import Declined, DeskError, Distrust, NotFound, Usage
from desk.link.client import RelayClient
from desk.mail.message import SealedFile
from desk.safe_text import file_name
from relay.protocol import routes

PIECE = 1 << 20
MOST_FILE = 1 << 40
MOST_ALIKE = 1000
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
    """Seal a file for sending; its ciphertext then stands in `folder` under its hash. Raises NotFound, DeskError."""
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    identity = PQIdentity.generate()
    beside = host.unfinished(folder)
    try:
        with path.open("rb") as source, host.create_private(beside) as target:
            plain, cipher = _Hashing(source), _Hashing(target)
            encrypt_stream(plain, cipher, [identity.recipient()])
            _settle(target)
        beside.replace(folder / cipher.hash)
        sync_folder(folder)
    except OSError as error:
        raise DeskError(f"{path} cannot be sealed: {host.reason(error)}") from error
    finally:
        beside.unlink(missing_ok=True)
    return SealedFile(
        name=file_name(path.name),
        identity=str(identity),
        cipher_hash=cipher.hash,
        cipher_size=cipher.size,
        plain_hash=plain.hash,
        plain_size=plain.size,
    )


async def upload(client: RelayClient, path: Path, digest: str, size: int, progress: Progress) -> None:
    """Bring a sealed file to the relay as this desk's own, from wherever an earlier try stopped.

    Raises Declined if the file here is of another length than its sender signed, whoever that was (then nothing is said
    to the relay, which could only answer what would look like a lie), or the relay's is; Distrust for a relay that
    makes no sense.
    """
    _check_length(path, digest, size)
    metadata = "sha256 " + b64(digest.encode())
    headers = _TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
    await client.patience.through(partial(client.send, "POST", routes.ATTACHMENTS, b"", headers))
    offset = await _offset(client, digest, size)
    if offset >= size:
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise Declined(
            f"the sealed attachment {digest[:8]} is no longer on this desk; send the message again"
        ) from error
    url = routes.ATTACHMENT.format(hash=digest)
    with file:
        while offset < size:
            file.seek(offset)
            piece = file.read(PIECE)
            headers = _TUS | {"Upload-Offset": str(offset), "Content-Type": routes.CHUNK}
            _, _, answered = await client.patience.through(partial(client.send, "PATCH", url, piece, headers))
            reached = _reached(answered, size)
            if not offset < reached <= offset + len(piece):
                raise Distrust(f"the relay says it has {reached} bytes of an upload, after {offset + len(piece)}")
            offset = reached
            progress("upload", offset, size)


def _check_length(path: Path, digest: str, size: int) -> None:
    """Return if the file at `path` is that long, or is not there; raise Declined if not."""
    if path.is_file() and path.stat().st_size != size:
        words = f"the sealed attachment {digest[:8]} is not as long as its sender signed"
        raise Declined(f"{words}; send the message again without that file")


def held(file: SealedFile, folder: Path) -> Path | None:
    """The ciphertext of an attachment if `folder` has it whole; what is damaged is removed, to be fetched again.

    Damaged is what has not the hash in its name. What has it, and not the length in this record, is somebody else's
    file, or this one as another message tells it: it stays (rule 5).
    """
    whole = folder / file.cipher_hash
    if whole.is_file() and _digest(whole) != file.cipher_hash:
        host.remove(whole)
        return None
    return whole if whole.is_file() and whole.stat().st_size == file.cipher_size else None


def held_copy(file: SealedFile, folder: Path) -> Path | None:
    """The same, where nothing is to be changed."""
    whole = folder / file.cipher_hash
    good = whole.is_file() and whole.stat().st_size == file.cipher_size and _digest(whole) == file.cipher_hash
    return whole if good else None


def read_pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a piece at a time; raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


async def download(client: RelayClient, file: SealedFile, folder: Path, progress: Progress) -> Path:
    """The ciphertext of an attachment in `folder`, fetched from where an earlier try stopped.

    Raises Declined where its sender signed another length than what has that hash; Distrust where the relay sends
    something else than it says it has, or other bytes than have that hash.
    """
    there = held(file, folder)
    if there is not None:
        return there
    if file.cipher_size > MOST_FILE:
        raise Declined(f"its sender signed that the attachment has {file.cipher_size} bytes, more than there can be")
    whole, partial = folder / file.cipher_hash, folder / f"{file.cipher_hash}.{file.cipher_size}.part"
    if whole.is_file():  # with that hash, or `held` had removed it
        words = f"its sender signed that the attachment has {file.cipher_size} bytes, sealed; what has that hash has "
        raise Declined(f"{words}{whole.stat().st_size}: ask the sender to send the file anew")
    try:
        left = _length(partial) > 0
        await _fetch(client, file, partial, progress)
        if left and _digest(partial) != file.cipher_hash:
            host.remove(partial)
            await _fetch(client, file, partial, progress)
        if _digest(partial) != file.cipher_hash:
            host.remove(partial)
            raise Distrust(
                "the attachment's bytes are not those the sender signed for; they were discarded, fetch it again"
            )
        partial.replace(whole)
        sync_folder(folder)
        for other in parts(folder, file.cipher_hash):
            host.remove(other)
    except OSError as error:
        raise DeskError(f"the attachment cannot be stored: {host.reason(error)}") from error
    return whole


async def _fetch(client: RelayClient, file: SealedFile, partial: Path, progress: Progress) -> None:
    """Fetch what is missing of an attachment into `partial`; raises as `download`, and OSError."""
    url = routes.ATTACHMENT.format(hash=file.cipher_hash)
    have = _length(partial)
    while have < file.cipher_size:
        upto = min(have + PIECE, file.cipher_size)
        _, piece, answered = await client.send("GET", url, None, {"Range": f"bytes={have}-{upto - 1}"})
        _check_same_length(answered.get("Content-Range", "").rpartition("/")[2], file.cipher_size)
        if len(piece) != upto - have:
            raise Distrust("the relay sent another part of the attachment than was asked for")
        _append(partial, piece, last=upto == file.cipher_size)
        have = upto
        progress("download", upto, file.cipher_size)


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _append(partial: Path, piece: bytes, *, last: bool) -> None:
    partial.touch(mode=0o600)  # not before a piece is here: of a length that nothing has nothing is left
    with partial.open("ab") as target:
        target.write(piece)
        if last:
            _settle(target)


def parts(folder: Path, digest: str) -> list[Path]:
    """What downloads of a ciphertext that broke off have left, of whatever length it was said to be."""
    return list(folder.glob(f"{digest}.*part"))


async def fetch_all(
    client: RelayClient, files: Iterable[SealedFile], folder: Path, progress: Progress
) -> dict[SealedFile, Declined | Distrust]:
    """Have sealed files in `folder`; of those that cannot be had why not. One keeps no other from being fetched."""
    lacking = dict[SealedFile, Declined | Distrust]()
    for file in dict.fromkeys(files):
        try:
            await download(client, file, folder, progress)
        except (Declined, Distrust) as error:
            lacking[file] = error
    return lacking


def target_for(folder: Path, name: str) -> Path:
    """Where an attachment goes in `folder`: a safe name, with a number if that is taken. Raises NotFound."""
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    safe = Path(file_name(name))
    for number in range(1, MOST_ALIKE):
        target = folder / (safe.name if number == 1 else f"{safe.stem} ({number}){safe.suffix}")
        if not os.path.lexists(target):  # a link that leads nowhere takes a name too
            return target
    raise Usage(f"{folder} is full of files named {safe.name}; choose another folder")


def open_file(sealed: Path, file: SealedFile, target: Path) -> None:
    """Decrypt an attachment to `target`, which must not exist; raises Distrust if it is not what the sender signed.

    After a crash a file under a name of its own may be left beside `target`, readable for this user alone.
    """
    beside = host.unfinished(target.parent)
    try:
        if os.path.lexists(target):
            raise FileExistsError
        with sealed.open("rb") as source, host.create_private(beside) as out:
            plain = _Hashing(out)
            decrypt_stream(source, plain, [PQIdentity.parse(file.identity)])
            _settle(out)
        if plain.hash != file.plain_hash or plain.size != file.plain_size:
            raise Distrust("the attachment opened to something else than the sender signed for")
        host.place(beside, target)
    except FileExistsError as error:
        raise Usage(f"{target} exists already; choose another place") from error
    except CryptoError as error:
        raise Distrust(f"the attachment does not open: {error}") from error
    except OSError as error:
        raise DeskError(f"{target} cannot be written: {host.reason(error)}") from error
    finally:
        beside.unlink(missing_ok=True)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


async def _offset(client: RelayClient, digest: str, size: int) -> int:
    ask = partial(client.send, "HEAD", routes.ATTACHMENT.format(hash=digest), None, dict(_TUS))
    _, _, headers = await client.patience.through(ask)
    _check_same_length(headers.get("Upload-Length", ""), size)
    return _reached(headers, size)


def _check_same_length(said: str, signed: int) -> None:
    """Return unless the relay says that the whole file has another length than was signed; raise Declined if so: it
    checked the hash when it took the file in, or lies, and nothing shows which."""
    try:
        length = decimal(said)
    except EncodingError:
        return  # it does not say
    if length != signed:
        words = f"its sender signed that the attachment has {signed} bytes, sealed, and the relay says that what has "
        words += f"that hash has {length}. Nothing shows which of them is wrong: ask the sender to send the file anew"
        raise Declined(words)


def _reached(headers: Mapping[str, str], size: int) -> int:
    try:
        return decimal(headers.get("Upload-Offset", ""), size)
    except EncodingError as error:
        raise Distrust(f"the relay does not say how far an upload got: {error}") from error
