"""Our reader of what shows which note an envelope held, for the vectors (message.md, rule 15)."""

from collections.abc import Mapping
from typing import Any

from desk.mail.envelope_proof import MOST_PROOF, EnvelopeProof, envelope_again
from directory.canonical import decode


def read_shown(given: Mapping[str, Any]) -> dict[str, Any]:
    """Who sent the envelope, and for which devices it is; raises what the reader raises."""
    proof = decode(given["proof"], EnvelopeProof, MOST_PROOF)
    header = envelope_again(proof, given["note"], given["envelope"]).header
    return {"sender": header.sender, "devices": [each.device for each in header.recipients()]}
