"""One alert to many contacts: sealed, and tallied when everybody has answered: `python -m bench alert [CONTACTS]`.

1. Each contact is served by two officers with a device each, and they are spread over countries: 200 contacts are 400
   devices, which fit one envelope. Everything is truly signed, sealed, stored and verified, by what `enlace alert` and
   `enlace tally` use.
2. *Sealed* is signing the message, choosing keys, and one age file for all. *Tally* reads from the store of messages
   what came back: from every contact a line *delivered* by each device, and a receipt, opened or accepted.
   *Tally, first* marks what is new in the store too, *again* does not have to.
"""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.machine import this_machine
from bench.network import Network
from bench.offices import COUNTRIES
from bench.result import SECOND, time_text
from crypto.age_pq import PQIdentity
from crypto.signing import SecretPair
from desk.alerts.heard import parts_of, tallied
from desk.keys.keyring import Keyring, create_keyring
from desk.mail.content import Act, Receipt, Text
from desk.mail.facts import Facts, StoredLine
from desk.mail.message import Message, MessageStage, Sender, write_message
from desk.mail.sealing import Sealed, seal
from desk.mail.store import MailStore
from desk.profile.folder import Identity, Profile
from directory.keyset import EPOCH, GRACE, Choice, recipient_key
from directory.replay import Replica, own_checkpoint
from relay.protocol.lines import Delivered, device_name, reception_name, write_line

CONTACTS, ROUNDS = 200, 7
USAGE = "usage: python -m bench alert [CONTACTS], from 2 to 240"


@dataclass(frozen=True)
class Region:
    """A sender, and many contacts with the keys of those who serve them."""

    network: Network
    replica: Replica
    sender: SecretPair
    officers: dict[str, list[SecretPair]]
    choices: dict[str, Choice]


def alert(arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Measure and print; the exit code."""
    number = int(arguments[0]) if arguments and arguments[0].isdigit() else CONTACTS if not arguments else 0
    if not 2 <= number <= 240 or len(arguments) > 1:
        print(USAGE)
        return 2
    say(f"alert: enrolling {2 * number} officers")
    region = _region(number)
    print(this_machine().line(), end="\n\n")
    for line in _measured(region, say):
        print(line)
    say("")
    return 0


def _measured(region: Region, say: Callable[[str], None]) -> Iterator[str]:
    message = _message(region)
    say("alert: sealing")
    times, sealed = [], _seal(region, message)
    for _ in range(ROUNDS):
        begin = perf_counter()
        sealed = _seal(region, message)
        times.append(perf_counter() - begin)
    header = sealed.envelope.header
    yield f"contacts           {len(message.contacts)}, {len(header.recipients())} devices, 1 envelope"
    yield f"sealed             {time_text(median(times) * SECOND)}, median of {ROUNDS} rounds"
    raw = len(sealed.envelope.raw)
    yield f"envelope           {raw:,} bytes, {raw // len(header.recipients()):,} a device"
    with tempfile.TemporaryDirectory() as folder:
        say("alert: storing what came back")
        yield from _tallied(region, message, sealed, Path(folder))


def _tallied(region: Region, message: Message, sealed: Sealed, folder: Path) -> Iterator[str]:
    mail = MailStore(folder / "messages.db", _keyring(region, folder))
    try:
        note = write_message(message, _name(region, region.sender), region.sender)
        hash_ = sealed.envelope.hash
        number = mail.add(message, note, Facts(direction="out", envelope=hash_, sent=message.at))
        came = _answer(region, mail, message, hash_)
        parts = parts_of(mail, mail.get(number or 1))
        begin = perf_counter()
        found = tallied(mail, region.replica.view, parts)
        middle = perf_counter()
        tallied(mail, region.replica.view, parts)
        yield f"tally, first       {time_text((middle - begin) * SECOND)}"
        yield f"tally, again       {time_text((perf_counter() - middle) * SECOND)}"
        counts = ", ".join(f"{count} {where}" for where, count in found.whole.items() if count)
        yield f"                   of {came:,} lines and receipts in {len(found.countries)} countries: {counts}"
        size = sum(each.stat().st_size for each in folder.glob("messages.db*"))
        yield f"stored             {size:,} bytes"
    finally:
        mail.close()


def _answer(region: Region, mail: MailStore, message: Message, envelope: str) -> int:
    """Every device signs *delivered*; of every contact the first officer opens, and of two in three accepts."""
    view, came = region.replica.view, 0
    with mail.together():
        for at, (contact, officers) in enumerate(region.officers.items()):
            for keys in officers:
                line = Delivered(network=message.network, envelope=envelope, at=message.at + 5, device=keys.public.id)
                raw = write_line(line, reception_name(view.founded.name, keys.public.id), keys)
                mail.add_line(StoredLine(kind="delivered", envelope=envelope, note=raw.decode()))
            acts: tuple[Act, ...] = ("opened", "accepted") if at % 3 else ("opened",)
            for act in acts:
                _receipt(region, mail, message, envelope, contact, act)
            came += len(officers) + len(acts)
    return came


def _receipt(region: Region, mail: MailStore, message: Message, envelope: str, contact: str, act: Act) -> None:
    keys = region.officers[contact][0]
    told = Message(
        id=secrets.token_hex(16),
        network=message.network,
        sender=Sender(contact=contact, device=keys.public.id),
        stages=(MessageStage(after=0, contacts=(message.sender.contact,)),),
        at=message.at + 60,
        expires=message.expires,
        precedence="routine",
        stop="never",
        content=Receipt(act=act, message=message.id, envelope=envelope),
        checkpoint=message.checkpoint,
    )
    mail.add(told, write_message(told, _name(region, keys), keys), Facts(direction="in", received=message.at + 61))


def _seal(region: Region, message: Message) -> Sealed:
    note = write_message(message, _name(region, region.sender), region.sender)
    return seal(region.replica.view, message, note, region.choices, {}, message.at)


def _message(region: Region) -> Message:
    return Message(
        id=secrets.token_hex(16),
        network=region.replica.view.founded.id,
        sender=Sender(contact="ar-desk", device=region.sender.public.id),
        stages=(MessageStage(after=0, contacts=tuple(region.officers)),),
        at=region.network.now,
        expires=region.network.now + 7 * 86_400,
        precedence="immediate",
        stop="never",
        content=Text(subject="Lorries at the pass", text="Three lorries, northbound. " * 30),
        checkpoint=own_checkpoint(region.replica).decode(),
    )


def _region(number: int) -> Region:
    network = Network()
    for country in COUNTRIES:
        network.admit(country.lower())
    officer, sender = network.officer("ar")
    network.contact("ar-desk", "ar", "trafficking-24-7", (officer,))
    officers: dict[str, list[SecretPair]] = {}
    for at in range(number):
        member = COUNTRIES[at % len(COUNTRIES)].lower()
        pairs = [network.officer(member), network.officer(member)]
        contact = f"{member}-alert-{at}"
        network.contact(contact, member, "trafficking-24-7", tuple(each for each, _ in pairs))
        officers[contact] = [keys for _, keys in pairs]
    devices = [keys.public.id for found in officers.values() for keys in found]
    return Region(network, network.replica(), sender, officers, {each: _choice(each, network.now) for each in devices})


def _choice(device: str, now: int) -> Choice:
    raw = PQIdentity.generate().recipient().raw
    return Choice(device, raw, recipient_key(raw), now + EPOCH + GRACE)


def _keyring(region: Region, folder: Path) -> Keyring:
    view = region.replica.view
    identity = Identity(
        kind="officer", name=view.founded.name, network=view.founded.id, member="ar", officer="0" * 32,
        device=region.sender.public.id, relay="https://relay.bench.example",
    )  # fmt: skip
    profile = Profile.create(folder / "desk", identity).save(identity)
    return create_keyring(profile, b"only for a moment", 10)


def _name(region: Region, keys: SecretPair) -> str:
    return device_name(region.replica.view.founded.name, keys.public.id)
