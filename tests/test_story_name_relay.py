"""A relay with new keys, a relay at another address, and roots re-keyed one after the other, in the whole story."""

import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from directory_world import key_pair, public_key
from relay_bodies import ORIGIN, BodiedWorld
from relay_world import RelayWorld
from story_desk import Desk, told
from story_liar import LOG, LyingRelay, vouched
from story_relays import follow, halted, hand_over, hold_ready, name, sign, take
from story_world import Story, fresh_batch, roots

from crypto.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from crypto.signing import ed25519_line
from desk.errors import Declined, Distrust, Usage
from desk.link.session import connected
from desk.mail.opening import unproven
from desk.notices.clocks import clocks
from desk.replica.standing import Halted
from desk.replica.statements import Voice, root_voice, send
from directory.bodies import MemberBody
from directory.statement import AdmitMember, AttestContact, RekeyRoots, signed_entry, statement_text
from directory.view import View
from relay.key_files import write_pair
from relay.protocol.problems import Refusal
from relay.protocol.receipts import Relayed

pytest_plugins = ("lying_story",)


async def attest(story: Story, contact: str = "co-desk") -> None:
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact=contact)


def view_of(desk: Desk) -> View:
    with desk.opened() as opened:
        return opened.replica().view


# --- new keys ---


async def test_a_relay_goes_over_to_its_next_keys_with_the_statement_that_names_them(
    story: Story, here: LyingRelay
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Before")
    await hold_ready(story, "second")
    await ar.send("co-desk", subject="Between")  # held ready, not named: it signs as before
    await name(story, "second")
    await ar.send("co-desk", subject="After")  # no restart in between
    state = await here.relay.directory.read(0, 16 << 20)
    open_checkpoint(state.checkpoint.encode(), ORIGIN, key_pair("second log").public)
    assert told((await co.exchange()).taken) == []
    assert [each.facts.warnings for each in co.messages()] == [(), (), ()]
    since = view_of(co).relay
    assert since is not None
    sizes = [each.relayed.leaf.tree_size for each in here.taken]
    assert [each <= since.since for each in sizes] == [True, True, False]


async def test_taken_or_not_it_starts_with_the_keys_the_log_names(story: Story, here: LyingRelay) -> None:
    await hold_ready(story, "second")
    await name(story, "second")
    await here.restart()  # the next keys were not put in place yet
    await story.desk("ar-night").exchange()
    take(story)
    await here.restart()
    assert here.relay.directory.named
    await attest(story)
    await story.desk("ar-night").exchange()


async def test_what_a_former_relay_signed_in_its_time_counts_and_nothing_later(story: Story, here: LyingRelay) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="Before")
    await hold_ready(story, "second")
    await name(story, "second")
    await attest(story)
    await co.exchange()
    (stored,) = co.messages()
    relayed, view = stored.facts.relayed, view_of(co)
    assert isinstance(relayed, Relayed)
    assert unproven(view, stored.message, stored.facts.envelope, relayed) is None
    assert view.relay is not None
    later = vouched(stored.facts.envelope, story.built.network, view.relay.since + 1, story.clock())
    why = unproven(view, stored.message, stored.facts.envelope, later)
    assert why is not None
    assert "signature" in why
    # Its log's keys sign no checkpoint for a size beyond its time either, to whoever was there.
    entries = await here.entries()
    tree = Tree(map(leaf_hash, entries))
    signed = sign_checkpoint(Checkpoint(ORIGIN, len(entries), tree.root()), LOG, story.clock())
    here.show(entries, checkpoint=signed)
    with pytest.raises(Distrust, match="the log's checkpoint does not count"):
        await co.synchronise()
    assert halted(co) == ""


async def test_a_message_that_speaks_of_the_next_relay_is_looked_at_again(story: Story, here: LyingRelay) -> None:
    # ar has not heard of the new keys when the message comes: that is no reason to doubt its sender.
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await hold_ready(story, "second")
    await name(story, "second")
    await co.synchronise()
    await co.send("ar-desk", subject="Under the new keys", precedence="flash")
    await ar.listen()
    assert ar.take_in().messages == [1]
    assert ar.messages()[0].facts.warnings == ("unproven", "directory-behind")
    assert clocks(ar.path, story.clock.now) == []
    assert told((await ar.exchange()).taken) == []
    assert ar.messages()[0].facts.warnings == ()
    assert [each.own for each in clocks(ar.path, story.clock.now)] == [False]  # and its clock is looked at from now on


async def test_a_statement_signed_days_ahead_is_published_on_a_log_that_has_grown(
    story: Story, here: LyingRelay
) -> None:
    await hold_ready(story, "second")
    await story.desk("secretariat").synchronise()
    entry, raw = sign(story, "second")
    story.clock.now += 3 * 86_400
    await here.restart()
    for desk in ("co-chief", "ar-night"):
        await story.desk(desk).log_in()
    await attest(story)
    await hand_over(story, entry)
    ar = story.desk("ar-night")
    assert (await follow(ar, raw)).statements == 2
    await attest(story)
    await ar.exchange()


async def test_keys_that_the_relay_does_not_hold_are_not_named_at_it(story: Story, here: LyingRelay) -> None:
    await story.desk("secretariat").synchronise()
    entry, _ = sign(story, "second")
    with pytest.raises(Declined, match="it names another relay than this one"):
        await hand_over(story, entry)
    await hold_ready(story, "third")
    with pytest.raises(Declined, match="it names another relay than this one"):
        await hand_over(story, entry)


async def test_a_size_this_desk_cannot_go_on_from(story: Story, here: LyingRelay) -> None:
    size = await story.desk("secretariat").synchronise()
    for wrong in (1, size + 1):
        with pytest.raises(Usage, match=f"this desk can continue the log from 2 to {size} statements"):
            sign(story, "second", size=wrong)


# --- another address ---


@asynccontextmanager
async def second_house(story: Story, handle: str, folder: Path, size: int | None = None) -> AsyncIterator[RelayWorld]:
    """The relay of another operator, on a copy of the first one's data, with keys and an address of its own."""
    await story.here.stop()
    shutil.copytree(story.folder / "data", folder / "data")
    (folder / "keys").mkdir(mode=0o700)
    shutil.copy(story.folder / "keys" / "rest.key", folder / "keys" / "rest.key")
    for use in ("log", "receipt"):
        write_pair(folder / "keys" / f"{use}.key", use, key_pair(f"{handle} {use}"))
    sock = socket.create_server(("127.0.0.1", 0))
    there = RelayWorld(folder, BodiedWorld(), story.clock, _socket=sock)
    await there.start()
    try:
        yield there
    finally:
        await there.stop()
        sock.close()


async def test_a_network_moves_to_another_relay(story: Story, here: LyingRelay, tmp_path: Path) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    await ar.send("co-desk", subject="At the old one")
    await story.desk("secretariat").synchronise()
    await co.synchronise()
    async with second_house(story, "second", tmp_path / "second") as there:
        assert not there.relay.directory.named
        entry, raw = sign(story, "second", url=there.url)
        await hand_over(story, entry, at=there.url)
        before = ar.profile.identity
        assert (await follow(ar, raw)).statements == 1
        assert ar.profile.identity == msgspec.structs.replace(before, relay=there.url)
        await follow(co, raw)
        await ar.send("co-desk", subject="At the new one")
        assert told((await co.exchange()).taken) == []
        assert co.subjects() == ["At the old one", "At the new one"]
        assert [each.facts.warnings for each in co.messages()] == [(), ()]


async def test_a_new_relay_takes_and_serves_nothing_before_it_is_named(
    story: Story, here: LyingRelay, tmp_path: Path
) -> None:
    ar = story.desk("ar-night")
    number = ar.queue("co-desk", subject="Too early")
    async with second_house(story, "second", tmp_path / "second") as there:
        with pytest.raises(Refusal, match="does not name this relay"):
            there.relay.mail._context.own.receipt_of(there.relay.directory.view)
        assert (await there.relay.readiness.reasons()) == ["the directory does not name this relay"]
    assert number == 1


# --- root keys, one generation after the other ---


def voices(generation: int, *numbers: int) -> tuple[Voice, ...]:
    """Root keys of a generation; that of the founding is generation 0."""
    names = [f"root-{each}" if not generation else f"root-{each} of {generation}" for each in numbers or (1, 2)]
    return tuple(root_voice(key_pair(each).ed25519) for each in names)


def rekeying(generation: int) -> dict[str, object]:
    """The fields of the statement that brings a generation of three root keys in."""
    keys = tuple(sorted(public_key(f"root-{each} of {generation}") for each in (1, 2, 3)))
    return {"roots": keys, "threshold": 2, "duty": public_key("duty")}


async def rekeyed(story: Story, generation: int) -> None:
    """Bring a generation in, signed by two of it and two of the one before."""
    secretariat = story.desk("secretariat")
    policy = view_of(secretariat).founded.policy
    both = (*voices(generation - 1), *voices(generation))
    await story.issue(secretariat, *both, kind=RekeyRoots, policy=policy, **rekeying(generation))


async def admitted(story: Story, generation: int, member: str) -> None:
    """A member, admitted by a generation of root keys."""
    with story.desk("secretariat").opened() as desk:
        async with connected(desk.keyring, story.clock) as client:
            batch = await fresh_batch(desk, client, voices(generation, 1, 3))
            body = batch.body(MemberBody(names={"en": f"Authority of {member}"}))
            batch.issue(AdmitMember, member=member, country=member.upper(), body=body)
            await send(client, batch)


async def test_a_desk_that_was_away_over_three_rekeyings_follows(story: Story, here: LyingRelay) -> None:
    await admitted(story, 0, "pe")
    for generation, member in ((1, "cl"), (2, "ec"), (3, "uy")):
        await rekeyed(story, generation)
        await admitted(story, generation, member)
        await attest(story)
    ar = story.desk("ar-night")
    assert await ar.synchronise() == len(await here.entries())
    assert set(view_of(ar).founded.roots) == {each.local for each in voices(3, 1, 2, 3)}
    assert {"pe", "cl", "ec", "uy"} < set(view_of(ar).members)
    with pytest.raises(Declined, match="none of the network's, or no longer"):
        await admitted(story, 2, "bo")


async def test_a_halted_desk_walks_the_rekeyings_that_the_new_log_holds(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    other = sign_checkpoint(Checkpoint(ORIGIN, size, b"\7" * 32), LOG, story.clock())
    here.show(await here.entries(), checkpoint=other)
    with pytest.raises(Halted):
        await ar.synchronise()
    here.lies.clear()
    for generation in (1, 2, 3):
        await rekeyed(story, generation)
    await hold_ready(story, "second")
    raw = await name(story, "second", voices=voices(3))
    assert (await follow(ar, raw)).statements == 4
    assert halted(ar) == ""


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        ("old only", "re-keying needs 2 of the new root keys; 0 signed (rule R12)"),
        ("new only", "re-keying the roots needs 2 of the root keys; 0 signed (rule R6)"),
        ("one of the old", "re-keying the roots needs 2 of the root keys; 1 signed (rule R6)"),
        ("one of the new", "re-keying needs 2 of the new root keys; 1 signed (rule R12)"),
        ("skipped", "a device that nobody enrolled, and no present root or duty key"),
        ("old root afterwards", "a device that nobody enrolled, and no present root or duty key"),
    ],
)
async def test_a_chain_with_a_broken_link_is_refused_and_halts(
    story: Story, here: LyingRelay, case: str, rule: str
) -> None:
    ar = story.desk("ar-night")
    size = await ar.synchronise()
    entries = [*await here.entries(), *_broken(story, case)]
    tree = Tree(map(leaf_hash, entries))
    here.show(entries, checkpoint=sign_checkpoint(Checkpoint(ORIGIN, len(entries), tree.root()), LOG, story.clock()))
    with pytest.raises(Halted) as caught:
        await ar.synchronise()
    assert rule in str(caught.value)
    assert view_of(ar).size == size


def _broken(story: Story, case: str) -> list[bytes]:
    """Entries that re-key the roots, one link of the chain not as it should be."""
    first, second = _entry(story, 1, 0, (*voices(0), *voices(1))), voices(2)
    signers = {
        "old only": voices(0),
        "new only": voices(1),
        "one of the old": (*voices(0, 1), *voices(1)),
        "one of the new": (*voices(0), *voices(1, 1)),
    }
    if case in signers:
        return [_entry(story, 1, 0, signers[case])]
    if case == "skipped":  # generation 2 by generation 0, which has gone
        return [first, _entry(story, 2, 1, (*voices(0), *second))]
    return [first, _entry(story, 2, 1, (*voices(0, 1), *voices(1), *second))]


def _entry(story: Story, generation: int, seq: int, signers: tuple[Voice, ...]) -> bytes:
    view = view_of(story.desk("ar-night"))
    about = rekeying(generation)
    before = view.subjects.get("network")
    statement = RekeyRoots(
        network=view.founded.id,
        at=story.clock(),
        seq=(before.count if before is not None else 0) + seq,
        policy=view.founded.policy,
        **about,  # type: ignore[arg-type]  # a test's shorthand
    )
    text = statement_text(statement)
    lines = {each.local: ed25519_line(each.key, f"{view.founded.name}/{each.local}", text) for each in signers}
    return signed_entry(text, lines.values())


async def test_the_first_roots_count_for_nothing_at_the_relay_either(story: Story, here: LyingRelay) -> None:
    await rekeyed(story, 1)
    await hold_ready(story, "second")
    with pytest.raises(Declined, match="none of the network's, or no longer"):
        await name(story, "second", voices=roots())
