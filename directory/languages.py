"""The languages that people ask for by name: ISO 639-1 code (639-2 where there is none), other codes, names.

1. A contact may work in any language; one not listed here is found by the code its entry has.
2. Listed are those of `countries` and those that authorities of other regions write in: each in Spanish, English,
   Portuguese and French, and in itself.
3. The codes of ISO 639-2 (`spa`, `fra` and `fre`) mean the same as those of 639-1, also in entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from directory.folding import fold


@dataclass(frozen=True, slots=True)
class Language:
    """A code, the other codes for it, and what it is called, in English first."""

    code: str
    codes: tuple[str, ...]
    names: tuple[str, ...]


def _language(code: str, codes: str, *names: str) -> Language:
    return Language(code, tuple(codes.split()), names)


LANGUAGES: tuple[Language, ...] = (
    _language("es", "spa", "Spanish", "español", "espanhol", "espagnol", "castellano", "Castilian"),
    _language("en", "eng", "English", "inglés", "inglês", "anglais"),
    _language("pt", "por", "Portuguese", "portugués", "português", "portugais"),
    _language("fr", "fra fre", "French", "francés", "francês", "français"),
    _language("nl", "nld dut", "Dutch", "neerlandés", "holandés", "neerlandês", "holandês", "néerlandais",
              "Nederlands"),
    _language("ht", "hat", "Haitian Creole", "Haitian", "criollo haitiano", "haitiano", "crioulo haitiano",
              "créole haïtien", "haïtien", "kreyòl", "kreyòl ayisyen"),
    _language("pap", "", "Papiamento", "Papiamentu"),
    _language("srn", "", "Sranan Tongo", "Sranan"),
    _language("gn", "grn", "Guaraní", "Guarani", "avañe'ẽ"),
    _language("qu", "que", "Quechua", "quíchua", "kichwa", "runasimi"),
    _language("ay", "aym", "Aymara", "aimara", "aimará"),
    _language("de", "deu ger", "German", "alemán", "alemão", "allemand", "Deutsch"),
    _language("it", "ita", "Italian", "italiano", "italien"),
    _language("ru", "rus", "Russian", "ruso", "russo", "russe", "русский"),
    _language("zh", "zho chi", "Chinese", "chino", "chinês", "chinois", "mandarin", "mandarín", "中文"),
    _language("ja", "jpn", "Japanese", "japonés", "japonês", "japonais", "日本語"),
    _language("ar", "ara", "Arabic", "árabe", "arabe", "العربية"),
)  # fmt: skip

_BY_NAME: Mapping[str, str] = MappingProxyType(
    {fold(text): each.code for each in LANGUAGES for text in (each.code, *each.codes, *each.names)}
)
KNOWN = ", ".join(f"{each.names[0]} ({each.code})" for each in LANGUAGES)


def language_code(text: str) -> str | None:
    """The code that a code (with or without a region) or a name stands for, or nothing."""
    return _BY_NAME.get(fold(text)) or _BY_NAME.get(fold(text.partition("-")[0]))


def base_code(code: str) -> str:
    """A language's code without region, the same for every code of that language: `es` for `es-CO` and `spa`."""
    base = code.partition("-")[0].lower()
    return _BY_NAME.get(base, base)


def language_nearest(text: str) -> str | None:
    """The name that is spelled most like the text, for an error message; or nothing."""
    close = get_close_matches(fold(text), [each for each in _BY_NAME if len(each) > 3], n=1, cutoff=0.7)
    return close[0] if close else None
