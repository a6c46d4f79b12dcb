"""Answers put into a form one by one, each stored as soon as the form allows it.

1. A wrong answer changes nothing. One that is right but not enough by itself (an age without a name) is kept here,
   `pending` says why, and is stored with what completes it; if nothing does, it is lost, and that is told.
2. What could not be stored for a fault of the machine (the profile is in use) is pending too, and tried again.
"""

from collections.abc import Callable

from desk.drafting.paths import Values, assign, opened_up, settled
from desk.drafting.typed import Typist
from desk.errors import DeskError
from desk.forms.definition import Form
from desk.forms.filled import Filled
from desk.safe_text import line


class Answers:
    """A form's values while they change; `filled` is what was stored last. `store` raises DeskError if it cannot."""

    def __init__(self, form: Form, filled: Filled, store: Callable[[Filled], None]) -> None:
        self.form, self.filled = form, filled
        self.values: Values = opened_up(filled.values)
        self.pending = ""
        self._store = store

    def put(self, path: str, text: str, typist: Typist) -> None:
        """Take an answer and store it; raises Usage for one that is wrong whatever else is typed."""
        tried = dict(self.values)  # `assign` works on a copy, and changes nothing that hangs below
        assign(self.form, tried, path, text, typist)
        self._probe(tried, path)
        self.values = tried
        self.keep()

    def keep(self) -> None:
        """Store what there is, if it is whole; else `pending` says what keeps it."""
        try:
            filled = settled(self.form.form, self.filled.language, self.values)
            if filled != self.filled:
                self._store(filled)
        except DeskError as error:
            self.pending = line(str(error))
            return
        self.filled, self.pending = filled, ""

    def _probe(self, values: Values, path: str) -> None:
        """Raise Usage for an answer that is wrong by itself: tried alone, a person beside a name that does."""
        name, *rest = path.split(".")
        field = self.form.the(name)
        inner, item = field, values.get(name)
        if field.kind == "group" and item and len(rest) > 1:
            inner, item = self.form.the(f"{name}.{rest[1]}"), item[int(rest[0]) - 1].get(rest[1])
        elif field.kind == "group":
            return
        if not item:
            return
        if inner.kind in ("person", "victim"):
            item = {"pseudonym": "-"} | item
        alone = {inner.field: item} if inner is field else {name: [{inner.field: item}]}
        settled(self.form.form, self.filled.language, alone)
