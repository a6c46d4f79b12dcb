"""What a form is made of: sections of fields, and what it requires; and a list of codes. Read from this room's files.

1. A form is named `name/version`. **A version never changes meaning**: no field, kind, bound or requirement that stops
   is added, taken away or altered; that is another version, in another file. Words may be bettered at any time.
2. A list of codes grows, that of consent aside; no code of it goes away or comes to mean something else.
3. Every word that somebody reads stands in Spanish, English, Portuguese (Brazil) and French.
4. Words are ours; the instrument that asks for a thing is cited by article. `verify` says that nobody of ours has read
   that article in the instrument itself, and is shown with it.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from directory.canonical import Malformed

Kind = Literal[
    "text", "reference", "code", "codes", "date", "moment", "country", "countries", "languages", "contact", "person",
    "victim", "place", "telephone", "email", "amount", "number", "consent", "statement", "group",
]  # fmt: skip
Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+(_[a-z]+){0,4}\Z", max_length=40)]
CodeName = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9]+(-[a-z0-9]+){0,7}\Z", max_length=60)]
FormId = Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+(-[a-z]+){0,5}/[1-9][0-9]{0,3}\Z", max_length=80)]
MOST_TEXT = 20_000
MOST_REFERENCE = 400
MOST_ITEMS = 200
CONSENT = "consent"
COUNTED = ("text", "reference", "group", "number")  # kinds whose `most` is given


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of a form's definition."""


Word = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class Words(Piece, frozen=True, kw_only=True):
    """The same in four languages."""

    es: Word
    en: Word
    pt: Word
    fr: Word

    def in_(self, language: str) -> str:
        """The words in a language, with or without a region; in English if they are in none of the four."""
        found: str = getattr(self, language.partition("-")[0], self.en)
        return found


class Code(Words, frozen=True, kw_only=True):
    """A code and what it is called; `full` is a longer name, where it has one."""

    code: CodeName
    full: Words | msgspec.UnsetType = msgspec.UNSET


class CodeList(Piece, frozen=True, kw_only=True):
    """The codes that a field may hold."""

    list: CodeName
    codes: Annotated[tuple[Code, ...], msgspec.Meta(min_length=1, max_length=100)]


class Article(Piece, frozen=True, kw_only=True):
    """The place in an instrument that asks for something; `verify`: not read in the instrument itself (rule 4)."""

    instrument: CodeName
    article: Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,3}(\([0-9]{1,2}\))?(\([a-z]\))?\Z")]
    verify: bool = False


class Field(Piece, frozen=True, kw_only=True):
    """One question. `most`: characters of a text, items of a group, the largest number; `list`: of codes."""

    field: Name
    kind: Kind
    label: Words
    help: Words | msgspec.UnsetType = msgspec.UNSET
    list: str = ""
    least: int = 0
    most: int = 0
    victim_data: bool = False
    fields: "tuple[Field, ...]" = ()  # of a group


class Section(Piece, frozen=True, kw_only=True):
    """Fields that stand together under a title."""

    section: Name
    title: Words
    fields: Annotated[tuple[Field, ...], msgspec.Meta(min_length=1)]


class Condition(Piece, frozen=True, kw_only=True):
    """That a field is filled in; with `values`, that it holds one of them; with `only`, nothing but those."""

    field: Name
    values: tuple[CodeName, ...] = ()
    only: bool = False


class Requirement(Piece, frozen=True, kw_only=True):
    """That one of `fields` is filled in, holding one of `values` if there are any; `group.field`: in every item.

    It holds only `when` all of those conditions hold, and not where `unless` does. Without an article it is a rule of
    this program.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+(_[a-z]+){0,4}(\.[a-z_]+)?\Z")]
    fields: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    values: tuple[CodeName, ...] = ()
    when: tuple[Condition, ...] = ()
    unless: Condition | msgspec.UnsetType = msgspec.UNSET
    stops: bool = True
    articles: tuple[Article, ...] = ()
    words: Words | msgspec.UnsetType = msgspec.UNSET


class Form(Piece, frozen=True, kw_only=True):
    """A form; `functions` are those of contacts it is mostly for, `instruments` those it may rest on."""

    form: FormId
    title: Words
    about: Words
    functions: tuple[CodeName, ...] = ()
    instruments: tuple[CodeName, ...] = ()
    sections: Annotated[tuple[Section, ...], msgspec.Meta(min_length=1)]
    requires: tuple[Requirement, ...] = ()

    @property
    def name(self) -> str:
        """The form's name without its version."""
        return self.form.partition("/")[0]

    @property
    def fields(self) -> Iterator[Field]:
        """Its fields in order; those of groups are in their group."""
        return (each for section in self.sections for each in section.fields)

    def the(self, path: str) -> Field:
        """The field of that name, which is there; raises KeyError for one that is not."""
        found = self.field(path)
        if found is None:
            raise KeyError(path)
        return found

    def field(self, path: str) -> Field | None:
        """The field of that name, or of a group as `group.field`; nothing if there is none."""
        name, _, inner = path.partition(".")
        found = next((each for each in self.fields if each.field == name), None)
        if not inner or found is None:
            return found
        return next((each for each in found.fields if each.field == inner), None)


def check_form(form: Form, lists: frozenset[str]) -> None:
    """Return if a form's parts fit together, given the lists there are; raise Malformed, saying what does not."""
    names = [each.field for each in form.fields]
    _once(names, form.form)
    _once([each.section for each in form.sections], form.form)
    _once([each.id for each in form.requires], form.form)
    for field in form.fields:
        _check_field(field, f"{form.form}, {field.field}", lists)
        _once([each.field for each in field.fields], f"{form.form}, {field.field}")
        for inner in field.fields:
            if inner.kind == "group":
                raise Malformed(f"{form.form}, {field.field}: a group in a group")
            _check_field(inner, f"{form.form}, {field.field}.{inner.field}", lists)
    for each in form.requires:
        paths = [*each.fields, *(condition.field for condition in each.when)]
        paths += [each.unless.field] if each.unless else []
        for path in paths:
            if form.field(path) is None:
                raise Malformed(f"{form.form}, requirement {each.id}: no field is called {path!r}")


def _check_field(field: Field, where: str, lists: frozenset[str]) -> None:
    if (field.kind in ("code", "codes")) != bool(field.list) or (field.list and field.list not in lists):
        raise Malformed(f"{where}: a field of codes names a list, and no other does")
    if (field.kind in COUNTED) != (field.most > 0):
        raise Malformed(f"{where}: the kinds {', '.join(COUNTED)} say how much is the most, and no other")
    limit = {"text": MOST_TEXT, "reference": MOST_REFERENCE, "group": MOST_ITEMS}.get(field.kind, field.most)
    if field.most > limit or field.least > field.most:
        raise Malformed(f"{where}: bounds that cannot be kept")
    if (field.kind == "group") != bool(field.fields):
        raise Malformed(f"{where}: a group has fields, and no other kind has")


def _once(names: list[str], where: str) -> None:
    for at, name in enumerate(names):
        if name in names[:at]:
            raise Malformed(f"{where}: {name!r} stands twice")
