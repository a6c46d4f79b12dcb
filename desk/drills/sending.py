"""Signing drills, and keeping what is planned: the vault's file `drills`, which needs the passphrase.

1. Only an unlocked desk can sign, so only that one can send a drill: a planned hour passes by where nobody has run
   `enlace drill run` (`desk.drills.plan`, rule 2). The plan survives restarts, and tells nobody anything while it is
   locked.
2. What is not known any more is not guessed: a damaged record is replaced by one from which nothing is sent for
   `plan.APART` seconds (`plan`, rule 3), and that is told.
3. The record is written, then the drill is put into the outbox. After a crash between the two the drill was never sent,
   and stands in no figures.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from desk.drills.composing import compose_drill
from desk.drills.plan import MOST_PLANNED, Plan, Planned, forgotten, may_from, noted
from desk.drills.shown_report import lasted
from desk.errors import Declined, DeskError, Usage
from desk.keys.vault import Damaged, Vault
from desk.mail.facts import Facts
from desk.mail.message import Message, write_message
from desk.mail.sealing import recipients_of
from desk.profile.unlocked import Unlocked
from directory.canonical import encode
from directory.entry import Entry, entries
from relay.protocol.envelope import Precedence
from relay.protocol.lines import device_name

_NAME = "drills"
FORGOTTEN = "the record of drills on this disk is damaged, so what was planned is lost, and none is sent for 20 hours"


@dataclass
class Queued:
    """What became of drills that were to be sent: numbers by contact, and why others were not."""

    numbers: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def kept_plan(vault: Vault, now: int) -> tuple[Plan, str]:
    """What is planned, and what is to be told of it; a damaged record is replaced at once (rule 2)."""
    try:
        return vault.get_value(_NAME, Plan) or Plan(), ""
    except Damaged:
        plan = forgotten(now)
        keep_plan(vault, plan)
        return plan, FORGOTTEN


def keep_plan(vault: Vault, plan: Plan) -> None:
    """Keep what is planned; raises Usage for more than MOST_PLANNED."""
    if len(plan.planned) > MOST_PLANNED:
        raise Usage(f"{len(plan.planned)} drills would be planned; at most {MOST_PLANNED} are possible")
    vault.put(_NAME, encode(plan))


def known_entries(desk: Unlocked) -> dict[str, Entry]:
    """Every contact as this desk may see it, by id."""
    reader, now = desk.profile.identity.member, desk.clock()
    return {each.id: each for each in entries(desk.replica().view, desk.store.bodies(), now, reader=reader)}


def language_for(entry: Entry | None, asked: str) -> str:
    """The language a drill asks an answer in: the one that was asked for, else the first the contact works in."""
    return asked or (entry.languages[0] if entry is not None and entry.languages else "")


def queue_drills(desk: Unlocked, wanted: Iterable[Planned], precedence: Precedence = "flash") -> Queued:
    """Sign a drill to each contact and put it into the outbox; one that cannot be sent holds up no other."""
    queued, now = Queued(), desk.clock()
    for each in wanted:
        plan, told = kept_plan(desk.keyring.vault, now)
        if told:
            queued.left_out[each.contact] = told
            continue
        if now < (since := may_from(plan, each.contact)):
            queued.left_out[each.contact] = f"it had a drill within 20 hours; the next one in {lasted(since - now)}"
            continue
        try:
            message = _composed(desk, each, precedence, now)
        except DeskError as error:
            queued.left_out[each.contact] = str(error)
            continue
        keep_plan(desk.keyring.vault, noted(plan, [each.contact], now))
        # A crash here loses this drill (rule 3).
        number = desk.mail.add(message, _signed(desk, message), Facts(direction="out"), queue=True)
        if number is None:
            raise Declined("a fresh message has an id that is taken")
        queued.numbers[each.contact] = number
    return queued


def _composed(desk: Unlocked, each: Planned, precedence: Precedence, now: int) -> Message:
    replica, device = desk.replica(), desk.profile.identity.device
    language = each.language if isinstance(each.language, str) else ""
    message = compose_drill(
        replica, device, each.contact, now,
        sender=each.sender, language=language, stages=each.stages, precedence=precedence,
    )  # fmt: skip
    recipients_of(replica.view, message, now)
    return message


def _signed(desk: Unlocked, message: Message) -> bytes:
    identity = desk.profile.identity
    return write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
