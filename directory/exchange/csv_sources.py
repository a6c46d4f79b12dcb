"""Files of other makes, read as lines of a contact file: lists of diplomatic missions and of authorities.

Missions (`sending_country,host_country,type,city,address,latitude,longitude,phone,email,website,wikidata_id`): a
mission is a consular contact of the state that sends it, and its id says where it is: `co-embassy-ar-buenos-aires`.

Authorities (`country,authority,function,kind,source`): the function stands there in words. What they say is mapped to
a code, and the words themselves are kept in the notes, for the mapping is ours.

1. A file that has other columns is refused; so is a mission of unknown kind, and a function that is mapped to no code.
2. Nothing is added that the file does not say, but for labels in four languages and the time zone of a host with one.
"""

from collections.abc import Callable, Mapping

from directory.contact_id import id_of_parts
from directory.countries import BY_CODE as COUNTRIES
from directory.countries import country_name, only_zone
from directory.exchange.csv_cells import dialled_in
from directory.exchange.csv_import import rows_of
from directory.exchange.csv_plan import Row
from directory.exchange.csv_problem import CellError, ImportRefused, Problem, quoted
from directory.exchange.csv_text import read_table
from directory.folding import fold
from directory.four_languages import OFFICIAL, InFour
from directory.functions import function_code

MISSION_COLUMNS = (
    "sending_country", "host_country", "type", "city", "address", "latitude", "longitude", "phone", "email", "website",
    "wikidata_id",
)  # fmt: skip
AUTHORITY_COLUMNS = ("country", "authority", "function", "kind", "source")

_MISSIONS: Mapping[str, InFour] = {
    "embassy": ("Embajada", "Embassy", "Embaixada", "Ambassade"),
    "high commission": ("Alto Comisionado", "High Commission", "Alto Comissariado", "Haut-commissariat"),
    "consulate general": ("Consulado General", "Consulate General", "Consulado-Geral", "Consulat général"),
    "consulate": ("Consulado", "Consulate", "Consulado", "Consulat"),
}
# Words for a function that are neither its label nor a synonym: they say something near it, or something wider.
_NEAREST = {
    "competent national authority and political focal point on trafficking in persons": "national-coordination",
    "prosecution oversight": "prosecution",
    "public security": "national-coordination",
    "anti drugs": "national-coordination",
    "customs and immigration investigation": "customs",
    "training and outreach": "civil-society",
}


def read_missions(raw: bytes) -> tuple[Row, ...]:
    """The missions in a file as consular contacts of the sending states; raises ImportRefused."""
    return _read(raw, MISSION_COLUMNS, _mission)


def read_authorities(raw: bytes) -> tuple[Row, ...]:
    """The authorities in a file; raises ImportRefused."""
    return _read(raw, AUTHORITY_COLUMNS, _authority)


def _read(
    raw: bytes, columns: tuple[str, ...], convert: Callable[[Mapping[str, str]], dict[str, str]]
) -> tuple[Row, ...]:
    table = read_table(raw)
    problems = table.problems
    if table.header and tuple(table.header) != columns:
        problems.append(
            Problem(table.header_line, "", "the columns are not those of such a file", f"name them {','.join(columns)}")
        )
    records = []
    for line, cells in table.rows if not problems else ():
        try:
            records.append((line, convert(dict(zip(columns, (cell.strip() for cell in cells), strict=True)))))
        except CellError as error:
            problems.append(Problem(line, "", error.what, error.do))
    if problems:
        raise ImportRefused(problems)
    return rows_of(records)


def _mission(cells: Mapping[str, str]) -> dict[str, str]:
    sender, host, city = _code(cells["sending_country"]), _code(cells["host_country"]), cells["city"]
    # A kind may be followed by whose it is, as in “embassy of El Salvador”.
    kind = next((each for each in _MISSIONS if f"{cells['type']} ".startswith((f"{each} ", f"{each} of "))), None)
    if kind is None:
        raise CellError(f"no kind of mission is called {quoted(cells['type'])}", f"write {' or '.join(_MISSIONS)}")
    where = {each: ", ".join(filter(None, (city, country_name(host, each)))) for each in OFFICIAL}
    return {
        "contact": id_of_parts(sender, (*kind.split(), host.lower()), city),
        "country": sender,
        "function": "consular",
        **{
            f"name_{each}": f"{label} – {country_name(sender, each)} – {where[each]}"
            for each, label in zip(OFFICIAL, _MISSIONS[kind], strict=True)
        },
        "phone": dialled_in(cells["phone"], host),  # the office stands there, whoever sends it
        "email": cells["email"],
        "zone": only_zone(host) or "",
        "address": cells["address"],
        "city": city,
        "website": cells["website"],
        "source": f"Wikidata {cells['wikidata_id']} (CC0); compiled, not confirmed",
    }


def _authority(cells: Mapping[str, str]) -> dict[str, str]:
    words = cells["function"]
    function = function_code(words) or _NEAREST.get(fold(words))
    if function is None:
        raise CellError(f"no function is known for {quoted(words)}", "add it to the words this reader maps to codes")
    return {
        "country": _code(cells["country"]),
        "function": function,
        "name_en": cells["authority"],
        "notes_en": f"Named for: {words}. Kind: {cells['kind']}.",
        "source": f"{cells['source']}; compiled, not confirmed",
    }


def _code(text: str) -> str:
    if text not in COUNTRIES:
        raise CellError(f"{quoted(text)} is no country's code here", "write its ISO 3166-1 code, as in CO")
    return text
