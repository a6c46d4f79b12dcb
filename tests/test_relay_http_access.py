"""Logging in, renewing, logging out, over HTTP against a real relay: each statement about codes and sessions."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import key_pair
from relay_world import RelayWorld

from directory.statement import ReinstateMember, RevokeDevice, RevokeMember, RevokeOfficer, SuspendMember
from relay.protocol import routes
from relay.protocol.requests import LogIn, Session

SHIFT = 43_200


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


async def test_the_first_log_in_brings_ten_recovery_codes_and_later_ones_none(here: RelayWorld) -> None:
    night = await here.bind("co-night")
    first = (await night.log_in(here.code("co-night"))).read(Session)
    assert (len(set(first.recovery_codes)), first.recovery_left) == (10, 10)
    assert (first.expires - here.clock(), first.shift_ends - here.clock()) == (600, SHIFT)
    here.clock.now += 30
    second = (await night.log_in(here.code("co-night"))).read(Session)
    assert (second.recovery_codes, second.recovery_left) == ((), 10)
    assert len(second.token) == 64
    assert second.token != first.token


async def test_a_used_code_is_refused_and_told_apart_from_a_wrong_one(here: RelayWorld) -> None:
    night = await here.bind("co-night")
    code = here.code("co-night")
    assert (await night.log_in(code)).status == 200
    again = await night.log_in(code)
    assert (again.status, again.code) == (401, "code-used")
    assert 0 < again.problem.retry_after <= 30
    assert (await night.log_in("000000" if code != "000000" else "111111")).code == "code-wrong"


async def test_an_older_code_inside_the_window_is_refused_after_a_newer_one(here: RelayWorld) -> None:
    night = await here.bind("co-night")
    assert (await night.log_in(here.code("co-night", 0))).status == 200
    assert (await night.log_in(here.code("co-night", -1))).code == "code-used"
    assert (await night.log_in(here.code("co-night", +1))).status == 200
    assert (await night.log_in(here.code("co-night", 0))).code == "code-used"


@pytest.mark.parametrize(("drift", "code"), [(-2, "code-wrong"), (-1, ""), (1, ""), (2, "code-wrong")])
async def test_drift_of_one_step_passes_and_of_two_does_not(here: RelayWorld, drift: int, code: str) -> None:
    night = await here.bind("co-night")
    assert (await night.log_in(here.code("co-night", drift))).code == code


async def test_a_code_that_came_without_the_device_key_is_not_used_up(here: RelayWorld) -> None:
    # A desk that cannot open its key file for a wrong passphrase sends nothing; a thief of the code has no key either.
    night = await here.bind("co-night")
    code = here.code("co-night")
    for handle in ("co-deputy", "co-night reception", "stranger"):
        thief = await here.caller(handle)
        assert (await thief.log_in(code)).status in (401, 403)
    assert (await night.send("POST", routes.LOGIN, b'{"code":"%s"}' % code.encode(), {})).code == "proof-invalid"
    assert (await night.log_in(code)).status == 200


async def test_of_many_log_ins_with_one_code_one_succeeds(here: RelayWorld) -> None:
    night = await here.bind("co-night")
    await night.call("POST", routes.LOGIN, LogIn(code="000000"))  # to have a nonce
    code = here.code("co-night")
    callers = [await here.caller("co-night") for _ in range(6)]
    for caller in callers:
        caller.nonce = night.nonce
    answers = await asyncio.gather(*(caller.log_in(code) for caller in callers))
    assert [answer.status for answer in answers].count(200) == 1
    assert {answer.code for answer in answers} <= {"", "code-used", "throttled"}


async def test_a_hundred_guesses_from_many_addresses_do_not_keep_the_honest_desk_out(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, listen='trusted_proxies = ["127.0.0.1"]') as here:
        night = await here.bind("co-night")
        guesser = await here.caller("guesser")
        await guesser.call("POST", routes.LOGIN, LogIn(code="000000"))
        for number in range(100):
            body = LogIn(code=f"{number:06d}")
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            assert (await guesser.call("POST", routes.LOGIN, body, headers=headers)).code == "device-unknown"
        bare = [await guesser.send("POST", routes.LOGIN, b'{"code":"000000"}', {}) for _ in range(100)]
        assert {answer.code for answer in bare} == {"proof-invalid", "throttled"}
        assert (await night.log_in(here.code("co-night"))).status == 200


async def test_guesses_with_the_stolen_device_are_slowed_then_stopped_until_it_is_bound_anew(here: RelayWorld) -> None:
    night = await here.bind("co-night")
    wrong = next(f"{n:06d}" for n in range(9) if f"{n:06d}" not in {here.code("co-night", d) for d in (-1, 0, 1)})
    codes = [(await night.log_in(wrong)).code for _ in range(7)]
    assert codes == ["code-wrong"] * 6 + ["throttled"]
    assert (await night.log_in(here.code("co-night"))).code == "throttled"  # not even the right one, for 2 seconds
    here.clock.now += 2
    assert (await night.log_in(here.code("co-night"))).status == 200
    for _ in range(100):
        here.clock.now += 900
        wrong = "".join("5" if digit != "5" else "6" for digit in here.code("co-night"))
        assert (await night.log_in(wrong)).code == "code-wrong"
    here.clock.now += 10**6
    assert "invite this device anew" in (await night.log_in(here.code("co-night"))).problem.detail
    night = await here.bind("co-night")
    assert (await night.log_in(here.code("co-night"))).status == 200


async def test_a_recovery_code_counts_once(here: RelayWorld) -> None:
    night = await here.bind("co-night")
    codes = (await night.log_in(here.code("co-night"))).read(Session).recovery_codes
    assert (await night.call("POST", routes.LOGIN, LogIn(recovery=codes[4]))).code == "not-allowed"  # has a session
    night.token = None
    first = await night.call("POST", routes.LOGIN, LogIn(recovery=codes[5].lower()))
    assert first.read(Session).recovery_left == 9
    assert (await night.call("POST", routes.LOGIN, LogIn(recovery=codes[5]))).code == "code-wrong"
    assert (await night.call("POST", routes.LOGIN, LogIn(recovery="nonsense"))).code == "code-wrong"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"code":"12345"}', b'{"code":"1234567"}', b'{"code":123456}', b'{"pin":"123456"}', b"{}",
     b'{"code":"123456","recovery":"X"}', b"\xff", b'{"code":"\\ud800"}', b"[" * 5000],
)  # fmt: skip
async def test_what_is_no_log_in_is_malformed_and_uses_nothing_up(here: RelayWorld, body: bytes) -> None:
    night = await here.bind("co-night")
    answer = await night.call("POST", routes.LOGIN, data=body)
    assert (answer.status, answer.code) == (400, "malformed")
    assert (await night.log_in(here.code("co-night"))).status == 200


async def test_a_device_without_a_secret_is_told_to_finish_its_enrolment(here: RelayWorld) -> None:
    answer = await (await here.caller("co-night")).log_in("123456")
    assert (answer.code, "enrolment" in answer.problem.detail) == ("not-allowed", True)


async def test_a_session_is_renewed_by_the_key_alone_until_the_shift_is_over(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    ends = here.clock() + SHIFT
    old = night.token
    here.clock.now += 599
    assert (await night.call("GET", routes.LOG)).status == 200
    here.clock.now += 1
    assert (await night.call("GET", routes.LOG)).code == "token-expired"
    session = (await night.call("POST", routes.RENEW)).read(Session)
    assert (session.expires, session.shift_ends) == (here.clock() + 600, ends)
    # The answer may have been lost: the old token renews once more, and nothing else.
    assert (await night.call("POST", routes.RENEW)).status == 200
    assert (await night.call("GET", routes.LOG)).code == "token-expired"
    night.token = session.token
    assert (await night.call("GET", routes.LOG)).status == 200
    here.clock.now = ends - 1
    night.token = old
    night.token = (await night.call("POST", routes.RENEW)).read(Session).token
    assert (await night.call("GET", routes.LOG)).status == 200
    here.clock.now = ends
    assert (await night.call("GET", routes.LOG)).code == "shift-over"
    assert (await night.call("POST", routes.RENEW)).code == "shift-over"


async def test_logging_out_ends_every_session_of_the_device_and_no_other(here: RelayWorld) -> None:
    night, chief = await here.log_in("co-night"), await here.log_in("co-chief")
    first = night.token
    night.token = (await night.call("POST", routes.RENEW)).read(Session).token
    assert (await night.call("POST", routes.LOGOUT)).status == 204
    for token in (night.token, first):
        night.token = token
        assert (await night.call("GET", routes.LOG)).code == "token-invalid"
    assert (await chief.call("GET", routes.LOG)).status == 200


async def test_sessions_and_used_codes_survive_a_restart(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    await here.restart()
    assert (await night.call("GET", routes.LOG)).status == 200
    assert (await night.log_in(here.code("co-night"))).code == "code-used"


async def test_a_token_is_worth_nothing_with_another_key_or_without_one(here: RelayWorld) -> None:
    night, deputy = await here.log_in("co-night"), await here.log_in("co-deputy")
    deputy.token = night.token
    assert (await deputy.call("GET", routes.LOG)).code == "proof-invalid"
    stranger = await here.caller("stranger")
    stranger.token = night.token
    assert (await stranger.call("GET", routes.LOG)).code == "proof-invalid"
    bearer = {"Authorization": f"Bearer {night.token}"}
    assert (await night.send("GET", routes.LOG, None, bearer)).code == "proof-invalid"
    assert (await night.call("GET", routes.LOG, headers=bearer)).code == "token-invalid"
    night.token = "0" * 64
    assert (await night.call("GET", routes.LOG)).code == "token-invalid"


async def test_revocation_reaches_a_session_with_the_next_request(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    world = here.world
    officer = world.view.devices[key_pair("co-night").public.id].officer
    device = world.say(RevokeDevice, device=key_pair("co-night").public.id, reason="lost")
    assert (await night.call("GET", routes.LOG)).status == 200
    world.admit(device, "co-chief", "co-deputy")
    await here.publish()
    assert (await night.call("GET", routes.LOG)).code == "device-revoked"
    assert (await night.call("POST", routes.RENEW)).code == "device-revoked"
    here.clock.now += 30
    assert (await night.log_in(here.code("co-night"))).code == "device-revoked"
    deputy = await here.log_in("co-deputy")
    deputy_officer = world.view.devices[key_pair("co-deputy").public.id].officer
    assert officer != deputy_officer
    world.admit(world.say(RevokeMember, member="co"), "root-1", "root-2")
    await here.publish()
    assert (await deputy.call("GET", routes.LOG)).code == "device-revoked"


async def test_an_officer_who_is_revoked_is_out_at_once(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    officer = here.world.view.devices[key_pair("co-night").public.id].officer
    here.world.admit(here.world.say(RevokeOfficer, officer=officer, reason="left"), "co-chief", "co-deputy")
    await here.publish()
    assert (await night.call("GET", routes.LOG)).code == "device-revoked"


async def test_a_suspension_ends_sessions_and_its_end_brings_none_back(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    here.world.admit(here.world.say(SuspendMember, member="co", until=here.clock() + 3600), "duty")
    await here.publish()
    assert (await night.call("GET", routes.LOG)).code == "member-suspended"
    assert (await (await here.caller("co-night")).log_in("123456")).code == "member-suspended"
    await here.relay.housekeeping.tidy()  # as it does by itself after each change
    here.world.admit(here.world.say(ReinstateMember, member="co"), "root-1", "root-2")
    await here.publish()
    assert (await night.call("GET", routes.LOG)).code == "token-invalid"
    here.clock.now += 30
    assert (await night.log_in(here.code("co-night"))).status == 200
