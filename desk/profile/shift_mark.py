"""Until when a shift lasts, in the clear beside the profile: for people at a shared machine, who ask whose turn it is.

1. It is a mark, and proves nothing: no rule asks it. Whether there is a session, and until when, stands sealed in the
   vault and with the relay.
2. What cannot be read as one is no mark.
3. A shift can be ended on this machine without its passphrase: the sealed session is removed, then the mark. The token
   in it, which nobody had in the clear, runs out at the relay ten minutes later; going on needs a code.
4. `left` is written anew whenever another desk of this machine is chosen in the place of this one. A program that goes
   on holding this one unlocked, as the local API does, sees by it that its officer stood up, and forgets the keys.
"""

import secrets
from pathlib import Path

from desk import host
from desk.errors import DeskError
from desk.keys.vault import sealed_file
from desk.profile.folder import Profile
from directory.fields import FOREVER

SHIFT_FILE = "shift"
LEFT_FILE = "left"
SESSION = "session"  # under which the vault keeps it
_MOST = 20


def set_mark(profile: Profile, ends: int) -> None:
    """Say until when (unix seconds) a shift lasts that has begun."""
    if read_mark(profile.path) != ends:
        host.write_whole(profile.path / SHIFT_FILE, f"{ends}\n".encode())


def read_mark(path: Path) -> int:
    """Until when the shift lasts that was begun in the profile at `path`; 0 if none was."""
    try:
        with (path / SHIFT_FILE).open("rb") as file:
            text = file.read(_MOST)
    except OSError:
        return 0
    number = text.removesuffix(b"\n")
    return int(number) if number.isdigit() and 0 < int(number) <= FOREVER and text.endswith(b"\n") else 0


def end_shift(profile: Profile) -> bool:
    """End the shift on this machine (rule 3); returns whether one was open. Raises Locked while a command runs."""
    with profile.locked("desk"):
        session = sealed_file(profile.path, SESSION)
        there = session.exists()
        try:
            host.remove(session)
        except OSError as error:
            raise DeskError(f"{session} cannot be removed: {host.reason(error)}") from error
        # The shift is over: after a crash before this line only the mark still says otherwise.
        remove_mark(profile)
        return there


def stand_up(path: Path) -> None:
    """The officer of the profile at `path` has stood up (rule 4). Raises DeskError if the disk refuses."""
    host.write_whole(path / LEFT_FILE, f"{secrets.token_hex(16)}\n".encode())


def left(path: Path) -> bytes:
    """What changes whenever the officer of the profile at `path` stands up; a file that cannot be read is a change."""
    try:
        with host.open_own(path / LEFT_FILE) as file:
            return file.read(2 * _MOST)
    except FileNotFoundError:
        return b""
    except OSError:
        return secrets.token_bytes(16)


def remove_mark(profile: Profile) -> None:
    """The shift was ended."""
    try:
        host.remove(profile.path / SHIFT_FILE)
    except OSError as error:
        raise DeskError(f"{profile.path / SHIFT_FILE} cannot be removed: {host.reason(error)}") from error
