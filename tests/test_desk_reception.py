"""Other reception keys for a desk: named, taken, and found again wherever a power failure came between."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from story_desk import Desk
from story_world import Built, Story, built_once, play
from test_desk_watch import Screen, until, watched

from crypto.signing import PublicPair, SecretPair
from desk.commands import watch as watching
from desk.commands.watch import Watch
from desk.errors import Declined, DeskError, Usage
from desk.keys import reception as renewing
from desk.keys.keyring import (
    NEXT_RECEPTION_FILE,
    RECEPTION_FILE,
    next_reception_keys,
    prepare_reception,
    reception_keys,
)
from desk.keys.own_device import OtherReception
from desk.keys.reception import renew_reception
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.mail.receive import Listener, receive
from desk.mail.trail import Event, trail
from desk.replica import publishing
from desk.replica.statements import send_request
from relay.protocol.requests import NewStatements


@pytest.fixture
async def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    built: Built = await built_once(tmp_path_factory.getbasetemp())
    async with play(tmp_path, built) as story:
        yield story


async def renew(desk: Desk) -> None:
    """`enlace device renew-reception`."""
    with desk.opened() as unlocked:
        async with connected(unlocked.keyring, desk.clock) as client:
            await renew_reception(unlocked, client)


def named(desk: Desk) -> PublicPair:
    """The reception keys the directory on a desk has for it."""
    with desk.opened() as unlocked:
        return unlocked.replica().view.devices[desk.device].reception


def held(desk: Desk) -> PublicPair:
    return reception_keys(desk.profile).public


async def listen_with(desk: Desk, keys: SecretPair) -> None:
    """Whoever has these keys takes the desk's place on the stream, until nothing waits."""

    async def ignore(_: object) -> None:
        return None

    listener = Listener(connected=ignore, arrived=ignore, changed=ignore)
    await receive(desk.profile, keys, desk.clock, listener, drain=True)


def events(desk: Desk, number: int, what: str) -> list[Event]:
    """What a sender is shown of a message."""
    with desk.opened() as unlocked:
        shown = trail(unlocked.mail, unlocked.replica().view, unlocked.mail.get(number))
        return [each for each in shown if each.what == what]


async def test_the_old_keys_are_refused_at_once_and_mail_comes_by_the_new_ones(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    before, thief = await ar.send("co-desk", subject="Before"), reception_keys(co.profile)
    await co.listen()
    await renew(co)
    assert held(co) == named(co) != thief.public
    assert not (co.path / NEXT_RECEPTION_FILE).exists()
    with pytest.raises(Declined) as refused:
        await listen_with(co, thief)
    assert refused.value.problem == "not-allowed"
    after = await ar.send("co-desk", subject="After")
    assert len(await co.listen()) == 1
    await co.exchange()
    assert co.subjects() == ["Before", "After"]
    await ar.exchange()
    (first,) = (each for each in events(ar, before, "delivered") if co.device[:8] in each.where)
    (second,) = (each for each in events(ar, after, "delivered") if co.device[:8] in each.where)
    assert (first.counts, "reception keys changed since" in first.proof) == (True, True)
    assert (second.counts, "changed" in second.proof) == (True, False)


async def test_a_running_watch_goes_over_by_itself(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LONGEST_PAUSE", 0.02)
    ar, co = story.desk("ar-night"), story.desk("co-night")
    async with watched(co) as screen:
        await until(lambda: screen.events == ["listening"])
        await renew(co)
        await until(lambda: screen.events.count("listening") == 2)
        await ar.send("co-desk", subject="Afterwards")
        await until(lambda: "message" in screen.events)
    assert set(screen.events) <= {"listening", "keys", "directory", "message"}
    assert any("other reception keys now" in each for each in screen.lines)


async def test_a_watch_whose_keys_nobody_knows_says_what_to_do(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where keys lie beside them that were never named."""
    monkeypatch.setattr(watching, "LONGEST_PAUSE", 0.02)
    co = story.desk("co-night")
    copied(co, story.folder / "older")
    await renew(co)
    restored(co, story.folder / "older")
    prepare_reception(co.profile)
    async with watched(co) as screen:
        await until(lambda: "trouble" in screen.events)
    (line,) = (each for each in screen.lines if "reception keys" in each)
    assert "unlock this desk and run `enlace sync`, which says why" in line
    once = Watch(Screen(now=co.clock), co.profile, None, bell=False)
    with pytest.raises(Declined):
        await once.run(once=True)


async def cut_off(story: Story, monkeypatch: pytest.MonkeyPatch, where: str) -> Desk:
    """A desk whose renewal ended at some point, as in a power failure."""
    co, real = story.desk("co-night"), publishing.publish

    async def publish(profile: Any, store: Any, client: RelayClient, request: NewStatements, now: int) -> Any:
        if where == "published":
            await send_request(client, request)
        raise DeskError("power failure")

    monkeypatch.setattr(renewing, "publish", publish)
    with pytest.raises(DeskError, match="power failure"):
        await renew(co)
    monkeypatch.setattr(renewing, "publish", real)
    assert next_reception_keys(co.profile) is not None
    return co


async def test_cut_off_before_it_was_published_the_old_keys_go_on(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    co = await cut_off(story, monkeypatch, "stored")
    old, prepared = held(co), next_reception_keys(co.profile)
    await story.desk("ar-night").send("co-desk")
    assert len(await co.listen()) == 1
    await co.exchange()
    assert held(co) == named(co) == old
    await renew(co)
    assert prepared is not None
    assert held(co) == named(co) == prepared.public  # not made a second time


@pytest.mark.parametrize("then", ["sync", "renew", "watch"])
async def test_cut_off_after_it_was_published_the_desk_holds_the_new_keys(
    story: Story, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    co = await cut_off(story, monkeypatch, "published")
    prepared = next_reception_keys(co.profile)
    assert prepared is not None
    await story.desk("ar-night").send("co-desk", subject="Meanwhile")
    if then == "watch":  # a desk nobody has unlocked: it cannot know which, and tries both
        screen = Screen(now=co.clock)
        await Watch(screen, co.profile, None, bell=False).run(once=True)
        assert screen.events == ["listening", "message"]
    if then == "renew":
        await renew(co)
    await co.exchange()
    assert held(co) == named(co) == prepared.public
    assert co.subjects() == ["Meanwhile"]
    with co.opened() as unlocked:
        assert len(unlocked.replica().view.devices[co.device].receptions) == 2  # once, not twice


def copied(desk: Desk, to: Path) -> None:
    shutil.copytree(desk.path, to)


def restored(desk: Desk, copy: Path) -> None:
    shutil.rmtree(desk.path)
    shutil.copytree(copy, desk.path)


async def test_a_profile_put_back_from_an_older_copy_says_so_and_mends_itself(story: Story) -> None:
    co = story.desk("co-night")
    copied(co, story.folder / "older")
    await renew(co)
    restored(co, story.folder / "older")
    with pytest.raises(OtherReception) as refused:
        await co.exchange()
    told = str(refused.value)
    assert "the directory has other reception keys for this device since" in told
    assert "`enlace device renew-reception`" in told
    assert "somebody else has this device's keys: have it revoked at once" in told
    assert (Path(refused.value.evidence) / "change.txt").read_bytes().startswith(b"enlace/statement/v1\n")
    await renew(co)
    await co.exchange()
    assert held(co) == named(co)


@pytest.mark.parametrize("how", ["gone", "damaged"])
async def test_damaged_reception_keys_are_renewed(story: Story, how: str) -> None:
    co = story.desk("co-night")
    file = co.path / RECEPTION_FILE
    file.unlink() if how == "gone" else file.write_bytes(b"{}")
    with pytest.raises(Usage, match="`enlace device renew-reception` makes others"):
        await co.exchange()
    await renew(co)
    await co.exchange()
    assert held(co) == named(co)


async def test_damaged_next_keys_are_made_anew(story: Story) -> None:
    co = story.desk("co-night")
    (co.path / NEXT_RECEPTION_FILE).write_bytes(b"{}")
    await co.exchange()
    await renew(co)
    assert held(co) == named(co)


async def test_a_revoked_desk_renews_nothing(story: Story) -> None:
    co = story.desk("co-laptop")
    await story.revoke_laptop()
    old = held(co)
    with pytest.raises(Declined):
        await renew(co)
    assert held(co) == old


async def test_the_secretariat_has_no_reception_keys(story: Story) -> None:
    with pytest.raises(Usage, match="the secretariat's desk has no reception keys"):
        await renew(story.desk("secretariat"))
