"""The states and territories this directory knows by name: ISO 3166-1 code, names, languages, time zones.

1. A network may use any two-letter code; one not listed here is shown as its code.
2. `languages` are those a state's authorities work in (ISO 639); the four official ones of the region come first.
3. `zones` are the IANA zones in which people live, the seat of government's first. A state with one zone needs none
   written beside its duty hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from directory.folding import fold


@dataclass(frozen=True, slots=True)
class Country:
    """A code, a name per language, other names in use, working languages, time zones."""

    code: str
    names: Mapping[str, str]
    also: tuple[str, ...]
    languages: tuple[str, ...]
    zones: tuple[str, ...]

    @property
    def known_as(self) -> tuple[str, ...]:
        """Everything that names it."""
        return (self.code, *self.names.values(), *self.also)


def _country(code: str, es: str, en: str, pt: str, fr: str, languages: str, zones: str, *also: str) -> Country:
    names = MappingProxyType({"es": es, "en": en, "pt": pt, "fr": fr})
    full = tuple(each if each.startswith("Pacific/") else f"America/{each}" for each in zones.split())
    return Country(code, names, also, tuple(languages.split()), full)


# fmt: off
COUNTRIES: tuple[Country, ...] = (
    _country("AG", "Antigua y Barbuda", "Antigua and Barbuda", "Antígua e Barbuda", "Antigua-et-Barbuda",
             "en", "Antigua"),
    _country("AR", "Argentina", "Argentina", "Argentina", "Argentine", "es", "Argentina/Buenos_Aires",
             "República Argentina"),
    _country("AW", "Aruba", "Aruba", "Aruba", "Aruba", "nl pap", "Aruba"),
    _country("BB", "Barbados", "Barbados", "Barbados", "Barbade", "en", "Barbados"),
    _country("BO", "Bolivia", "Bolivia", "Bolívia", "Bolivie", "es", "La_Paz",
             "Estado Plurinacional de Bolivia"),
    _country("BR", "Brasil", "Brazil", "Brasil", "Brésil", "pt",
             "Sao_Paulo Bahia Fortaleza Recife Belem Cuiaba Campo_Grande Manaus Porto_Velho Boa_Vista Rio_Branco "
             "Noronha"),
    _country("BS", "Bahamas", "Bahamas", "Bahamas", "Bahamas", "en", "Nassau", "The Bahamas"),
    _country("BZ", "Belice", "Belize", "Belize", "Belize", "en", "Belize"),
    _country("CA", "Canadá", "Canada", "Canadá", "Canada", "en fr",
             "Toronto Halifax Moncton St_Johns Winnipeg Regina Edmonton Vancouver Whitehorse Yellowknife Iqaluit"),
    _country("CL", "Chile", "Chile", "Chile", "Chili", "es", "Santiago Coyhaique Punta_Arenas Pacific/Easter"),
    _country("CO", "Colombia", "Colombia", "Colômbia", "Colombie", "es", "Bogota"),
    _country("CR", "Costa Rica", "Costa Rica", "Costa Rica", "Costa Rica", "es", "Costa_Rica"),
    _country("CU", "Cuba", "Cuba", "Cuba", "Cuba", "es", "Havana"),
    _country("DM", "Dominica", "Dominica", "Dominica", "Dominique", "en", "Dominica"),
    _country("DO", "República Dominicana", "Dominican Republic", "República Dominicana", "République dominicaine",
             "es", "Santo_Domingo"),
    _country("EC", "Ecuador", "Ecuador", "Equador", "Équateur", "es", "Guayaquil Pacific/Galapagos"),
    _country("GD", "Granada", "Grenada", "Granada", "Grenade", "en", "Grenada"),
    _country("GT", "Guatemala", "Guatemala", "Guatemala", "Guatemala", "es", "Guatemala"),
    _country("GY", "Guyana", "Guyana", "Guiana", "Guyana", "en", "Guyana"),
    _country("HN", "Honduras", "Honduras", "Honduras", "Honduras", "es", "Tegucigalpa"),
    _country("HT", "Haití", "Haiti", "Haiti", "Haïti", "fr ht", "Port-au-Prince", "Ayiti"),
    _country("JM", "Jamaica", "Jamaica", "Jamaica", "Jamaïque", "en", "Jamaica"),
    _country("KN", "San Cristóbal y Nieves", "Saint Kitts and Nevis", "São Cristóvão e Névis",
             "Saint-Christophe-et-Niévès", "en", "St_Kitts",
             "St. Kitts and Nevis", "Saint-Kitts-et-Nevis", "San Kitts y Nevis"),
    _country("LC", "Santa Lucía", "Saint Lucia", "Santa Lúcia", "Sainte-Lucie", "en", "St_Lucia", "St. Lucia"),
    _country("MX", "México", "Mexico", "México", "Mexique", "es",
             "Mexico_City Cancun Merida Monterrey Matamoros Chihuahua Ciudad_Juarez Ojinaga Mazatlan Bahia_Banderas "
             "Hermosillo Tijuana", "Estados Unidos Mexicanos", "Méjico"),
    _country("NI", "Nicaragua", "Nicaragua", "Nicarágua", "Nicaragua", "es", "Managua"),
    _country("PA", "Panamá", "Panama", "Panamá", "Panama", "es", "Panama"),
    _country("PE", "Perú", "Peru", "Peru", "Pérou", "es", "Lima"),
    _country("PY", "Paraguay", "Paraguay", "Paraguai", "Paraguay", "es gn", "Asuncion"),
    _country("SR", "Surinam", "Suriname", "Suriname", "Suriname", "nl", "Paramaribo"),
    _country("SV", "El Salvador", "El Salvador", "El Salvador", "El Salvador", "es", "El_Salvador", "Salvador"),
    _country("TT", "Trinidad y Tobago", "Trinidad and Tobago", "Trinidad e Tobago", "Trinité-et-Tobago",
             "en", "Port_of_Spain", "Trinidad y Tabago", "Trindade e Tobago"),
    _country("US", "Estados Unidos", "United States", "Estados Unidos", "États-Unis", "en",
             "New_York Detroit Indiana/Indianapolis Chicago Denver Boise Phoenix Los_Angeles Anchorage Adak "
             "Pacific/Honolulu",
             "United States of America", "Estados Unidos de América", "États-Unis d’Amérique", "USA", "EE.UU.", "EUA",
             "EEUU", "É.-U."),
    _country("UY", "Uruguay", "Uruguay", "Uruguai", "Uruguay", "es", "Montevideo"),
    _country("VC", "San Vicente y las Granadinas", "Saint Vincent and the Grenadines", "São Vicente e Granadinas",
             "Saint-Vincent-et-les-Grenadines", "en", "St_Vincent", "St. Vincent and the Grenadines"),
    _country("VE", "Venezuela", "Venezuela", "Venezuela", "Venezuela", "es", "Caracas",
             "República Bolivariana de Venezuela"),
)
# fmt: on

BY_CODE: Mapping[str, Country] = MappingProxyType({each.code: each for each in COUNTRIES})
_BY_NAME: Mapping[str, str] = MappingProxyType({fold(name): each.code for each in COUNTRIES for name in each.known_as})


def country_name(code: str, language: str) -> str:
    """What a state is called in a language, else in English; one not known here, by its code."""
    country = BY_CODE.get(code)
    if country is None:
        return code
    return country.names.get(language.partition("-")[0]) or country.names["en"]


def country_code(text: str) -> str | None:
    """The code that a code or a name in any of the languages stands for, or nothing."""
    return _BY_NAME.get(fold(text))


@lru_cache(1024)  # comparing spellings is slow, and a file repeats its mistakes
def country_nearest(text: str) -> str | None:
    """The code of the state whose name is spelled most like the text, for an error message; or nothing."""
    close = get_close_matches(fold(text), list(_BY_NAME), n=1, cutoff=0.7)
    return _BY_NAME[close[0]] if close else None


def country_languages(code: str) -> tuple[str, ...]:
    """The languages a state's authorities work in; none for a state not known here."""
    country = BY_CODE.get(code)
    return country.languages if country else ()


def only_zone(code: str) -> str | None:
    """The time zone of a state that has no other, or nothing."""
    country = BY_CODE.get(code)
    return country.zones[0] if country and len(country.zones) == 1 else None
