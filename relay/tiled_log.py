"""The log as tiles (c2sp.org/tlog-tiles), out of the tree in memory and the entries on the disk.

1. What is served is as of the newest checkpoint that was stored: no tile shows a leaf that no checkpoint covers.
2. Hashes come from the tree; of the entries one bundle at a time is read, 256 of at most 65,535 bytes: never more of
   the log is in memory for a request than 16 MiB, and in practice a hundredth of that.
3. A tile has one name (`crypto.tiles`), so whatever is called otherwise, or is not in the tree, is `not-found`.

It needs a store and whoever knows the tree, and nothing else of a relay.
"""

from collections.abc import Callable
from typing import Protocol

from crypto.checkpoint import SignedCheckpoint
from crypto.merkle import Tree
from crypto.tiles import MOST_ENTRY_BYTES, WIDTH, TileError, hashes_of, parse_path, write_bundle
from relay.protocol.problems import Refusal
from relay.store.contract import LogStore, StoreFailed


class Grown(Protocol):
    """Who knows how far the log has come."""

    @property
    def tree(self) -> Tree:
        """The tree under the newest checkpoint; never changed in place."""

    @property
    def checkpoint(self) -> SignedCheckpoint | None:
        """The newest checkpoint; None before the founding."""


class TiledLog:
    """Serves a log's checkpoint, tiles and bundles; `cosigned` adds what witnesses said of a checkpoint."""

    def __init__(
        self, store: LogStore, grown: Grown, cosigned: Callable[[bytes], bytes] = lambda checkpoint: checkpoint
    ) -> None:
        self._store, self._grown, self._cosigned = store, grown, cosigned

    def checkpoint(self) -> bytes:
        """The newest checkpoint; refuses `not-found` before the founding."""
        if self._grown.checkpoint is None:
            raise Refusal("not-found", "there is no checkpoint yet: no network was founded here")
        return self._cosigned(self._grown.checkpoint.raw)

    async def tile(self, name: str) -> bytes:
        """The bytes of a tile or bundle, by its name (`tile/…`); refuses `not-found` and `unavailable`."""
        tree = self._grown.tree
        try:
            tile = parse_path(name)
            if tile.level is not None:
                return hashes_of(tree, tile)
        except TileError as error:
            raise Refusal("not-found", str(error)) from error
        if not tile.is_in(len(tree)):
            raise Refusal("not-found", f"the log has {len(tree)} entries")
        try:
            found = await self._store.read(tile.start, tile.width, WIDTH * MOST_ENTRY_BYTES)
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        if len(found.entries) != tile.width:
            raise Refusal("unavailable", "the relay cannot read its log right now; try again")
        return write_bundle(found.entries)
