"""Small worlds for tests of the desk: a network with two members, replicas of it, key sets, sealed envelopes, profiles.

    world = network()
    sent = sealed(world, message(world))                     # co-night, for co-desk, to ec-desk (ec-night and ec-day)
    opened = open_envelope(sent.raw, receipt(sent, world), reader("ec-night"), replica(world), world.now)
    keyring = desk(tmp_path, "ec-night", world)              # a profile on disk, unlocked without its slow key file

1. Handles are those of `directory_world`. co: coordinators co-night and co-day serve co-desk, co-second co-court.
   ec: ec-night and ec-day serve ec-desk, whose alternate is ec-court, served by ec-late; nobody serves ec-empty.
2. Every device has one epoch key and one fallback, made from its handle. Time stands still at `world.now`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from directory_world import NAME, START, World, key_pair, local_id, officer_id

from crypto.age_pq import PQIdentity
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64
from crypto.merkle import Tree, leaf_hash
from desk.keys.epochs import EpochKeys
from desk.keys.keyring import Keyring, Reception
from desk.mail.content import Text
from desk.mail.message import Message, MessageStage, Sender, write_message
from desk.mail.opening import Opened, Reader, open_envelope
from desk.mail.sealing import recipients_of, seal
from desk.mail.store import MailStore
from desk.profile.folder import Identity, Profile
from directory.canonical import encode
from directory.keyset import EPOCH, GRACE, Choice, Epoch, KeySet, recipient_key, write_keyset
from directory.replay import Replica, extend
from relay.protocol.envelope import Envelope
from relay.protocol.lines import device_name
from relay.protocol.receipts import Leaf, Relayed, sign_receipts
from relay.protocol.stream import Item

S = TypeVar("S", bound=msgspec.Struct)
ORIGIN = "log.enlace.example"
DAY = 86_400


@cache
def _network() -> World:
    world = World.founded()
    world.add_member("co")
    world.add_member("ec")
    for handle in ("co-night", "co-day", "co-second", "ec-night", "ec-day", "ec-late"):
        world.add_officer(handle, handle[:2])
    world.add_contact("co-desk", "co", officers=["co-night", "co-day"])
    world.add_contact("co-court", "co", officers=["co-second"])
    world.add_contact("ec-court", "ec", officers=["ec-late"])
    world.add_contact("ec-empty", "ec")
    world.add_contact("ec-desk", "ec", officers=["ec-night", "ec-day"], escalation=["ec-court"])
    world.now += 3600
    return world


def network() -> World:
    """The network of rule 1, an hour after its last statement."""
    return _network().copy()


def checkpoint(
    world: World, size: int | None = None, time: int | None = None, keys: str = "relay log", origin: str = ORIGIN
) -> bytes:
    """What the log signs over its first `size` entries at `time`."""
    entries = world.entries[:size]
    root = Tree(map(leaf_hash, entries)).root()
    signed = Checkpoint(origin, len(entries), root)
    return sign_checkpoint(signed, key_pair(keys), world.now if time is None else time)


def replica(world: World, size: int | None = None, time: int | None = None) -> Replica:
    """A reader's replica of the first `size` statements, replayed and verified."""
    signed = checkpoint(world, size, time)
    return extend(Replica(world.network), world.entries[:size], signed, max(world.now, time or 0))


@cache
def epoch_identity(handle: str, name: str = "epoch") -> PQIdentity:
    """The key that a handle's device has in the only epoch; `name` "fallback" for the fallback."""
    return PQIdentity(sha256(f"{name} {handle}".encode()).digest())


@cache
def key_id(handle: str, name: str = "epoch") -> str:
    """How envelope headers name a handle's key."""
    return recipient_key(epoch_identity(handle, name).recipient().raw)


def choice(handle: str, *, fallback: bool = False, erase: int = START + EPOCH + GRACE) -> Choice:
    """The recipient of a handle's device."""
    name = "fallback" if fallback else "epoch"
    recipient = epoch_identity(handle, name).recipient().raw
    return Choice(local_id(handle), recipient, key_id(handle, name), None if fallback else erase)


def choices(*handles: str) -> dict[str, Choice]:
    """The recipients of several devices, by device."""
    return {local_id(handle): choice(handle) for handle in handles}


EVERYBODY = ("co-night", "co-day", "co-second", "ec-night", "ec-day", "ec-late")


def key_set(world: World, handle: str, number: int = 1, **fields: Any) -> KeySet:
    """A key set of a handle's device with its epoch key and its fallback; `fields` overrules anything."""
    recipients = [b64(epoch_identity(handle, name).recipient().raw) for name in ("epoch", "fallback")]
    epoch = Epoch(opens=START, closes=START + EPOCH, erase=START + EPOCH + GRACE, recipient=recipients[0])
    everything: dict[str, Any] = {
        "network": world.network,
        "device": local_id(handle),
        "number": number,
        "at": world.now,
        "epochs": (epoch,),
        "fallback": recipients[1],
    }
    return KeySet(**(everything | fields))


def key_set_note(world: World, handle: str, number: int = 1) -> bytes:
    """That key set, signed."""
    return write_keyset(key_set(world, handle, number), device_name(NAME, local_id(handle)), key_pair(handle))


def message(world: World, sender: str = "co-night", to: Iterable[str] = ("ec-desk",), **fields: Any) -> Message:
    """A message from a handle, in the name of co-desk, to contacts; `fields` overrules anything."""
    everything: dict[str, Any] = {
        "id": sha256(f"message {fields}".encode()).hexdigest()[:32],
        "network": world.network,
        "case": "case 7",
        "sender": Sender(contact="co-desk", device=local_id(sender)),
        "stages": (MessageStage(after=0, contacts=tuple(to)),),
        "at": world.now,
        "expires": world.now + 7 * DAY,
        "precedence": "flash",
        "stop": "accepted",
        "content": Text(subject="Three persons on the night bus", text="They crossed at noon."),
        "checkpoint": checkpoint(world).decode(),
    }
    return Message(**(everything | fields))


def note_of(message: Message, sender: str = "co-night") -> bytes:
    """The message as its sender's device signs it."""
    return write_message(message, device_name(NAME, local_id(sender)), key_pair(sender))


def sealed(
    world: World,
    message: Message,
    *,
    keys: Mapping[str, Choice] | None = None,
    note: bytes | None = None,
    sender: str = "co-night",
) -> Envelope:
    """The envelope of a message, sealed to whoever is to have it."""
    found = keys if keys is not None else choices(*EVERYBODY)
    return seal(world.view, message, note or note_of(message, sender), found, {}, world.now).envelope


def receipt(
    envelope: Envelope | str, world: World, *, size: int | None = None, time: int | None = None, keys: str = "relay"
) -> Relayed:
    """The relay's receipt for an envelope (or a hash), among two others of the same commit."""
    digest = envelope if isinstance(envelope, str) else envelope.hash
    at = world.now if time is None else time
    count = world.view.size if size is None else size
    hashes = ("0" * 64, digest, "f" * 64)
    leaves = [Leaf(envelope=each, tree_size=count, time=at) for each in hashes]
    return sign_receipts(leaves, world.network, world.name, key_pair(f"{keys} receipt"), at)[1]


def reader(handle: str) -> Reader:
    """A handle's device as a reader of envelopes."""
    keys = {key_id(handle, name): epoch_identity(handle, name) for name in ("epoch", "fallback")}
    return Reader(local_id(handle), keys.get, lambda key: key == key_id(handle, "fallback"))


def opened(
    world: World, envelope: Envelope | bytes, handle: str = "ec-night", *, relayed: Relayed | None = None, **how: Any
) -> Opened:
    """What a handle's desk makes of an envelope that came with a good receipt, unless told otherwise."""
    raw = envelope if isinstance(envelope, bytes) else envelope.raw
    shown = relayed or (receipt(envelope, world) if isinstance(envelope, Envelope) else None)
    arrived = how.get("arrived", world.now)
    return open_envelope(raw, shown, how.get("reader", reader(handle)), how.get("replica") or replica(world), arrived)


def desk(path: Path, handle: str, world: World) -> Keyring:
    """A profile in `path/handle`, with the keys a handle's device goes by; its key file was never written."""
    identity = Identity(
        kind="officer",
        name=world.name,
        network=world.network,
        member=handle[:2],
        officer=officer_id(handle),
        device=local_id(handle),
        relay="https://relay.enlace.example",
    )
    profile = Profile.create(path / handle, identity).save(identity)
    pair = key_pair(f"{handle} reception")
    reception = Reception(ed25519=b64(pair.ed25519_seed), mldsa44=b64(pair.mldsa44_seed))
    (profile.path / "reception.json").write_bytes(encode(reception))
    return Keyring(profile, key_pair(handle), epoch_identity(handle, "archive"), epoch_identity(handle, "vault"))


def give_keys(keyring: Keyring, handle: str) -> None:
    """Store the seeds of a handle's epoch key and fallback in its profile, as if it had published them."""
    keyring.epochs.keep(epoch_identity(handle, "epoch"), START + EPOCH + GRACE)
    keyring.epochs.keep(epoch_identity(handle, "fallback"), None)


def mail_of(keyring: Keyring) -> MailStore:
    """The profile's message store, open; the test closes it."""
    return MailStore(keyring.profile.path / "messages.db", keyring)


def item_of(envelope: Envelope, world: World, number: int = 1, **fields: Any) -> Item:
    """How the relay announces an envelope."""
    everything: dict[str, Any] = {
        "number": number,
        "kind": "envelope",
        "envelope": envelope.hash,
        "size": len(envelope.raw),
        "relayed": receipt(envelope, world),
    }
    return Item(**(everything | fields))


def line_item(raw: bytes, kind: Any, envelope: str, number: int) -> Item:
    """How the relay announces a signed line."""
    return Item(number=number, kind=kind, envelope=envelope, size=len(raw))


def devices(world: World, message: Message) -> list[str]:
    """The devices a message goes to, in stanza order."""
    return list(recipients_of(world.view, message, world.now).all())


def refused(call: Callable[[], object], kind: type[Exception]) -> str:
    """What an officer would read: the words of the exception that `call` raises."""
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"{kind.__name__} was not raised")


@contextmanager
def withheld(path: Path) -> Iterator[None]:
    """A file that the disk does not hand out for a while, whoever asks."""
    away = path.with_name(f"{path.name}.withheld")
    path.rename(away)
    path.symlink_to(path)
    try:
        yield
    finally:
        path.unlink()
        away.rename(path)


def changed(struct: S, **fields: Any) -> S:
    """A msgspec value with other fields."""
    return msgspec.structs.replace(struct, **fields)


def epochs_of(keyring: Keyring) -> EpochKeys:
    """The profile's epoch keys as another process would find them."""
    return EpochKeys(keyring.vault)


def found_on_disk(folder: Path, *canaries: bytes) -> list[str]:
    """The files under `folder` in which any of `canaries` stands, raw, in hexadecimal or in base64 at any offset."""
    wanted = [form for canary in canaries for form in _forms(canary)]
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(each in path.read_bytes() for each in wanted)
    )


def _forms(canary: bytes) -> Iterable[bytes]:
    yield canary
    yield canary.hex().encode()
    for shift in range(3):  # base64 of a longer text that holds the canary: the middle of each of three alignments
        text = b64(b"\0" * shift + canary).encode().rstrip(b"=")
        middle = text[4 if shift else 0 : len(text) - len(text) % 4 - 4]
        if len(middle) >= 8:  # shorter ones stand everywhere
            yield middle
