"""Turns of an envelope at the relay: calls, and what the sender's own side orders about its clock (rules L9 to L12)."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from directory_world import START, key_pair, local_id
from mail_lines import call_lines, order_line, submission
from mail_rows import put, take_in
from mail_world import DAY, Directory, MailHouse, StoreKind, Told, envelope, revoke, suspend

from directory.keyset import LONGEST_EXPIRY
from relay.mail.memory_store import MemoryMailStore
from relay.mail.sqlite_store import open_mail_store
from relay.mail.store import MailStore, Transaction
from relay.protocol.envelope import Envelope
from relay.protocol.lines import Call, device_name, open_line
from relay.protocol.problems import Problem, Refusal
from relay.protocol.submission import Submission, write_submission
from relay.rules import mailbox
from relay.rules.release import Ordered, Turn, turns

FROZEN = Path(__file__).parent / "data" / "mail-2.sql"


@pytest.fixture(params=["memory", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailHouse]:
    kind: StoreKind = request.param
    async with MailHouse(tmp_path, kind) as opened:
        yield opened


async def sent_with_calls(house: MailHouse, **fields: Any) -> Envelope:
    """To `co-night`, to `co-day` after ten minutes; `co-late` is called after twenty. A copy for `ar-aide`."""
    everything: dict[str, Any] = {"later": [(600, ["co-day"])], "calls": [(1200, ["co-late"])], "own": ["ar-aide"]}
    sent = envelope(house.directory, **(everything | fields))
    await house.submit(sent)
    await house.settled()
    return sent


async def move(house: MailHouse, seconds: int) -> None:
    house.time.move(seconds)
    await house.settled()


async def refused(call: object) -> Problem:
    with pytest.raises(Refusal) as caught:
        await call  # type: ignore[misc]  # whatever the test awaits
    return caught.value.problem


# --- turns come, each with its notice, and everybody who has the envelope is told (L1, L9, L12) ---


async def test_stage_and_call_come_in_their_time_and_both_sides_are_told(house: MailHouse) -> None:
    sent = await sent_with_calls(house)
    await move(house, 600)
    assert await house.queue("co-late") == []
    await move(house, 600)
    assert await house.kinds("co-late") == ["call"]
    told = [
        Told(sent.hash, "released", ("co-day",), 1, START + 600),
        Told(sent.hash, "released", ("co-late",), 2, START + 1200),
    ]
    for handle in ("ar-desk", "ar-aide", "co-night", "co-day"):
        assert await house.notices(handle) == told
    (item,) = await house.take("co-late")
    world = house.directory.world
    keys, name = key_pair("ar-desk").public, device_name(world.name, local_id("ar-desk"))
    call = open_line(item.payload, Call, name, keys, world.network)
    assert (call.sender, call.contacts, call.stage, call.envelope) == ("ar-desk", ("co-desk",), 2, sent.hash)
    await move(house, 3600)
    assert await house.queue("co-late") == []


async def test_each_step_after_a_restart(house: MailHouse) -> None:
    await sent_with_calls(house)
    for _ in range(3):
        await house.restart()
        await move(house, 600)
    assert await house.kinds("co-day") == ["envelope", "released 1", "released 2"]
    assert await house.kinds("co-late") == ["call"]
    assert await house.kinds("ar-desk") == ["released 1", "released 2"]


async def test_a_turn_that_reaches_nobody_has_its_notice_all_the_same(house: MailHouse) -> None:
    sent = await sent_with_calls(house, calls=[(1200, [])])
    revoke(house.directory, "co-day")
    await move(house, 1200)
    assert [(each.event, each.stage, each.devices) for each in await house.notices("co-night")] == [
        ("released", 1, ()),
        ("released", 2, ()),
    ]
    assert sent.hash


async def test_a_call_waits_for_a_suspended_member_and_is_not_made_to_who_is_out(house: MailHouse) -> None:
    await sent_with_calls(house, to=["ar-aide"], own=[], later=[], calls=[(600, ["co-late", "co-day"])])
    revoke(house.directory, "co-day")
    suspend(house.directory, "co")
    await move(house, 600)
    assert await house.kinds("co-late") == ["call"]
    assert await house.queue("co-day") == []


async def test_nothing_comes_after_the_envelope_has_expired(house: MailHouse) -> None:
    await sent_with_calls(house, lasts=900)
    await move(house, 1200)
    assert await house.queue("co-late") == []
    found = await house.store.read(lambda reading: reading.next_due())
    assert found is not None
    assert found > house.time.now


async def test_an_acceptance_ends_calls_too(house: MailHouse) -> None:
    sent = await sent_with_calls(house)
    line = await house.step("co-night", sent.hash)
    await move(house, 1200)
    assert await house.kinds("ar-aide") == ["envelope", "step", "stopped 1", "stopped 2"]
    assert await house.queue("co-late") == []
    problem = await refused(house.order("ar-desk", sent.hash))
    assert (problem.code, problem.rule, problem.line) == ("clock-stopped", "L11", line.decode())


# --- orders (L10, L11) ---


@pytest.mark.parametrize("who", ["ar-desk", "ar-aide"])
async def test_the_sender_s_side_stops_the_clock(house: MailHouse, who: str) -> None:
    sent = await sent_with_calls(house, stop="never")
    line = await house.order(who, sent.hash)
    assert await house.order(who, sent.hash, at=START + 1) == line  # its answer was lost, and it is signed anew
    other = "ar-aide" if who == "ar-desk" else "ar-desk"
    assert (await refused(house.order(other, sent.hash))).line == line.decode()
    assert (await refused(house.order(who, sent.hash, "hasten", 1))).code == "clock-stopped"
    await move(house, 1200)
    for handle in (other, "co-night"):
        assert (await house.kinds(handle))[-3:] == ["stage", "stopped 1", "stopped 2"]
    assert "stage" not in await house.kinds(who)
    assert (await house.states(sent.hash))["co-day"] == "stopped"
    assert await house.queue("co-late") == []


async def test_hastening_brings_all_up_to_the_turn_and_leaves_the_rest_its_time(house: MailHouse) -> None:
    sent = await sent_with_calls(house, later=[(600, ["co-day"]), (900, [])])
    await house.order("ar-aide", sent.hash, "hasten", 2)
    # The order comes first, or the envelope would come early by nobody's word.
    assert await house.kinds("co-day") == ["stage", "envelope", "hastened 1", "hastened 2"]
    assert await house.kinds("ar-desk") == ["stage", "hastened 1", "hastened 2"]
    await move(house, 1199)
    assert await house.queue("co-late") == []
    await move(house, 1)
    assert await house.kinds("co-late") == ["call"]
    assert (await refused(house.order("ar-aide", sent.hash, "hasten", 3))).code == "turn-over"
    assert (await refused(house.order("ar-desk", sent.hash))).code == "turn-over"


async def test_a_call_is_hastened_with_the_stages_before_it(house: MailHouse) -> None:
    sent = await sent_with_calls(house)
    await house.order("ar-desk", sent.hash, "hasten", 2)
    assert await house.kinds("co-late") == ["call"]
    assert await house.kinds("co-day") == ["stage", "envelope", "hastened 1", "hastened 2"]


async def test_who_may_not_order(house: MailHouse) -> None:
    sent = await sent_with_calls(house)
    assert (await refused(house.order("co-night", sent.hash))).rule == "L10"
    assert (await refused(house.order("co-late", sent.hash))).code == "not-found"  # who is only called
    assert (await refused(house.order("ar-desk", "0" * 64))).code == "not-found"
    line = order_line(house.directory, "ar-desk", sent.hash)
    assert (await refused(house.mail.order(local_id("ar-aide"), sent.hash, line))).code == "not-allowed"
    assert (await refused(house.order("ar-desk", sent.hash, "hasten", 0))).code == "turn-over"
    assert (await refused(house.order("ar-desk", sent.hash, "hasten", 3))).code == "turn-over"
    await move(house, DAY)
    assert (await refused(house.order("ar-desk", sent.hash))).code == "turn-over"
    revoke(house.directory, "ar-desk")
    assert (await refused(house.order("ar-desk", sent.hash))).code == "device-revoked"


# --- taking calls in (M6, M14) ---


async def test_an_envelope_and_its_calls_are_taken_in_together_or_not_at_all(house: MailHouse) -> None:
    sent = envelope(house.directory, calls=[(600, ["co-late"])])
    forged = call_lines(house.directory, sent, contact="co-desk")
    raw = write_submission(Submission(sent, forged))
    assert (await refused(house.mail.submit(local_id("ar-desk"), raw))).rule == "M14"
    assert await house.queue("co-night") == []
    whole = submission(house.directory, sent)
    first = await house.mail.submit(local_id("ar-desk"), whole)
    assert await house.mail.submit(local_id("ar-desk"), whole) == first
    assert [each.number for each in await house.store.read(lambda reading: reading.turns(sent.hash))] == [1]


async def test_who_is_called_counts_like_a_recipient(house: MailHouse) -> None:
    sent = envelope(house.directory, calls=[(600, ["co-late"])])
    nobody = envelope(house.directory, name="nobody", calls=[(600, [])])
    await house.submit(nobody)
    revoke(house.directory, "co-late")
    problem = await refused(house.submit(sent))
    assert (problem.code, problem.rule, problem.devices) == ("recipients-changed", "M6", (local_id("co-late"),))


async def test_nobody_is_called_all_night_by_one_member(house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MEMBER_CALLS", 2)
    for name in ("one", "two"):
        await sent_with_calls(house, name=name, lasts=3000)
    problem = await refused(sent_with_calls(house, name="three"))
    assert (problem.code, problem.rule, problem.devices) == ("quota-full", "M14", (local_id("co-late"),))
    await move(house, LONGEST_EXPIRY)  # not when they have expired: that is the sender's to choose
    await sent_with_calls(house, name="three", now=house.time.now)


# --- the store, and one that an older relay left ---


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailStore]:
    if request.param == "memory":
        yield MemoryMailStore()
        return
    opened = await open_mail_store(tmp_path / "mail.db")
    yield opened
    await opened.close()


async def test_turns_and_orders_are_kept_with_their_envelope(store: MailStore) -> None:
    late = local_id("co-late")
    sent = envelope(Directory(), own=["ar-aide"], later=[(60, ["co-day"])], calls=[(120, ["co-late"])], lasts=600)
    planned = turns(sent.header, sent.hash, START, (b"call",))
    assert planned == [
        Turn(sent.hash, 1, START + 60, START + 600),
        Turn(sent.hash, 2, START + 120, START + 600, "waiting", b"call", (late,)),
    ]
    await put(store, sent)
    assert await store.read(lambda reading: reading.turns(sent.hash)) == planned
    assert await store.read(lambda reading: reading.due(START + 120, 9)) == planned
    assert await store.read(lambda reading: reading.due(START + 600, 9)) == []
    assert await store.read(lambda reading: reading.calls(late, "ar", START + LONGEST_EXPIRY - 1)) == 1
    assert await store.read(lambda reading: reading.calls(late, "ar", START + LONGEST_EXPIRY)) == 0
    assert await store.read(lambda reading: reading.calls(late, "co", START)) == 0
    await store.transact(lambda tx: tx.set_turn(planned[0], "done"))
    assert [each.number for each in await store.read(lambda reading: reading.due(START + 120, 9))] == [2]
    await store.transact(lambda tx: tx.expire_turns(START + 599))
    assert [each.state for each in await store.read(lambda reading: reading.turns(sent.hash))] == ["done", "waiting"]
    await store.transact(lambda tx: tx.expire_turns(START + 600))
    assert [each.state for each in await store.read(lambda reading: reading.turns(sent.hash))] == ["done", "expired"]
    order = Ordered(local_id("ar-aide"), "hasten", 1, b"order")
    await store.transact(lambda tx: tx.add_order(sent.hash, order))
    assert await store.read(lambda reading: reading.orders(sent.hash)) == [order]

    def end(tx: Transaction) -> None:
        for each in tx.deliveries(sent.hash):
            tx.close(each, "expired")

    await store.transact(end)
    await store.transact(lambda tx: tx.forget(START + 365 * DAY, 9))
    assert await store.read(lambda reading: reading.turns(sent.hash)) == []
    assert await store.read(lambda reading: reading.orders(sent.hash)) == []
    await store.transact(lambda tx: take_in(tx, sent))  # nothing of it was left behind


async def test_what_an_older_relay_left_goes_on(tmp_path: Path) -> None:
    """`mail-2.sql` is a file that version 2 of the schema left, its ciphertexts cut short: an envelope with two stages
    to come, one that was accepted, one that expires before its stage."""
    with closing(sqlite3.connect(tmp_path / "mail.db")) as frozen:
        frozen.executescript(FROZEN.read_text())
    (tmp_path / "mail.db").chmod(0o600)
    async with MailHouse(tmp_path, "sqlite") as house:
        await house.settled()
        queue = await house.kinds("ar-desk")
        await move(house, 600)
        assert await house.kinds("co-day") == ["envelope", "released 1"]
        assert (await house.kinds("ar-desk"))[len(queue) :] == ["expired 0", "released 1"]
        await move(house, 600)
        assert await house.kinds("co-late") == ["envelope", "released 2"]
        assert (await house.kinds("ar-aide"))[-2:] == ["released 1", "released 2"]
        with closing(sqlite3.connect(tmp_path / "mail.db")) as there:
            assert {each for (each,) in there.execute("SELECT state FROM turns")} == {"done", "expired"}
