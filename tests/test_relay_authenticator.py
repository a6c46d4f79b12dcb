"""The authenticator renewed, over HTTP against a real relay: what counts when, what is used up, what a lost answer
costs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import local_id
from relay_world import Caller, RelayWorld

from directory.statement import RevokeDevice
from relay.protocol import routes
from relay.protocol.requests import (
    AuthenticatorCode,
    AuthenticatorConfirmation,
    AuthenticatorRenewal,
    AuthenticatorStanding,
    LogIn,
    NewAuthenticator,
    RecoveryCodes,
    Session,
)
from relay.rules.renewal import LAPSE
from relay.rules.throttle import MOST_FAILURES
from relay.rules.totp import code_at, secret_bytes, step_at

NIGHT = local_id("co-night")
ID, OTHER = "5" * 32, "6" * 32
BEGIN, CONFIRM, CODES = routes.AUTHENTICATOR, routes.AUTHENTICATOR_CONFIRM, routes.AUTHENTICATOR_CODES


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


async def shift(here: RelayWorld) -> tuple[Caller, tuple[str, ...]]:
    """Somebody in a running shift, a step after its log-in, and the recovery codes."""
    night = await here.bind("co-night")
    session = (await night.log_in(here.code("co-night"))).read(Session)
    here.clock.now += 30
    return night, session.recovery_codes


async def begin(night: Caller, renewal: str = ID, **given: str) -> NewAuthenticator:
    answer = await night.call("POST", BEGIN, AuthenticatorRenewal(renewal=renewal, **given))
    return answer.read(NewAuthenticator)


def next_code(here: RelayWorld, made: NewAuthenticator, steps: int = 0) -> str:
    return code_at(secret_bytes(made.secret), step_at(here.clock()) + steps)


def wrong_for(*codes: str) -> str:
    return next(f"{n:06d}" for n in range(9) if f"{n:06d}" not in codes)


async def test_the_first_code_of_the_next_secret_puts_it_in_the_old_one_s_place(here: RelayWorld) -> None:
    night, old_papers = await shift(here)
    other = await here.caller("co-night")
    other.token = (await night.call("POST", routes.RENEW)).read(Session).token
    made = await begin(night, code=here.code("co-night"))
    assert (made.expires - here.clock(), len(set(made.recovery_codes))) == (LAPSE, 10)
    here.clock.now += 30  # the old secret goes on
    bystander = await here.caller("co-night")
    assert (await bystander.log_in(next_code(here, made))).code == "code-wrong"
    assert (await bystander.call("POST", routes.LOGIN, LogIn(recovery=made.recovery_codes[0]))).code == "code-wrong"
    assert (await bystander.log_in(here.code("co-night"))).status == 200
    code = next_code(here, made)
    assert (await night.call("POST", CONFIRM, AuthenticatorConfirmation(renewal=ID, code=code))).read(
        AuthenticatorStanding
    ) == AuthenticatorStanding(confirmed=True, codes_count=True)
    # Whoever else was logged in as this device is out; who confirmed goes on.
    assert [(await each.call("GET", routes.LOG)).code for each in (other, bystander)] == ["token-invalid"] * 2
    assert (await night.call("GET", routes.LOG)).status == 200
    # The step is remembered, the old secret and the old paper are void, the new ones count.
    assert (await bystander.log_in(code)).code == "code-used"
    here.clock.now += 30
    assert (await bystander.log_in(here.code("co-night"))).code == "code-wrong"
    bystander.token = None
    assert (await bystander.call("POST", routes.LOGIN, LogIn(recovery=old_papers[0]))).code == "code-wrong"
    assert (await bystander.log_in(next_code(here, made))).status == 200
    bystander.token = None
    answer = await bystander.call("POST", routes.LOGIN, LogIn(recovery=made.recovery_codes[9]))
    assert answer.read(Session).recovery_left == 9


async def test_a_lost_answer_costs_nothing_at_any_point(here: RelayWorld) -> None:
    night, papers = await shift(here)
    made = await begin(night, recovery=papers[0])
    assert await begin(night, recovery=papers[0]) == made  # the same request again
    assert await begin(night) == made  # with nothing at all
    assert await begin(night, code="000000") == made
    await here.restart()
    assert await begin(night) == made
    confirm = AuthenticatorConfirmation(renewal=ID, code=next_code(here, made))
    for _ in range(3):
        assert (await night.call("POST", CONFIRM, confirm)).status == 200
    here.clock.now += 30
    assert (await night.log_in(next_code(here, made))).status == 200  # or just log in
    here.clock.now += 10 * LAPSE
    assert (await night.log_in(next_code(here, made))).status == 200
    assert (await night.call("POST", CONFIRM, confirm)).status == 200  # hours later too
    assert (await night.call("POST", CONFIRM, AuthenticatorConfirmation(renewal=OTHER, code="000000"))).code == (
        "not-found"
    )


async def test_an_unconfirmed_secret_lapses_and_another_takes_its_place(here: RelayWorld) -> None:
    night, _ = await shift(here)
    first = await begin(night, code=here.code("co-night"))
    here.clock.now += 30
    second = await begin(night, OTHER, code=here.code("co-night"))
    confirm = AuthenticatorConfirmation(renewal=ID, code=next_code(here, first))
    assert (await night.call("POST", CONFIRM, confirm)).code == "not-found"
    confirm = AuthenticatorConfirmation(renewal=OTHER, code=next_code(here, first))
    assert (await night.call("POST", CONFIRM, confirm)).code == "code-wrong"
    await night.call("POST", routes.RENEW)
    here.clock.now += LAPSE
    night.token = (await night.call("POST", routes.RENEW)).read(Session).token
    confirm = AuthenticatorConfirmation(renewal=OTHER, code=next_code(here, second))
    assert (await night.call("POST", CONFIRM, confirm)).code == "not-found"
    lapsed = await night.call("POST", BEGIN, AuthenticatorRenewal(renewal=OTHER))
    assert (lapsed.code, "with a code" in lapsed.problem.detail) == ("malformed", True)
    assert (await night.log_in(here.code("co-night"))).status == 200  # the old one never stopped


async def test_a_step_counts_once_wherever_it_is_used(here: RelayWorld) -> None:
    night, _ = await shift(here)
    assert (await night.log_in(here.code("co-night"))).status == 200
    used = here.code("co-night")
    for path, body in ((BEGIN, AuthenticatorRenewal(renewal=ID, code=used)), (CODES, AuthenticatorCode(code=used))):
        assert (await night.call("POST", path, body)).code == "code-used"
    here.clock.now += 30
    await begin(night, code=here.code("co-night"))
    assert (await night.call("POST", CODES, AuthenticatorCode(code=here.code("co-night")))).code == "code-used"
    assert (await night.call("POST", BEGIN, AuthenticatorRenewal(renewal=OTHER, code=here.code("co-night")))).code == (
        "code-used"
    )
    assert (await (await here.caller("co-night")).log_in(here.code("co-night"))).code == "code-used"
    here.clock.now += 30
    assert (await night.call("POST", CODES, AuthenticatorCode(code=here.code("co-night")))).status == 200
    assert (await (await here.caller("co-night")).log_in(here.code("co-night"))).code == "code-used"


async def test_a_code_is_not_used_up_where_the_session_or_the_device_is_wrong(here: RelayWorld) -> None:
    night, papers = await shift(here)
    code = here.code("co-night")
    bare, thief = await here.caller("co-night"), await here.log_in("co-chief")
    stolen = await here.caller("co-deputy")
    stolen.token = night.token
    recovery = AuthenticatorRenewal(renewal=ID, recovery=papers[0])
    for body in (AuthenticatorRenewal(renewal=ID, code=code), recovery):
        assert (await bare.call("POST", BEGIN, body)).code == "not-allowed"
        assert (await stolen.call("POST", BEGIN, body)).code == "proof-invalid"
        assert (await thief.call("POST", BEGIN, body)).code == "code-wrong"  # another device's account
    assert (await night.log_in(code)).status == 200
    assert (await begin(night, recovery=papers[0])).recovery_codes


async def test_recovery_codes_are_made_anew_with_a_current_code_alone(here: RelayWorld) -> None:
    night, papers = await shift(here)
    answer = await night.call("POST", CODES, AuthenticatorCode(code=here.code("co-night")))
    fresh = answer.read(RecoveryCodes).recovery_codes
    assert len({*fresh, *papers}) == 20
    night.token = None
    assert (await night.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))).code == "code-wrong"
    assert (await night.call("POST", routes.LOGIN, LogIn(recovery=fresh[0]))).read(Session).recovery_left == 9


@pytest.mark.parametrize("path", [BEGIN, CODES])
async def test_guesses_are_slowed_like_those_at_log_in_and_counted_with_them(here: RelayWorld, path: str) -> None:
    night, _ = await shift(here)
    wrong = wrong_for(*(here.code("co-night", each) for each in (-1, 0, 1)))
    body = AuthenticatorRenewal(renewal=ID, code=wrong) if path == BEGIN else AuthenticatorCode(code=wrong)
    assert [(await night.call("POST", path, body)).code for _ in range(7)] == ["code-wrong"] * 6 + ["throttled"]
    assert (await (await here.caller("co-night")).log_in(here.code("co-night"))).code == "throttled"
    here.clock.now += 2
    assert (await night.call("POST", path, body)).code == "code-wrong"  # success would clear it; this does not
    assert (await night.call("POST", path, body)).problem.retry_after == 4


async def test_guesses_at_a_pending_secret_are_counted_too(here: RelayWorld) -> None:
    night, _ = await shift(here)
    made = await begin(night, code=here.code("co-night"))
    wrong = wrong_for(*(next_code(here, made, each) for each in (-1, 0, 1)))
    body = AuthenticatorConfirmation(renewal=ID, code=wrong)
    assert [(await night.call("POST", CONFIRM, body)).code for _ in range(7)] == ["code-wrong"] * 6 + ["throttled"]


async def fail(here: RelayWorld, night: Caller, times: int) -> None:
    for _ in range(times):
        here.clock.now += 900
        wrong = wrong_for(*(here.code("co-night", each) for each in (-1, 0, 1)))
        assert (await night.log_in(wrong)).code == "code-wrong"
    here.clock.now += 900


async def test_after_a_hundred_failures_a_recovery_code_binds_the_device_anew(here: RelayWorld) -> None:
    night, papers = await shift(here)
    await fail(here, night, MOST_FAILURES)
    refused = await night.log_in(here.code("co-night"))
    assert (refused.code, "renew the authenticator with a recovery code" in refused.problem.detail) == (
        "throttled",
        True,
    )
    # A recovery code opens a shift, in which the device stays locked: neither log-in nor renewal takes a code.
    answer = await night.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))
    night.token = answer.read(Session).token
    here.clock.now += 30
    bystander = await here.caller("co-night")
    assert (await bystander.log_in(here.code("co-night"))).code == "throttled"
    for path, body in (
        (BEGIN, AuthenticatorRenewal(renewal=ID, code=here.code("co-night"))),
        (CODES, AuthenticatorCode(code=here.code("co-night"))),
    ):
        assert (await night.call("POST", path, body)).code == "throttled"
    made = await begin(night, recovery=papers[1])
    assert (await bystander.log_in(here.code("co-night"))).code == "throttled"  # a renewal begun unlocks nothing
    confirm = AuthenticatorConfirmation(renewal=ID, code=next_code(here, made))
    assert (await night.call("POST", CONFIRM, confirm)).status == 200
    here.clock.now += 30
    assert (await bystander.log_in(next_code(here, made))).status == 200


async def test_a_typo_in_a_locked_device_s_first_code_costs_no_renewal(here: RelayWorld) -> None:
    night, papers = await shift(here)
    await fail(here, night, MOST_FAILURES)
    night.token = (await night.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))).read(Session).token
    made = await begin(night, recovery=papers[1])
    wrong = wrong_for(*(next_code(here, made, each) for each in (-1, 0, 1)))
    for _ in range(5):
        answer = await night.call("POST", CONFIRM, AuthenticatorConfirmation(renewal=ID, code=wrong))
        assert answer.code == "code-wrong"
    bystander = await here.caller("co-night")
    assert (await bystander.log_in(here.code("co-night"))).code == "throttled"  # it is locked as before
    confirm = AuthenticatorConfirmation(renewal=ID, code=next_code(here, made))
    assert (await night.call("POST", CONFIRM, confirm)).status == 200


async def test_without_a_code_it_is_asked_what_stands_and_nothing_is_counted(here: RelayWorld) -> None:
    night, papers = await shift(here)
    ask = AuthenticatorConfirmation(renewal=ID)
    assert (await night.call("POST", CONFIRM, ask)).code == "not-found"
    made = await begin(night, recovery=papers[0])
    for _ in range(10):
        standing = (await night.call("POST", CONFIRM, ask)).read(AuthenticatorStanding)
        assert standing == AuthenticatorStanding(confirmed=False, codes_count=False)
    confirm = AuthenticatorConfirmation(renewal=ID, code=next_code(here, made))
    assert (await night.call("POST", CONFIRM, confirm)).status == 200
    standing = (await night.call("POST", CONFIRM, ask)).read(AuthenticatorStanding)
    assert standing == AuthenticatorStanding(confirmed=True, codes_count=True)
    here.clock.now += 30
    assert (await night.call("POST", CODES, AuthenticatorCode(code=next_code(here, made)))).status == 200
    for again in (ask, confirm):  # the ten that it brought are void by now
        standing = (await night.call("POST", CONFIRM, again)).read(AuthenticatorStanding)
        assert standing == AuthenticatorStanding(confirmed=True, codes_count=False)


async def test_a_locked_device_guesses_no_recovery_codes_for_nothing(here: RelayWorld) -> None:
    night, papers = await shift(here)
    await fail(here, night, MOST_FAILURES)
    guess = LogIn(recovery="A" * 16)
    assert (await night.call("POST", routes.LOGIN, guess)).code == "code-wrong"
    wait = await night.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))
    assert (wait.code, wait.problem.retry_after) == ("throttled", 900)
    here.clock.now += 900
    assert (await night.call("POST", routes.LOGIN, LogIn(recovery=papers[0]))).status == 200


async def test_a_locked_device_is_bound_anew_by_an_administrator_s_invitation(here: RelayWorld) -> None:
    night, _ = await shift(here)
    await fail(here, night, MOST_FAILURES)
    assert (await night.log_in(here.code("co-night"))).code == "throttled"
    night = await here.bind("co-night")
    assert (await night.log_in(here.code("co-night"))).status == 200


async def test_a_hundred_failures_without_the_device_s_key_lock_nobody(here: RelayWorld) -> None:
    night, _ = await shift(here)
    code = here.code("co-night")
    for handle in ("co-deputy", "co-night reception", "stranger"):
        thief = await here.caller(handle)
        thief.token = night.token
        for _ in range(40):
            body = AuthenticatorRenewal(renewal=ID, code="000000")
            assert (await thief.call("POST", BEGIN, body)).status in (401, 403, 429)
    await begin(night, code=code)


async def test_a_revoked_or_suspended_device_renews_nothing(here: RelayWorld) -> None:
    night, papers = await shift(here)
    revoked = here.world.say(RevokeDevice, device=NIGHT, reason="lost")
    here.world.admit(revoked, "co-chief", "co-deputy")
    await here.publish()
    for given in ({"code": here.code("co-night")}, {"recovery": papers[0]}):
        answer = await night.call("POST", BEGIN, AuthenticatorRenewal(renewal=ID, **given))
        assert answer.code == "device-revoked"


MALFORMED_ELSEWHERE = b'{"renewal":"%s"}' % ID.encode()
MALFORMED = (
    b"", b"{", b"[]", b"{}", b"\xff", b"[" * 5000, b'{"renewal":"x","code":"123456"}', b'{"code":"12345"}',
    b'{"renewal":"%s","code":123456}' % ID.encode(), b'{"renewal":"%s","pin":"123456"}' % ID.encode(),
    b'{"renewal":"%s","code":"123456","recovery":"AAAA"}' % ID.encode(), MALFORMED_ELSEWHERE,
    b'{"renewal":"%s","recovery":"%s"}' % (ID.encode(), b"A" * 65), b'{"code":"\\ud800"}',
)  # fmt: skip


async def test_what_is_no_request_is_malformed_and_changes_nothing(here: RelayWorld) -> None:
    night, _ = await shift(here)
    for path in (BEGIN, CONFIRM, CODES):
        for body in MALFORMED:
            if path == CONFIRM and body == MALFORMED_ELSEWHERE:
                continue  # a question (`test_without_a_code_it_is_asked_what_stands`)
            answer = await night.call("POST", path, data=body)
            assert (path, body, answer.status, answer.code) == (path, body, 400, "malformed")
    await begin(night, code=here.code("co-night"))
