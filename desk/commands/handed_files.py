"""The sealed files that go along with messages which are handed over or passed on: on this desk, or fetched first."""

from collections.abc import Iterable

from desk.cases.held import HeldEvent
from desk.errors import Declined, Locked, Unreachable
from desk.link.session import connected
from desk.mail.attachments import fetch_all, held
from desk.mail.message import SealedFile
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal, run


def fetch_files(terminal: Terminal, desk: Unlocked, files: Iterable[SealedFile]) -> dict[str, str]:
    """Have sealed files here, to be brought to the relay again; of those that cannot be had why, by their hash.

    Raises Locked or Unreachable where the relay has to be asked and cannot be, Distrust for bytes nobody signed for.
    """
    folder = desk.profile.path / "files"
    missing = [each for each in files if held(each, folder) is None]

    async def work() -> dict[str, str]:
        async with connected(desk.keyring, terminal.clock) as client:
            return await fetch_all(client, missing, folder, terminal.progress)

    return run(work()) if missing else {}


def files_along(terminal: Terminal, desk: Unlocked, events: dict[int, HeldEvent]) -> frozenset[str]:
    """The hashes of the files that go along with messages of a case, by their places; tells of each that cannot."""
    wanted = {file.cipher_hash: file for each in events.values() for file in each.message.attachments}
    try:
        lacking = fetch_files(terminal, desk, wanted.values())
    except (Locked, Unreachable) as error:
        folder = desk.profile.path / "files"
        lacking = {name: str(error) for name, file in wanted.items() if held(file, folder) is None}
    for place, event in events.items():
        for file in event.message.attachments:
            if file.cipher_hash in lacking:
                words = f"the file {line(file.name)} of the message at place {place} does not go along: "
                words += (
                    f"{lacking[file.cipher_hash]}. Who gets the message is told that it is lacking; whoever has the "
                )
                terminal.warn(words + "file hands the message over again, or its sender sends it anew")
    return frozenset(wanted.keys() - lacking.keys())


def check_all_here(number: int, files: Iterable[SealedFile], lacking: dict[str, str]) -> None:
    """Return if every file of a message that is to be passed on is here; raise Declined, naming one that is not."""
    for file in files:
        if file.cipher_hash in lacking:
            words = f"message {number} is not passed on: its file {line(file.name)} cannot be had, so it could not go "
            words += f"along ({lacking[file.cipher_hash]}). --no-files passes the message on without its files"
            raise Declined(words, "not-found")
