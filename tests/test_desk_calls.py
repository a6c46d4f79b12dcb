"""Calls at the desk: what one says, and which of them a called desk believes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_intake import HASH, Desk
from desk_world import message, network
from directory_world import World, key_pair, local_id

from desk.mail.message import MessageCall, MessageStage
from desk.mail.sealing import waits_for
from directory.statement import RevokeDevice
from relay.protocol.lines import Call, device_name, write_line


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


def call(world: World, **fields: Any) -> bytes:
    """A call by `co-desk`'s device to this desk."""
    usual: dict[str, Any] = {
        "network": world.network, "envelope": HASH, "at": world.now, "device": local_id("co-night"),
        "sender": "co-desk", "contacts": ("ec-desk",), "precedence": "flash", "stage": 1, "after": 600,
        "devices": (local_id("ec-night"),),
    }  # fmt: skip
    line = Call(**(usual | fields))
    return write_line(line, device_name(world.name, line.device), key_pair("co-night"))


def test_a_call_to_this_desk_is_kept(here: Desk) -> None:
    here.line_arrives(call(here.world), "call")
    taken = here.take()
    assert ([each.kind for each in taken.lines], taken.refused) == (["call"], [])


def test_the_relay_wakes_nobody_with_a_call_meant_for_others(here: Desk) -> None:
    here.line_arrives(call(here.world, devices=(local_id("ec-day"),)), "call")
    taken = here.take()
    assert taken.lines == []
    assert taken.refused[0].startswith("a call that whoever signed it did not make to this desk")


def test_a_stolen_laptop_calls_nobody(here: Desk) -> None:
    world = here.world
    before = call(world, at=world.now - 1)
    world.admit(world.say(RevokeDevice, device=local_id("co-night"), reason="lost"), "co-chief", "co-deputy")
    here.line_arrives(call(world, at=world.now + 60), "call")
    assert here.take().refused[0].startswith("a call signed after its device was revoked")
    here.line_arrives(before, "call")
    assert len(here.take().lines) == 1


def test_who_is_called_learns_of_no_other_members_contact() -> None:
    world = network()
    sent = message(world, stages=(MessageStage(after=0, contacts=("co-desk", "ec-desk")),))
    view = world.view
    assert waits_for(view, sent, MessageCall(after=600, administrators=("co",))) == ("co-desk",)
    assert waits_for(view, sent, MessageCall(after=600, contacts=("ec-desk",))) == ("ec-desk",)
    assert waits_for(view, sent, MessageCall(after=600, administrators=("pe",))) == ("co-desk", "ec-desk")
