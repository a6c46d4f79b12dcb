"""The portal over HTTP, as a browser meets it: log-in, cookies, forms, pages, and what is refused."""

import sqlite3
from contextlib import closing
from urllib.parse import urlencode

import pytest
from directory_world import TWO_ROOTS, local_id
from portal_world import Access, Browser, PortalWorld

from directory.statement import ReinstateMember, RevokeDevice, SuspendMember
from relay.portal.guard import HEADERS
from relay.protocol import routes
from relay.protocol.requests import PortalStanding

pytest_plugins = ("portal_together",)
pytestmark = pytest.mark.asyncio(loop_scope="module")  # one relay for all: to make a network takes a second


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
    assert (await thief.post("/portal/end", {"form": form})).place.endswith("over=moved")
    page = await telephone.get(there)
    assert (page.status, "somebody brought this session" in page.text) == (200, True)
    # Whoever logs out is out, wherever they are by now: what the page says then is so.
    telephone.address, kept = "203.0.113.7", dict(telephone.cookies)
    assert (await telephone.post("/portal/logout", {"form": form})).place == "/portal/login?left=1"
    telephone.address, telephone.cookies = "192.0.2.7", kept
    assert "over=" not in (left := await telephone.get(there)).place
    assert left.status == 303


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


async def test_a_restart_of_the_relay_ends_no_session_and_brings_no_code_back(
    world: PortalWorld, browser: Browser, night: Access
) -> None:
    used = world.code(night)
    await world.here.restart()
    assert (await browser.get("/portal/")).status == 200
    for code in (used, world.code(night, -1)):
        assert (await (await world.browser()).type_in(night, code=code)).status == 403
    # One that was told and not typed for a minute does not count either.
    late = world.code(night, 1)
    world.here.clock.now += 90
    assert (await (await world.browser()).type_in(night, code=late)).status == 403
    assert (await (await world.browser()).type_in(night)).status == 303
