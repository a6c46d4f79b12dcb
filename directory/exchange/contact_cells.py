"""What formats other than CSV have in common: their words to the cells of a contact file, and what those lack.

1. The middle of every format is the cells of a line of a contact file (`directory.exchange.csv_contact`): what is read
   becomes such cells and is checked as those are; what is written comes from the cells that a contact shows.
2. `EXTENSIONS` are the columns that neither vCard nor JSContact has a property for; each format has them as extensions
   under these names, and in them what stands in the cell.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from directory.countries import country_code, country_languages
from directory.four_languages import OFFICIAL
from directory.functions import function_code

PRODUCT = "-//Enlace//Contacts 1//EN"
EXTENSIONS = (
    "contact", "function", "hours", "holidays", "respond", "request_languages", "request_form", "request_channel",
    "dual_criminality", "source", "officers", "escalation", "circles",
)  # fmt: skip
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """What a card says: cells by column; whether what it does not say is to be emptied; what of it was left."""

    cells: dict[str, str]
    whole: bool
    left: tuple[str, ...] = ()


def written(cells: dict[str, str], product: Iterable[str]) -> Written:
    """What a card of that product says.

    It is whole if we wrote it and it still has what only our cards have: a program that keeps the product and drops
    what it does not know has dropped officers, alternates and circles too. Of any other, what is empty says nothing:
    programs write properties that nobody filled in.
    """
    whole = PRODUCT in product and "contact" in cells
    return Written(cells if whole else {of: cell for of, cell in cells.items() if cell.strip()}, whole)


def names_of(cells: Mapping[str, str]) -> dict[str, str]:
    """A contact's names by language, that of its card first: the first of its country's that there is, else any.

    Of one whose published names hold nothing that anybody sees, the id stands for a name: a card has to have one.
    """
    found = {name.removeprefix("name_"): text for name, text in cells.items() if name.startswith("name_")}
    usual = [*country_languages(cells["country"]), *OFFICIAL]
    found = found or {usual[0]: cells["contact"]}
    main = next((each for each in usual if each in found), min(found))
    return {main: found[main], **found}


def function_of(words: Iterable[str]) -> dict[str, str]:
    """The cell of the first of these words that is one for a function, if any is."""
    return next(({"function": code} for each in words if (code := function_code(each))), {})


def joined(items: Iterable[str]) -> str:
    """Items as one cell; what would part an item in two becomes a space."""
    return "; ".join(" ".join(each.replace(";", " ").replace("|", " ").split()) for each in items if each.strip())


def phone_use(told: str, features: Container[str]) -> str:
    """What a number is for: as an extension tells it, else as what it can do suggests, of those both formats name."""
    return told or ("fax" if "fax" in features else "switchboard" if "main-number" in features else "day")


def numbered(items: Iterable[T]) -> Iterator[tuple[str, T]]:
    """Each item with its place, from 1, as text."""
    return ((str(at), each) for at, each in enumerate(items, 1))


def language_tag(values: Iterable[str]) -> str:
    """A language tag as a column's name has it: language and region, whatever else the tag says; or nothing."""
    parts = next(iter(values), "").replace("_", "-").split("-")
    region = next((each.upper() for each in parts[1:] if len(each) == 2 and each.isascii() and each.isalpha()), "")
    base = parts[0].lower()
    if not 2 <= len(base) <= 3 or not base.isascii() or not base.isalpha():
        return ""
    return f"{base}-{region}" if region else base


def one_each(
    kind: str, texts: Iterable[tuple[str, str]], country: str = "", also: Iterable[str] | None = None
) -> dict[str, str]:
    """Texts with their languages as cells, one for each language.

    A second name in a language goes to the other names, a second note below the first. A name that does not tell its
    language is left to the reader of the line; a note that does not is in the country's first.
    """
    found: dict[str, list[str]] = {}
    code = country_code(country) or country.upper()
    usual = "" if also is not None else next(iter(country_languages(code)), "en")
    for tag, text in texts:
        language = tag or usual
        if text.strip():
            found.setdefault(f"{kind}_{language}" if language else kind, []).append(text)
    if also is None:
        return {column: "\n".join(each) for column, each in found.items()}
    cells = {column: each[0] for column, each in found.items()}
    more = [*also, *(text for each in found.values() for text in each[1:] if text != each[0])]
    if more:
        cells["also"] = "; ".join(each.replace(";", ",").strip() for each in more if each.strip())
    return cells
