"""What `enlace watch --on-message` runs: one at a time, beside the stream, and told nothing of a message."""

import asyncio
import os
from dataclasses import dataclass, field

from desk.terminal import Terminal

COMMAND_SECONDS = 60
MOST_WAITING = 2  # one that runs, one that waits; for a flood of messages it need not run once each


@dataclass
class OnMessage:
    """A line for the shell, or none; `desk` is what ENLACE_FOR says to it."""

    terminal: Terminal
    command: str | None
    desk: str
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    def begin(self) -> None:
        """Run it once more, unless one waits to run already."""
        if self.command and len(self._tasks) < MOST_WAITING:
            task = asyncio.create_task(self._run(self.command))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def finished(self) -> None:
        """Return when all that were begun have ended."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """End what runs."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, command: str) -> None:
        async with self._one:
            environ = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_PASSPHRASE")}
            environ["ENLACE_FOR"] = self.desk
            if self.terminal.plays:
                environ["ENLACE_EXERCISE"] = "1"
            process = await asyncio.create_subprocess_shell(command, stdin=asyncio.subprocess.DEVNULL, env=environ)
            try:
                status = await asyncio.wait_for(process.wait(), COMMAND_SECONDS)
            except TimeoutError:
                self.terminal.warn(f"the command for messages ran longer than {COMMAND_SECONDS} s and was ended")
                return
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            if status != 0:
                self.terminal.warn(f"the command for messages failed ({status})")
