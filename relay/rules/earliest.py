"""From when on a log counts: what a relay whose clock was wrong still owes its readers.

A reader judges every entry by the time of the checkpoint that covers it. A relay whose clock was ahead may have taken
a statement from the future, or one of a member whose suspension had not ended yet. Under a checkpoint that is signed
with the right time, every reader would then refuse an honest log. So no checkpoint is signed with an earlier time than:

 E1 five minutes before what each statement says of itself    (rule R4 of the judge)
 E2 the end of a suspension, where a statement counts only after it    (R23, and whatever else asks who counts)
 E3 72 hours before the end of a suspension by the duty key    (R15)
"""

from collections.abc import Iterator, Sequence

import msgspec

from directory.judge import CLOCK_SKEW, Refused, apply
from directory.judge_network import DUTY_SUSPENSION
from directory.statement import AnyStatement, SuspendMember, parse_statement
from directory.view import NEVER, View


class _Claim(msgspec.Struct):
    at: int


_CLAIM = msgspec.json.Decoder(_Claim)


def earliest(view: View, entries: Sequence[bytes], time: int) -> int:
    """The least time, none before `time`, at which every one of `entries` counts after `view`.

    The entries were judged and their signatures verified before: they count at some time.
    """
    for entry in entries:
        signed = parse_statement(entry)
        signers = frozenset(name.rpartition("/")[2] for name in signed.note.names())
        view, time = _counted(view, signed.statement, signers, max(time, signed.statement.at - CLOCK_SKEW))
    return time


def claimed_earliest(entry: bytes) -> int:
    """What E1 asks for, of an entry that the judge takes; anything of another."""
    try:
        return _CLAIM.decode(entry.split(b"\n", 2)[1]).at - CLOCK_SKEW
    except (IndexError, UnicodeDecodeError, msgspec.MsgspecError):
        return 0


def _counted(view: View, statement: AnyStatement, signers: frozenset[str], time: int) -> tuple[View, int]:
    for moment in _moments(view, statement, time):
        try:
            return apply(view, statement, signers, moment), moment
        except Refused:
            continue
    return apply(view, statement, signers, NEVER), time


def _moments(view: View, statement: AnyStatement, time: int) -> Iterator[int]:
    """`time`, and then in order what may change the judge's mind."""
    yield time
    ends = {each.until for member in view.members.values() for each in member.suspensions}
    if isinstance(statement, SuspendMember):
        ends.add(statement.until - DUTY_SUSPENSION)
    yield from sorted(each for each in ends if each > time)
