"""What an officer is told at an alarm of the directory: what happened, what is safe, what not to do, whom to tell.

1. Plain words, one thing a line, the same at the alarm, with `enlace status`, and for programs.
2. On a terminal a line ends where its words do, below the first one's; a command or a file's name stays in one piece.
3. What is safe is said with the time of the last good directory: it is as good as it was then, and knows nothing since.
"""

from textwrap import wrap
from typing import Any

from desk.errors import Told
from desk.safe_text import line
from desk.terminal import stamp

_PROVES = "this file proves it to anybody, without your word"
_CLAIMS = "in this file all that can be checked agrees; that the relay showed it is your word"
_TELL = "the secretariat, by telephone, at a number that you had before this; and hand it the evidence"
_DO_NOT = "rely on anything newer that this relay shows, nor take its silence for good news"
_DO_NOT_HALTED = (
    "publish, enrol or seal by this directory (`enlace send` needs --old-directory): it may hide a revocation"
)
_ELSE = "or the root keys name one anew; until then nothing is sealed or published from here"

CHECK = "enlace proof verify {} --policy FILE"
_INDENT = 11 * " "
_LEAST_WIDTH = 40


def folded(text: str, width: int) -> list[str]:
    """A text in lines of `width` (0: one line), the later ones below its words."""
    if width < _LEAST_WIDTH:
        return [text]
    return wrap(text, width, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)


def alarm_lines(told: Told, width: int = 0) -> list[str]:
    """An alarm below its headline, for a terminal of so many columns (0: none): a line each."""
    return [each for text in _lines(told) for each in ([text] if text.startswith("  ") else folded(text, width))]


def _lines(told: Told) -> list[str]:
    lines = [f"Safe       {_safe(told)}", f"Do not     {_DO_NOT_HALTED if told.halted else _DO_NOT}"]
    lines.append(f"Tell       {_TELL}")
    if told.file:
        lines += [f"Evidence   {_PROVES if told.proven else _CLAIMS}:", f"  {line(told.file)}"]
        lines += ["Check it   anybody, on any machine, with the network's trust policy:", f"  {check_of(told)}"]
    if told.halted:
        lines.append("Ends it    only a relay that the root keys name anew: `enlace resume`")
    elif told.until > told.size:
        lines.append(f"Ends it    `enlace sync`, once the relay shows {told.until} statements {_ELSE}")
    return lines


def check_of(told: Told) -> str:
    """The command that checks the evidence, by anybody who has the policy; empty where there is none."""
    return CHECK.format(line(told.file)) if told.file else ""


def alarm_plain(told: Told) -> dict[str, Any]:
    """The same for programs."""
    return {
        "kind": told.kind,
        "what": told.what,
        "safe": {"size": told.size, "time": told.time} if told.size else None,
        "halted": told.halted,
        "evidence_file": told.file,
        "proven": told.proven,
        "check": check_of(told),
    }


def _safe(told: Told) -> str:
    if not told.size:
        return "nothing of the directory: this desk has none that it has verified. Telephone"
    as_of = f"the directory of {stamp(told.time)}, {told.size} statements: numbers and keys in it are as good as then"
    return f"{as_of}. Looking up, reading and opening mail go on"
