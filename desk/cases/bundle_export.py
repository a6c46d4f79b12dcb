"""Writing a bundle of a case out of a desk.

1. In it goes what this desk may read of the case now, and what the handling of each message lets out; acts always. What
   is left out is named, with the reason, also what is erased here, as far as the rest names it: nobody takes a part for
   the whole. What nothing in the bundle knows of nobody misses, and whoever says much that goes soon would fill the
   manifest with it.
2. The whole log goes along, up to the checkpoint: only so can somebody without a network see that a device was *not*
   revoked when it signed.
3. What was gathered is verified as whoever gets it will, before it is signed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from crypto.policy import Policy
from crypto.signing import sign_both
from desk.cases.acts import Say
from desk.cases.bundle_checked import Altered, answers, checked_bundle, opened_as_signed, said_by_reader
from desk.cases.bundle_file import (
    KINDS,
    MANIFEST_TYPE,
    MOST_PART,
    MOST_TOGETHER,
    Kind,
    LeftOut,
    Manifest,
    Part,
    Why,
    part,
    write_bundle,
    write_log,
)
from desk.cases.bundle_index import index_of
from desk.cases.held import HeldCase, HeldEvent
from desk.cases.reading import may_read
from desk.cases.thread_shown import named_by
from desk.cases.way_out import exported
from desk.cases.writing import as_handed, begun, shown
from desk.errors import Declined, DeskError
from desk.handling.way_out import time_of
from desk.mail.attachments import held_copy
from desk.mail.content import HandedNote, Receipt
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.facts import Stored
from desk.mail.intake import check_line
from desk.mail.message import SealedFile, stored_message
from desk.mail.subjects import text_hash
from desk.profile.unlocked import Unlocked
from desk.replica.proofs import checkpoint_to_show
from directory.canonical import encode, write_body
from relay.protocol.lines import device_name
from relay.protocol.receipts import Relayed

_ROOM = 16 << 20  # bytes left for everything that is no attachment, at least


@dataclass
class Gathered:
    """The parts so far, by kind and name, and what was left out."""

    parts: dict[tuple[Kind, str], bytes] = field(default_factory=dict)
    left_out: dict[str, Why] = field(default_factory=dict)

    def put(self, kind: Kind, name: str, data: bytes) -> None:
        """A part."""
        self.parts[kind, name] = data

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(map(len, self.parts.values()))

    def ordered(self) -> list[tuple[Part, bytes]]:
        """The parts as the manifest names them."""
        keys = sorted(self.parts, key=lambda each: (KINDS.index(each[0]), each[1]))
        return [(part(kind, name, self.parts[kind, name]), self.parts[kind, name]) for kind, name in keys]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, to be sealed: its pieces, what is in it, and what was left out."""

    pieces: list[bytes]
    manifest: Manifest


def gather(
    desk: Unlocked, held: HeldCase, contact: str, language: str, policy: tuple[bytes, Policy] | None, *, files: bool
) -> Bundle:
    """The bundle of a case; raises Declined where the case is not known here or nothing of it may be let out.

    `policy` is the pinned one: it goes along, and its witnesses have to have cosigned the checkpoint.
    """
    begun(held)
    replica = desk.replica()
    found = Gathered()
    found.put("checkpoint", "checkpoint", checkpoint_to_show(replica, policy[1] if policy else None))
    found.put("log", "log", write_log(desk.store.entries(0)[: replica.size]))
    if policy is not None:
        found.put("policy", "policy", policy[0])
    for event in held.events.values():
        _put_event(desk, held, event, found)
    brought = [each for each in held.events.values() if ("message", f"message-{each.signed.id}") in found.parts]
    found.left_out |= dict.fromkeys(held.erased.keys() & named_by(brought), "erased")
    for event in brought:
        _put_trail(desk, event, found)
    _put_attachments(desk, [file for each in brought for file in each.message.attachments], found, files=files)
    return _signed(desk, held, contact, language, found)


def _put_event(desk: Unlocked, held: HeldCase, event: HeldEvent, found: Gathered) -> None:
    """A message of the case, or why it is left out."""
    case, name = begun(held), event.signed.id
    if isinstance(event.signed.event.act, Say):
        reading = may_read(case, desk.replica().view, name, desk.profile.identity.device, time_of(desk))
        if not reading.allowed and reading.why_not != "no-such-message":
            found.left_out[name] = "erased" if reading.why_not == "erased" else "locked"
            return
        if exported(desk, event).verdict != "allowed":
            found.left_out[name] = "handling"
            return
    found.put("message", f"message-{name}", encode(as_handed(shown(event, desk.mail.proofs))))


def _put_trail(desk: Unlocked, event: HeldEvent, found: Gathered) -> None:
    """The lines about a message's envelope, and the receipts about the message."""
    shows = shown(event, desk.mail.proofs)
    for kept in desk.mail.lines_about(event.envelope) if event.envelope else ():
        raw = kept.note.encode()
        if not said_by_reader(check_line(kept.kind, raw, desk.replica().view), shows):
            continue
        found.put("line", f"line-{sha256(raw).hexdigest()}", raw)
    for stored in desk.mail.receipts_about(event.message.id):
        content = stored.message.content
        ours = isinstance(content, Receipt) and content.envelope == event.envelope
        if ours and answers(stored.message, event.message):
            note = stored_message(stored.note)[1]
            found.put(
                "receipt", f"receipt-{text_hash(note)}", encode(_receipt(stored, desk.mail.proofs.proof(stored.number)))
            )


def _receipt(stored: Stored, proof: EnvelopeProof | None) -> HandedNote:
    note, relayed = stored.note.decode(), stored.facts.relayed
    if not isinstance(relayed, Relayed):
        return HandedNote(note=note)
    shows = proof if proof is not None else msgspec.UNSET
    return HandedNote(note=note, envelope=stored.facts.envelope, relayed=relayed, proof=shows)


def _put_attachments(desk: Unlocked, named: Sequence[SealedFile], found: Gathered, *, files: bool) -> None:
    """The attachments that messages in the bundle name, or why they are left out, each once. One that opens to what
    none of them signed is not here: whoever put it beside a message has signed something else."""
    for file in named:
        name = f"attachment-{file.cipher_hash}"
        path = held_copy(file, desk.profile.path / "files") if files else None
        if ("attachment", name) in found.parts or path is None:
            continue
        if file.cipher_size > MOST_PART or found.size + file.cipher_size > MOST_TOGETHER - _ROOM:
            found.left_out[file.cipher_hash] = "too-large"
            continue
        try:
            opened_as_signed(name, data := path.read_bytes(), [file])
        except Altered:
            continue
        found.put("attachment", name, data)
    for file in named:
        if ("attachment", f"attachment-{file.cipher_hash}") in found.parts:
            found.left_out.pop(file.cipher_hash, None)
        else:
            found.left_out.setdefault(file.cipher_hash, "not-here")


def _signed(desk: Unlocked, held: HeldCase, contact: str, language: str, found: Gathered) -> Bundle:
    """The bundle with its index and its signed manifest, verified before it is handed on (rule 3)."""
    found.put("index", "index", b"-\n")  # until the rest is verified, of which the index is written
    manifest, note, parts = _manifest(desk, held, contact, language, found)
    try:
        contents = checked_bundle(note, parts)
        found.put("index", "index", index_of(contents))
        manifest, note, parts = _manifest(desk, held, contact, language, found)
        checked_bundle(note, parts)
    except Altered as error:
        raise DeskError(f"what this desk holds of the case does not hold: {error}") from error
    return Bundle(list(write_bundle(note, parts)), manifest)


def _manifest(
    desk: Unlocked, held: HeldCase, contact: str, language: str, found: Gathered
) -> tuple[Manifest, bytes, list[bytes]]:
    identity, ordered = desk.profile.identity, found.ordered()
    manifest = Manifest(
        network=identity.network,
        case=held.id,
        at=desk.clock(),
        contact=contact,
        device=identity.device,
        language=language,  # type: ignore[arg-type]  # one of the four: the command lets no other through
        parts=tuple(each for each, _ in ordered),
        left_out=tuple(LeftOut(what=each, why=found.left_out[each]) for each in sorted(found.left_out)),
    )
    name = device_name(identity.name, identity.device)
    note = sign_both(desk.keyring.device, name, write_body(MANIFEST_TYPE, manifest))
    return manifest, note, [data for _, data in ordered]


def exporter(desk: Unlocked, held: HeldCase, wanted: str) -> str:
    """In the name of which contact this desk exports; raises Declined where it serves none."""
    view, device, now = desk.replica().view, desk.profile.identity.device, desk.clock()
    case = begun(held)
    inside: Iterator[str] = (each for each in (*case.members, *sorted(view.contacts)))
    served = [each for each in inside if view.serves(device, each, view.size, now) and wanted in ("", each)]
    if not served:
        raise Declined("this officer serves no contact, so there is nobody in whose name to export")
    return served[0]
