"""A relay that shows one desk another history than the others: what gives it away, and what the officer reads.

Nothing that such a desk sees is forged: the log's own keys sign it, again and again, with fresh times. What the desk
hears from other desks tells it.
"""

import pytest
from story_attacks import POLICY
from story_desk import marked, told
from story_liar import Asked, Given, LyingRelay, answering, vouched, vouched_log
from story_notice import BOTH, alarmed, evidence, kept, noticed
from story_world import Story

from crypto.policy import parse_policy
from desk.alarms.evidence import ACCUSATION
from desk.errors import Distrust
from directory.evidence_verdict import verdict
from directory.statement import AttestContact
from relay.protocol import routes
from relay.protocol.envelope import parse_envelope
from relay.protocol.requests import Appended, Submitted

pytest_plugins = ("lying_story",)


async def hide_revocation(story: Story, here: LyingRelay) -> int:
    """Revoke the laptop, and show ar-night a directory without that; returns the size of that directory."""
    entries = await here.entries()
    await story.revoke_laptop()
    here.show(entries, to=story.desk("ar-night"))
    return len(entries)


async def test_a_hidden_revocation_is_noticed_by_the_checkpoint_in_a_message(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    size = await hide_revocation(story, here)
    await ar.exchange()  # fresh signatures, and nothing to be seen
    await co.synchronise()
    await co.send("ar-desk", subject="We have lost a laptop")
    words = await alarmed(ar, "fork", BOTH)
    assert words == (
        f"the sender of message 1 saw {size + 1} statements, the relay shows this desk only {size}: it hides "
        "statements, perhaps a revocation"
    )
    (message,) = ar.messages()
    assert marked(message) == [
        "UNPROVEN: no valid receipt shows that the sending device counted when this was sent",
        "ALARM: the sender saw another directory than this desk; the relay shows two histories",
    ]
    assert f"\n{size + 1}\n" in evidence(ar, "checkpoint-theirs.txt").decode()


async def test_a_hidden_revocation_is_noticed_by_the_relays_own_receipt(story: Story, here: LyingRelay) -> None:
    # The sender has not heard of the revocation either; but the relay signs at which size it took the message in.
    ar, co = story.desk("ar-night"), story.desk("co-night")
    size = await hide_revocation(story, here)
    await co.send("ar-desk", subject="Good evening")
    words = await alarmed(ar, "fork", {"checkpoint-mine.txt", "receipt.json"})
    assert words == (
        f"the relay signed for message 1 at {size + 1} statements, but shows this desk only {size}: it hides "
        "statements, perhaps a revocation"
    )
    found = verdict(evidence(ar, ACCUSATION), parse_policy(POLICY))
    assert (found.kind, found.proven) == ("receipt", False)
    # From then on it is asked for what it signed for, and nothing is sealed while it does not show that.
    number = ar.queue("co-desk", subject="Do you hear me?")
    for _ in range(2):
        with pytest.raises(Distrust, match=f"it was asked anew, and shows no more than {size}") as caught:
            await ar.exchange()
        assert caught.value.alarm is not None
        assert caught.value.alarm.file.endswith(f"/{ACCUSATION}")
    here.lies.clear()
    assert (await ar.exchange()).flushed.sent == [number]


async def test_every_such_message_is_an_alarm_and_none_is_lost(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    size = await hide_revocation(story, here)
    await co.synchronise()
    await co.send("ar-desk", subject="Good evening")
    await alarmed(ar, "fork", BOTH)
    # From now on the relay owes this desk what it signed for others: nothing is sealed until it has shown that.
    owing = f"the log has signed {size + 1} statements, and shows this desk only {size}: it hides some"
    with pytest.raises(Distrust, match=owing):
        await ar.exchange()
    await co.send("ar-desk", subject="Good morning")
    with pytest.raises(Distrust, match=owing):
        await ar.exchange()
    assert ar.subjects() == ["Good evening", "Good morning"]
    here.lies.clear()
    assert told((await ar.exchange()).taken) == []
    assert [marked(each) for each in ar.messages()][1] == []


async def test_a_relay_that_hides_a_revocation_and_keeps_its_own_rules_takes_no_message(
    story: Story, here: LyingRelay
) -> None:
    ar = story.desk("ar-night")
    await hide_revocation(story, here)
    number = ar.queue("co-desk", subject="Good evening")
    assert (await ar.flush()).kept == {
        number: "3 times the relay refused this because recipients had changed, and it shows this desk nothing new "
        "about them. Perhaps it hides a revocation. Try again; if it goes on, telephone, and tell the secretariat"
    }
    here.lies.clear()
    assert (await ar.flush()).sent == [number]


async def test_a_receipt_that_speaks_of_more_than_the_sender_is_shown(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    entries = await here.entries()
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-court")
    here.show(entries, to=ar)
    number = ar.queue("co-desk", subject="Good evening")
    words = await noticed(ar, here, "fork", {"checkpoint-mine.txt", "receipt.json"}, ar.flush)
    assert words == (
        f"the relay signed for message {number} at {len(entries) + 1} statements, but shows this desk only "
        f"{len(entries)}: it hides statements, perhaps a revocation"
    )
    assert ar.messages()[0].facts.sent


async def test_a_relay_that_hides_a_revocation_and_breaks_its_own_rules_is_noticed_by_the_answer(
    story: Story, here: LyingRelay
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    size = await hide_revocation(story, here)

    def take(asked: Asked, given: Given) -> Given:
        header = parse_envelope(asked.body).header
        relayed = vouched(parse_envelope(asked.body).hash, header.network, size, story.clock())
        return Given(200, b"", {}).saying(Submitted(relayed=relayed))

    here.lies.append(answering("POST", routes.ENVELOPES, take, ar))
    await ar.send("co-desk", subject="For nobody else")  # sealed to the lost laptop too: nothing could tell
    await co.synchronise()
    await co.send("ar-desk", subject="We have lost a laptop")
    assert "it hides statements, perhaps a revocation" in await alarmed(ar, "fork", BOTH)


async def test_two_histories_shown_to_two_desks(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    for contact in ("co-desk", "co-court"):
        await story.issue(story.desk("co-chief"), kind=AttestContact, contact=contact)
    *entries, first, second = await here.entries()
    here.show([*entries, second, first], to=ar)
    await ar.synchronise()
    await co.synchronise()
    await ar.send("co-desk", subject="To Colombia")
    await co.send("ar-desk", subject="To Argentina")
    for desk in (ar, co):
        words = await alarmed(desk, "fork", BOTH, halts=True)
        assert (
            words
            == f"another desk saw a different directory at {len(entries) + 2} statements: the relay shows two histories"
        )
        (message,) = [each for each in desk.messages() if each.facts.direction == "in"]
        assert marked(message) == [
            "ALARM: the sender saw another directory than this desk; the relay shows two histories"
        ]
        roots = [evidence(desk, name).split(b"\n")[:3] for name in sorted(BOTH)]
        assert roots[0][:2] == roots[1][:2]  # the same log, the same size …
        assert roots[0][2] != roots[1][2]  # … and two directories, each signed by the log


async def test_a_revocation_that_is_said_to_be_published_and_is_not(story: Story, here: LyingRelay) -> None:
    chief, size = story.desk("co-chief"), len(await here.entries())
    promised = vouched_log(await here.entries(), story.clock())

    def nod(asked: Asked, given: Given) -> Given:
        return Given(200, b"", {}).saying(Appended(start=size, checkpoint=promised.decode()))

    def withheld(asked: Asked) -> bytes:
        return b"{}" if asked.path == routes.STATEMENTS else asked.body

    here.changes.append(withheld)
    here.lies.append(answering("POST", routes.STATEMENTS, nod))
    with pytest.raises(Distrust) as caught:
        await story.revoke_laptop()
    assert str(caught.value) == (
        "the relay says that it published this, and does not show it: it counts nowhere. Do not rely on it, and tell "
        "the secretariat by telephone"
    )
    assert kept(caught.value) == {"statements.json", "checkpoint-promised.txt", "checkpoint-mine.txt"}
    here.lies.clear()
    here.changes.clear()
    await story.revoke_laptop()
    assert len(await here.entries()) == size + 1
    assert await chief.synchronise() == size + 1


async def test_another_statement_in_the_place_of_the_one_that_was_sent(story: Story, here: LyingRelay) -> None:
    # The relay publishes what somebody else signed, and says that it is this.
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-court")
    size = len(await here.entries())

    def nod(asked: Asked, given: Given) -> Given:
        signed = vouched_log([], story.clock())
        return Given(200, b"", {}).saying(Appended(start=size - 1, checkpoint=signed.decode()))

    here.lies.append(answering("POST", routes.STATEMENTS, nod))
    here.changes.append(lambda asked: b"{}" if asked.path == routes.STATEMENTS else asked.body)
    with pytest.raises(Distrust, match="the relay says that it published this, and does not show it"):
        await story.revoke_laptop()
