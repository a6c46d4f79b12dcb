"""What this process may use of the machine, and how it shares work out."""

import gc
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")
_USUAL, _SELDOM = gc.get_threshold(), (100_000, 50, 50)


def processors() -> int:
    """How many processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not every system can say
        return os.cpu_count() or 1


def spread(work: Callable[[Sequence[T]], list[U]], items: Sequence[T]) -> list[U]:
    """What `work` makes of shares of `items`, one a processor, each in a thread: for work that Python's lock does not
    hold up. The order of the results says nothing. Where the system gives no thread, all of it is done here."""
    threads = processors()
    if threads < 2:
        return work(items)
    try:
        with ThreadPoolExecutor(threads, "spread") as pool:
            shares = list(pool.map(work, [items[first::threads] for first in range(threads)]))
    except RuntimeError:  # can't start new thread
        return work(items)
    return [each for share in shares for each in share]


def collect_seldom() -> None:
    """Have Python look for unreachable cycles less often.

    A directory is hundreds of thousands of records without a cycle, which live as long as the process. By default they
    are looked through again and again while they are made, for a third of the whole time. A process that goes on
    afterwards says `collect_as_usual`: a closed connection is such a cycle, and holds on to 100 KiB.
    """
    gc.set_threshold(*_SELDOM)


def collect_as_usual() -> None:
    """Take `collect_seldom` back; what is there by now is taken for what lives as long as the process."""
    if gc.get_threshold() == _SELDOM:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_USUAL)
