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
3. Values: `directory.exchange.vcard_values`.
4. Cards of 3.0 are read too (`directory.exchange.vcard_three`), and never written. Those of 2.1 are refused: their
   lines, texts and letters are written in ways of which a program cannot always tell which, and what was guessed would
   be wrong.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from directory.exchange.csv_problem import Problem, quoted
from directory.exchange.vcard_three import property_of_three
from directory.exchange.vcard_values import (
    COMPONENTS,
    KINDS,
    MOST_PARAMETERS,
    TEXTUAL,
    UNKNOWN,
    Property,
    one_values,
    values_of,
)

MOST_FILE_BYTES = 16 << 20
MOST_CARDS = 20_000
MOST_PROPERTIES = 1000  # of one card
FOLD_AT = 75
_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)")
_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=((?:\"[^\"]*+\"|[^\";:,]*+)(?:,(?:\"[^\"]*+\"|[^\";:,]*+))*+)")
_MARK = re.compile(r"(?i)(?:[a-z0-9-]+\.)?(BEGIN|END)(?:;[^:]*)?:\s*VCARD\s*")
_VERSION = re.compile(r"(?i)(?:[a-z0-9-]+\.)?VERSION(?:;[^:]*)?:(.*)", re.DOTALL)
_CARET = re.compile(r"\^[\^n']")
_IN_COMPONENTS = r"[\\,;]"
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")
_TO_QUOTE = re.compile("[,;:]")
_CARETS = {"^^": "^", "^n": "\n", "^'": '"'}


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
    begun, before = 0, 0
    card: list[tuple[int, str | None]] = []
    for number, text in _unfolded(raw, found.problems):
        if len(found.problems) > MOST_CARDS:  # this is something else altogether
            break
        mark = match[1].upper() if (match := _MARK.fullmatch(text or "")) else ""
        if mark == "BEGIN":
            if begun:
                found.problems.append(Problem(begun, "", "this card has no END:VCARD", "end it before the next begins"))
            begun, card, before = number, [], len(found.problems)
        elif mark == "END" and begun:
            _add_card(begun, card, before, found)
            begun = 0
        elif begun:
            card.append((number, text))
        elif text is not None:
            what = f"{quoted(text)} stands outside of a card"
            found.problems.append(Problem(number, "", what, "put it between BEGIN:VCARD and END:VCARD"))
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


def _add_card(begun: int, lines: list[tuple[int, str | None]], before: int, found: Cards) -> None:
    """Add the card of these lines, or all that is wrong with it; of a version that is not read, that alone (rule 4)."""
    told = {match[1].strip() for _, text in lines if text is not None and (match := _VERSION.fullmatch(text))}
    read = _READERS.get(next(iter(told))) if len(told) == 1 else None
    if read is None:
        other = next(iter(sorted(told - {"4.0"})), None)
        what = f"a card of version {quoted(other)}" if other is not None else "a card that does not tell its version"
        do = "export it as vCard 4.0 or 3.0, as newer telephones and address books on the web do, or as CSV"
        found.problems[before:] = [Problem(begun, "VERSION", what, do)]
        return
    if len(lines) > MOST_PROPERTIES:
        what = f"a card of {len(lines)} properties; at most {MOST_PROPERTIES} are read"
        found.problems.append(Problem(begun, "", what, "take out what the directory has no place for"))
        return
    card = [None if text is None else read(number, text, found.problems) for number, text in lines]
    sound = tuple(each for each in card if each is not None)
    if len(sound) == len(card):
        found.cards.append((begun, sound))


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
    while len(params) < MOST_PARAMETERS and (match := _PARAMETER.match(text, at)):
        params.append((match[1].upper(), tuple(map(_uncareted, one_values(match[2])))))
        at = match.end()
    if name is None or not text.startswith(":", at):
        do = "write NAME;PARAMETER=value:value, as vCard 4.0 has it; older versions write otherwise"
        problems.append(Problem(number, "", f"{quoted(text)} is no content line", do))
        return None
    own = name[1].upper()
    said = [value.lower() for key, values in params if key == "VALUE" for value in values]
    kind = said[0] if said else KINDS.get(own, UNKNOWN)
    values = values_of(own, kind, text[at + 1 :])
    return Property(own, values, tuple(each for each in params if each[0] != "VALUE"), kind, number)


def _uncareted(value: str) -> str:
    return _CARET.sub(lambda caret: _CARETS[caret[0]], value)


_READERS = {"4.0": _property, "3.0": property_of_three}


def _escaped(text: str, marks: str = r"[\\,]") -> str:
    return re.sub(marks, r"\\\g<0>", text).replace("\n", "\\n")


def _written(one: Property) -> str:
    params = list(one.params)
    if one.kind != KINDS.get(one.name, UNKNOWN):
        params.insert(0, ("VALUE", (one.kind,)))
    head = "".join(f";{name}={','.join(map(_parameter, values))}" for name, values in params)
    if one.kind not in TEXTUAL:
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
