"""What is collected seldom while a directory is read is collected as usual by whoever goes on."""

import asyncio
import gc
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from config.processors import collect_as_usual, collect_seldom
from desk.terminal import until_signal
from relay.witness import commands as witness_commands

USUAL = gc.get_threshold()


@pytest.fixture(autouse=True)
def seldom() -> Iterator[None]:
    collect_seldom()
    assert gc.get_threshold()[0] > 10 * USUAL[0]
    yield
    gc.set_threshold(*USUAL)


def test_it_is_taken_back() -> None:
    collect_as_usual()
    assert gc.get_threshold() == USUAL


def test_who_never_asked_for_it_keeps_what_is() -> None:
    gc.set_threshold(123, 4, 5)
    collect_as_usual()
    assert gc.get_threshold() == (123, 4, 5)


async def looked(*_: object) -> None:
    assert gc.get_threshold() == USUAL


async def test_a_command_that_goes_on_collects_as_usual() -> None:
    await until_signal(looked())


def test_a_witness_collects_as_usual() -> None:
    asyncio.run(witness_commands._until_signal(SimpleNamespace(), looked))  # type: ignore[arg-type]  # never looked at


# A relay: see `wire_fuzz`, which measures the memory of one while connections come and go.
