"""Enter, pressed at the terminal at which a watch runs."""

import asyncio
import sys
import threading
from collections.abc import Callable


def on_enter(act: Callable[[], None]) -> None:
    """Call `act` in this loop whenever Enter is pressed at the terminal, if there is one; its thread dies with us."""
    if sys.stdin is None or not sys.stdin.isatty():
        return
    loop = asyncio.get_running_loop()

    def read() -> None:
        for _ in sys.stdin:
            try:
                loop.call_soon_threadsafe(act)
            except RuntimeError:  # the loop has ended
                return

    threading.Thread(target=read, name="enter", daemon=True).start()
