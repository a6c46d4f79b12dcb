"""A renewal whose quarter of an hour is over: lapsed, or confirmed without the desk hearing of it; and damage."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pyotp
import pytest
from story_world import Built, Story, built_once, play

from desk import host
from desk.errors import Declined, Locked, Usage
from desk.keys.keyring import Keyring
from desk.link.session import codes_shown, log_in, unshown_codes
from desk.profile.authenticator import (
    begin_renewal,
    bind_anew,
    confirm_renewal,
    current_renewal,
    forget_lapsed,
    renew_codes,
    settle,
    take_invitation,
)
from relay.protocol.requests import LogIn, NewAuthenticator
from relay.rules.renewal import LAPSE


@pytest.fixture
async def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    built: Built = await built_once(tmp_path_factory.getbasetemp())
    async with play(tmp_path, built) as story:
        story.clock.now += 60 - story.clock.now % 30
        yield story


async def begun(story: Story) -> tuple[Keyring, NewAuthenticator]:
    desk = story.desk("ar-night")
    codes_shown(desk.keyring)  # those of its enrolment
    return desk.keyring, await begin_renewal(desk.keyring, story.clock, code=desk.code())


def first(story: Story, made: NewAuthenticator) -> str:
    return pyotp.TOTP(made.secret).at(story.clock.now)


async def test_a_lapsed_renewal_is_forgotten_and_the_old_authenticator_goes_on(story: Story) -> None:
    keyring, made = await begun(story)
    story.clock.now += LAPSE
    assert await settle(keyring, story.clock) == "lapsed"
    assert (current_renewal(keyring), unshown_codes(keyring)) == (None, ())
    with pytest.raises(Usage, match="no renewal is pending"):
        await confirm_renewal(keyring, story.clock, first(story, made))
    await story.desk("ar-night").log_in(story.desk("ar-night").code())
    _, again = await begun_at(story, 30)
    story.clock.now += LAPSE
    with pytest.raises(Declined, match="begin it anew"):
        await confirm_renewal(keyring, story.clock, first(story, again))
    assert current_renewal(keyring) is None


async def begun_at(story: Story, seconds: int) -> tuple[Keyring, NewAuthenticator]:
    story.clock.now += seconds
    return await begun(story)


async def test_a_confirmation_whose_answer_was_lost_is_found_out_hours_later(story: Story) -> None:
    keyring, made = await begun(story)
    kept = keyring.vault.get("authenticator-renewal")
    assert kept is not None
    await confirm_renewal(keyring, story.clock, first(story, made))
    keyring.vault.put("authenticator-renewal", kept)  # as before the answer came
    keyring.vault.erase("recovery-codes")
    story.clock.now += 4 * 3600
    assert await settle(keyring, story.clock) == "confirmed"
    assert (current_renewal(keyring), unshown_codes(keyring)) == (None, made.recovery_codes)


async def test_asking_what_became_of_a_renewal_is_no_attempt_even_where_this_clock_runs_ahead(story: Story) -> None:
    keyring, made = await begun(story)
    for _ in range(7):  # a code would be throttled by now
        assert await settle(keyring, story.clock) == "pending"
    await confirm_renewal(keyring, story.clock, first(story, made))
    assert await settle(keyring, story.clock) == "confirmed"


async def test_recovery_codes_that_were_replaced_since_are_never_kept_as_those_in_force(story: Story) -> None:
    keyring, made = await begun(story)
    kept = keyring.vault.get("authenticator-renewal")
    assert kept is not None
    await confirm_renewal(keyring, story.clock, first(story, made))
    story.clock.now += 30
    await renew_codes(keyring, story.clock, first(story, made))
    newer = unshown_codes(keyring)
    assert newer != made.recovery_codes
    codes_shown(keyring)
    keyring.vault.put("authenticator-renewal", kept)  # a copy of this desk from before the answer came
    assert await settle(keyring, story.clock) == "confirmed"
    assert unshown_codes(keyring) == ()
    story.clock.now += 30
    assert (await log_in(keyring, story.clock, LogIn(recovery=newer[0]))).recovery_left == 9


async def test_a_secret_is_forgotten_with_its_time_and_told_again_while_the_relay_goes_on_with_it(story: Story) -> None:
    keyring, made = await begun(story)
    forget_lapsed(keyring, made.expires - 1)
    renewal = current_renewal(keyring)
    assert renewal is not None
    assert renewal.made == made
    forget_lapsed(keyring, made.expires)  # this clock is ahead of the relay's
    renewal = current_renewal(keyring)
    assert renewal is not None
    assert renewal.made is not None
    assert (renewal.made.secret, renewal.made.uri, renewal.made.recovery_codes) == ("", "", made.recovery_codes)
    assert await settle(keyring, story.clock) == "pending"
    assert await begin_renewal(keyring, story.clock, code="000000") == made


async def test_a_renewal_damaged_on_this_desk_is_begun_anew(story: Story) -> None:
    keyring, _ = await begun(story)
    (keyring.profile.path / "vault" / "authenticator-renewal.age").write_bytes(b"damaged")
    assert current_renewal(keyring) is None
    _, made = await begun_at(story, 30)
    await confirm_renewal(keyring, story.clock, first(story, made))
    assert unshown_codes(keyring) == made.recovery_codes


async def test_a_wrong_first_code_leaves_the_renewal_pending(story: Story) -> None:
    keyring, made = await begun(story)
    wrong = next(f"{n:06d}" for n in range(9) if f"{n:06d}" != first(story, made))
    with pytest.raises(Locked):
        await confirm_renewal(keyring, story.clock, wrong)
    await confirm_renewal(keyring, story.clock, first(story, made))


class PowerFailureError(BaseException):
    """The machine is gone at this line."""


def fail_at(patched: pytest.MonkeyPatch, at: int, *, before: bool) -> list[str]:
    """Have the desk's `at`-th write or removal of a file be its last act, or the one before it; returns what it did."""
    done, write, remove = list[str](), host.write_whole, host.remove

    def ended(name: str, act: Callable[[], None]) -> None:
        done.append(name)
        if len(done) == at and before:
            raise PowerFailureError
        act()
        if len(done) == at:
            raise PowerFailureError

    patched.setattr(host, "write_whole", lambda path, data: ended(path.name, lambda: write(path, data)))
    patched.setattr(host, "remove", lambda path: ended(path.name, lambda: remove(path)))
    return done


async def go_on(story: Story, scanned: list[str]) -> None:
    """What `enlace authenticator renew` does: begin, or go on where it was; a secret that was shown is `scanned`."""
    desk = story.desk("ar-night")
    renewal = current_renewal(desk.keyring)
    made = renewal.made if renewal is not None else None
    if made is None and not unshown_codes(desk.keyring):
        made = await begin_renewal(desk.keyring, story.clock, code=desk.code())
    if made is not None:
        scanned.append(made.uri)
        await confirm_renewal(desk.keyring, story.clock, first(story, made))


@pytest.mark.parametrize("before", [True, False])
async def test_a_desk_that_dies_at_any_write_goes_on_and_ends_with_ten_codes_that_count(
    story: Story, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes_shown(story.desk("ar-night").keyring)
    survived, scanned = 0, list[str]()
    for at in range(1, 20):
        story.clock.now += 60
        with monkeypatch.context() as patched:
            done = fail_at(patched, at, before=before)
            try:
                await go_on(story, scanned)
                survived += 1
            except PowerFailureError:
                assert len(done) == at
        if survived == 0:
            story.clock.now += 60
            await go_on(story, scanned)
        keyring = story.desk("ar-night").keyring
        codes = unshown_codes(keyring)
        assert (len(codes), current_renewal(keyring)) == (10, None)
        codes_shown(keyring)
        story.built.phones["ar-night"] = scanned[-1]
        if survived:
            break
        story.clock.now += 60
        assert (await log_in(keyring, story.clock, LogIn(recovery=codes[at % 10]))).recovery_left == 9
        story.clock.now += 60
        await story.desk("ar-night").log_in(story.desk("ar-night").code())
    assert at > 4


async def test_an_invitation_that_is_none_or_over_binds_nothing(story: Story) -> None:
    keyring = story.desk("ar-night").keyring
    with pytest.raises(Usage, match="no invitation waits here"):
        await bind_anew(keyring, story.clock)
    with pytest.raises(Usage):
        take_invitation(keyring, b"rubbish", story.clock.now)
    officer = story.built.officers["ar-night"]
    raw = await story.invite(story.desk("ar-chief"), "ar", officer)
    with pytest.raises(Usage, match="expired"):
        take_invitation(keyring, raw, story.clock.now + 30 * 86_400)
    take_invitation(keyring, raw, story.clock.now)
    await story.invite(story.desk("ar-chief"), "ar", officer)  # a newer one takes its place at the relay
    with pytest.raises(Declined, match="used up or expired"):
        await bind_anew(keyring, story.clock)
    with pytest.raises(Usage, match="no invitation waits here"):
        await bind_anew(keyring, story.clock)
