"""Members who are not honest, behind an honest relay: genuine devices that say what they have no right to say."""

from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from story_desk import Desk, marked
from story_world import Built, Story, built_once, logging_to, play

from desk.link.session import connected
from desk.mail.compose import Draft, compose
from desk.mail.content import Receipt
from desk.mail.facts import Facts
from desk.mail.intake import TakenIn
from desk.mail.message import Sender, write_message
from desk.mail.message_warnings import WARNINGS
from desk.mail.trail import trail
from relay.protocol.lines import device_name


@pytest.fixture
async def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    built: Built = await built_once(tmp_path_factory.getbasetemp())
    with logging_to(StringIO()):
        async with play(tmp_path, built) as story:
            yield story


async def says(desk: Desk, to: str, contact: str = "", **fields: Any) -> int:
    """A desk whose program was changed signs and sends a message, in the name of whatever contact it likes."""
    with desk.opened() as opened:
        draft = Draft(to=(to,), subject="A subject", text="", attachments=())
        message = compose(opened.replica(), desk.device, draft, desk.clock())
        sender = Sender(contact=contact or message.sender.contact, device=desk.device)
        message = msgspec.structs.replace(message, sender=sender, **fields)
        note = write_message(message, device_name(opened.profile.identity.name, desk.device), opened.keyring.device)
        number = opened.mail.add(message, note, Facts(direction="out"), queue=True)
        assert number is not None
        async with connected(opened.keyring, desk.clock) as client:
            assert (await opened.sender(client).flush()).kept == {}
        return number


async def taken(desk: Desk) -> TakenIn:
    return (await desk.exchange()).taken


async def test_a_message_in_the_name_of_an_office_its_officer_never_served(story: Story) -> None:
    """The court's officer writes to Argentina as the desk of their own country; that desk gets a copy, and hears of it.

    In another country's name the relay would not even take it in: whoever gets the sender's copies is of its member.
    """
    await says(story.desk("co-late"), "ar-desk", contact="co-desk")
    for name in ("ar-night", "co-night"):
        desk = story.desk(name)
        found = await taken(desk)
        assert (found.messages, found.receipts, desk.messages()) == ([], [], [])
        assert found.refused[0].startswith("the sending device never served co-desk, in whose name it speaks; it says ")


@pytest.mark.parametrize("contact", ["co-court", "co-desk"])
async def test_an_acceptance_by_an_officer_whom_the_message_was_not_for(story: Story, contact: str) -> None:
    """co-night serves the desk; the message was for the court."""
    ar, other = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-court", subject="Good evening")
    sent = ar.messages()[0]
    said = Receipt(act="accepted", message=sent.message.id, envelope=sent.facts.envelope)
    await says(other, "ar-desk", contact=contact, content=said)
    found = await taken(ar)
    why = {
        "co-court": "the sending device never served co-court, in whose name it speaks",
        "co-desk": "a receipt for message 1 from co-desk, which it was not for",
    }
    assert found.receipts == []
    assert any(each.startswith(why[contact]) for each in found.refused)
    with ar.opened() as opened:
        happened = trail(opened.mail, opened.replica().view, opened.mail.get(1))
    assert "accepted" not in [each.what for each in happened]


async def test_a_checkpoint_of_a_sender_s_own_making_alarms_nobody(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await says(ar, "co-desk", checkpoint="log.enlace.example/2026\n7\nAAAA\n")
    found = await taken(co)
    assert (found.messages, found.alarms) == ([1], [])
    assert marked(co.messages()[0]) == [WARNINGS["checkpoint"]]
    assert list((co.path / "alarms").iterdir()) == []
    assert len(list((co.path / "doubts").iterdir())) == 1


async def test_two_texts_under_one_id(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Let them pass")
    await co.exchange()
    first = ar.messages()[0].message
    with ar.opened() as opened:
        opened.mail._db.execute("UPDATE messages SET key = 'out of the way'")
        opened.mail._db.commit()
    await says(ar, "co-desk", id=first.id)
    found = await taken(co)
    assert (found.messages, found.duplicates) == ([], 0)
    assert "has the id of message 1, from the same device, and says something else" in found.refused[0]
    assert co.subjects() == ["Let them pass"]
    assert marked(co.messages()[0]) == [WARNINGS["two-texts"]]


async def test_a_message_dated_back_shows_both_times(story: Story) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await says(ar, "co-desk", at=story.clock() - 86_400)
    await co.exchange()
    (stored,) = co.messages()
    assert marked(stored) == [WARNINGS["dated"]]


async def test_a_message_that_waited_for_a_network_says_so(story: Story) -> None:
    """Nobody did wrong: it was signed an hour before there was a session."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    ar.queue("co-desk", subject="Written on the way")
    story.clock.now += 3600
    await ar.log_in()
    assert (await ar.flush()).kept == {}
    await co.log_in()
    await co.exchange()
    assert marked(co.messages()[0]) == [WARNINGS["dated"]]
