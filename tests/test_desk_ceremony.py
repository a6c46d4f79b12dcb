"""The root ceremony without its commands: what an offline machine takes and refuses, what publishing makes of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ceremony_world import (
    OLD_ROOTS,
    asked_for,
    founding_asked,
    named_body,
    published,
    rekeying,
    request,
    reviewed,
    signed,
    suspending,
    voices,
)
from desk_world import checkpoint, network, refused, replica
from directory_world import TWO_ROOTS, World, founding, key_pair, local_id, officer_id, public_key

from crypto.encoding import unb64
from crypto.fingerprint import fingerprint
from crypto.signing import ed25519_line
from desk.errors import Declined, DeskError, Distrust, NeedsSigning, Usage
from desk.replica.statements import Batch, NeedsOthers, read_proposal
from desk.replica.store import ReplicaStore
from desk.roots.ceremony import OLD, asked_of, complete, request_for, review, sign_with, stands_at
from desk.roots.drafts import Asked, Draft
from desk.roots.root_request import Request
from desk.roots.root_signed import combine
from directory.bodies import MemberBody, OfficerBody
from directory.canonical import Malformed
from directory.judge import CLOCK_SKEW
from directory.statement import (
    AdmitMember,
    EnrolOfficer,
    ReinstateMember,
    RekeyRoots,
    SuspendMember,
    statement_text,
)
from relay.protocol.requests import NewStatements

WORLD = network()
DAY = 86_400


def test_what_a_threshold_of_roots_has_signed_counts() -> None:
    after = published(WORLD, suspending(WORLD), "root-1", "root-3")
    assert after.view.members["co"].suspended(after.view.size, WORLD.now)


def test_the_founding_carries_no_log_and_counts_from_nothing() -> None:
    world = World()
    world.now = WORLD.now
    asked = founding_asked(world.now)
    seen = review(request(world, asked), (), world.now)
    assert (seen.name, seen.time, seen.network) == ("enlace.example", 0, fingerprint(asked.network))
    done = sign_with(seen, voices("root-1", "root-2"))
    assert len(complete(done, world.view, world.now).statements) == 2
    assert published(world, asked, "root-2", "root-3").network == asked.network


def test_what_is_to_hold_stands_beside_what_holds_today_by_the_machine_s_own_verification() -> None:
    seen = reviewed(WORLD, rekeying(WORLD, "root-1", "root-4", "root-5"))
    (item,) = seen.items
    keys = next(row for row in item.rows if row.name == "root keys")
    assert set(keys.today or ()) == {fingerprint(local_id(each)) for each in OLD_ROOTS}
    assert fingerprint(local_id("root-4")) in keys.value
    assert item.verdict == "counts once 2 of the 3 present root keys and 2 of the 3 new root keys have signed"
    assert seen.warnings == ()


def test_a_re_keying_needs_both_thresholds() -> None:
    asked = rekeying(WORLD, "root-3", "root-4", "root-5")
    table: dict[tuple[str, ...], str] = {
        ("root-1", "root-4", "root-5"): "1 of the present root keys",
        ("root-1", "root-3"): "1 of the new root keys",
        ("root-4",): "2 of the present root keys and 1 of the new root keys",
    }
    for few, missing in table.items():
        done = signed(WORLD, asked, *few)
        words = refused(partial(complete, done, WORLD.view, WORLD.now), NeedsSigning)
        assert f"missing: {missing}." in words
    after = published(WORLD, asked, "root-1", "root-3", "root-4")  # root-3 stays, and counts in both
    assert set(after.view.founded.roots) == {local_id(each) for each in ("root-3", "root-4", "root-5")}


def test_a_device_s_signature_travels_and_the_roots_stand_beside_it() -> None:
    world = World.founded()
    world.add_member("uy", "uy-chief")
    body, opened = named_body(OfficerBody(label="Second"))
    batch = Batch(world.view, voices("uy-chief"), world.now, drafting=True)
    batch.bodies.append(opened)
    fields: dict[str, Any] = {"officer": officer_id("uy-deputy"), "member": "uy", "roles": ("administrator",)}
    batch.issue(EnrolOfficer, body=body, **fields)
    asked = asked_for(batch)
    assert len(asked.statements[0].lines) == 1
    (item,) = reviewed(world, asked).items
    assert [each.partition(" ")[0] for each in item.signed_by] == ["officer"]
    after = published(world, asked, "root-2", "root-3")
    assert officer_id("uy-deputy") in after.view.officers


def test_what_the_roots_have_no_say_in_becomes_no_request() -> None:
    body, _ = named_body(OfficerBody(label="Another"))
    batch = Batch(WORLD.view, voices("co-chief"), WORLD.now, drafting=True)
    fields: dict[str, Any] = {"officer": officer_id("co-new"), "member": "co", "roles": ("coordinator",), "body": body}
    assert "without --request" in refused(lambda: batch.issue(EnrolOfficer, **fields), Declined)


def proposal(*who: str) -> NewStatements:
    """What somebody has signed, and others have to sign too."""
    batch = Batch(WORLD.view, voices(*who), WORLD.now)
    body = batch.body(OfficerBody(label="New"))
    batch.issue(EnrolOfficer, officer=officer_id("co-new"), member="co", roles=("administrator",), body=body)
    with pytest.raises(NeedsOthers) as caught:
        batch.request()
    return read_proposal(caught.value.proposal)[0]


def test_a_proposal_becomes_a_request_with_the_line_that_stands() -> None:
    asked = asked_of(proposal("co-chief"), WORLD.network)
    assert [len(each.lines) for each in asked.statements] == [1]
    assert asked.bodies


def test_of_a_proposal_that_root_keys_have_signed_no_request_is_made() -> None:
    assert "root key's" in refused(lambda: asked_of(proposal("root-1"), WORLD.network), Usage)


def test_a_proposal_that_others_can_complete_is_no_matter_for_the_roots(tmp_path: Path) -> None:
    """A second administrator lives, so the roots have no say: it is said before a stick travels."""
    store = ReplicaStore(tmp_path / "replica.db", bytes(32))
    asked = asked_of(proposal("co-chief"), WORLD.network)
    assert "R22" in refused(lambda: request_for(asked, replica(WORLD), store, WORLD.now), Declined)
    store.close()


def test_of_what_holds_today_only_so_much_travels_as_is_looked_at(tmp_path: Path) -> None:
    store = ReplicaStore(tmp_path / "replica.db", bytes(32))
    world = WORLD.copy()
    named, stranger = (named_body(MemberBody(names={"en": each})) for each in ("Looked at", "Not looked at"))
    for member, (body, _) in {"uy": named, "py": stranger}.items():
        world.admit(world.say(AdmitMember, member=member, country=member.upper(), body=body), *TWO_ROOTS)
    store.advance(0, world.entries, replica(world))
    for body, opened in (named, stranger):
        store.put_bodies({body: (unb64(opened.salt), unb64(opened.body))})
    made, entries = request_for(suspending(world, "uy"), replica(world), store, world.now)
    assert (made.known, entries) == ((named[1],), world.entries)
    (item,) = review(made, entries, world.now).items
    assert ("member", "uy (en=Looked at)") in [(row.name, row.value) for row in item.rows]
    store.close()


def test_days_later_it_still_counts() -> None:
    asked, later = suspending(WORLD), WORLD.now + 20 * DAY
    world = WORLD.copy()
    world.now = later
    seen = review(request(WORLD, asked), WORLD.entries, later)
    assert "20 days old" in seen.warnings[0]
    assert published(world, asked, *TWO_ROOTS, now=later).view.members["co"].suspended(world.view.size + 1, later)


def test_a_suspension_that_would_be_over_is_not_published() -> None:
    asked = suspending(WORLD, until=WORLD.now + DAY)
    assert published(WORLD, asked, *TWO_ROOTS, now=WORLD.now + DAY - 1).view.size > WORLD.view.size
    done = signed(WORLD, asked, *TWO_ROOTS)
    assert "over by now" in refused(lambda: complete(done, WORLD.view, WORLD.now + DAY), Declined)


@pytest.mark.parametrize(("age", "warned"), [(OLD + CLOCK_SKEW, 0), (OLD + CLOCK_SKEW + 1, 1)])
def test_an_old_checkpoint_is_warned_of(age: int, warned: int) -> None:
    seen = review(request(WORLD, suspending(WORLD)), WORLD.entries, WORLD.now + age)
    assert sum("old by this machine's clock" in each for each in seen.warnings) == warned


def meanwhile_about_it(world: World) -> None:
    world.admit(world.say(SuspendMember, member="co", until=world.now + DAY), "duty")


def meanwhile_re_keyed(world: World) -> None:
    new = ("root-3", "root-4", "root-5")
    roots = tuple(sorted(map(public_key, new)))
    statement = world.say(RekeyRoots, roots=roots, threshold=2, duty=public_key("duty"))
    world.admit(statement, "root-1", "root-2", "root-4", "root-5")


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [(meanwhile_about_it, r"signed after 1 statements about member/co"), (meanwhile_re_keyed, r"or no longer")],
)
def test_what_was_overtaken_is_void_and_says_what_to_do(meanwhile: Callable[[World], None], words: str) -> None:
    done = signed(WORLD, suspending(WORLD), *TWO_ROOTS)
    world = WORLD.copy()
    meanwhile(world)
    told = refused(lambda: complete(done, world.view, world.now), Declined)
    assert words in told
    assert "The signatures are void: make the request anew" in told


def test_another_network_s_desk_does_not_publish_it() -> None:
    other = World("other.example")
    other.admit(founding(name="other.example"), *TWO_ROOTS)
    done = signed(WORLD, suspending(WORLD), *TWO_ROOTS)
    assert "another network" in refused(lambda: complete(done, other.view, WORLD.now), Declined)


def test_what_stands_in_the_log_is_found_there_whoever_signed_it() -> None:
    asked = suspending(WORLD)
    assert stands_at(asked, WORLD.entries) is None
    after = published(WORLD, asked, "root-2", "root-3")
    assert stands_at(asked, after.entries) == len(WORLD.entries)


def test_half_of_it_in_the_log_is_not_all_of_it() -> None:
    world = World()
    world.now = WORLD.now
    asked = founding_asked(world.now)
    after = published(world, asked, *TWO_ROOTS)
    assert (stands_at(asked, after.entries), stands_at(asked, after.entries[:1])) == (0, None)


# What an offline machine does not take. Each case: a request and its log, the class of the refusal, words of it.

Case = tuple[Request, list[bytes], int, type[DeskError], str]
GOOD = suspending(WORLD)


def changed(**fields: Any) -> Request:
    return msgspec.structs.replace(request(WORLD, GOOD), **fields)


def redone(**fields: Any) -> Request:
    return request(WORLD, msgspec.structs.replace(GOOD, **fields))


def draft(text: str, *lines: str) -> Asked:
    return msgspec.structs.replace(GOOD, statements=(Draft(text=text, lines=lines),))


def root_line() -> str:
    text = GOOD.statements[0].text
    return ed25519_line(key_pair("root-1").ed25519, WORLD.line("root-1"), text).line().removesuffix("\n")


def device_line(text: str) -> str:
    return ed25519_line(key_pair("co-night").ed25519, WORLD.line("co-night"), text).line().removesuffix("\n")


def admitting() -> Asked:
    batch = Batch(WORLD.view, [], WORLD.now, drafting=True)
    batch.issue(AdmitMember, member="uy", country="UY", body=batch.body(MemberBody(names={"es": "Fiscalía"})))
    return asked_for(batch)


def cases() -> dict[str, Case]:
    entries, now, text = WORLD.entries, WORLD.now, GOOD.statements[0].text
    other = [*entries[:-1], entries[-1].replace(b"ec-desk", b"ec-dusk")]
    forked = WORLD.copy()
    forked.entries = [*entries[:-1], forked.sign(forked.say(ReinstateMember, member="co"), *TWO_ROOTS)]
    enrolling, stranger = admitting(), named_body(OfficerBody(label="stranger"))[1]
    small = WORLD.entries[:20]
    table: dict[str, tuple[Request, list[bytes], type[DeskError], str]] = {
        "an entry altered": (request(WORLD, GOOD), other, Distrust, "does not verify"),
        "an entry dropped": (changed(entries=len(entries) - 1), entries[:-1], Usage, "entries"),
        "entries swapped": (request(WORLD, GOOD), [*entries[:-2], *entries[:-3:-1]], Distrust, "does not verify"),
        "an entry too many": (changed(), [*entries, entries[-1]], Usage, "more of the log than its checkpoint"),
        "another log's checkpoint": (
            changed(checkpoint=checkpoint(WORLD, keys="other log").decode()), entries, Distrust, "does not count"
        ),
        "a checkpoint over another log": (
            changed(checkpoint=checkpoint(forked).decode()), entries, Distrust, "do not hash to what the log signed"
        ),
        "a checkpoint over less": (
            changed(checkpoint=checkpoint(WORLD, 20).decode()), entries, Usage, "more of the log than its checkpoint"
        ),
        "no checkpoint": (changed(checkpoint=""), entries, Usage, "a founding comes without a log"),
        "a checkpoint that is none": (changed(checkpoint="x"), entries, Distrust, "is malformed"),
        "no log": (changed(), [], Usage, "a founding comes without a log"),
        "a founding with a log": (
            msgspec.structs.replace(request(WORLD, founding_asked(now)), entries=20), small, Usage, "without a log"
        ),
        "another network's id": (redone(network="ab" * 32), entries, Usage, "another network"),
        "a log of another network": (
            request(WORLD, msgspec.structs.replace(founding_asked(now), statements=GOOD.statements)),
            entries, Usage, "another network",
        ),
        "a root's line in it": (request(WORLD, draft(text, root_line())), entries, Usage, "root key's signature line"),
        "a stranger's line in it": (
            request(WORLD, draft(text, root_line().replace("root-", "dice-"))), entries, Usage, "device that nobody"
        ),
        "a wrong line in it": (
            request(WORLD, draft(text, device_line("x\n"))), entries, Usage, "signature of enlace.example"
        ),
        "a line of somebody without a say": (
            request(WORLD, draft(text, device_line(text))), entries, Declined, "has no say"
        ),
        "a line that is none": (request(WORLD, draft(text, "x")), entries, Usage, "statement"),
        "a blank line for a line": (request(WORLD, draft(text, "")), entries, Usage, "statement"),
        "two lines in one": (
            request(WORLD, draft(text, f"{device_line(text)}\n{device_line(text)}")), entries, Usage, "cut"
        ),
        "a statement that is none": (request(WORLD, draft("enlace/statement/v1\n{}\n")), entries, Usage, "altered"),
        "a later kind": (
            request(WORLD, draft('enlace/statement/v1\n{"kind":"crown-roots"}\n')), entries, Usage, "newer version"
        ),
        "not written canonically": (request(WORLD, draft(text.replace(":", ": ", 1))), entries, Usage, "canonical"),
        "about a member that is not there": (
            request(WORLD, draft(text.replace('"co"', '"cr"').replace('"seq":1', '"seq":0'))), entries, Declined, "R20"
        ),
        "out of sequence": (request(WORLD, draft(text.replace('"seq":1', '"seq":2'))), entries, Declined, "R3"),
        "before the one before": (
            request(WORLD, draft(text.replace(str(now), "7"))), entries, Declined, "older than the one before"
        ),
        "details exchanged": (
            request(WORLD, msgspec.structs.replace(enrolling, bodies=(stranger,))), entries, Usage, "were exchanged"
        ),
        "details left out": (
            request(WORLD, msgspec.structs.replace(enrolling, bodies=())), entries, Usage, "are missing"
        ),
        "details twice": (
            request(WORLD, msgspec.structs.replace(enrolling, bodies=enrolling.bodies * 2)), entries, Usage, "twice"
        ),
        "details that are no base64": (
            request(WORLD, msgspec.structs.replace(enrolling, bodies=(msgspec.structs.replace(stranger, salt="x"),))),
            entries, Usage, "details",
        ),
        "today's details exchanged": (changed(known=(stranger,)), entries, Usage, "its log does not know"),
    }  # fmt: skip
    return {name: (each, log, now, kind, words) for name, (each, log, kind, words) in table.items()}


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_an_offline_machine_refuses(name: str) -> None:
    bad, entries, now, kind, words = CASES[name]
    told = refused(lambda: review(bad, entries, now), kind)
    assert words in told, told


def test_a_key_without_a_say_signs_nothing() -> None:
    seen = reviewed(WORLD, suspending(WORLD))
    assert "has no say" in refused(lambda: sign_with(seen, voices("root-1", "root-7")), Declined)
    assert "twice" in refused(lambda: sign_with(seen, voices("root-1", "root-1")), Usage)


def test_a_key_that_was_replaced_signs_nothing() -> None:
    world = published(WORLD, rekeying(WORLD, "root-3", "root-4", "root-5"), "root-1", "root-3", "root-4")
    seen = reviewed(world, suspending(world))
    assert "has no say" in refused(lambda: sign_with(seen, voices("root-1")), Declined)
    assert sign_with(seen, voices("root-4")).missing() == (1, 0)


def test_combining_needs_one_request_and_each_signature_once() -> None:
    asked, other = suspending(WORLD), rekeying(WORLD, *OLD_ROOTS)
    one, two = signed(WORLD, asked, "root-1"), signed(WORLD, asked, "root-2")
    together = combine([("a", one), ("b", two)])
    assert together.missing() == (0, 0)
    assert together == combine([("b", two), ("a", one)])
    table = {
        "different requests": [("a", one), ("b", signed(WORLD, other, "root-2"))],
        "different directories": [("a", one), ("b", msgspec.structs.replace(two, threshold=1))],
        "give each signature once": [("a", one), ("b", two), ("c", one)],
    }
    for words, files in table.items():
        with pytest.raises(Malformed, match=words):
            combine(files)


def test_a_wrong_signature_by_a_device_is_found_when_publishing_too() -> None:
    """Signed files are checked against the roots in them; what a device signed, against the directory."""
    text = statement_text(WORLD.say(ReinstateMember, member="co"))
    bad = msgspec.structs.replace(suspending(WORLD), statements=(Draft(text=text, lines=(device_line("y\n"),)),))
    lent = signed(WORLD, msgspec.structs.replace(bad, statements=(Draft(text=text),)), "root-1", "root-2", judged=False)
    done = msgspec.structs.replace(lent, asked=bad)
    assert "void" in refused(lambda: complete(done, WORLD.view, WORLD.now), Declined)
