"""What a message has to be before it is sealed to anybody, by the handling rules. Pure.

S1  What holds data about a victim is marked so. (Who composes marks it: `marks_for`.)
S2  TLP:RED and data about a victim have one stage: nobody is reached who was not named.
S3  Data about a victim go to a consular contact only if the form beside them records the victim's yes: at no stage, by
    nobody; nor to a guest of a case who serves one, unless that officer serves the sender's or a named contact too, and
    so has it in any case. A consular contact is never an alternate, whatever the message (`may_be_alternate`). What is
    asked and said of consent has no form beside it: the one in the message it is about counts (`check_consular_reply`).
S4  What is passed on or handed over keeps its marks on the outside too: no looser TLP, onward or retention, and that it
    is about a victim. (That a message passed on keeps its grading and purpose is held where it is passed on.)
S5  Nothing is sent to be kept for less time than it takes to be delivered.
S6  No victim's data outlive the day that the consent record names.
S7  A victim stands under a pseudonym. A form that names one goes out only if its marks say why (`identified`).
S8  TLP:RED goes into no file, whatever the way out and however it is sealed (`check_into_file`); and, like data about a
    victim, to nobody who is meant only as one of many: of a circle, a function, a country, the network (`check_many`).

It is asked where every message comes by before it is sealed (`desk.mail.sealing.recipients_of`), so that no command can
leave it out.
"""

from collections.abc import Iterable

import msgspec

from desk.drafting.paths import by_path
from desk.errors import Declined
from desk.forms.filled import Filled
from desk.handling.inside import inside
from desk.handling.marks import Handling
from desk.handling.rules import CONSULAR, NEVER, ONWARD_ORDER, TLP_ORDER, strictest_marks
from desk.handling.stored import about_victim, erased_at, form_in
from desk.handling.victim import consular_consent, kept_until, named_in, victim_data
from desk.mail.content import Consent
from desk.mail.message import Message
from directory.view import View

_LEAVE = "Leave it out; it is not told by this desk"


def check_sending(view: View, message: Message) -> None:
    """Return if a message may go to those it names; raise Declined, saying which rule stands against it."""
    whole = [message, *(each.message for each in inside(message))]
    victim = any(map(about_victim, whole))
    marks = message.handling
    if victim and not marks.victim:
        raise Declined("this holds data about a victim, and is not marked so: say --victim", "handling")
    if len(message.stages) > 1 and (marks.tlp == "RED" or victim):
        what = "TLP:RED" if marks.tlp == "RED" else "data about a victim"
        raise Declined(f"{what} reaches only the named: no alternates, no stages (--no-escalation)", "handling")
    if victim:
        _check_consular(view, message, whole)
    _check_kept(message, whole[1:])
    if 0 < marks.erase_at < message.expires:
        raise Declined(
            "it would wait for longer than it may be kept: choose an earlier --expires, or a later --keep-until",
            "handling",
        )
    _check_consented_time(message)
    filled = form_in(message)
    if filled is not None:
        check_named(filled, marks)


def check_named(filled: Filled, marks: Handling) -> None:
    """Return if a form names no victim, or its marks say why it does (S7); raise Declined if not."""
    named = named_in(filled)
    if named and not marks.identified.strip():
        where = ", ".join(map(by_path, named))
        raise Declined(
            f"a victim is named in {where}: leave the pseudonym alone there, or say why it has to be with "
            "--victim-identified WHY; the recipients read why",
            "handling",
        )


def check_into_file(marks: Handling, filled: Filled | None = None) -> None:
    """Return if what one writes may be put into a file by its marks (S7, S8); raise Declined if not."""
    if marks.tlp == "RED":
        raise Declined("TLP:RED goes into no file, however it is sealed: send it to those it is for", "handling")
    if filled is not None:
        check_named(filled, marks)


def check_many(marks: Handling, filled: Filled | None = None) -> None:
    """Return if something may go to whoever is in a circle, a country, or the network (S8); raise Declined if not."""
    victim = marks.victim or (filled is not None and victim_data(filled))
    if marks.tlp == "RED" or victim:
        what = "TLP:RED" if marks.tlp == "RED" else "data about a victim"
        raise Declined(f"{what} reaches only contacts that are named: name each, and no group of them", "handling")


def _check_consular(view: View, message: Message, whole: Iterable[Message]) -> None:
    """S3. What goes back to the consular contact that wrote it tells that one nothing."""
    named = dict.fromkeys(message.contacts)
    for officer in message.officers:
        served = [each.id for each in view.contacts.values() if officer in each.served_by(view.size)]
        if not {message.sender.contact, *message.contacts}.intersection(served):  # these have it in any case
            named |= dict.fromkeys(served)
    for contact in named:
        record = view.contacts.get(contact)
        if record is None or record.function != CONSULAR:
            continue
        what, how = f"{contact} is a consular contact", _LEAVE
        if contact not in message.contacts:
            what, how = f"a guest serves {contact}, a consular contact", "`enlace case end-guest` ends the stay"
        for each in whole:
            if not isinstance(each.content, Consent) and (each is message or each.sender.contact != contact):
                _check_consented(each, what, how)


def check_consular_reply(view: View, about: Message, contact: str) -> None:
    """Return if something may be asked of a contact, or said to it, about a message (S3); raise Declined if not."""
    record = view.contacts.get(contact)
    if record is not None and record.function == CONSULAR and about.sender.contact != contact:
        _check_consented(about, f"{contact} is a consular contact", _LEAVE)


def _check_consented(message: Message, what: str, how: str) -> None:
    filled = form_in(message)
    said = consular_consent(filled) if filled is not None else ""
    if about_victim(message) and said != "yes":
        words = {"": "nothing is recorded of that", "no": "no", "withheld": "withheld"}[said]
        raise Declined(
            f"{what}, and data about a victim go there only with the victim's consent to that, recorded in the "
            f"form beside them ({words}). {how}",
            "handling",
        )


def _check_kept(message: Message, carried: Iterable[Message]) -> None:
    """S4, of what is carried inside."""
    marks = message.handling
    for each in carried:
        old = each.handling
        found = {
            "its TLP": TLP_ORDER.index(marks.tlp) < TLP_ORDER.index(old.tlp),
            "its third-party rule (onward)": ONWARD_ORDER.index(marks.onward) < ONWARD_ORDER.index(old.onward),
            "how long it is kept": erased_at(each) < (marks.erase_at or NEVER),
        }
        if loose := [name for name, is_so in found.items() if is_so]:
            raise Declined(f"what is handed on keeps its marks; looser would be {', '.join(loose)}", "handling")


def _check_consented_time(message: Message) -> None:
    """S6."""
    filled = form_in(message)
    until = kept_until(filled) if filled is not None else 0
    if until and (message.handling.erase_at or NEVER) > until:
        raise Declined("the victim's data are kept until the day that the consent record names, no longer", "handling")


def marks_for(handling: Handling, filled: Filled | None = None, carried: Iterable[Message] = ()) -> Handling:
    """The marks under which a form, or what is handed on, is sent: `handling`, made stricter where it has to be."""
    carried = tuple(carried)
    inner = [each.handling for each in carried]
    found = strictest_marks([handling, *inner])
    victim = found.victim or any(map(about_victim, carried)) or (filled is not None and victim_data(filled))
    until = kept_until(filled) if filled is not None else 0
    ends = [each for each in (found.erase_at, until, *map(erased_at, carried)) if each and each < NEVER]
    return msgspec.structs.replace(found, victim=victim, erase_at=min(ends, default=0))


def may_be_alternate(view: View, contact: str) -> bool:
    """Whether a contact may be reached without being named: a consular one never (S3)."""
    record = view.contacts.get(contact)
    return record is not None and record.function != CONSULAR
