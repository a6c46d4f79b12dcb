"""How often somebody may try: per account for codes, per address for what proves nothing.

Per account (`check_account`). **Fails closed**: what cannot be counted is not tried.
 1. Only attempts with a valid proof of the account's own device key are counted, so nobody without the laptop can lock
    its officer out, from however many addresses.
 2. An attempt is counted *before* its code is looked at and the count is cleared by success, so parallel guesses and
    crashes gain nothing.
 3. Five failures are free; after each further one the wait doubles, from 2 seconds up to 15 minutes.
 4. After 100 failures in a row the account is locked (NIST SP 800-63B-4 section 3.2.2): it takes no code until it is
    bound to a new secret, by a fresh invitation of an administrator or by a renewal that a recovery code began. A
    recovery code has 80 bits and is not to be guessed, so a locked account takes one; it waits and is counted like any
    other attempt, and a shift that it opens leaves the account locked. What confirms the renewal it began waits only
    for what failed since (`confirming`): the lock's quarter of an hour is as long as a renewal lasts, and whoever
    confirms has been told the secret, so there is nothing to guess.

Per address, and for statements per member and per device (`Buckets`). **Fails open** where its memory is full: it
spares work, it protects no secret.
 5. Only requests that fail without a valid proof of a known key cost a token; a request with one is never stopped.
 6. What may turn out to cost several tokens is begun only with that many, or with a full bucket: so however large each
    attempt is, no more is tried for long than the bucket refills.
 7. The memory holds a bounded number of addresses. When it is full, the longest unseen are forgotten: those of the
    first LOOKED_AT whose bucket has filled up again, or else the first. No more are looked at, since a flood from many
    addresses would else have all of them looked at for each.

Times are the relay's clock, which may be set back: neither an account nor an address waits for the time it came from.
"""

from dataclasses import dataclass
from itertools import islice
from math import ceil

from relay.protocol.problems import Refusal

FREE_FAILURES = 5
MOST_FAILURES = 100
LONGEST_WAIT = 900
LOOKED_AT = 16


def waiting_time(failures: int) -> int:
    """Seconds to wait after the last of so many failures in a row."""
    over = failures - FREE_FAILURES
    return min(2**over, LONGEST_WAIT) if over > 0 else 0


def is_locked(failures: int) -> bool:
    """Whether an account takes no codes until it is bound anew (rule 4)."""
    return failures >= MOST_FAILURES


def failures_left(failures: int) -> int:
    """What a recovery code leaves of the failures before it: none, but what is locked stays so (rule 4)."""
    return MOST_FAILURES if is_locked(failures) else 0


def check_account(failures: int, last_at: int, now: int, *, locked_too: bool = False, confirming: bool = False) -> None:
    """Return if another attempt may be made; refuses `throttled`, saying for how long.

    `locked_too` is for what a locked account takes: a recovery code, and what confirms a renewal it began
    (`confirming`, rule 4).

    A last failure from the future is the work of a clock that was wrong and is set right. Nobody waits for that day:
    one attempt is let through, and it leaves the right time behind it.
    """
    if is_locked(failures) and not (locked_too or confirming):
        raise Refusal(
            "throttled",
            "too many wrong codes in a row: renew the authenticator with a recovery code, or have an administrator "
            "invite this device anew for a new secret",
        )
    if confirming and is_locked(failures):
        failures -= MOST_FAILURES  # where `failures_left` left it
    left = last_at + waiting_time(failures) - now
    if left > 0 and last_at <= now + LONGEST_WAIT:
        raise Refusal("throttled", retry_after=min(left, LONGEST_WAIT))


@dataclass(slots=True)
class _Bucket:
    tokens: float
    seen: int


class Buckets:
    """A token bucket for each address: `burst` tokens, `per_minute` more each minute, at most `most` addresses."""

    def __init__(self, burst: int, per_minute: int, most: int) -> None:
        self._burst, self._rate, self._most = burst, per_minute / 60, most
        self._buckets: dict[str, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def check(self, address: str, now: int, count: int = 1) -> None:
        """Return if the address has a token left (or `count`, rule 6); refuses `throttled`, with the time to wait."""
        bucket = self._buckets.get(address)
        missing = 0.0 if bucket is None else min(count, self._burst) - self._filled(bucket, now)
        if missing > 0:
            raise Refusal("throttled", retry_after=ceil(missing / self._rate) if self._rate else 3600)

    def spend(self, address: str, now: int, count: int = 1) -> None:
        """Take a token (or `count`) for a failure; what is missing is not owed."""
        bucket = self._buckets.pop(address, None)
        tokens = self._burst if bucket is None else self._filled(bucket, now)
        if len(self._buckets) >= self._most:
            self._make_room(now)
        self._buckets[address] = _Bucket(max(tokens - count, 0), now)  # the last seen stands last

    def give_back(self, address: str, now: int, count: int) -> None:
        """Take back a failure (or `count`) that was none; no bucket gets more than it holds."""
        bucket = self._buckets.get(address)
        if bucket is not None:
            bucket.tokens, bucket.seen = min(self._filled(bucket, now) + count, self._burst), now

    def _filled(self, bucket: _Bucket, now: int) -> float:
        bucket.seen = min(bucket.seen, now)  # a clock set back: it refills from now on
        return min(self._burst, bucket.tokens + (now - bucket.seen) * self._rate)

    def _make_room(self, now: int) -> None:
        first = list(islice(self._buckets.items(), LOOKED_AT))
        full = [each for each, bucket in first if self._filled(bucket, now) >= self._burst]
        for each in full or [first[0][0]]:
            del self._buckets[each]
