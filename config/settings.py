"""Settings: a typed struct, filled from a TOML file, then from the environment.

    [listen]
    port = 8460            →  settings.listen.port, or ENLACE_LISTEN_PORT=8460 in the environment, which wins

1. A program's settings are one msgspec struct of sections, each a struct of plain values. What has no default is to be
   set.
2. A key that nobody reads is an error, in the file and in the environment, and the error names the nearest known one: a
   misspelt limit must not mean "no limit".
3. Values in the file have their own types; in the environment they are text, read as the field's type: `true` or `1`,
   and lists separated by commas.
4. What has a pattern has a `description` of the form it has, for people.
5. A `FilePath` is relative to the folder of the settings file, and so is a `FileIfAny` that is not empty.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
PREFIX = "ENLACE_"
_RELATIVE = "a path relative to the settings file"

FilePath = Annotated[str, msgspec.Meta(min_length=1, max_length=4096, description=_RELATIVE)]
"""A path; absolute once the settings are loaded."""
FileIfAny = Annotated[str, msgspec.Meta(max_length=4096, description=_RELATIVE)]
"""The same, or empty for no file."""


class SettingsError(ValueError):
    """Settings that cannot be used; the text names the setting, the place, and what to do."""


def load_settings(kind: type[S], path: Path, environ: Mapping[str, str]) -> S:
    """The settings in a TOML file and the environment; raises SettingsError."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 from byte {error.start} on; save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}") from error
    return parse_settings(kind, text, path, environ)


def parse_settings(kind: type[S], text: str, path: Path, environ: Mapping[str, str] | None) -> S:
    """The settings in TOML text that stands, or would stand, at `path`; raises SettingsError. Without an `environ` the
    file alone sets anything."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    sections = {field.name: field.type for field in msgspec.structs.fields(kind)}
    _refuse_unknown(tables, sections, "section [{}]", str(path))
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {name} is a section; write [{name}] and its settings below")
        known = [field.name for field in msgspec.structs.fields(sections[name])]
        _refuse_unknown(table, known, f"setting {{}} in [{name}]", str(path))
    _refuse_unknown_variables(environ or {}, sections)
    made = {name: _section(name, section, tables.get(name, {}), path, environ) for name, section in sections.items()}
    return _build(kind, made, str(path))


def setting_names(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """Section and name of every setting."""
    for section in msgspec.structs.fields(kind):
        for field in msgspec.structs.fields(section.type):
            yield section.name, field.name


def variable_name(section: str, name: str) -> str:
    """The environment variable that sets a setting."""
    return f"{PREFIX}{section}_{name}".upper()


def _section(name: str, kind: type[S], table: Mapping[str, Any], path: Path, environ: Mapping[str, str] | None) -> S:
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        variable = variable_name(name, field.name)
        if environ is not None and variable in environ:
            values[field.name] = _converted(_split(environ[variable], field.type), field.type, variable, strict=False)
        elif field.name in table:
            values[field.name] = _converted(
                table[field.name], field.type, f"{path}: [{name}] {field.name}", strict=True
            )
        elif field.required:
            elsewhere = f" (or {variable} in the environment)" if environ is not None else ""
            raise SettingsError(f"{path}: [{name}] {field.name} is not set{elsewhere}")
        elif field.default is not msgspec.NODEFAULT:
            values[field.name] = field.default
        if _is_path(field.type) and values.get(field.name):
            values[field.name] = str((path.parent / values[field.name]).absolute())
    return _build(kind, values, f"{path}: [{name}]")


def _build(kind: type[S], values: dict[str, Any], where: str) -> S:
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:  # a struct's own checks
        raise SettingsError(f"{where}: {error}") from error


def _converted(value: Any, kind: Any, where: str, *, strict: bool) -> Any:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        form = _form(kind)
        words = f"{value!r} is not of the form needed; write {form}" if form and "regex" in str(error) else str(error)
        raise SettingsError(f"{where}: {words}") from error


def _form(kind: Any) -> str:
    """How a field's type, or what is in its list, says that it is written, if it says so."""
    notes = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    found = next((each.description for each in notes if getattr(each, "description", None)), "")
    plain = _plain(kind)
    return found or (_form(get_args(plain)[0]) if get_origin(plain) is tuple else "")


def _split(text: str, kind: Any) -> Any:
    if get_origin(_plain(kind)) is tuple:
        return [each.strip() for each in text.split(",") if each.strip()]
    return text


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_path(kind: Any) -> bool:
    return get_origin(kind) is Annotated and any(
        getattr(each, "description", "") == _RELATIVE for each in get_args(kind)
    )


def _refuse_unknown(found: Mapping[str, Any], known: Collection[str], what: str, where: str) -> None:
    for name in found:
        if name not in known:
            near = get_close_matches(name, list(known), 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(known))}"
            raise SettingsError(f"{where}: unknown {what.format(name)}{hint}")


def _refuse_unknown_variables(environ: Mapping[str, str], sections: Mapping[str, type[msgspec.Struct]]) -> None:
    """Refuse a variable of a section of ours that names no setting, or that is a slip of the pen from one that does."""
    known = [
        variable_name(section, field.name)
        for section, kind in sections.items()
        for field in msgspec.structs.fields(kind)
    ]
    owned = tuple(f"{PREFIX}{section}_".upper() for section in sections)
    for name in environ:
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, 1, 0.5 if name.startswith(owned) else 0.85)
            if near or name.startswith(owned):
                hint = f"; did you mean {near[0]}?" if near else ""
                raise SettingsError(f"the environment: {name} sets nothing{hint}")
