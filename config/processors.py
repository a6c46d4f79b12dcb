"""What this process may use of the machine."""

import gc
import os

_USUAL, _SELDOM = gc.get_threshold(), (100_000, 50, 50)


def processors() -> int:
    """How many processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # not every system can say
        return os.cpu_count() or 1


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
