"""The dialogue in which a form is filled in, field by field: lines in, lines out, no screen, no mouse.

1. Every answer is stored when it is given, so the dialogue may be left at any line, also by losing the connection.
2. An answer that its field does not take is told and asked again; what stands there stays. An answer that is right but
   waits for another (a person's age before the name) is kept, said to be not stored yet, and stored with the other.
3. Enter alone changes nothing. No code, no consent and no name is ever put in that was not typed.
4. Free text ends with a line that is a full stop, so that pasted paragraphs are one answer, not several.
"""

from collections.abc import Callable, Iterable
from typing import Any

from desk.drafting.answers import Answers
from desk.drafting.ask_shown import (
    asked,
    by_number,
    called,
    gaps_of,
    given,
    heading,
    hint,
    item_line,
    listed,
    part_label,
    sections_line,
    standing,
    table_of,
)
from desk.drafting.ask_words import told
from desk.drafting.typed import PARTS, Mistyped, Typist, fitting, language_of
from desk.errors import DeskError, Usage
from desk.forms.catalogue import code_lists
from desk.forms.definition import CONSENT, Field, Form
from desk.forms.filled import Filled
from desk.forms.missing import IDENTIFYING, Gap
from desk.safe_text import block, line
from directory.exchange.sheet_words import language_in
from directory.languages import base_code

Step = int  # by how many fields to go on; other ways out are exceptions
FULL_STOP = "."


class Left(Exception):
    """The officer leaves; what is stored stays."""


class _Section(Exception):
    """On to the beginning of a section, counted from 0; -1: to the next, or out of a person or an item."""

    def __init__(self, at: int) -> None:
        self.at = at


class Dialogue:
    """A form being filled in. `read` gives a line or raises EOFError; `edit` opens an editor or raises DeskError."""

    def __init__(
        self,
        form: Form,
        filled: Filled,
        typist: Typist,
        *,
        read: Callable[[str], str],
        tell: Callable[[str], None],
        store: Callable[[Filled], None],
        edit: Callable[[str], str],
        gaps: Callable[[Filled], Iterable[Gap]],
        wanted: tuple[str, ...] = (),
        editor_first: bool = False,
        width: int = 80,
    ) -> None:
        self.form, self.typist, self.answers = form, typist, Answers(form, filled, store)
        self._read, self._tell, self._edit, self._gaps = read, tell, edit, gaps
        self._wanted, self._editor_first, self._width = wanted, editor_first, width
        self._language = typist.language

    def run(self, only: tuple[str, ...] = ()) -> None:
        """Go through the form from where it was left, or through these fields alone; returns when it is left."""
        fields = [each for each in self.form.fields if not only or each.field in only]
        at = 0 if only else self._first(fields)
        shown = -1
        try:
            while at < len(fields):
                section = self._section_of(fields[at])
                if section != shown:
                    self._begin(section)
                    shown = section
                try:
                    at = max(at + self._field(fields[at]), 0)
                except _Section as there:
                    at = self._start_of(fields, there.at if there.at >= 0 else section + 1)
        except (Left, EOFError):
            pass
        self._end()

    def _first(self, fields: list[Field]) -> int:
        """Where somebody goes on: what stops sending first, else after the last field that is filled in."""
        if not self.answers.filled.values:
            return 0
        for at, field in enumerate(fields):
            if any(each.stops for each in gaps_of(self._gaps(self.answers.filled), field.field)):
                return at
        last = max((at for at, each in enumerate(fields) if each.field in self.answers.filled.values), default=-1)
        return min(last + 1, len(fields) - 1)

    def _section_of(self, field: Field) -> int:
        return next(at for at, each in enumerate(self.form.sections) if field in each.fields)

    def _start_of(self, fields: list[Field], section: int) -> int:
        if section >= len(self.form.sections):
            return len(fields)
        found = [at for at, each in enumerate(fields) if self._section_of(each) >= section]
        return found[0] if found else len(fields)

    def _begin(self, at: int) -> None:
        sections = self.form.sections
        beside = told("section", self._language, at=at + 1, of=len(sections))
        self._say(heading(sections[at].title.in_(self._language), beside, self._width))

    def _end(self) -> None:
        self.answers.keep()
        if self.answers.pending:
            self._tell(f"! {told('dropped', self._language, why=self.answers.pending)}")

    def _field(self, field: Field) -> Step:
        """Ask one field; returns by how many to go on."""
        gaps = gaps_of(self._gaps(self.answers.filled), field.field)
        self._say(asked(field, gaps, self._language, self._width))
        match field.kind:
            case "text":
                return self._text(field, field.field)
            case "group":
                return self._group(field)
            case "person" | "victim" | "place":
                return self._parts(field, field.field)
        return self._simple(field, field.field)

    def _simple(self, field: Field, path: str) -> Step:
        self._standing(field, path)
        if codes := table_of(field):
            self._say(listed(codes, self._language, self._width, given(self._value(path))))
            self._hint("some_codes" if field.kind == "codes" else "one_code")
        return self._until(
            path, hint(field.kind, self._language), lambda text: self._put(path, self._coded(field, text))
        )

    def _until(self, path: str, beside: str, put: Callable[[str], bool]) -> Step:
        """Ask until there is an answer that is taken, or none is given; returns by how many fields to go on."""
        while True:
            text = self._line(beside.strip())
            if not text:
                return 1
            if text == ":b":
                return -1
            if text == ":d":
                self._put(path, "")
                self._tell(f"  {told('emptied', self._language)}")
                return 1
            if text.startswith(":"):
                self._command(text)
            elif put(text):
                return 1

    def _coded(self, field: Field, text: str) -> str:
        """An answer with numbers of the list in it, as codes."""
        codes = table_of(field)
        if not codes:
            return text
        if numbers := by_number(codes, text, several=field.kind == "codes"):
            return numbers
        if field.kind != "codes" and len(found := fitting(field.list or CONSENT, text, self._language)) > 1:
            self._say(listed(found, self._language, self._width))
            chosen = self._line(told("one_code", self._language))
            if chosen.isdigit() and 1 <= int(chosen) <= len(found):
                return found[int(chosen) - 1].code
            return chosen or text
        return text

    def _text(self, field: Field, path: str, tag: str = "") -> Step:
        tag = tag or self.typist.original
        self._standing(field, path)
        if self._editor_first and tag not in (self._value(path) or {}):
            return self._in_editor(field, path, tag)
        self._hint("text", language=language_in(tag, self._language))
        while True:
            first = self._line()
            match first.split():
                case []:
                    return 1
                case [":b"]:
                    return -1
                case [":d"]:
                    self._put(f"{path}.{tag}", "")
                    self._tell(f"  {told('emptied', self._language)}")
                    return 1
                case [":e"]:
                    return self._in_editor(field, path, tag)
                case [":l", other]:
                    try:
                        return self._text(field, path, language_of(other, self._language))
                    except Mistyped as error:
                        self._tell(f"! {error}")
                case [word, *_] if word.startswith(":"):
                    self._command(first)
                case _:
                    if self._written(first, f"{path}.{tag}"):
                        return self._translate(field, path)

    def _written(self, first: str, path: str) -> bool:
        """Take the lines of a text up to its full stop; what was typed is kept also if the officer leaves within it."""
        lines = [first]
        try:
            while (more := self._read("  ")).strip() != FULL_STOP:
                if more.strip() == ":q":
                    raise Left
                lines.append(more)
        except (EOFError, Left):
            self._put(path, "\n".join(lines))
            raise
        return self._put(path, "\n".join(lines))

    def _in_editor(self, field: Field, path: str, tag: str) -> Step:
        before = (self._value(path) or {}).get(tag, "")
        try:
            text = self._edit(before)
        except DeskError as error:
            self._tell(f"! {line(str(error))}")
            self._editor_first = False
            return 0
        if text != before and not self._put(f"{path}.{tag}", text):
            return 0
        return self._translate(field, path)

    def _translate(self, field: Field, path: str) -> Step:
        """Ask for a version that the recipient reads, once; Enter goes on without."""
        versions = self._value(path) or {}
        taken = {base_code(each) for each in self._wanted}
        if not taken or not versions or taken & {base_code(each) for each in versions}:
            return 1
        languages = ", ".join(language_in(each, self._language) for each in self._wanted)
        self._hint("translate", languages=languages, tag=self._wanted[0])
        text = self._line()
        if not text.startswith(":l "):
            return self._after(text)
        try:
            return self._text(field, path, language_of(text[3:], self._language))
        except Mistyped as error:
            self._tell(f"! {error}")
            return 1

    def _after(self, text: str) -> Step:
        if text == ":b":
            return 0
        if text.startswith(":"):
            self._command(text)
        return 1

    def _parts(self, field: Field, path: str) -> Step:
        """Ask the parts of a person, a victim or a place, one after the other."""
        self._standing(field, path)
        parts = PARTS[field.kind]
        if self._value(f"{path.rpartition('.')[0]}.role" if "." in path else "role") == "victim":
            self._hint("victim_parts", path=path)
            parts = tuple(each for each in parts if each[0] not in IDENTIFYING)
        at = 0
        while at < len(parts):
            name, kind, table = parts[at]
            label = part_label(field.kind, name, self._language)
            if table:
                self._say(listed(code_lists()[table].values(), self._language, self._width))
            known = Field(field=name, kind="code", label=field.label, list=table) if table else None
            beside = f"{label}{hint('born' if name == 'born' else kind, self._language)}"

            def put(text: str, name: str = name, known: Field | None = known) -> bool:
                return self._put(f"{path}.{name}", self._coded(known, text) if known else text)

            try:
                at += self._until(f"{path}.{name}", beside, put)
            except _Section as there:
                if there.at >= 0:
                    raise
                return 1  # :s, out of this person
            if at < 0:
                return -1
        return 1

    def _group(self, field: Field) -> Step:
        while True:
            items = self.answers.values.get(field.field, [])
            for at, item in enumerate(items, 1):
                self._tell(f"{at:>3}  {item_line(field, item, self.answers.filled, self._width - 5, self._language)}")
            self._hint("items", count=len(items))
            text = self._line()
            if not text:
                return 1
            if text == ":b":
                return -1
            if text.startswith(":"):
                self._command(text)
            elif text == "+" and len(items) >= field.most:
                self._tell(f"! {told('full', self._language, most=field.most)}")
            elif text == "+":
                self._item(field, len(items) + 1)
            elif text.isdigit() and 1 <= int(text) <= len(items):
                self._item(field, int(text))
            elif text[0] == "-" and text[1:].isdigit() and 1 <= int(text[1:]) <= len(items):
                self._put(f"{field.field}.{text[1:]}", "")
            else:
                self._tell(f"! {told('no_item', self._language)}")

    def _item(self, field: Field, number: int) -> None:
        label = told("item", self._language, label=field.label.in_(self._language), at=number)
        self._say(heading(label, "", self._width))
        at = 0
        while at < len(field.fields):
            inner, path = field.fields[at], f"{field.field}.{number}.{field.fields[at].field}"
            self._say(asked(inner, (), self._language, self._width))
            try:
                match inner.kind:
                    case "text":
                        step = self._text(inner, path)
                    case "person" | "victim" | "place":
                        step = self._parts(inner, path)
                    case _:
                        step = self._simple(inner, path)
            except _Section as there:
                if there.at >= 0:
                    raise
                return
            at = max(at + step, 0)

    def _value(self, path: str) -> Any:
        """What stands at a path now, stored or not; nothing if nothing does."""
        found: Any = self.answers.values
        for each in path.split("."):
            if isinstance(found, list):
                found = found[int(each) - 1] if int(each) <= len(found) else None
            else:
                found = found.get(each) if found else None
        return found

    def _hint(self, name: str, **parts: object) -> None:
        self._say(
            f"  {each}" for each in block(told(name, self._language, **parts), self._width - 2, bar="").split("\n")
        )

    def _standing(self, field: Field, path: str) -> None:
        value = self._value(path)
        if field.kind in ("person", "victim") and not called(value):
            return  # not whole yet: it cannot be shown as one
        shown = {field.field: value} if value else {}
        filled = Filled(form=self.answers.filled.form, language=self.answers.filled.language, values=shown)
        self._say(standing(field, filled, self._language, self._width))

    def _put(self, path: str, text: str) -> bool:
        """Put an answer in; returns whether it was taken (rule 2)."""
        try:
            self.answers.put(path, text, self.typist)
        except Usage as error:
            self._tell(f"! {line(str(error).removeprefix(f'{path}: '))}")
            return False
        if self.answers.pending:
            self._tell(f"  {told('later', self._language, why=self.answers.pending)}")
        return True

    def _command(self, text: str) -> None:
        """What may be typed everywhere; raises what leaves the field."""
        match text.split():
            case [":q"]:
                raise Left
            case [":s"]:
                raise _Section(-1)
            case [":g", number] if number.isdigit() and 1 <= int(number) <= len(self.form.sections):
                raise _Section(int(number) - 1)
            case [":g", *_]:
                self._say(sections_line(self.form, 0, self._language))
            case [":m"]:
                self._missing()
            case [":?"] | [":h"]:
                self._say(f"  {each}" for each in told("help", self._language).split("\n"))
            case [":e"] | [":l", *_]:
                self._tell(f"! {told('only_text', self._language)}")
            case _:
                self._tell(f"! {told('no_command', self._language, text=line(text, 20))}")

    def _missing(self) -> None:
        gaps = list(self._gaps(self.answers.filled))
        for each in gaps:
            text = f"{'!' if each.stops else '-'} {line(each.told(self._language))}"
            self._tell(block(text, self._width, bar=""))
        if not any(each.stops for each in gaps):
            self._tell(f"  {told('complete', self._language)}")

    def _line(self, prompt: str = "") -> str:
        return self._read(f"{prompt}> " if prompt else "> ").strip()

    def _say(self, lines: Iterable[str]) -> None:
        for each in lines:
            self._tell(each)
