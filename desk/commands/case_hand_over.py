"""`enlace case hand-over`: earlier messages of a case to a device, an officer or a contact that was not given them."""

import click

from desk.cases.acts import Say, ToContact, ToDevice, ToOfficer
from desk.cases.fold import Case
from desk.cases.held import HeldCase, HeldEvent
from desk.cases.reading import may_read
from desk.cases.thread_shown import SHORT, receiver_words
from desk.cases.way_out import check_handing
from desk.cases.writing import Whose, acts_of, begun, handing, packages, writer
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


@case.command("hand-over", short_help="Hand earlier messages of a case to who was not given them.")
@click.argument("text", metavar="CASE")
@click.argument("places", metavar="[PLACE]...", type=int, nargs=-1)
@click.option(
    "--to", "receiver", required=True, metavar="RECEIVER", help="A CONTACT, or the id of an OFFICER or DEVICE."
)
@click.option("--all", "everything", is_flag=True, help="All messages that this desk may read.")
@click.option("--no-files", is_flag=True, help="Hand the messages over without their files.")
@click.option("--from", "sender", default="", metavar="CONTACT", help="Act for CONTACT, if you serve several.")
@with_passphrase
def hand_over(
    terminal: Terminal,
    text: str,
    places: tuple[int, ...],
    receiver: str,
    everything: bool,
    no_files: bool,
    sender: str,
) -> int:
    """Hand messages of CASE, by their PLACEs in `enlace case show`, to a contact that is in it, to an officer, or to a
    device: of your own contact, or a guest's. Without any they learn who is in the case, and nothing that was said.

    Everybody in the case sees that it was done, by whom, and for whom. Each message goes as its sender signed it, with
    the relay's receipt, so that the receiver's desk proves it anew. Its sender is sent no receipts for it. Its files
    go along, sealed as they were: those that are not here are fetched first. What cannot be had is told on both sides.
    """
    if places and everything:
        raise Usage("name messages by their places, or give --all")
    with opened(terminal) as desk:
        check_may_seal(terminal, desk)
        fetch(terminal, desk)  # somebody may have gone since
        held, _ = find_case(desk, text)
        current, replica, device = begun(held), desk.replica(), desk.profile.identity.device
        to = _receiver(replica.view, receiver)
        whose = writer(held, replica, device, sender, terminal.clock(), seen=time_of(desk))
        if whose.guest:
            raise Declined("a guest hands nothing over")
        _check_receiver(current, whose, to, acts_alone=not (places or everything))
        chosen = _chosen(desk, held, current, places, everything=everything)
        places_of = {each.signed.id: at for at, each in enumerate(current.entries, 1)}
        for event in chosen:
            check_handing(desk, event, whose.contact, to, places_of[event.signed.id])
        if held.erased:
            words = "message(s) of this case are erased here, as their marks said: this desk hands them to nobody"
            terminal.warn(f"{len(held.erased)} {words}")
        tell_beside(terminal, desk, held, whose, [*acts_of(held), *chosen], receiver)
        files = files_along(terminal, desk, {} if no_files else {places_of[each.signed.id]: each for each in chosen})
        queued = _queued(desk, held, whose, to, chosen, files)
        words = f"{len(chosen)} message(s) of case {held.id[:SHORT]} handed to {receiver_words(to)}, and who is in it."
        return tell_queued(terminal, desk, queued, held.id, words)


def _queued(
    desk: Unlocked,
    held: HeldCase,
    whose: Whose,
    to: ToDevice | ToOfficer | ToContact,
    chosen: list[HeldEvent],
    files: frozenset[SealedFile],
) -> list[Queued]:
    """The act, if anything is handed over that was said, then the packages. After a crash between them the act says
    more than was brought; whoever hands over again brings it."""
    if not chosen:
        return [queue(desk, each) for each in packages(whose, held, to, acts_of(held), desk.mail.proofs)]
    act = queue(desk, handing(whose, held, to, chosen))
    brought = [*acts_of(held), *chosen]
    return [act, *(queue(desk, each) for each in packages(whose, held, to, brought, desk.mail.proofs, act.text, files))]


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
    desk: Unlocked, held: HeldCase, current: Case, places: tuple[int, ...], *, everything: bool
) -> list[HeldEvent]:
    """The messages that were named; raises NotFound, and Declined for one that this desk may not hand over."""
    view, device, now = desk.replica().view, desk.profile.identity.device, time_of(desk)
    found: list[HeldEvent] = []
    for at, entry in enumerate(current.entries, 1):
        if not isinstance(entry.signed.event.act, Say) or not (everything or at in places):
            continue
        reading = may_read(current, view, entry.signed.id, device, now)
        if reading.by in ("served", "handed-over"):
            found.append(held.events[entry.signed.id])
        elif not everything:
            raise Declined(f"this desk may not read the message at place {at}, so it hands it to nobody")
    lacking = set(places) - {at for at, each in enumerate(current.entries, 1) if isinstance(each.signed.event.act, Say)}
    if lacking:
        raise NotFound(f"nothing was said at place {min(lacking)} of this case; `enlace case show` numbers what was")
    if len(found) > 500:
        raise Usage(f"{len(found)} messages; at most 500 are handed over at once: name them by their places")
    return found
