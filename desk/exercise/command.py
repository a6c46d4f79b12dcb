"""`enlace exercise`: train with a simulated counterpart, and test an installation."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from desk.commands.options import opened, with_passphrase, with_terminal
from desk.demo.own_folder import end_on, new_folder
from desk.demo.stage import TRIAL_WORK_FACTOR, StageError
from desk.errors import Declined, DeskError, NotFound, Usage
from desk.exercise.script import SCRIPTS
from desk.safe_text import line
from desk.terminal import Terminal, run

LANGUAGES = ("es", "en", "pt", "fr")
PAUSE = 2.0


class ExerciseFailed(DeskError):
    """A step of an exercise did not do what it should."""


@click.group(short_help="Train with a simulated counterpart; test an installation.")
def exercise() -> None:
    """Train with a simulated counterpart, and test an installation. Nothing of it is real, and all of it says so.

    `play` shows a whole little exercise; `start` makes one in which you are the officer; `report` says how it went;
    `check` looks at your own desk, and sends nothing. `play` and `start` use a relay, a network and desks of their own,
    on this machine alone: no desk of yours is opened.
    """


_language = click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="What the counterpart writes in."
)


_folder = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Make it in FOLDER, which must not exist yet, and leave it there for `report`.",
)


@exercise.command(short_help="Play a whole little exercise, both sides.")
@_folder
@_language
@with_terminal
def play(terminal: Terminal, folder: Path | None, language: Any) -> None:
    """Play a whole little exercise on this machine, both sides, and report it: the counterpart sends a flash message,
    which is accepted; it answers one message, asks about the next, refuses the third, and is silent on the fourth; it
    consents to its message being passed on, and joins a case, asks, and leaves.

    Without --folder nothing is left behind. Takes a few seconds.
    """
    from desk.exercise.session import Session  # here, and not at the top: it loads much

    terminal.plays = True

    async def work(folder: Path) -> None:
        async with Session.opened(folder, SCRIPTS["mixed"], language) as session:
            await session.both_sides(terminal)

    _played(new_folder(folder) if folder is not None else None, work)


@exercise.command(short_help="Begin an exercise in which you are the officer.")
@click.option("--script", type=click.Choice(list(SCRIPTS)), default="mixed", show_default=True, help="What it does.")
@click.option(
    "--precedence",
    "-p",
    type=click.Choice(["flash", "immediate", "priority", "routine"]),
    default="flash",
    show_default=True,
    help="How urgent its first message is.",
)
@click.option("--quiet", is_flag=True, help="It does not begin: it waits for your first message.")
@click.option("--colleague", is_flag=True, help="A simulated colleague at your own contact hands the duty over to you.")
@_folder
@_language
@with_terminal
def start(
    terminal: Terminal, script: str, precedence: str, quiet: bool, colleague: bool, folder: Path | None, language: Any
) -> None:
    """Begin an exercise, and play the counterpart until Ctrl-C; then say how it went.

    In another terminal you are the officer: a file that is named here makes that shell the desk of the exercise. The
    counterpart does, with each message or request that you send, each consent that you ask for and each case that you
    invite it into, what its script says next: it answers, refuses, stays silent, asks; *mixed* answers the first, asks
    about the second, refuses the third and leaves the fourth. With --colleague somebody else serves your contact too,
    leaves you a note (`enlace duty take-over`), and takes over when you hand over (`enlace duty hand-over`).
    """
    from desk.exercise.session import Session

    terminal.plays = True
    place = new_folder(folder) if folder is not None else None

    async def work(where: Path) -> None:
        async with Session.opened(where, SCRIPTS[script], language, colleague=colleague) as session:
            await session.stays(terminal, "" if quiet else precedence, PAUSE)

    _played(place, work)


@exercise.command(short_help="Say what the trainee of an exercise did.")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@with_terminal
def report(terminal: Terminal, folder: Path) -> int:
    """Say what the trainee of the exercise in FOLDER did: how long until they accepted, what was right, what was
    missing. Told by the counterpart's desk, from what the trainee's desk has signed.

    Exit code 0 if nothing was missing, 3 if something was.
    """
    from desk.exercise.report import lines, plain
    from desk.exercise.session import reported
    from desk.exercise.setting import is_exercise

    terminal.plays = True
    if not is_exercise(folder):
        raise NotFound(f"there is no exercise in {folder}; `enlace exercise start --folder FOLDER` makes one")
    with _trial():
        try:
            found = run(reported(folder.absolute()))
        except StageError as error:
            raise ExerciseFailed(f"it cannot be reported: {error}") from error
    terminal.result(plain(found), "\n".join(lines(found)))
    return 0 if found.whole else Declined.code


@exercise.command(short_help="Test this installation; sends nothing.")
@with_passphrase
def check(terminal: Terminal) -> int:
    """Test this installation: desk, directory, relay, clock, one-time codes, keys, bell, notices, recovery file.

    Nothing is sent and nothing is changed, so it is no exercise itself. Exit code 0 if nothing is wrong, 3 if something
    is.
    """
    from desk.exercise.checks import look

    with opened(terminal) as desk:
        if desk.profile.identity.kind != "officer":
            raise Usage("the secretariat's desk receives no messages; check the desk of an officer")
        found = look(desk)
    rows = [{"name": each.name, "state": each.state, "words": each.words, "do": each.do} for each in found]
    wrong = [each for each in found if each.state == "wrong"]
    text = [
        f"{each.state:<7} {each.name:<10} {line(each.words)}" + (f"\n{'':19}{line(each.do)}" if each.do else "")
        for each in found
    ]
    text.append(f"{len(wrong)} wrong." if wrong else "Nothing is wrong.")
    terminal.result({"checks": rows, "wrong": len(wrong)}, "\n".join(text))
    return Declined.code if wrong else 0


def _played(folder: Path | None, work: Callable[[Path], Coroutine[Any, Any, None]]) -> None:
    """Run an exercise in a folder, or in one that is removed; a signal ends it in order, with all it started."""
    place = folder if folder is not None else Path(tempfile.mkdtemp(prefix="enlace-exercise-"))

    async def until_ended() -> None:
        end_on(signal.SIGTERM, getattr(signal, "SIGHUP", None))
        await work(place)

    try:
        with _trial():
            asyncio.run(until_ended())
    except StageError as error:
        look = f"; look at {place}" if folder is not None else ""
        raise ExerciseFailed(f"the exercise stopped: {error}{look}") from error
    except asyncio.CancelledError as error:
        raise click.Abort from error
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _trial() -> Iterator[None]:
    """Key files made in here are quick to open; nothing that is kept under them is worth guarding."""
    before = os.environ.get("ENLACE_WORK_FACTOR")
    os.environ["ENLACE_WORK_FACTOR"] = TRIAL_WORK_FACTOR
    try:
        yield
    finally:
        if before is None:
            del os.environ["ENLACE_WORK_FACTOR"]
        else:
            os.environ["ENLACE_WORK_FACTOR"] = before
