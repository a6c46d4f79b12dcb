"""From the arguments of a call, as JSON, to those of a command.

    {"contact": ["ec-desk"], "subject": "Consulta", "text-file": {"file": "5f…"}}

1. An argument has the name that the help gives it: an option's is its long name, without the dashes. Nothing else is
   taken, so a name that is mistyped is told, and never left out.
2. A value is text, a whole number, yes or no, or a list of these where the command takes several. No value can become
   another option: it is joined to its option's name, and what has no name stands behind `--`.
3. A file is one that was handed in (`{"file": id}`), or one that the command is to make (`{"new": name}`), in a folder
   of the API's own (`desk.api.files`). Text is no path, where the command wants one: whoever has the token of the API
   is not handed the whole disk.
4. Which profile, how to answer and where secrets come from is settled already: those options cannot be given.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from desk.api.files import Files
from desk.errors import Usage

SETTLED = {"json", "profile", "passphrase-file", "help"}
MOST_VALUES = 1000


def named(command: click.Command) -> dict[str, click.Parameter]:
    """The parameters of a command by name (rule 1): what has no option's name goes by the word in its help, if no
    option is called so."""
    options = {max(each.opts, key=len).lstrip("-"): each for each in command.params if isinstance(each, click.Option)}
    found: dict[str, click.Parameter] = {}
    for each in command.params:
        if not isinstance(each, click.Option):
            shown = (each.metavar or each.name or "").strip("[].…").lower()
            fits = shown.replace("-", "").isalnum() and shown not in options and shown not in found
            found[shown if fits else (each.name or "").replace("_", "-")] = each
    return found | options


def parameters(command: click.Command) -> dict[str, click.Parameter]:
    """The parameters of a command that a call can give, by name (rule 4)."""
    return {name: each for name, each in named(command).items() if name not in SETTLED}


def is_path(parameter: click.Parameter) -> bool:
    """Whether a parameter takes a file or a folder (rule 3)."""
    named = parameter.metavar or ""
    return isinstance(parameter.type, click.Path | click.File) or "FILE" in named or "FOLDER" in named


def typed(command: click.Command, given: Mapping[str, Any], files: Files) -> list[str]:
    """The command line of a call; raises Usage for what the command does not take."""
    known = parameters(command)
    if unknown := sorted(set(given) - set(known)):
        raise Usage(f"there is no argument {unknown[0]!r} here; there are: {', '.join(sorted(known)) or 'none'}")
    options, behind = list[str](), list[str]()
    for name, parameter in known.items():
        if name not in given:
            continue
        if isinstance(parameter, click.Option):
            options += _option(parameter, name, given[name], files)
        else:
            behind += [_text(parameter, name, each, files) for each in _values(parameter, name, given[name])]
    return [*options, *(["--", *behind] if behind else [])]


def _option(parameter: click.Option, name: str, value: Any, files: Files) -> Iterator[str]:
    longest = max(parameter.opts, key=len)
    if parameter.is_flag:
        if not isinstance(value, bool):
            raise Usage(f"{name} is true or false")
        if value:
            yield longest
        elif parameter.secondary_opts:
            yield max(parameter.secondary_opts, key=len)
        return
    for each in _values(parameter, name, value):
        yield f"{longest}={_text(parameter, name, each, files)}"


def _values(parameter: click.Parameter, name: str, value: Any) -> list[Any]:
    several = parameter.multiple or parameter.nargs != 1
    if isinstance(value, list) != several:
        raise Usage(f"{name} is {'a list' if several else 'one value'}")
    values: list[Any] = value if several else [value]
    if len(values) > MOST_VALUES:
        raise Usage(f"{name} has {len(values)} values; at most {MOST_VALUES} are taken at once")
    return values


def _text(parameter: click.Parameter, name: str, value: Any, files: Files) -> str:
    if is_path(parameter):
        return str(_path(name, value, files))
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Usage(f"{name} is text or a whole number")
    text = str(value)
    if any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text):
        raise Usage(f"{name} holds a character that no argument can")
    return text


def _path(name: str, value: Any, files: Files) -> Path:
    match value:
        case {"file": str(handed), **rest} if not rest:
            return files.handed(handed)
        case {"new": str(wanted), **rest} if not rest:
            return files.new(wanted)
    raise Usage(f'{name} is a file: one that was handed in, {{"file": id}}, or one to be made, {{"new": name}}')
