"""A process that is killed (SIGKILL) at a chosen line: a copy of this one, which ends before or after a call.

    killed(lambda: office.run("co-admin", "erase", …), "desk.replica.ReplicaStore.advance", "after")

Nothing is cleaned up in it, as after a power failure: no transaction is ended, no file is closed, no lock given back.
"""

import inspect
import os
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any, Literal
from unittest.mock import patch

CAN_KILL = hasattr(os, "fork") and hasattr(signal, "SIGKILL")


def killed(work: Callable[[], object], called: str, moment: Literal["before", "after"]) -> None:
    """Do `work` in another process, which dies before or after it calls the function `called` for the first time."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(called, moment, work)
        finally:
            os._exit(0)  # it should not have come so far
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{called} was never called"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _die_at(called: str, moment: str, work: Callable[[], object]) -> None:
    owner, _, name = called.rpartition(".")
    target = getattr(_found(owner), name)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def plain(*args: Any, **kwargs: Any) -> Any:
        if moment == "after":
            target(*args, **kwargs)
        die()

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        if moment == "after":
            await target(*args, **kwargs)
        die()

    with patch(called, awaited if inspect.iscoroutinefunction(target) else plain):
        work()


def _found(path: str) -> Any:
    """A module, or a class in one."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)
