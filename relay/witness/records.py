"""What a witness has cosigned last, of each log, on the disk.

1. One file a log: the checkpoint with the log's own lines and the witness's two, so anybody can read and check it.
2. It is written whole, flushed, renamed, and its folder flushed, **before** the lines in it leave the process. A crash
   at any moment leaves the record before or the record after; whoever had no answer asks again.
3. A record that the witness's own keys did not sign, or that stands under another log's name, is refused at the start:
   a witness that does not know what it cosigned must not cosign.
4. A checkpoint that shows another root for the size in the record is kept beside it: with the record it proves, to
   anybody, that the log shows two histories. At most MOST_SPLITS are kept; then no more are (fails closed).
5. One process at a time has the folder. **It must never be put back from a backup**: that would be a witness that has
   forgotten. A witness whose records are lost is retired, with its key.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from config.private import Held, hold, laxness
from config.whole_files import write_whole
from crypto.checkpoint import Checkpoint, checkpoint_note, parse_checkpoint
from crypto.cosignature import CheckpointKey, time_of
from crypto.errors import CryptoError
from crypto.note import verified
from relay.rules.witnessing import Cosigned

LOCK = "witness.lock"
SUFFIX = ".checkpoint"
MOST_SPLITS = 100


class RecordsBroken(Exception):
    """Records that cannot be used; the text says which, and what to do."""


class Records:
    """The records in a folder, held by this process until `close`; raises RecordsBroken."""

    def __init__(self, folder: Path, keys: tuple[CheckpointKey, CheckpointKey]) -> None:
        if not folder.is_dir():
            raise RecordsBroken(f"{folder} is missing: a witness that has lost its records is retired, not restarted")
        if why := laxness(folder):
            raise RecordsBroken(why)
        self._folder, self._keys = folder, keys
        try:
            self._lock: BinaryIO = hold(folder / LOCK)
        except Held as error:
            raise RecordsBroken(f"{error} runs this witness already; stop it first") from error
        try:
            self._last = dict(self._read(path) for path in sorted(folder.glob(f"*{SUFFIX}")))
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    def last(self, origin: str) -> Cosigned:
        """What was cosigned last of a log; size 0 if nothing was."""
        return self._last.get(origin, Cosigned())

    def write(self, raw: bytes, checkpoint: Checkpoint, time: int) -> None:
        """Keep a checkpoint with the witness's lines in the place of the last one, durably (rule 2); raises OSError."""
        write_whole(self._path(checkpoint.origin), raw)
        self._last[checkpoint.origin] = Cosigned(checkpoint.size, checkpoint.root, time)

    def keep_split(self, raw: bytes) -> None:
        """Keep a checkpoint as evidence (rule 4); a disk that refuses takes nothing from the witness."""
        text = raw.partition(b"\n\n")[0]  # the same root again, signed anew, is the same evidence
        path = self._folder / f"split-{sha256(text).hexdigest()[:32]}.txt"
        if path.exists() or sum(1 for _ in self._folder.glob("split-*.txt")) >= MOST_SPLITS:
            return
        with suppress(OSError):
            write_whole(path, raw)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{sha256(origin.encode()).hexdigest()}{SUFFIX}"

    def _read(self, path: Path) -> tuple[str, Cosigned]:
        try:
            note = checkpoint_note(path.read_bytes())
            checkpoint = parse_checkpoint(note.text)
            found = verified(note, [each.on(checkpoint) for each in self._keys])
            ids = {each.key_id for each in found}
            times = [time_of(each.blob) for each in note.signatures if each.key_id in ids]
        except (CryptoError, OSError) as error:
            raise RecordsBroken(f"{path} is no record of this witness: {error}") from error
        if len(found) != len(self._keys) or path != self._path(checkpoint.origin):
            raise RecordsBroken(f"{path} is no record of this witness, which signs with both its keys")
        return checkpoint.origin, Cosigned(checkpoint.size, checkpoint.root, max(times))
