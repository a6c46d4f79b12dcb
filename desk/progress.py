"""How whoever waits is told how far something has got."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told what it is, how much is done, and how much there is."""


def silent(what: str, done: int, whole: int) -> None:
    """Progress that nobody watches."""
