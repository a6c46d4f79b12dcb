"""Portal access as a desk makes it: begun with a code, confirmed, renewed, removed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from portal_world import PASSPHRASE, PortalWorld, portal_world

from relay.protocol import routes
from relay.protocol.requests import NewPortalAccess, PortalConfirmation, PortalStanding
from relay.rules.portal import LAPSE
from relay.rules.totp import code_at, secret_bytes, step_at

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PortalWorld]:
    async with portal_world(tmp_path_factory.mktemp("access"), contacts=False) as world:
        yield world


async def standing(world: PortalWorld, handle: str = "co-night") -> PortalStanding | None:
    answer = await (await world.desk(handle)).call("GET", routes.PORTAL)
    return None if answer.code == "not-found" else answer.read(PortalStanding)


async def test_access_is_begun_with_a_code_and_counts_from_its_own_first_code(world: PortalWorld) -> None:
    desk, browser = await world.desk("co-night"), await world.browser()
    assert await standing(world) is None
    begun = await world.begun("co-night")
    waiting = await standing(world)
    assert waiting == PortalStanding(name=begun.name, waiting=True)
    secret = secret_bytes(begun.secret)
    code = code_at(secret, step_at(world.here.clock()))
    form = await browser.get("/portal/login")
    about = {"name": begun.name, "passphrase": PASSPHRASE, "code": code, "form": form.hidden("form"), "back": ""}
    assert (await browser.post("/portal/login", about)).status == 403  # it waits for the desk
    wrong = await desk.call("POST", routes.PORTAL_CONFIRM, PortalConfirmation(code="000000"))
    assert wrong.code == "code-wrong"
    done = await desk.call("POST", routes.PORTAL_CONFIRM, PortalConfirmation(code=code))
    assert done.read(PortalStanding).ends == world.here.clock() + 180 * 86_400
    assert (await browser.post("/portal/login", about)).status == 403  # that code is used up
    assert (await desk.call("POST", routes.PORTAL_CONFIRM, PortalConfirmation(code=code))).code == "not-found"
    assert begun.uri.startswith("otpauth://totp/enlace.example:portal%20")
    assert repr(begun) == "PortalAccess(…)"


async def test_a_session_alone_makes_no_access(world: PortalWorld) -> None:
    desk = await world.desk("co-night")
    before = await standing(world)
    for code, refusal in ((world.here.code("co-night"), "code-used"), ("000000", "code-wrong")):
        answer = await desk.call("POST", routes.PORTAL, NewPortalAccess(code=code, passphrase=PASSPHRASE))
        assert answer.code == refusal
    bare = await world.here.caller("co-night")
    for method, path in (("GET", routes.PORTAL), ("POST", routes.PORTAL), ("DELETE", routes.PORTAL)):
        assert (await bare.call(method, path)).code == "not-allowed"
    assert await standing(world) == before


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [
        ("short", "has 5 characters"),
        ("eleven char", "has 11 characters"),
        ("a line\nbreak in it", "control characters"),
    ],
)
async def test_a_passphrase_that_can_be_guessed_is_refused_before_a_code_is_used(
    world: PortalWorld, passphrase: str, words: str
) -> None:
    desk = await world.desk("co-night")
    world.here.clock.now += 60
    request = NewPortalAccess(code=world.here.code("co-night"), passphrase=passphrase)
    refused = await desk.call("POST", routes.PORTAL, request)
    assert (refused.code, words in refused.problem.detail) == ("malformed", True)
    good = NewPortalAccess(code=world.here.code("co-night"), passphrase=PASSPHRASE)
    assert (await desk.call("POST", routes.PORTAL, good)).status == 200


async def test_renewed_it_keeps_its_name_and_the_old_counts_until_the_new_does(world: PortalWorld) -> None:
    old, browser = await world.access("co-night"), await world.browser()
    await browser.log_in(old)
    begun = await world.begun("co-night", "another good passphrase")
    assert begun.name == old.name
    assert (await browser.get("/portal/")).status == 200
    other = await world.browser()
    await other.log_in(old)
    world.here.clock.now += LAPSE  # it lapses, and the old goes on
    desk = await world.desk("co-night")
    code = code_at(secret_bytes(begun.secret), step_at(world.here.clock()))
    assert (await desk.call("POST", routes.PORTAL_CONFIRM, PortalConfirmation(code=code))).code == "not-found"
    await other.log_in(old)
    new = await world.access("co-night", "another good passphrase")
    assert (await other.get("/portal/")).place.startswith("/portal/login")
    world.here.clock.now += 30
    assert (await other.type_in(old)).status == 403
    await other.log_in(new)


async def test_access_ends_with_its_days_and_when_it_is_removed(world: PortalWorld) -> None:
    access, browser = await world.access("co-night"), await world.browser()
    await browser.log_in(access)
    desk = await world.desk("co-night")
    shown = await standing(world)
    assert shown is not None
    assert shown.sessions == 1
    assert (await desk.call("DELETE", routes.PORTAL)).status == 204
    assert (await browser.get("/portal/")).place.startswith("/portal/login")
    assert await standing(world) is None
    assert (await desk.call("DELETE", routes.PORTAL)).status == 204
    access = await world.access("co-night")
    world.here.clock.now += 170 * 86_400
    await browser.log_in(access)
    assert "Your access ends on" in (await browser.get("/portal/")).text
    world.here.clock.now += 10 * 86_400
    assert (await browser.type_in(access)).status == 403
