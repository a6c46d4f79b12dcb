"""The portal over HTTP: HTML for browsers, without a script (`relay.portal.paths` lists the pages).

1. A page is shown to whoever has a session; anybody else is sent to the log-in, and afterwards back to where they were.
2. Whatever goes wrong is told on a page, in the reader's language; none of it repeats what was typed but the account
   name and the search.
3. Nothing here changes the directory, sends anything, or changes a credential: a form logs in, logs out, ends sessions.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import web

from directory.canonical import Malformed
from directory.exercise import plays
from directory.four_languages import OFFICIAL
from directory.pages.render import asset, render
from directory.pages.words import WORDS, preferred
from relay.answers import PROBLEM, method, template
from relay.authenticate import ADDRESS
from relay.cosigning import Cosigning
from relay.portal import paths
from relay.portal.guard import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    VISIT_COOKIE,
    check_form,
    cookie,
    drop_cookie,
    form_of,
    protect,
    set_cookie,
)
from relay.portal.log_in import Bearer, Browser, Given, PortalLogIns
from relay.portal.look_up import LookUps
from relay.portal.search_page import account_page, contact_page, moment, search_page
from relay.protocol.problems import Refusal
from relay.read_request import Requests
from relay.rules.portal import Over, form_token
from relay.settings import RelaySettings
from relay.views import Clock

Made = tuple[str, dict[str, Any]]
"""A template and what it shows."""
_DAY = 86_400
_VISIT = 32
log = structlog.get_logger()


@dataclass(frozen=True)
class Portal:
    """What the pages need."""

    log_ins: PortalLogIns
    look_ups: LookUps
    cosigning: Cosigning
    requests: Requests
    settings: RelaySettings
    clock: Clock
    random: Callable[[int], bytes]


@dataclass
class _Visit:
    """One request: its language, and who asks, once that is known."""

    request: web.Request
    language: str
    bearer: Bearer | None = None
    visit: str = ""


def portal_routes(portal: Portal) -> list[web.RouteDef]:
    """The pages, for the app to add; none where the settings close the portal."""
    if not portal.settings.portal.open:
        return []
    pages = _Pages(portal)
    return [
        web.get(paths.ROOT, pages.root, allow_head=False),
        web.get(paths.FIND, pages.find, allow_head=False),
        web.get(paths.CONTACT, pages.contact, allow_head=False),
        web.get(paths.ACCOUNT, pages.account, allow_head=False),
        web.post(paths.LOGOUT, pages.log_out),
        web.post(paths.END, pages.end),
        web.get(paths.LOGIN, pages.form, allow_head=False),
        web.post(paths.LOGIN, pages.log_in),
        web.get(paths.STYLE, pages.style, allow_head=False),
        web.get(paths.ICON, pages.icon, allow_head=False),
        web.get(paths.OTHER, pages.other, allow_head=False),
    ]


class _Pages:
    def __init__(self, portal: Portal) -> None:
        self._portal, self._url = portal, portal.settings.listen.public_url

    async def root(self, request: web.Request) -> web.StreamResponse:
        """GET /portal."""
        return self._protected(web.Response(status=308, headers={"Location": paths.FIND}))

    async def style(self, request: web.Request) -> web.StreamResponse:
        """GET /portal/style.css."""
        return self._protected(web.Response(body=asset("portal.css"), content_type="text/css", charset="utf-8"))

    async def icon(self, request: web.Request) -> web.StreamResponse:
        """GET /portal/icon.svg."""
        return self._protected(web.Response(body=asset("icon.svg"), content_type="image/svg+xml"))

    async def find(self, request: web.Request) -> web.StreamResponse:
        """GET /portal/."""

        async def page(visit: _Visit, bearer: Bearer) -> Made:
            looked = self._portal.look_ups
            about = await search_page(looked, bearer.member, request.query, visit.language, self._now())
            account, _ = await self._portal.log_ins.account(bearer)
            if account.ends - self._now() < 14 * _DAY:
                date = moment(account.ends)[:10]
                about["ends_soon"] = WORDS[visit.language]["ends_soon"].format(date=date)
            return "find.html", about

        return await self._shown(request, "find", page)

    async def contact(self, request: web.Request) -> web.StreamResponse:
        """GET /portal/contact/{contact}."""

        async def page(visit: _Visit, bearer: Bearer) -> Made:
            looked, contact = self._portal.look_ups, request.match_info["contact"]
            about = await contact_page(looked, bearer.member, contact, request.query, visit.language, self._now())
            if about is None:
                raise Refusal("not-found", "no_contact")
            return "contact.html", about

        return await self._shown(request, "contact", page)

    async def account(self, request: web.Request) -> web.StreamResponse:
        """GET /portal/account."""

        async def page(visit: _Visit, bearer: Bearer) -> Made:
            account, sessions = await self._portal.log_ins.account(bearer)
            return "account.html", account_page(account, sessions, visit.language)

        return await self._shown(request, "account", page)

    async def other(self, request: web.Request) -> web.StreamResponse:
        """Any other page."""

        async def page(visit: _Visit) -> web.StreamResponse:
            raise Refusal("not-found")

        return await self._answered(request, page)

    async def form(self, request: web.Request) -> web.StreamResponse:
        """GET /portal/login."""

        async def page(visit: _Visit) -> web.StreamResponse:
            return self._log_in_page(visit, back=paths.way_back(request.query.get("back", "")))

        return await self._answered(request, page)

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        """POST /portal/login."""

        async def page(visit: _Visit) -> web.StreamResponse:
            fields = await form_of(request, self._portal.requests)
            back = paths.way_back(fields.get("back", ""))
            name = fields.get("name", "")[:20]
            words = WORDS[visit.language]
            try:
                check_form(request, fields, visit.visit, self._url)
            except Refusal as refusal:
                return self._log_in_page(visit, back, name, words["form_refused"], refusal)
            given = Given(fields.get("name", ""), fields.get("passphrase", ""), fields.get("code", ""))
            try:
                had = cookie(request, SESSION_COOKIE)
                made = await self._portal.log_ins.log_in(given, self._browser(request), visit.visit, had)
            except Refusal as refusal:
                said = {"code-wrong": words["wrong"], "throttled": _wait(refusal, words)}
                problem = said.get(refusal.problem.code, words["busy"])
                return self._log_in_page(visit, back, name, problem, refusal)
            response = web.Response(status=303, headers={"Location": back})
            set_cookie(response, SESSION_COOKIE, made)
            drop_cookie(response, VISIT_COOKIE)
            return response

        return await self._answered(request, page)

    async def log_out(self, request: web.Request) -> web.StreamResponse:
        """POST /portal/logout."""
        return await self._ended(request, everywhere=False)

    async def end(self, request: web.Request) -> web.StreamResponse:
        """POST /portal/end."""
        return await self._ended(request, everywhere=True)

    async def _ended(self, request: web.Request, *, everywhere: bool) -> web.StreamResponse:
        async def page(visit: _Visit) -> web.StreamResponse:
            fields = await form_of(request, self._portal.requests)
            try:
                bearer = await self._bearer(visit, leaving=True)
                check_form(request, fields, bearer.session, self._url)
                if everywhere and bearer.moved:
                    return self._sent_to_log_in(request, Over("moved"))
                # A crash at this line leaves the sessions as they were, or ended; the cookie is of no use then.
                await self._portal.log_ins.log_out(bearer, everywhere=everywhere)
            except Over:
                pass  # it is over already
            response = web.Response(status=303, headers={"Location": f"{paths.LOGIN}?left=1"})
            drop_cookie(response, SESSION_COOKIE)
            visit.bearer = None
            return response

        return await self._answered(request, page)

    async def _shown(
        self, request: web.Request, here: str, make: Callable[[_Visit, Bearer], Awaitable[Made]]
    ) -> web.StreamResponse:
        """A page for whoever has a session."""

        async def page(visit: _Visit) -> web.StreamResponse:
            try:
                bearer = await self._bearer(visit)
                name, about = await make(visit, bearer)
            except Over as over:
                return self._sent_to_log_in(request, over)
            return self._page(visit, name, 200, {"here": here, **about})

        return await self._answered(request, page)

    async def _answered(
        self, request: web.Request, make: Callable[[_Visit], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The page, or one that says what went wrong; with the cookies that belong to it."""
        visit = _Visit(request, _language(request), visit=cookie(request, VISIT_COOKIE))
        try:
            response = await make(visit)
        except (Refusal, Malformed) as error:
            refusal = error if isinstance(error, Refusal) else Refusal("malformed")
            response = self._refused(visit, refusal)
        except Exception as error:  # every fault becomes a page here, as it becomes an answer in `relay.answers`
            log.error("fault", route=template(request), method=method(request), exc_info=error)
            response = self._refused(visit, Refusal("internal"))
        if visit.bearer is not None and visit.bearer.cookie:
            set_cookie(response, SESSION_COOKIE, visit.bearer.cookie)
        if "lang" in request.query:
            set_cookie(response, LANGUAGE_COOKIE, visit.language, lasting=True)
        return self._protected(response)

    async def _bearer(self, visit: _Visit, *, leaving: bool = False) -> Bearer:
        visit.bearer = await self._portal.log_ins.bearer(
            cookie(visit.request, SESSION_COOKIE), self._browser(visit.request), leaving=leaving
        )
        return visit.bearer

    def _now(self) -> int:
        return self._portal.clock()

    def _browser(self, request: web.Request) -> Browser:
        return Browser(request[ADDRESS], request.headers.get("User-Agent", "")[:1000])

    def _sent_to_log_in(self, request: web.Request, over: Over) -> web.StreamResponse:
        asked = {"back": paths.way_back(request.rel_url.raw_path + "?" + request.rel_url.raw_query_string)}
        if over.why != "none":
            asked["over"] = over.why
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            asked["from"] = "link"  # SameSite=Strict kept the cookie back, if there is one
        response = web.Response(status=303, headers={"Location": f"{paths.LOGIN}?{urlencode(asked)}"})
        if over.why not in ("none", "moved"):  # whoever moved has a session yet, and takes its networks along
            drop_cookie(response, SESSION_COOKIE)
        return response

    def _log_in_page(
        self, visit: _Visit, back: str, name: str = "", problem: str = "", refusal: Refusal | None = None
    ) -> web.StreamResponse:
        words, asked = WORDS[visit.language], visit.request.query
        over = asked.get("over", "") if refusal is None else ""
        if over in ("replayed", "elsewhere"):
            problem = words[over]
        said = words["left"] if refusal is None and "left" in asked else ""
        said = words[over] if over in ("idle", "longest", "moved") else said
        secret = visit.visit if len(visit.visit) == 2 * _VISIT else self._portal.random(_VISIT).hex()
        about = {
            "problem": problem,
            "said": said,
            "go_on": back if asked.get("from") == "link" else "",
            "back": back,
            "name": name,
            "form": form_token(secret),
        }
        response = self._page(visit, "log_in.html", 200 if refusal is None else refusal.problem.status, about, refusal)
        set_cookie(response, VISIT_COOKIE, secret)
        return response

    def _refused(self, visit: _Visit, refusal: Refusal) -> web.StreamResponse:
        words, problem = WORDS[visit.language], refusal.problem
        said = {
            "not-found": words["no_contact"] if problem.detail == "no_contact" else words["not_there"],
            "not-allowed": words["form_refused"],
            "throttled": _wait(refusal, words),
            "unavailable": words["busy"],
            "internal": words["internal"],
        }.get(problem.code, words["form_refused"])
        back = paths.FIND + paths.query_text(dict(visit.request.query))
        heading = words["not_there"] if problem.code == "not-found" else words["went_wrong"]
        about = {"heading": heading, "said": said, "back": back}
        return self._page(visit, "message.html", problem.status, about, refusal)

    def _page(
        self, visit: _Visit, name: str, status: int, about: dict[str, Any], refusal: Refusal | None = None
    ) -> web.Response:
        if refusal is not None:
            visit.request[PROBLEM] = refusal.problem.code
        text = render(name, visit.language, self._around(visit) | about)
        headers = {}
        if refusal is not None and refusal.problem.retry_after:
            headers["Retry-After"] = str(refusal.problem.retry_after)
        # A 401 asks for a scheme that browsers know of; this is a form.
        return web.Response(
            status=403 if status == 401 else status, text=text, content_type="text/html", headers=headers
        )

    def _around(self, visit: _Visit) -> dict[str, Any]:
        """What every page has around it."""
        directory, now, words = self._portal.look_ups.directory, self._now(), WORDS[visit.language]
        network, signed = directory.view.network, directory.checkpoint
        known, strange = visit.bearer is not None, visit.bearer.strange if visit.bearer is not None else 0
        as_of = words["as_of"].format(time=moment(signed.time), size=directory.view.size) if signed else ""
        return {
            "network": network.name if network is not None else "",
            "exercise": network is not None and plays(network.name),
            "here": "",
            "logged_in": known,
            "form": form_token(visit.bearer.session) if visit.bearer is not None else "",
            "switch": _switch(visit.request),
            "strange": words["strange"].format(time=moment(strange)) if strange else "",
            "old": self._old(words),
            "as_of": f"{as_of} {self._vouched(words)}" if signed else "",
            "at": words["said_at"].format(time=moment(now)),
            "printed": words["printed"].format(time=moment(now)),
        }

    def _vouched(self, words: Any) -> str:
        """Since when witnesses vouch for how much of the directory, as this relay knows it."""
        cosigning = self._portal.cosigning
        if not cosigning.witnesses:
            return str(words["unwitnessed"])
        if not cosigning.vouched_at:
            return str(words["not_witnessed"])
        return str(words["witnessed"].format(size=cosigning.vouched_size, time=moment(cosigning.vouched_at)))

    def _old(self, words: Any) -> str:
        """A warning where the log, or its witnesses, have not vouched for the directory for a day."""
        signed, vouched, now = (
            self._portal.look_ups.directory.checkpoint,
            self._portal.cosigning.vouched_at,
            self._now(),
        )
        if signed is not None and now - signed.time > _DAY:
            return str(words["old"])
        return str(words["witnesses_old"].format(time=moment(vouched))) if vouched and now - vouched > _DAY else ""

    def _protected(self, response: web.StreamResponse) -> web.StreamResponse:
        protect(response, self._url)
        return response


def _language(request: web.Request) -> str:
    """The language chosen, now or before; else the one that the browser prefers."""
    for asked in (request.query.get("lang", ""), cookie(request, LANGUAGE_COOKIE)):
        if asked in OFFICIAL:
            return asked
    return preferred(request.headers.get("Accept-Language", ""))


def _switch(request: web.Request) -> list[tuple[str, str]]:
    """The same page in each language; a page that a form led to, as the log-in."""
    path = request.rel_url.raw_path if request.method == "GET" else paths.LOGIN
    asked = {name: text[: paths.MOST_TEXT] for name, text in request.query.items() if name != "lang"}
    return [(code, f"{path}?{urlencode(asked | {'lang': code})}") for code in OFFICIAL]


def _wait(refusal: Refusal, words: Any) -> str:
    said: str = words["throttled"].format(seconds=refusal.problem.retry_after)
    return said
