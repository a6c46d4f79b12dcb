"""Who comes from where, as people ask for a country's offices: *policía brasileña*, *Haitian police*.

1. Kept are the beginnings that a country's adjectives share in Spanish, English, Portuguese and French, folded; every
   one is taken with every ending of number and gender. That makes words that no language has, and nobody types.
2. What two states share (*dominican*, which English says of both) is of the one that more people mean; *American* is of
   the United States, as the others have words of their own.
"""

from collections.abc import Mapping
from types import MappingProxyType

_ENDINGS = ("", "o", "a", "os", "as", "e", "es", "s", "ne", "nes", "esa", "esas", "eses")
_STEMS = {
    "AG": "antiguan antiguais antiguens barbudan barbudien",
    "AR": "argentin argentinian argentinien",
    "AW": "aruban aruben arubais",
    "BB": "barbadian barbadien barbadens bajan",
    "BO": "bolivian bolivien",
    "BR": "brasilen brasileir brasiler brasilian brazilian bresilien",
    "BS": "bahamen bahamens bahamian bahameen bahamien",
    "BZ": "belicen belizean belizens belizien",
    "CA": "canadien canadiens canadian canadens",
    "CL": "chilen chilean chilien",
    "CO": "colombian colombien",
    "CR": "costarricens costarriquenh costariquen costaricien costarican",
    "CU": "cuban cubain",
    "DM": "dominiquais dominiques",
    "DO": "dominican dominicain quisqueyan",
    "EC": "ecuatorian ecuadorian ecuadorean equatorian equatorien",
    "GD": "granadin grenadian grenadien granadens",
    "GT": "guatemaltec guatemaltequ guatemalan guatemalien",
    "GY": "guyan guyanes guianes guyanien",
    "HN": "honduren honduran hondurenh hondurien",
    "HT": "haitian haitien",
    "JM": "jamaican jamaiquin jamaicain jamaiquain",
    "KN": "kittitian nevisian sancristobalen",
    "LC": "santaluciens santalucens lucian",
    "MX": "mexican mejican mexicain",
    "NI": "nicaraguens nicaraguan nicaraguayen nicaraguien",
    "PA": "panamen panamanian panamenh panameen",
    "PE": "peruan peruvian peruvien",
    "PY": "paraguay paraguai paraguayan paraguayen",
    "SR": "surinames surinamens surinamais surinamian",
    "SV": "salvadoren salvadoran salvadorian salvadorean salvadorenh salvadorien",
    "TT": "trinitens trinidadian trinidadien trinidens trinitin tobagonian tobaguens",
    "US": "estadounidens estadunidens norteamerican american americain etatsunien",
    "UY": "uruguay uruguai uruguayan uruguayen",
    "VC": "sanvicentin vincentian vincentais",
    "VE": "venezolan venezuelan venezuelien venezuelien",
}
_MOST_TYPED = ("", "o", "a")
DEMONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {code: tuple(stem + ending for stem in stems.split() for ending in _ENDINGS) for code, stems in _STEMS.items()}
)
"""For each country's code, the adjectives, folded."""
COMMON_DEMONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {code: tuple(stem + ending for stem in stems.split() for ending in _MOST_TYPED) for code, stems in _STEMS.items()}
)
"""Those of them that misspelled ones are compared with: the others are spelled nearly like these."""
