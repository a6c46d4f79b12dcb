"""A device's authenticator made anew: the next secret waits beside the one in force until its first code has come.

    in force ──renewal begun: a code of it, or a recovery code──▶ in force, the next one pending
        ▲                                                             │
        ├──────────── LAPSE has passed, or another was begun ─────────┤
        └◀─── first code of the next one: it is in force now ─────────┘

1. It is begun in a running shift (token and device proof) with a current code, or with a recovery code where the phone
   is lost. So whoever has learnt one code can open a shift, and cannot take the account over with that same code.
2. A code's step and a recovery code are used up in the transaction that keeps the next secret, and only there. The last
   accepted step is the log-in's own: what was used there is used here, and the other way round.
3. Until it is confirmed the old secret and the old recovery codes count, and nothing else does. A pending one lapses
   after LAPSE; a device has one, and a newer takes its place.
4. A renewal has an id that the desk draws. The same one begun again while it is pending gives the same secret and the
   same recovery codes and uses nothing up: an answer may be lost.
5. The first code of the next secret puts it in the old one's place, remembers its step, puts the ten new recovery codes
   in the place of the old, clears the failures, ends the device's other sessions: one transaction. The account keeps
   the id, so the same confirmation again is answered alike, whatever its code, and a question without a code. The
   answer says whether the ten are still those that count: where they were replaced since, nobody is to be shown them.
6. An administrator's invitation that binds the device anew (`relay.rules.enrolment`) takes a pending renewal away.

Source: NIST SP 800-63B-4 sections 4.1.2 and 4.2 (binding another authenticator, account recovery).
"""

from dataclasses import dataclass, field

from relay.protocol.problems import Refusal
from relay.rules.recovery import CODE_BYTES, COUNT
from relay.rules.totp import SECRET_SIZE

LAPSE = 900
RANDOM_SIZE = SECRET_SIZE + COUNT * CODE_BYTES


@dataclass(frozen=True, slots=True)
class Pending:
    """The next secret of a device (20 bytes), the randomness of its recovery codes (100), and when it lapses."""

    device: str
    renewal: str
    secret: bytes = field(repr=False)
    codes: bytes = field(repr=False)
    expires: int


def next_secret(device: str, renewal: str, randomness: bytes, now: int) -> Pending:
    """A renewal that begins now; refuses (ValueError) other than 120 fresh random bytes."""
    if len(randomness) != RANDOM_SIZE:
        raise ValueError(f"a renewal takes {RANDOM_SIZE} random bytes")
    return Pending(device, renewal, randomness[:SECRET_SIZE], randomness[SECRET_SIZE:], now + LAPSE)


def still_pending(pending: Pending | None, renewal: str, now: int) -> Pending | None:
    """The pending renewal if it is this one and has not lapsed; a clock set back keeps none longer than LAPSE."""
    if pending is None or pending.renewal != renewal or not now < pending.expires <= now + LAPSE:
        return None
    return pending


def check_pending(pending: Pending | None, renewal: str, now: int) -> Pending:
    """The pending renewal; refuses `not-found` for one that lapsed, or that another took the place of."""
    found = still_pending(pending, renewal, now)
    if found is None:
        raise Refusal("not-found", f"no such renewal is pending (one lasts {LAPSE // 60} minutes): begin it anew")
    return found
