"""Pages from templates: every value is escaped, a value that is not there is an error, and no page needs a script."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from directory.pages.words import ITSELF, WORDS


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("directory.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["itself"] = ITSELF
    return made


def render(template: str, language: str, about: Mapping[str, Any]) -> str:
    """The page of a template (`find.html`) in one of the four languages."""
    return _environment().get_template(template).render(about, language=language, words=WORDS[language])


@cache
def asset(name: str) -> bytes:
    """A file that pages refer to: the style sheet, the icon."""
    return (files("directory.pages") / name).read_bytes()
