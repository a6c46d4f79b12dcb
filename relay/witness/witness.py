"""A witness: asked with a checkpoint, it answers with its two lines, or says why not (`relay.rules.witnessing`).

1. Requests are judged one after another: looking at the record, checking, signing and storing are one step that no
   other request comes between.
2. The lines are given away only when the record that holds them is on the disk (`relay.witness.records`).
3. Whoever hangs up meanwhile changes nothing of this.
"""

import asyncio
from collections.abc import Callable

import structlog

from crypto.checkpoint import checkpoint_note
from crypto.cosignature import cosign, write_lines
from crypto.note import Note
from crypto.policy import Policy
from crypto.signing import SecretPair
from relay.rules.witnessing import (
    AddCheckpoint,
    Cosigned,
    NotCosigned,
    check_growth,
    check_origin,
    parse_add_checkpoint,
    signing_time,
)
from relay.witness.records import Records

log = structlog.get_logger()


class Witness:
    """Cosigns for the logs of a policy, under `name`."""

    def __init__(self, name: str, keys: SecretPair, logs: Policy, records: Records, clock: Callable[[], int]) -> None:
        self.name, self.keys, self.logs = name, keys, logs
        self._records, self._clock = records, clock
        self._lock = asyncio.Lock()

    def last(self, origin: str) -> Cosigned:
        """What was cosigned last of a log."""
        return self._records.last(origin)

    async def add(self, raw: bytes) -> bytes:
        """The cosignature lines for a request's body; raises NotCosigned, or OSError where they cannot be kept."""
        asked = parse_add_checkpoint(raw)
        work = asyncio.ensure_future(self._add(asked))
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(work)

    async def _add(self, asked: AddCheckpoint) -> bytes:
        checkpoint = check_origin(asked, self.logs)
        async with self._lock:
            last = self._records.last(checkpoint.origin)
            try:
                check_growth(asked, checkpoint, last)
            except NotCosigned as refused:
                if refused.status == 409 and asked.old == last.size:
                    # Two roots of one size, signed by the log: nobody but the log can have made that.
                    log.error("log-split", tree_size=checkpoint.size, reason=str(refused))
                    await asyncio.to_thread(self._records.keep_split, asked.checkpoint)
                raise
            time = signing_time(last, self._clock())
            lines = cosign(checkpoint, self.keys, self.name, time)
            note = checkpoint_note(asked.checkpoint)
            own = {(each.key.name, each.key.key_id) for each in self.logs.logs}
            kept = tuple(each for each in note.signatures if (each.name, each.key_id) in own)
            # A crash here leaves the record before or the record after; these lines have not left the process yet.
            await asyncio.to_thread(self._records.write, Note(note.text, kept + lines).write(), checkpoint, time)
        return write_lines(lines)
