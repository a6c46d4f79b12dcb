"""A free text in the officer's own editor: in a folder of the profile that only this user can read, never in /tmp.

1. What is written stands in the clear while the editor is open, and is removed when it is closed, with whatever the
   editor left beside it. After a crash the next unlocking of the profile removes it (`sweep_edited`).
2. One editor at a time: a lock says that somebody is writing, so that nobody sweeps that away.
3. An editor may keep copies elsewhere (an undo history, a list of recent files): that is its own, and its user's, to
   turn off. Removed files may leave blocks on the disk (threat model).
"""

import os
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from desk import host
from desk.errors import DeskError, Locked, Usage
from desk.profile.folder import Profile

FOLDER = "editing"
_MOST = 4 << 20


def edited(profile: Profile, text: str, environ: Mapping[str, str]) -> str:
    """The text as the officer's editor ($VISUAL, $EDITOR) left it; raises Usage if there is none, or it failed.

    The process waits for the editor; the profile is not held meanwhile, and other commands go on.
    """
    command = _command(environ)
    host.private_folder(profile.path / FOLDER)
    with profile.locked("edit"):
        folder = profile.path / FOLDER / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        file = folder / "text.txt"
        try:
            with host.create_private(file) as made:
                made.write(f"{text}\n".encode() if text else b"")
            # A crash here leaves the text in the clear, for this user alone, until `sweep_edited`.
            _run([*command, str(file)])
            return _read(file)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_edited(profile: Profile) -> list[str]:
    """Remove what an editor left when its program crashed; nothing while one is open. Returns what to warn of: what is
    still there, and why."""
    folder, stays = profile.path / FOLDER, list[str]()
    if not folder.is_dir():
        return stays
    try:
        with profile.locked("edit"):
            for each in folder.iterdir():
                if words := _removed(each):
                    stays.append(words)
    except Locked:
        pass
    except (DeskError, OSError) as error:
        why = host.reason(error) if isinstance(error, OSError) else error
        stays.append(f"what an editor has left in {folder} stays there: {why}")
    return stays


def _removed(path: Path) -> str:
    try:
        host.remove_tree(path)
    except OSError as error:
        return f"{path}, which an editor has left in the clear, cannot be removed: {host.reason(error)}; delete it"
    return ""


def _command(environ: Mapping[str, str]) -> list[str]:
    given = environ.get("VISUAL") or environ.get("EDITOR") or ("notepad" if host.WINDOWS else "vi")
    try:
        command = shlex.split(given, posix=not host.WINDOWS)
    except ValueError as error:
        raise Usage(f"the editor {given!r} cannot be run: {error}; set EDITOR to a command") from error
    if not command or shutil.which(command[0]) is None:
        raise Usage(f"there is no editor {given!r} here; set EDITOR to a command, or give the text with FIELD=@FILE")
    return command


def _run(command: list[str]) -> None:
    try:
        code = subprocess.run(command, check=False).returncode
    except OSError as error:
        raise Usage(f"the editor {command[0]} does not run: {host.reason(error)}") from error
    if code != 0:
        raise Usage(f"the editor {command[0]} ended with code {code}; the text was left as it was")


def _read(file: Path) -> str:
    try:
        with host.open_own(file) as made:
            raw = made.read(_MOST + 1)
    except OSError as error:
        raise Usage(f"what the editor wrote cannot be read: {host.reason(error)}; nothing was changed") from error
    if len(raw) > _MOST:
        raise Usage("what the editor wrote is larger than 4 MiB; nothing was changed")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError as error:
        raise Usage(f"what the editor wrote is not UTF-8 from byte {error.start} on; nothing was changed") from error


def environment() -> Mapping[str, str]:
    """Where the editor's name stands."""
    return os.environ
