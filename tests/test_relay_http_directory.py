"""The log, statements, bodies and key sets over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import TWO_ROOTS, key_pair, officer_id, relay_keys
from relay_bodies import ORIGIN, BodiedWorld, posted
from relay_world import RelayWorld
from test_relay_key_sets import note

from crypto.encoding import unb64
from directory.canonical import encode
from directory.commitment import check_commitment
from directory.replay import Replica, extend
from directory.statement import AttestContact, EraseBody, NameRelay, RetireContact, SetCircle
from relay.protocol import routes
from relay.protocol.requests import (
    MOST_BODIES,
    Appended,
    Bodies,
    BodiesWanted,
    KeySets,
    KeySetsWanted,
    LogState,
    NewStatements,
    OpenedBody,
)

QUERIES = ("start=", "start=-1", "start=01", "start=1_0", "start=1&start=2", "size=3", "start=1&x", "start=%D9%A1",
           f"start={2**53 + 1}")  # fmt: skip
NIGHT = key_pair("co-night").public.id


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        here.world.add_contact("co-desk", "co", ["co-night"])
        await here.publish()
        yield here


async def test_a_desk_fetches_the_log_and_believes_it(here: RelayWorld) -> None:
    night = await here.log_in("co-night")
    replica, start = Replica(here.world.network), 0
    for path in (routes.LOG, f"{routes.LOG}?start=0"):
        state = (await night.call("GET", path)).read(LogState)
        replica = extend(
            Replica(here.world.network), [e.encode() for e in state.entries], state.checkpoint.encode(), here.clock()
        )
        assert (state.start, replica.view) == (start, here.world.view)
    here.world.admit(here.world.say(AttestContact, contact="co-desk"), "co-night")
    await here.publish()
    state = (await night.call("GET", f"{routes.LOG}?start={replica.size}")).read(LogState)
    assert len(state.entries) == 1
    replica = extend(replica, [state.entries[0].encode()], state.checkpoint.encode(), here.clock())
    assert replica.view == here.world.view
    beyond = (await night.call("GET", f"{routes.LOG}?start=999")).read(LogState)
    assert beyond.entries == ()


@pytest.mark.parametrize("query", QUERIES)
async def test_what_is_no_start_is_refused(here: RelayWorld, query: str) -> None:
    assert (await (await here.caller("duty")).call("GET", f"{routes.LOG}?{query}")).code == "malformed"


async def test_a_long_log_comes_in_parts(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, extra="[limits]\nanswer_bytes = 1048576\n") as here:
        duty = await here.caller("duty")
        answers = [(await duty.call("GET", f"{routes.LOG}?start={n}")).read(LogState) for n in (0, 3)]
        assert answers[0].entries[3:] == answers[1].entries


async def test_an_empty_relay_is_founded_over_http(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, settled=False) as here:
        fresh = BodiedWorld.founded(relay=False)
        assert isinstance(fresh, BodiedWorld)
        nobody = await here.caller("nobody")
        alone = await nobody.call("POST", routes.STATEMENTS, posted(fresh.entries, ()))
        assert (alone.code, "does not name this relay" in alone.problem.detail) == ("statement-refused", True)
        fresh.admit(fresh.say(NameRelay, origin=ORIGIN, **relay_keys("another")), *TWO_ROOTS)
        another = await nobody.call("POST", routes.STATEMENTS, posted(fresh.entries, ()))
        assert "another relay" in another.problem.detail
        world = BodiedWorld.founded()
        appended = (await nobody.call("POST", routes.STATEMENTS, posted(world.entries, ()))).read(Appended)
        assert appended.start == 0
        assert here.relay.directory.view == world.view


async def test_statements_are_taken_from_anybody_and_twice_without_harm(here: RelayWorld) -> None:
    here.world.add_contact("co-second", "co")
    batch = posted(*here.world.news())
    bare = await here.caller("stranger")
    content = {"Content-Type": routes.JSON}
    first = (await bare.send("POST", routes.STATEMENTS, encode(batch), content)).read(Appended)
    again = (await bare.send("POST", routes.STATEMENTS, encode(batch), content)).read(Appended)
    assert first == again


async def test_refused_statements_cost_the_device_that_hands_them_in(tmp_path: Path) -> None:
    extra = "refused_burst = 5\nrefused_per_minute = 60\n"  # goes into [log]
    async with RelayWorld.running(tmp_path, extra=extra) as here:
        world, night, chief = here.world, await here.caller("co-night"), await here.caller("co-chief")
        world.add_contact("co-desk", "co", ["co-night"])
        wrong = world.sign(world.say(AttestContact, contact="co-desk", seq=7), "co-night")
        entries, openings = world.news()
        refused = posted([*entries, wrong], openings)
        several = await asyncio.gather(*(night.call("POST", routes.STATEMENTS, refused) for _ in range(6)))
        codes = sorted(answer.code for answer in several)
        assert codes == ["statement-conflict"] * 2 + ["throttled"] * 4  # two statements each: at once or in turn
        assert (await night.call("POST", routes.STATEMENTS, data=b"{}")).code == "malformed"
        waiting = await night.call("POST", routes.STATEMENTS, data=b"{}")
        assert (waiting.code, waiting.problem.retry_after) == ("throttled", 1)
        good = posted(entries, openings)
        assert (await chief.call("POST", routes.STATEMENTS, good)).status == 200  # another device is not stopped
        here.clock.now += 2
        for _ in range(9):
            assert (await night.call("POST", routes.STATEMENTS, good)).status == 200  # what is taken costs nothing
        assert (await here.log_in("co-night")).token


async def test_large_batches_without_a_proof_need_all_the_tokens_of_their_address(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, extra="[access]\naddress_burst = 4\naddress_per_minute = 60\n") as here:
        stranger, content = await here.caller("stranger"), {"Content-Type": routes.JSON}
        wrong = encode(posted([b"rubbish"] * 3, ()))
        assert (await stranger.send("POST", routes.STATEMENTS, wrong, content)).code == "malformed"
        again = await stranger.send("POST", routes.STATEMENTS, wrong, content)
        assert (again.code, again.problem.retry_after) == ("throttled", 2)
        here.clock.now += 4
        for handle in ("co-a", "co-b", "co-c", "co-d", "co-e"):
            here.world.add_officer(handle, "co")
        taken = encode(posted(*here.world.news()))
        assert (await stranger.send("POST", routes.STATEMENTS, taken, content)).status == 200
        assert (await stranger.send("POST", routes.STATEMENTS, taken, content)).status == 200  # the answer got lost
        again = await stranger.send("POST", routes.STATEMENTS, taken, content)
        assert (again.code, again.problem.retry_after) == ("throttled", 1)
        here.clock.now += 1
        assert (await stranger.send("POST", routes.STATEMENTS, taken, content)).status == 200


async def test_whoever_hands_in_what_is_there_already_is_throttled_unless_known(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path, extra="[access]\naddress_burst = 3\naddress_per_minute = 60\n") as here:
        stranger, night = await here.caller("stranger"), await here.log_in("co-night")
        first = posted(here.world.entries[:1], ())
        about = {"Content-Type": routes.JSON}
        seen = [(await stranger.send("POST", routes.STATEMENTS, encode(first), about)).code for _ in range(5)]
        assert seen == [""] * 3 + ["throttled"] * 2
        assert [(await night.call("POST", routes.STATEMENTS, first)).status for _ in range(5)] == [200] * 5


async def test_a_refused_statement_names_its_rule(here: RelayWorld) -> None:
    world, anyone = here.world, await here.caller("co-night")
    cases = (
        (world.sign(world.say(RetireContact, contact="co-desk"), "co-night"), "statement-refused", "R21"),
        (world.sign(world.say(AttestContact, contact="co-desk", seq=7), "co-night"), "statement-conflict", "R3"),
        (world.sign(world.say(AttestContact, contact="co-desk"), "co-night")[:-9] + b"AAAAAAA=\n", "malformed", ""),
        (b"rubbish", "malformed", ""),
    )
    for entry, code, rule in cases:
        answer = await anyone.call("POST", routes.STATEMENTS, posted([entry], ()))
        assert (answer.code, answer.problem.rule) in {(code, rule), ("signature-invalid", "")}
    publishing = world.sign(world.publishing("co-desk", "co"), "co-chief")
    assert (await anyone.call("POST", routes.STATEMENTS, posted([publishing], ()))).code == "body-mismatch"
    assert here.relay.directory.view == world.view


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"statements":[]}', b'{"statements":["x"],"more":1}', b"\xff", b'{"statements":"x"}',
     b'{"statements":["\\ud800"]}'],
)  # fmt: skip
async def test_what_are_no_statements_is_malformed(here: RelayWorld, body: bytes) -> None:
    assert (await (await here.caller("duty")).call("POST", routes.STATEMENTS, data=body)).code == "malformed"


@pytest.mark.parametrize(("salt", "body"), [("x", ""), ("QR==", ""), ("", "é"), ("AAAA", "AAAA")])
async def test_bodies_are_base64_and_of_their_sizes(here: RelayWorld, salt: str, body: str) -> None:
    batch = NewStatements(statements=("x",), bodies=(OpenedBody(salt=salt, body=body),))
    answer = await (await here.caller("duty")).call("POST", routes.STATEMENTS, batch)
    assert answer.code in ("malformed", "body-mismatch")


async def test_bodies_come_open_to_whom_they_are_for(here: RelayWorld) -> None:
    world = here.world
    world.add_member("ec")
    world.admit(world.say(SetCircle, circle="andes", members=("co",), body=world.fresh()), *TWO_ROOTS)
    world.add_contact("co-circle", "co", circles=("andes",))
    await here.publish()
    readers = {
        "co": await here.log_in("co-night"),
        "ec": await here.log_in("ec-chief"),
        "duty": await here.caller("duty"),
    }
    officer = world.view.officers[officer_id("co-night")].body
    names = {
        world.view.contacts["co-desk"].body: "open",
        world.view.contacts["co-circle"].body: "circle",
        officer: "officer",
    }
    seen = {}
    for reader, caller in readers.items():
        found = (await caller.call("POST", routes.BODIES, BodiesWanted(commitments=(*names, "0" * 64)))).read(Bodies)
        for each in found.bodies:
            check_commitment(each.commitment, unb64(each.salt), unb64(each.body))
        seen[reader] = {names[each.commitment] for each in found.bodies}
    assert seen == {"co": {"open", "circle", "officer"}, "ec": {"open"}, "duty": {"open"}}
    world.admit(world.say(EraseBody, body=world.view.contacts["co-desk"].body), "co-chief")
    await here.publish()
    found = (await readers["co"].call("POST", routes.BODIES, BodiesWanted(commitments=tuple(names)))).read(Bodies)
    assert {names[each.commitment] for each in found.bodies} == {"circle", "officer"}


async def test_bodies_are_asked_for_in_bounds(here: RelayWorld) -> None:
    duty = await here.caller("duty")
    many = tuple(f"{n:064x}" for n in range(MOST_BODIES))
    assert (await duty.call("POST", routes.BODIES, BodiesWanted(commitments=many))).read(Bodies).bodies == ()
    too_many = (*many, "f" * 64)
    assert (await duty.call("POST", routes.BODIES, BodiesWanted(commitments=too_many))).code == "malformed"
    assert (await duty.call("POST", routes.BODIES, data=b'{"commitments":["x"]}')).code == "malformed"


async def test_a_key_set_is_published_by_its_device_and_read_by_all(here: RelayWorld) -> None:
    night, chief = await here.log_in("co-night"), await here.log_in("co-chief")
    raw = note(here.world, 3)
    assert (await night.call("PUT", routes.KEYSET, data=raw, kind=routes.NOTE)).status == 204
    found = (await chief.call("POST", routes.KEYSETS, KeySetsWanted(devices=(NIGHT, "0" * 64)))).read(KeySets)
    assert found.keysets == (raw.decode(),)
    assert (await night.call("PUT", routes.KEYSET, data=note(here.world, 2), kind=routes.NOTE)).code == "keyset-old"
    assert (await chief.call("PUT", routes.KEYSET, data=raw, kind=routes.NOTE)).code == "signature-invalid"
    assert (await night.call("PUT", routes.KEYSET, data=raw)).code == "media-type"
    assert (await night.call("PUT", routes.KEYSET, data=b"x" * 70_000, kind=routes.NOTE)).code == "too-large"
    assert (await night.call("PUT", routes.KEYSET, data=b"\xff", kind=routes.NOTE)).code == "signature-invalid"
    await here.restart()
    found = (await chief.call("POST", routes.KEYSETS, KeySetsWanted(devices=(NIGHT,)))).read(KeySets)
    assert found.keysets == (raw.decode(),)


async def test_a_flooding_member_waits_and_can_be_suspended(tmp_path: Path) -> None:
    async with RelayWorld.running(tmp_path) as here:
        await here.stop()
        here._extra = "member_burst = 2\nmember_per_minute = 1\n"  # goes into [log]
        await here.start()
        chief = await here.caller("co-chief")
        codes = []
        for number in range(4):
            contact = here.world.publishing(f"co-flood-{number}", "co")
            entry = here.world.sign(contact, "co-chief")
            opening = here.world.openings[contact.body]
            codes.append((await chief.call("POST", routes.STATEMENTS, posted([entry], [opening]))).code)
        assert codes == ["", "", "throttled", "throttled"]


async def test_racing_statements_about_one_subject(here: RelayWorld) -> None:
    world = here.world
    callers = [await here.caller("co-night") for _ in range(3)]
    for caller in callers:
        await caller.call("GET", routes.LOG)
    entries = [
        world.sign(world.say(AttestContact, contact="co-desk", at=here.clock() + n), "co-night") for n in range(3)
    ]
    answers = await asyncio.gather(
        *(caller.call("POST", routes.STATEMENTS, posted([e], ())) for caller, e in zip(callers, entries, strict=True))
    )
    assert sorted(answer.code for answer in answers) == ["", "statement-conflict", "statement-conflict"]
