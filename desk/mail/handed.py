"""Messages as they are handed on, whatever for: what goes along with each, and when it is proven of one. Pure.

N1  With the note go the hash of the envelope it came in, the relay's receipt, and what shows that the note was in that
    envelope (`desk.mail.envelope_proof`), where this desk has that, and it is not too long.
N2  When a note was sent is *proven* by the receipt only where the envelope is made again from it. Else it is *claimed*
    by whoever hands it on: with the keys of a device that was revoked since, they could have a note of today look as
    old as any receipt they find. What is claimed changes nothing of a request, and is no consent.
"""

import msgspec

from desk.mail.content import HandedNote
from desk.mail.envelope_proof import EnvelopeProof, NotItsEnvelope, envelope_again
from desk.mail.facts import Stored
from desk.mail.message import Message, MessageError
from desk.mail.opening import Unbelievable, check_header_of, unproven
from directory.canonical import encode
from directory.view import View
from relay.protocol.receipts import Relayed

NOTHING_SHOWS = "nothing shows that it was in the envelope that the receipt beside it is for"


def as_handed(stored: Stored, proof: EnvelopeProof | None, most: int) -> HandedNote:
    """A stored message as it is handed on (N1); without what shows its envelope if it had more than `most` bytes."""
    relayed = stored.facts.relayed if isinstance(stored.facts.relayed, Relayed) else msgspec.UNSET
    bare = HandedNote(note=stored.note.decode(), envelope=stored.facts.envelope, relayed=relayed)
    if proof is None:
        return bare
    shown = msgspec.structs.replace(bare, proof=proof)
    return shown if len(encode(shown)) <= most else bare


def shown_envelope(handed: HandedNote, message: Message) -> EnvelopeProof | None:
    """What shows that a note was in the envelope that is named beside it; None where nothing is said to.

    Raises MessageError where it shows another, or one whose header says otherwise than the note.
    """
    if not isinstance(handed.proof, EnvelopeProof):
        return None
    try:
        envelope = envelope_again(handed.proof, handed.note.encode(), handed.envelope)
        check_header_of(envelope, message)
    except (NotItsEnvelope, Unbelievable) as error:
        raise MessageError(str(error)) from error
    if envelope.header.sender != message.sender.device:
        raise MessageError("the envelope names another sender than the note that was in it")
    return handed.proof


def unproven_handed(view: View, message: Message, handed: HandedNote) -> str | None:
    """Why it is only claimed when a message was sent that was handed on (N2); None where it is proven.

    That both signatures of its device hold is checked before.
    """
    why = unproven(view, message, handed.envelope, handed.relayed if isinstance(handed.relayed, Relayed) else None)
    if why is not None:
        return why
    try:
        return None if shown_envelope(handed, message) is not None else NOTHING_SHOWS
    except MessageError as error:
        return str(error)
