"""What is for a circle, between a desk and its relay: kept from a member an alarm, withdrawn in time none."""

import asyncio
from collections.abc import Callable

from story_liar import Asked, Given, LyingRelay, answering, rewriting, vouched_log
from story_notice import noticed
from story_world import Story, fresh_batch, roots

from crypto.note import Note
from crypto.signing import ed25519_line
from desk.link.session import connected
from desk.replica.statements import device_voice, send
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

    here.lies.append(rewriting("POST", routes.BODIES, Bodies, without(body)))
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


async def test_a_relay_that_lets_the_log_grow_hides_no_body_behind_that(story: Story, here: LyingRelay) -> None:
    """It kept statements back, and shows one more whenever it is asked why a body is missing."""
    await circle(story, "ar", "co")
    body = await published(story, "inner")
    shown = len(await here.entries())
    await spare(story, 6)
    every, asked = await here.entries(), list[int]()

    def growing(question: Asked, given: Given) -> Given:
        upto, start = every[: shown + len(asked)], int(question.query["start"])
        asked.append(len(upto))
        texts = tuple(each.decode() for each in upto[start:])
        log = vouched_log(upto, story.clock()).decode()
        return given.saying(LogState(start=start, entries=texts, checkpoint=log))

    ar = story.desk("ar-day")
    here.lies += [answering("GET", routes.LOG, growing, ar), rewriting("POST", routes.BODIES, Bodies, without(body))]
    words = await noticed(ar, here, "body", {"commitment.txt", "checkpoint-mine.txt"})
    assert words == "a body that this desk may see is missing, and no statement erased it (contact/co-inner)"
    assert asked == [shown, shown + 1, shown + 2, shown + 3]


async def test_a_statement_of_a_newer_version_that_comes_with_a_missing_body_is_told(
    story: Story, here: LyingRelay
) -> None:
    """Else a relay could withhold a body, and have the desk say that all is well, and that an alarm is over."""
    body = await published(story)
    every, asked, later = await here.entries(), list[int](), of_a_later_version(story, "co-chief")

    def newer(question: Asked, given: Given) -> Given:
        asked.append(1)
        if len(asked) == 1:
            return given
        start = int(question.query["start"])
        entries = [*every, later]
        texts = tuple(each.decode() for each in entries[start:])
        log = vouched_log(entries, story.clock()).decode()
        return given.saying(LogState(start=start, entries=texts, checkpoint=log))

    ar = story.desk("ar-day")
    here.lies += [answering("GET", routes.LOG, newer, ar), rewriting("POST", routes.BODIES, Bodies, without(body))]
    done = (await ar.exchange()).synchronised
    assert len(asked) == 2
    assert "update Enlace" in done.update_needed


def of_a_later_version(story: Story, who: str) -> bytes:
    """A statement that a desk signed which knows more kinds of them."""
    with story.desk(who).opened() as desk:
        voice, network = device_voice(desk.keyring), desk.replica().view.founded
    text = f'enlace/statement/v1\n{{"at":{story.clock()},"kind":"declare-peace","network":"{network.id}","seq":0}}\n'
    return Note(text, (ed25519_line(voice.key, f"{network.name}/{voice.local}", text),)).write()


def without(body: str) -> Callable[[Bodies], Bodies]:
    """The answer but for one body."""
    return lambda given: Bodies(bodies=tuple(each for each in given.bodies if each.commitment != body))


async def spare(story: Story, count: int) -> None:
    """So many more statements, which say nothing about any of it."""
    with story.desk("secretariat").opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            batch = await fresh_batch(desk, client, roots())
            for number in range(count):
                names = batch.body(CircleBody(names={"en": "Spare"}))
                batch.issue(SetCircle, circle=f"spare-{number}", members=(), body=names)
            await send(client, batch)


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
