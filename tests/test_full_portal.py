"""The portal in real Chromium: enrol, log in, find, print; and what a guesser and a thief get.

With ENLACE_SHOTS=FOLDER, pictures of every page are left there for whoever wants to look.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pyotp
import pytest
from chromium import ARGS, RUN_AXE, axe, executable, pages_of, shots
from cli_world import Office
from portal_world import Access, PortalWorld, portal_world

from directory.four_languages import OFFICIAL

# Playwright is there for the full tests alone, and its types with it.
Browser: TypeAlias = Any
Page: TypeAlias = Any

pytestmark = pytest.mark.full
WORDS = "four words by candlelight"
LOCALES = {"es": "es-CO", "en": "en-GB", "pt": "pt-BR", "fr": "fr-HT"}


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, driven from a test that waits for nothing else."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: make setup-full")
    with sync_api.sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=executable(), args=ARGS)
        yield made
        made.close()


def enrolled(office: Office) -> tuple[str, pyotp.TOTP, str]:
    """Access that co-desk made with `enlace portal create`: account name, authenticator, address."""
    code = office.file("code", office.phones["co-desk"].at(int(time.time()) + 30) + "\n")
    secret = office.file("portal-passphrase", WORDS + "\n")
    begun = office.run("co-desk", "portal", "create", "--code-file", code, "--new-passphrase-file", secret, "--json")
    phone = pyotp.parse_uri(json.loads(begun.out.splitlines()[0])["uri"])
    assert isinstance(phone, pyotp.TOTP)
    made = office.ask("co-desk", "portal", "create", "--first-code-file", "-", feed=phone.now().encode())
    return made["name"], phone, made["address"]


def test_an_officer_enrols_logs_in_finds_and_prints_and_others_do_not(tmp_path: Path) -> None:
    with Office.opened(tmp_path / "office") as office:
        name, phone, address = enrolled(office)
        used = phone.now()
        with browser() as chromium:
            look_up(chromium, name, phone, address, used)
        # The officer's desk has nothing to do with any of it.
        assert office.run("co-desk", "sync").code == 0
        assert office.ask("co-desk", "portal", "show")["failed"] >= 1


def look_up(chromium: Browser, name: str, phone: pyotp.TOTP, address: str, used: str) -> None:
    """What the officer does in a browser, then a thief, then somebody who guesses."""
    code = phone.at(int(time.time()) + 30)  # of the next half minute, which the relay takes already
    context = chromium.new_context(
        ignore_https_errors=True, java_script_enabled=False, locale="es-CO", viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}?q=trata&country=AR")
    assert page.get_by_role("heading", name="Entrar").is_visible()
    type_in(page, name, used)  # it confirmed the access
    assert "el código ya se usó" in page.locator(".problem").inner_text()
    type_in(page, name, code)
    page.wait_for_url(f"{address}?q=trata&country=AR")
    find_and_print(page, address)
    assert not [each for each in said if "Content Security Policy" in each]
    steal(chromium, page, name, code, address)
    guess(page, name)


def type_in(page: Page, name: str, code: str) -> None:
    """The log-in, filled in and sent."""
    for field, text in (("#name", name), ("#passphrase", WORDS), ("#code", code)):
        page.fill(field, text)
    with page.expect_navigation():  # an answer that has come is not yet a page that stands there
        page.keyboard.press("Enter")


def find_and_print(page: Page, address: str) -> None:
    """The results of a search, the first of them, both on paper, and back."""
    assert "Lo muestra el servidor" in page.locator(".banner").inner_text()
    first = page.locator("article").first
    assert "+1 202-555-0110" in first.inner_text()
    assert "Atiende ahora" in first.inner_text()
    assert pages_of(page.pdf(format="Letter")) == 1
    first.get_by_role("link").first.click()
    page.wait_for_url("**/portal/contact/ar-desk**")
    assert page.locator("a[href='tel:+12025550110']").is_visible()
    for paper in ("A4", "Letter"):
        assert pages_of(page.pdf(format=paper)) == 1
    page.emulate_media(media="print")
    assert not page.get_by_role("link", name="Volver a la búsqueda").is_visible()
    assert page.locator(".printed").is_visible()
    assert page.locator(".paper").first.is_visible()  # who answers now is of its time, which stands there
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Volver a la búsqueda").click()
    page.wait_for_url(f"{address}?q=trata&country=AR")


def steal(chromium: Browser, page: Page, name: str, code: str, address: str) -> None:
    """The same code again, in another browser; then the cookie, copied: it ends the session, and it is told."""
    other = chromium.new_context(ignore_https_errors=True, locale="en-GB", user_agent="Mozilla/5.0 (a thief)")
    thief = other.new_page()
    thief.goto(address)
    type_in(thief, name, code)
    assert thief.locator(".problem").is_visible()
    other.add_cookies(page.context.cookies())
    thief.goto(address)
    assert thief.get_by_role("heading", name="Log in").is_visible()
    page.reload()
    assert "desde otro navegador" in page.locator(".problem").inner_text()


def guess(page: Page, name: str) -> None:
    """A hundred guesses, as fast as a browser sends them."""
    answers = []
    page.on("response", lambda got: answers.append(got.status) if got.request.method == "POST" else None)
    for number in range(100):
        type_in(page, name, f"{number:06}")
    assert len(answers) == 100
    assert set(answers) <= {403, 429}
    assert answers.count(429) > 60


@asynccontextmanager
async def shown(world: PortalWorld, access: Access, **about: Any) -> AsyncIterator[Page]:
    """A page of a browser that is logged in."""
    async_api = pytest.importorskip("playwright.async_api", reason="needs playwright: make setup-full")
    async with async_api.async_playwright() as driver:
        made = await driver.chromium.launch(executable_path=executable(), args=ARGS)
        context = await made.new_context(ignore_https_errors=True, **about)
        page = await context.new_page()
        await page.goto(f"{world.here.url}/portal/")
        await page.fill("#name", access.name)
        await page.fill("#passphrase", access.passphrase)
        world.here.clock.now += 30
        await page.fill("#code", world.code(access))
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/portal/")
        yield page
        await made.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[PortalWorld]:
    async with portal_world(tmp_path) as world:
        yield world


PAGES = {
    "find": "/portal/",
    "results": "/portal/?q=trata&now=1",
    "everybody": "/portal/?q=",
    "nothing": "/portal/?q=zzzz&country=CO",
    "too-many": "/portal/?q=" + "+".join(f"w{number}" for number in range(40)),
    "contact": "/portal/contact/co-desk?q=trata",
    "long": "/portal/contact/co-court",
    "withheld": "/portal/contact/ar-secret",
    "markup": "/portal/contact/ar-markup",
    "account": "/portal/account",
    "none": "/portal/contact/nobody",
    "log-in": "/portal/login",
    "ended": "/portal/login?over=replayed",
    "moved": "/portal/login?over=moved",
    "alike": "/portal/contact/ar-alike",
}


@pytest.mark.parametrize("language", OFFICIAL)
async def test_nothing_on_any_page_keeps_anybody_from_using_it(world: PortalWorld, language: str) -> None:
    source, folder = axe(), shots()
    access = await world.access("co-night")
    async with shown(world, access, locale=LOCALES[language], viewport={"width": 1280, "height": 900}) as page:
        for scheme, width in (("light", 1280), ("dark", 320)):
            await page.emulate_media(color_scheme=scheme)
            await page.set_viewport_size({"width": width, "height": 900})
            for name, path in PAGES.items():
                await page.goto(world.here.url + path)
                await page.evaluate(source)
                assert await page.evaluate(RUN_AXE) == [], (name, scheme, width)
                wide = await page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (name, width, wide)
                if folder is not None:
                    await page.screenshot(path=folder / f"{language}-{name}-{width}.png", full_page=True)
        if folder is not None:
            await page.emulate_media(media="print", color_scheme="light")
            await page.set_viewport_size({"width": 700, "height": 900})
            for name in ("results", "contact", "alike"):
                await page.goto(world.here.url + PAGES[name])
                await page.screenshot(path=folder / f"{language}-{name}-print.png", full_page=True)


async def test_everything_is_done_by_keyboard_alone_and_without_a_script(world: PortalWorld) -> None:
    access = await world.access("co-night")
    async with shown(world, access, java_script_enabled=False, locale="en-GB") as page:
        await page.wait_for_selector("#q:focus")
        await page.keyboard.type("trata")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("article")
        await page.wait_for_load_state()  # a key that comes before goes nowhere
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").get_attribute("class") == "skip"
        assert ((await page.locator(":focus").bounding_box()) or {"x": -1})["x"] >= 0
        order = []
        for _ in range(24):
            await page.keyboard.press("Tab")
            order.append((await page.locator(":focus").inner_text()).split("\n")[0])
            if "National Anti-Trafficking Desk" in order[-1]:
                break
        assert order.index("Search") < order.index("National Anti-Trafficking Desk, Bogotá")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/portal/contact/co-desk?q=trata")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")  # skips to the content
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").inner_text() == "Back to the search"
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/portal/?q=trata")
        await page.get_by_role("button", name="Log out").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=You have logged out")
        await page.goto(f"{world.here.url}/portal/account")
        assert await page.get_by_role("heading", name="Log in").is_visible()


async def test_tabs_reloads_and_the_way_back_put_nobody_out(world: PortalWorld) -> None:
    access = await world.access("co-night")
    async with shown(world, access, java_script_enabled=False, locale="en-GB") as page:
        contacts = [f"{world.here.url}/portal/contact/{each}" for each in ("co-desk", "ar-desk", "co-court")]
        tabs = [await page.context.new_page() for _ in contacts]
        for _ in range(2):
            await asyncio.gather(*(tab.goto(place) for tab, place in zip(tabs, contacts, strict=True)))
            await asyncio.gather(page.reload(), *(tab.reload() for tab in tabs))
        await tabs[0].goto(f"{world.here.url}/portal/?q=trata")
        await tabs[0].go_back()
        await tabs[0].go_forward()
        await tabs[0].go_back()
        assert [tab.url for tab in tabs] == contacts
        assert [await tab.locator("article").count() for tab in tabs] == [1, 1, 1]


async def test_an_expired_session_leads_back_to_the_search(world: PortalWorld) -> None:
    access = await world.access("co-night")
    async with shown(world, access, java_script_enabled=False, locale="pt-BR") as page:
        await page.goto(f"{world.here.url}/portal/?q=trata")
        world.here.clock.now += 1000
        await page.get_by_role("link", name="Mesa Nacional").first.click()
        await page.wait_for_selector("text=Sua sessão terminou")
        for field, text in (("#name", access.name), ("#passphrase", access.passphrase), ("#code", world.code(access))):
            await page.fill(field, text)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/portal/contact/co-desk?q=trata")
        await page.get_by_role("link", name="Français").click()
        await page.wait_for_selector("html[lang=fr]")
        await page.goto(f"{world.here.url}/portal/account")
        assert await page.get_by_role("heading", name="Mon accès").is_visible()
