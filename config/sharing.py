"""Work shared out among processors: first in threads, and, where it turns out to be much, in processes of its own.

1. Threads cost nothing to begin with, and gain little: between two pieces of work each waits for Python's lock. A
   process takes a third of a second to start; so the first is started when `MUCH` was asked for.
2. What is sent there has to be public: a process is another place where it can be read.
3. Where the system gives no process, or one dies, the work is done here. What comes of it is the same.
4. Whoever shares work out says when it is over (`with`): then every process ends. They end too when this one is killed.
   An interrupt at the terminal is for this one to heed.
"""

import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self, TypeVar

from config.processors import processors

T = TypeVar("T")
U = TypeVar("U")
Work = Callable[[Sequence[T]], list[U]]
MUCH = 4000  # things, such as signatures: a third of a second's work


class Sharing:
    """Where work is done on many things at once. Used by one thread at a time."""

    def __init__(self, count: int | None = None) -> None:
        self._count = processors() if count is None else count
        self._asked = 0
        self._threads: ThreadPoolExecutor | None = None
        self._processes: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in (self._threads, self._processes):
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)
        self._threads = self._processes = None

    def begin(self, work: Work[T, U], items: Sequence[T]) -> Callable[[], Sequence[U]]:
        """Begin `work` on `items`; what it gives waits for what came of each, in their order."""
        self._asked += len(items)
        if self._count < 2:
            return lambda: work(items)
        try:
            if self._asked <= MUCH:
                return self._in_threads(work, items)
            return self._in_processes(work, items)
        except (OSError, RuntimeError, ImportError):  # no thread, no process, no semaphores to be had
            self._count = 1
            return lambda: work(items)

    def _in_threads(self, work: Work[T, U], items: Sequence[T]) -> Callable[[], Sequence[U]]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._count, "sharing")
        share = max(1, -(-len(items) // self._count))
        begun = [self._threads.submit(work, items[at : at + share]) for at in range(0, len(items), share)]
        return lambda: [each for one in begun for each in one.result()]

    def _in_processes(self, work: Work[T, U], items: Sequence[T]) -> Callable[[], Sequence[U]]:
        if self._processes is None:
            # This process parses and judges meanwhile: where there are two processors one more is enough.
            self._processes = ProcessPoolExecutor(self._count - 1, get_context("spawn"), initializer=_alone)
        begun = self._processes.submit(work, items)
        return lambda: self._result(begun, work, items)

    def _result(self, begun: "Future[list[U]]", work: Work[T, U], items: Sequence[T]) -> list[U]:
        try:
            return begun.result()
        except (BrokenProcessPool, pickle.PicklingError):
            self._count = 1
            return work(items)


def _alone() -> None:
    """What a process for work does first (rule 4)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_with_parent, daemon=True).start()


def _with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
