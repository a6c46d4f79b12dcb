"""A relay that lies about the directory with the log's own keys: what a desk notices, and what its officer reads."""

import re

import msgspec
import pytest
from directory_world import NAME, World, device_keys, founding, key_pair, relay_keys
from relay_bodies import ORIGIN
from story_desk import Desk
from story_liar import LyingRelay, rewriting, stripped, vouched_log
from story_notice import BOTH, ENDS, evidence, kept, noticed
from story_world import DAY, Story

from crypto.checkpoint import open_checkpoint, sign_checkpoint
from crypto.encoding import b64, unb64
from crypto.merkle import Tree, leaf_hash
from crypto.signing import ed25519_line
from desk.entries.held_about import Asked, held_about
from desk.errors import Distrust
from directory.bodies import OfficerBody, write_body_bytes
from directory.commitment import CommitmentError, check_commitment
from directory.statement import (
    AttestContact,
    EnrolDevice,
    NameRelay,
    RevokeDevice,
    parse_statement,
    statement_note,
    statement_text,
)
from relay.protocol import routes
from relay.protocol.requests import Bodies, FoundBody, LogState

pytest_plugins = ("lying_story",)


async def attest(story: Story) -> None:
    """An honest statement about co-desk."""
    await story.issue(story.desk("co-chief"), kind=AttestContact, contact="co-desk")


async def test_a_forged_device_is_refused(story: Story, here: LyingRelay) -> None:
    own, entries = key_pair("the relay's own"), await here.entries()
    keys = device_keys("the relay's own")
    officer = story.built.officers["co-night"]
    forged = EnrolDevice(network=story.built.network, at=story.clock(), seq=0, officer=officer, **keys)
    line = ed25519_line(own.ed25519, f"{NAME}/{own.public.id}", statement_text(forged))
    entry = statement_note(forged, [line])
    here.show([*entries, entry])
    ar = story.desk("ar-night")
    words = await noticed(ar, here, "refused", BOTH | {"refused-statement.txt"}, halts=True)
    assert words == (
        f"statement {len(entries)} of the log does not count: signed by {own.public.id[:16]}…, a device that nobody "
        "enrolled, and no present root or duty key"
    )
    # A second party sees the statement that nobody signed, and the log's own signatures over a tree that holds it.
    assert evidence(ar, "refused-statement.txt") == entry
    signed = open_checkpoint(evidence(ar, "checkpoint-theirs.txt"), ORIGIN, key_pair("relay log").public)
    assert signed.checkpoint.root == Tree(map(leaf_hash, [*entries, entry])).root()


async def test_a_signature_moved_to_another_statement_is_wrong(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    await story.revoke_laptop()
    signed = parse_statement((await here.entries())[-1])
    assert isinstance(signed.statement, RevokeDevice)
    other = msgspec.structs.replace(signed.statement, device=story.desk("co-night").device)
    here.show([*entries, statement_note(other, signed.note.signatures)])
    words = await noticed(story.desk("ar-night"), here, "refused", BOTH | {"refused-statement.txt"}, halts=True)
    chief = story.desk("co-chief").device
    assert (
        words == f"statement {len(entries)} of the log does not count: the Ed25519 signature of {NAME}/{chief} is wrong"
    )


async def test_a_statement_dropped_before_another_about_the_same_leaves_a_gap(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    await attest(story)
    await attest(story)
    here.show([*entries, (await here.entries())[-1]])
    words = await noticed(story.desk("ar-night"), here, "refused", BOTH | {"refused-statement.txt"}, halts=True)
    assert words == (
        f"statement {len(entries)} of the log does not count: it was signed after 2 statements about contact/co-desk; "
        "1 stand before it. To publish it, synchronise and sign anew (rule R3)"
    )


async def test_statements_in_another_order_hash_to_something_else(story: Story, here: LyingRelay) -> None:
    await attest(story)
    await story.revoke_laptop()
    *entries, first, second = await here.entries()
    here.show([*entries, second, first], checkpoint=vouched_log([*entries, first, second], story.clock()))
    assert await noticed(story.desk("ar-night"), here, "fork", BOTH) == (
        "the statements handed over do not hash to what the log signed: it shows different directories to "
        "different readers, or an entry was altered or dropped"
    )


async def test_statements_held_back_behind_their_own_checkpoint(story: Story, here: LyingRelay) -> None:
    await attest(story)

    def less(state: LogState) -> LogState:
        return msgspec.structs.replace(state, entries=())

    here.lies.append(rewriting("GET", routes.LOG, LogState, less))
    words = await noticed(story.desk("ar-night"), here, "checkpoint", {"checkpoint-theirs.txt"})
    assert words == "the relay holds back statements that its own checkpoint covers"


async def test_a_smaller_directory_than_before(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    here.show(entries[:-1])
    words = await noticed(story.desk("ar-night"), here, "rollback", BOTH)
    assert words == f"the relay shows a directory of {len(entries) - 1} statements; {len(entries)} were seen before"


async def test_an_older_checkpoint_than_before(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    here.show(entries, checkpoint=vouched_log(entries, story.clock() - DAY))
    words = await noticed(story.desk("ar-night"), here, "rollback", BOTH)
    assert words == "the relay shows an older checkpoint than before"


async def test_a_checkpoint_from_the_future(story: Story, here: LyingRelay) -> None:
    entries, ar = await here.entries(), story.desk("ar-night")
    here.show(entries, checkpoint=vouched_log(entries, story.clock() + 300))
    await ar.synchronise()
    here.lies.clear()
    here.show(entries, checkpoint=vouched_log(entries, story.clock() + 301))
    with pytest.raises(Distrust) as caught:
        await ar.synchronise()
    words = "the log's clock is ahead of this desk's by more than 5 minutes: check the clocks"
    assert str(caught.value) == words + ENDS
    assert kept(caught.value) == BOTH


async def test_a_checkpoint_without_its_post_quantum_signature(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    here.show(entries, checkpoint=stripped(vouched_log(entries, story.clock())))
    words = await noticed(story.desk("ar-night"), here, "checkpoint", BOTH)
    assert words == f"the log's checkpoint does not count: the ML-DSA-44 signature of the log {ORIGIN} is missing"


async def test_another_logs_checkpoint(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    here.show(entries, checkpoint=vouched_log(entries, story.clock(), "log.enlace.example/2"))
    words = await noticed(story.desk("ar-night"), here, "checkpoint", BOTH)
    assert words == f"the log's checkpoint does not count: checkpoint of log.enlace.example/2, expected {ORIGIN}"


async def test_a_checkpoint_by_other_keys(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    signed = open_checkpoint(vouched_log(entries, story.clock()), ORIGIN, key_pair("relay log").public).checkpoint
    here.show(entries, checkpoint=sign_checkpoint(signed, key_pair("another log"), story.clock()))
    words = await noticed(story.desk("ar-night"), here, "checkpoint", BOTH)
    assert words == f"the log's checkpoint does not count: the Ed25519 signature of the log {ORIGIN} is missing"


async def test_another_networks_directory_shown_to_a_new_desk(story: Story, here: LyingRelay) -> None:
    other = World()
    other.admit(founding(threshold=1), "root-1")
    other.admit(other.say(NameRelay, origin=ORIGIN, **relay_keys()), "root-1")
    new = await new_desk(story)
    here.show(other.entries)
    assert await noticed(new, here, "network", {"founding.txt"}) == "the relay shows the directory of another network"


async def test_a_new_desk_is_shown_less_than_its_administrator_saw(story: Story, here: LyingRelay) -> None:
    entries = await here.entries()
    await story.revoke_laptop()
    new = await new_desk(story)
    here.show(entries)
    words = await noticed(new, here, "rollback", {"checkpoint-theirs.txt", "checkpoint-invitation.txt"})
    assert words == (
        f"the relay shows this new desk {len(entries)} statements; your administrator saw {len(entries) + 1}: "
        "it hides some"
    )


async def test_an_altered_entry_of_a_contact(story: Story, here: LyingRelay) -> None:
    new = await new_desk(story)
    other = b64(write_body_bytes(OfficerBody(label="Somebody else")))
    with story.desk("ar-night").opened() as desk:
        mine = next(each for each, body in desk.replica().view.bodies.items() if body.subject == "contact/co-desk")

    def altered(bodies: Bodies) -> Bodies:
        changed = (
            msgspec.structs.replace(each, body=other) if each.commitment == mine else each for each in bodies.bodies
        )
        return Bodies(bodies=tuple(changed))

    here.lies.append(rewriting("POST", routes.BODIES, Bodies, altered))
    words = await noticed(new, here, "body", {"body.json", "checkpoint-mine.txt"})
    assert words == "the relay altered an entry (contact/co-desk): the body does not match the commitment in the log"
    # A second party can check that this body, with this salt, is not what the log's commitment was made of.
    seen = msgspec.json.decode(evidence(new, "body.json"), type=FoundBody)
    with pytest.raises(CommitmentError):
        check_commitment(seen.commitment, unb64(seen.salt), unb64(seen.body))
    with new.opened() as desk:  # whoever erases what is about that contact is told of these words as well
        found = held_about(desk, Asked("co-desk", "contact")).files
    assert any(each.endswith("/body.json") for each in found)


async def test_an_entry_that_is_kept_from_a_reader(story: Story, here: LyingRelay) -> None:
    new = await new_desk(story)
    here.lies.append(rewriting("POST", routes.BODIES, Bodies, lambda bodies: Bodies(bodies=bodies.bodies[1:])))
    words = await noticed(new, here, "body", {"commitment.txt", "checkpoint-mine.txt"})
    assert re.fullmatch(r"a body that this desk may see is missing, and no statement erased it \(.*\)", words)


async def test_entries_that_come_one_by_one_are_no_lie(story: Story, here: LyingRelay) -> None:
    new = await new_desk(story)
    here.lies.append(rewriting("POST", routes.BODIES, Bodies, lambda bodies: Bodies(bodies=bodies.bodies[:1])))
    found = (await new.exchange()).synchronised
    with story.desk("ar-night").opened() as other, new.opened() as opened:
        assert found.bodies == len(opened.store.bodies())
        assert opened.store.bodies() == other.store.bodies()


async def new_desk(story: Story) -> Desk:
    """Another device of an officer of ar: enrolled and logged in, not synchronised yet."""
    await story.enrol("ar-new", story.desk("ar-chief"), "ar", story.built.officers["ar-night"])
    return story.desk("ar-new")
