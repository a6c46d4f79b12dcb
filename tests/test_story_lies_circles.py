"""What is for a circle, between a desk and its relay: kept from a member an alarm, withdrawn in time none."""

import asyncio

from story_liar import Asked, Given, LyingRelay, answering, rewriting, vouched_log
from story_notice import noticed
from story_world import Story, fresh_batch, roots

from desk.session import connected
from desk.statements import device_voice, send
from directory.bodies import CircleBody, ContactBody
from directory.statement import EraseBody, PublishContact, SetCircle
from relay.protocol import routes
from relay.protocol.requests import Bodies, LogState

pytest_plugins = ("lying_story",)


async def circle(story: Story, *members: str) -> None:
    """Make circle inner, or say anew who is in it."""
    with story.desk("secretariat").opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            batch = await fresh_batch(desk, client, roots())
            names = batch.body(CircleBody(names={"en": "The inner circle"}))
            batch.issue(SetCircle, circle="inner", members=members, body=names)
            await send(client, batch)


async def published(story: Story, *circles: str) -> str:
    """Publish co-inner; returns the commitment of its details."""
    with story.desk("co-chief").opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            batch = await fresh_batch(desk, client, (device_voice(desk.keyring),))
            body = batch.body(ContactBody(names={"en": "Inner desk"}))
            about = {"member": "co", "country": "CO", "function": "customs", "circles": circles}
            batch.issue(PublishContact, contact="co-inner", body=body, **about)
            await send(client, batch)
            return body


async def test_a_member_from_whom_its_circle_is_kept_raises_an_alarm(story: Story, here: LyingRelay) -> None:
    await circle(story, "ar", "co")
    body = await published(story, "inner")
    ar = story.desk("ar-day")

    def kept(bodies: Bodies) -> Bodies:
        return Bodies(bodies=tuple(each for each in bodies.bodies if each.commitment != body))

    here.lies.append(rewriting("POST", routes.BODIES, Bodies, kept))
    words = await noticed(ar, here, "body", {"commitment.txt", "checkpoint-mine.txt"})
    assert words == "a body that this desk may see is missing, and no statement erased it (contact/co-inner)"


async def test_what_is_withdrawn_or_erased_between_two_answers_is_no_alarm(story: Story, here: LyingRelay) -> None:
    await circle(story, "ar", "co")
    inner = await published(story, "inner")
    before = await here.entries()
    await circle(story, "co")
    await late(story, here, "ar-day", before, inner)
    outer = await published(story)
    before = await here.entries()
    await story.issue(story.desk("co-chief"), kind=EraseBody, body=outer)
    await late(story, here, "ar-night", before, outer)


async def late(story: Story, here: LyingRelay, name: str, before: list[bytes], body: str) -> None:
    """A desk is shown the log as it was at first, and asks for bodies of a relay that is further by then."""
    told, desk = asyncio.Event(), story.desk(name)

    def behind(asked: Asked, given: Given) -> Given:
        if told.is_set():
            return given
        told.set()
        start = int(asked.query["start"])
        texts = tuple(each.decode() for each in before[start:])
        checkpoint = vouched_log(before, story.clock()).decode()
        return given.saying(LogState(start=start, entries=texts, checkpoint=checkpoint))

    here.lies.append(answering("GET", routes.LOG, behind, desk))
    done = (await desk.exchange()).synchronised
    assert told.is_set()
    assert done.replica.size > len(before)
    with desk.opened() as opened:
        assert body not in opened.store.bodies()
    assert not list((desk.path / "alarms").glob("*-*-*"))
