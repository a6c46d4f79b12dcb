"""How a command that is told to end does so in order: what it has not finished is removed, and no read is waited for.

1. SIGTERM and SIGHUP end it as Ctrl-C does: by KeyboardInterrupt. One that the process was started to ignore (nohup)
   stays ignored.
2. Only the first of them counts. Another, while what is unfinished is being removed, would leave it there.
3. Python looks at signals between its own steps. One that comes right before a read begins, or to another thread, does
   not break the read off. So whatever may wait for its input waits for a signal too (`wait_until_readable`).

Windows tells nobody of input that waits: there a read ends first.
"""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from desk import host

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def ended_in_order() -> Iterator[int | None]:
    """Rules 1 and 2 within; yields what can be read from when a signal has come (None: nothing of the kind here)."""
    if current_thread() is not main_thread():  # which alone hears of signals
        yield None
        return
    heeded = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]

    def end(number: int, frame: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    with _woken() as woken:
        before = {number: signal.signal(number, end) or signal.SIG_DFL for number in heeded}
        try:
            yield woken
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def wait_until_readable(descriptor: int, woken: int | None) -> None:
    """Return when there is something to read, or the end of it; raises KeyboardInterrupt if a signal says so first."""
    if host.WINDOWS:
        return
    awaited = [descriptor] if woken is None else [descriptor, woken]
    while descriptor not in (ready := select.select(awaited, [], [])[0]):
        # By now the handler has run, if it is one of ours; what is left is a signal that ends nothing.
        for each in ready:
            os.read(each, 4096)


@contextmanager
def _woken() -> Iterator[int | None]:
    if host.WINDOWS:
        yield None
        return
    woken, waking = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waking, False)
    before = signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    try:
        yield woken
    finally:
        signal.set_wakeup_fd(before)
        os.close(woken)
        os.close(waking)
