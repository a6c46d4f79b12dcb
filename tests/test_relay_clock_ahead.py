"""A relay whose clock was ahead for a while and is set right: nothing outlives its bounds, nobody waits, nothing is
replayed. Over HTTP against a real relay, over SQLite files."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import officer_id
from relay_world import RelayWorld
from test_relay_authenticator import BEGIN, CODES, CONFIRM, ID, begin, next_code, shift
from test_relay_http_enrolment import SECRET, asked, new_officer, offered

from relay.protocol import routes
from relay.protocol.requests import AuthenticatorCode, AuthenticatorConfirmation, AuthenticatorRenewal, LogIn, Session
from relay.rules.totp import MOST_KEPT

FAR = 400 * 86_400


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


async def test_a_shift_begun_ahead_of_time_ends_when_the_clock_is_set_right(here: RelayWorld) -> None:
    _, papers = await shift(here)
    here.clock.now += FAR
    ahead = await here.caller("co-night")
    answer = await ahead.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))
    ahead.token = answer.read(Session).token
    assert (await ahead.call("GET", routes.LOG)).status == 200
    here.clock.now -= FAR
    for path, method in ((routes.LOG, "GET"), (routes.RENEW, "POST"), (BEGIN, "POST")):
        refused = await ahead.call(method, path)
        assert (refused.code, "clock was ahead" in refused.problem.detail) == ("shift-over", True)
    await here.relay.housekeeping.tidy()
    here.clock.now += FAR  # its own day
    assert (await ahead.call("GET", routes.LOG)).code == "token-invalid"


async def test_after_a_minute_the_codes_count_again_and_none_counts_twice(here: RelayWorld) -> None:
    night, _ = await shift(here)
    used = here.code("co-night")
    assert (await night.log_in(used)).status == 200
    days = [FAR, FAR + 60, FAR + 3600]
    for ahead in days:
        here.clock.now += ahead
        assert (await night.log_in(here.code("co-night"))).status == 200
        here.clock.now -= ahead
    start = here.clock.now
    seen = []
    for path, body in (
        (routes.LOGIN, LogIn(code=used)),
        (routes.LOGIN, LogIn(code=here.code("co-night"))),
    ):
        refused = await (await here.caller("co-night")).call("POST", path, body)
        seen.append((refused.code, "clock was ahead" in refused.problem.detail))
        here.clock.now += 1
    assert seen == [("code-used", True), ("code-used", False)]
    refused = await (await here.caller("co-night")).log_in(here.code("co-night"))
    here.clock.now += refused.problem.retry_after or 0
    assert here.clock.now <= start + 62
    back = await here.caller("co-night")
    answer = await back.log_in(here.code("co-night"))
    assert answer.status == 200
    here.clock.now += 30
    back.token = answer.read(Session).token
    assert (await back.call("POST", CODES, AuthenticatorCode(code=here.code("co-night")))).status == 200
    await here.restart()
    for ahead in days:  # each on its own day
        here.clock.now = start + ahead
        for _ in range(2):
            thief = await here.caller("co-night")
            assert (await thief.log_in(here.code("co-night"))).code == "code-used"


async def test_a_renewal_begun_ahead_of_time_is_none_and_codes_renew_again_after_a_minute(here: RelayWorld) -> None:
    night, _ = await shift(here)
    here.clock.now += FAR
    ahead = await here.caller("co-night")
    assert (await ahead.log_in(here.code("co-night"))).status == 200
    here.clock.now += 30
    made = await begin(ahead, code=here.code("co-night"))
    here.clock.now -= FAR
    code = next_code(here, made)
    assert (await night.call("POST", CONFIRM, AuthenticatorConfirmation(renewal=ID, code=code))).code == "not-found"
    refused = await night.call("POST", BEGIN, AuthenticatorRenewal(renewal=ID, code=here.code("co-night")))
    assert (refused.code, 30 < (refused.problem.retry_after or 0) <= 60) == ("code-used", True)
    here.clock.now += refused.problem.retry_after or 0
    await begin(night, "6" * 32, code=here.code("co-night"))


async def test_an_invitation_of_that_time_opens_nothing(here: RelayWorld) -> None:
    await new_officer(here)
    here.clock.now += FAR
    await here.invite("co-new", SECRET)
    assert (await offered(here, "co-new")).status == 202
    where = routes.ENROLMENT.format(officer=officer_id("co-new"))
    here.clock.now -= FAR
    assert (await offered(here, "co-new")).code == "invitation-invalid"
    assert (await asked(here, "co-new")).code == "invitation-invalid"
    assert (await (await here.caller("duty")).call("GET", where)).code == "not-found"
    await here.relay.housekeeping.tidy()
    here.clock.now += FAR  # its own day
    assert (await (await here.caller("duty")).call("GET", where)).code == "not-found"


async def test_where_used_codes_may_be_forgotten_a_new_secret_is_needed(here: RelayWorld) -> None:
    night, papers = await shift(here)
    here.clock.now += FAR
    for _ in range(MOST_KEPT):
        assert (await night.log_in(here.code("co-night"))).status == 200
        here.clock.now += 30
    here.clock.now -= FAR
    for _ in range(2):
        refused = await night.log_in(here.code("co-night"))
        assert (refused.code, "with a recovery code" in refused.problem.detail) == ("code-used", True)
        here.clock.now += 90
    night.token = None
    night.token = (await night.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))).read(Session).token
    made = await begin(night, recovery=papers[1])
    confirm = AuthenticatorConfirmation(renewal=ID, code=next_code(here, made))
    assert (await night.call("POST", CONFIRM, confirm)).status == 200
    here.clock.now += 30
    assert (await night.log_in(next_code(here, made))).status == 200
