"""Under which of its reception keys a device signed *delivered*, and what keys it has changed since are worth.

1. A line is verified with any reception keys the directory ever had of its device. One by none of them may be explained
   by a newer directory (UnknownSigner).
2. What keys signed that the device has changed since counts only if the line is dated before the change, give or take
   SKEW (the stream under them ends when the relay takes the change in, not when the officer signed it), and if the
   envelope was taken in before it, by the tree size in the relay's receipt.
3. That leaves a thief of former keys, in league with the relay, lines dated back for what was taken in before the
   change. Such a line says where ciphertext lay; it opens, accepts and answers nothing.

Pure.
"""

from collections.abc import Iterator

from crypto.errors import CryptoError
from crypto.note import Ed25519Verifier, parse_note
from directory.view import NEVER, Reception, View
from relay.protocol.lines import MOST_LINE_BYTES, Delivered, LineError, open_line, reception_name

SKEW = 300  # seconds


class UnknownSigner(LineError):
    """A line of keys that the directory on this desk does not know: perhaps after the next synchronisation."""


def delivered_line(raw: bytes, device: str, view: View) -> Delivered:
    """The line in `raw`, signed with reception keys that `device` has or had; raises LineError, UnknownSigner."""
    name = reception_name(view.founded.name, device)
    failed: LineError = UnknownSigner("a signed line of a device, or keys, the directory on this desk does not know")
    for each in _named(raw, device, view):
        try:
            return open_line(raw, Delivered, name, each.keys, view.founded.id)
        except LineError as error:
            failed = error
    raise failed


def worth(raw: bytes, line: Delivered, view: View, tree_size: int) -> tuple[int, bool]:
    """When the keys that signed a verified line were changed (NEVER: in force), and whether it counts (rule 2).

    `tree_size` is that of the receipt for the envelope the line is about; 0 if there is none.
    """
    reception = next(_named(raw, line.device, view), None)
    if reception is None or reception.replaced == NEVER:
        return NEVER, True
    before = line.at <= reception.replaced_at + SKEW and tree_size <= reception.replaced
    return reception.replaced_at, before


def _named(raw: bytes, device: str, view: View) -> Iterator[Reception]:
    """The reception keys of `device` that the line's signatures name, the newest first."""
    record, name = view.devices.get(device), reception_name(view.founded.name, device)
    try:
        ids = {each.key_id for each in parse_note(raw, MOST_LINE_BYTES).signatures}
    except CryptoError as error:
        raise LineError(str(error)) from error
    for each in reversed(record.receptions if record else ()):
        if Ed25519Verifier(name, each.keys.ed25519).key_id in ids:
            yield each
