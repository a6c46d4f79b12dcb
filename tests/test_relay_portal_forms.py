"""Forms of the portal: read strictly, and only from its own pages; and what its settings change."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from portal_world import Access, Browser, PortalWorld, portal_world

from relay.portal.guard import FORM, read_fields, sent_by
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.protocol.requests import NewPortalAccess

pytest_plugins = ("portal_together",)
together = pytest.mark.asyncio(loop_scope="module")
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PortalWorld]:
    async with portal_world(
        tmp_path_factory.mktemp("forms"), settings="pages_burst = 10\npages_per_minute = 10", contacts=False
    ) as world:
        yield world


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),  # an extension that keeps the referrer back
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, False),
        ({"Origin": "https://relay.example"}, True),
        ({"Origin": "https://relay.example:443"}, True),
        ({"Origin": "http://relay.example"}, False),
        ({"Origin": "https://relay.example:8443"}, False),
        ({"Origin": "https://relay.example:x"}, False),
        ({"Origin": "https://[relay.example"}, False),
        ({"Origin": "null"}, False),
        ({"Referer": "https://relay.example/portal/login?back=%2Fportal%2F"}, True),
        ({"Referer": "https://relay.example@evil.example/"}, False),
        ({"Referer": ""}, False),
        ({}, False),
    ],
)
def test_who_sent_a_form_is_what_the_browser_says(headers: dict[str, str], ours: bool) -> None:
    for written in ("https://relay.example", "https://Relay.Example:443"):
        assert sent_by(headers, written) is ours


@given(st.dictionaries(TEXT.filter(bool), TEXT, max_size=8))
def test_fields_are_read_as_a_browser_writes_them(fields: dict[str, str]) -> None:
    assert read_fields(urlencode(fields).encode()) == fields


NO_FORMS = [
    b"form=1&form=2",
    b"form=%ff",
    "form=\xe9".encode(),
    b"a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9",
    b"no value",
    b"a=1&&b=2",
]


@pytest.mark.parametrize("raw", NO_FORMS)
def test_what_is_no_form_is_refused(raw: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_fields(raw)
    assert refused.value.problem.code == "malformed"


@together
@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [(NO_FORMS[0], FORM, 400), (b"{}", "application/json", 415), (b"a=" + b"x" * 9000, FORM, 413), (b"", FORM, 403)],
)
async def test_it_is_refused_on_a_page(world: PortalWorld, data: bytes, kind: str, status: int) -> None:
    browser = await world.browser(language="fr")
    page = await browser.send("POST", "/portal/login", data, {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
    assert (page.status, "<!doctype html>" in page.text) == (status, True)
    assert 'lang="fr"' in page.text


@together
async def test_forms_count_only_from_a_page_of_this_session(
    world: PortalWorld, night: Access, browser: Browser
) -> None:
    form = (await browser.get("/portal/account")).hidden("form")
    world.here.clock.now += 60
    for fields, headers in (
        ({}, {}),
        ({"form": "0" * 64}, {}),
        ({"form": form}, {"Sec-Fetch-Site": "cross-site"}),
        ({"form": form}, {"Sec-Fetch-Site": "same-site"}),
        ({"form": form}, {"Sec-Fetch-Site": "none"}),
        ({"form": form}, {"Origin": "https://evil.example"}),
        ({"form": form}, {"Sec-Fetch-Site": "", "Origin": ""}),  # no such headers, and none else either
        ({"form": form}, {"Sec-Fetch-Site": "", "Origin": "null"}),  # as from a frame in a stranger's page
        ({"form": form}, {"Sec-Fetch-Site": "", "Origin": "null", "Referer": world.here.url + "/portal/"}),
        ({"form": form}, {"Sec-Fetch-Site": "", "Origin": "", "Referer": "https://evil.example/portal/"}),
        ({"form": form}, {"Sec-Fetch-Site": "", "Origin": "", "Referer": world.here.url + ".evil.example/"}),
        ({"form": form}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example", "Referer": world.here.url}),
    ):
        refused = await browser.post("/portal/end", fields, **headers)
        assert (refused.status, "Nothing was changed" in refused.text) == (403, True), (fields, headers)
    # Safari before 16.4 knows no Sec-Fetch-Site, and some embedded browsers no Origin in forms either.
    for ours in (
        {"Sec-Fetch-Site": "", "Origin": world.here.url},
        {"Sec-Fetch-Site": "", "Origin": "", "Referer": f"{world.here.url}/portal/account"},
    ):
        left = await browser.post(
            "/portal/end", {"form": (await browser.get("/portal/account")).hidden("form")}, **ours
        )
        assert left.place == "/portal/login?left=1"
        world.here.clock.now += 30
        assert (await browser.type_in(night)).status == 303
    assert (await browser.post("/portal/end", {"form": (await browser.get("/portal/")).hidden("form")})).status == 303
    assert (await browser.get("/portal/")).status == 303
    # Nor is anybody logged in by another site's form.
    fresh = await world.browser()
    world.here.clock.now += 30
    cross = await fresh.post(
        "/portal/login",
        {"name": night.name, "passphrase": night.passphrase, "code": world.code(night), "form": form, "back": ""},
    )
    assert (cross.status, "__Host-enlace-portal" in fresh.cookies) == (403, False)


@together
async def test_another_address_in_a_header_buys_no_further_guess(world: PortalWorld, night: Access) -> None:
    """Only a proxy that the settings name is believed."""
    statuses = []
    for number in range(14):
        guesser = await world.browser(address=f"198.51.{number}.7")
        page = await guesser.type_in(night, code="000000", passphrase="a guess of mine")
        statuses.append(page.status)
    assert statuses[-2:] == [429, 429]


@together
async def test_a_form_that_is_sent_twice_is_one_log_in(world: PortalWorld, night: Access) -> None:
    """A tired hand clicks twice: the browser drops the first answer and waits for the second."""
    browser = await world.browser()
    world.here.clock.now += 30
    form = (await browser.get("/portal/login")).hidden("form")
    visit = browser.cookies["__Host-enlace-visit"]
    about = {"name": night.name, "passphrase": night.passphrase, "code": world.code(night), "back": "/portal/"}
    sent = await asyncio.gather(*(browser.post("/portal/login", {"form": form} | about) for _ in range(2)))
    assert [(page.status, page.place) for page in sent] == [(303, "/portal/")] * 2
    first = browser.cookie
    world.here.clock.now += 1
    browser.cookies["__Host-enlace-visit"] = visit
    assert (await browser.post("/portal/login", {"form": form} | about)).status == 303
    assert browser.cookie == first
    assert (await browser.get("/portal/account")).status == 200
    # The same words from another visit, or another name of a browser, are a used code; and so are these later.
    other = await world.browser()
    assert (await other.type_in(night, code=about["code"])).status == 403
    other = await world.browser(agent="another", cookies={"__Host-enlace-visit": visit})
    assert (await other.post("/portal/login", {"form": form} | about)).status == 403
    browser.cookies["__Host-enlace-visit"] = visit
    world.here.clock.now += 31
    assert (await browser.post("/portal/login", {"form": form} | about)).status == 403


@together
async def test_a_directory_without_contacts_says_so(browser: Browser) -> None:
    assert "no points of contact yet" in (await browser.get("/portal/")).text
    assert "Nobody is listed" in (await browser.get("/portal/?q=trata")).text
    assert (await browser.get("/portal/contact/co-desk")).status == 404


@together
async def test_whoever_looks_at_too_many_pages_waits(world: PortalWorld, browser: Browser) -> None:
    world.here.clock.now += 600
    form, statuses = "", []
    for _ in range(12):
        page = await browser.get("/portal/")
        form = page.hidden("form") if page.status == 200 else form
        statuses.append(page.status)
    assert statuses == [200] * 10 + [429] * 2
    # Whoever leaves need not wait: the next person at this machine would look up in their name.
    assert (await browser.post("/portal/logout", {"form": form})).place == "/portal/login?left=1"
    world.here.clock.now += 61
    assert (await browser.get("/portal/")).status == 303


async def test_a_closed_portal_is_not_there(tmp_path: Path) -> None:
    async with portal_world(tmp_path, settings="open = false", contacts=False) as world:
        browser = await world.browser()
        assert (await browser.get("/portal/")).status == 404
        desk = await world.desk("co-night")
        world.here.clock.now += 30
        body = {"code": world.here.code("co-night"), "passphrase": "four words by candlelight"}
        refused = await desk.call("POST", routes.PORTAL, NewPortalAccess(**body))
        assert (refused.status, "has no portal" in refused.problem.detail) == (403, True)
