"""What a program waits for by the machine's own clock: the same on a machine that is busy, unlike the time it takes.

waits = Waits()
async with waits.looked_at():        # tasks that are begun with `waits.context` are looked at
    waits.begin()
    ...
waits.seconds                        # 0.0 where everything went on upon what came, and never slept
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any

_LOOKED_AT: ContextVar[bool] = ContextVar("looked at", default=False)


@dataclass
class Waits:
    """The timers of a loop that ran out, of those tasks, since `begin`: of each only what was left of it then."""

    ran_out: list[float] = field(default_factory=list)
    began: float = 0.0

    @property
    def context(self) -> Context:
        """What a task is begun with whose timers, and those of whatever it begins, are looked at."""
        found = copy_context()
        found.run(_LOOKED_AT.set, True)
        return found

    @property
    def seconds(self) -> float:
        """All of it, as if one had come after the other: what was waited for is no more."""
        return sum(self.ran_out)

    @property
    def took(self) -> float:
        """Seconds since `begin`, however busy the machine was."""
        return asyncio.get_running_loop().time() - self.began

    def begin(self) -> None:
        """What ran out before counts no more."""
        self.began = asyncio.get_running_loop().time()
        self.ran_out.clear()

    @asynccontextmanager
    async def looked_at(self) -> AsyncIterator[None]:
        """While in here, the timers of the loop are."""
        loop = asyncio.get_running_loop()
        before = loop.call_at

        def call_at(
            when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
        ) -> asyncio.TimerHandle:
            made, ours = loop.time(), (context or copy_context()).get(_LOOKED_AT, False)

            def run_out(*given: Any) -> None:
                if ours:
                    self.ran_out.append(when - max(made, self.began))
                callback(*given)

            return before(when, run_out, *args, context=context)

        loop.call_at = call_at  # type: ignore[method-assign,assignment]  # the loop of this test alone
        try:
            yield
        finally:
            loop.call_at = before  # type: ignore[method-assign]  # as above
