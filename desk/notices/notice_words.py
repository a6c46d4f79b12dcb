"""A desk's notices and what became of them, for people and for programs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from desk.notices.record import Outcome, Record
from desk.notices.settings import Notice
from desk.safe_text import line
from desk.terminal import stamp


def notice_lines(notice: Notice) -> list[str]:
    """A notice: its way, whom it is for, when it goes out."""
    when = notice.when
    times = "once" if when.most == 1 else f"every {when.every} min until opened, {when.most} times at most"
    begins = f"after {when.after} min unopened" if when.after else "at once"
    words = [f"from {when.least} on", begins, times, f"in {when.language}"]
    words += [f"only for {', '.join(when.contacts)}"] if when.contacts else []
    words += [f"not at {', '.join(when.quiet)}{' ' + when.zone if when.zone else ''}"] if when.quiet else []
    return [f"{notice.name:<16} {when.kind:<8} {line(notice.place)}", f"{'':<16} {'; '.join(words)}"]


def plain_notice(notice: Notice) -> dict[str, Any]:
    """A notice for programs; a webhook's address is told to its host only, its path may be a secret."""
    return {"name": notice.name, "place": notice.place, **msgspec.to_builtins(notice.when)}


def outcome_words(failing: Sequence[Outcome]) -> str:
    """That a notice has reached nobody of late."""
    first, last = failing[0], failing[-1]
    times = f"{len(failing)} times since {stamp(first.at)}" if len(failing) > 1 else f"at {stamp(first.at)}"
    return f"reached NOBODY {times}: {last.why}"


def status_lines(notices: Sequence[Notice], record: Record) -> list[str]:
    """What became of each notice."""
    lines = [] if notices else ["No notices: only the bell of `enlace watch` rings."]
    for notice in notices:
        mine = [each for each in record.outcomes if each.notice == notice.name]
        last = f"last {stamp(mine[-1].at)}: {'told' if mine[-1].reached else 'NOT REACHED'}" if mine else "not used yet"
        lines.append(f"{notice.name:<16} {notice.when.kind:<8} {last}")
    return lines
