"""A relay that lies about what it took in, what was delivered, and who accepted first."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
import pytest
from directory_world import NAME, key_pair
from story_desk import Desk, marked, told
from story_liar import RECEIPT, Given, Handed, LyingRelay, answering, rewriting, stripped, vouched
from story_notice import kept
from story_world import DAY, Story

from desk.errors import Declined, Distrust
from desk.keys.keyring import reception_keys
from desk.mail.trail import trail
from relay.protocol import routes
from relay.protocol.lines import Delivered, Notice, Step, device_name, receipt_name, reception_name, write_line
from relay.protocol.problems import Refusal
from relay.protocol.receipts import Relayed, sign_receipts
from relay.protocol.requests import Stepped, Submitted
from relay.protocol.stream import Item, ItemKind

pytest_plugins = ("lying_story",)

UNPROVEN = "UNPROVEN: no valid receipt shows that the sending device counted when this was sent"
ASIDE = "something arrived that cannot be believed and was put aside: "


BAD_RECEIPTS: dict[str, tuple[Callable[[Relayed], Relayed], str]] = {
    "stripped": (
        lambda real: msgspec.structs.replace(real, note=stripped(real.note).decode()),
        f"the relay's receipt: the ML-DSA-44 signature of {NAME}/receipt is missing",
    ),
    "another time": (
        lambda real: msgspec.structs.replace(real, leaf=msgspec.structs.replace(real.leaf, time=real.leaf.time - DAY)),
        "the relay's receipt: inclusion proof leads to another root",
    ),
    "another envelope": (
        lambda real: msgspec.structs.replace(real, leaf=msgspec.structs.replace(real.leaf, envelope="0" * 64)),
        "the receipt is for another envelope",
    ),
    "other keys": (
        lambda real: sign_receipts([real.leaf], "0" * 64, NAME, key_pair("another relay"), real.leaf.time)[0],
        f"the relay's receipt: the Ed25519 signature of {NAME}/receipt is missing",
    ),
    "another network": (
        lambda real: vouched(real.leaf.envelope, "0" * 64, real.leaf.tree_size, real.leaf.time),
        "the relay's receipt was signed for another network",
    ),
}


@pytest.mark.parametrize("which", BAD_RECEIPTS)
async def test_a_receipt_that_does_not_hold_is_no_receipt(story: Story, here: LyingRelay, which: str) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    change, why = BAD_RECEIPTS[which]
    lie = rewriting("POST", routes.ENVELOPES, Submitted, lambda real: Submitted(relayed=change(real.relayed)))
    here.lies.append(lie)
    number = ar.queue("co-desk", subject="Good evening")
    with pytest.raises(Distrust) as caught:
        await ar.flush()
    words = f"the relay's receipt does not count, so the message is not proven sent: {why}. It stays in the outbox"
    assert str(caught.value) == words
    assert kept(caught.value) == {"receipt.json"}
    here.lies.clear()
    assert (await ar.flush()).sent == [number]  # the same bytes again, which the relay recognises
    await co.exchange()
    assert co.subjects() == ["Good evening"]


@pytest.mark.parametrize("which", BAD_RECEIPTS)
async def test_a_message_with_a_receipt_that_does_not_hold_is_unproven(
    story: Story, here: LyingRelay, which: str
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    here.hand(co, here.taken[0].item(1, relayed=BAD_RECEIPTS[which][0](here.taken[0].relayed)))
    await co.exchange()
    assert [marked(each) for each in co.messages()] == [[UNPROVEN]]


async def test_a_message_without_a_receipt_or_with_another_s_is_unproven(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    for subject in ("First", "Second"):
        await ar.send("co-desk", subject=subject)
    first, second = here.taken
    here.hand(co, first.item(1, relayed=msgspec.UNSET), second.item(2, relayed=first.relayed))
    await co.exchange()
    assert [marked(each) for each in co.messages()] == [[UNPROVEN], [UNPROVEN]]


async def test_a_message_vouched_for_at_a_size_when_its_sender_did_not_count(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Good evening")
    taken = here.taken[0]
    early = vouched(taken.relayed.leaf.envelope, story.built.network, 3, story.clock())  # nobody was enrolled yet
    here.hand(co, taken.item(1, relayed=early))
    await co.exchange()
    assert [marked(each) for each in co.messages()] == [[UNPROVEN]]


@dataclass(frozen=True)
class Lines:
    """What co-night's desk and the relay would sign about a message."""

    network: str
    envelope: str
    at: int
    desk: Desk

    def delivered(self, desk: Desk | None = None) -> bytes:
        by = desk or self.desk
        line = Delivered(network=self.network, envelope=self.envelope, at=self.at, device=by.device)
        return write_line(line, reception_name(NAME, by.device), reception_keys(by.profile))

    def step(self, desk: Desk | None = None, act: str = "accepted", envelope: str = "") -> bytes:
        by = desk or self.desk
        about = {"network": self.network, "envelope": envelope or self.envelope, "at": self.at, "device": by.device}
        line = msgspec.convert(about | {"act": act}, Step)
        return write_line(line, device_name(NAME, by.device), by.keyring.device)

    def notice(self) -> bytes:
        line = Notice(
            network=self.network, envelope=self.envelope, at=self.at, event="expired", devices=(self.desk.device,)
        )
        return write_line(line, receipt_name(NAME), RECEIPT)

    def item(self, raw: bytes, kind: ItemKind, number: int, envelope: str = "") -> Handed:
        return Item(number=number, kind=kind, envelope=envelope or self.envelope, size=len(raw)), raw


@pytest.fixture
async def lines(story: Story, here: LyingRelay) -> Lines:
    """About message 1 of ar-night, to co-desk."""
    await story.desk("ar-night").send("co-desk", subject="Good evening")
    leaf = here.taken[0].relayed.leaf
    return Lines(story.built.network, leaf.envelope, story.clock(), story.desk("co-night"))


def happened(desk: Desk, number: int = 1) -> list[tuple[str, str]]:
    """What the officer reads under `enlace receipts`: what, and who proves it."""
    with desk.opened() as opened:
        events = trail(opened.mail, opened.replica().view, opened.mail.get(number))
        return [(each.what, each.proof) for each in events]


async def test_lines_without_their_post_quantum_signatures(story: Story, here: LyingRelay, lines: Lines) -> None:
    ar, co = story.desk("ar-night"), lines.desk
    signed: list[tuple[ItemKind, bytes, str]] = [
        ("delivered", lines.delivered(), f"{co.device}/reception"),
        ("step", lines.step(), co.device),
        ("notice", lines.notice(), "receipt"),
    ]
    here.hand(ar, *(lines.item(stripped(raw), kind, at) for at, (kind, raw, _) in enumerate(signed)))
    words = told((await ar.exchange()).taken)
    for found, (_, _, who) in zip(words, signed, strict=True):
        assert found.startswith(f"{ASIDE}the ML-DSA-44 signature of {NAME}/{who} is missing (kept as spool/")
    assert happened(ar) == [("relayed", "relay's receipt, both keys")]
    here.hand(ar, *(lines.item(raw, kind, at + 10) for at, (kind, raw, _) in enumerate(signed)))
    assert told((await ar.exchange()).taken) == []
    assert [what for what, _ in happened(ar)] == ["relayed", "delivered", "clock stopped: accepted", "expired"]


async def test_lines_of_somebody_the_message_was_not_for(story: Story, here: LyingRelay, lines: Lines) -> None:
    ar, other = story.desk("ar-night"), story.desk("ar-chief")
    here.hand(ar, lines.item(lines.delivered(other), "delivered", 1), lines.item(lines.step(other), "step", 2))
    assert told((await ar.exchange()).taken) == []
    doubt = "but the message was NOT for them"
    assert [proof.partition("; ")[2] for _, proof in happened(ar)] == ["", doubt, doubt]


async def test_a_line_passed_off_as_another_message_s(story: Story, here: LyingRelay, lines: Lines) -> None:
    ar = story.desk("ar-night")
    await ar.send("co-desk", subject="Another")
    other = here.taken[1].relayed.leaf.envelope
    here.hand(ar, lines.item(lines.step(), "step", 1, envelope=other))
    (words,) = told((await ar.exchange()).taken)
    about = "the relay shows a line as if it were about another envelope than was signed"
    assert words.startswith(f"{ASIDE}{about} (kept as spool/")


async def test_a_line_signed_by_the_relay_itself(story: Story, here: LyingRelay, lines: Lines) -> None:
    ar = story.desk("ar-night")
    line = Step(network=lines.network, envelope=lines.envelope, at=lines.at, device=lines.desk.device, act="accepted")
    forged = write_line(line, device_name(NAME, lines.desk.device), RECEIPT)
    here.hand(ar, lines.item(forged, "step", 1))
    (words,) = told((await ar.exchange()).taken)
    assert words.startswith(f"{ASIDE}the Ed25519 signature of {NAME}/{lines.desk.device} is missing (kept as spool/")


async def arrived(lines: Lines) -> Desk:
    await lines.desk.exchange()
    return lines.desk


async def test_an_acceptance_that_the_relay_does_not_prove_to_have_taken(
    story: Story, here: LyingRelay, lines: Lines
) -> None:
    co = await arrived(lines)
    path = routes.STEPS.format(hash=lines.envelope)
    here.lies.append(rewriting("POST", path, Stepped, lambda real: Stepped(line=stripped(real.line).decode())))
    with pytest.raises(Distrust) as caught:
        await co.decide(1, "accepted")
    assert str(caught.value) == (
        f"the relay's answer does not prove that it took this in: the ML-DSA-44 signature of {NAME}/{co.device} is "
        "missing. Try again; if it goes on, telephone the sender"
    )
    assert kept(caught.value) == {"step.txt"}
    assert not co.messages()[0].facts.decided
    here.lies.clear()
    assert (await co.decide(1, "accepted")).facts.decided == "accepted"


PRETENDED: dict[str, tuple[Callable[[Story, Lines], str], str]] = {
    "no line": (lambda story, lines: "", "note has no blank line before its signatures"),
    "one signature": (
        lambda story, lines: stripped(lines.step(story.desk("co-late"))).decode(),
        "the ML-DSA-44 signature of",
    ),
    "a refusal": (
        lambda story, lines: lines.step(story.desk("co-late"), "refused").decode(),
        "a refusal keeps nobody from accepting",
    ),
    "about another message": (
        lambda story, lines: lines.step(story.desk("co-late"), envelope="0" * 64).decode(),
        "it is about another message",
    ),
    "of somebody else's": (
        lambda story, lines: lines.step(story.desk("ar-chief")).decode(),
        "the message was not for whoever signed it",
    ),
}


@pytest.mark.parametrize("which", PRETENDED)
async def test_a_relay_that_pretends_another_officer_was_first(
    story: Story, here: LyingRelay, lines: Lines, which: str
) -> None:
    co = await arrived(lines)
    make, why = PRETENDED[which]
    await pretended(here, lines, co, make(story, lines), why)


async def test_a_relay_with_a_stolen_laptop_that_pretends_it_was_first(
    story: Story, here: LyingRelay, lines: Lines
) -> None:
    """A revoked device accepts nothing any more; what it signed before its revocation stands."""
    co, laptop = await arrived(lines), story.desk("co-laptop")
    await story.revoke_laptop()
    await co.synchronise()
    line = replace(lines, at=story.clock() + 1).step(laptop).decode()
    await pretended(here, lines, co, line, "its device was revoked before the time it bears")


async def pretended(here: LyingRelay, lines: Lines, co: Desk, line: str, why: str) -> None:
    """The relay answers with `line` when co accepts: an alarm that says why; afterwards the message is open still."""
    problem = Refusal("already-decided", line=line).problem

    def pretend(asked: object, given: Given) -> Given:
        return Given(409, msgspec.json.encode(problem), {"Content-Type": routes.PROBLEM})

    here.lies.append(answering("POST", routes.STEPS.format(hash=lines.envelope), pretend))
    with pytest.raises(Distrust) as caught:
        await co.decide(1, "accepted")
    words = str(caught.value)
    assert words.startswith(f"the relay says that another officer was first, and does not prove it: {why}")
    assert words.endswith(". Try again; if it goes on, telephone the sender")
    here.lies.clear()
    assert (await co.decide(1, "accepted")).facts.decided == "accepted"


async def test_another_officer_who_was_first_is_believed(story: Story, here: LyingRelay, lines: Lines) -> None:
    co = await arrived(lines)
    await story.desk("co-laptop").exchange()
    await story.desk("co-laptop").decide(1, "accepted")
    with pytest.raises(Declined, match="Another officer was first") as caught:
        await co.decide(1, "accepted")
    assert caught.value.problem == "already-decided"
    assert not co.messages()[0].facts.decided
