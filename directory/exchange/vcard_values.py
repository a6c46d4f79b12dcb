"""Properties of a card, and their values out of a content line, as vCard 4.0 and 3.0 have them alike.

1. Of `ADR`, `N` and `ORG` the value is components, of `NICKNAME` and `CATEGORIES` a list; of all others one value. A
   component that is a list itself is read as one text with `, ` between its parts.
2. A backslash escapes what follows it; before an `n` it makes a line end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_PARAMETERS = 60  # of one property
COMPONENTS = frozenset({"ADR", "N", "ORG", "GENDER", "CLIENTPIDMAP"})
LISTS = frozenset({"NICKNAME", "CATEGORIES"})
# The type of a value where no VALUE parameter tells it; of what is not named here (extensions) it is unknown.
_KINDS = {
    "text": "VERSION PRODID KIND FN N NICKNAME ADR EMAIL TITLE ROLE ORG CATEGORIES NOTE TEL TZ GENDER XML CLIENTPIDMAP "
    "EXPERTISE HOBBY INTEREST",
    "uri": "UID URL SOURCE PHOTO LOGO SOUND KEY GEO IMPP RELATED MEMBER FBURL CALADRURI CALURI ORG-DIRECTORY",
    "date-and-or-time": "BDAY ANNIVERSARY DEATHDATE",
    "timestamp": "REV",
    "language-tag": "LANG",
}
KINDS = {name: kind for kind, names in _KINDS.items() for name in names.split()}
UNKNOWN = "unknown"
TEXTUAL = frozenset({"text", UNKNOWN})


_ONE_VALUE = re.compile(r"(\"[^\"]*+\"|[^\",]*+)(?:,|$)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its name in capitals, components or items or one value, parameters but VALUE, type of value, line."""

    name: str
    values: tuple[str, ...]
    params: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kind: str = "text"
    line: int = field(default=0, compare=False)

    @property
    def value(self) -> str:
        """The first value."""
        return self.values[0] if self.values else ""

    def param(self, name: str) -> tuple[str, ...]:
        """The values of a parameter, in whatever case it was written."""
        return tuple(value for key, values in self.params if key == name for value in values)


def one_values(text: str) -> Iterator[str]:
    """The values of a parameter, without their quotation marks."""
    for match in _ONE_VALUE.finditer(text):
        if match.start() < len(text) or text.endswith(",") or not text:
            yield match[1][1:-1] if match[1].startswith('"') else match[1]


def values_of(name: str, kind: str, text: str) -> tuple[str, ...]:
    """The components, the items or the one value of a property."""
    if kind not in TEXTUAL:
        return (text,)
    if name in COMPONENTS:
        return tuple(", ".join(filter(None, map(unescaped, _parts(each, ",")))) for each in _parts(text, ";"))
    if name in LISTS:
        return tuple(map(unescaped, _parts(text, ",")))
    return (unescaped(text),)


def _parts(text: str, mark: str) -> list[str]:
    """The parts of a text between marks that are not escaped."""
    parts, begun = [], 0
    for match in re.finditer(rf"\\.|{mark}", text, re.DOTALL):
        if match[0] == mark:
            parts.append(text[begun : match.start()])
            begun = match.end()
    return [*parts, text[begun:]]


def unescaped(text: str) -> str:
    """A text without its escapes."""
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text) if "\\" in text else text
