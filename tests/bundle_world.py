"""A bundle of a case for tests, made by hand: no relay runs, so that anything can be altered.

co-night opens a case with ec-desk, which joins, and says something with an attachment; ec-night's desk has it delivered
and opens it. co-day exports: whoever alters what it signed can do so as a dishonest exporter does (`signed`).
"""

from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from desk_world import EVERYBODY, checkpoint, choices, message, network, note_of, receipt
from directory_world import NAME, World, key_pair, local_id, reception_handle

from crypto.age import encrypt
from crypto.age_pq import PQIdentity
from crypto.cosignature import log_keys
from crypto.policy import Policy, PolicyLog, write_policy
from crypto.signing import sign_both
from desk.cases.acts import Act, CaseEvent, Invite, Join, Open, Say
from desk.cases.bundle_checked import checked_bundle
from desk.cases.bundle_file import KINDS, MANIFEST_TYPE, Kind, LeftOut, Manifest, part, write_log
from desk.cases.bundle_index import index_of
from desk.mail.content import ActAlone, HandedNote, Receipt, Text
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.message import Message, SealedFile, Sender, stored_message
from desk.mail.sealing import Sealed, seal
from desk.mail.subjects import text_hash
from directory.canonical import encode, write_body
from relay.protocol.lines import Delivered, device_name, reception_name, write_line

WORLD = network()
PLAIN = b"\xff\xd8 a photograph"
IDENTITY = PQIdentity.generate()
CIPHER = encrypt(PLAIN, [IDENTITY.recipient()])
FILE = SealedFile(
    name="photo.jpg",
    identity=str(IDENTITY),
    cipher_hash=sha256(CIPHER).hexdigest(),
    cipher_size=len(CIPHER),
    plain_hash=sha256(PLAIN).hexdigest(),
    plain_size=len(PLAIN),
)
Parts = dict[tuple[Kind, str], bytes]


def policy(world: World = WORLD) -> Policy:
    """The trust policy: the log's two keys, and no witness."""
    relay = world.view.relay
    assert relay is not None
    return Policy(tuple(PolicyLog(each) for each in log_keys(relay.origin, relay.log)))


@cache
def _sealed(note: bytes) -> Sealed:
    return seal(WORLD.view, stored_message(note)[0], note, choices(*EVERYBODY), {}, WORLD.now)


@dataclass(frozen=True)
class Event:
    """An event as it is handed on: its message, who signed it, its note."""

    message: Message
    handle: str
    note: bytes

    @property
    def id(self) -> str:
        return text_hash(stored_message(self.note)[1])

    @property
    def envelope(self) -> str:
        """The hash of the envelope it came in."""
        return _sealed(self.note).envelope.hash

    @property
    def proof(self) -> EnvelopeProof:
        """What shows its envelope."""
        return _sealed(self.note).proof

    def handed(self, **fields: Any) -> HandedNote:
        """It, with the relay's receipt (none if that is UNSET) and what shows its envelope, unless told otherwise."""
        envelope = fields.pop("envelope", self.envelope)
        relayed = fields.pop("relayed") if "relayed" in fields else receipt(envelope, WORLD)
        made = {"note": self.note.decode(), "envelope": envelope, "relayed": relayed, "proof": self.proof}
        return HandedNote(**made | fields)

    @property
    def name(self) -> str:
        return f"message-{self.id}"


def event(act: Act, handle: str = "co-night", before: tuple[Event, ...] = (), **fields: Any) -> Event:
    """An event by an officer, in the name of their desk, behind others."""
    acts = [each for each in before if not _is_say(each)]
    after = tuple(sorted(each.id for each in acts[-1:]))
    case_event = CaseEvent(act=act) if not before else CaseEvent(case=before[0].id, after=after, act=act)
    contact = fields.pop("contact", f"{handle[:2]}-desk")
    made: dict[str, Any] = {
        "id": sha256(f"{handle} {act} {len(before)}".encode()).hexdigest()[:32],
        "to": ("ec-desk",) if contact == "co-desk" else ("co-desk",),
        "content": ActAlone(),
        "case_event": case_event,
        "stop": "never",
    }
    return _signed(handle, contact, made | fields)


def _signed(handle: str, contact: str, fields: dict[str, Any]) -> Event:
    sender = Sender(contact=contact, device=local_id(handle))
    said = msgspec.structs.replace(message(WORLD, **fields), sender=sender)
    return Event(said, handle, note_of(said, handle))


def _is_say(each: Event) -> bool:
    return each.message.case_event is not msgspec.UNSET and isinstance(each.message.case_event.act, Say)


@cache
def story() -> tuple[Event, ...]:
    """The case: opened, invited, joined, said."""
    first = event(Open(title="Bus to the coast"))
    second = event(Invite(contact="ec-desk"), before=(first,))
    third = event(Join(), "ec-night", (first, second))
    text = Text(subject="Three persons", text="They crossed at noon.")
    return first, second, third, event(Say(), before=(first, second, third), content=text, attachments=(FILE,))


def opened_by(handle: str, of: Event, message: str = "") -> Event:
    """A receipt that a message was opened; of another `message` than came in that envelope, if told so."""
    content = Receipt(act="opened", message=message or of.message.id, envelope=of.envelope)
    return _signed(handle, f"{handle[:2]}-desk", {"to": ("co-desk",), "content": content})


def delivered(handle: str, envelope: str, keys: str = "") -> bytes:
    """A device's word that it has an envelope."""
    device = local_id(handle)
    line = Delivered(network=WORLD.network, envelope=envelope, at=WORLD.now, device=device)
    return write_line(line, reception_name(NAME, device), key_pair(keys or reception_handle(handle)))


@dataclass
class BundleOf:
    """The parts of a bundle, and what is signed about them."""

    parts: Parts = field(default_factory=dict)
    left_out: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    signer: str = "co-day"

    def put(self, kind: Kind, name: str, data: bytes) -> None:
        """A part."""
        self.parts[kind, name] = data

    def put_event(self, each: Event, **fields: Any) -> None:
        """A message."""
        self.put("message", each.name, encode(each.handed(**fields)))

    def signed(self, *, index: bool = True) -> tuple[bytes, list[bytes]]:
        """The manifest and the parts, as an exporter signs them; with an index that follows, if the rest holds."""
        if index:
            self.put("index", "index", b"-\n")
            note, parts = self.signed(index=False)
            self.put("index", "index", index_of(checked_bundle(note, parts)))
        keys = sorted(self.parts, key=lambda each: (KINDS.index(each[0]), each[1]))
        made: dict[str, Any] = {
            "network": WORLD.network,
            "case": story()[0].id,
            "at": WORLD.now,
            "contact": "co-desk",
            "device": local_id("co-day"),
            "language": "pt",
            "parts": tuple(part(kind, name, self.parts[kind, name]) for kind, name in keys),
            "left_out": tuple(LeftOut(what=each, why=self.left_out[each]) for each in sorted(self.left_out)),
        }
        manifest = Manifest(**(made | self.fields))
        text = write_body(MANIFEST_TYPE, manifest)
        note = sign_both(key_pair(self.signer), device_name(NAME, local_id("co-day")), text)
        return note, [self.parts[each] for each in keys]

    def copy(self) -> "BundleOf":
        """Another with the same parts, to be altered."""
        return replace(self, parts=dict(self.parts), left_out=dict(self.left_out), fields=dict(self.fields))


@cache
def answer() -> Event:
    """ec-night's receipt for what was said."""
    return opened_by("ec-night", story()[-1])


@cache
def _whole() -> BundleOf:
    found = BundleOf()
    found.put("policy", "policy", write_policy(policy()))
    found.put("checkpoint", "checkpoint", checkpoint(WORLD))
    found.put("log", "log", write_log(WORLD.entries))
    for each in story():
        found.put_event(each)
    said = story()[-1]
    line = delivered("ec-night", said.envelope)
    found.put("line", f"line-{sha256(line).hexdigest()}", line)
    found.put("receipt", f"receipt-{answer().id}", encode(answer().handed()))
    found.put("attachment", f"attachment-{FILE.cipher_hash}", CIPHER)
    found.signed()
    return found


def whole() -> BundleOf:
    """The whole bundle, with its index."""
    return _whole().copy()
