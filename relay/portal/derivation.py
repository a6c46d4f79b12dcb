"""Argon2id for portal passphrases, in threads of its own, and no more at once than the machine bears.

1. 64 MiB, three passes (RFC 9106, section 4, second choice). No setting makes it cheaper.
2. So many run at once, and so many wait. **Fails closed**: one more is told to try again. The desks' log-in knows no
   passphrase and never waits here; nor does a desk that makes access, since it came with a session and a code.
3. A name that nobody has costs the same: it is tried against a hash that no passphrase fits.
"""

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from relay.protocol.problems import Refusal

T = TypeVar("T")
_SALT, _LENGTH = 16, 32


@dataclass(frozen=True, slots=True)
class Cost:
    """What a derivation costs: KiB of memory, passes, lanes."""

    memory: int
    passes: int
    lanes: int


STRONG = Cost(64 * 1024, 3, 4)


class Derivations:
    """Derives at most `at_once` at a time, while `waiting` more wait; close it at the end."""

    def __init__(self, at_once: int, waiting: int, cost: Cost = STRONG) -> None:
        self._most, self._cost, self._running = at_once + waiting, cost, 0
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")
        self._nobody = fits_nothing(cost)

    def close(self) -> None:
        """Let go of the threads; what waits is not begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def derive(self, passphrase: bytes) -> str:
        """The PHC text of a new passphrase."""
        return await self._run(lambda: derived(passphrase, self._cost))

    async def fits(self, passphrase: bytes, phc: str | None) -> bool:
        """Whether the passphrase is the one; with no text, the same work for nothing. Refuses `unavailable`."""
        self.check()
        same = await self._run(lambda: verified(passphrase, phc or self._nobody))
        return same and phc is not None

    def check(self) -> None:
        """Return if one more may wait; refuses `unavailable`."""
        if self._running >= self._most:
            raise Refusal("unavailable", "too many log-ins at once; try again in a few seconds")

    async def _run(self, work: Callable[[], T]) -> T:
        loop, job = asyncio.get_running_loop(), self._threads.submit(work)
        self._running += 1
        # Whoever asked may be gone before the work is done; until then it counts.
        job.add_done_callback(lambda _: loop.call_soon_threadsafe(self._done))
        return await asyncio.wrap_future(job)

    def _done(self) -> None:
        self._running -= 1


def derived(passphrase: bytes, cost: Cost) -> str:
    """The PHC text of a passphrase under a fresh salt."""
    kdf = Argon2id(
        salt=os.urandom(_SALT), length=_LENGTH, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory
    )
    return kdf.derive_phc_encoded(passphrase)


def fits_nothing(cost: Cost) -> str:
    """A PHC text that was derived from nothing; to try a passphrase against it takes as long as against any."""
    salt, tag = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (_SALT, _LENGTH))
    return f"$argon2id$v=19$m={cost.memory},t={cost.passes},p={cost.lanes}${salt}${tag}"


def verified(passphrase: bytes, phc: str) -> bool:
    """Whether the passphrase is the one of a PHC text."""
    try:
        Argon2id.verify_phc_encoded(passphrase, phc)
    except InvalidKey:
        return False
    return True
