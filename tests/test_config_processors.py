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


async def thresholds(*found: object) -> None:
    """Put what is in force while it runs into the last of what it is given, a list."""
    seen = found[-1]
    assert isinstance(seen, list)
    seen.append(gc.get_threshold())


async def test_a_command_that_goes_on_collects_as_usual() -> None:
    seen: list[tuple[int, int, int]] = []
    await until_signal(thresholds(seen))
    assert seen == [USUAL]


def test_a_witness_collects_as_usual() -> None:
    seen: list[tuple[int, int, int]] = []

    async def work(*_: object) -> None:
        await thresholds(seen)

    asyncio.run(witness_commands._until_signal(SimpleNamespace(), work))  # type: ignore[arg-type]  # never looked at
    assert seen == [USUAL]


# A relay: see `wire_fuzz`, which measures the memory of one while connections come and go.
