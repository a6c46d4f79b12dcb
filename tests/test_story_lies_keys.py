"""A relay that lies about keys: at an enrolment, and when a desk asks for what to seal to."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from directory_world import NAME, device_keys
from story_desk import Desk
from story_liar import Asked, Given, LyingRelay, answering, rewriting, stripped
from story_world import DAY, Story
from test_desk_watch import Screen

from desk.commands import send
from desk.errors import Declined, Distrust
from directory.keyset import open_keyset, write_keyset
from relay.protocol import routes
from relay.protocol.invitation import OfferedKeys, bind_keys
from relay.protocol.problems import Refusal
from relay.protocol.requests import EnrolmentState, KeySets

pytest_plugins = ("lying_story",)

OFFERED = (
    "these keys do not come from the desk you invited: the relay or somebody on the way changed them. Enrol nobody "
    "with them, and invite anew"
)


def own_keys(officer: str, network: str) -> OfferedKeys:
    """Keys of the relay's own, under a MAC made with a secret that it had to guess."""
    keys = device_keys("the relay's own")
    four = (keys["ed25519"], keys["mldsa44"], keys["reception_ed25519"], keys["reception_mldsa44"])
    return bind_keys(bytes(16), network, officer, four)


SWAPS: dict[str, Callable[[OfferedKeys, OfferedKeys], OfferedKeys]] = {
    "all of them": lambda theirs, own: own,
    "all, under the real MAC": lambda theirs, own: msgspec.structs.replace(own, mac=theirs.mac),
    "the signing half": lambda theirs, own: msgspec.structs.replace(theirs, ed25519=own.ed25519),
    "the post-quantum half": lambda theirs, own: msgspec.structs.replace(theirs, mldsa44=own.mldsa44),
    "the reception key": lambda theirs, own: msgspec.structs.replace(theirs, reception_ed25519=own.reception_ed25519),
}


@pytest.mark.parametrize("which", SWAPS)
async def test_keys_exchanged_at_an_enrolment(story: Story, here: LyingRelay, which: str) -> None:
    chief, officer = story.desk("ar-chief"), story.built.officers["ar-night"]
    new = story.begin("ar-new", await story.invite(chief, "ar", officer))
    await new.offer()
    own, swaps = own_keys(officer, story.built.network), list[OfferedKeys]()

    def swapped(state: EnrolmentState) -> EnrolmentState:
        assert isinstance(state.keys, OfferedKeys)
        swaps.append(SWAPS[which](state.keys, own))
        return EnrolmentState(expires=state.expires, keys=swaps[-1])

    here.lies.append(rewriting("GET", routes.ENROLMENT.format(officer=officer), EnrolmentState, swapped))
    with pytest.raises(Distrust) as caught:
        await story.confirm(chief, officer)
    assert str(caught.value) == OFFERED
    (file,) = list((chief.path / "alarms").glob("*-enrolment-*/keys-offered.json"))
    assert str(file.parent) == caught.value.evidence
    kept = msgspec.json.decode(file.read_bytes(), type=OfferedKeys)
    assert kept == swaps[0]
    here.lies.clear()
    offer = await story.confirm(chief, officer)
    assert offer.device == new.device
    assert (await new.finish()).recovery_left == 10


async def test_another_officers_keys_at_an_enrolment(story: Story, here: LyingRelay) -> None:
    chief, officers = story.desk("ar-chief"), story.built.officers
    for name in ("ar-night", "ar-day"):
        await story.begin(f"{name}-2", await story.invite(chief, "ar", officers[name])).offer()
    states: list[EnrolmentState] = []

    def kept(state: EnrolmentState) -> EnrolmentState:
        states.append(state)
        return states[0]

    for name in ("ar-night", "ar-day"):
        here.lies.append(rewriting("GET", routes.ENROLMENT.format(officer=officers[name]), EnrolmentState, kept))
    await story.confirm(chief, officers["ar-night"])
    with pytest.raises(Distrust, match="the relay shows the keys of another officer"):
        await story.confirm(chief, officers["ar-day"])


@pytest.fixture
async def second(story: Story, here: LyingRelay) -> tuple[Desk, Desk, KeySets]:
    """ar-night and co-night after two weeks, when co-night has published its second key set; and the first one."""
    ar, co = story.desk("ar-night"), story.desk("co-night")
    answers: list[KeySets] = []

    def seen(answer: KeySets) -> KeySets:
        answers.append(answer)
        return answer

    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, seen))
    await ar.send("co-desk", subject="The first")
    await story.wait(15 * DAY)
    for desk in (ar, co):
        await desk.log_in()
    await co.exchange()
    await ar.send("co-desk", subject="The second")
    here.lies.clear()
    return ar, co, answers[0]


async def test_an_old_key_set_is_not_taken(second: tuple[Desk, Desk, KeySets], here: LyingRelay) -> None:
    ar, co, old = second
    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, lambda _: old))
    number = ar.queue("co-desk", subject="The third")
    flushed = await ar.flush()
    words = "key set 1 of device {0} is older than 2, which was seen before: somebody serves old keys"
    assert f"device {co.device[:8]}: " + words.format(co.device[:8]) in flushed.warnings[number]
    await co.exchange()  # it was sealed to the keys of the second set, and opens
    assert co.subjects() == ["The second", "The third"]


async def test_two_key_sets_of_one_number(second: tuple[Desk, Desk, KeySets], here: LyingRelay) -> None:
    ar, co, _ = second
    keys, name = co.keyring.device, f"{NAME}/{co.device}"

    def twin(answer: KeySets) -> KeySets:
        """The same with another fallback, which only the device itself can sign: a stolen key, or a copied profile."""
        others = tuple(each for each in answer.keysets if name not in each)
        (note,) = (each for each in answer.keysets if name in each)
        mine = open_keyset(note.encode(), co.profile.identity.network, co.device, name, keys.public)
        other = msgspec.structs.replace(mine, fallback=mine.epochs[-1].recipient, epochs=mine.epochs[:-1])
        return KeySets(keysets=(*others, write_keyset(other, name, keys).decode()))

    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, twin))
    number = ar.queue("co-desk", subject="The third")
    flushed = await ar.flush()
    short = co.device[:8]
    assert f"device {short}: device {short} shows two different key sets 2" in flushed.warnings[number]
    await co.exchange()
    assert "The third" in co.subjects()


async def test_a_key_set_without_its_post_quantum_signature(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")

    def bare(answer: KeySets) -> KeySets:
        return KeySets(keysets=tuple(stripped(each).decode() for each in answer.keysets))

    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, bare))
    number = ar.queue("co-desk", subject="The first", escalate=False)
    devices = [story.desk(each).device for each in ("co-night", "co-laptop")]
    why = [
        f"device {each[:8]}: its key set does not count: the ML-DSA-44 signature of {NAME}/{each} is missing"
        for each in devices
    ]
    kept = (await ar.flush()).kept[number]
    assert kept.startswith("co-desk cannot receive: none of its devices has a usable key set (device ")
    assert all(each in kept for each in why)
    here.lies.clear()
    assert (await ar.flush()).sent == [number]
    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, bare))
    number = ar.queue("co-desk", subject="The second", escalate=False)
    flushed = await ar.flush()  # by the sets that were verified before
    assert set(why) <= set(flushed.warnings[number])
    await co.exchange()
    assert co.subjects() == ["The first", "The second"]


async def test_key_sets_that_are_held_back(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    laptop = story.desk("co-laptop").device

    def without_the_laptop(answer: KeySets) -> KeySets:
        return KeySets(keysets=tuple(each for each in answer.keysets if laptop not in each))

    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, without_the_laptop))
    number = ar.queue("co-desk", subject="The first", escalate=False)
    flushed = await ar.flush()
    assert flushed.warnings[number] == (f"device {laptop[:8]}: has not published a key set yet",)
    here.lies.append(rewriting("POST", routes.KEYSETS, KeySets, lambda _: KeySets(keysets=())))
    day = story.desk("ar-day")
    number = day.queue("co-desk", subject="The second", escalate=False)
    kept = (await day.flush()).kept[number]
    assert kept.startswith("co-desk cannot receive: none of its devices has a usable key set (device ")
    assert "has not published a key set yet" in kept


def too_old(_: Asked, given: Given) -> Given:
    """What the relay says to a key set of which it has a newer one."""
    return replace(given, status=409, headers=given.headers | {"Content-Type": routes.PROBLEM}).saying(
        Refusal("keyset-old").problem
    )


async def test_a_key_set_that_is_said_to_be_old_for_ever(
    story: Story, here: LyingRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    """The relay has nothing newer to show for it. The officer is told; messages go out all the same."""
    co = story.desk("co-night")
    await story.wait(15 * DAY)
    await co.log_in()
    here.lies.append(answering("PUT", routes.KEYSET, too_old))
    with pytest.raises(Declined, match="newer key set is there already"):
        await co.exchange()
    number, screen = co.queue("ar-desk", subject="All the same"), Screen(now=co.clock)

    def sent() -> list[int]:
        with co.opened() as opened:
            told = send.flush(screen, opened).flushed.sent
            assert opened.warnings() == []  # nobody else has published anything
            return told

    assert await asyncio.to_thread(sent) == [number]
    assert "own keys were not published: A newer key set is there already" in capsys.readouterr().err
    here.lies.clear()
    await co.exchange()
