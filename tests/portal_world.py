"""A relay with contacts worth finding, and browsers that are none: for tests of the portal over HTTP.

async with portal_world(tmp_path) as world:              # founded; members co and ar; eight contacts
    night = await world.access("co-night")               # made at the desk: name, passphrase, secret
    browser = await world.browser()
    page = await browser.log_in(night)                   # as a browser does it: form, cookies, redirect
    page = await browser.get("/portal/?q=extradition")
    assert "Extradition" in page.text
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from directory_world import TWO_ROOTS
from relay_world import Caller, RelayWorld, client_tls

from directory.bodies import CircleBody, ContactBody, Hours, Phone, Requirements, Span, write_body_bytes
from directory.statement import SetCircle
from relay.protocol import routes
from relay.protocol.requests import NewPortalAccess, PortalAccess, PortalConfirmation, PortalStanding
from relay.rules.totp import code_at, secret_bytes, step_at

PASSPHRASE = "four words by candlelight"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AGENT = "Mozilla/5.0 (a test)"
OFFICE_HOURS = Hours(spans=tuple(Span(day=day, opens=480, closes=1020) for day in range(1, 6)))
LONG = "Unidad Especializada de Investigación de Delitos de Trata de Personas y Tráfico Ilícito de Migrantes " * 3
CONTACTS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    # contact: member, function, what stands in the body, what stands in the statement
    "co-court": ("co", "central-authority-mla", {
        "names": {"es": LONG.strip()[:380]}, "phones": (Phone(number="+12025550114"),), "languages": ("es",),
        "zone": "America/Bogota", "hours": OFFICE_HOURS,
        "requirements": Requirements(languages=("es",), form="carta rogatoria", dual_criminality=True),
    }, {}),
    "ar-secret": ("ar", "police-investigation", {
        "names": {"es": "Brigada Reservada"}, "phones": (Phone(number="+12025550121"),),
    }, {"circles": ("south",)}),
    "co-desk": ("co", "trafficking-24-7", {
        "names": {"es": "Mesa Nacional contra la Trata, Bogotá", "en": "National Anti-Trafficking Desk, Bogotá"},
        "phones": (Phone(number="+12025550110", use="always"), Phone(number="+12025550111", use="day"),
                   Phone(number="+12025550112", use="fax"), Phone(number="+12025550113", use="switchboard")),
        "emails": ("desk@trata.example",), "languages": ("es", "en"), "zone": "America/Bogota",
        "hours": Hours(always=True), "respond": 30, "city": "Bogotá", "also": ("MNT",),
        "notes": {"es": "Pregunte por el oficial de turno.", "en": "Ask for the officer on duty."},
        "website": "https://trata.example/contacto", "address": "Carrera 7 # 26-20",
    }, {"escalation": ("co-court",)}),
    "co-extradition": ("co", "extradition", {
        "names": {"es": "Oficina de Extradición", "en": "Extradition Office"},
        "emails": ("extradicion@justicia.example",), "zone": "America/Bogota",
    }, {}),
    "ar-desk": ("ar", "trafficking-24-7", {
        "names": {"es": "Línea de la Protección de la Niñez", "en": "Child Protection Line"},
        "phones": (Phone(number="+12025550120", use="night"),), "languages": ("es", "pt"),
        "zone": "America/Argentina/Buenos_Aires", "hours": OFFICE_HOURS,
    }, {"escalation": ("ar-secret",)}),
    "ar-alike": ("ar", "customs", {
        "names": {"en": "Cust\u043ems Control"}, "website": "https://\u0430duana.example/", "languages": ("es",),
        "phones": (Phone(number="+12025550130", use="fax"),),
    }, {}),
    "ar-markup": ("ar", "consular", {
        "names": {"en": "<script>alert(1)</script> & \"Consulate\" \u202egnp.exe"}, "website": "javascript:alert(1)",
        "notes": {"en": "<b>bold</b> ' \" {{ 7 * 7 }}"}, "emails": ("a\"b<c>@mark.example",),
    }, {}),
}  # fmt: skip


@dataclass(frozen=True)
class Access:
    """Access to the portal that somebody has."""

    name: str
    secret: bytes
    passphrase: str = PASSPHRASE


@dataclass(frozen=True)
class Page:
    """What came back, after no redirect."""

    status: int
    text: str
    headers: Any

    @property
    def place(self) -> str:
        """Where it sends the browser; nothing if nowhere."""
        return str(self.headers.get("Location", ""))

    def hidden(self, name: str) -> str:
        """A hidden field of its forms."""
        found = re.search(f'name="{name}" value="([^"]*)"', self.text)
        assert found, self.text
        return unescape(found[1])


@dataclass
class Browser:
    """Cookies, a name, and the habits of a browser that sends what the standards ask for."""

    world: "PortalWorld"
    http: aiohttp.ClientSession
    cookies: dict[str, str] = field(default_factory=dict)
    agent: str = AGENT
    address: str = ""  # as the proxy in front tells it
    language: str = "en"
    shown: Page | None = None

    async def get(self, path: str, **headers: str) -> Page:
        """A page."""
        return await self.send("GET", path, None, headers)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Page:
        """A form, as sent from a page of the portal."""
        about = {"Sec-Fetch-Site": "same-origin", "Origin": self.world.here.url} | FORM | headers
        return await self.send("POST", path, urlencode(fields).encode(), about)

    async def send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Page:
        """One request, with the cookies there are; keeps those that come."""
        about = {"User-Agent": self.agent, "Accept-Language": self.language} | headers
        if self.address:
            about["X-Forwarded-For"] = self.address
        if self.cookies:
            about.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        url = self.world.here.url + path
        async with self.http.request(method, url, data=data, headers=about, allow_redirects=False) as response:
            for line in response.headers.getall("Set-Cookie", []):
                name, _, rest = line.partition("=")
                value = rest.partition(";")[0].strip('"')
                if "Max-Age=0" in line:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = value
            self.shown = Page(response.status, await response.text(), response.headers.copy())
        return self.shown

    async def type_in(self, access: Access, *, code: str = "", back: str = "/portal/", **changes: str) -> Page:
        """The log-in form, filled in and sent; `changes` are other fields."""
        form = await self.get("/portal/login?" + urlencode({"back": back}))
        fields = {
            "form": form.hidden("form"),
            "back": form.hidden("back"),
            "name": access.name,
            "passphrase": access.passphrase,
            "code": code or self.world.code(access),
        }
        return await self.post("/portal/login", fields | changes)

    async def log_in(self, access: Access, **more: Any) -> Page:
        """Log in; it has to work. Moves the clock to the next code first."""
        self.world.here.clock.now += 30
        sent = await self.type_in(access, **more)
        assert sent.status == 303, (sent.status, sent.text)
        return sent

    @property
    def cookie(self) -> str:
        return self.cookies["__Host-enlace-portal"]


@dataclass
class PortalWorld:
    """The relay, who calls, and what they have."""

    here: RelayWorld
    desks: dict[str, tuple[Caller, int]] = field(default_factory=dict)

    async def browser(self, **about: Any) -> Browser:
        """A browser of its own."""
        http = await self.here._stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_tls()), cookie_jar=aiohttp.DummyCookieJar())
        )
        return Browser(self, http, **about)

    async def desk(self, handle: str) -> Caller:
        """A desk in a running shift."""
        caller, ends = self.desks.get(handle, (None, 0))
        if caller is None or self.here.clock.now >= ends:
            caller = await self.here.log_in(handle)
            self.desks[handle] = caller, self.here.clock.now + 500
        return caller

    async def begun(self, handle: str, passphrase: str = PASSPHRASE) -> PortalAccess:
        """Access that waits for its first code; moves the clock, for a code that was not used."""
        desk = await self.desk(handle)
        self.here.clock.now += 30
        request = NewPortalAccess(code=self.here.code(handle), passphrase=passphrase)
        return (await desk.call("POST", routes.PORTAL, request)).read(PortalAccess)

    async def access(self, handle: str, passphrase: str = PASSPHRASE) -> Access:
        """Access in force."""
        made = await self.begun(handle, passphrase)
        access = Access(made.name, secret_bytes(made.secret), passphrase)
        desk = await self.desk(handle)
        answer = await desk.call("POST", routes.PORTAL_CONFIRM, PortalConfirmation(code=self.code(access)))
        assert answer.read(PortalStanding).name == made.name
        return access

    def code(self, access: Access, steps: int = 0) -> str:
        """The code now, or so many steps away."""
        return code_at(access.secret, step_at(self.here.clock()) + steps)

    def say(self, kind: Any, by: tuple[str, ...], **fields: Any) -> None:
        """One statement in the world; `publish` hands it over."""
        self.here.world.admit(self.here.world.say(kind, **fields), *by)


async def publish_contacts(here: RelayWorld) -> None:
    """The members and contacts above."""
    world = here.world
    world.add_member("ar")
    world.add_officer("ar-night", "ar")
    body = world.opening(write_body_bytes(CircleBody(names={"en": 'Southern "Circle"', "es": "C\u00edrculo del Sur"})))
    circle = world.say(SetCircle, circle="south", members=("ar",), body=body)
    world.admit(circle, *TWO_ROOTS)
    for contact, (member, function, about, fields) in CONTACTS.items():
        body = world.opening(write_body_bytes(msgspec.convert(about, ContactBody)), contact)
        world.add_contact(contact, member, (f"{member}-night",), function=function, body=body, **fields)
    await here.publish()


@asynccontextmanager
async def portal_world(
    folder: Path, *, settings: str = "", listen: str = "", contacts: bool = True
) -> AsyncIterator[PortalWorld]:
    """A running relay; `settings` are lines of [portal], `listen` of [listen]."""
    async with RelayWorld.running(folder, extra=f"[portal]\n{settings}\n", listen=listen) as here:
        if contacts:
            await publish_contacts(here)
        yield PortalWorld(here)
