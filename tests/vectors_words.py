"""The words by which vectors name a failure, and which of our exceptions each of them is.

`word_of` takes the first row that fits, by class and text, an exception or one of its causes; deeper causes stand
first.
docs/formats/README.md says what each word means.
"""

import re

from msgspec import DecodeError, ValidationError
from vectors_readers import WrongNetwork, WrongSeal

from crypto.age_errors import BadKey, HeaderFailure, HMACFailure, NoMatch, PayloadFailure
from crypto.checkpoint import CheckpointError
from crypto.encoding import EncodingError
from crypto.keyfile import KeyFileError, WrongPassphrase
from crypto.merkle import ProofError
from crypto.note import NoteError, SignatureError
from crypto.policy import PolicyError, Unsatisfied
from crypto.proof import MalformedProof
from crypto.tiles import TileError
from desk.errors import Declined, Distrust, Usage
from desk.keys.vault import Damaged
from desk.mail.envelope_proof import NotItsEnvelope
from desk.mail.message import MessageError
from desk.mail.opening import Unbelievable
from desk.profile.recovery_file import OtherVersion, RecoveryError
from directory.canonical import Malformed, OtherType
from directory.commitment import CommitmentError
from directory.evidence_checked import NotJudged, Unfounded
from directory.judge_rules import Refused
from directory.keyset import KeySetError
from directory.replay import Alarm, Incomplete
from directory.statement import UnknownStatement
from relay.at_rest import AtRestError
from relay.key_files import KeyFileError as RelayKeyFileError
from relay.protocol.invitation import InvitationError
from relay.protocol.lines import LineError
from relay.protocol.problems import Refusal

TABLE: tuple[tuple[type[BaseException], str, str], ...] = (
    (Malformed, "what is handed on is no message|a file beside messages", "bad value"),
    (UnknownStatement, "", "unknown kind"),
    (UnicodeDecodeError, "", "not UTF-8"),
    (WrongPassphrase, "", "wrong passphrase"),
    (HeaderFailure, "", "header failure"),
    (HMACFailure, "", "HMAC failure"),
    (PayloadFailure, "", "payload failure"),
    (NoMatch, "", "no match"),
    (BadKey, "", "bad recipient"),
    (EncodingError, "not canonical", "not canonical"),
    (EncodingError, "bytes where", "out of range"),
    (EncodingError, "above the largest", "out of range"),
    (EncodingError, "", "malformed"),
    (NoteError, "bytes; at most", "too large"),
    (NoteError, "not UTF-8", "not UTF-8"),
    (NoteError, "signatures; at most", "out of range"),
    (NoteError, "does not belong", "wrong key id"),
    (NoteError, "", "malformed"),
    (SignatureError, "is missing|are missing", "signature missing"),
    (SignatureError, "signed twice", "signature repeated"),
    (SignatureError, "share a key id", "repeated"),
    (SignatureError, "beside the two", "extra signature"),
    (SignatureError, "another order", "wrong order"),
    (SignatureError, "key generator", "weak key"),
    (SignatureError, "is wrong", "bad signature"),
    (SignatureError, "another checkpoint", "bad signature"),
    (SignatureError, "cannot be checked|nobody enrolled", "unknown signer"),
    (ValidationError, "missing required field", "missing field"),
    (ValidationError, "unknown field", "unknown field"),
    (ValidationError, "matching regex|[Ii]nvalid (enum )?value", "bad value"),
    (ValidationError, "of length|>=|<=|out of range", "out of range"),
    (ValidationError, "Expected", "wrong type"),
    (DecodeError, "", "malformed"),
    (OtherType, "", "wrong type line"),
    (Malformed, "of JSON; at most|envelope of .* bytes|end within .* bytes", "too large"),
    (Malformed, "a file of .* bytes; at most|second line is too long|MiB of a kind", "too large"),
    (Malformed, "not UTF-8", "not UTF-8"),
    (Malformed, "canonically", "not canonical"),
    (Malformed, "stands twice in one object", "duplicate key"),
    (Malformed, "the form has no such field", "unknown field"),
    (Malformed, "the same stands twice", "repeated"),
    (Malformed, "end in one newline", "malformed"),
    (Malformed, "do not add up|something is told", "bad value"),
    (Malformed, "and ends with no white space|control character|there is no day|what is not stated", "bad value"),
    (Malformed, "a name or a pseudonym|longitude stand together", "missing field"),
    (Malformed, "items; a list of|says nothing", "out of range"),
    (Malformed, ": expected (a list|an object)$", "wrong type"),
    (Malformed, "first event sends a request|not the request", "bad value"),
    (Malformed, "order of their names", "wrong order"),
    (Malformed, "names an officer twice|have one id|named once among", "repeated"),
    (Malformed, "named once$|exceptions are sorted", "wrong order"),
    (Malformed, "is no IANA time zone|does not begin on|begins again|take it out|take the exception out", "bad value"),
    (Malformed, "ends later, by|begins within another|no day of the|no time of day|between the years", "bad value"),
    (
        Malformed,
        "a duty note (names|leaves)|own contact alone|the contact it is of|why it names a victim|goes along",
        "bad value",
    ),
    (Malformed, "spans|time zone", "bad hours"),
    (Malformed, "padding class|padded to its class|a message has at most .* bytes", "bad padding"),
    (Malformed, "not an envelope of this version", "wrong type line"),
    (
        Malformed,
        "are sorted, and named once|order of their kinds|is named in order|handed over are sorted",
        "wrong order",
    ),
    (Malformed, "opens a case, and names none|is not called|a bundle has an index", "bad value"),
    (Malformed, "stage", "bad stages"),
    (Malformed, "expires", "bad expiry"),
    (Malformed, "hexadecimal", "bad value"),
    (Malformed, "each once|contact once", "repeated"),
    (Malformed, "not for this device", "wrong device"),
    (Malformed, "age file", "header failure"),
    (Malformed, "are to be different", "repeated"),
    (Malformed, "fingerprint is that of another", "wrong key id"),
    (Malformed, "none that a key generator makes", "weak key"),
    (Malformed, "its first line is not", "wrong type line"),
    (Malformed, "another network than the one it names", "wrong network"),
    (Malformed, "", "malformed"),
    (CheckpointError, "expected", "wrong origin"),
    (CheckpointError, "at most|to 255 bytes|from 0 to", "out of range"),
    (CheckpointError, "", "malformed"),
    (ProofError, "", "bad proof"),
    (TileError, "", "malformed"),
    (PolicyError, "", "malformed"),
    (MalformedProof, "", "malformed"),
    (Unsatisfied, "", "unsatisfied"),
    (CommitmentError, "at most", "too large"),
    (CommitmentError, "a salt", "out of range"),
    (CommitmentError, "", "wrong commitment"),
    (ValueError, "^a body has at most", "too large"),
    (ValueError, "^a salt has", "out of range"),
    (KeySetError, "ran out", "ran out"),
    (KeySetError, "another network", "wrong network"),
    (KeySetError, "another device", "wrong device"),
    (KeySetError, "between 1 and", "out of range"),
    (KeySetError, "overlap", "overlap"),
    (KeySetError, "would be erased", "erased too early"),
    (KeySetError, "twice", "repeated"),
    (KeySetError, "is older than", "older than seen"),
    (KeySetError, "two different", "two versions"),
    (LineError, "another network", "wrong network"),
    (LineError, "another envelope", "wrong envelope"),
    (MessageError, "another network", "wrong network"),
    (MessageError, "the network is for exercises", "bad value"),
    (MessageError, "another device", "wrong device"),
    (Unbelievable, "the envelope shows another", "header differs"),
    (NotItsEnvelope, "made again, it is another", "wrong envelope"),
    (Unbelievable, "is not here", "no match"),
    (Unbelievable, "does not know the sending device", "unknown signer"),
    (WrongNetwork, "", "wrong network"),
    (WrongSeal, "", "wrong mac"),
    (AtRestError, "does not open", "wrong mac"),
    (AtRestError, "", "malformed"),
    (Usage, "a challenge is", "bad value"),
    (Refusal, "16 letters and digits", "bad value"),
    (InvitationError, "expired", "expired"),
    (InvitationError, "bytes; at most", "too large"),
    (InvitationError, "do not come from the desk", "wrong mac"),
    (InvitationError, "", "malformed"),
    (KeyFileError, "of role", "wrong role"),
    (KeyFileError, "canonically", "not canonical"),
    (KeyFileError, "it is sealed to a key", "header failure"),
    (KeyFileError, "bytes is no key file", "too large"),
    (KeyFileError, "another kind of file", "wrong type line"),
    (KeyFileError, "role or a secret's name", "bad value"),
    (KeyFileError, "secrets, where", "out of range"),
    (KeyFileError, "a secret has", "out of range"),
    (KeyFileError, "passphrase", "bad passphrase"),
    (KeyFileError, "", "malformed"),
    (RelayKeyFileError, "key where", "wrong role"),
    (RelayKeyFileError, "too large", "too large"),
    (Damaged, "another name", "wrong name"),
    (Damaged, "something else", "malformed"),
    (Distrust, "has other bytes", "wrong hash"),
    (Distrust, "something else than", "wrong hash"),
    (Incomplete, "", "incomplete"),
    (Declined, "nobody published a body", "wrong commitment"),
    (Unfounded, "", "unfounded"),
    (NotJudged, "", "unknown kind"),
    (Alarm, "names no relay yet", "signature missing"),
    (Refused, "", "refused"),
    (Usage, "names no relay of that network", "wrong statement"),
    (Usage, "one signature stands on it", "extra signature"),
    (Declined, "not signed by the network's duty key", "signature missing"),
    (OtherVersion, "", "wrong type line"),
    (RecoveryError, "begins otherwise", "wrong type line"),
    (RecoveryError, "out of order", "wrong order"),
    (RecoveryError, "larger than any|longer than any", "too large"),
    (RecoveryError, "another than it says", "wrong hash"),
    (RecoveryError, "", "malformed"),
)
ALARMS = {"network": "wrong network", "fork": "wrong root", "rollback": "older than seen", "clock": "clock ahead"}
WORDS = frozenset({"valid", *ALARMS.values(), *(word for _, _, word in TABLE)})


def word_of(error: BaseException) -> str:
    """The word for an exception of one of our readers."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    for kind, pattern, word in TABLE:
        if any(isinstance(each, kind) and re.search(pattern, str(each)) for each in chain):
            return word
    for each in chain:
        if isinstance(each, Alarm) and each.kind in ALARMS:
            return ALARMS[each.kind]
    raise AssertionError(f"no word for {error!r}") from error
