"""Where messages stand among the acts of a case. Pure.

1. Acts are put in order by themselves (`desk.events.order`), of those that crossed by their ranks. Everybody in the
   case holds them all, so everybody has the same order.
2. A message stands behind the acts it names, and before the first act whose signer had seen it, or had seen a message
   whose signer had; the word of a signer who was not in the case does not count. One that no act has seen stands
   behind all of them: so what crossed with an exclusion stands behind it. One that names an act which is not here
   waits, as an act does.
3. Messages between the same two acts stand in the order in which they were seen, then in that of the relay's receipts.
   It decides about nothing.
4. Not everybody holds every message. One that is missing makes no act wait and moves none; at most, where only it shows
   that another had been seen, that other stands further behind.
"""

from collections.abc import Container, Iterable
from typing import Protocol, TypeVar

from desk.events.form import MOST_AFTER
from desk.events.order import put_in_order

_RANKS = ("open", "exclude", "end-guest", "leave", "join", "invite", "guest", "hand-over")


class Seen(Protocol):
    """An event of a case: its hash and kind, what its signer had seen, when the relay took it in."""

    @property
    def id(self) -> str:
        """Its hash."""

    @property
    def kind(self) -> str:
        """What kind of act it is."""

    @property
    def after(self) -> tuple[str, ...]:
        """The acts it stands after."""

    @property
    def seen(self) -> tuple[str, ...]:
        """The newest messages its signer had seen."""

    @property
    def taken_in(self) -> int | None:
        """When the relay took it in."""


S = TypeVar("S", bound=Seen)


def acts_in_order(events: Iterable[S]) -> tuple[list[S], list[S]]:
    """The acts in their order (rule 1), and, by hash, those that wait for one that is not here."""
    return put_in_order((each for each in events if each.kind != "say"), lambda each: _RANKS.index(each.kind))


def with_messages(acts: list[S], events: Iterable[S], counted: Container[str]) -> tuple[list[S], list[S]]:
    """The acts, which are in order, with the messages among them; and, by hash, the messages that wait for an act.

    Only what the signers of `counted` acts had seen moves a message forward (rule 2).
    """
    place = {each.id: at for at, each in enumerate(acts)}
    messages = {each.id: each for each in events if each.kind == "say"}
    before = _seen_by([(at, each) for at, each in enumerate(acts) if each.id in counted], messages, len(acts))
    slots: list[list[S]] = [[] for _ in range(len(acts) + 1)]
    waiting = list[S]()
    for message in messages.values():
        if not all(each in place for each in message.after):
            waiting.append(message)
            continue
        behind = max((place[each] + 1 for each in message.after), default=0)
        slots[max(behind, before[message.id])].append(message)
    ordered = list[S]()
    for at, slot in enumerate(slots):
        ordered += _in_turn(slot)
        ordered += acts[at : at + 1]
    return ordered, sorted(waiting, key=lambda each: each.id)


def newest(events: Iterable[S]) -> tuple[str, ...]:
    """Of acts alone, or of messages alone, in order: those that no other of them names, at most MOST_AFTER, the last.

    Bounded: else who signs many at once that know nothing of each other would let nobody else write any more.
    """
    everything = list(events)
    named = {before for each in everything for before in (each.seen if each.kind == "say" else each.after)}
    return tuple(sorted([each.id for each in everything if each.id not in named][-MOST_AFTER:]))


def next_names(events: list[S], inside: list[S]) -> tuple[str, ...]:
    """What the next event names of them. Of more than it can name, first those of `inside`, whose signers were in the
    case: else so many by others would hide what members did."""
    names = newest(events)
    if len(names) < MOST_AFTER:
        return names
    first = newest(inside)
    return tuple(sorted((*first, *(each for each in names if each not in first))[:MOST_AFTER]))


def _seen_by(acts: list[tuple[int, S]], messages: dict[str, S], end: int) -> dict[str, int]:
    """The place of the first act that each message has to stand before (rule 2); `end`, if of none."""
    before = dict.fromkeys(messages, end)
    left = [(each, at) for at, act in acts for each in act.seen]
    while left:
        name, at = left.pop()
        if name in before and at < before[name]:
            before[name] = at
            left += [(each, at) for each in messages[name].seen]
    return before


def _in_turn(slot: list[S]) -> list[S]:
    """The messages of one slot: each behind those its signer had seen, else by the relay's receipts (rule 3)."""
    here = {each.id for each in slot}
    left = sorted(slot, key=lambda each: (each.taken_in or 0, each.id))
    done, ordered = set[str](), list[S]()
    while left:
        # Hashes are of the signed text, so nothing goes round in a circle: one of them can always stand next.
        chosen = next((each for each in left if done.issuperset(here.intersection(each.seen))), left[0])
        left.remove(chosen)
        done.add(chosen.id)
        ordered.append(chosen)
    return ordered
