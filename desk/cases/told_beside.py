"""What whoever writes in a case, or hands it over, is told beside it: what will not be proven, and who gets nothing.

T1  What nothing shows the envelope of is not proven to whoever gets it (`desk.cases.held`, B2): a desk has that of what
    came to itself, and of what was handed to it with it; not of what a recovery file brought, nor of what came before
    envelopes were kept. Without it of the opening, whoever is invited does not learn who is in the
    case, and cannot join.
T2  Whom an act without a place yet puts out gets nothing (`desk.cases.audience`, A2): whoever writes hears who, and by
    whose word.
"""

from collections.abc import Iterable, Iterator

from desk.cases.acts import Leave
from desk.cases.audience import going
from desk.cases.fold import Case
from desk.cases.held import HeldCase, HeldEvent
from desk.cases.writing import Proofs, Whose, begun, shown
from directory.view import View

_SHORT = 8


def unshown_words(whose: Whose, held: HeldCase, events: Iterable[HeldEvent], proofs: Proofs, to: str) -> str:
    """What to tell whoever gives `events` to `to`, as a command names it; empty if all of them are shown (T1)."""
    bare = [each for each in events if shown(each, proofs).proof is None]
    if not bare:
        return ""
    words = (
        f"nothing here shows in which envelope {len(bare)} of these came (this desk was recovered from a file, or they "
    )
    words += "came before envelopes were kept): they are not proven to who gets them. "
    if held.id in {each.signed.id for each in bare}:
        words += (
            "The opening of the case is one of them, so who gets this does not learn who is in it, and cannot join. "
        )
    others = ", ".join(each for each in sorted(begun(held).members) if each != whose.contact)
    desk = f"of a colleague, or of {others}," if others else "of a colleague"
    return (
        f"{words}Let a desk {desk} to which they came itself run `enlace case hand-over {held.id[:_SHORT]} --to {to}`"
    )


def going_words(case: Case, view: View, now: int) -> Iterator[str]:
    """What to tell whoever writes, of each who gets nothing though still in, or invited (T2)."""
    unproven = {each.id for each in case.unproven}
    for target, signed in dict(going(case, view, now)).items():
        name = target if target in view.contacts else f"officer {target[:_SHORT]}"
        did = "has left" if isinstance(signed.event.act, Leave) else f"was put out by {signed.contact}"
        why = "is not proven here yet" if signed.id in unproven else "waits for another that is not here"
        yield f"{name} gets nothing of this: it {did}, by an act that {why}"
