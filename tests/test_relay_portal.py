"""The portal over HTTP, as a browser meets it: log-in, cookies, forms, pages, and what is refused."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
from desk_world import key_set
from directory_world import START, TWO_ROOTS, key_pair, local_id
from msgspec.structs import replace
from portal_world import Access, Browser, PortalWorld, portal_world

from directory.bodies import ContactBody, Phone, write_body_bytes
from directory.csv_columns import OFFICIAL
from directory.keyset import EPOCH, GRACE, write_keyset
from directory.statement import EraseBody, ReinstateMember, RetireContact, RevokeDevice, SuspendMember
from relay.portal.guard import HEADERS
from relay.protocol import routes
from relay.protocol.requests import PortalStanding

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one relay for all: to make a network takes a second


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PortalWorld]:
    async with portal_world(tmp_path_factory.mktemp("portal"), listen='trusted_proxies = ["127.0.0.1"]') as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: PortalWorld) -> PortalWorld:
    """The relay, long after the test before: no throttle remembers anybody, and no shift runs."""
    shared.here.clock.now += 86_400
    return shared


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path) -> AsyncIterator[PortalWorld]:
    """A relay for a test that changes the directory."""
    async with portal_world(tmp_path) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def night(world: PortalWorld) -> Access:
    return await world.access("co-night")


@pytest_asyncio.fixture(loop_scope="module")
async def browser(world: PortalWorld, night: Access) -> Browser:
    """A browser that is logged in."""
    browser = await world.browser()
    await browser.log_in(night)
    return browser


async def test_whoever_has_no_session_is_sent_to_the_form_and_back_to_where_they_were(
    world: PortalWorld, night: Access
) -> None:
    browser = await world.browser()
    there = "/portal/contact/co-desk?q=trata&country=CO"
    sent = await browser.get(there)
    assert (sent.status, sent.place) == (303, "/portal/login?" + urlencode({"back": there}))
    form = await browser.get(sent.place)
    assert (form.status, form.hidden("back")) == (200, there)
    assert "bearer" not in browser.cookies
    done = await browser.log_in(night, back=there)
    assert done.place == there
    assert (await browser.get(there)).status == 200
    # A link from another site comes without the cookie; the form offers to go on.
    strict = await world.browser()
    linked = await strict.get("/portal/?q=a", **{"Sec-Fetch-Site": "cross-site"})
    assert 'href="/portal/?q=a"' in (await strict.get(linked.place)).text


async def test_every_answer_carries_the_headers_of_a_page_and_the_cookies_are_bound_to_this_host(
    world: PortalWorld, browser: Browser
) -> None:
    parts = (
        "",
        "/",
        "/login",
        "/contact/co-desk",
        "/account",
        "/style.css",
        "/icon.svg",
        "/no",
        "/contact/no",
        "/?lang=fr",
    )
    for path in (f"/portal{part}" for part in parts):
        page = await browser.get(path)
        assert page.status in (200, 308, 404), path
        for name, value in HEADERS.items():
            assert page.headers[name] == value
        assert page.headers["Cache-Control"] == "no-store"
        assert "<script" not in page.text
        assert " style=" not in page.text
        for line in page.headers.getall("Set-Cookie", []):
            assert line.startswith("__Host-enlace-")
            assert {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"} <= {part.strip() for part in line.split(";")}
            assert "Domain" not in line


async def test_a_used_code_is_refused_and_so_is_everything_wrong_in_the_same_words(
    world: PortalWorld, night: Access
) -> None:
    browser = await world.browser()
    world.here.clock.now += 30
    assert (await browser.type_in(night)).status == 303
    texts = set()
    for changes in (
        {},  # the same code again
        {"code": world.code(night, -1)},  # an older one
        {"code": "000000"},
        {"code": "\u0661\u0662\u0663\u0664\u0665\u0666"},
        {"passphrase": "another passphrase"},
        {"passphrase": "\x00"},
        {"name": "k7mw-3npq"},
        {"name": "nobody@example"},
        {"name": ""},
    ):
        other = await world.browser()
        page = await other.type_in(night, **({"code": world.code(night, 1)} | changes if changes else {}))
        assert page.status == 403
        assert "__Host-enlace-portal" not in other.cookies
        shown = page.text.replace(changes.get("name", night.name) or "-", "-")
        texts.add(shown.partition('role="alert">')[2].partition("</p>")[0])
        world.here.clock.now += 61  # for the address, which may fail ten times, and the account, which may five
    assert len(texts) == 1
    world.here.clock.now += 30
    assert (await browser.type_in(night)).status == 303  # none of them used a code up


async def test_a_hundred_guesses_are_refused_and_the_desk_goes_on(world: PortalWorld, night: Access) -> None:
    guesser = await world.browser()
    form = (await guesser.get("/portal/login")).hidden("form")
    about = {"form": form, "back": "/portal/", "name": night.name, "passphrase": "a guess of mine"}
    statuses = [(await guesser.post("/portal/login", about | {"code": f"{number:06}"})).status for number in range(100)]
    assert set(statuses) == {403, 429}
    assert statuses.count(403) <= 11  # the address's burst, and what it gained meanwhile
    refused = guesser.shown
    assert refused is not None
    assert int(refused.headers["Retry-After"]) > 0
    # Neither the officer's desk nor other people's portal pays for it.
    desk = await world.desk("co-night")
    standing = (await desk.call("GET", routes.PORTAL)).read(PortalStanding)
    assert standing.failed == 6  # five are free; then the account waits, and what comes meanwhile is not even tried
    world.here.clock.now += 60
    assert (await desk.log_in(world.here.code("co-night"))).status == 200


async def test_a_hundred_failures_lock_the_access_until_the_desk_renews_it(world: PortalWorld, night: Access) -> None:
    with closing(sqlite3.connect(world.here.settings.store("accounts.db"), isolation_level=None)) as accounts:
        accounts.execute("UPDATE portal_accounts SET failures = 98")
    browser = await world.browser()
    for failures in (98, 99):
        world.here.clock.now += 901
        assert (await browser.type_in(night, code="000000")).status == 403, failures
    world.here.clock.now += 86_400
    assert (await browser.type_in(night)).status == 403
    fresh = await world.access("co-night", "another passphrase of mine")
    assert fresh.name == night.name
    await browser.log_in(fresh)
    assert (await browser.get("/portal/")).status == 200


async def test_a_stolen_cookie_is_refused_elsewhere_and_found_out_here(world: PortalWorld, night: Access) -> None:
    browser = await world.browser()
    await browser.log_in(night)
    stolen = dict(browser.cookies)
    # Another browser: the session ends at once, for both, and the officer is told why.
    thief = await world.browser(agent="Mozilla/5.0 (a thief)", cookies=dict(stolen))
    assert (await thief.get("/portal/")).place.endswith("over=elsewhere")
    told = await browser.get("/portal/")
    assert told.place.endswith("over=elsewhere")
    assert "from another browser" in (await browser.get(told.place)).text
    # The same name of a browser: whoever is second with an old cookie ends it.
    await browser.log_in(night)
    stolen = dict(browser.cookies)
    for _ in range(2):
        assert (await browser.get("/portal/")).status == 200
    world.here.clock.now += 11
    thief = await world.browser(cookies=dict(stolen))
    assert (await thief.get("/portal/?q=trata")).place.endswith("over=replayed")
    assert (await browser.get("/portal/")).place.endswith("over=replayed")


async def test_whoever_changes_networks_shows_one_code_for_each_and_a_thief_gets_nowhere(
    world: PortalWorld, night: Access
) -> None:
    telephone = await world.browser(address="192.0.2.7")
    await telephone.log_in(night)
    stolen = dict(telephone.cookies)
    telephone.address = "2001:db8::7"  # out of the building: no Wi-Fi any more
    there = "/portal/contact/co-desk?q=trata"
    sent = await telephone.get(there)
    assert sent.place == "/portal/login?" + urlencode({"back": there, "over": "moved"})
    assert "comes from another network" in (await telephone.get(sent.place)).text
    world.here.clock.now += 30
    assert (await telephone.type_in(night, back=there)).place == there
    for address in ("2001:db8::8", "192.0.2.99", "2001:db8::7", "192.0.2.7"):
        telephone.address = address
        page = await telephone.get(there)
        assert (page.status, "somebody brought this session" in page.text) == (200, False)
    assert "<dd>1</dd>" in (await telephone.get("/portal/account")).text  # the session before it made way
    assert "tel:" not in (await (await world.browser(cookies=stolen)).get(there)).text
    # The newest cookie, with the same name of a browser, from elsewhere: shown nothing, and the officer goes on.
    thief = await world.browser(cookies=dict(telephone.cookies), address="198.51.100.7")
    for _ in range(2):
        assert (await thief.get("/portal/?q=trata")).place.endswith("over=moved")
    form = (await telephone.get("/portal/account")).hidden("form")
    thief.cookies = dict(telephone.cookies)
    assert (await thief.post("/portal/end", {"form": form})).status == 303
    page = await telephone.get(there)
    assert (page.status, "somebody brought this session" in page.text) == (200, True)


async def test_pages_asked_for_at_once_and_answers_that_are_lost_end_nothing(browser: Browser) -> None:
    cookie = browser.cookie
    assert (await browser.get("/portal/")).status == 200
    newest = browser.cookie
    assert newest != cookie
    browser.cookies["__Host-enlace-portal"] = cookie  # a second page of the same moment
    assert (await browser.get("/portal/account")).status == 200
    assert browser.cookie == newest
    browser.cookies["__Host-enlace-portal"] = cookie
    browser.world.here.clock.now += 60  # the answer with the newest one was lost
    assert (await browser.get("/portal/")).status == 200
    assert (await browser.get("/portal/")).status == 200
    browser.cookies["__Host-enlace-portal"] = newest
    assert (await browser.get("/portal/")).place.endswith("over=replayed")


async def test_three_results_opened_in_tabs_on_a_slow_line_end_nothing(browser: Browser) -> None:
    """The second tab's request is still on its way when the third comes with what the first one brought."""
    first = dict(browser.cookies)
    assert (await browser.get("/portal/contact/co-desk")).status == 200
    assert (await browser.get("/portal/contact/ar-desk")).status == 200
    newest = browser.cookie
    late = await browser.get("/portal/contact/co-court", Cookie="; ".join("=".join(each) for each in first.items()))
    assert (late.status, browser.cookie) == (200, newest)
    assert (await browser.get("/portal/")).status == 200


async def test_answers_that_come_in_another_order_than_they_were_asked_for_end_nothing(browser: Browser) -> None:
    """One page takes long; another is asked for meanwhile, in another tab; whichever answer's cookie stays counts."""
    before, brought = browser.cookie, []
    for wait in (0, 12, 12):
        browser.world.here.clock.now += wait
        browser.cookies["__Host-enlace-portal"] = before
        assert (await browser.get("/portal/?q=trata")).status == 200
        brought.append(browser.cookie)
    assert set(brought) == {brought[0]} != {before}
    assert (await browser.get("/portal/")).status == 200


async def test_a_session_that_ran_out_says_so_and_leads_back(
    world: PortalWorld, night: Access, browser: Browser
) -> None:
    world.here.clock.now += 899
    assert (await browser.get("/portal/?q=trata")).status == 200
    world.here.clock.now += 900
    over = await browser.get("/portal/?q=trata&now=1")
    assert over.place == "/portal/login?" + urlencode({"back": "/portal/?q=trata&now=1", "over": "idle"})
    assert "not used for a while" in (await browser.get(over.place)).text
    assert (await browser.log_in(night, back="/portal/?q=trata&now=1")).place == "/portal/?q=trata&now=1"
    page = await browser.get("/portal/")
    for _ in range(14_400 // 800):
        world.here.clock.now += 800
        page = await browser.get("/portal/")
        if page.status == 303:
            break
    assert (await browser.get(page.place)).text.count("has come to its end") == 1


async def test_log_out_ends_this_session_and_end_all_ends_every_one(world: PortalWorld, night: Access) -> None:
    one, two = await world.browser(), await world.browser()
    await one.log_in(night)
    await two.log_in(night)
    old = dict(one.cookies)
    left = await one.post("/portal/logout", {"form": (await one.get("/portal/")).hidden("form")})
    assert left.place == "/portal/login?left=1"
    assert "You have logged out" in (await one.get(left.place)).text
    one.cookies = old
    assert (await one.get("/portal/")).place.startswith("/portal/login")
    assert (await two.get("/portal/")).status == 200
    await one.log_in(night)
    assert (await two.post("/portal/end", {"form": (await two.get("/portal/account")).hidden("form")})).status == 303
    for browser in (one, two):
        assert (await browser.get("/portal/")).status == 303


async def test_who_does_not_count_any_more_sees_no_further_page(own: PortalWorld) -> None:
    world, night = own, await own.access("co-night")
    browser = await own.browser()
    await browser.log_in(night)
    here = world.here
    world.say(SuspendMember, ("duty",), member="co", until=here.clock() + 3600)
    await here.publish()
    assert (await browser.get("/portal/")).place.startswith("/portal/login")
    world.say(ReinstateMember, TWO_ROOTS, member="co")
    await here.publish()
    here.clock.now += 30
    assert (await browser.type_in(night)).status == 303
    assert (await browser.get("/portal/")).status == 200
    world.say(RevokeDevice, ("co-chief", "co-deputy"), device=local_id("co-night"), reason="lost")
    await here.publish()
    assert (await browser.get("/portal/")).place.startswith("/portal/login")
    here.clock.now += 30
    assert (await browser.type_in(night)).status == 403
    await here.relay.housekeeping.tidy()
    assert await here.relay.portal_log_ins._store.officers() == frozenset()


async def test_a_restart_of_the_relay_ends_no_session(world: PortalWorld, browser: Browser) -> None:
    await world.here.restart()
    assert (await browser.get("/portal/")).status == 200


async def test_a_member_sees_what_it_may_read_and_no_more(world: PortalWorld, browser: Browser) -> None:
    ours = await browser.get("/portal/?q=Brigada+Reservada")
    assert "Brigada" not in ours.text.partition('id="results"')[2].partition("asked")[2].partition("</p>")[2]
    assert "tel:+12025550121" not in (await browser.get("/portal/contact/ar-secret")).text
    assert "Published to circles alone" in (await browser.get("/portal/contact/ar-secret")).text
    theirs = await world.browser()
    await theirs.log_in(await world.access("ar-night"))
    assert "tel:+12025550121" in (await theirs.get("/portal/contact/ar-secret")).text
    assert "Brigada Reservada" in (await theirs.get("/portal/?q=brigada")).text


async def test_nothing_is_shown_that_the_newest_directory_does_not_let_be_shown(own: PortalWorld) -> None:
    """The index may be some seconds old; what was erased or retired meanwhile is not shown from it."""
    world, night = own, await own.access("co-night")
    browser = await own.browser()
    await browser.log_in(night)
    here = world.here
    for contact in ("co-desk", "co-extradition"):
        assert (await browser.get(f"/portal/contact/{contact}")).status == 200
    body = here.world.view.contacts["co-desk"].body
    world.say(EraseBody, ("co-chief",), body=body)
    world.say(RetireContact, ("co-chief",), contact="co-extradition")
    await here.publish()
    erased = await browser.get("/portal/contact/co-desk")
    assert ("tel:+12025550110" in erased.text, "had its details erased" in erased.text) == (False, True)
    assert (await browser.get("/portal/contact/co-extradition")).status == 404
    assert "Extradition Office" not in (await browser.get("/portal/?q=extradition")).text


async def test_what_others_wrote_is_text_and_nothing_else(browser: Browser) -> None:
    for path in (
        "/portal/contact/ar-markup",
        "/portal/?q=consulate",
        "/portal/?q=" + quote('"><script>alert(2)</script>'),
    ):
        page = await browser.get(path)
        assert page.status == 200
        assert "<script" not in page.text
        assert "<b>bold" not in page.text
        assert 'href="javascript' not in page.text
        assert "\u202e" not in page.text
    page = await browser.get("/portal/contact/ar-markup")
    assert "{{ 7 * 7 }}" in page.text
    assert 'href="mailto:a%22b%3Cc%3E@mark.example"' in page.text


@pytest.mark.parametrize("language", OFFICIAL)
async def test_every_page_is_there_in_every_language(world: PortalWorld, night: Access, language: str) -> None:
    browser = await world.browser(language=f"{language}-XX,{language};q=0.9,de;q=0.8")
    await browser.log_in(night)
    tag = "pt-BR" if language == "pt" else language
    for path in ("/portal/", "/portal/?q=trata&now=1", "/portal/?q=zzzz&country=CO", "/portal/contact/co-desk",
                 "/portal/contact/ar-secret", "/portal/account", "/portal/login", "/portal/none"):  # fmt: skip
        assert f'<html lang="{tag}">' in (await browser.get(path)).text, path
    # Chosen once, it stays; what the browser prefers counts no more.
    other = "fr" if language != "fr" else "es"
    assert f'<html lang="{other}">' in (await browser.get(f"/portal/?lang={other}")).text
    assert f'<html lang="{other}">' in (await browser.get("/portal/account")).text
    assert '<html lang="' + other in (await browser.get("/portal/?lang=xx")).text


async def test_a_name_with_letters_of_two_alphabets_is_warned_of(browser: Browser) -> None:
    for path in ("/portal/?q=ar-alike", "/portal/contact/ar-alike"):
        page = await browser.get(path)
        assert "has letters that only look like ours (\u043e U+043E)" in page.text
        assert "has letters that only look like ours (\u0430 U+0430)" in page.text  # in the website
        assert ('class="fax"' in page.text, 'class="number"' in page.text) == (True, False)
    assert "only look like ours" not in (await browser.get("/portal/contact/co-desk")).text


async def test_a_search_is_narrowed_to_a_circle_of_ones_own(world: PortalWorld, browser: Browser) -> None:
    theirs = await world.browser(language="es")
    await theirs.log_in(await world.access("ar-night"))
    page = await theirs.get("/portal/?q=&circle=south")
    assert ('<option value="south" selected>Círculo del Sur<' in page.text, page.text.count("<article")) == (True, 1)
    assert "Brigada Reservada" in page.text
    assert "Círculo del Sur" in (await theirs.get("/portal/contact/ar-secret")).text
    assert (await theirs.get("/portal/?q=&circle=north")).text.count("<article") == 0
    # Whoever is not in it is offered none, and counts nothing by asking.
    assert 'name="circle"' not in (await browser.get("/portal/")).text
    page = await browser.get("/portal/?q=zzzz&circle=south&country=AR&function=police-investigation")
    found = page.text.partition('id="results"')[2]
    assert ("0 results" in found, "(1)" in found) == (True, False)
    assert "Southern &#34;Circle&#34;" in (await browser.get("/portal/contact/ar-secret")).text


async def test_no_result_leads_to_other_questions(browser: Browser) -> None:
    none = await browser.get("/portal/?q=Columbia&function=consular")
    assert 'href="/portal/?function=consular"' in none.text
    assert "Nobody is listed" in none.text
    long = "/portal/?q=" + "+".join(["trata", *(f"w{number}" for number in range(40))])
    assert "The first 16 words were looked for" in (await browser.get(long)).text
    assert "Nobody is listed" in (await browser.get("/portal/?q=%21%3F")).text
    assert (await browser.get("/portal/?country=ZZ&function=nix&language=qq&most=x&now=2")).status == 200
    assert (await browser.get("/portal/?q=" + "x" * 5000)).status == 200


async def test_a_contact_whose_keys_ran_out_is_marked_until_its_desk_is_back(own: PortalWorld) -> None:
    here, browser = own.here, await own.browser()
    await browser.log_in(await own.access("co-night"))
    for number, opens, cut_off in ((1, START - EPOCH - GRACE - 1, True), (2, START, False)):
        epoch = key_set(here.world, "co-night").epochs[0]
        epoch = replace(epoch, opens=opens, closes=opens + EPOCH, erase=opens + EPOCH + GRACE)
        made = key_set(here.world, "co-night", number, epochs=(epoch,))
        device = local_id("co-night")
        raw = write_keyset(made, here.world.view.device_name(device), key_pair("co-night"))
        await here.relay.keysets.put(device, raw)
        for path in ("/portal/?q=co-desk", "/portal/contact/co-desk"):
            text = (await browser.get(path)).text
            assert ("CANNOT RECEIVE by Enlace" in text, "Telephone and e-mail only" in text) == (cut_off, False)


async def test_where_many_fit_the_first_are_shown_and_more_on_demand(own: PortalWorld) -> None:
    world, night = own, await own.access("co-night")
    browser = await own.browser()
    await browser.log_in(night)
    for number in range(25):
        about = ContactBody(names={"en": f"Office number {number}"}, phones=(Phone(number="+12025550150"),))
        body = world.here.world.opening(write_body_bytes(about), f"many {number}")
        world.here.world.add_contact(f"co-many-{number}", "co", function="customs", body=body)
    await world.here.publish()
    world.here.clock.now += 5  # an index lasts so long
    page = await browser.get("/portal/?function=customs&country=CO")
    assert (page.text.count("<article"), "25 results" in page.text) == (20, True)
    assert (await browser.get("/portal/?function=customs&country=CO&most=100")).text.count("<article") == 25
