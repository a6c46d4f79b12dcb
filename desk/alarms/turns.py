"""Whether the relay took the turns of a message as its sender signed them; what an officer is told where it did not.

1. Looked at for every message whose clock runs (`desk.notices.clocks`), whenever what has come was taken in. What is
   wrong says `desk.mail.schedule`: a turn that came early with no order of the sender's side, came late, was passed
   over, or of which there is no sign although the relay was just asked.
2. Each is told once, as an alarm; the message is marked for good. Nothing halts: the message is genuine, and so is the
   directory. What helps now is the telephone.
3. What was seen is kept in `alarms/`, a folder for each turn: the one file that a second party checks
   (`desk.alarms.turn_evidence`), and loose the relay's receipt, every signed line about the envelope, and what was
   signed of the turns. Where the envelope is not here there is no such file, and when the turn was due is this desk's
   word; that a line did not come is its word in any case: nobody signs silence.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from desk.alarms.accusation import Earlier
from desk.alarms.evidence import ACCUSATION
from desk.alarms.turn_evidence import turn_accusation
from desk.alarms.words import CHECK
from desk.errors import Distrust, NotFound
from desk.mail.damaged import DamagedRow
from desk.mail.facts import Stored
from desk.mail.schedule import Turn, schedule
from desk.mail.store import MailStore
from desk.mail.trail import clock_lines, turn_name
from desk.notices.clocks import Clock, OpenTurn, clocks, envelope_of, keep
from desk.profile.folder import Profile
from desk.terminal import stamp
from directory.canonical import encode
from directory.replay import Replica

MARKS = {"early": "turn-early", "late": "turn-late", "skipped": "turn-skipped", "unstopped": "turn-unstopped"}


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed of a message's turns, which one went wrong, and how far this desk has heard."""

    envelope: str
    turn: int
    received: int
    after: tuple[int, ...]
    heard: int


@dataclass(frozen=True, slots=True)
class Known:
    """What turns are held against: the directory and the statements under it, up to when the relay was asked for
    everything (`heard`, 0: not now), and what time it is."""

    replica: Replica
    earlier: Earlier
    heard: int
    now: int


def check_turns(profile: Profile, mail: MailStore, known: Known) -> list[str]:
    """What is to be told of clocks that went wrong.

    A crash in here tells an alarm once more, or leaves a clock to be looked at again.
    """
    told = list[str]()
    for clock in clocks(profile.path, known.now):
        try:
            stored = mail.get(clock.number)
        except DamagedRow:
            continue
        except NotFound:  # erased: then its envelope goes too
            keep(profile.path, msgspec.structs.replace(clock, turns=()))
            continue
        if stored.facts.own_envelope == clock.envelope:
            told.extend(_check(profile, mail, clock, stored, known))
        else:  # of another messages.db
            keep(profile.path, msgspec.structs.replace(clock, turns=()))
    return told


def _check(profile: Profile, mail: MailStore, clock: Clock, stored: Stored, known: Known) -> list[str]:
    joined = stored.facts.stage if stored.facts.direction == "in" else 0
    lines = clock_lines(mail, known.replica.view, stored)
    found = schedule(stored.message, clock.received, lines, known.heard, joined=joined)
    fresh = [each for each in found.wrong if _key(each) not in clock.alarmed]
    told = [f"{words(each, stored)}. {_kept(profile, mail, clock, stored, each, known)}" for each in fresh]
    if fresh:
        marks = dict.fromkeys((*stored.facts.warnings, *(MARKS[each.state] for each in fresh)))
        mail.note_facts(stored.number, msgspec.structs.replace(stored.facts, warnings=tuple(marks)))
    turns = tuple(
        OpenTurn(number=each.number, call=each.call, due=each.due) for each in found.turns if each.number and each.open
    )
    alarmed = (*clock.alarmed, *map(_key, fresh))
    if (turns, alarmed) != (clock.turns, clock.alarmed):
        keep(profile.path, msgspec.structs.replace(clock, turns=turns, alarmed=alarmed))
    return told


def words(turn: Turn, stored: Stored) -> str:
    """What went wrong with a turn."""
    name, due = f"{turn_name(stored.message, turn.number)} of message {stored.number}", stamp(turn.due)
    if turn.state == "early":
        return (
            f"the relay released {name} at {stamp(turn.done)}, before it was due at {due}, and no signed order of the "
            "sender's side to do so is here"
        )
    if turn.state == "late" and turn.done:
        return f"the relay released {name} only at {stamp(turn.done)}, by its own signed word; it was due at {due}"
    if turn.state == "late":
        return f"the relay gives no sign that {name} was released, which was due at {due}: telephone whom it was for"
    if turn.state == "unstopped":
        return (
            f"the relay released {name} at {stamp(turn.done)}, although device {turn.by[:8]} had ended the clock, "
            "by the time that device signed"
        )
    return (
        f"the relay passed over {name}, which was due at {due}: no signed line of anybody who stopped it is here; "
        "telephone whom it was for"
    )


def _key(turn: Turn) -> str:
    missing = " missing" if turn.state == "late" and not turn.done else ""
    return f"{turn.number} {turn.state}{missing}"


def _kept(profile: Profile, mail: MailStore, clock: Clock, stored: Stored, turn: Turn, known: Known) -> str:
    """Keep what was seen of a turn that went wrong; returns where, and how others check it."""
    file, proven, relayed = b"", False, stored.facts.receipt
    notices = [each.note.encode() for each in mail.lines_about(clock.envelope) if each.kind == "notice"]
    if relayed is not None:
        raw, replica = envelope_of(profile.path, clock), known.replica
        try:
            file, proven = turn_accusation(turn.number, raw, relayed, notices, replica, known.earlier, known.heard)
        except Distrust:  # the directory on this disk was changed: every command tells that
            pass
    files = _files(mail, stored, clock, turn.number, known.heard)
    folder = profile.evidence("turn", files, known.now, file, proven=proven)
    check = Path(folder) / ACCUSATION
    shown = f". {'It proves this: anybody' if proven else 'Anybody'} checks it: {CHECK.format(check)}" if file else ""
    return f"What was seen is kept in {folder}{shown if file and check.exists() else ''}"


def _files(mail: MailStore, stored: Stored, clock: Clock, turn: int, heard: int) -> dict[str, bytes]:
    after = tuple(each.after for each in stored.message.turns)
    signed = Signed(envelope=clock.envelope, turn=turn, received=clock.received, after=after, heard=heard)
    files = {"turns.json": encode(signed)}
    if stored.facts.receipt is not None:
        files["receipt.json"] = encode(stored.facts.receipt)
    for number, line in enumerate(mail.lines_about(clock.envelope), 1):
        files[f"{line.kind}-{number}.txt"] = line.note.encode()
    return files
