"""Attachments: uploads that resume, whole files that are what their name says, and who may fetch them.

A1 An offset is acknowledged when the bytes below it, and the record of it, are on the disk. What arrived before a
   connection broke is kept like everything else.
A2 One request at a time writes to an upload; a second one is refused. So many are written at once, and of these so
   many by one device and by one member (`relay.rules.portions`, fails closed).
A3 A whole file is checked against its hash, read back from the disk, before anybody may name it or fetch it.
A4 A file is fetched by its uploaders, by senders of envelopes that name it, and by devices to which one was released.
A5 Records go before files, so a crash leaves files without records, which the next start removes, never the reverse.
A6 Memory is constant: pieces of PIECE bytes, whatever the size.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import structlog

from relay.mail.attachment_files import AttachmentFiles, WrongDigest, sync, write_all
from relay.mail.clerk import Clerk
from relay.mail.context import MailContext
from relay.mail.store import MailStore, Upload
from relay.mail.uploading import REMOVE_AT_ONCE, Begin, Beginning, Grow, Growing, Remove, Removing
from relay.protocol.problems import Refusal
from relay.rules.mailbox import member_of
from relay.rules.portions import Portions

PIECE = 256 << 10
SAFE_EVERY = 8 << 20  # bytes after which progress is made safe within one request
_TOO_MANY = "these are more bytes than were announced"
log = structlog.get_logger()


@dataclass(eq=False)
class Attachments:
    """The attachments of a mail; `start` before use."""

    context: MailContext
    store: MailStore
    clerk: Clerk
    files: AttachmentFiles
    _writing: set[tuple[str, str]] = field(default_factory=set)
    # Held where a whole file and its records must agree: when one appears, and when one goes.
    _wholes: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._beginning = Beginning(self.context)
        self._growing = Growing(self.context)
        self._removing = Removing(self.context)
        self._slots = Portions(self.context.settings.uploads_at_once, "too many uploads at once; try again", 5)

    @property
    def busy(self) -> int:
        """How many uploads are being written."""
        return len(self._writing)

    async def start(self) -> None:
        """Make the folder, and remove files that a crash left without a record (A5)."""
        uploads = await self.store.read(lambda reading: reading.uploads())
        kept = {self.files.part(each.hash, each.device) for each in uploads}
        kept |= {self.files.whole(each.hash) for each in uploads}

        def tidy() -> int:
            self.files.prepare()
            return self.files.keep_only(kept)

        stray = await asyncio.to_thread(tidy)
        if stray:
            log.info("mail-stray-files-removed", count=stray)

    async def announce(self, device: str, attachment: str, length: int) -> Upload:
        """An upload to go on with; raises Refusal (role, size, quota)."""
        return await self.clerk.do(self._beginning, Begin(device, attachment, length))

    async def state(self, device: str, attachment: str) -> Upload:
        """How far a device's upload got, or the whole file that it may fetch; raises Refusal `not-found`."""
        upload = await self.store.read(lambda reading: reading.upload(attachment, device))
        if upload is None:
            length = (await self.whole(device, attachment)).stat().st_size
            return Upload(attachment, device, length, length, True, 0)
        if upload.complete:
            return upload
        offset = await asyncio.to_thread(self.files.safe_offset, attachment, device, upload.offset, upload.length)
        if offset == upload.length:
            return await self._finish(upload)  # a crash came between the last byte and the check
        return replace(upload, offset=offset)

    async def whole(self, device: str, attachment: str) -> Path:
        """The file of a whole attachment that `device` may fetch (A4); raises Refusal `not-found`."""
        uploaders, named = await self.store.read(
            lambda reading: (reading.uploaders(attachment), reading.may_fetch(attachment, device))
        )
        path = self.files.whole(attachment)
        if not uploaders or not (named or device in uploaders):
            raise Refusal("not-found", "no such attachment is known for this device")
        if not await asyncio.to_thread(path.is_file):
            log.error("mail-attachment-lost")
            raise Refusal("not-found", "the relay has lost this attachment")
        return path

    async def append(
        self, device: str, attachment: str, offset: int, pieces: AsyncIterator[bytes], size: int = 0
    ) -> Upload:
        """The upload after `pieces` were added at `offset`; `size` bytes of them were announced.

        Raises Refusal: `offset-wrong`, `upload-busy`, `too-large`, `digest-wrong`, `not-found`, `storage-low`. If
        `pieces` raises, what came before is safe, and the error goes on.
        """
        if (attachment, device) in self._writing:
            raise Refusal("upload-busy", retry_after=1)
        with self._slots.take(1, device, member_of(self.context.views.view, device)):
            self._writing.add((attachment, device))
            try:
                return await self._append(device, attachment, offset, pieces, size)
            finally:
                self._writing.discard((attachment, device))

    async def sweep(self, now: int) -> bool:
        """Remove uploads whose time is over; says whether there are more."""
        if not await self.store.read(lambda reading: reading.stale_uploads(now, 1)):
            return False
        async with self._wholes:
            return len(await self._remove(Remove(None))) == REMOVE_AT_ONCE

    async def _append(
        self, device: str, attachment: str, offset: int, pieces: AsyncIterator[bytes], size: int
    ) -> Upload:
        upload = await self.state(device, attachment)
        if offset != upload.offset:
            raise Refusal("offset-wrong", f"the upload stands at {upload.offset}")
        if upload.complete:
            return upload
        if offset + size > upload.length:
            raise Refusal("too-large", _TOO_MANY)
        await asyncio.to_thread(self.context.disk.check)
        upload = await self._write(upload, pieces)
        return await self._finish(upload) if upload.offset == upload.length else upload

    async def _write(self, upload: Upload, pieces: AsyncIterator[bytes]) -> Upload:
        file = await asyncio.to_thread(self.files.open_part, upload.hash, upload.device, upload.offset)
        part = _Part(file, upload.offset)
        try:
            async for piece in pieces:
                if part.end + len(piece) > upload.length:
                    raise Refusal("too-large", _TOO_MANY)
                await part.add(piece)
                if part.unsafe >= SAFE_EVERY:
                    await self._make_safe(upload, part)
                    await asyncio.to_thread(self.context.disk.check)
        except BaseException:
            await self._make_safe(upload, part)  # what came before the connection broke need not be sent again
            raise
        else:
            return await self._make_safe(upload, part)
        finally:
            await asyncio.to_thread(file.close)

    async def _make_safe(self, upload: Upload, part: "_Part") -> Upload:
        await part.flush()
        # A crash between these two leaves bytes that the record does not count; they are cut off, and sent again.
        await asyncio.to_thread(sync, part.file)
        part.unsafe = 0
        return await self.clerk.do(self._growing, Grow(upload.device, upload.hash, part.end), always=True)

    async def _finish(self, upload: Upload) -> Upload:
        """Check the file and give it its name; after a crash in between, `state` comes here again."""
        device, attachment = upload.device, upload.hash
        async with self._wholes:
            try:
                if await asyncio.to_thread(self.files.part(attachment, device).exists):
                    await asyncio.to_thread(self.files.finish, attachment, device)
            except WrongDigest:
                await self._remove(Remove(upload))
                raise Refusal("digest-wrong", "these are other bytes than announced; the upload is gone") from None
            # A crash before this is stored leaves a whole file under its right name, and the record of all its bytes.
            return await self.clerk.do(self._growing, Grow(device, attachment, upload.length, True), always=True)

    async def _remove(self, job: Remove) -> list[Upload]:
        """Remove records, then files; `_wholes` is held."""
        gone = await self.clerk.do(self._removing, job, always=True)
        # A crash here leaves files that no record names; the next start removes them (A5).
        for each in gone:
            await asyncio.to_thread(self.files.remove_part, each.hash, each.device)
            if not await self._uploaders(each.hash):
                await asyncio.to_thread(self.files.remove_whole, each.hash)
        return gone

    async def _uploaders(self, attachment: str) -> frozenset[str]:
        return await self.store.read(lambda reading: reading.uploaders(attachment))


@dataclass(slots=True)
class _Part:
    """A part that grows: `end` counts what was added, `unsafe` what of it may not be on the disk."""

    file: BinaryIO
    end: int
    unsafe: int = 0
    _pending: bytearray = field(default_factory=bytearray)

    async def add(self, piece: bytes) -> None:
        self._pending += piece
        self.end += len(piece)
        self.unsafe += len(piece)
        if len(self._pending) >= PIECE:
            await self.flush()

    async def flush(self) -> None:
        data, self._pending = bytes(self._pending), bytearray()
        await asyncio.to_thread(write_all, self.file, data)
