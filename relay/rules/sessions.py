"""Sessions: what a log-in opens, how long it lasts, what ends it.

1. A token has 256 random bits; the relay holds only its SHA-256. It counts only with a proof by the device key it was
   given to, made for this token (`ath`).
2. A token lasts 10 minutes; the device key alone renews it until the shift ends, 12 hours after the code was given.
   Renewing never lengthens the shift.
3. Renewing leaves the old token to its own expiry: whoever lost the answer renews again with it. An expired token of a
   running shift can still be renewed, and nothing else.
4. Log-out ends every session of the device; a confirmed renewal of the authenticator every one but that it came in
   (`relay.rules.renewal`). So does whatever takes the device out of the directory: its revocation, its
   officer's or member's, or a suspension, judged anew at each request.
5. Nothing lasts longer because the relay's clock was ahead when it was begun. A token or a shift that ends later than
   one begun now would is not good (yet): a clock that stepped back by seconds makes up for it within as many, and what
   lies more than AHEAD beyond is removed (`kept_until`), so that the day it was made for brings nothing back. Nor does
   a shift outlive a setting that was made shorter.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

from relay.protocol.problems import Refusal

TOKEN_SIZE = 32
AHEAD = 3600  # seconds that a clock may step back before what it left is removed rather than waited for
MOST_TOKENS = 8  # a device's tokens kept at once; the oldest go first, but never the one renewed with


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A token's hash (hexadecimal), the device it was given to, and when it and its shift end (unix seconds)."""

    token_hash: str
    device: str
    expires: int
    shift_ends: int


def hash_token(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def opened(token: str, device: str, now: int, token_seconds: int, shift_seconds: int) -> StoredSession:
    """The session that a log-in opens."""
    shift_ends = now + shift_seconds
    return StoredSession(hash_token(token), device, min(now + token_seconds, shift_ends), shift_ends)


def renewed(old: StoredSession, token: str, now: int, token_seconds: int, shift_seconds: int) -> StoredSession:
    """The same shift under a new token; refuses `shift-over`."""
    check_shift(old, now, shift_seconds)
    return replace(old, token_hash=hash_token(token), expires=min(now + token_seconds, old.shift_ends))


def check_session(session: StoredSession | None, now: int, token_seconds: int, shift_seconds: int) -> StoredSession:
    """The session, if it counts now; refuses `token-invalid`, `shift-over` or `token-expired`."""
    if session is None:
        raise Refusal("token-invalid")
    check_shift(session, now, shift_seconds)
    if not now < session.expires <= now + token_seconds:
        raise Refusal("token-expired")
    return session


def check_shift(session: StoredSession, now: int, shift_seconds: int) -> None:
    """Return if the session's shift still runs; refuses `shift-over`."""
    if session.shift_ends <= now:
        raise Refusal("shift-over")
    if session.shift_ends > now + shift_seconds:
        raise Refusal("shift-over", "it was begun while the relay's clock was ahead")


def kept_until(now: int, longest: int) -> tuple[int, int]:
    """The first and the last end of what is kept, of things that last `longest` at most: what ends before is over,
    what ends after was begun by a clock far ahead (rule 5)."""
    return now + 1, now + longest + AHEAD
