"""A process that is killed (SIGKILL) at a chosen line: a copy of this one, which ends before or after a call.

    killed(lambda: office.run("co-admin", "erase", …), "desk.replica.store.ReplicaStore.advance", "after")

Nothing is cleaned up in it, as after a power failure: no transaction is ended, no file is closed, no lock given back.
"""

import inspect
import os
import signal
import warnings
from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any, Literal
from unittest.mock import patch

Moment = Literal["before", "after"]
CAN_KILL = hasattr(os, "fork") and hasattr(signal, "SIGKILL")


def killed(work: Callable[[], object], called: str, moment: Moment, which: int = 1) -> None:
    """Do `work` in another process, which dies before or after it calls the function `called` for the first time.

    `which`: or for the second time, and so on.
    """
    with warnings.catch_warnings():  # threads are not copied: nothing here needs them
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            _die_at(called, moment, work, which)
        finally:
            os._exit(0)  # it should not have come so far
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{called} was never called"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _die_at(called: str, moment: Moment, work: Callable[[], object], which: int) -> None:
    owner, _, name = called.rpartition(".")
    target, calls = getattr(_found(owner), name), count(1)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def plain(*args: Any, **kwargs: Any) -> Any:
        if (last := next(calls) == which) and moment == "before":
            die()
        result = target(*args, **kwargs)
        return die() if last else result

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        if (last := next(calls) == which) and moment == "before":
            die()
        result = await target(*args, **kwargs)
        return die() if last else result

    with patch(called, awaited if inspect.iscoroutinefunction(target) else plain):
        work()


def _found(path: str) -> Any:
    """A module, or a class in one."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)
