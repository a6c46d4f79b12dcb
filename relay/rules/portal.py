"""Portal access: what an officer types, what a cookie is worth, and when a session is over. Pure.

1. An account name has eight letters and digits (40 random bits), made by the relay, such as `k7mw-3npq`. Letters that
   look like digits do not occur; read whatever its case, hyphens and spacing. Whoever does not know a name cannot make
   its account wait, so nobody locks out all officers of a list.
2. A cookie is `id.token`, both random. The id finds the session; the token of 256 bits is kept as its SHA-256 and
   counts once: every page that is shown brings the next one.
3. Two tokens count: the newest, which was handed out and not used yet, and the one before it, which was used last. The
   second lets a page go on whose answer was lost. Within AGAIN it brings the same token as the first time, so that it
   does not matter which of several answers comes last; later another one, in the place of that which nobody has.
   A request that was overtaken on its way, with the token before those, is shown its page within LATE of the moment
   that token was used up, and brings none. Any other token: two browsers hold this session, and it ends for both.
4. So whoever copies a cookie and uses it is found out as soon as both have moved on, whoever was first: after one page
   the other's token is an old one; after two where both asked within AGAIN. Nobody is told apart: the session ends,
   and the officer is told why. The next token is made from the last one with a key that the relay has in memory alone:
   a cookie gives away no other.
5. A session is bound to the browser's name, and to the networks in which its officer showed a code (IPv4: 24 bits,
   IPv6: 48). A cookie that comes with another name ends it. One that is good and comes from another network is shown
   nothing, uses nothing up and ends nothing, but where it logs out: a telephone that leaves a building looks the same,
   and a thief gets no further. Whoever logs in there takes the networks of the session along, at most MOST_NETWORKS,
   the newest: so an office with several ways out, or one that moves between IPv4 and IPv6, is asked for one code for
   each.
6. It ends after `idle` seconds without a page and `longest` after log-in, whichever is first; at log-out; when other
   access takes the account's place; and when its officer does not count any more, judged anew at each page.
7. An officer counts while a device of theirs does: access to the portal is made at a desk and never outlives it.
8. What does not count is never told apart by what was wrong with it; only a session that ended says why, to whoever
   has its id.
"""

import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from ipaddress import IPv6Network, ip_address, ip_network
from typing import Literal

from directory.view import NEVER, View
from relay.rules.addresses import plain_address

NAME_BYTES = 5
TOKEN_SIZE = 32
ID_SIZE = 16
AGAIN = 30  # seconds
LATE = 10  # seconds
AHEAD = 60  # seconds that the clock may be set back before a session counts as over
LAPSE = 900  # seconds within which new access is confirmed
MOST_SESSIONS = 4  # of one officer at once; the oldest go first
MOST_NETWORKS = 4  # of one session; the oldest go first
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOK_ALIKES = str.maketrans({"i": "1", "l": "1", "o": "0"})
_NAME = re.compile(rf"[{_LETTERS}]{{8}}")
_COOKIE = re.compile(rf"([0-9a-f]{{{2 * ID_SIZE}}})\.([0-9a-f]{{{2 * TOKEN_SIZE}}})")

Why = Literal["none", "idle", "longest", "replayed", "elsewhere", "moved"]
"""Why a session is over: there is none, nothing was asked for too long, it lasted too long, two browsers hold it,
another browser; or it goes on, and this request came from another network (`moved`)."""


class Over(Exception):
    """There is no session, or it is over; `why` is for the officer. `ends`: it has to be marked so."""

    def __init__(self, why: Why, *, ends: bool = False) -> None:
        super().__init__(why)
        self.why, self.ends = why, ends


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A session: hashes of the newest token and the one before, times (unix seconds), what it is bound to.

    `ended` says why it was ended; nothing while it goes on.
    """

    id: str
    officer: str
    newest: str
    before: str
    turned_at: int
    opened_at: int
    seen_at: int
    bound: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts without a page, and at all, in seconds."""

    idle: int
    longest: int


def made_name(randomness: bytes) -> str:
    """The account name that 5 random bytes make; refuses (ValueError) another amount."""
    if len(randomness) != NAME_BYTES:
        raise ValueError(f"an account name takes {NAME_BYTES} random bytes")
    number = int.from_bytes(randomness, "big")
    letters = "".join(_LETTERS[number >> 5 * place & 31] for place in range(7, -1, -1))
    return f"{letters[:4]}-{letters[4:]}"


def typed_name(text: str) -> str:
    """The account name that somebody typed, as it is stored; nothing for a text that can be none."""
    plain = re.sub("[\\s\u2010-\u2015-]", "", text).lower().translate(_LOOK_ALIKES)
    return f"{plain[:4]}-{plain[4:]}" if _NAME.fullmatch(plain) else ""


def hashed(token: str) -> str:
    """What is kept of a token."""
    return sha256(b"enlace/portal/token/v1\n" + token.encode()).hexdigest()


def bound_to(agent: str, address: str, *, addresses: bool = True) -> str:
    """What a request brings to be bound to (rule 5): the browser's name and the network, each as a hash, with a space
    between; without `addresses`, the name."""
    name = sha256(f"enlace/portal/agent/v1\n{agent}".encode("utf-8", "surrogatepass")).hexdigest()
    # With the name: the networks of the world are soon tried, and two officers' are not to be compared.
    where = sha256(f"enlace/portal/network/v1\n{name}\n{_network(address)}".encode()).hexdigest()
    return f"{name} {where}" if addresses else name


def taken_along(session: PortalSession, token: str, bound: str, now: int, limits: Limits) -> str | None:
    """What a log-in binds its session to, by a browser that brings the cookie of this one, good and running: the
    networks of both (rule 5). None for any other cookie, and for another browser."""
    name, *own = bound.split(" ")
    before, *networks = session.bound.split(" ")
    try:
        check_running(session, now, limits)
    except Over:
        return None
    given = hashed(token)
    good = hmac.compare_digest(session.newest, given) | hmac.compare_digest(session.before, given)
    if not good or not hmac.compare_digest(name, before):
        return None
    every = [*(each for each in networks if each not in own), *own]
    return " ".join([name, *every[-MOST_NETWORKS:]])


def cookie_of(session_id: str, token: str) -> str:
    """What the cookie holds."""
    return f"{session_id}.{token}"


def read_cookie(text: str) -> tuple[str, str]:
    """Id and token in a cookie; raises Over for anything else."""
    found = _COOKIE.fullmatch(text)
    if found is None:
        raise Over("none")
    return found[1], found[2]


def form_token(secret: str) -> str:
    """What every form of a page carries, so that no other site can send one: made from what only the cookie holds."""
    return sha256(b"enlace/portal/form/v1\n" + secret.encode()).hexdigest()


def opened(session_id: str, token: str, officer: str, bound: str, now: int) -> PortalSession:
    """The session that a log-in opens."""
    return PortalSession(session_id, officer, hashed(token), "", now, now, now, bound)


@dataclass(frozen=True, slots=True)
class Shown:
    """The session after a page, and the token that the page brings; empty where it brings none."""

    session: PortalSession
    token: str = field(repr=False)


class Used:
    """When tokens of sessions were used up, as hashes, for LATE; at most so many, the oldest go. **Fails closed.**"""

    def __init__(self, most: int) -> None:
        self._most, self._at = most, OrderedDict[tuple[str, str], int]()

    def note(self, session: str, hashed_token: str, now: int) -> None:
        """A token of a session was used up now."""
        self._at[session, hashed_token] = now
        while len(self._at) > self._most or next(iter(self._at.values())) + LATE < now:
            self._at.popitem(last=False)

    def lately(self, session: str, hashed_token: str, now: int) -> bool:
        """Whether a token of this session was used up within LATE."""
        return 0 <= now - self._at.get((session, hashed_token), now - LATE - 1) <= LATE


def next_token(key: bytes, token: str, at: int) -> str:
    """The token that follows one which was used at that time."""
    return hmac.new(key, f"enlace/portal/next/v1\n{at}\n{token}".encode(), sha256).hexdigest()


def shown(session: PortalSession, token: str, key: bytes, bound: str, now: int, limits: Limits, *, late: bool) -> Shown:
    """The session after another page was shown to the bearer of `token`; raises Over (rules 3 to 6).

    `late`: the token was one of this session, and used up within LATE (`Used`).
    """
    check_running(session, now, limits)
    name, *network = bound.split(" ")
    before, *networks = session.bound.split(" ")
    if not hmac.compare_digest(before, name):
        raise Over("elsewhere", ends=True)
    given, fresh = hashed(token), next_token(key, token, now)
    newest, last = hmac.compare_digest(session.newest, given), hmac.compare_digest(session.before, given)
    if not (newest or last or late):
        raise Over("replayed", ends=True)
    if not set(network) <= set(networks):  # what no cookie holds is no secret
        raise Over("moved")
    if newest:
        return Shown(replace(session, newest=hashed(fresh), before=given, turned_at=now, seen_at=now), fresh)
    if not last:
        return Shown(session, "")
    same = next_token(key, token, session.turned_at)
    if session.turned_at <= now <= session.turned_at + AGAIN and hmac.compare_digest(session.newest, hashed(same)):
        return Shown(session, same)
    return Shown(replace(session, newest=hashed(fresh), turned_at=now, seen_at=now), fresh)


def check_running(session: PortalSession, now: int, limits: Limits) -> None:
    """Return if the session was not ended and neither of its times is up; raises Over."""
    if session.ended:
        raise Over("elsewhere" if session.ended == "elsewhere" else "replayed")
    if not session.opened_at - AHEAD <= now < session.opened_at + limits.longest:
        raise Over("longest")
    if now >= session.seen_at + limits.idle:
        raise Over("idle")


def officer_counts(view: View, officer: str, now: int) -> bool:
    """Whether an officer's access counts now (rule 7)."""
    return officer in view.officers and bool(view.live_devices(officer, now))


def officer_is_out(view: View, officer: str) -> bool:
    """Whether an officer's access is void for good: officer or member revoked, or no device left. A suspension is not
    for good."""
    record = view.officers.get(officer)
    if record is None or record.revoked != NEVER or view.members[record.member].revoked != NEVER:
        return True
    return all(view.devices[each].revoked != NEVER for each in record.devices)


def _network(address: str) -> str:
    """The network that an address lies in, as far as a session is bound to it."""
    plain = plain_address(address)
    try:
        found = ip_address(plain)
    except ValueError:
        return plain
    network = ip_network((plain, 48 if found.version == 6 else 24), strict=False)
    return str(network) if isinstance(network, IPv6Network) else str(network.network_address)
