"""How a memory store fails when a test asks it to: as a disk can, in both ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from relay.store.contract import StoreFailed

Fault = Literal["lost", "unknown"]


class Faults:
    """`fail_next("lost")` makes the next change fail and leave nothing; "unknown" keeps it and reports a failure.

    While `readable` is False every read fails, while `writable` is False every change.
    """

    def __init__(self) -> None:
        self._next: list[Fault] = []
        self.writable = True
        self.readable = True

    def fail_next(self, *faults: Fault) -> None:
        """Have the next changes fail so, in turn."""
        self._next.extend(faults)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Around every change."""
        fault = self._next.pop(0) if self._next else None
        if fault == "lost" or not self.writable:
            raise StoreFailed("the disk failed before it wrote")
        yield
        if fault == "unknown":
            raise StoreFailed("the disk failed after it wrote")

    def look(self) -> None:
        """Before every read."""
        if not self.readable:
            raise StoreFailed("the disk failed to read")

    async def check_writable(self) -> None:
        """As the contract says."""
        if not self.writable:
            raise StoreFailed("the disk is full")
