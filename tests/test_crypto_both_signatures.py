"""Both signatures of one signer, or none: every place that relies on it is fed the real thing with only half of it.

1. `both_places.PLACES` is the table of places, each with the function in which the check is asked for. A test compares
   it with the source, so a place that is added tomorrow fails here until it has its row.
2. Every place takes the whole thing (or its row would prove nothing), and refuses each of `half_signed.HALVES` with
   its own error, and in words that name the signature that does not hold.
3. The check itself stands in one place: nothing but `crypto.signing` and `crypto.checkpoint` asks for ML-DSA-44.
"""

import ast
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from both_places import LATER, PLACES, ROWS, UNSIGNED, Place, half_receipt
from half_signed import HALVES, WHOLE, half
from house_source import ROOMS, files, imports, shown, tree
from mail_listener import listen
from mail_world import MailHouse, delivered_line, envelope, mail_app
from story_liar import Lie, LyingRelay, rewriting
from story_world import DAY, Story

from desk.errors import Declined, Distrust
from relay.protocol import routes
from relay.protocol.requests import KeySets, Submitted
from relay.protocol.stream import Ack

pytest_plugins = ("lying_story",)


@pytest.mark.parametrize("place", ROWS.values(), ids=ROWS)
def test_what_both_have_signed_is_taken(place: Place, tmp_path: Path) -> None:
    assert place(WHOLE, tmp_path) == ""


# Where another check comes first for some of them, in its own words.
REFUSED_AS = {"a key set that is published": "signature-invalid: ", "a step for the relay": "signature-invalid: ",
    "an order for the relay": "signature-invalid: ", "a call for the relay": "signature-invalid: "}  # fmt: skip
OTHERWISE = {
    "a delivered line at a desk": LATER,
    "a line in a recovery file": LATER,
    "a checkpoint that accuses": UNSIGNED,
    "a checkpoint on disk": "the replica on this disk is not what the log signed",
}


@pytest.mark.parametrize("which", HALVES)
@pytest.mark.parametrize("name", ROWS)
def test_half_of_it_is_refused_there(name: str, which: str, tmp_path: Path) -> None:
    why = "|".join(filter(None, (HALVES[which][1], OTHERWISE.get(name))))
    said = ROWS[name](which, tmp_path)
    assert re.search(why, said)
    assert said.startswith(REFUSED_AS.get(name, ""))


# --- places that need a relay ---


async def test_a_receipt_for_what_was_sent(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    number = ar.queue("co-desk", subject="Good evening")
    for which, (_, why) in HALVES.items():
        here.lies[:] = [receipts_are(which)]
        with pytest.raises(Distrust, match=f"does not count, so the message is not proven sent: .*{why}"):
            await ar.flush()
    here.lies.clear()
    assert (await ar.flush()).sent == [number]


async def test_a_key_set_that_is_fetched(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    device = story.desk("co-night").device[:8]
    number = ar.queue("co-desk", subject="Good evening", escalate=False)
    for which, (_, why) in HALVES.items():
        here.lies[:] = [key_sets_are(which)]
        kept = (await ar.flush()).kept[number]
        # One that begins with another's name is not seen to be this device's.
        assert re.search(f"device {device}: (its key set does not count: {why}|has not published a key set yet)", kept)
    here.lies.clear()
    assert (await ar.flush()).sent == [number]


def receipts_are(which: str) -> Lie:
    return rewriting(
        "POST", routes.ENVELOPES, Submitted, lambda real: Submitted(relayed=half_receipt(real.relayed, which))
    )


def key_sets_are(which: str) -> Lie:
    return rewriting(
        "POST",
        routes.KEYSETS,
        KeySets,
        lambda real: KeySets(keysets=tuple(half(each, which).decode() for each in real.keysets)),
    )


async def test_the_newest_key_set_of_this_very_device(story: Story, here: LyingRelay) -> None:
    """A desk whose keys were set back learns from the relay what its newest set is, if it has signed that itself."""
    co = story.desk("co-night")
    await co.exchange()
    state = co.profile.path / "vault" / "epochs.age"
    before = state.read_bytes()
    await story.wait(15 * DAY)
    await co.log_in()
    await co.exchange()
    for which in HALVES:
        state.write_bytes(before)
        here.lies[:] = [key_sets_are(which)]
        with pytest.raises(Declined) as caught:
            await co.exchange()
        assert caught.value.problem == "keyset-old"
    here.lies.clear()
    await co.exchange()
    assert state.read_bytes() != before


# --- a place at the end of a stream ---


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[MailHouse]:
    async with MailHouse(tmp_path / "mail", "memory") as opened_house:
        yield opened_house


async def test_an_acknowledgement(house: MailHouse) -> None:
    sent = envelope(house.directory)
    await house.submit(sent)
    line = delivered_line(house.directory, "co-night", sent.hash)
    async with TestClient(TestServer(mail_app(house.mail))) as client:
        for which in (*HALVES, WHOLE):
            async with await listen(client, house.directory) as desk:
                item, _ = await desk.item()
                await desk.say(Ack(number=item.number, delivered=half(line, which).decode()))
                if which != WHOLE:
                    assert (await desk.closed())[0] == "protocol", which
                    assert len(await house.queue("co-night")) == 1
            await house.settled()
    assert await house.queue("co-night") == []


# --- the source ---

CHECKS = {"check_both", "require_both"}
ASKED = {
    "open_message",
    "open_relayed",
    "check_relayed",
    "open_keyset",
    "open_line",
    "open_checkpoint",
    "_open_manifest",
    "_open_notice",
}
AGAIN = {"open_checkpoint", "check_relayed"}  # which ask another of them, or `crypto.checkpoint`
BY_ITSELF = {"MLDSA44PublicKey", "MLDSA44Verifier", "CosignatureVerifier", "mldsa44_key"}
MAY = {
    "crypto.note": "makes the verifier of one line",
    "crypto.note_keys": "reads it from text, for `enlace note`, where each key counts by itself",
    "crypto.signing": "the check",
    "crypto.checkpoint": "the check, for checkpoints",
    "crypto.cosignature": "witnesses, of whose keys the reader's policy says how many count",
}


def calls(names: set[str]) -> Iterator[tuple[str, str, str]]:
    """Every call of one of `names` outside `crypto`: file, function, name."""
    for path in files(*(room for room in ROOMS if room != "crypto"), suffix=".py"):
        text = path.read_text("utf-8")
        if not any(each in text for each in names):
            continue  # what is not written there is not called there
        for function in ast.walk(tree(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        called = (
                            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                        )
                        if called in names:
                            yield shown(path), function.name, called


def test_every_place_is_in_the_table() -> None:
    assert {(file, function) for file, function, _ in calls(ASKED)} == set(PLACES)


def test_those_who_ask_are_all_there_are() -> None:
    """What asks `crypto.signing` itself is one of the functions that the table's places call."""
    assert {function for _, function, _ in calls(CHECKS)} == ASKED - AGAIN


def test_nothing_else_verifies_an_ml_dsa_signature() -> None:
    found = {
        name
        for path in files(*ROOMS, suffix=".py")
        if (text := path.read_text("utf-8")) and any(each in text for each in BY_ITSELF)
        for name in (".".join(shown(path).removesuffix(".py").split("/")),)
        if any(each.name.rpartition(".")[2] in BY_ITSELF for each in imports(path))
        or any(
            isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in BY_ITSELF for node in ast.walk(tree(path))
        )
    }
    assert found == set(MAY)
