"""A stream for logs that never makes its writer wait: whoever reads the log may be slow, stuck or gone.

A thread writes what is handed over. Where too many lines wait they are dropped, and counted. **Fails open**: a stuck
log stops no work.
"""

from queue import Full, Queue
from threading import Thread
from typing import TextIO


class Unhurried:
    """Hands lines to `stream`; at most `most` wait for it, and `lost` counts those that were dropped."""

    def __init__(self, stream: TextIO, most: int = 10_000) -> None:
        self._stream, self.lost = stream, 0
        self._lines: Queue[str | None] = Queue(most)
        self._thread = Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Hand a line over, or drop it."""
        try:
            self._lines.put_nowait(text)
        except Full:
            self.lost += 1
        return len(text)

    def flush(self) -> None:
        """Nothing: the thread flushes when it has caught up."""

    def close(self, seconds: float = 2.0) -> None:
        """Write what waits, for at most so many seconds."""
        try:
            self._lines.put(None, timeout=seconds)
        except Full:
            return
        self._thread.join(seconds)

    def _write(self) -> None:
        while (text := self._lines.get()) is not None:
            try:
                self._stream.write(text)
                if self._lines.empty():
                    self._stream.flush()
            except (OSError, ValueError):  # whoever read it is gone
                self.lost += 1
