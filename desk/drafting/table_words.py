"""Which instruments two states may rest a request on, on a terminal: the answer first, then what each side rests on."""

from desk.forms.catalogue import code_lists
from desk.forms.treaties import Basis, state_told
from desk.forms.words import paired, quoted, word
from desk.safe_text import line
from directory.countries import country_name

_MOST_QUOTED = 300


def sided(basis: Basis, language: str) -> str:
    """An instrument with its answer, and for each state a line: what is said of it, by which source, of which day."""
    known = code_lists()["instruments"].get(basis.instrument)
    name = known.in_(language) if known else basis.instrument
    lines = [paired(name, word(basis.answer.replace(" ", "_"), language), language)]
    for country, row in basis.rows:
        state = state_told(row, language) if row else word("unknown", language)
        said = paired(country_name(country, language), state, language)
        if row is not None:
            day = word("of_day", language).format(date=row.date)
            source = quoted(line(row.source, _MOST_QUOTED), language)
            said += f". {paired(word('source', language), source, language)} {day}"
            said += f". {line(row.note, _MOST_QUOTED)}" if row.note else ""
        lines.append(f"  {said}")
    return "\n".join(lines)
