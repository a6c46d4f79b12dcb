"""Which column each header cell of somebody's own file means: as told by the user, by its name, or by a word for it.

    [columns]
    "Teléfono de guardia" = "phone:night"
    "Observaciones internas" = ""          # left out
    "*" = ""                               # so is every other column that is not known

    [values]
    country = "CO"                         # where a line itself says nothing

1. What the user says comes first, then the name of a column, then words for one in the four languages (`WORDS`). What
   was taken by such a word, and what was left out, is told; what none of the three explains is a fault.
2. Several columns may mean one, where that holds several things (`SEVERAL`): what stands in them is put together.
   `phone:night` says what a column's numbers are for, those aside that say so themselves.
3. A header that the user names and the file does not have is a fault: a slip there would lose a column in silence.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from directory.exchange.csv_cells import USES
from directory.exchange.csv_columns import column, column_name, nearest_column
from directory.exchange.csv_problem import CellError, Problem, quoted
from directory.folding import fold

REST = "*"
MOST_COLUMNS = 1000
SEVERAL = frozenset(
    {"also", "phone", "email", "languages", "holidays", "request_languages", "officers", "escalation", "circles"}
)
_OTHERS_DO = "leave it out with --map, take it out, or see docs/csv-import.md for the columns"
_WORDS = {
    "contact": "id, contact id, contacto, contato, identificador, identifiant",
    "country": "pais, pays, country code, codigo de pais, codigo do pais, code pays",
    "function": "funcion, funcao, fonction, role, rol, competencia, competence",
    "name": "nombre, nome, nom, autoridad, autoridade, authority, autorite, oficina, office, institucion, instituicao, "
    "institution, organisme, organismo",
    "also": "siglas, sigla, sigle, sigles, acronym, acronyms, other names, otros nombres, outros nomes, autres noms, "
    "also known as, alias",
    "phone": "phones, phone number, phone numbers, tel, tels, telefono, telefonos, telefone, telefones, telephone, "
    "telephones, numero de telefono, numero de telephone, celular, movil, mobile",
    "phone:night": "telefono nocturno, telefono de noche, telefone noturno, telephone de nuit, night phone, night "
    "number, telefono de guardia, telefone de plantao, telephone de permanence",
    "phone:fax": "fax, telefax, telecopie",
    "email": "emails, e mail, e mails, mail, correo, correos, correo electronico, courriel, courriels, email address",
    "languages": "language, idioma, idiomas, lengua, lenguas, lingua, linguas, langue, langues, working languages",
    "zone": "time zone, timezone, zona horaria, fuso horario, fuseau horaire",
    "hours": "horario, horarios, horaires, duty hours, opening hours, horario de atencion, horario de atendimento",
    "holidays": "feriados, dias feriados, jours feries, public holidays",
    "address": "direccion, endereco, adresse, street address, domicilio",
    "city": "ciudad, cidade, ville, town",
    "website": "web, web site, sitio web, pagina web, site, site web, url",
    "notes_es": "observaciones",
    "notes_en": "remarks, comments",
    "notes_pt": "observacoes",
    "notes_fr": "remarques",
    "source": "fuente, fonte",
}
WORDS: Mapping[str, str] = MappingProxyType(
    {fold(word): target for target, words in _WORDS.items() for word in words.split(",")}
)


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What the user says of a file's columns, by header in small letters, and of lines that say nothing themselves."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def joined(self, other: "ColumnMap") -> "ColumnMap":
        """Both; where they differ, what `other` says."""
        return ColumnMap({**self.columns, **other.columns}, {**self.values, **other.values})


class BadMap(ValueError):
    """A mapping that cannot be used; the text says what is wrong and what to do."""


@dataclass(slots=True)
class Headers:
    """For each header cell the column it means and what its numbers are for; what was taken for what, and left out."""

    targets: list[tuple[str, str] | None] = field(default_factory=list)
    guessed: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    faulty: bool = False


def read_map(raw: bytes) -> ColumnMap:
    """The mapping in a file; raises BadMap."""
    try:
        tables = tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadMap("the mapping is not UTF-8; save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadMap(f"the mapping is no TOML: {error}; see docs/import-export.md for an example") from error
    unknown = [each for each in tables if each not in ("columns", "values")]
    pairs: dict[str, Mapping[str, str]] = {}
    for name in ("columns", "values"):
        table = tables.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(each, str) for each in table.values()):
            raise BadMap(f'[{name}] holds other things than text; write it as in "Teléfono" = "phone"')
        pairs[name] = table
    if unknown:
        raise BadMap(f"the mapping has no table {quoted(unknown[0])}; it has [columns] and [values]")
    return column_map(pairs["columns"].items(), pairs["values"].items())


def column_map(columns: Iterable[tuple[str, str]] = (), values: Iterable[tuple[str, str]] = ()) -> ColumnMap:
    """The mapping that pairs of header and column, and of column and value, make; raises BadMap."""
    meant: dict[str, str] = {}
    for header, target in columns:
        key = _key(header)
        if not key:
            raise BadMap("a header without a name; write it as in Teléfono=phone")
        if key in meant:
            raise BadMap(f"{quoted(header)} is mapped twice; say it once")
        meant[key] = _target(target, header)
    if meant.get(REST):
        raise BadMap(f"{REST} stands for all other columns, which can only be left out; write *=")
    said: dict[str, str] = {}
    for name, value in values:
        own = column_name(name)
        if own is None:
            near = nearest_column(name)
            raise BadMap(f"no column is called {quoted(name)}" + (f"; did you mean {near}?" if near else ""))
        try:
            said[own] = column(own).canonical(value)
        except CellError as error:
            raise BadMap(f"{own}: {error.what}; {error.do}") from error
    return ColumnMap(meant, said)


def meant_by(header: list[str], told: ColumnMap, problems: list[Problem], line: int = 1) -> Headers:
    """What the cells of a header, which stands in that line, mean; all that is wrong is added to `problems`."""
    found = Headers()
    if len(header) > MOST_COLUMNS:
        what = f"{len(header)} columns; at most {MOST_COLUMNS} are read"
        problems.append(Problem(line, "", what, "take out those that the directory has no place for"))
        return Headers([None] * len(header), faulty=True)
    wrong: list[tuple[str, str, str]] = []
    once: set[str] = set()
    for place, cell in enumerate(header, 1):
        target = _meaning(place, cell, told, found, wrong)
        if target is not None:
            if target[0] in once and target[0] not in SEVERAL:
                wrong.append((target[0], "the column is there twice", "take one of them out"))
                target = None
            else:
                once.add(target[0])
        found.targets.append(target)
    keys = {_key(cell) for cell in header}
    for each in told.columns:
        if each != REST and each not in keys:
            what = f"no column is called {quoted(each)}, which is mapped to {told.columns[each] or 'nothing'}"
            wrong.append(("", what, "write the header as it stands in the file"))
    problems += (Problem(line, *each) for each in wrong)
    found.faulty = bool(wrong)
    return found


def _meaning(
    place: int, cell: str, told: ColumnMap, found: Headers, wrong: list[tuple[str, str, str]]
) -> tuple[str, str] | None:
    key, name = _key(cell), column_name(cell)
    if key in told.columns:
        if told.columns[key]:
            return _split(told.columns[key])
        found.left.append(cell.strip())
    elif name is not None:
        return name, ""
    elif guess := WORDS.get(fold(cell)):
        found.guessed.append((cell.strip(), guess))
        return _split(guess)
    elif REST in told.columns:
        found.left.append(cell.strip() or f"column {place}")
    elif not key:
        wrong.append(("", f"column {place} has no name", "name it, or take the column out"))
    else:
        near = nearest_column(cell)
        do = f"did you mean {near}?" if near else _OTHERS_DO
        wrong.append(("", f"no column is called {quoted(cell)}", do))
    return None


def _target(text: str, header: str) -> str:
    name, colon, use = text.strip().partition(":")
    own = column_name(name) if name else ""
    if own is None:
        near = nearest_column(name)
        do = f"did you mean {near}?" if near else "see docs/csv-import.md for the columns"
        raise BadMap(f"{quoted(header)} is mapped to {quoted(name)}, which is no column; {do}")
    if colon and (own != "phone" or use not in USES):
        raise BadMap(f"{quoted(header)} is mapped to {quoted(text)}; after a colon stands what numbers are for, "
                     f"as in phone:night: {', '.join(USES)}")  # fmt: skip
    return own + colon + use


def _split(target: str) -> tuple[str, str]:
    name, _, use = target.partition(":")
    return name, use


def _key(header: str) -> str:
    return re.sub(r"\s+", " ", header.strip()).casefold()
