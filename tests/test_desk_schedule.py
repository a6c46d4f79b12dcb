"""The schedule of a message: each state of a turn by the lines that make it, what comes next, and what is wrong."""

from typing import Any

import msgspec
import pytest

from desk.mail.content import Text
from desk.mail.message import Message, MessageCall, MessageStage, Sender
from desk.mail.schedule import GRACE, WRONG, Schedule, schedule
from relay.protocol.lines import Event, Notice, StageOrder, Step

T = 1_767_225_600
OFFICER, COLLEAGUE, DEVICE = "77" * 32, "88" * 32, "99" * 32
ABOUT: dict[str, Any] = {"network": "5f" * 32, "envelope": "ab" * 32}
MESSAGE = Message(
    id="1b" * 16,
    network="5f" * 32,
    sender=Sender(contact="ar-desk", device=COLLEAGUE),
    stages=(
        MessageStage(after=0, contacts=("co-desk",)),
        MessageStage(after=600, contacts=("co-court",)),
        MessageStage(after=1200, contacts=("co-police",)),
    ),
    calls=(MessageCall(after=1800, administrators=("co",)),),
    at=T,
    expires=T + 86_400,
    precedence="flash",
    stop="accepted",
    content=Text(subject="s", text="t"),
    checkpoint="c",
)


def notice(event: Event, stage: int, at: int, devices: int = 1) -> Notice:
    return Notice(event=event, stage=stage, at=T + at, devices=(DEVICE,) * devices, **ABOUT)


def order(act: Any, at: int, stage: int = 0) -> StageOrder:
    return StageOrder(act=act, stage=stage, at=T + at, device=COLLEAGUE, **ABOUT)


def step(act: Any, at: int) -> Step:
    return Step(act=act, at=T + at, device=OFFICER, **ABOUT)


def after(now: int, *lines: Notice | Step | StageOrder, received: int = T, joined: int = 0, **changed: Any) -> Schedule:
    message = msgspec.structs.replace(MESSAGE, **changed)
    return schedule(message, received, lines, T + now, joined=joined)


STATES: dict[str, tuple[Schedule, list[str], int | None]] = {
    "not taken in": (after(0, received=0), ["unknown"] * 4, 0),
    "just sent": (after(10), ["done", "waiting", "waiting", "waiting"], 1),
    "at the second": (after(600), ["done", "due", "waiting", "waiting"], 1),
    "at the end of grace": (after(600 + GRACE), ["done", "due", "waiting", "waiting"], 1),
    "after it": (after(601 + GRACE), ["done", "late", "waiting", "waiting"], 1),
    "released": (after(700, notice("released", 1, 600)), ["done", "done", "waiting", "waiting"], 2),
    "released late": (after(2000, notice("released", 1, 601 + GRACE)), ["done", "late", "late", "due"], 2),
    "one left out": (after(1200, notice("released", 2, 1200)), ["done", "skipped", "done", "waiting"], 3),
    "early": (after(99, notice("released", 1, 99)), ["done", "early", "waiting", "waiting"], 2),
    "early, the relay says hastened": (
        after(99, notice("hastened", 1, 99)),
        ["done", "early", "waiting", "waiting"],
        2,
    ),
    "hastened": (
        after(99, order("hasten", 98, 2), notice("hastened", 1, 99), notice("hastened", 2, 99)),
        ["done", "hastened", "hastened", "waiting"],
        3,
    ),
    "an order given only when it had come": (
        after(900, notice("released", 1, 10), order("hasten", 11 + GRACE, 1)),
        ["done", "early", "waiting", "waiting"],
        2,
    ),
    "an order that the relay keeps back": (
        after(100 + GRACE, order("hasten", 99, 1)),
        ["done", "late", "waiting", "waiting"],
        1,
    ),
    "accepted": (after(99, step("accepted", 98)), ["done", "stopped", "stopped", "stopped"], None),
    "accepted, and told": (
        after(99, step("accepted", 98), *(notice("stopped", each, 98) for each in (1, 2, 3))),
        ["done", "stopped", "stopped", "stopped"],
        None,
    ),
    "accepted, and the relay went on": (
        after(901, step("accepted", 299), notice("released", 1, 600)),
        ["done", "unstopped", "stopped", "stopped"],
        None,
    ),
    "accepted while it was released": (
        after(901, step("accepted", 300), notice("released", 1, 600)),
        ["done", "done", "stopped", "stopped"],
        None,
    ),
    "refused": (after(99, step("refused", 98)), ["done", "waiting", "waiting", "waiting"], 1),
    "accepted, and that stops nothing": (
        after(99, step("accepted", 98), stop="never"),
        ["done", "waiting", "waiting", "waiting"],
        1,
    ),
    "stopped by the sender": (after(99, order("stop", 98)), ["done", "stopped", "stopped", "stopped"], None),
    "stopped, the relay says": (
        after(99, notice("stopped", 1, 98)),
        ["done", "skipped", "waiting", "waiting"],
        2,
    ),
    "expired before": (
        after(99, expires=T + 1000),
        ["done", "waiting", "over", "over"],
        1,
    ),
    "a call": (
        after(1900, *(notice("released", each, each * 600) for each in (1, 2, 3))),
        ["done", "done", "done", "done"],
        None,
    ),
    "for whoever joined with stage 2": (
        after(1300, notice("released", 2, 1200), joined=2),
        ["done", "before", "done", "waiting"],
        3,
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state(name: str) -> None:
    found, states, following = STATES[name]
    assert [each.state for each in found.turns] == states
    assert (found.next.number if found.next else None) == following
    assert [each.state for each in found.wrong] == [each for each in states if each in WRONG]


def test_a_turn_says_whom_it_is_for_when_and_by_whom() -> None:
    found = after(99, order("hasten", 98, 1), notice("hastened", 1, 99, 3))
    stage, call = found.turns[1], found.turns[3]
    assert (stage.contacts, stage.due, stage.done, stage.devices, stage.by) == (
        ("co-court",), T + 600, T + 99, 3, COLLEAGUE,
    )  # fmt: skip
    assert (call.call, call.administrators, call.done) == (True, ("co",), 0)
    assert (stage.call, stage.open, call.open) == (False, False, True)


def test_who_ended_the_clock_is_the_first_who_did() -> None:
    found = after(99, order("stop", 98), step("accepted", 97))
    assert found.ended == step("accepted", 97)
    assert {each.by for each in found.turns[1:]} == {OFFICER}
