"""Logging in at the portal, and what a cookie is worth: what `relay.rules.portal` says, carried out in order.

1. Passphrase and code come together and are judged together. A wrong name, passphrase or code, a used code, access
   that has ended or must wait, an officer who does not count: one answer, `code-wrong`, after the same work. What the
   answer may tell is only what its address and the machine's load say: `throttled`, `unavailable`.
2. An address has so many failures; each attempt is paid before it is tried and given back where it succeeds. **Fails
   closed**, with its own memory of addresses: the desks' log-in never pays for it.
3. An account waits as a desk's does (`relay.rules.throttle`), and is locked after 100 failures until the desk renews
   it. **Fails closed.** It is the portal's account that waits: nothing here counts against the officer's desk.
4. An attempt is counted while the passphrase is derived, and its verdict is not looked at before both are done: a name
   that nobody has takes as long.
5. A code's step is used up in the transaction that opens the session, and only there.
6. A last step that a clock far ahead left stays the last one: the desk renews the access then.
7. Every page that is shown turns the session's token, by compare-and-swap: of two that come at once, one turns it, and
   the other brings the same. The key that makes tokens, and which were used lately, are in memory: after a restart a
   page that was asked for at that moment may end its session.
8. A browser that is logged in already and comes from another network keeps, by logging in there, the networks it had:
   the session that its cookie stands for makes way for the new one (`relay.rules.portal`, rule 5). Whoever goes on with
   that session instead, in its own network, is told on every page: the other may have been a thief.
9. A form that a browser sends twice, as a double click does, is judged once, and both answers are the same: the browser
   shows the second alone, and its code would be a used one.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256

import structlog

from crypto.keyfile import KeyFileError, normal_passphrase
from relay.portal.derivation import Derivations
from relay.portal.store import PortalAccount, PortalStore
from relay.protocol.problems import Refusal
from relay.rules import totp
from relay.rules.addresses import counted_address
from relay.rules.portal import (
    ID_SIZE,
    MOST_SESSIONS,
    TOKEN_SIZE,
    Limits,
    Over,
    PortalSession,
    Used,
    bound_to,
    cookie_of,
    hashed,
    officer_counts,
    opened,
    read_cookie,
    shown,
    taken_along,
    typed_name,
)
from relay.rules.throttle import Buckets, check_account
from relay.settings import Portal as PortalSettings
from relay.store.contract import Conflict, StoreFailed
from relay.views import Clock, Views

ADDRESSES = 20_000
OFFICERS = 10_000
USED = 20_000  # tokens
ONCE = 30  # seconds
FORMS = 1000
_TRIES = 5
_NOBODY = bytes(totp.SECRET_SIZE)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed."""

    name: str
    passphrase: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request comes from: its network address, and the name the browser gives itself."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a cookie stands for; `cookie` is the next one, or empty where the one at hand goes on. `strange`: when it
    last came from a network that is not its own; 0: never. `moved`: it comes from there now and may only end itself."""

    officer: str
    member: str
    session: str
    cookie: str = field(repr=False, default="")
    strange: int = 0
    moved: bool = False


class PortalLogIns:
    """Opens, turns and ends sessions; `random` makes tokens and ids."""

    def __init__(
        self,
        *,
        store: PortalStore,
        views: Views,
        derivations: Derivations,
        settings: PortalSettings,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._store, self._views, self._derivations = store, views, derivations
        self._settings, self._clock, self._random = settings, clock, random
        self._limits = Limits(settings.idle_seconds, settings.longest_seconds)
        self.addresses = Buckets(settings.address_burst, settings.address_per_minute, ADDRESSES)
        self._sent: OrderedDict[bytes, tuple[asyncio.Task[str], int]] = OrderedDict()
        self._key, self._used = random(TOKEN_SIZE), Used(USED)
        self._strange = OrderedDict[str, int]()
        self.pages = Buckets(settings.pages_burst, settings.pages_per_minute, OFFICERS)

    async def log_in(self, given: Given, browser: Browser, visit: str, cookie: str = "") -> str:
        """The cookie of a new session; refuses `code-wrong`, `throttled`, `unavailable` (rule 1).

        `cookie` is that of the session which this browser had (rule 8).
        `visit` is the secret of the browser's visit, which its form was made for: whoever sends that form once more
        within ONCE gets the session that it opened (rule 9).
        """
        now, key = self._clock(), _once(given, self._bound(browser), visit)
        sent, at = self._sent.get(key, (None, now))
        if sent is None or not 0 <= now - at <= ONCE:
            sent = asyncio.create_task(self._paid(given, browser, now, cookie))
            self._sent[key] = sent, now
        while len(self._sent) > FORMS or next(iter(self._sent.values()))[1] + ONCE < now:
            self._sent.popitem(last=False)
        try:
            # Whoever asked may be gone: the log-in goes on, and leaves what it would have left.
            return await asyncio.shield(sent)
        except Exception:  # what was refused is judged anew, and what failed
            self._sent.pop(key, None)
            raise

    async def _paid(self, given: Given, browser: Browser, now: int, cookie: str) -> str:
        address = counted_address(browser.address)
        self.addresses.check(address, now)
        self.addresses.spend(address, now)
        try:
            made = await self._judged(given, browser, now, cookie)
        except Refusal as refusal:
            if refusal.problem.code == "unavailable":
                self.addresses.give_back(address, now, 1)
            raise
        except StoreFailed as error:
            self.addresses.give_back(address, now, 1)
            raise Refusal("unavailable") from error
        self.addresses.give_back(address, now, 1)
        return made

    async def _judged(self, given: Given, browser: Browser, now: int, cookie: str) -> str:
        account = await self._account(given.name)
        self._derivations.check()  # where none is tried, none is counted
        # A crash while these run leaves one attempt counted that was never judged; success clears it.
        fits, may = await asyncio.gather(
            self._derivations.fits(_normal(given.passphrase), account.credential.phc if account else None),
            self._charged(account, now),
        )
        step = _step(account, given.code, now)
        if account is None or step is None or not (fits and may and account.ends > now):
            raise Refusal("code-wrong")
        view = self._views.view  # as it is now: deriving took a while
        if not officer_counts(view, account.officer, self._clock()):
            raise Refusal("code-wrong")
        bound, had = await self._bound_on(account.officer, cookie, browser)
        session_id, token = self._random(ID_SIZE).hex(), self._random(TOKEN_SIZE).hex()
        session = opened(session_id, token, account.officer, bound, now)
        try:
            # A crash at this line leaves the code used up and the session open, which nobody has, or neither.
            if not await self._store.accept(account, step, session, MOST_SESSIONS):
                raise Refusal("code-wrong")
        except Conflict as error:
            raise Refusal("code-wrong") from error
        if had:
            with suppress(StoreFailed):
                # A crash at this line leaves that session, whose cookie this browser is about to lose, until it lapses.
                await self._store.end(had)
        return cookie_of(session_id, token)

    async def _bound_on(self, officer: str, cookie: str, browser: Browser) -> tuple[str, str]:
        """What a log-in binds its session to, and which session makes way for it (rule 8), or nothing."""
        bound, now = self._bound(browser), self._clock()
        try:
            session_id, token = read_cookie(cookie)
        except Over:
            return bound, ""
        had = await self._store.session(session_id)
        if had is None or had.officer != officer:
            return bound, ""
        wider = taken_along(had, token, bound, now, self._limits)
        return (bound, "") if wider is None else (wider, had.id)

    async def bearer(self, cookie: str, browser: Browser, *, leaving: bool = False) -> Bearer:
        """Who asks for a page; raises Over where there is no session any more, Refusal `throttled`, `unavailable`.

        The token that came is used by this, and `Bearer.cookie` has to reach the browser. Whoever is `leaving` may do
        so however many pages they looked at, and from any network.
        """
        session_id, token = read_cookie(cookie)
        for _ in range(_TRIES):
            try:
                session = await self._store.session(session_id)
                if session is None:
                    raise Over("none")
                return await self._turned(session, token, browser, leaving=leaving)
            except Conflict:
                continue  # another page of this browser came first: judge it anew
            except StoreFailed as error:
                raise Refusal("unavailable") from error
        raise Refusal("unavailable")

    async def _turned(self, session: PortalSession, token: str, browser: Browser, *, leaving: bool) -> Bearer:
        now, view = self._clock(), self._views.view
        if not officer_counts(view, session.officer, now):
            raise Over("none")
        account = await self._store.account(session.officer)
        if account is None or account.ends <= now:
            raise Over("none")
        member = view.officers[session.officer].member
        late = self._used.lately(session.id, hashed(token), now)
        try:
            page = shown(session, token, self._key, self._bound(browser), now, self._limits, late=late)
        except Over as over:
            if over.why == "moved":
                if leaving:
                    return Bearer(session.officer, member, session.id, moved=True)
                self._note_strange(session.id, now)
            if over.ends:
                log.warning("portal-session-ended", reason=over.why)
                # A crash at this line leaves it running: the next such cookie ends it.
                await self._store.turn(session, replace(session, ended=over.why))
            raise
        if not leaving:
            self.pages.check(session.officer, now)
            self.pages.spend(session.officer, now)
        if page.session is not session:
            # A crash at this line leaves both tokens good that were, or the one that came and one nobody has.
            await self._store.turn(session, page.session)
            if session.before not in ("", page.session.before):
                self._used.note(session.id, session.before, now)
        cookie = cookie_of(session.id, page.token) if page.token else ""
        return Bearer(session.officer, member, session.id, cookie, self._strange.get(session.id, 0))

    def _note_strange(self, session: str, now: int) -> None:
        """Remember, as long as this process runs, to tell the officer (rule 8)."""
        log.info("portal-session-moved")
        self._strange[session] = now
        self._strange.move_to_end(session)
        while len(self._strange) > OFFICERS:
            self._strange.popitem(last=False)

    async def log_out(self, bearer: Bearer, *, everywhere: bool) -> None:
        """End the session at hand, or every one of the officer's."""
        try:
            if everywhere:
                await self._store.end_sessions((bearer.officer,))
            else:
                await self._store.end(bearer.session)
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def account(self, bearer: Bearer) -> tuple[PortalAccount, int]:
        """The officer's access and how many sessions there are, for a page about them; raises Over."""
        try:
            account = await self._store.account(bearer.officer)
            count = await self._store.sessions(bearer.officer)
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        if account is None:
            raise Over("none")
        return account, count

    async def _account(self, typed: str) -> PortalAccount | None:
        name = typed_name(typed)
        return await self._store.account_named(name) if name else None

    async def _charged(self, account: PortalAccount | None, now: int) -> bool:
        """Whether an attempt may be made, which is counted from here on (rules 3 and 4)."""
        if account is None:
            return False
        try:
            check_account(account.failures, account.failed_at, now)
            await self._store.charge(account, now)
        except (Refusal, Conflict):  # it has to wait; or another attempt came first: this one is not tried
            return False
        return True

    def _bound(self, browser: Browser) -> str:
        return bound_to(browser.agent, browser.address, addresses=self._settings.bind_address)


def _once(given: Given, bound: str, visit: str) -> bytes:
    """What tells one form that was sent from every other."""
    parts = [visit, bound, given.name, given.passphrase, given.code]
    return sha256("".join(f"{len(each)}:{each}" for each in parts).encode("utf-8", "surrogatepass")).digest()


def _normal(passphrase: str) -> bytes:
    """The passphrase as it is derived from; one that nobody can have, as something that fits nothing."""
    try:
        return normal_passphrase(passphrase.encode("utf-8", "surrogatepass"))
    except KeyFileError:
        return b"\x00"


def _step(account: PortalAccount | None, code: str, now: int) -> int | None:
    """The step that a code would use up, or None."""
    secret, last = (account.credential.secret, account.last_step) if account else (_NOBODY, totp.NEVER_USED)
    try:
        return totp.accepted_step(secret, code.replace(" ", ""), now, last)
    except Refusal:
        return None
