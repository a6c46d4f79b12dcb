"""From a signed note to an envelope: which devices, which of their keys, one age file for all.

1. Recipients are contacts; devices follow from the directory at the moment of sealing, so a message is sealed to
   whoever serves the contact then, and to nobody revoked.
2. A device that serves contacts of several stages gets the message with the earliest of them. The sending device
   itself needs no copy; its colleagues at the sender contact do. Where a message is for the sender's own contact alone
   it is the last resort: with no colleague who can receive, it goes round to the sending device, so that the
   relay's receipt dates it all the same.
3. A device without a usable key set (it published none, or its keys ran out) is left out, with a warning. So is one
   whose queue is full, by the relay's word alone: the warning says whose word it is. A contact of the first stage with
   none left stops the send; an alternate without one is told, and the message goes out without it. More devices
   than an envelope takes stop it too; from one contact to one other there never are (directory rule R32).
   An alert to many (`Message.to_many`) is stopped by none of them: whoever cannot receive it is told, and has to be
   telephoned, and it goes out to the others, as long as there is one.
4. The expiry never passes the earliest erase time among the keys used.
5. Officers that a message names besides contacts get it with the first stage, on their live devices; where it hands
   something over to one device, on that alone. What an officer does in a case as a guest is for no colleague: of the
   sender's own contact only that officer's other devices get a copy.
6. A call goes to the live devices of whom it names, but to none that gets the message, and to none twice. It needs no
   keys; whom it cannot reach is told, and the message goes out all the same. The line of each call is signed when the
   envelope is there, and stays with it from then on.
7. Whoever is called learns for which contacts of their own member the message waits, and of no other that it reaches;
   only where an officer calls somebody of a member that has none among the recipients are the first stage's named.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec

from crypto.age import encrypt_known
from crypto.age_pq import PQRecipient
from crypto.errors import CryptoError
from crypto.signing import SecretPair
from desk.cases.acts import as_guest
from desk.errors import Declined
from desk.handling.sending import check_sending
from desk.mail.content import HandedOver
from desk.mail.envelope_proof import EnvelopeProof, proof_of
from desk.mail.message import Message, MessageCall, MessageStage
from directory.canonical import Malformed
from directory.keyset import Choice
from directory.view import View
from relay.protocol.envelope import (
    MOST_CALLED,
    MOST_DEVICES,
    Called,
    Envelope,
    Header,
    Recipient,
    Stage,
    write_envelope,
)
from relay.protocol.lines import Call, device_name, write_line
from relay.protocol.padding import pad

FULL = "the relay says that its queue is full, so this was not sealed to it"


@dataclass(frozen=True, slots=True)
class Recipients:
    """The devices of each stage in order, the own side's, and those of each call."""

    stages: tuple[tuple[str, ...], ...]
    own: tuple[str, ...]
    calls: tuple[tuple[str, ...], ...] = ()

    def all(self) -> tuple[str, ...]:
        """Every device that gets the message."""
        return (*(each for stage in self.stages for each in stage), *self.own)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope, what the sender should know about it, and what shows that the note is in it."""

    envelope: Envelope
    warnings: tuple[str, ...]
    proof: EnvelopeProof


def recipients_of(view: View, message: Message, now: int) -> Recipients:
    """The live devices a message may go to; raises Declined for a contact without one, for too many in all,
    and for what the handling rules do not let go there.

    Of a message for the sender's own contact alone the sending device is among them, as the last (rule 2).
    """
    check_sending(view, message)
    seen = {message.sender.device}
    stages: list[tuple[str, ...]] = []
    for stage in message.stages:
        devices: list[str] = []
        for contact in stage.contacts:
            serving = view.contact_devices(contact, now) if contact in view.contacts else ()
            if not serving and not message.to_many:
                raise Declined(
                    f"{contact} has no live device: telephone and e-mail only (`enlace show {contact}`); "
                    "`enlace send --as-file` writes a file sealed under a passphrase instead",
                    "no-device",
                )
            devices += [each for each in serving if each not in seen]
            seen.update(serving)
        stages.append(tuple(devices))
    named = [each for officer in message.officers for each in _devices(view, message, officer, now)]
    stages[0] += tuple(each for each in named if each not in seen)
    seen.update(named)
    own = tuple(each for each in _own_side(view, message, now) if each not in seen)
    if message.own_side:
        stages[0] = (*stages[0], message.sender.device)
    recipients = Recipients(tuple(stages), own, _called(view, message, {*seen, *own}, now))
    count = len(recipients.all())
    if count > MOST_DEVICES:
        fewer = "name fewer contacts at once" + (", or use --no-escalation" if len(stages) > 1 else "")
        raise Declined(f"{count} devices would get this, and one message takes at most {MOST_DEVICES}: {fewer}")
    return recipients


def _devices(view: View, message: Message, officer: str, now: int) -> tuple[str, ...]:
    """The live devices of an officer whom a message names; raises Declined for one without any (rule 5)."""
    live = view.live_devices(officer, now) if officer in view.officers else ()
    only = message.content.device if isinstance(message.content, HandedOver) else msgspec.UNSET
    found = live if only is msgspec.UNSET else tuple(each for each in live if each == only)
    if not found:
        raise Declined(f"officer {officer[:8]} has no live device that this could be sealed to", "no-device")
    return found


def _own_side(view: View, message: Message, now: int) -> tuple[str, ...]:
    """The devices at the sender's own contact that get a copy (rules 2 and 5)."""
    devices = view.contact_devices(message.sender.contact, now)
    if isinstance(message.content, HandedOver):
        return ()
    if message.case_event is msgspec.UNSET or not as_guest(message.case_event):
        return devices
    officer = view.devices[message.sender.device].officer
    return tuple(each for each in devices if view.devices[each].officer == officer)


def _called(view: View, message: Message, seen: set[str], now: int) -> tuple[tuple[str, ...], ...]:
    """The devices of each call (rule 6), at most MOST_CALLED in all: whoever comes first is called."""
    calls, room = list[tuple[str, ...]](), MOST_CALLED
    for call in message.calls:
        serving = [
            each for contact in call.contacts if contact in view.contacts for each in view.contact_devices(contact, now)
        ]
        for member in call.administrators:
            officers = sorted(view.administrators(member, now)) if member in view.members else []
            serving += [each for officer in officers for each in view.live_devices(officer, now)]
        found = tuple(each for each in dict.fromkeys(serving) if each not in seen)[:room]
        seen.update(found)
        room -= len(found)
        calls.append(found)
    return tuple(calls)


def seal(
    view: View,
    message: Message,
    note: bytes,
    choices: Mapping[str, Choice],
    problems: Mapping[str, str],
    now: int,
    full: Collection[str] = (),
) -> Sealed:
    """The envelope for `message`, without the devices in `full`; raises Declined when a contact cannot be sealed to.

    `choices` has the key of each device that has one; `problems` says what is wrong with others, or with what came.
    """
    recipients = recipients_of(view, message, now)
    choices = {device: choice for device, choice in choices.items() if device not in full}
    problems = {**problems, **dict.fromkeys(full, FULL)}
    warnings = [*_unreached(view, message, choices, problems, now), *_officers_unreached(view, message, choices, now)]
    recipients = _without_sender(recipients, message.sender.device, choices)
    warnings += [f"device {each[:8]}: {problems[each]}" for each in recipients.all() if each in problems]
    stages = [
        Stage(after=stage.after, devices=tuple(_recipient(choices[each]) for each in devices if each in choices))
        for stage, devices in zip(message.stages, recipients.stages, strict=True)
    ]
    own = tuple(_recipient(choices[each]) for each in recipients.own if each in choices)
    calls = tuple(
        Called(after=call.after, devices=tuple(each for each in devices if each not in full))
        for call, devices in zip(message.calls, recipients.calls, strict=True)
    )
    warnings += [
        f"no device of {named(signed)} is left to be called after {signed.after // 60} min"
        for signed, call in zip(message.calls, calls, strict=True)
        if not call.devices
    ]
    used = [choices[each] for each in recipients.all() if each in choices]
    fallbacks = [each.device for each in used if each.fallback]
    if fallbacks:
        devices_text = ", ".join(each[:8] for each in fallbacks)
        warnings.append(f"no current key, so sealed to the fallback, without forward secrecy: {devices_text}")
    erase = min((each.erase for each in used if each.erase is not None), default=message.expires)
    if message.expires > erase:
        raise Declined("the message would expire after a recipient's keys are erased; choose an earlier expiry")
    header = Header(
        id=secrets.token_hex(16),
        network=message.network,
        sender=message.sender.device,
        stages=tuple(stages),
        own=own,
        calls=calls,
        precedence=message.precedence,
        stop=message.stop,
        time=now,
        expires=message.expires,
        attachments=tuple(each.cipher_hash for each in message.attachments),
        tree_size=view.size,
    )
    try:
        keys = [PQRecipient(each.recipient) for each in used]
        file, known = encrypt_known(pad(note), keys)
        envelope = write_envelope(header, file)
        return Sealed(envelope, tuple(warnings), proof_of(envelope, known))
    except (CryptoError, Malformed) as error:
        raise Declined(f"this message cannot be sealed: {error}") from error


def _without_sender(recipients: Recipients, sender: str, choices: Mapping[str, Choice]) -> Recipients:
    """The recipients without the sending device, unless nobody else in its stage can be sealed to (rule 2)."""

    def needed(stage: tuple[str, ...]) -> tuple[str, ...]:
        others = tuple(each for each in stage if each != sender)
        return others if any(each in choices for each in others) else stage

    return Recipients(tuple(map(needed, recipients.stages)), recipients.own, recipients.calls)


def named(turn: MessageStage | MessageCall) -> str:
    """Whom a stage or a call is for, in words."""
    administrators = turn.administrators if isinstance(turn, MessageCall) else ()
    return ", ".join((*turn.contacts, *(f"the administrators of {each}" for each in administrators)))


def calls_for(view: View, message: Message, envelope: Envelope, keys: SecretPair) -> tuple[bytes, ...]:
    """The signed line of each call of an envelope, by the device that sends it (rule 7)."""
    header, network = envelope.header, view.founded.name
    lines = (
        Call(
            network=header.network,
            envelope=envelope.hash,
            at=header.time,
            device=header.sender,
            sender=message.sender.contact,
            contacts=waits_for(view, message, signed),
            precedence=header.precedence,
            stage=number,
            after=call.after,
            devices=call.devices,
        )
        for number, (call, signed) in enumerate(zip(header.calls, message.calls, strict=True), len(header.stages))
    )
    return tuple(write_line(each, device_name(network, header.sender), keys) for each in lines)


def waits_for(view: View, message: Message, call: MessageCall) -> tuple[str, ...]:
    """The contacts that a call says a message waits for (rule 7)."""
    members = {*call.administrators, *(view.contacts[each].member for each in call.contacts if each in view.contacts)}
    theirs = tuple(each for each in message.contacts if each in view.contacts and view.contacts[each].member in members)
    return theirs or message.stages[0].contacts


_KEYLESS = "none of its devices has a usable key set"
_INSTEAD = (
    ". Telephone and e-mail stand in `enlace show`; `enlace send --as-file` writes a file sealed under a passphrase"
)


def _unreached(
    view: View, message: Message, choices: Mapping[str, Choice], problems: Mapping[str, str], now: int
) -> list[str]:
    """What to warn of alternates that cannot receive; raises Declined for a contact of the first stage (rule 3)."""
    warnings: list[str] = []
    for number, stage in enumerate(message.stages):
        for contact in stage.contacts:
            own = contact == message.sender.contact
            serving = [each for each in view.contact_devices(contact, now) if own or each != message.sender.device]
            if any(each in choices for each in serving):
                continue
            why = "; ".join(f"device {each[:8]}: {problems[each]}" for each in serving if each in problems)
            some = any(problems.get(each) == FULL for each in serving)
            words = f"{contact} cannot receive{' now' if some else ''}: "
            words += "every device of it is without a usable key set or full" if some else _KEYLESS
            words += f" ({why})" if why else ""
            if not number and not message.to_many:
                raise Declined(words if some else words + _INSTEAD, "quota-full" if some else "no-device")
            warnings.append(f"telephone it: {words}" if message.to_many else f"next in line, {words}")
    if message.to_many and len(warnings) == len(message.contacts):
        raise Declined(f"nobody this is for can receive: {warnings[0]}", "no-device")
    return warnings


def _officers_unreached(view: View, message: Message, choices: Mapping[str, Choice], now: int) -> list[str]:
    """What to warn of officers who cannot receive; raises Declined where the message is for nobody else."""
    without = [
        officer
        for officer in message.officers
        if not any(each in choices for each in _devices(view, message, officer, now))
    ]
    if without and len(without) == len(message.officers) and not message.contacts:
        raise Declined(f"officer {without[0][:8]} cannot receive: {_KEYLESS}", "no-device")
    return [f"officer {each[:8]} cannot receive: {_KEYLESS}" for each in without]


def _recipient(choice: Choice) -> Recipient:
    return Recipient(device=choice.device, key=choice.key)
