"""`enlace case hand-over`: earlier messages of a case to a device, an officer or a contact that was not given them."""

from collections.abc import Collection, Sequence
from typing import TypeVar

import click

from desk.cases.acts import MOST_HANDED, Say, ToContact, ToDevice, ToOfficer
from desk.cases.case_places import meant, recalled, short
from desk.cases.fold import Case
from desk.cases.held import HeldCase, HeldEvent
from desk.cases.reading import may_read
from desk.cases.thread_shown import SHORT, receiver_words
from desk.cases.way_out import check_handing
from desk.cases.writing import Whose, acts_of, begun, check_fits, handing, packages, writer
from desk.commands.case_sending import Queued, check_may_seal, find_case, queue, tell_beside, tell_queued
from desk.commands.cases import case
from desk.commands.duty_draft import fetch
from desk.commands.handed_files import files_along
from desk.commands.officers import one_of
from desk.commands.options import opened, with_passphrase
from desk.errors import Declined, NotFound, Usage
from desk.handling.way_out import time_of
from desk.mail.message import SealedFile
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal
from directory.view import View

T = TypeVar("T")
_MOST_NAMED = 10


@case.command("hand-over", short_help="Hand earlier messages of a case to who was not given them.")
@click.argument("text", metavar="CASE")
@click.argument("messages", metavar="[MESSAGE]...", nargs=-1)
@click.option(
    "--to", "receiver", required=True, metavar="RECEIVER", help="A CONTACT, or the id of an OFFICER or DEVICE."
)
@click.option("--all", "everything", is_flag=True, help="All messages that this desk may read; the others are named.")
@click.option("--no-files", is_flag=True, help="Hand the messages over without their files.")
@click.option("--from", "sender", default="", metavar="CONTACT", help="Act for CONTACT, if you serve several.")
@with_passphrase
def hand_over(
    terminal: Terminal,
    text: str,
    messages: tuple[str, ...],
    receiver: str,
    everything: bool,
    no_files: bool,
    sender: str,
) -> int:
    """Hand messages of CASE to a contact in it, to an officer, or to a device: of your own contact, or a guest's.

    A message goes by the first 8 digits of its id, or by its place, in `enlace case show`; a place counts only while it
    leads to the message that this desk showed there last. Without any they learn who is in the case, and nothing that
    was said.

    Everybody in the case sees that it was done, by whom, and for whom. Each message goes as its sender signed it, with
    the relay's receipt, so that the receiver's desk proves it anew. Its sender is sent no receipts for it. Its files
    go along, sealed as they were: those that are not here are fetched first. What cannot be had is told on both sides.
    """
    if messages and everything:
        raise Usage("name messages by their places or ids, or give --all")
    with opened(terminal) as desk:
        check_may_seal(terminal, desk)
        fetch(terminal, desk)  # somebody may have gone since
        held, _ = find_case(desk, text)
        current, replica, device = begun(held), desk.replica(), desk.profile.identity.device
        to = _receiver(replica.view, receiver)
        whose = writer(held, replica, device, sender, terminal.clock(), seen=time_of(desk))
        if whose.guest:
            raise Declined("a guest hands nothing over")
        _check_receiver(current, whose, to, acts_alone=not (messages or everything))
        named, locked = _chosen(desk, held, messages, everything=everything)
        if locked:
            terminal.warn(_locked_words(locked))
        chosen = _allowed(terminal, desk, held, whose, to, named, everything=everything)
        if held.erased:
            words = "message(s) of this case are erased here, as their marks said: this desk hands them to nobody"
            terminal.warn(f"{len(held.erased)} {words}")
        brought = list(chosen.values())
        tell_beside(terminal, desk, held, whose, [*acts_of(held), *brought], receiver)
        files = files_along(terminal, desk, {} if no_files else chosen)
        queued = _queued(desk, held, whose, to, brought, files)
        words = f"{len(chosen)} message(s) of case {held.id[:SHORT]}{_which(brought)} handed to {receiver_words(to)}"
        words += ", and who is in it."
        plain = {
            "handed": [{"place": place, "id": each.signed.id} for place, each in chosen.items()],
            "left_out": sorted({*locked, *(named.keys() - chosen.keys())}),
        }
        return tell_queued(terminal, desk, queued, held.id, words, plain)


def _queued(
    desk: Unlocked,
    held: HeldCase,
    whose: Whose,
    to: ToDevice | ToOfficer | ToContact,
    chosen: Sequence[HeldEvent],
    files: frozenset[SealedFile],
) -> list[Queued]:
    """The acts, if anything is handed over that was said, each with the packages it is about. After a crash between
    them an act says more than was brought; whoever hands over again brings it."""
    proofs, acts = desk.mail.proofs, acts_of(held)
    if not chosen:
        return [queue(desk, each) for each in packages(whose, held, to, acts, proofs)]
    queued = list[Queued]()
    for some in in_acts(chosen):
        act = queue(desk, handing(whose, held, to, some))
        brought = [*acts, *some] if not queued else some  # the acts of the case go with the first
        queued += [act, *(queue(desk, each) for each in packages(whose, held, to, brought, proofs, act.text, files))]
    return queued


def _locked_words(places: Sequence[int]) -> str:
    """That not all goes which was said in the case, and who can hand over the rest."""
    named = ", ".join(map(str, places[:_MOST_NAMED])) + (", …" if len(places) > _MOST_NAMED else "")
    words = f"{len(places)} message(s) of this case, at place {named}, are locked here, so this desk hands them to "
    return f"{words}nobody; who may read them hands them over"


def _which(events: Sequence[HeldEvent]) -> str:
    """Which messages these are, as far as that can be read at a glance."""
    named = ", ".join(short(each.signed.id) for each in events[:_MOST_NAMED])
    return f" ({named}{', …' if len(events) > _MOST_NAMED else ''})" if named else ""


def in_acts(chosen: Sequence[T]) -> list[Sequence[T]]:
    """What is handed over, as far as one act names it."""
    return [chosen[start : start + MOST_HANDED] for start in range(0, len(chosen), MOST_HANDED)]


def _receiver(view: View, text: str) -> ToDevice | ToOfficer | ToContact:
    """Whom a command names; raises NotFound or Usage."""
    if text in view.contacts:
        return ToContact(contact=text)
    found: list[ToDevice | ToOfficer] = []
    for kind, ids in (("officer", view.officers), ("device", view.devices)):
        try:
            one = one_of(text, ids, kind)
        except NotFound:
            continue
        found.append(ToOfficer(officer=one) if kind == "officer" else ToDevice(device=one))
    if not found:
        raise NotFound(f"there is no contact, officer or device {line(text)}")
    if len(found) > 1:
        raise Usage(f"an officer and a device begin with {line(text)}; give more of the id")
    return found[0]


def _check_receiver(current: Case, whose: Whose, to: ToDevice | ToOfficer | ToContact, *, acts_alone: bool) -> None:
    """Return if the receiver stands where it may read what is handed over (of acts alone: also who is invited); raise
    Declined if not."""
    view, now, found = whose.replica.view, whose.now, whose.audience(current)
    if isinstance(to, ToContact):
        if to.contact not in (*found.members, *(found.invited if acts_alone else ())):
            raise Declined(f"{to.contact} is not in this case: it joins first, and is handed messages then")
        if to.contact == whose.contact:
            raise Usage("name an officer or a device of your own contact")
        return
    officer = view.devices[to.device].officer if isinstance(to, ToDevice) else to.officer
    devices = (to.device,) if isinstance(to, ToDevice) else view.live_devices(officer, now)
    if whose.device in devices and len(devices) == 1:
        raise Usage("that is this desk")
    own = any(view.serves(each, whose.contact, view.size, now) for each in devices)
    if not own and officer not in (*found.guests, *(found.invited_guests if acts_alone else ())):
        raise Declined(f"{receiver_words(to)} serves not {whose.contact}, and is no guest of this case")
    if not any(view.device_live(each, view.size, now) for each in devices):
        raise Declined(f"{receiver_words(to)} has no live device")


def _chosen(
    desk: Unlocked, held: HeldCase, messages: tuple[str, ...], *, everything: bool
) -> tuple[dict[int, HeldEvent], list[int]]:
    """The messages that were named, or all that this desk may hand over, by their places, and the places of those that
    it may not; raises as `meant`, and Declined if one of these was named."""
    view, device, current = desk.replica().view, desk.profile.identity.device, begun(held)
    named = meant(current, messages, recalled(desk.keyring.vault, held.id))
    found, locked = sorted_out(current, view, device, time_of(desk), None if everything else named)
    if locked and not everything:
        raise Declined(f"this desk may not read the message at place {locked[0]}, so it hands it to nobody")
    return {at: held.events[name] for at, name in found.items()}, locked


def sorted_out(
    case: Case, view: View, device: str, now: int, named: Collection[str] | None
) -> tuple[dict[int, str], list[int]]:
    """Of the messages that were `named` (None: of all) those that a device may hand over, by their places, and the
    places of those that are locked to it, or that it reads as a guest's alone."""
    found, locked = dict[int, str](), list[int]()
    for at, entry in enumerate(case.entries, 1):
        name = entry.signed.id
        if not isinstance(entry.signed.event.act, Say) or (named is not None and name not in named):
            continue
        if may_read(case, view, name, device, now).by in ("served", "handed-over"):
            found[at] = name
        else:
            locked.append(at)
    return found, locked


def _allowed(
    terminal: Terminal,
    desk: Unlocked,
    held: HeldCase,
    whose: Whose,
    to: ToDevice | ToOfficer | ToContact,
    chosen: dict[int, HeldEvent],
    *,
    everything: bool,
) -> dict[int, HeldEvent]:
    """Those of the messages that may go to the receiver. One that may not, by its handling, or since it is too long for
    a package, raises Declined where it was named; of all it is left out, and told: else whoever says one such thing in
    a case would keep all the others from whoever needs them."""
    found, why = dict[int, HeldEvent](), ""
    for place, event in chosen.items():
        try:
            check_handing(desk, event, whose.contact, to, place)
            check_fits(whose, held, to, event, desk.mail.proofs, place)
        except Declined as error:
            if not everything:
                raise
            why = why or str(error)
            terminal.warn(str(error))
            continue
        found[place] = event
    if chosen and not found:
        raise Declined(f"nothing is handed over: {why}", "handling")
    return found
