"""From a turn that went wrong to the evidence file that a second party checks (`desk.alarms.turn_verdict`). Pure.

1. It holds what the relay has signed of the envelope (receipt and notices), the envelope as it took it in, and the
   naming of its receipt keys in the log. No message, no line of an officer, no name.
2. There is none where the envelope is not here (`desk.notices.clocks`, rule 5), or a former relay took it in: the log
   that vouches for the keys of that one is not the log that this desk follows.
3. It says what a second party would find: it is checked so before it is handed on.
"""

from collections.abc import Sequence

from crypto.errors import CryptoError
from desk.alarms.accusation import Earlier, about_relay
from desk.alarms.turn_verdict import turn_verdict
from directory.canonical import encode
from directory.evidence_file import BrokenTurn, evidence
from directory.replay import Replica
from relay.protocol.receipts import Relayed


def turn_accusation(
    turn: int,
    envelope: bytes,
    relayed: Relayed,
    notices: Sequence[bytes],
    replica: Replica,
    earlier: Earlier,
    at: int,
) -> tuple[bytes, bool]:
    """The evidence file about a turn, and whether it proves what it accuses of; empty bytes where there is none.

    `at` is until when this desk has heard from the relay; it stands in the file only where there was no sign.
    """
    try:
        found = about_relay(replica, earlier)
        if found is None or not envelope or replica.view.relay_at(relayed.leaf.tree_size) != replica.view.relay:
            return b"", False
        proof, policy = found
        for head in (BrokenTurn(turn=turn), BrokenTurn(turn=turn, at=at)):
            file = evidence(head, proof=proof, receipt=encode(relayed), envelope=envelope, notices=notices)
            try:
                return file.write(), turn_verdict(file, policy).proven
            except ValueError:  # `Unfounded` too: the relay's word decides nothing of it, or silence does not
                continue
    except (CryptoError, ValueError):
        return b"", False
    return b"", False
