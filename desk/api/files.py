"""Files on their way into commands and out of them: in one private folder, no longer than the API serves.

1. Names are the API's own: random, so that nobody guesses one, and no path. What a command makes is under the name the
   caller wanted, made safe, in a folder of that call.
2. The folder is emptied when the API starts and when it ends. It is inside the profile, which is for this user alone;
   what lies there is in the clear, as what `enlace read --save` writes. What a killed one left goes with the next
   unlocking of the profile, or when another officer takes the machine over (`sweep_served`). What cannot be removed is
   told: by whoever sweeps, and by the API, which ends. It keeps nobody from anything else.
3. **Fails closed**: `MOST_FILES` files or `MOST_BYTES` at a time, and nothing more is taken until some are deleted.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from desk import host
from desk.errors import DeskError, Locked, NotFound, Usage
from desk.safe_text import file_name

FOLDER = "api"
TOKEN = "api-token"  # noqa: S105  # the name of a file
LOCK: Final = "api"
MOST_FILES = 200
MOST_FILE_BYTES = 64 << 20
MOST_BYTES = 512 << 20


class Files:
    """The files of a running API."""

    def __init__(self, profile: Path) -> None:
        self._folder = profile / FOLDER
        self._names: dict[str, Path] = {}
        self._made: list[str] = []
        self.stays = ""  # why something lies there although it was to be deleted; empty if nothing does

    def empty(self) -> None:
        """Delete everything (rule 2); `stays` says why, if something is still there."""
        self._names.clear()
        self._made.clear()
        self.stays = _removed(self._folder)

    def put(self, data: bytes) -> str:
        """Keep a file that is handed in; returns its id. Raises Usage where there is no room (rule 3)."""
        held = [each.stat().st_size for each in self._names.values() if each.is_file()]
        if len(data) > MOST_FILE_BYTES or len(held) >= MOST_FILES or sum(held) + len(data) > MOST_BYTES:
            raise Usage("there is no room for this file; delete what is no longer needed")
        host.private_folder(self._folder)
        id_ = secrets.token_hex(16)
        host.write_whole(self._folder / id_, data)
        self._names[id_] = self._folder / id_
        return id_

    def handed(self, id_: str) -> Path:
        """Where a file is; raises NotFound."""
        found = self._names.get(id_)
        if found is None or not found.exists():
            raise NotFound(f"there is no file {id_[:40]!r}; hand it in first")
        return found

    def new(self, name: str) -> Path:
        """Where a command is to make a file, or the folder for several, under a name; `made` tells what came."""
        id_ = secrets.token_hex(16)
        host.private_folder(self._folder)
        host.private_folder(self._folder / f"{id_}.new")
        path = self._folder / f"{id_}.new" / file_name(name)
        if name.endswith("/"):
            host.private_folder(path)
        self._names[id_] = path
        self._made.append(id_)
        return path

    def made(self) -> dict[str, list[dict[str, str | int]]]:
        """What commands have made since this was asked last: files, each with its id, its name and its size."""
        asked, self._made = self._made, []
        found: list[dict[str, str | int]] = []
        for id_ in asked:
            path = self._names.pop(id_)
            for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if each.is_file() and not each.is_symlink():
                    own = secrets.token_hex(16)
                    self._names[own] = each
                    found.append({"file": own, "name": each.name, "size": each.stat().st_size})
        return {"files": found} if found else {}

    def read(self, id_: str) -> bytes:
        """A file's bytes; raises NotFound."""
        return self.handed(id_).read_bytes()

    def delete(self, id_: str) -> None:
        """Delete a file; raises NotFound."""
        self.handed(id_).unlink()
        del self._names[id_]


def sweep_served(profile: Path) -> list[str]:
    """Remove what an API of this profile left that was killed: its files, and the token; nothing while one runs.

    Returns what to warn of: what is still there, and why. It raises nothing: a file that stays is no cause to keep an
    officer from their mail, or another from the machine.
    """
    there = [each for each in (profile / FOLDER, profile / TOKEN) if os.path.lexists(each)]
    try:
        if there:
            with host.lock(profile / f"{LOCK}.lock", "the local API"):
                return [words for each in there if (words := _removed(each))]
    except Locked:
        pass
    except DeskError as error:
        return [f"what a local API has left in {profile} stays there: {error}"]
    return []


def _removed(path: Path) -> str:
    """Remove what an API has left at `path`; returns what to tell if it is still there."""
    try:
        host.remove_tree(path)
    except OSError as error:
        return f"{path}, which a local API has left in the clear, cannot be removed: {host.reason(error)}; delete it"
    return ""
