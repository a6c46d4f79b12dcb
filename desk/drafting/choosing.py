"""A form by what somebody calls it: its id, its name, or how that begins. Pure."""

import re

from desk.errors import NotFound, Usage
from desk.forms.catalogue import form_of, forms, latest
from desk.forms.definition import Form
from directory.four_languages import OFFICIAL

LANGUAGES = ("es", "en", "pt", "fr")


def form_named(text: str) -> Form:
    """The form of that id, or the newest of that name or of the only name that begins so.

    Raises NotFound with the names there are, Usage for what begins several.
    """
    found = form_of(text) or latest(text)
    if found is not None:
        return found
    names = sorted({each.name for each in forms().values()})
    fitting = [each for each in names if text and each.startswith(text)]
    if len(fitting) > 1:
        raise Usage(f"{text!r} may be {' or '.join(fitting)}; write more of it")
    only = latest(fitting[0]) if fitting else None
    if only is None:
        raise NotFound(f"there is no form {text!r}; there are {', '.join(names)}")
    return only


def is_draft(text: str) -> bool:
    """Whether a text is a draft's name rather than a form's: no form has a figure in its name but for its version."""
    return re.fullmatch("d[0-9]+", text) is not None


def reading_language(wanted: str, written: str) -> str:
    """The language a draft is shown in: the one asked for, else the one it is written in, else English."""
    base = written.partition("-")[0]
    return wanted or (base if base in OFFICIAL else "en")
