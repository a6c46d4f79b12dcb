"""Proofs out of this desk's directory, and what somebody concludes from one who has the policy alone.

1. A proof is made from what this desk has verified: the entry, the tree, the newest checkpoint it holds with whatever
   cosignatures that has. Where the pinned policy needs witnesses and they have not cosigned that one, none is made: a
   stranger would refuse it.
2. Verifying needs no profile, no network and no clock. What is shown of the entry is shown only once it is proven, a
   body only once the entry commits to it.
3. A proof shows that the log had this entry, for everybody, at that time. Whether the statement counts is the judge's
   to say, over the whole log; and it may have been followed by others since.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.checkpoint import CheckpointError
from crypto.errors import CryptoError
from crypto.merkle import ProofError
from crypto.note import NoteError, SignatureError
from crypto.policy import NotSigned, Policy, Unsatisfied, Witnessed, open_witnessed
from crypto.proof import PROOF_TYPE, MalformedProof, Proof, parse_proof, verify_proof
from desk.errors import Declined, Distrust, NotFound, Usage
from directory.canonical import Malformed
from directory.commitment import CommitmentError
from directory.proof_extra import check_shown, committed_body, is_extra, read_extra, write_extra
from directory.replay import Replica
from directory.statement import SignedStatement, UnknownStatement, parse_statement


@dataclass(frozen=True, slots=True)
class Proven:
    """What a file proves: the checkpoint and when it was vouched for; the entry and where it stands; a body, if shown.

    Of a checkpoint alone `index` is None, and of a statement of a kind that is not known here `statement`.
    """

    witnessed: Witnessed
    index: int | None = None
    entry: bytes = b""
    statement: SignedStatement | None = None
    body: bytes = b""


def entry_of_contact(entries: Sequence[bytes], replica: Replica, contact: str) -> int:
    """Where the statement stands that a contact's entry is from; raises NotFound."""
    record = replica.view.contacts.get(contact)
    if record is None:
        raise NotFound(f"there is no contact {contact}; `enlace find` lists them")
    for index in range(len(entries) - 1, -1, -1):
        if record.body.encode() not in entries[index]:
            continue
        statement = parse_statement(entries[index]).statement
        if getattr(statement, "contact", "") == contact and getattr(statement, "body", "") == record.body:
            return index
    raise NotFound(f"no statement of contact {contact} is on this desk; run `enlace sync`")


def make_proof(
    entries: Sequence[bytes], replica: Replica, index: int, policy: Policy | None, opening: tuple[bytes, bytes] | None
) -> bytes:
    """The proof for entry `index`, as a file; `opening` is the salt and body to show. Raises NotFound or Declined.

    `policy`: the one that whoever verifies is thought to have; None looks at none (rule 1).
    """
    if not 0 <= index < len(entries):
        raise NotFound(f"the log on this desk has {len(entries)} statements, numbered from 0")
    raw = checkpoint_to_show(replica, policy)
    salt, body = opening or (b"", b"")
    path = tuple(replica.tree.inclusion(index, replica.size))
    return Proof(index, path, raw, write_extra(entries[index], body, salt)).write()


def checkpoint_to_show(replica: Replica, policy: Policy | None) -> bytes:
    """The newest checkpoint, with its cosignatures; raises Declined where there is none, or with too few (rule 1)."""
    if replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    if policy is not None and policy.witnesses_needed():
        try:
            open_witnessed(policy, replica.checkpoint.raw)
        except CryptoError as error:
            words = "the newest checkpoint on this desk is not cosigned as the trust policy needs"
            raise Declined(f"{words}: {error}. Synchronise in a minute, or give --unwitnessed") from error
    return replica.checkpoint.raw


def verify_file(raw: bytes, policy: Policy, entry: bytes = b"") -> Proven:
    """What a file proves, a proof or a checkpoint; `entry` is the one it is about, where it brings none along.

    Raises Usage for a file that is neither, Declined where the policy does not let its checkpoint count (witnesses, or
    lines of the log's keys in this policy, are missing), Distrust where a signature, a hash or a body is wrong.
    """
    try:
        if not raw.startswith(PROOF_TYPE.encode()):
            return Proven(open_witnessed(policy, raw))
        return _verified(parse_proof(raw), policy, entry)
    except Unsatisfied as error:
        raise Declined(f"not proven: {error}") from error
    except NotSigned as error:
        words = "The log may have had other keys then: verify with the policy that was in force when this was made"
        raise Declined(f"not proven: {error}. {words}") from error
    except (SignatureError, ProofError, CommitmentError) as error:
        raise Distrust(f"NOT proven, and not by mistake: {error}") from error
    except (MalformedProof, NoteError, CheckpointError, Malformed) as error:
        raise Usage(f"this is no proof and no checkpoint: {error}") from error


def _verified(proof: Proof, policy: Policy, entry: bytes) -> Proven:
    body = salt = b""
    if proof.extra and not (entry and not is_extra(proof.extra)):  # others put what they like there
        brought, body, salt = read_extra(proof.extra)
        if entry and entry != brought:
            raise Usage("the proof brings another entry along than the one given with --entry")
        entry = brought
    if not entry:
        raise Usage("the proof does not bring its entry along: give the entry's file with --entry")
    found = verify_proof(proof, entry, policy)
    try:
        statement = parse_statement(entry)
    except UnknownStatement:  # proven all the same; an update would show it
        return Proven(found, proof.index, entry)
    if body:
        committed_body(statement.statement, body, salt)
        check_shown(body)
    return Proven(found, proof.index, entry, statement, body)
