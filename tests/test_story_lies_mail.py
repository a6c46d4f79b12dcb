"""A relay that lies about mail: other headers, other recipients, other times, the same thing twice; and its helpers."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from directory_world import NAME
from story_desk import Desk, marked, told
from story_liar import Asked, Given, LyingRelay, Taken, answering, stripped, vouched
from story_notice import kept
from story_world import Story

from desk.errors import Distrust
from desk.keys.key_sets import key_choices
from desk.link.session import connected
from desk.mail.attachments import download, open_file
from desk.mail.message import Message, SealedFile
from desk.mail.outbox import Doubted, Flushed
from desk.mail.sealing import seal
from desk.mail.trail import trail
from relay.protocol import routes
from relay.protocol.envelope import Header, Stage, parse_envelope

pytest_plugins = ("lying_story",)

ASIDE = "something arrived that cannot be believed and was put aside: "
EARLY = "the relay released this earlier than the sender's stages allow"
EARLY_OR_AHEAD = "too early by the sender's clock: that one is ahead, or the relay released early and dates back"


async def put_aside(desk: Desk, why: str, sender: Desk) -> None:
    """Assert what the officer reads of the only thing that came, that it is kept, and that no message came."""
    (words,) = told((await desk.exchange()).taken)
    (file,) = (desk.path / "spool").glob("*.refused")
    member, short = sender.profile.identity.member, sender.device[:8]
    about = f"; it says that it comes from {member}, device {short} (kept as spool/{file.name})"
    assert words == f"{ASIDE}{why}{about}"
    assert desk.messages() == []


CHANGED: dict[str, Callable[[Header], dict[str, Any]]] = {
    "precedence": lambda header: {"precedence": "routine"},
    "stop": lambda header: {"stop": "never"},
    "expiry": lambda header: {"expires": header.expires + 1},
    "list of attachments": lambda header: {"attachments": ("a" * 64,)},
    "set of stages": lambda header: {"stages": (header.stages[0], Stage(after=1, devices=header.stages[1].devices))},
}


@pytest.mark.parametrize("what", CHANGED)
async def test_another_header_than_the_sender_signed(story: Story, here: LyingRelay, what: str) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening", precedence="flash")
    taken = here.taken[0]
    here.hand(co, taken.altered(1, story.built.network, **CHANGED[what](parse_envelope(taken.raw).header)))
    await put_aside(co, f"the envelope shows another {what} than the sender signed: somebody changed it", ar)
    here.hand(co, taken.item(2))
    await co.exchange()
    assert co.subjects() == ["Good evening"]


async def test_another_sender_than_the_one_who_signed(story: Story, here: LyingRelay) -> None:
    ar, day, co = story.desk("ar-night"), story.desk("ar-day"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    here.hand(co, here.taken[0].altered(1, story.built.network, sender=day.device))
    await put_aside(co, f"the Ed25519 signature of {NAME}/{day.device} is missing", day)


async def test_devices_of_a_stage_exchanged(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    first, *others = parse_envelope(here.taken[0].raw).header.stages
    turned = msgspec.structs.replace(first, devices=first.devices[::-1])
    here.hand(co, here.taken[0].altered(1, story.built.network, stages=(turned, *others)))
    at = [each.device for each in turned.devices].index(co.device)
    await put_aside(
        co, f"it does not open, so somebody changed it or sealed it wrongly: stanza {at} is not for this key", ar
    )


async def test_sealed_bytes_changed(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    raw = here.taken[0].raw
    here.hand(co, here.taken[0].altered(1, story.built.network, raw[:-1] + bytes([raw[-1] ^ 1])))
    why = "chunk 0 was changed, moved or cut short: discard the file and ask for it again"
    await put_aside(co, f"it does not open, so somebody changed it or sealed it wrongly: {why}", ar)


async def test_an_envelope_for_another_device(story: Story, here: LyingRelay) -> None:
    ar, late = story.desk("ar-night"), story.desk("co-late")
    await ar.send("co-desk", subject="Good evening", escalate=False)
    here.hand(late, here.taken[0].item(1))
    with pytest.raises(Distrust) as caught:
        await late.exchange()
    words = "the relay sent something that is no envelope for this desk: the envelope is not for this device"
    assert str(caught.value) == words
    assert kept(caught.value) == {"item.json", "payload.bin"}
    assert here.acks == []  # no *delivered* is signed for what was not for this desk


async def test_an_envelope_redirected_by_its_header(story: Story, here: LyingRelay) -> None:
    ar, co, late = story.desk("ar-night"), story.desk("co-night"), story.desk("co-late")
    await ar.send("co-desk", subject="Good evening", escalate=False)
    (stage,) = parse_envelope(here.taken[0].raw).header.stages
    devices = [
        msgspec.structs.replace(each, device=late.device) if each.device == co.device else each
        for each in stage.devices
    ]
    here.hand(late, here.taken[0].altered(1, story.built.network, stages=(Stage(after=0, devices=tuple(devices)),)))
    await put_aside(late, "the key it was sealed to is not here: erased when its time ended, or never this desk's", ar)


async def test_other_bytes_than_announced(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    item, raw = here.taken[0].item(1)
    here.hand(co, (item, raw[:-1] + b"x"))
    with pytest.raises(Distrust, match="the relay sent other bytes than it announced"):
        await co.exchange()
    assert here.acks == []


async def test_of_bytes_that_are_too_many_to_be_kept_the_hash_is(story: Story, here: LyingRelay) -> None:
    """Cut off, nobody could tell any more what message may be in them, and until when it may be kept."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    item, raw = here.taken[0].item(1)
    here.hand(co, (msgspec.structs.replace(item, size=len(raw) + 300_000), raw + bytes(300_000)))
    with pytest.raises(Distrust) as caught:
        await co.exchange()
    why = f"too long to be kept, so only hash and length are: payload.bin ({len(raw) + 300_000} bytes)"
    assert str(caught.value) == f"the relay sent other bytes than it announced; {why}"
    assert kept(caught.value) == {"item.json", "payload.bin.sha256"}


async def test_a_stage_released_early(story: Story, here: LyingRelay) -> None:
    ar, late = story.desk("ar-night"), story.desk("co-late")
    await ar.send("co-desk", subject="Good evening", precedence="flash")
    here.hand(late, here.taken[0].item(1))
    assert told((await late.exchange()).taken) == []
    assert [marked(each) for each in late.messages()] == [[EARLY]]


async def test_a_stage_released_early_under_a_receipt_dated_back(story: Story, here: LyingRelay) -> None:
    ar, late = story.desk("ar-night"), story.desk("co-late")
    await ar.send("co-desk", subject="Good evening", precedence="flash")
    leaf = here.taken[0].relayed.leaf
    back = vouched(leaf.envelope, story.built.network, leaf.tree_size, leaf.time - 600)
    here.hand(late, here.taken[0].item(1, relayed=back))
    await late.exchange()
    assert [marked(each) for each in late.messages()] == [[EARLY_OR_AHEAD]]


async def test_a_stage_in_time_is_no_cause_for_a_warning_and_the_sender_is_told(story: Story) -> None:
    ar, late = story.desk("ar-night"), story.desk("co-late")
    number = await ar.send("co-desk", subject="Good evening", precedence="flash")
    assert (await late.exchange()).taken.messages == []
    await story.wait(600)
    for _ in range(100):  # the relay sweeps in the background
        if (await late.exchange()).taken.messages:
            break
    assert [marked(each) for each in late.messages()] == [[]]
    await ar.exchange()
    assert ("stage 1 released", "relay's notice, both keys") in happened(ar, number)


async def test_a_stage_that_is_never_released(story: Story, here: LyingRelay) -> None:
    # Nobody notices by itself: the sender sees that there is no signed word of it.
    ar, co = story.desk("ar-night"), story.desk("co-night")
    number = await ar.send("co-desk", subject="Good evening", precedence="flash")
    here.hand(ar)
    await story.wait(7200)
    await ar.exchange()
    assert happened(ar, number) == [("relayed", "relay's receipt, both keys")]
    assert co.messages() == []


def happened(desk: Desk, number: int) -> list[tuple[str, str]]:
    with desk.opened() as opened:
        events = trail(opened.mail, opened.replica().view, opened.mail.get(number))
        return [(each.what, each.proof) for each in events]


async def test_an_envelope_handed_over_again_and_again(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    taken = here.taken[0]
    here.hand(co, taken.item(1), taken.item(1), taken.item(2))
    found = (await co.exchange()).taken
    assert (found.messages, found.duplicates, told(found)) == ([1], 1, [])
    await co.decide(1, "accepted")
    here.hand(co, taken.item(1), taken.item(3), taken.altered(4, story.built.network, id="0" * 32))
    found = (await co.exchange()).taken
    assert (found.messages, found.duplicates, told(found)) == ([], 3, [])
    assert [each.facts.decided for each in co.messages() if each.facts.direction == "in"] == ["accepted"]


async def test_a_dishonest_device_that_leaves_out_its_post_quantum_signature(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    ar.queue("co-desk", subject="Good evening")
    (queued,) = ar.messages()
    await submit(ar, queued.message, stripped(queued.note))
    await put_aside(co, f"the ML-DSA-44 signature of {NAME}/{ar.device} is missing", ar)


async def test_a_dishonest_recipient_who_passes_a_message_on_as_if_meant_for_others(
    story: Story, here: LyingRelay
) -> None:
    ar, co, late = story.desk("ar-night"), story.desk("co-night"), story.desk("co-late")
    await ar.send("co-desk", subject="For co-desk alone", escalate=False)
    await co.exchange()
    (read,) = co.messages()
    # co-night holds the signed note, and the relay helps: the envelope names ar-night, whose signature is genuine.
    message = msgspec.structs.replace(
        read.message, stages=(msgspec.structs.replace(read.message.stages[0], contacts=("co-court",)),)
    )
    raw = await sealed(co, message, read.note)
    relayed = vouched(sha256(raw).hexdigest(), story.built.network, parse_envelope(raw).header.tree_size, story.clock())
    here.hand(late, Taken(raw, relayed).item(1))
    await put_aside(late, "the signed recipients are not served by this desk: the message was meant for others", ar)


async def sealed(desk: Desk, message: Message, note: bytes) -> bytes:
    """An envelope around any note, sealed by the rules that `message` goes by."""
    with desk.opened() as opened:
        async with connected(opened.keyring, desk.clock) as client:
            view = opened.replica().view
            devices = [
                each
                for stage in message.stages
                for name in stage.contacts
                for each in view.contact_devices(name, desk.clock())
            ]
            devices += view.contact_devices(message.sender.contact, desk.clock())
            choices, _ = await key_choices(opened.store, client, view, devices, desk.clock())
            return seal(view, message, note, choices, {}, desk.clock()).envelope.raw


async def submit(desk: Desk, message: Message, note: bytes) -> None:
    raw = await sealed(desk, message, note)
    with desk.opened() as opened:
        async with connected(opened.keyring, desk.clock) as client:
            await client.call("POST", routes.ENVELOPES, data=raw, kind=routes.BYTES)


async def test_an_attachment_with_other_bytes(story: Story, here: LyingRelay, tmp_path: Path) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    photo = tmp_path / "photo.bin"
    photo.write_bytes(bytes(1000))
    await ar.send("co-desk", subject="Good evening", files=[photo])
    await co.exchange()
    (file,) = co.messages()[0].message.attachments

    def turned(asked: Asked, given: Given) -> Given:
        return Given(given.status, given.body[:-1] + b"x", given.headers)

    here.lies.append(answering("GET", routes.ATTACHMENT.format(hash=file.cipher_hash), turned))
    with pytest.raises(Distrust) as caught:
        await fetched(co, file)
    words = "the attachment's bytes are not those the sender signed for; they were discarded, fetch it again"
    assert str(caught.value) == words
    here.lies.clear()
    open_file(await fetched(co, file), file, tmp_path / "saved.bin")
    assert (tmp_path / "saved.bin").read_bytes() == bytes(1000)


async def test_a_file_of_which_the_relay_makes_no_sense_keeps_nothing_else_from_going(
    story: Story, here: LyingRelay, tmp_path: Path
) -> None:
    """The alarm comes at the end, and names the message; what was done, and what has expired, is handed back too."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    photo = tmp_path / "photo.bin"
    photo.write_bytes(bytes(1000))
    ar.queue("co-desk", subject="Too late", expires_in=60)
    story.clock.now += 60
    stuck, other = ar.queue("co-desk", files=[photo]), ar.queue("co-desk", subject="Good evening")
    here.lies.append(
        lambda asked, given: Given(200, b"", {"Upload-Offset": "9999999"}) if asked.method == "HEAD" else given
    )
    flushed = Flushed()
    with pytest.raises(Doubted, match=f"^message {stuck} stays in the outbox, for its files: the relay does not say"):
        await ar.flush(flushed)
    assert (flushed.sent, [*flushed.expired], [*flushed.left]) == ([other], [1], [stuck])
    with ar.opened() as desk:
        assert ([each.stored.number for each in desk.mail.waiting()], desk.mail.get(other).facts.sent > 0) == (
            [stuck],
            True,
        )
    here.lies.clear()
    assert (await ar.flush()).sent == [stuck]
    await co.exchange()
    assert co.subjects() == ["Good evening", "A subject"]


async def fetched(desk: Desk, file: SealedFile) -> Path:
    async with connected(desk.keyring, desk.clock) as client:
        return await download(client, file, desk.path / "files", lambda *_: None)
