"""Cosignatures for the log's checkpoints: asked for after each, kept for the newest, served with it.

C1 beside      nothing waits for a witness: no append, no renewal, no reader. A round is bounded in time and size
C2 each alone  each witness has its own task, and one request at a time; a slow one keeps no other waiting
C3 checked     a cosignature counts with both keys' lines, right, on the newest checkpoint's text, by a witness whose
               member is live, and whose clock is right: it was made now, so a time more than five minutes ahead, or a
               day ago, from where no desk lets it count, is a wrong clock's. Anything else is a failure, counted and
               logged
C4 newest      kept are the lines for the newest size alone, the newest of each witness, in memory: after a start they
               are asked for anew. Served is none from ahead of this clock, which may have been wrong when it was taken.
               A checkpoint that nobody has cosigned yet is served as it is
C5 ahead       a witness that has cosigned a larger tree than this, or another of this size, shows that this relay's
               log went back, or is split: that is logged as an error each time
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog

from crypto.checkpoint import SignedCheckpoint, checkpoint_note, parse_checkpoint
from crypto.cosignature import MOST_LINES_BYTES, parse_lines, time_of, write_lines
from crypto.encoding import EncodingError, decimal
from crypto.errors import CryptoError
from crypto.note import Note, Signature, SignatureError, verified
from relay.directory_log import DirectoryLog
from relay.protocol.problems import Refusal
from relay.registered_witnesses import Registered
from relay.rules.witnessing import AddCheckpoint
from relay.views import Clock

TRIES = 2
SIZE_TYPE = "text/x.tlog.size"
CLOCK_SKEW = 300
MOST_AGE = 86_400  # seconds: desks raise an alarm over a newest cosignature that is older
_TEXT_END = b"\n\n"
log = structlog.get_logger()


class WitnessFailed(Exception):
    """A witness that did not cosign; the text says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A witness's two lines on a checkpoint, and their time."""

    lines: tuple[Signature, ...]
    time: int


class Cosigning:
    """What the witnesses say of the newest checkpoint; `run` asks them."""

    def __init__(
        self,
        witnesses: Sequence[Registered],
        directory: DirectoryLog,
        clock: Clock,
        seconds: int = 10,
        authority: Path | None = None,
    ) -> None:
        self.witnesses = tuple(witnesses)
        self.failures = 0
        self.vouched_at = 0
        """The newest time at which more than half of the witnesses had cosigned a tree of this log; 0: not since the
        start. That many a policy asks for which this relay proposes (`relay.trust_policy`)."""
        self.vouched_size = 0
        """How large that tree was: there may be more by now, which nobody vouches for yet."""
        self._directory, self._clock, self._seconds, self._authority = directory, clock, seconds, authority
        self._by_key = {each.keys[0].public: each for each in self.witnesses}
        self._text = b""
        self._kept: dict[str, Kept] = {}
        self._sizes: dict[str, int] = {}
        self._news = {each.name: asyncio.Event() for each in self.witnesses}

    def by_key(self, key: bytes) -> Registered | None:
        """The witness whose Ed25519 key (32 bytes) this is, if its member counts now."""
        found = self._by_key.get(key)
        return found if found is not None and found.counts(self._directory.view, self._clock()) else None

    def cosigned(self, raw: bytes) -> bytes:
        """A checkpoint with the lines there are for its text, after the log's own (C4)."""
        kept = self.counted()
        if not kept or not raw.startswith(self._text):
            return raw
        return raw + b"".join(write_lines(each.lines) for each in kept.values())

    def counted(self) -> dict[str, Kept]:
        """What is kept of the newest checkpoint, by members that count now."""
        if not self._is_newest():
            return {}
        view, now = self._directory.view, self._clock()
        return {each.name: self._kept[each.name] for each in self.witnesses
                if each.name in self._kept and self._kept[each.name].time <= now + CLOCK_SKEW
                and each.counts(view, now)}  # fmt: skip

    def request(self, old: int) -> bytes:
        """What a witness that cosigned `old` last is asked with now; refuses `not-found` and `malformed`."""
        newest = self._directory.checkpoint
        if newest is None:
            raise Refusal("not-found", "there is no checkpoint yet: no network was founded here")
        return self._asked(newest, old).write()

    def take(self, witness: Registered, raw: bytes) -> None:
        """Keep a witness's lines, if they are right and on the newest checkpoint (C3); raises WitnessFailed."""
        newest = self._directory.checkpoint
        if newest is None:
            raise WitnessFailed("there is no checkpoint to cosign")
        try:
            lines = parse_lines(raw)
            note = checkpoint_note(newest.raw)
            point = parse_checkpoint(note.text)
            ids = {(each.name, each.key_id) for each in witness.keys}
            own = tuple(each for each in lines if (each.name, each.key_id) in ids)
            found = verified(Note(note.text, own), [each.on(point) for each in witness.keys])
            times = {time_of(each.blob) for each in own}
        except SignatureError as error:
            raise WitnessFailed(f"not of the newest checkpoint: {error}") from error
        except CryptoError as error:
            raise WitnessFailed(str(error)) from error
        if len(found) != len(witness.keys) or len(times) != 1:
            raise WitnessFailed("the lines of both keys, of one time, are needed")
        (time,), now = times, self._clock()
        if time > now + CLOCK_SKEW:
            raise WitnessFailed("its time is more than five minutes ahead of this relay's clock")
        if time < now - MOST_AGE:
            raise WitnessFailed("its time is more than a day ago by this relay's clock: one of the clocks is wrong")
        if not self._is_newest():
            self._text, self._kept = _text_of(newest), {}
        self._sizes[witness.name] = point.size
        kept = self._kept.get(witness.name)
        if kept is None or not time < kept.time <= now + CLOCK_SKEW:
            self._kept[witness.name] = Kept(own, time)
        moments = sorted((each.time for each in self.counted().values()), reverse=True)
        if len(moments) > len(self.witnesses) // 2:
            self.vouched_at = max(self.vouched_at, moments[len(self.witnesses) // 2])
            self.vouched_size = point.size

    def wake(self) -> None:
        """There is a newer checkpoint, or the same vouched for anew."""
        for each in self._news.values():
            each.set()

    async def run(self) -> None:
        """Ask every witness that has an address, whenever there is something to cosign; for ever."""
        async with self._http() as http, asyncio.TaskGroup() as tasks:
            for each in self.witnesses:
                if each.url:
                    tasks.create_task(self._keep_asking(http, each), name=f"witness {each.member}")
            self.wake()

    async def _keep_asking(self, http: aiohttp.ClientSession, witness: Registered) -> None:
        while True:
            await self._news[witness.name].wait()
            self._news[witness.name].clear()
            if self._directory.checkpoint is None or not witness.counts(self._directory.view, self._clock()):
                continue
            try:
                # A crash here leaves a witness that has cosigned and a relay that asks again.
                await self._ask(http, witness)
            except (WitnessFailed, Refusal) as error:
                self.failures += 1
                log.warning("witness-failed", witness=witness.member, reason=str(error))
            except Exception as error:  # one witness's answer must not end the asking
                self.failures += 1
                log.error("witness-failed", witness=witness.member, exc_info=error)

    async def _ask(self, http: aiohttp.ClientSession, witness: Registered) -> None:
        """Have one witness cosign the newest checkpoint; raises WitnessFailed."""
        for _ in range(TRIES):
            newest = self._directory.checkpoint
            if newest is None:
                return
            old = self._sizes.get(witness.name, 0)
            status, kind, body = await self._post(http, witness, self._asked(newest, old).write())
            if status == 200 and self._has_grown(newest):
                self._sizes[witness.name] = newest.checkpoint.size
                return  # while it was asked: it is asked again at once
            if status == 200:
                self.take(witness, body)
                return
            if status != 409 or kind != SIZE_TYPE:
                raise WitnessFailed(f"answered {status}")
            self._sizes[witness.name] = size = _size(body)
            if size > len(self._directory.tree) or size == old:
                # C5: it has seen more of this log than there is, or another tree of this size.
                log.error("log-behind-witness", witness=witness.member, tree_size=size)
                raise WitnessFailed("it has cosigned another history of this log")
        raise WitnessFailed("it names another size each time")

    async def _post(self, http: aiohttp.ClientSession, witness: Registered, body: bytes) -> tuple[int, str, bytes]:
        try:
            async with http.post(f"{witness.url}/add-checkpoint", data=body, allow_redirects=False) as answer:
                found = bytearray()
                async for piece in answer.content.iter_chunked(8192):
                    found += piece
                    if len(found) > MOST_LINES_BYTES:
                        raise WitnessFailed("its answer is too long")
                return answer.status, answer.content_type, bytes(found)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise WitnessFailed(f"not reached: {type(error).__name__}") from error

    def _asked(self, newest: SignedCheckpoint, old: int) -> AddCheckpoint:
        tree, size = self._directory.tree, newest.checkpoint.size
        if old > size:
            return AddCheckpoint(old, (), newest.raw)  # no proof leads back; the witness sees it
        return AddCheckpoint(old, tuple(tree.consistency(old, size)), newest.raw)

    def _has_grown(self, asked: SignedCheckpoint) -> bool:
        newest = self._directory.checkpoint
        return newest is not None and _text_of(newest) != _text_of(asked)

    def _is_newest(self) -> bool:
        newest = self._directory.checkpoint
        return newest is not None and bool(self._text) and newest.raw.startswith(self._text)

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[aiohttp.ClientSession]:
        context = ssl.create_default_context(cafile=str(self._authority) if self._authority else None)
        timeout = aiohttp.ClientTimeout(total=self._seconds)
        connector = aiohttp.TCPConnector(ssl=context, limit=len(self.witnesses) or 1)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector, auto_decompress=False) as http:
            yield http


def _text_of(newest: SignedCheckpoint) -> bytes:
    return newest.raw.partition(_TEXT_END)[0] + _TEXT_END


def _size(body: bytes) -> int:
    try:
        text = body.decode("ascii")
        if not text.endswith("\n"):
            raise WitnessFailed("409 without a size")
        return decimal(text[:-1])
    except (UnicodeDecodeError, EncodingError) as error:
        raise WitnessFailed("409 without a size") from error
