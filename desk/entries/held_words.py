"""What is held about somebody, in words: a report to hand to that person, and what an erasure leaves."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.entries.erasure_words import STATES, called, counted, sets, short
from desk.entries.held_about import Held
from desk.safe_text import line
from desk.terminal import stamp
from directory.erasable import Erasable

_MOST_CASES = 20
_MOST_ROWS = 40
_VERIFIES = "every later statement, and every signature on a message, is verified with them"
_IN_LOG = {
    "officer": f"an id drawn at random, public keys and salted commitments: {_VERIFIES}. They do not say who it is",
    "contact": f"the contact's id, country and function, ids of officers, salted commitments: {_VERIFIES}",
    "words": "",
}
_MESSAGES = "kept as your authority's rules for its files say; they are the proof of what was asked and answered"
_OTHERS = "each is erased at its next synchronisation; until then, and if it never synchronises, it keeps its copy"
_FILES = "nobody can call back what was copied: delete or correct it where it lies, and have others do so"
_RELAY = "accounts of devices until they are revoked, access logs, sealed messages not fetched yet: ask its operator"
_ATTACHED = "Of attachments the names were looked through, not what stands in them: open those yourself."
_DRAFTS = "nobody else has them: `enlace form discard DRAFT` erases one, and no command here does it for you"
_ASIDE = "kept to show what was wrong; delete the folder when the matter is closed"


@dataclass(frozen=True, slots=True)
class Left:
    """What remains, and why."""

    what: str
    why: str


def remains(held: Held, own: str | None) -> list[Left]:
    """What an erasure by this desk leaves; `own`: whose details are its to erase (`desk.entries.erasure.power`)."""
    found: list[Left] = []
    if held.statements:
        found.append(Left(counted(len(held.statements), "statement") + " in the log", _IN_LOG[held.asked.kind]))
    strange = [each for each in held.details if each.eraser != own and each.state == "in force"]
    for eraser in sorted({each.eraser for each in strange}):
        of = ", ".join(sorted({short(each.subject) for each in strange if each.eraser == eraser}))
        who = f"administrators of {eraser} erase" if eraser else "secretariat erases, with root keys,"
        found.append(Left(f"details in force of {of}", f"the {who} what is theirs: ask them"))
    if held.messages:
        found.append(
            Left(
                counted(len(held.messages), "message or receipt", "messages and receipts") + " on this desk", _MESSAGES
            )
        )
    if held.lines:
        found.append(Left(counted(held.lines, "signed line") + " (accepted, fetched)", _MESSAGES))
    if held.drafts:
        named = f"{counted(len(held.drafts), 'draft')} of forms ({', '.join(held.drafts[:_MOST_CASES])})"
        found.append(Left(named, _DRAFTS))
    if held.files:
        found.append(Left(counted(len(held.files), "file") + f" put aside ({', '.join(held.files[:3])})", _ASIDE))
    found.append(Left("copies at other desks", _OTHERS))
    found.append(Left("snapshots, exports, proofs, proposals, recovery files, backups", _FILES))
    found.append(Left("at the relay", _RELAY))
    return found


def report(held: Held, bodies: Mapping[str, bytes], own: str | None) -> str:
    """The report for people."""
    who = held.asked
    head = f"Held about {who.kind} {who.text}" if who.kind != "words" else f"Held where these words stand: {who.text}"
    lines = [line(head), "", f"Directory: {sets(len(held.details))}" + (":" if held.details else ".")]
    lines += _details(held, bodies, own)
    if held.unseen:
        lines.append(f"  not searched, because this desk does not have them: {sets(held.unseen)}")
    if held.erased:
        lines.append(f"  and {sets(held.erased)} that were erased")
    if who.kind == "officer":
        lines += _officer(held)
    if held.statements:
        named = counted(len(held.statements), "statement")
        lines.append(f"Log: named in {named}, first at position {held.statements[0]}.")
    lines += ["", *_mail(held)]
    if held.drafts:
        lines.append(f"Drafts of forms: {', '.join(held.drafts[:_MOST_ROWS])}; `enlace form show` shows one.")
    lines += [f"  not searched: {line(each)}" for each in held.unread]
    if held.invitation:
        lines.append("Vault: an invitation that is not used yet.")
    if held.files:
        lines += ["", "Put aside on this disk:", *(f"  {line(each)}" for each in held.files[:_MOST_ROWS])]
    lines += ["", "What an erasure from here leaves, and why:", *left_lines(remains(held, own))]
    return "\n".join(lines)


def left_lines(left: list[Left]) -> list[str]:
    """What remains, a line each."""
    return [f"  {line(each.what)}: {each.why}." for each in left]


def plain(held: Held, own: str | None) -> dict[str, Any]:
    """The report for programs."""
    return {
        "asked": held.asked.text,
        "kind": held.asked.kind,
        "details": [detail(each, held, own) for each in held.details],
        "erased": held.erased,
        "unseen": held.unseen,
        "statements": held.statements,
        "roles": list(held.roles),
        "devices": [{"device": device, "live": live} for device, live in held.devices],
        "serves": held.serves,
        "key_sets": held.key_sets,
        "messages": [
            {"number": each.number, "direction": each.direction, "case": each.case, "at": each.at}
            | {"receipt": each.receipt, "exercise": each.exercise}
            for each in held.messages
        ],
        "outbox": held.waiting,
        "lines": held.lines,
        "drafts": held.drafts,
        "drafts_unread": held.unread,
        "invitation": held.invitation,
        "files": held.files,
        "remains": [{"what": each.what, "why": each.why} for each in remains(held, own)],
    }


def detail(each: Erasable, held: Held, own: str | None) -> dict[str, Any]:
    """One set of details, for programs."""
    row = {"subject": each.subject, "details": each.commitment, "state": each.state}
    return row | {"here": each.commitment in held.here, "by": each.eraser or "roots", "own": each.eraser == own}


def _details(held: Held, bodies: Mapping[str, bytes], own: str | None) -> list[str]:
    rows = []
    for each in sorted(held.details, key=lambda each: (each.subject, STATES.index(each.state))):
        whose = "yours to erase" if each.eraser == own else f"{each.eraser or 'the roots'} may erase it"
        name = called(each.subject, bodies.get(each.commitment))
        rows.append(f"  {short(each.subject):<24} {each.state:<9} {name}; {whose}")
    more = len(rows) - _MOST_ROWS
    return rows[:_MOST_ROWS] + ([f"  and {more} more; --json has them all"] if more > 0 else [])


def _officer(held: Held) -> list[str]:
    live = sum(1 for _, live in held.devices if live)
    lines = [f"Officer: {'revoked' if held.revoked else 'enrolled'}; roles {', '.join(held.roles) or 'none'}."]
    lines.append(f"Devices: {len(held.devices)}, live: {live}; key sets here: {held.key_sets}.")
    if held.serves:
        lines.append(f"Serves, or served: {', '.join(held.serves)}.")
    return lines


def _mail(held: Held) -> list[str]:
    by_words = held.asked.kind == "words"
    hint = [_ATTACHED if by_words else "What messages say about it is found by words: a name, a number."]
    if not held.messages and not held.lines:
        return ["Messages: none on this desk.", *hint]
    receipts = sum(1 for each in held.messages if each.receipt)
    told = f"{counted(len(held.messages) - receipts, 'message')} and {counted(receipts, 'receipt')}"
    lines = [f"Messages: {told} on this desk; content is not shown."]
    cases = Counter(each.case for each in held.messages)
    for case, count in sorted(cases.items())[:_MOST_CASES]:
        times = [each.at for each in held.messages if each.case == case]
        lines.append(f"  {line(case) or 'no case':<24} {count:>4}, {stamp(min(times))} to {stamp(max(times))}")
    if len(cases) > _MOST_CASES:
        lines.append(f"  and {len(cases) - _MOST_CASES} more cases; --json has them all")
    if held.waiting:
        lines.append(f"  waiting to be sent: {held.waiting}")
    if held.lines:
        lines.append(f"Signed lines (accepted, fetched): {held.lines}.")
    return lines + hint
