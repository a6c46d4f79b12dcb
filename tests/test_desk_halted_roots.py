"""A desk that has seen a re-keying follows no relay that the replaced root keys named, halted or not."""

from collections.abc import Sequence
from typing import Any

import pytest
from directory_world import key_pair
from story_halts import halt, show_under
from story_liar import LyingRelay
from story_relays import follow, halted, keys_of, sign
from story_world import Story, roots

from crypto.encoding import b64
from crypto.signing import ed25519_line
from desk.errors import Distrust
from desk.link.session import connected
from desk.replica.given_up import given_up
from desk.replica.standing import Halted
from desk.replica.statements import Batch, Voice, root_voice, send
from desk.roots.naming import KEYS
from directory.replay import at_size
from directory.statement import (
    AttestContact,
    ChangeRoles,
    Continues,
    NameRelay,
    RekeyRoots,
    RevokeDevice,
    statement_note,
    statement_text,
)
from directory.view import View

pytest_plugins = ("lying_story",)
FRESH = tuple(root_voice(key_pair(f"fresh root {number}").ed25519) for number in (1, 2, 3))


async def rekey(story: Story) -> None:
    """All three root keys are replaced, and published."""
    with story.desk("secretariat").opened() as desk:
        batch = Batch(desk.replica().view, [*roots(), *FRESH], desk.clock())
        issue(batch, desk.replica().view)
        async with connected(desk.keyring, desk.clock) as client:
            await send(client, batch)


def issue(batch: Batch, view: View) -> None:
    keys = tuple(sorted(b64(each.key.public_key().public_bytes_raw()) for each in FRESH))
    duty, policy = b64(view.founded.duty), view.founded.policy
    batch.issue(RekeyRoots, roots=keys, threshold=2, duty=duty, policy=policy)


async def test_the_keys_that_were_replaced_end_no_halt(story: Story, here: LyingRelay) -> None:
    """Whoever has them, and the relay, halts the desk and names a relay from before the re-keying."""
    ar = story.desk("ar-night")
    await story.desk("secretariat").synchronise()
    before = await here.entries()
    entry, raw = sign(story, "second")
    await rekey(story)
    rekeyed = (await here.entries())[-1]
    await halt(story, here, ar)
    words = halted(ar)
    for shown in ([*before, entry], [*before, entry, rekeyed]):  # there again, once the relay was named
        show_under(story, here, shown)
        with pytest.raises(Halted, match="names its relay without a re-keying that this desk has verified"):
            await ar.synchronise()
        with pytest.raises(Distrust, match="by root keys that were replaced since"):
            await follow(ar, raw, give_up=True)
        assert halted(ar) == words
        here.lies.clear()


async def test_nor_do_they_where_an_officer_would_give_everything_up(story: Story, here: LyingRelay) -> None:
    ar = story.desk("ar-night")
    await story.desk("secretariat").synchronise()
    before = await here.entries()
    entry, raw = sign(story, "second")
    await rekey(story)
    size = await ar.synchronise()
    show_under(story, here, [*before, entry])
    with pytest.raises(Distrust, match="Nothing was changed"):
        await follow(ar, raw, give_up=True)
    with ar.opened() as desk:
        assert {each.local for each in FRESH} == set(desk.replica().view.founded.roots)
        assert desk.replica().size == size


async def test_a_log_that_holds_the_re_keying_elsewhere_before_it_names_the_relay_is_followed(
    story: Story, here: LyingRelay
) -> None:
    """The fork began before the re-keying; it was published on the other branch too, and then the relay was named."""
    ar = story.desk("ar-night")
    common = await ar.synchronise()
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")
    await rekey(story)
    *before, _, rekeyed = await here.entries()
    await halt(story, here, ar)
    shown = [*before, rekeyed]
    entry = _named(story, shown, common, FRESH[:2])
    show_under(story, here, [*shown, entry])
    assert await ar.synchronise() == common + 2
    assert halted(ar) == ""
    with ar.opened() as desk:
        assert {each.local for each in FRESH} == set(desk.replica().view.founded.roots)


def _named(story: Story, entries: list[bytes], size: int, voices: Sequence[Voice]) -> bytes:
    """The statement by these voices, behind these entries, that names the second relay as continuing so many."""
    replica = at_size(story.built.network, entries, len(entries))
    keys = keys_of("second", story.here.url)
    batch = Batch(replica.view, voices, story.clock())
    continues = Continues(origin=keys.origin, size=size, root=replica.tree.root(size).hex())
    batch.issue(NameRelay, **{each: getattr(keys, each) for each in KEYS}, continues=continues)
    return batch.statements[0]


def test_what_took_roles_away_is_listed_behind_revocations_and_before_the_rest() -> None:
    key = key_pair("somebody").ed25519
    about: dict[str, Any] = {"network": "7" * 64, "at": 1, "seq": 1}
    statements = (
        AttestContact(contact="co-desk", **about),
        ChangeRoles(officer="7" * 32, roles=("investigator",), **about),
        RevokeDevice(device="7" * 64, reason="lost", **about),
    )
    entries = [statement_note(each, [ed25519_line(key, "a/b", statement_text(each))]) for each in statements]
    assert [each.partition(" ")[0] for each in given_up(entries, 0, ())] == [
        "revoke-device",
        "change-roles",
        "attest-contact",
    ]
