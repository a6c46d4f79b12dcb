"""A clock that was ended, and ran on; or was ended twice: what the lines that have just come say of it.

1. An acceptance, or an order to stop, ends the turns that have not come. One that the relay released more than GRACE
   after it went to people whom nobody wanted to reach any more: an alarm, as `desk.alarms.turns` raises, which looks at
   clocks that run, and at this one no more.
2. Of several officers who accept, the relay lets one be first, and shows that one's line to the others. Two acceptances
   by different devices that both count: it told both that they were first, and each believes that it is theirs.
3. Each is told once, by a mark on the message. What was seen is kept: the lines bear their devices' signatures. When an
   officer accepted is said by the clock of their device. A relay takes no line that is dated more than GRACE back (L14
   of `relay.rules.release`), so no slow clock, and nobody who dates back, makes a relay look as if it ran on.
"""

from collections.abc import Iterable, Sequence

import msgspec

from desk.mail.facts import Stored, StoredLine
from desk.mail.schedule import GRACE, schedule
from desk.mail.store import MailStore
from desk.mail.timeline import who
from desk.mail.trail import AnyLine, clock_lines, opened_line, turn_name
from desk.profile.folder import Profile
from desk.terminal import stamp
from directory.view import View
from relay.protocol.lines import Notice, StageOrder, Step

RAN_ON, ENDED_TWICE = "turn-unstopped", "accepted-twice"
_NEVER = 2**62


def after_the_end(profile: Profile, mail: MailStore, view: View, fresh: Iterable[StoredLine], now: int) -> list[str]:
    """The alarms to tell about lines that have just come."""
    suspect = [each for each in dict.fromkeys(x.envelope for x in fresh) if _suspect(mail, each)]
    if not suspect:
        return []
    told = list[str]()
    for stored in mail.all():  # rarely, and then it has to be known what the message says
        if stored.facts.envelope in suspect and stored.facts.receipt is not None:
            told += _told(profile, mail, view, stored, now)
    return told


def _suspect(mail: MailStore, envelope: str) -> bool:
    """Whether the lines about an envelope, whoever signed them, may say what rules 1 and 2 are about."""
    lines = [opened_line(each) for each in mail.lines_about(envelope)]
    ends = [each for each in lines if _ends(each)]
    released = [each.at for each in lines if isinstance(each, Notice) and each.event in ("released", "hastened")]
    first = min((each.at for each in ends), default=_NEVER)
    accepted = {each.device for each in ends if isinstance(each, Step)}
    return len(accepted) > 1 or any(at > first + GRACE for at in released)


def _ends(line: AnyLine) -> bool:
    return (isinstance(line, Step) and line.act == "accepted") or (isinstance(line, StageOrder) and line.act == "stop")


def _told(profile: Profile, mail: MailStore, view: View, stored: Stored, now: int) -> list[str]:
    message, lines = stored.message, clock_lines(mail, view, stored)
    relayed = stored.facts.receipt
    received = relayed.leaf.time if relayed is not None else 0
    found = schedule(message, received, lines, now)
    words = dict[str, str]()
    ran_on = [each for each in found.turns if each.state == "unstopped"]
    if ran_on and found.ended is not None:
        by, did = who(view, message, found.ended.device), "accepted" if found.ended.act == "accepted" else "stopped it"
        names = ", ".join(f"{turn_name(message, each.number)} at {stamp(each.done)}" for each in ran_on)
        words[RAN_ON] = f"the relay released {names} of message {stored.number}, although {by} {did} at "
        words[RAN_ON] += f"{stamp(found.ended.at)}, by the clock of that device"
    steps = {each.device: each for each in lines if isinstance(each, Step) and each.act == "accepted"}
    if len(steps) > 1 and message.stop == "accepted":
        names = "; ".join(f"{who(view, message, each)} at {stamp(step.at)}" for each, step in sorted(steps.items()))
        words[ENDED_TWICE] = f"the relay let more than one officer accept message {stored.number} first: {names}. "
        words[ENDED_TWICE] += "Telephone them, or both act on it"
    fresh = {mark: each for mark, each in words.items() if mark not in stored.facts.warnings}
    if not fresh:
        return []
    kept = profile.evidence("ended", _files(mail.lines_about(stored.facts.own_envelope)), now)
    # A crash before this line tells it once more.
    mail.note_facts(stored.number, msgspec.structs.replace(stored.facts, warnings=(*stored.facts.warnings, *fresh)))
    return [f"{each}. What was seen is kept in {kept}" for each in fresh.values()]


def _files(lines: Sequence[StoredLine]) -> dict[str, bytes]:
    return {f"{each.kind}-{number}.txt": each.note.encode() for number, each in enumerate(lines, 1)}
