"""Writing a recovery file, and opening one. What stands in it: `desk.profile.recovery_file`; what is done with it:
`desk.profile.recovered`.

1. The file has its name only when it is whole: written beside, on the disk, and read back. Under a passphrase it is
   opened again and gone through to its end; to recipients, whose identities are elsewhere, its bytes are compared.
2. It replaces a file of that name only where that was said.
3. When one with messages was last written, and up to which, is kept in the vault: `enlace status` reminds of it.
4. What the desk could not take in yet, and damaged rows and drafts, are not in it, and that is told.
5. Drafts of forms are in a file with messages, and in no other: they are sealed to the vault, not to the archive.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from config.whole_files import sync_folder
from crypto.age import AgeError, Identity, NoMatch, Recipient, Stanza, encrypt_stream, open_stream
from crypto.age_scrypt import ScryptIdentity, ScryptRecipient
from desk import host
from desk.drafting.drafts import Drafts, write_draft
from desk.errors import DeskError, Locked, NotFound, Usage
from desk.keys.keyring import Keyring
from desk.keys.vault import Damaged
from desk.mail.attachments import held, read_pieces
from desk.mail.facts import SaidFacts
from desk.mail.store import MailStore
from desk.profile.recovery_file import (
    AttachmentRecord,
    DraftRecord,
    End,
    Head,
    LineRecord,
    MessageRecord,
    ProofRecord,
    Pulled,
    Record,
    RecoveryReader,
    write_recovery,
)
from desk.profile.unlocked import Unlocked
from directory.canonical import encode
from directory.fields import Count, Time
from directory.replay import own_checkpoint

_LAST = "recovery-written"


class LastWritten(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a recovery file with messages was last written, and the number of the newest message in it."""

    at: Time
    upto: Count


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to stand in the file, beside the archive's identity."""

    messages: bool
    attachments: bool


@dataclass
class Written:
    """What was written: how many of what, how large, and what is not in it though it might be expected to be."""

    end: End
    size: int
    attachments_left_out: int
    attachments_elsewhere: int
    damaged: list[str] = field(default_factory=list)


class Remembering:
    """An identity that works out a stanza once: the work for a passphrase is a second each time."""

    def __init__(self, inner: Identity) -> None:
        self._inner = inner
        self._known: dict[Stanza, bytes | None] = {}

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None."""
        if stanza not in self._known:
            self._known[stanza] = self._inner.unwrap(stanza)
        return self._known[stanza]


def by_passphrase(passphrase: bytes, work_factor: int) -> tuple[Recipient, Identity]:
    """What seals under a passphrase, and what opens it again."""
    return ScryptRecipient(passphrase, work_factor), ScryptIdentity(passphrase)


def check_target(path: Path, *, replace: bool) -> None:
    """Return if a recovery file may be written to `path`; raises NotFound or Usage before anything is asked."""
    if not path.parent.is_dir():
        raise NotFound(f"there is no folder {path.parent}")
    if path.is_dir():
        raise Usage(f"{path} is a folder; name a file in it")
    if path.exists() and not replace:
        raise Usage(f"{path} exists already; choose another name, or say --replace")


def write_file(
    desk: Unlocked, path: Path, seals: Sequence[Recipient], opens: Identity | None, wanted: Wanted, *, replace: bool
) -> Written:
    """Write the recovery file of an unlocked desk to `path` (rules 1 to 4); `opens` is None if nobody here can."""
    upto, replaced = desk.mail.newest(), path.exists()
    gathered = _Gathered(desk, wanted)
    plain = _Hashing()
    beside = host.unfinished(path.parent)
    try:
        with host.create_private(beside) as file:
            sealed = _Hashing(file)
            pieces = write_recovery(_head(desk), gathered.records())
            encrypt_stream(Pulled(pieces, plain.write), sealed, seals)
            file.flush()
            os.fsync(file.fileno())
        end = _read_back(beside, opens, plain.hash, sealed.hash) or gathered.end
        if replace:
            beside.replace(path)
        else:
            host.place(beside, path)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise Usage(f"{path} exists already; choose another name, or say --replace") from error
    except OSError as error:
        raise DeskError(f"{path} cannot be written: {host.reason(error)}") from error
    finally:
        beside.unlink(missing_ok=True)
    if wanted.messages:
        # The file is there. After a crash here it is used as well as any; the reminder only comes too often.
        desk.keyring.vault.put(_LAST, encode(LastWritten(at=desk.clock(), upto=upto)))
    elif replaced:
        desk.keyring.vault.erase(_LAST)  # perhaps it was the one with messages
    return Written(end, sealed.size, gathered.left_out, gathered.elsewhere, gathered.damaged)


def last_written(keyring: Keyring) -> LastWritten | None:
    """When a recovery file with messages was written last; None if never, or if that is not known any more."""
    try:
        return keyring.vault.get_value(_LAST, LastWritten)
    except Damaged:
        return None


@contextmanager
def opened(
    path: Path, identities: Sequence[Identity], progress: Callable[[int, int], None] = lambda done, whole: None
) -> Iterator[Callable[..., RecoveryReader]]:
    """A recovery file, to be read from its beginning as often as wanted: each call gives another reader, and takes
    whoever else is to see what was sealed. `progress` is told how far it got, of how much.

    Raises NotFound or Usage; reading it raises Locked where no key fits, and Usage for a file that is damaged.
    """
    once = [Remembering(each) for each in identities]
    try:
        with path.open("rb") as file:
            size = path.stat().st_size

            def begin(see: Callable[[bytes], object] = lambda piece: None) -> RecoveryReader:
                file.seek(0)

                def told(piece: bytes) -> None:
                    see(piece)
                    progress(file.tell(), size)

                return RecoveryReader(_plain(file, once, path, told))

            yield begin
    except FileNotFoundError as error:
        raise NotFound(f"there is no recovery file at {path}") from error
    except IsADirectoryError as error:
        raise Usage(f"{path} is a folder, and no recovery file") from error


def _plain(
    file: BinaryIO, identities: Sequence[Identity], path: Path, told: Callable[[bytes], None]
) -> Iterator[bytes]:
    try:
        for piece in open_stream(file, identities):
            told(piece)
            yield piece
    except NoMatch as error:
        words = "the passphrase, or the identity, does not open it (or its first lines were changed)"
        raise Locked(f"{path}: {words}; nothing was changed") from error
    except AgeError as error:
        raise Usage(f"{path} is damaged, or no recovery file: {error}") from error
    except MemoryError as error:
        raise Usage(f"{path}: not enough memory for the work its passphrase asks for; use a larger machine") from error
    except OSError as error:
        raise Usage(f"{path} cannot be read: {host.reason(error)}") from error


def _head(desk: Unlocked) -> Head:
    identity, replica = desk.profile.identity, desk.replica()
    return Head(
        archive=str(desk.keyring.archive),
        authority=identity.authority,
        checkpoint=own_checkpoint(replica).decode() if replica.checkpoint is not None else "",
        device=identity.device,
        member=identity.member,
        name=identity.name,
        network=identity.network,
        officer=identity.officer,
        relay=identity.relay,
        written=desk.clock(),
    )


@dataclass
class _Gathered:
    """What of a profile goes into the file, and what was passed over on the way."""

    desk: Unlocked
    wanted: Wanted
    left_out: int = 0
    elsewhere: int = 0
    end: End = field(default_factory=lambda: End(attachments=0, drafts=0, lines=0, messages=0))
    damaged: list[str] = field(default_factory=list)

    def records(self) -> Iterator[tuple[Record, Iterable[bytes]]]:
        """Every record with its bytes, messages first."""
        if not self.wanted.messages:
            return
        messages = proofs = attachments = lines = 0
        mail: MailStore = self.desk.mail
        for stored in mail.all():
            messages += 1
            said = {name: getattr(stored.facts, name) for name in SaidFacts.__struct_fields__}
            yield MessageRecord(facts=SaidFacts(**said), size=len(stored.note)), (stored.note,)
            if (proof := mail.proofs.proof(stored.number)) is not None:
                raw = encode(proof)
                proofs += 1
                yield ProofRecord(size=len(raw)), (raw,)
            for file in stored.message.attachments:
                if not self.wanted.attachments:
                    self.left_out += 1
                    continue
                path = held(file, self.desk.profile.path / "files")
                if path is None:
                    self.elsewhere += 1
                    continue
                attachments += 1
                yield AttachmentRecord(hash=file.cipher_hash, size=file.cipher_size), read_pieces(path)
        for line in mail.each_line():
            note = line.note.encode()
            lines += 1
            yield LineRecord(line=line.kind, envelope=line.envelope, size=len(note)), (note,)
        drafts = 0
        for _, draft in Drafts(self.desk.keyring.vault).each(self.damaged):
            raw = write_draft(draft)
            drafts += 1
            yield DraftRecord(size=len(raw)), (raw,)
        self.end = End(attachments=attachments, drafts=drafts, lines=lines, messages=messages, proofs=proofs)


class _Hashing:
    """What passes, hashed and counted; and written, if there is a file."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._digest, self._file, self.size = sha256(), file, 0

    def write(self, data: bytes, /) -> int:
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data) if self._file is not None else len(data)

    @property
    def hash(self) -> str:
        return self._digest.hexdigest()


def _read_back(path: Path, opens: Identity | None, plain: str, sealed: str) -> End | None:
    """What stands at the file's end, if it can be opened here; raises DeskError if it is not what was written."""
    words = f"{path.parent} did not keep what was written to it, and nothing was left there; use another disk"
    if opens is None:
        seen = _Hashing()
        for piece in read_pieces(path):
            seen.write(piece)
        if seen.hash != sealed:
            raise DeskError(words)
        return None
    seen = _Hashing()
    try:
        with opened(path, [opens]) as begin:
            reader = begin(seen.write)
            for _ in reader.records():
                pass
    except (Usage, Locked) as error:
        raise DeskError(f"{words} ({error})") from error
    if seen.hash != plain:
        raise DeskError(words)
    return reader.end
