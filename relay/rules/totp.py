"""One-time codes (RFC 6238): which step a code belongs to, and whether that step may still be used.

1. A secret has 160 bits; a code has 6 digits; a step is 30 seconds; SHA-1, which every authenticator application knows.
2. A code counts for the step at hand and for one step before and after it: a clock may be off by a step, not by two.
3. What is remembered is the *last accepted step*, not the code: a code counts only for a greater step than that. So an
   older code is refused after a newer one even inside the window, and two spellings of one moment cannot both be used.
4. A step is used up only when every other factor has been checked as well. This module says which step it would be;
   the store uses it up by one conditional update (`last_step < step`), so of two equal log-ins one wins. Whatever
   takes a code (a log-in, a renewal, new recovery codes) uses up a step of the same count.
5. A last step beyond the window's end was used while the relay's clock was ahead. No officer waits for that day: the
   last step is then taken to be the window's end (`set_right`), so the codes of the next minute count. Nothing is
   replayed because of it:
   a. what was used while the clock was right lies before that end, and stays refused by rule 3;
   b. what was used while it was ahead is remembered step by step (`Account.ahead`) until its day has passed, and
      refused on that day;
   c. MOST_KEPT steps are remembered, the greatest. Where all of them lie ahead, others may be forgotten: then nothing
      is set right, and the device is bound to a new secret, paid for with a recovery code or by an invitation.
6. All three steps are computed and compared in constant time, whatever the code is.

Source: RFC 6238 section 5.2, NIST SP 800-63B-4 section 3.1.4.
"""

import hmac
from base64 import b32decode, b32encode
from collections.abc import Collection

import pyotp

from relay.protocol.problems import Refusal

SECRET_SIZE = 20
STEP = 30
DIGITS = 6
SHORT = 8  # digits of a device's id that an authenticator shows
NEVER_USED = -1
MOST_KEPT = 128  # used-up steps remembered of a secret (rule 5)


def secret_text(secret: bytes) -> str:
    """The secret (20 bytes) in base32, as authenticator applications take it."""
    if len(secret) != SECRET_SIZE:
        raise ValueError(f"a TOTP secret has {SECRET_SIZE} bytes")
    return b32encode(secret).decode("ascii")


def secret_bytes(text: str) -> bytes:
    """The 20 bytes in a base32 secret."""
    return b32decode(text)


def secret_uri(secret: bytes, account: str, issuer: str) -> str:
    """The `otpauth://` address that a QR code shows; `account` and `issuer` are only labels."""
    return pyotp.TOTP(secret_text(secret), digits=DIGITS, interval=STEP).provisioning_uri(
        name=account, issuer_name=issuer
    )


def device_uri(secret: bytes, device: str, network: str) -> str:
    """The address of a device's secret, labelled with the first digits of its id."""
    return secret_uri(secret, device[:SHORT], network)


def step_at(now: int) -> int:
    """The step that `now` (unix seconds) belongs to."""
    return now // STEP


def code_at(secret: bytes, step: int) -> str:
    """The code of a step."""
    return pyotp.TOTP(secret_text(secret), digits=DIGITS, interval=STEP).generate_otp(step)


def clock_was_ahead(last_step: int, now: int) -> bool:
    """Whether a step was used up that no clock takes which shows `now` (rule 5)."""
    return last_step > window_end(now)


def window_end(now: int) -> int:
    """The last step whose code counts now."""
    return step_at(now) + 1


def accepted_step(secret: bytes, code: str, now: int, last_step: int, ahead: Collection[int] = ()) -> int:
    """The step that `code` would use up: the earliest in the window that has this code and comes after `last_step`.

    `ahead` are steps beyond it that were used up all the same (rule 5). Refuses `code-wrong` for a code of no step in
    the window, `code-used` where every such step is used up.
    """
    last_step = max([last_step, *(step for step in ahead if step <= window_end(now))])
    here = step_at(now)
    given = code.encode("utf-8", "surrogatepass")
    window = range(max(here - 1, 0), window_end(now) + 1)
    found = [step for step in window if hmac.compare_digest(code_at(secret, step).encode(), given)]
    if not found:
        raise Refusal("code-wrong", "if it is what the phone shows, set the phone's clock right")
    unused = [step for step in found if step > last_step]
    if not unused:
        # A phone that shows the next step's code already shows the next unused one as much earlier.
        raise Refusal("code-used", retry_after=wait(now) + STEP * max(last_step - max(found[-1], here), 0))
    return unused[0]


def wait(now: int) -> int:
    """Seconds until the next step begins, whose code will be a new one."""
    return STEP - now % STEP
