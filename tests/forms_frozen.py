"""What each version of a form means, in lines that stay: `PYTHONPATH=.:tests python tests/forms_frozen.py`.

The lines of a version that was released never change (`tests/data/forms-frozen.txt`); those of a new one are added.
"""

import sys
from collections.abc import Iterator

from desk.forms.catalogue import code_lists, forms
from desk.forms.definition import Field, Form, Requirement


def lines() -> Iterator[str]:
    """Every field, every requirement that stops, and every code, a line each."""
    for form in forms().values():
        yield from (f"{form.form} {each}" for each in _of(form))
    for name, codes in code_lists().items():
        yield from (f"{name}: {code}" for code in codes)


def _of(form: Form) -> Iterator[str]:
    for field in form.fields:
        yield _field(field, "")
        yield from (_field(each, f"{field.field}.") for each in field.fields)
    yield from (_requirement(each) for each in form.requires if each.stops)


def _field(field: Field, within: str) -> str:
    bounds = f"{field.least}..{field.most}" if field.most else ""
    mark = "victim-data" if field.victim_data else ""
    return " ".join(filter(None, (within + field.field, field.kind, field.list, bounds, mark)))


def _requirement(need: Requirement) -> str:
    conditions = [f"when {each.field} {'|'.join(each.values)}".strip() for each in need.when]
    if need.unless:
        conditions.append(
            f"unless {'only ' if need.unless.only else ''}{need.unless.field} {'|'.join(need.unless.values)}"
        )
    asked = [f"{each.instrument} {each.article}{'~' if each.verify else ''}" for each in need.articles]
    return " ".join(filter(None, ("!", "|".join(need.fields), "|".join(need.values), *conditions, *asked)))


if __name__ == "__main__":
    sys.stdout.write("".join(f"{each}\n" for each in lines()))
