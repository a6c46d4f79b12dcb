"""Options for root keys that are to be: made on this machine, or elsewhere, so that only their public halves come here.

Made here, they sign here and at once. Made elsewhere (`enlace root make`), each on a machine of its own, they are asked
with a request: a machine that is online then never holds a root key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import unb64
from desk import host
from desk.commands.options import read_file
from desk.errors import Usage
from desk.roots.root_keys import RootPublic, make_root_key, read_public
from desk.terminal import Terminal, work_factor
from directory.canonical import Malformed

_BOUNDS = click.IntRange(1, 16)
_USUAL = 3


@dataclass(frozen=True, slots=True)
class NewRoots:
    """So many root keys to be made in `folder`, or the public halves of those made elsewhere; and their threshold."""

    folder: Path
    count: int
    threshold: int
    publics: tuple[RootPublic, ...]

    @property
    def keys(self) -> list[bytes]:
        """The public keys of those made elsewhere; none if they are to be made here."""
        return [unb64(each.ed25519, 32) for each in self.publics]

    def check(self, terminal: Terminal, elsewhere: bool) -> None:
        """Refuse what could not be signed, or would write over a key, before anything is made."""
        if self.threshold > self.count:
            many = "as many as there are --root-public" if self.publics else "at most --keys"
            raise Usage(f"{self.threshold} of {self.count} keys cannot sign; --threshold is {many}")
        if bool(self.publics) != elsewhere:
            raise Usage(
                "--root-public and --request go together: keys made elsewhere sign elsewhere, and a request goes to no "
                "key that was made here"
            )
        for path in () if self.publics else self._paths():
            if path.exists():
                raise Usage(
                    f"{path} exists already; a root key is never overwritten, and never deleted before `enlace network "
                    "show` says that it is none of the network's: what was cut short may have been published. Give "
                    "another folder"
                )
        if self.threshold == 1:
            terminal.warn("with a threshold of 1 whoever holds any one root key holds the network")

    def make(self, passphrase: bytes) -> list[Ed25519PrivateKey]:
        """Make the keys in the folder."""
        host.folder(self.folder)
        return [make_root_key(path, passphrase, work_factor()) for path in self._paths()]

    def _paths(self) -> list[Path]:
        return [self.folder / f"root-{number}.age" for number in range(1, self.count + 1)]


def with_new_roots(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--roots`, `--keys`, `--threshold` and `--root-public`, and hand it a NewRoots as `new`."""

    @click.option(
        "--roots",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        help="Make the new root keys here, in FOLDER.",
        metavar="FOLDER",
    )
    @click.option(
        "--root-public",
        "publics",
        multiple=True,
        metavar="FILE",
        help="Take a root key made elsewhere, its public half in FILE; repeat it.",
    )
    @click.option("--keys", "count", type=_BOUNDS, help=f"How many root keys to make: {_USUAL} unless you say so.")
    @click.option(
        "--threshold", default=2, show_default=True, type=_BOUNDS, help="How many of them must sign together."
    )
    @wraps(function)
    def command(
        terminal: Terminal,
        *args: Any,
        folder: Path | None,
        publics: tuple[str, ...],
        count: int | None,
        threshold: int,
        **kwargs: Any,
    ) -> Any:
        if (folder is None) != bool(publics) or (publics and count is not None):
            raise Usage(
                "say either --roots FOLDER, to make root keys here, or --root-public FILE for each from elsewhere"
            )
        halves = tuple(map(read_public_file, publics))
        if len({each.ed25519 for each in halves}) < len(halves):
            raise Usage("one public half was given twice: every root key is another")
        new = NewRoots(folder or Path(), len(halves) or count or _USUAL, threshold, halves)
        return function(terminal, *args, new=new, **kwargs)

    return command


def read_public_file(path: str) -> RootPublic:
    """The public half in a file; raises NotFound, or Usage if it is none."""
    try:
        return read_public(read_file(path, "public half of a root key", 4096))
    except Malformed as error:
        raise Usage(f"{path} is no public half of a root key: {error}") from error
