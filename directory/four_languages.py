"""The four official languages, and fixed words in them: each word is a row, a text for each language in one order."""

from collections.abc import Mapping
from types import MappingProxyType

OFFICIAL = ("es", "en", "pt", "fr")
InFour = tuple[str, str, str, str]
"""A text in Spanish, English, Portuguese and French."""


def by_language(table: Mapping[str, InFour]) -> Mapping[str, Mapping[str, str]]:
    """The words of a table, by language and then by the word's name."""
    return MappingProxyType(
        {
            language: MappingProxyType({name: row[at] for name, row in table.items()})
            for at, language in enumerate(OFFICIAL)
        }
    )


def in_language(row: InFour, language: str) -> str:
    """A row's text in one of the four languages; raises ValueError for any other."""
    return row[OFFICIAL.index(language)]
