"""What a desk remembers in its vault of where it stands: the third place, which no file of the replica can take away.

1. It holds the largest directory that this desk has taken in (the log's signed word for it), the halt, and when the
   newest relay file that was followed was written. The first two are what somebody who writes this disk would like
   forgotten, by taking `replica.db` and `halted.json` away, or by putting older ones back.
2. It is written after `replica.db`. A crash in between leaves an older memory, which only ever asks for less.
3. It is sealed (`desk.keys.vault`): it can be taken away, or an older one put back, and not made. Whoever takes all
   three places away, or puts all back as they were, has the desk begin anew from what the relay shows.
"""

import msgspec

from desk.keys.vault import Damaged, Vault
from desk.replica.standing import MOST_STANDING_BYTES, Debt, Halt
from directory.canonical import Malformed, decode, encode

_NAME = "standing"


class Remembered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The size and signed checkpoint of the largest directory seen, the halt, the time of the newest relay file."""

    size: int = 0
    seen: Debt | None = None
    halt: Halt | None = None
    moved: int = 0


class Memory:
    """The vault's file of it; None in the place of a vault remembers nothing."""

    def __init__(self, vault: Vault | None) -> None:
        self._vault = vault
        self._held: Remembered | None = None
        self._read = False
        self.problem = ""  # why it could not be read

    def get(self) -> Remembered | None:
        """What is remembered; None if there is nothing, or nothing that can be read (`problem` says so)."""
        if not self._read and self._vault is not None:
            try:
                raw = self._vault.get(_NAME)
                self._held = decode(raw, Remembered, MOST_STANDING_BYTES) if raw is not None else None
            except (Damaged, Malformed) as error:
                self.problem = f"what this desk remembers of its directory is damaged, and is begun anew: {error}"
        self._read = True
        return self._held

    def put(self, **changes: object) -> None:
        """Store what is different now; durable on return."""
        before = self.get() or Remembered()
        after = msgspec.structs.replace(before, **changes)
        if self._vault is not None and (after != self._held):
            self._vault.put(_NAME, encode(after))
        self._held = after
