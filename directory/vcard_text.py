"""vCard 4.0 (RFC 6350) as text: content lines to properties and back, with every fault found and its line told.

    BEGIN:VCARD
    VERSION:4.0
    FN;LANGUAGE=es:Mesa de guardia
    TEL;VALUE=uri;TYPE=voice,work:tel:+12025550120
    END:VCARD

1. UTF-8 only. What is written ends its lines with CRLF and folds them at 75 octets, never inside a character (section
   3.2). Read are LF and CR too, and lines that were folded inside a character.
2. In texts a backslash, a comma and a line end are escaped, and in components a semicolon too (elsewhere section 3.4
   leaves it open, and not every reader takes it back); in the values of parameters a circumflex, a quotation mark and a
   line end (RFC 6868). URIs and the like are written as they are, but for white space and controls, which no URI has:
   those are written by their octets (`%0A`), for a line end in one would begin a property of somebody else's.
3. Of `ADR`, `N` and `ORG` the value is components, of `NICKNAME` and `CATEGORIES` a list; of all others one value. A
   component that is a list itself is read as one text with `, ` between its parts.
4. A card of another version is refused: 2.1 and 3.0 escape and type otherwise, and what was guessed would be wrong.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from directory.csv_problem import Problem, quoted

MOST_FILE_BYTES = 16 << 20
MOST_CARDS = 20_000
FOLD_AT = 75
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
_TEXTUAL = frozenset({"text", UNKNOWN})

_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)")
_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=((?:\"[^\"]*+\"|[^\";:,]*+)(?:,(?:\"[^\"]*+\"|[^\";:,]*+))*+)")
_ONE_VALUE = re.compile(r"(\"[^\"]*+\"|[^\",]*+)(?:,|$)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_IN_COMPONENTS = r"[\\,;]"
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")
_TO_QUOTE = re.compile("[,;:]")
_CARETS = {"^^": "^", "^n": "\n", "^'": '"'}


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


@dataclass(slots=True)
class Cards:
    """The cards that could be read, each with the line or the number it begins with, and every fault."""

    cards: list[tuple[int, tuple[Property, ...]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_vcards(raw: bytes) -> Cards:
    """The cards of a file and all that is wrong with it; raises nothing."""
    found = Cards()
    if len(raw) > MOST_FILE_BYTES:
        found.problems.append(Problem(1, "", f"{len(raw)} bytes; at most {MOST_FILE_BYTES} are read", "split the file"))
        return found
    begun = before = 0
    card: list[Property] = []
    faulty = False
    for number, text in _unfolded(raw, found.problems):
        if len(found.problems) > MOST_CARDS:  # this is something else altogether
            break
        one = None if text is None else _property(number, text, found.problems)
        mark = (one.name, one.value.strip().upper()) if one else ("", "")
        if mark == ("BEGIN", "VCARD"):
            if begun:
                found.problems.append(Problem(begun, "", "this card has no END:VCARD", "end it before the next begins"))
            begun, card, faulty, before = number, [], False, len(found.problems)
        elif mark == ("END", "VCARD") and begun:
            if (version := _other_version(begun, card)) is not None:
                found.problems[before:] = [version]
            elif not faulty:
                found.cards.append((begun, tuple(card)))
            begun = 0
        elif one is None:
            faulty = True
        elif not begun:
            what = f"{quoted(text or '')} stands outside of a card"
            found.problems.append(Problem(number, "", what, "put it between BEGIN:VCARD and END:VCARD"))
        else:
            card.append(one)
    if begun:
        found.problems.append(Problem(begun, "", "this card has no END:VCARD", "the file may be cut off"))
    if not found.cards and not found.problems:
        found.problems.append(Problem(1, "", "the file has no card in it", "begin each with BEGIN:VCARD"))
    if len(found.cards) > MOST_CARDS:
        what = f"{len(found.cards)} cards; at most {MOST_CARDS} are read at once"
        found.problems.append(Problem(found.cards[MOST_CARDS][0], "", what, "split the file"))
    return found


def write_vcards(cards: Iterable[Iterable[Property]]) -> bytes:
    """The file of cards, each of whose properties begin with VERSION."""
    lines: list[bytes] = []
    for card in cards:
        lines.append(b"BEGIN:VCARD")
        lines += [piece for each in card for piece in _folded(_written(each))]
        lines.append(b"END:VCARD")
    return b"".join(line + b"\r\n" for line in lines)


def _other_version(begun: int, card: list[Property]) -> Problem | None:
    """What is wrong with a card that is not of version 4.0: that alone, for its lines are written otherwise."""
    told = {each.value.strip() for each in card if each.name == "VERSION"}
    if told == {"4.0"}:
        return None
    other = next(iter(sorted(told - {"4.0"})), None)
    what = f"a card of version {quoted(other)}" if other is not None else "a card that does not tell its version"
    return Problem(begun, "VERSION", what, "export it as vCard 4.0 or, where the program cannot, as CSV")


def _unfolded(raw: bytes, problems: list[Problem]) -> Iterator[tuple[int, str | None]]:
    """Content lines with the number of their first line; None for one that is not UTF-8 (rule 1)."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    pieces: list[bytes] = []
    first = 1
    for number, line in enumerate(re.split(b"\r\n|\n|\r", raw), 1):
        if line[:1] in (b" ", b"\t") and pieces:
            pieces.append(line[1:])
            continue
        if any(pieces):
            yield first, _decoded(first, b"".join(pieces), problems)
        first, pieces = number, [line]
    if any(pieces):
        yield first, _decoded(first, b"".join(pieces), problems)


def _decoded(number: int, line: bytes, problems: list[Problem]) -> str | None:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        what = f"byte {line[error.start]:#04x} is not UTF-8"
        problems.append(Problem(number, "", what, "export the cards as vCard 4.0, which is UTF-8"))
        return None
    if "\0" in text:
        problems.append(Problem(number, "", "a NUL byte", "remove it; the file may be damaged"))
        return None
    return text


def _property(number: int, text: str, problems: list[Problem]) -> Property | None:
    name = _NAME.match(text)
    at = name.end() if name else 0
    params: list[tuple[str, tuple[str, ...]]] = []
    while match := _PARAMETER.match(text, at):
        params.append((match[1].upper(), tuple(_parameter_values(match[2]))))
        at = match.end()
    if name is None or not text.startswith(":", at):
        do = "write NAME;PARAMETER=value:value, as vCard 4.0 has it; older versions write otherwise"
        problems.append(Problem(number, "", f"{quoted(text)} is no content line", do))
        return None
    own = name[1].upper()
    said = [value.lower() for key, values in params if key == "VALUE" for value in values]
    kind = said[0] if said else KINDS.get(own, UNKNOWN)
    values = _values(own, kind, text[at + 1 :])
    return Property(own, values, tuple(each for each in params if each[0] != "VALUE"), kind, number)


def _parameter_values(text: str) -> Iterator[str]:
    for match in _ONE_VALUE.finditer(text):
        if match.start() < len(text) or text.endswith(",") or not text:
            bare = match[1][1:-1] if match[1].startswith('"') else match[1]
            yield re.sub(r"\^[\^n']", lambda caret: _CARETS[caret[0]], bare)


def _values(name: str, kind: str, text: str) -> tuple[str, ...]:
    if kind not in _TEXTUAL:
        return (text,)
    if name in COMPONENTS:
        return tuple(", ".join(filter(None, map(_unescaped, _parts(each, ",")))) for each in _parts(text, ";"))
    if name in LISTS:
        return tuple(map(_unescaped, _parts(text, ",")))
    return (_unescaped(text),)


def _parts(text: str, mark: str) -> list[str]:
    """The parts of a text between marks that are not escaped."""
    parts, begun = [], 0
    for match in re.finditer(rf"\\.|{mark}", text, re.DOTALL):
        if match[0] == mark:
            parts.append(text[begun : match.start()])
            begun = match.end()
    return [*parts, text[begun:]]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text) if "\\" in text else text


def _escaped(text: str, marks: str = r"[\\,]") -> str:
    return re.sub(marks, r"\\\g<0>", text).replace("\n", "\\n")


def _written(one: Property) -> str:
    params = list(one.params)
    if one.kind != KINDS.get(one.name, UNKNOWN):
        params.insert(0, ("VALUE", (one.kind,)))
    head = "".join(f";{name}={','.join(map(_parameter, values))}" for name, values in params)
    if one.kind not in _TEXTUAL:
        return f"{one.name}{head}:{_UNFIT.sub(lambda found: quote(found[0]), one.value)}"
    if one.name in COMPONENTS:
        return f"{one.name}{head}:{';'.join(_escaped(each, _IN_COMPONENTS) for each in one.values)}"
    return f"{one.name}{head}:{','.join(map(_escaped, one.values))}"


def _parameter(value: str) -> str:
    safe = value.replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{safe}"' if _TO_QUOTE.search(safe) else safe


def _folded(text: str) -> Iterator[bytes]:
    """The line in pieces of at most FOLD_AT octets, each whole characters, all but the first behind a space."""
    line = text.encode()
    begun, room = 0, FOLD_AT
    while len(line) - begun > room:
        cut = begun + room
        while line[cut] & 0xC0 == 0x80:  # inside a character
            cut -= 1
        yield (b" " if begun else b"") + line[begun:cut]
        begun, room = cut, FOLD_AT - 1
    yield (b" " if begun else b"") + line[begun:]
