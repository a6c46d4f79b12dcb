"""A message that crosses a border: everything that its sealing and its opening start from."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bench.network import Network
from crypto.age_pq import PQIdentity
from crypto.signing import SecretPair
from desk.mail.content import Text
from desk.mail.message import Message, MessageStage, Sender, write_message
from desk.mail.opening import Opened, Reader, open_envelope
from desk.mail.sealing import Sealed, seal
from directory.keyset import EPOCH, GRACE, Choice, recipient_key
from directory.replay import Replica
from relay.protocol.receipts import Leaf, Relayed, sign_receipts

FROM, TO = "co-desk", "ec-desk"
DEVICES_EACH = 2  # of an officer
TEXT = "Three persons crossed at noon in a white van. " * 20


@dataclass(frozen=True)
class Outgoing:
    """A message and who seals it: the sending device's name and keys, and a key of every device it goes to."""

    network: Network
    replica: Replica
    message: Message
    name: str
    keys: SecretPair
    identities: Mapping[str, PQIdentity]
    choices: Mapping[str, Choice]

    def seal(self) -> Sealed:
        """The message signed, and sealed to every device."""
        note = write_message(self.message, self.name, self.keys)
        return seal(self.replica.view, self.message, note, self.choices, {}, self.message.at)


@dataclass(frozen=True)
class Incoming:
    """An envelope with the relay's receipt, and the device that opens it."""

    sent: Outgoing
    raw: bytes
    note: bytes
    relayed: Relayed
    reader: Reader
    identity: PQIdentity

    def open(self) -> Opened:
        """The message opened and verified; raises unless everything holds."""
        opened = open_envelope(self.raw, self.relayed, self.reader, self.sent.replica, self.sent.message.at)
        if opened.warnings:
            raise ValueError(f"the message opens with warnings: {opened.warnings}")
        return opened


def outgoing(devices: int) -> Outgoing:
    """A message from one authority's desk, which one device serves, to another's, which so many devices serve."""
    network = Network()
    for member in ("co", "ec"):
        network.admit(member)
    sender, keys = network.officer("co")
    officers, receivers = list[str](), list[SecretPair]()
    for number in range(devices):
        if number % DEVICES_EACH:
            receivers.append(network.device(officers[-1], "ec"))
        else:
            officer, pair = network.officer("ec")
            officers.append(officer)
            receivers.append(pair)
    network.contact(FROM, "co", "trafficking-24-7", (sender,))
    network.contact(TO, "ec", "trafficking-24-7", tuple(officers))
    replica = network.replica()
    assert replica.checkpoint is not None
    message = Message(
        id=secrets.token_hex(16),
        network=replica.view.founded.id,
        case="2026/117",
        sender=Sender(contact=FROM, device=keys.public.id),
        stages=(MessageStage(after=0, contacts=(TO,)),),
        at=network.now,
        expires=network.now + 7 * 86_400,
        precedence="flash",
        stop="accepted",
        content=Text(subject="White van, northbound", text=TEXT),
        checkpoint=replica.checkpoint.raw.decode(),
    )
    identities = {pair.public.id: PQIdentity.generate() for pair in receivers}
    choices = {device: _choice(device, identity, network.now) for device, identity in identities.items()}
    name = replica.view.device_name(keys.public.id)
    return Outgoing(network, replica, message, name, keys, identities, choices)


def incoming(sent: Outgoing) -> Incoming:
    """The message as it arrives at the last device that the envelope names."""
    note = write_message(sent.message, sent.name, sent.keys)
    envelope = seal(sent.replica.view, sent.message, note, sent.choices, {}, sent.message.at).envelope
    last = envelope.header.recipients()[-1]
    identity = sent.identities[last.device]
    founded = sent.replica.view.founded
    leaf = Leaf(envelope=envelope.hash, tree_size=sent.replica.size, time=sent.message.at)
    (relayed,) = sign_receipts([leaf], founded.id, founded.name, sent.network.receipt, sent.message.at)
    reader = Reader(last.device, {last.key: identity}.get, lambda _: False)
    return Incoming(sent, envelope.raw, note, relayed, reader, identity)


def _choice(device: str, identity: PQIdentity, now: int) -> Choice:
    raw = identity.recipient().raw
    return Choice(device, raw, recipient_key(raw), now + EPOCH + GRACE)
