"""A new desk that is enrolled as another than it was invited as, or with other keys, sees it and stops."""

from pathlib import Path

import msgspec
import pytest
from directory_world import device_keys
from story_desk import Desk
from story_liar import LyingRelay
from story_world import Story, fresh_batch

from desk.errors import Distrust
from desk.keys.own_device import Misenrolled
from desk.link.session import connected
from desk.profile.enrolment import check_enrolled, confirm, is_enrolling, offer_of
from desk.profile.folder import Identity
from desk.replica.statements import device_voice
from directory.view import View
from relay.rules.enrolment import StoredInvitation

pytest_plugins = ("lying_story",)


@pytest.fixture
def obliging(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay hands out the secret for one-time codes whatever officer the device was enrolled for."""

    def anybody(view: View, stored: StoredInvitation, device: str, now: int) -> None:
        assert device in view.devices

    monkeypatch.setattr("relay.enrolments.check_binding", anybody)


async def enrolled_wrongly(story: Story, officer: str = "", **keys: str) -> Desk:
    """A new desk for ar-night, whose administrator enrols it with other keys, or for another officer."""
    chief, night = story.desk("ar-chief"), story.built.officers["ar-night"]
    new = story.begin("ar-new", await story.invite(chief, "ar", night))
    await new.offer()
    with chief.opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
            offer = await offer_of(client, desk.keyring, night, story.clock())
            wrong = type(offer)(officer or offer.officer, offer.device, offer.statement | keys)
            await confirm(client, desk.keyring, desk.store, batch, wrong)
    return new


async def refused(new: Desk) -> Misenrolled:
    """The alarm that the new desk raises when it looks itself up; it has thrown nothing away."""
    with pytest.raises(Misenrolled) as caught, new.opened() as desk:
        await check_enrolled(desk.keyring, desk.store, new.clock)
    with new.opened() as desk:
        assert is_enrolling(desk.keyring)
    return caught.value


def evidence(error: Distrust) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(error.evidence).iterdir()}


async def test_a_device_enrolled_for_another_officer(story: Story, obliging: None) -> None:
    day, night = story.built.officers["ar-day"], story.built.officers["ar-night"]
    new = await enrolled_wrongly(story, day)
    await new.finish()
    error = await refused(new)
    words = (
        f"this device was enrolled for officer {day[:8]} of ar, and this desk was invited as officer {night[:8]} of ar"
    )
    assert str(error).startswith(f"{words}. Send nothing with this desk, keep it as it is, and tell ")
    kept = evidence(error)
    assert f'"officer":"{day}"'.encode() in kept["enrolment.txt"]
    assert msgspec.json.decode(kept["identity.json"], type=Identity).officer == night
    assert kept.keys() == {"enrolment.txt", "identity.json", "reception.json", "checkpoint-mine.txt"}


async def test_every_exchange_of_such_a_desk_ends_there(story: Story, obliging: None) -> None:
    """Also where the first look failed, because the network broke down just then."""
    new = await enrolled_wrongly(story, story.built.officers["ar-day"])
    await new.finish()
    for _ in range(2):
        with pytest.raises(Misenrolled):
            await new.exchange()
    with pytest.raises(Misenrolled):
        await new.send("co-desk", subject="In another's name")


async def test_an_honest_relay_gives_such_a_desk_no_codes_at_all(story: Story) -> None:
    new = await enrolled_wrongly(story, story.built.officers["ar-day"])
    with pytest.raises(Exception, match="the device was enrolled for another officer than the invited one"):
        await new.finish()


@pytest.mark.parametrize("which", ["reception_ed25519", "reception_mldsa44"])
async def test_a_device_enrolled_with_reception_keys_of_somebody_else(story: Story, which: str) -> None:
    """The relay, though honest, cannot know: it holds what the desk offered, and the device's own keys are right."""
    new = await enrolled_wrongly(story, **{which: device_keys("somebody else")[which]})
    await new.finish()
    assert str(await refused(new)).startswith("the reception keys in the directory are not the ones made here")


async def test_an_invitation_that_names_another_member(story: Story) -> None:
    """The new desk would believe itself one of a member's, and hear nothing of what its own administrators do."""
    chief, night = story.desk("ar-chief"), story.built.officers["ar-night"]
    new = story.begin("ar-new", await story.invite(chief, "co", night))
    await new.offer()
    await story.confirm(chief, night)
    await new.finish()
    words = "this desk was invited as one of co, and its officer is enrolled as one of ar"
    assert str(await refused(new)).startswith(words)


async def test_a_relay_that_says_enrolled_and_shows_a_directory_without_the_device(
    story: Story, here: LyingRelay, obliging: None
) -> None:
    chief, night = story.desk("ar-chief"), story.built.officers["ar-night"]
    new = story.begin("ar-new", await story.invite(chief, "ar", night))
    await new.offer()
    before = await here.entries()
    await story.confirm(chief, night)
    await new.finish()
    here.show(before)
    assert str(await refused(new)).startswith(
        "the relay says that this device was enrolled, and the directory it shows"
    )


async def test_a_desk_enrolled_as_it_was_invited_finds_itself(story: Story) -> None:
    chief, night = story.desk("ar-chief"), story.built.officers["ar-night"]
    new = story.begin("ar-new", await story.invite(chief, "ar", night))
    await new.offer()
    await story.confirm(chief, night)
    await new.finish()
    with new.opened() as desk:
        assert is_enrolling(desk.keyring)
        await check_enrolled(desk.keyring, desk.store, new.clock)
        assert not is_enrolling(desk.keyring)
    await new.exchange()
