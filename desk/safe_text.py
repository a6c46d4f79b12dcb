"""Text that somebody else wrote, made safe to show on a terminal and to name a file by. Pure.

1. What came in a message, an entry or an answer reaches a terminal only through here. Raw, an escape sequence could
   rewrite what stands above it, retitle the window, or pass itself off as a line of ours ("Signed", "proof:").
2. Whatever would not be seen as itself is shown as its code point, `[U+202E]`: control characters, characters that
   change the direction of writing or have no width (`directory.invisible`: joiners and variation selectors too, though
   some scripts and emoji need them), private and unassigned ones. Only accents upon accents are cut, after MOST_MARKS.
3. `line` is one line, whatever was in it. `block` begins every line with a bar that no text can leave out.
4. A file's name is a name: no folder, no drive, no device, no stream, nothing hidden, no option, no trailing dot or
   space; short enough for every file system, with its extension.
"""

import re
from pathlib import PurePosixPath, PureWindowsPath
from unicodedata import category, east_asian_width, normalize

from directory.invisible import code_point, invisible

MOST_MARKS = 4
MOST_NAME = 120  # characters of a file's name
MOST_NAME_BYTES = 200  # of it in UTF-8; file systems take 255, and some of it is ours (" (2)", ".part")
MOST_EXTENSION = 16
BAR = "| "
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)")


def line(text: str, most: int = 0) -> str:
    """`text` on one line, at most `most` characters of it if given; line breaks become ` / `, tabs a space."""
    flat = re.sub(r"\r\n|\n", " / ", text).replace("\t", " ")
    shown = _shown(flat)
    return shown if not most or len(shown) <= most else shown[: most - 1] + "…"


def block(text: str, width: int = 0, bar: str = BAR) -> str:
    """`text` in its lines, each behind `bar`; tabs become four spaces.

    Lines longer than `width` columns, if given, are broken here: broken by the terminal, they would lack the bar.
    """
    lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
    room = max(width - len(bar), MOST_MARKS) if width else 0
    return "\n".join((bar + piece).rstrip() for each in lines for piece in _broken(_shown(each), room))


def in_json(text: str) -> str:
    """JSON whose strings hold nothing that a terminal would act on, and mean the same: escaped, as JSON can."""
    return "".join(_escaped(char) if char > "~" and _unseen(char) else char for char in text)


def file_name(name: str) -> str:
    """A name to store a file by, whatever somebody else called it (rule 4)."""
    bare = PureWindowsPath(PurePosixPath(normalize("NFC", _encodable(name))).name).name
    seen = "".join("_" if _unseen(char) or char in '<>:"|?*\\/' else char for char in _few_marks(bare))
    cleaned = " ".join(seen.split()).strip(". ")
    if cleaned.startswith(("-", "~")) or _RESERVED.match(cleaned):
        cleaned = "_" + cleaned
    return _short(cleaned) or "attachment"


def _shown(text: str) -> str:
    return "".join(f"[{code_point(char)}]" if _unseen(char) else char for char in _few_marks(text))


def _broken(text: str, room: int) -> list[str]:
    """`text` in pieces of at most `room` columns, broken at spaces where there are any; whole if there is no limit."""
    pieces: list[str] = []
    while room and (fits := _fitting(text, room)) < len(text):
        space = text.rfind(" ", 1, fits + 1)
        cut = space if space > 0 else fits
        pieces.append(text[:cut])
        text = text[cut:].removeprefix(" ")
    return [*pieces, text]


def _fitting(text: str, room: int) -> int:
    """How many of the first characters fit into `room` columns; at least one."""
    used = 0
    for index, char in enumerate(text):
        used += 2 if east_asian_width(char) in "WF" else 0 if category(char) in ("Mn", "Me") else 1
        if used > room:
            return max(index, 1)
    return len(text)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def _unseen(char: str) -> bool:
    return invisible(char) or category(char) in ("Cn", "Co")


def _few_marks(text: str) -> str:
    """`text` with at most MOST_MARKS combining marks on a letter."""
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if category(char) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _short(name: str) -> str:
    """The beginning of a name with its extension, within the bounds."""
    stem, dot, extension = name.rpartition(".")
    if not stem or not 1 <= len(extension) <= MOST_EXTENSION:
        stem, dot, extension = name, "", ""
    end = dot + extension
    stem = stem[: MOST_NAME - len(end)].encode()[: MOST_NAME_BYTES - len(end.encode())].decode("utf-8", "ignore")
    return (stem.rstrip(". ") + end).strip(". ")
