"""The directory as this desk folded it last, kept beside the replica: so a large one is open at once.

    enlace/kept-view/v1
    …HMAC-SHA256, 32 bytes, over network, version, view and leaves…  …the length of the view, 8 bytes…  view  leaves

1. It is sealed under the key that seals the replica, so nobody but this desk, unlocked, can have written it. What does
   not open, is of another version or another judge (`judge`), or does not lead to the sealed checkpoint's root together
   with the statements after it, is passed over: the replica is then folded from its statements, as if there were none.
2. An older one put back is no lie: it says what was so at its size, and the statements since are folded on top.
3. It is written anew once as many statements came as make folding them slow, and not with every change: so the work of
   a day is that of the day's statements. A small directory is folded each time, and has no such file.
4. It holds no body: nothing in it is ever to be erased.
"""

import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE, Tree
from desk import host
from desk.errors import DeskError
from directory import judge as judging
from directory.canonical import Malformed
from directory.replay import Alarm, Replica, UpdateNeeded, reload
from directory.view_file import read_view, write_view

NAME = "view.kept"
LEAST, SHARE = 1000, 20  # folded on top at most: so many statements, or a twentieth of all
_TYPE = b"enlace/kept-view/v1\n"
_SEAL, _LENGTH = 32, 8


class KeptView:
    """`view.kept` in a profile folder, sealed under `key` (32 bytes)."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path, self._key = folder / NAME, key
        self._size = 0

    def read(self, network: str) -> Replica | None:
        """What is kept of a network, without a checkpoint; None if nothing is, or nothing that counts."""
        try:
            raw = self._path.read_bytes()
        except OSError:
            return None
        seal, content = raw[len(_TYPE) : len(_TYPE) + _SEAL], raw[len(_TYPE) + _SEAL :]
        if not raw.startswith(_TYPE) or not hmac.compare_digest(seal, self._sealed(network, content)):
            return None
        length = int.from_bytes(content[:_LENGTH], "big")
        try:
            view = read_view(content[_LENGTH : _LENGTH + length])
        except (Malformed, CryptoError):
            return None
        leaves = content[_LENGTH + length :]
        tree = Tree(leaves[at : at + HASH_SIZE] for at in range(0, len(leaves), HASH_SIZE))
        self._size = view.size
        return Replica(network, view, tree) if len(tree) == view.size else None

    def reloaded(self, network: str, stored: Callable[[int], Sequence[bytes]], checkpoint: bytes | None) -> Replica:
        """The replica under a checkpoint: from what is kept where that leads to it, else from all that is stored.

        `stored` gives the entries from a position on. Raises as `directory.replay.reload` does.
        """
        if checkpoint is None:
            return Replica(network)
        before = self.read(network)
        if before is not None:
            try:
                return reload(network, stored(before.size), checkpoint, before)
            except (Alarm, UpdateNeeded):
                self.forget()
        replica = reload(network, stored(0), checkpoint)
        self.write(replica)
        return replica

    def write(self, replica: Replica) -> None:
        """Keep a replica, if it has grown much since the last one; a disk that refuses costs time alone."""
        if replica.size - self._size <= max(LEAST, replica.size // SHARE):
            return
        view = write_view(replica.view)
        content = len(view).to_bytes(_LENGTH, "big") + view + b"".join(replica.tree.subtrees(0, 0, replica.size))
        with suppress(DeskError, OSError):
            host.write_whole(self._path, _TYPE + self._sealed(replica.pinned, content) + content)
            self._size = replica.size

    def forget(self) -> None:
        """Keep nothing: what it says was replaced, or does not lead to where the replica is."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._size = 0

    def _sealed(self, network: str, content: bytes) -> bytes:
        head = _TYPE + f"{network}\n{_version()} {judge()}\n".encode()
        return hmac.digest(self._key, head + content, "sha256")


@cache
def judge(folder: Path = Path(judging.__file__).parent) -> str:
    """A hash over the sources of what judges and folds, of which one version may see several; of none where it was
    installed without them."""
    pieces = (sha256(each.read_bytes()).hexdigest() + each.name for each in sorted(folder.glob("*.py")))
    return sha256("\n".join(pieces).encode()).hexdigest()


@cache
def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # here, and not at the top: only large ones are kept

    try:
        return version("enlace")
    except PackageNotFoundError:
        return ""
