"""What the rest of the relay needs of the directory: the newest view, and to be told when it changes."""

from collections.abc import Callable
from typing import Protocol

from directory.view import View

Clock = Callable[[], int]
"""Unix seconds; only the entry point hands in the real one."""


class Views(Protocol):
    """The relay's directory as the mail side sees it."""

    @property
    def view(self) -> View:
        """The newest view; never changed in place."""

    def on_change(self, callback: Callable[[View, View], None]) -> None:
        """Have `callback(old, new)` called, on the event loop, after each append that was stored."""
