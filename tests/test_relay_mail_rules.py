"""The rules of the mailbox and of release: a table of what is refused, and why."""

from typing import Any

import msgspec
import pytest
from directory_world import START, local_id, officer_id
from hypothesis import given
from hypothesis import strategies as st
from mail_world import DAY, KEY, Directory, header, revoke, suspend

from directory.keyset import LONGEST_EXPIRY
from directory.statement import RevokeOfficer
from relay.protocol.problems import Refusal
from relay.rules.mailbox import (
    Bucket,
    Load,
    Room,
    check_attachments,
    check_member,
    check_own_queue,
    check_room,
    check_same,
    check_submission,
    queued_devices,
    take_token,
)
from relay.rules.release import Stood, check_stepping, earlier_step, next_lapse, plan, reach, told


@pytest.fixture
def directory() -> Directory:
    return Directory()


def refused(call: Any, *args: Any) -> tuple[str, str]:
    """Code and rule of the refusal that a call ends in."""
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value.problem.code, caught.value.problem.rule


def submission(
    directory: Directory, now: int = START, device: str = "", keys: Any = None, **fields: Any
) -> tuple[Any, ...]:
    made = header(directory, **fields)
    return made, device or made.sender, directory.view, now, keys or {}


def test_a_good_envelope_is_taken(directory: Directory) -> None:
    check_submission(
        *submission(directory, to=["co-night", "co-day"], later=[(600, ["co-late"])], own=["ar-desk", "ar-aide"])
    )


@pytest.mark.parametrize(
    ("fields", "code", "rule"),
    [
        ({"device": local_id("co-night")}, "not-allowed", "M1"),
        ({"sender": "ar-clerk"}, "not-allowed", "M1"),
        ({"sender": "nobody"}, "device-unknown", ""),
        ({"network": "0" * 64}, "malformed", "M2"),
        ({"tree_size": 10_000}, "unavailable", "M3"),
        ({"now": START + DAY}, "expiry-invalid", "M4"),
        ({"time": START + 301, "expires": START + 400}, "expiry-invalid", "M4"),
        ({"expires": START + LONGEST_EXPIRY + 301}, "expiry-invalid", "M4"),
        ({"own": ["co-day"]}, "malformed", "M5"),
        ({"own": ["nobody"]}, "malformed", "M5"),
        ({"to": ["nobody"]}, "recipients-changed", "M6"),
        ({"to": ["co-night"], "later": [(60, ["nobody"])]}, "recipients-changed", "M6"),
        ({"tree_size": 3}, "recipients-changed", "M7"),
        ({"keys": {local_id("co-night"): frozenset({"f" * 16})}}, "recipients-changed", "M8"),
        ({"keys": {local_id("ar-aide"): frozenset()}, "own": ["ar-aide"]}, "recipients-changed", "M8"),
    ],
)
def test_what_is_refused(directory: Directory, fields: dict[str, Any], code: str, rule: str) -> None:
    assert refused(check_submission, *submission(directory, **fields)) == (code, rule)


def test_a_key_of_the_newest_key_set_is_taken(directory: Directory) -> None:
    check_submission(*submission(directory, keys={local_id("co-night"): frozenset({KEY, "f" * 16})}))


def test_a_revoked_sender_and_a_suspended_one_are_told_apart(directory: Directory) -> None:
    suspend(directory, "ar")
    assert refused(check_submission, *submission(directory))[0] == "member-suspended"
    check_submission(*submission(directory, now=START + DAY, lasts=2 * DAY))
    fresh = Directory()
    revoke(fresh, "ar-desk")
    assert refused(check_submission, *submission(fresh))[0] == "device-revoked"


def test_changes_since_the_senders_tree_size_name_the_devices(directory: Directory) -> None:
    made = header(directory, to=["co-night", "co-day"], own=["ar-aide"])
    directory.admit(directory.world.enrolling("co-day/2", "co-day"), "co-chief")
    with pytest.raises(Refusal) as caught:
        check_submission(made, made.sender, directory.view, START, {})
    assert caught.value.problem.devices == (local_id("co-day"),)
    again = msgspec.structs.replace(made, tree_size=directory.view.size)
    check_submission(again, again.sender, directory.view, START, {})


def test_a_change_of_the_senders_own_side_counts_too(directory: Directory) -> None:
    made = header(directory, own=["ar-aide"])
    revoke(directory, "ar-aide")
    assert refused(check_submission, made, made.sender, directory.view, START, {})[0] == "recipients-changed"


def test_a_suspended_recipient_is_refused_and_counts_again_afterwards(directory: Directory) -> None:
    suspend(directory, "co")
    assert refused(check_submission, *submission(directory)) == ("recipients-changed", "M6")
    check_submission(*submission(directory, now=START + DAY, lasts=2 * DAY))


def test_the_same_id_means_the_same_bytes() -> None:
    check_same("a" * 64, "a" * 64)
    assert refused(check_same, "a" * 64, "b" * 64) == ("envelope-conflict", "M9")


@pytest.mark.parametrize(
    ("uploader", "there"),
    [("ar-desk", True), ("ar-aide", True), ("co-night", False), ("nobody", False), ("", False)],
)
def test_an_attachment_comes_from_the_senders_member(directory: Directory, uploader: str, there: bool) -> None:
    made = header(directory, attachments=["a" * 64])
    uploaders = frozenset({local_id(uploader)} if uploader else ())
    call = (check_attachments, made, made.sender, directory.view, lambda _: uploaders)
    if there:
        assert call[0](*call[1:]) == {"a" * 64: uploaders}
    else:
        assert refused(*call) == ("attachment-missing", "M10")


def test_uploads_of_other_members_are_not_the_senders(directory: Directory) -> None:
    made, both = header(directory, attachments=["a" * 64]), frozenset(map(local_id, ["ar-aide", "co-night"]))
    assert check_attachments(made, made.sender, directory.view, lambda _: both) == {
        "a" * 64: frozenset({local_id("ar-aide")})
    }


def test_room_counts_items_and_bytes_and_names_the_full(directory: Directory) -> None:
    made = header(directory, to=["co-night", "co-day"], own=["ar-desk"])
    night, day = local_id("co-night"), local_id("co-day")
    room = Room(Load(10, 1000), Load(10, 1000), 0)
    shares = {night: {"ar": Load(9, 900)}, day: {"ar": Load(4, 4), "ec": Load(6, 6)}}
    with pytest.raises(Refusal) as caught:
        check_room(made, 50, "ar", lambda device: shares.get(device, {}), room)
    assert caught.value.problem.devices == (day,)
    del shares[day]
    check_room(made, 100, "ar", lambda device: shares.get(device, {}), room)
    assert refused(check_room, made, 101, "ar", lambda device: shares.get(device, {}), room) == ("quota-full", "M11")


@pytest.mark.parametrize(
    ("mine", "size", "fits"),
    [
        (Load(), 900, True),  # more than a share, but the first
        (Load(), 901, False),  # more than the queue takes
        (Load(1, 100), 150, True),
        (Load(1, 100), 151, False),
        (Load(2, 2), 1, True),
        (Load(3, 3), 1, False),
    ],
)
def test_a_member_has_a_share_of_each_queue(directory: Directory, mine: Load, size: int, fits: bool) -> None:
    made, night = header(directory), local_id("co-night")
    shares = {night: {"ec": Load(5, 100)} | ({"ar": mine} if mine.items else {})}
    call = (check_room, made, size, "ar", lambda device: shares[device], Room(Load(10, 1000), Load(3, 250), 0))
    if fits:
        call[0](*call[1:])
    else:
        assert refused(*call) == ("quota-full", "M11")


def test_what_one_member_may_leave_with_the_relay() -> None:
    room = Room(Load(), Load(), 1000)
    check_member(100, 900, room)
    assert refused(check_member, 101, 900, room) == ("quota-full", "M13")


def test_a_sender_fetches_before_its_own_queue_is_full() -> None:
    check_own_queue("me", Load(9, 999), Load(10, 1000))
    for full in (Load(10, 0), Load(0, 1000)):
        with pytest.raises(Refusal) as caught:
            check_own_queue("me", full, Load(10, 1000))
        assert caught.value.problem.devices == ("me",)


def test_the_sender_gets_no_copy_on_its_own_side(directory: Directory) -> None:
    made = header(directory, to=["co-night"], later=[(600, ["co-late"])], own=["ar-desk", "ar-aide"])
    assert queued_devices(made) == tuple(map(local_id, ["co-night", "co-late", "ar-aide"]))
    planned = plan(made, START)
    assert [each.device for each in planned] == list(queued_devices(made))
    assert [(each.stage, each.own, each.due) for each in planned] == [
        (0, False, START),
        (1, False, START + 600),
        (0, True, START),
    ]


@given(st.lists(st.integers(0, 30), max_size=80), st.integers(1, 5), st.integers(1, 120))
def test_no_sender_gets_more_than_its_pace(waits: list[int], burst: int, a_minute: int) -> None:
    now, bucket, taken = 0, None, 0
    for wait in waits:
        now += wait
        try:
            bucket = take_token(bucket, now, burst, a_minute)
            taken += 1
        except Refusal as refusal:
            later = now + refusal.problem.retry_after
            take_token(bucket, later, burst, a_minute)  # what it was told is true
    assert taken <= burst + now * a_minute / 60


def test_a_clock_set_back_gives_no_tokens() -> None:
    assert refused(take_token, Bucket(0, 100), 50, 10, 60) == ("throttled", "M12")


def test_reach_tells_held_from_gone(directory: Directory) -> None:
    device = local_id("co-night")
    assert reach(directory.view, device, START) == "live"
    assert reach(directory.view, local_id("nobody"), START) == "gone"
    suspend(directory, "co")
    assert reach(directory.view, device, START) == "held"
    assert reach(directory.view, device, START + DAY) == "live"
    directory.world.now = START + DAY
    revoking = directory.world.say(RevokeOfficer, officer=officer_id("co-night"), reason="left")
    directory.admit(revoking, "co-chief", "co-deputy")
    assert reach(directory.view, device, START + DAY) == "gone"


def test_the_next_lapse_is_that_of_a_suspension_in_force(directory: Directory) -> None:
    assert next_lapse(directory.view, START) is None
    suspend(directory, "co", 100)
    suspend(directory, "ar", 50)
    assert next_lapse(directory.view, START) == START + 50
    assert next_lapse(directory.view, START + 50) == START + 100
    assert next_lapse(directory.view, START + 100) is None


def test_who_is_told(directory: Directory) -> None:
    made = header(directory, own=["ar-desk", "ar-aide"])
    assert told(made, directory.view, START) == (local_id("ar-desk"),)
    revoke(directory, "ar-desk")
    assert told(made, directory.view, START) == (local_id("ar-aide"),)
    revoke(directory, "ar-aide")
    assert told(made, directory.view, START) == ()


def test_only_recipients_of_a_released_stage_step() -> None:
    check_stepping(own=False, released=True)
    assert refused(check_stepping, True, True) == ("not-allowed", "L4")
    assert refused(check_stepping, False, False) == ("not-allowed", "L4")


A_ACCEPTED, A_AGAIN = Stood("a", "accepted", b"1"), Stood("a", "accepted", b"1 signed anew")
A_REFUSED, B_ACCEPTED, B_REFUSED = (
    Stood("a", "refused", b"2"),
    Stood("b", "accepted", b"3"),
    Stood("b", "refused", b"4"),
)


@pytest.mark.parametrize(
    ("stood", "new", "expected"),
    [
        ([], A_ACCEPTED, None),
        ([A_ACCEPTED], A_ACCEPTED, A_ACCEPTED),
        ([A_ACCEPTED], A_AGAIN, A_ACCEPTED),
        ([A_ACCEPTED], B_ACCEPTED, "1"),
        ([A_ACCEPTED], B_REFUSED, "1"),
        ([A_ACCEPTED], A_REFUSED, "1"),
        ([A_REFUSED], A_ACCEPTED, None),
        ([A_REFUSED], B_ACCEPTED, None),
        ([A_REFUSED], B_REFUSED, None),
        ([A_REFUSED], A_REFUSED, A_REFUSED),
        ([A_REFUSED, B_ACCEPTED], A_REFUSED, A_REFUSED),
        ([A_REFUSED, B_ACCEPTED], A_ACCEPTED, "3"),
        ([A_REFUSED, A_ACCEPTED], A_ACCEPTED, A_ACCEPTED),
    ],
)
def test_which_step_stands(stood: list[Stood], new: Stood, expected: Stood | str | None) -> None:
    if isinstance(expected, str):
        with pytest.raises(Refusal) as caught:
            earlier_step(stood, new)
        assert (caught.value.problem.code, caught.value.problem.line) == ("already-decided", expected)
    else:
        assert earlier_step(stood, new) == expected
