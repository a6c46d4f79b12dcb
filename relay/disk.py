"""The disk that the stores stand on: what is free, and that some of it stays free.

1. Below the bytes to keep, new envelopes and uploads, which fill the disk, are refused (`storage-low`). **Fails
   closed**, also where the system cannot say how much is free.
2. Nothing else is refused for it: acknowledgements, steps, statements (a revocation, before all), key sets and log-ins
   are small, or make room, or must not wait. The bytes that are kept free are for them, and for the databases to tidy.
3. An upload under way is looked at again each time that progress is made safe, so all that are written at once may go
   below by a few megabytes each.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relay.protocol.problems import Refusal


def free_bytes(folder: Path) -> int:
    """What is free for this process on the disk under `folder`; raises OSError."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk under `folder`, of which `keep` bytes are to stay free."""

    folder: Path
    keep: int
    measure: Callable[[Path], int] = free_bytes

    @property
    def free(self) -> int:
        """Free bytes; 0 where the system cannot say."""
        try:
            return self.measure(self.folder)
        except OSError:
            return 0

    @property
    def low(self) -> bool:
        """Whether less is free than is to be kept free."""
        return self.free < self.keep

    def check(self) -> None:
        """Return if the disk has room for more mail; refuses `storage-low` (rule 1)."""
        if self.low:
            raise Refusal("storage-low")
