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
5. Whatever is wrong with it costs time and nothing else, and is told once (`notices`): a link, a pipe, a folder in its
   place is not opened, what is longer than a view of so many statements is not read, and a disk that is full keeps the
   one before. What is passed over is taken away, and written anew where the directory is large.
6. It is replaced whole (`host.write_whole`): whoever reads while another process writes, and whoever comes after a
   crash, has the old one or the new one.
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
from directory.replay import Alarm, Replica, UpdateNeeded, claimed_size, reload
from directory.view_file import read_view, write_view

NAME = "view.kept"
LEAST, SHARE = 1000, 20  # folded on top at most: so many statements, or a twentieth of all
MOST, MOST_A_STATEMENT, MOST_BESIDES = 512 << 20, 4096, 1 << 20  # bytes; a device's keys take the most
PASSED_OVER = (
    f"{NAME}, which spares this desk reading every statement when it starts, is not what this version of it wrote, or "
    "was changed on this disk: it counts for nothing, and the statements were read instead"
)
_TYPE = b"enlace/kept-view/v1\n"
_SEAL, _LENGTH = 32, 8


class KeptView:
    """`view.kept` in a profile folder, sealed under `key` (32 bytes); `notices` takes what is to be told (rule 5)."""

    def __init__(self, folder: Path, key: bytes, notices: list[str] | None = None) -> None:
        self._path, self._key = folder / NAME, key
        self._size = 0
        self._notices = notices if notices is not None else []

    def read(self, network: str, statements: int) -> Replica | None:
        """What is kept of a network of at most so many statements, without a checkpoint; None if nothing counts."""
        try:
            raw = self._bytes(statements)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._tell(f"{self._path} cannot be read: {host.reason(error)}; the statements were read instead")
            self.forget()
            return None
        found = self._opened(network, raw)
        if found is None or found.size > statements:
            self._tell(PASSED_OVER)
            self.forget()
            return None
        self._size = found.size
        return found

    def _bytes(self, statements: int) -> bytes:
        """The file, or what it has more than it may have by one byte: no seal covers that."""
        with host.open_own(self._path) as file:
            return file.read(_most(statements) + 1)

    def _opened(self, network: str, raw: bytes) -> Replica | None:
        """The replica in these bytes; None if this desk did not write them."""
        start = len(_TYPE) + _SEAL
        content, view_at = memoryview(raw)[start:], start + _LENGTH
        sealed = raw[len(_TYPE) : start]
        if not raw.startswith(_TYPE) or not hmac.compare_digest(sealed, self._sealed(network, content)):
            return None
        leaves_at = view_at + int.from_bytes(raw[start:view_at], "big")
        try:
            view = read_view(memoryview(raw)[view_at:leaves_at])
        except (Malformed, CryptoError):
            return None
        tree = Tree(raw[at : at + HASH_SIZE] for at in range(leaves_at, len(raw), HASH_SIZE))
        return Replica(network, view, tree) if len(tree) == view.size else None

    def reloaded(self, network: str, stored: Callable[[int], Sequence[bytes]], checkpoint: bytes | None) -> Replica:
        """The replica under a checkpoint: from what is kept where that leads to it, else from all that is stored.

        `stored` gives the entries from a position on. Raises as `directory.replay.reload` does.
        """
        if checkpoint is None:
            return Replica(network)
        before = self.read(network, claimed_size(checkpoint))
        if before is not None:
            try:
                return reload(network, stored(before.size), checkpoint, before)
            except (Alarm, UpdateNeeded):
                self._tell(PASSED_OVER)
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
        whole = _TYPE + self._sealed(replica.pinned, content) + content
        if len(whole) > _most(replica.size):
            return
        try:
            host.write_whole(self._path, whole)
            self._size = replica.size
        except DeskError as error:
            self._tell(f"{error}. The directory is right, and takes longer to open")

    def forget(self) -> None:
        """Keep nothing: what it says was replaced, or does not lead to where the replica is."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._size = 0

    def _sealed(self, network: str, content: bytes | memoryview) -> bytes:
        seal = hmac.new(self._key, _TYPE + f"{network}\n{_version()} {judge()}\n".encode(), "sha256")
        seal.update(content)
        return seal.digest()

    def _tell(self, words: str) -> None:
        if words not in self._notices:
            self._notices.append(words)


def _most(statements: int) -> int:
    """How many bytes a view of so many statements takes at most, with their leaves."""
    return min(MOST, MOST_BESIDES + statements * MOST_A_STATEMENT)


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
