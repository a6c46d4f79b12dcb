"""The sealed files that go along with messages which are handed over or passed on: on this desk, or fetched first."""

from collections.abc import Iterable, Mapping

from desk.cases.held import HeldEvent
from desk.errors import Declined, DeskError, Distrust, Locked, Unreachable
from desk.link.session import connected
from desk.mail.attachments import fetch_all, held
from desk.mail.message import SealedFile
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal, run


def fetch_files(terminal: Terminal, desk: Unlocked, files: Iterable[SealedFile]) -> Mapping[SealedFile, DeskError]:
    """Have sealed files here, to be brought to the relay again; of those that cannot be had why.

    Each is what one message says of it: another may say something else of the same ciphertext, and be right. Raises
    Locked or Unreachable where the relay has to be asked and cannot be.
    """
    folder = desk.profile.path / "files"
    missing = [each for each in dict.fromkeys(files) if held(each, folder) is None]

    async def work() -> Mapping[SealedFile, DeskError]:
        async with connected(desk.keyring, terminal.clock) as client:
            return await fetch_all(client, missing, folder, terminal.progress)

    return run(work()) if missing else {}


def files_along(terminal: Terminal, desk: Unlocked, events: Mapping[int, HeldEvent]) -> frozenset[SealedFile]:
    """The files that go along with messages of a case, by their places; tells of each that cannot, and why.

    After what only the relay can have got wrong the command ends with the code for an alarm; the rest goes all the
    same.
    """
    wanted = dict.fromkeys(file for each in events.values() for file in each.message.attachments)
    lacking: Mapping[SealedFile, DeskError]
    try:
        lacking = fetch_files(terminal, desk, wanted)
    except (Locked, Unreachable) as error:
        folder = desk.profile.path / "files"
        lacking = {file: error for file in wanted if held(file, folder) is None}
    for place, event in events.items():
        for file in dict.fromkeys(event.message.attachments):
            if file in lacking:
                _tell_lacking(terminal, place, file, lacking[file])
    return frozenset(wanted.keys() - lacking.keys())


def _tell_lacking(terminal: Terminal, place: int, file: SealedFile, why: DeskError) -> None:
    alarm = isinstance(why, Distrust)
    terminal.alarmed = terminal.alarmed or alarm
    words = f"the file {line(file.name)} of the message at place {place} does not go along: {why}. Who gets the "
    words += "message is told that it is lacking; whoever has the file hands the message over again, or its sender "
    terminal.warn(f"{'ALARM: ' if alarm else ''}{words}sends it anew")


def check_all_here(number: int, files: Iterable[SealedFile], lacking: Mapping[SealedFile, DeskError]) -> None:
    """Return if every file of a message that is to be passed on is here; raise, naming one that is not, Declined, or
    Distrust where only the relay can have got it wrong."""
    for file in files:
        if file in lacking:
            why = lacking[file]
            words = f"message {number} is not passed on: its file {line(file.name)} cannot be had, so it could not go "
            words += f"along ({why}). --no-files passes the message on without its files"
            raise Distrust(words, why.evidence) if isinstance(why, Distrust) else Declined(words, "not-found")
