"""What a trainee did, by what they signed: how fast, what was missing, what was right. Pure.

R1  It is told by the counterpart's desk, from receipts and messages that the trainee's device signed. What is not
    signed is not known: somebody may have read a message over another's shoulder.
R2  *In time* is by the clock of the precedence (`CLOCKS`), from the relay's receipt to the relay's line that it was
    accepted or refused.
R3  What the counterpart begins has to be accepted or refused, what it asks has to be answered, and its answers need
    only be read.
R4  Of what the trainee wrote, the report says what stands in it, and not whether it is well put.
R5  What is said in a case is answered there: of a case the report says whether the trainee said something after the
    counterpart did. Of a consent it says that it was asked for, and what was answered.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from desk.exercise.script import TALK, is_question, opened_elsewhere, outside
from desk.safe_text import line
from directory.statement import Clocks

CLOCKS = Clocks()
Need = Literal["decision", "answer", "nothing"]


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the trainee got, and what became of it; times in seconds after the relay took it in, or none."""

    subject: str
    precedence: str
    opened: int | None
    decided: int | None
    decision: str
    answered: bool
    limit: int
    needs: Need

    @property
    def right(self) -> tuple[str, ...]:
        """What was done."""
        done = ["read"] if self.opened is not None else []
        if self.decided is not None:
            done.append(f"{self.decision} {'in time' if self.decided <= self.limit else 'late'}")
        return (*done, *(["answered"] if self.answered else []))

    @property
    def missing(self) -> tuple[str, ...]:
        """What was not, or not in time."""
        lacks = ["not read"] if self.opened is None and not self.answered else []
        if self.needs == "answer" and not self.answered:
            lacks.append("not answered")
        elif self.needs == "decision" and self.decided is None:
            lacks.append("neither accepted nor refused")
        elif self.needs == "decision" and self.decided is not None and self.decided > self.limit:
            lacks.append(f"later than the {self.limit // 60} min of its precedence")
        return tuple(lacks)


class Wrote(msgspec.Struct, frozen=True, kw_only=True):
    """A message that the trainee wrote: which marks stand in it, and which do not."""

    subject: str
    precedence: str
    right: tuple[str, ...]
    missing: tuple[str, ...]


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that the trainee asked for, a case that it opened, or the duty: what was done of it, what was not."""

    what: Literal["consent", "case", "duty"]
    subject: str
    right: tuple[str, ...]
    missing: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a trainee did."""

    got: tuple[Got, ...]
    wrote: tuple[Wrote, ...]
    beside: tuple[Beside, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was missing."""
        rows: tuple[Got | Wrote | Beside, ...] = (*self.got, *self.wrote, *self.beside)
        return not any(each.missing for each in rows)


def report(
    messages: Iterable[dict[str, Any]],
    trails: Mapping[int, Iterable[dict[str, Any]]],
    consents: Iterable[dict[str, Any]] = (),
    cases: Iterable[dict[str, Any]] = (),
    own: tuple[str, ...] = (),
    notes: Iterable[dict[str, Any]] | None = None,
) -> Report:
    """The report from what stands on the counterpart's desk: messages as `enlace inbox --all` tells them, what `enlace
    receipts` tells of each that it sent, by number, and consents and cases as for `due`; and, if there is a colleague,
    from the duty notes of the trainee's that came to them."""
    ordered, threads = sorted(messages, key=lambda each: each["number"]), list(cases)
    talk = [each for each in outside(ordered, threads) if each["content"]["kind"] in TALK]
    replies = {each["content"].get("reply_to") for each in talk if each["direction"] == "in"}
    sent = [each for each in talk if each["direction"] == "out" and each["sent"]]
    return Report(
        got=tuple(_got(each, trails.get(each["number"], ()), answered=each["id"] in replies) for each in sent),
        wrote=tuple(_wrote(each) for each in talk if each["direction"] == "in"),
        beside=(
            *_consents(ordered, consents),
            *(_case(row, own) for row in threads if opened_elsewhere(row, own)),
            *([_duty(notes)] if notes is not None else []),
        ),
    )


def _duty(notes: Iterable[dict[str, Any]]) -> Beside:
    takes = [bool(each["content"].get("takes")) for each in notes]
    right = (["taken over"] if True in takes else []) + (["handed over"] if False in takes else [])
    missing = () if True in takes else ("not taken over",)
    return Beside(what="duty", subject="", right=tuple(right), missing=missing)


def _consents(ordered: list[dict[str, Any]], consents: Iterable[dict[str, Any]]) -> Iterator[Beside]:
    by_number = {each["number"]: each for each in ordered}
    for row in consents:
        if row["kind"] != "ask" or by_number.get(row["number"], {}).get("direction") != "in":
            continue
        about = subject(by_number[row["about"]]) if row["about"] in by_number else ""
        answer = (row["state"],) if row["state"] in ("given", "refused") else ()
        yield Beside(what="consent", subject=about, right=("asked", *answer), missing=())


def _case(row: dict[str, Any], own: tuple[str, ...]) -> Beside:
    said = [each["contact"] in own for each in row["events"] if each["act"] == "say" and not each["why"]]
    first = said.index(True) if True in said else len(said)
    answered = False in said[first:]
    return Beside(
        what="case",
        subject=row["title"],
        right=("opened", "answered") if answered else ("opened",),
        missing=("nothing said in it",) if True in said and not answered else (),
    )


def plain(found: Report) -> dict[str, Any]:
    """A report for programs."""
    return {
        "whole": found.whole,
        "got": [_plain(each) for each in found.got],
        "wrote": [_plain(each) for each in found.wrote],
        "beside": [_plain(each) for each in found.beside],
    }


def _plain(each: Got | Wrote | Beside) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(each)
    return fields | {"right": list(each.right), "missing": list(each.missing)}


def lines(found: Report) -> list[str]:
    """A report for people."""
    told = ["What the trainee got:"] if found.got else ["The trainee got nothing."]
    for each in found.got:
        took = f"decided after {each.decided} s" if each.decided is not None else ""
        told += _rows(each, f"{each.precedence:<10} {took}")
    told.append("What the trainee wrote:" if found.wrote else "The trainee wrote nothing.")
    for one in found.wrote:
        told += _rows(one, f"{one.precedence:<10}")
    told += ["Consents, cases, duty:"] if found.beside else []
    for beside in found.beside:
        told += _rows(beside, beside.what)
    told.append("Nothing was missing." if found.whole else "Something was missing: see above.")
    return told


def _rows(each: Got | Wrote | Beside, head: str) -> list[str]:
    rows = [f"  {head:<32} {line(each.subject, 60)}"]
    rows += [f"    right    {', '.join(each.right)}"] if each.right else []
    return rows + ([f"    missing  {', '.join(each.missing)}"] if each.missing else [])


def _got(each: dict[str, Any], events: Iterable[dict[str, Any]], *, answered: bool) -> Got:
    counts = [event for event in events if event["counts"]]

    def first(*what: str) -> dict[str, Any] | None:
        return min((one for one in counts if one["what"] in what), key=lambda one: int(one["at"]), default=None)

    began = first("relayed")
    opened, decided = first("opened"), first("accepted", "refused")
    since = began["at"] if began is not None else each["sent"]
    if opened is None:  # whoever accepts has read, or needs not
        opened = decided
    return Got(
        subject=subject(each),
        precedence=each["precedence"],
        opened=opened["at"] - since if opened is not None else None,
        decided=decided["at"] - since if decided is not None else None,
        decision=decided["what"] if decided is not None else "",
        answered=answered,
        limit=int(getattr(CLOCKS, each["precedence"])),
        needs=_need(each),
    )


def _need(each: dict[str, Any]) -> Need:
    if not each["content"].get("reply_to"):
        return "decision"
    return "answer" if is_question(subject(each)) else "nothing"


def _wrote(each: dict[str, Any]) -> Wrote:
    content, handling = each["content"], each["handling"]
    filled = content.get("filled", {})
    there = {"language": content.get("language") or filled.get("language")}
    if not content.get("reply_to"):
        there |= {"case": each["case"], "purpose": handling.get("purpose")}
    if content["kind"] == "text":
        there["text"] = content.get("text")
    return Wrote(
        subject=subject(each),
        precedence=each["precedence"],
        right=tuple(name for name, value in there.items() if value),
        missing=tuple(name for name, value in there.items() if not value),
    )


def subject(each: dict[str, Any]) -> str:
    """What a message is called in a report: its subject, or its form."""
    content = each["content"]
    return str(content.get("subject") or content.get("filled", {}).get("form", ""))
