"""Drafts of forms: each a sealed file of the profile's vault, under a short name such as `d7`.

1. A draft holds what was filled in, for whom, in which case. Whoever reads the folder without the passphrase sees that
   there are drafts, how large, and when they were changed; nothing of what they say.
2. Names are counted upwards and never used twice, so that no script discards or sends another draft than it meant. The
   count is stored before the draft: after a crash in between a name is left out.
3. **What is written is written over nothing that was not seen.** A change names the draft it was made from; if another
   window has changed that meanwhile, it is refused and nothing is lost.
4. A draft stands on this desk alone, and nobody is told of it. It stays until it is discarded. A recovery file with
   messages has it; there it is nobody's signed word, and whoever takes it in gets a draft under a name of its own.
5. A draft of a victim's data goes after the day until which they are to be kept. So none is stored with a day that is
   over: a slip in a year would else take an hour's work away.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256

import msgspec

from desk.errors import NotFound, Usage
from desk.forms.calendar import contradicted
from desk.forms.catalogue import form_of
from desk.forms.filled import MOST_BYTES, Filled, check_filled, write_filled
from desk.keys.vault import Damaged, Vault
from desk.mail.message import MOST_CASE
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, Count, Hash, Time

MOST_DRAFTS = 500
MOST_TO = 20
MOST_DRAFT_BYTES = MOST_BYTES + 100_000  # as it is kept: with contacts and case
_PREFIX = "form-draft-"
_LAST = "form-drafts"
_BROUGHT = "drafts-brought"
MOST_BROUGHT = 2_000
_KEPT = "keep_until"  # what ends a draft, as it ends a message
_NAME = re.compile(r"d([1-9][0-9]{0,8})")


class FormDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A form that somebody is writing: what is filled in, the contacts it is for, the case; unix seconds."""

    filled: Filled
    to: tuple[ContactId, ...] = ()
    case: str = ""
    begun: Time
    changed: Time


class _Last(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: Count


class _Brought(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The drafts that recovery files brought, by SHA-256: one changed or discarded since comes no second time."""

    hashes: tuple[Hash, ...] = ()


def write_draft(draft: FormDraft) -> bytes:
    """A draft as a recovery file has it: canonical JSON."""
    return encode(draft)


def read_draft(raw: bytes) -> FormDraft:
    """The draft in those bytes; raises Malformed for everything else, also for what its form does not allow."""
    draft = decode(raw, FormDraft, MOST_DRAFT_BYTES)
    check_filled(draft.filled)
    return draft


class Drafts:
    """The drafts in a vault. Whoever changes them holds the profile's lock."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: list[FormDraft] | None = None  # while several are brought: each is opened once

    def get(self, name: str) -> FormDraft:
        """The draft of that name; raises NotFound, and Damaged if it is not what was put there."""
        draft = self._vault.get_value(_kept(name), FormDraft)
        if draft is None:
            raise NotFound(f"there is no draft {name}; `enlace form drafts` lists them")
        try:
            check_filled(draft.filled)
        except Malformed as error:
            raise Damaged(f"draft {name} is damaged: {error}") from error
        return draft

    def names(self) -> list[str]:
        """The names of all drafts, the oldest first."""
        found = (each.removeprefix(_PREFIX) for each in self._vault.names(_PREFIX))
        return [f"d{number}" for number in sorted(int(each) for each in found if _NAME.fullmatch(f"d{each}"))]

    def each(self, damaged: list[str]) -> Iterator[tuple[str, FormDraft]]:
        """Every draft that opens, with its name; of the others `damaged` says which, and why."""
        for name in self.names():
            try:
                yield name, self.get(name)
            except Damaged as error:
                damaged.append(str(error))

    def bring(self, raw: bytes) -> str | None:
        """Store the draft that another desk kept (`write_draft`); returns its name, None if it is or was here.

        Raises Malformed for what is none, and Usage as `add` does.
        """
        draft, brought = read_draft(raw), _Brought()
        with suppress(Damaged):  # then a draft may come twice, which is seen
            brought = self._vault.get_value(_BROUGHT, _Brought) or brought
        digest = sha256(raw).hexdigest()
        if digest in brought.hashes:
            return None
        if self._known is None:
            self._known = [each for _, each in self.each([])]
        name = None if draft in self._known else self.add(draft)
        self._known.append(draft)
        # A crash here leaves the draft, which is found by itself the next time.
        self._vault.put(_BROUGHT, encode(_Brought(hashes=(*brought.hashes, digest)[-MOST_BROUGHT:])))
        return name

    def add(self, draft: FormDraft) -> str:
        """Store a new draft; returns its name. Raises Usage for one that no desk would read, or for one too many."""
        _check(draft)
        names = self.names()
        if len(names) >= MOST_DRAFTS:
            raise Usage(
                f"there are {len(names)} drafts, and no more are kept; discard some: `enlace form discard DRAFT`"
            )
        last = self._vault.get_value(_LAST, _Last)
        number = 1 + max([last.number if last else 0, *(int(each[1:]) for each in names)])
        self._vault.put(_LAST, encode(_Last(number=number)))
        # A crash here leaves the name out (rule 2).
        self._vault.put(f"{_PREFIX}{number}", encode(draft))
        return f"d{number}"

    def change(self, name: str, before: FormDraft, after: FormDraft) -> None:
        """Replace a draft that is still as it was `before`; raises Usage if it is not (rule 3), or as `add` does."""
        _check(after)
        if self.get(name) != before:
            raise Usage(f"draft {name} was changed in another window meanwhile; look at it and do this again")
        self._vault.put(_kept(name), encode(after))

    def discard(self, name: str) -> None:
        """Erase a draft, damaged or not; raises NotFound."""
        kept = _kept(name)
        if kept not in self._vault.names(kept):
            raise NotFound(f"there is no draft {name}; `enlace form drafts` lists them")
        self._vault.erase(kept)


def _kept(name: str) -> str:
    """The vault's name for a draft; raises Usage for what names none."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise Usage(f"{name!r} names no draft; they are called d1, d2 …: `enlace form drafts` lists them")
    return f"{_PREFIX}{found[1]}"


def _check(draft: FormDraft) -> None:
    try:
        write_filled(draft.filled)
    except Malformed as error:
        raise Usage(str(error)) from error
    form = form_of(draft.filled.form)
    over = contradicted(form, draft.filled, draft.changed) if form else ()
    if any(each.where == (_KEPT,) for each in over):
        day = draft.filled.values[_KEPT]
        raise Usage(
            f"{_KEPT}: {day} is over, and the draft would be erased at once; nothing was changed. Write the day until "
            "which the data are to be kept, year first, such as 2028-09-20"
        )
    if len(draft.to) > MOST_TO or len(set(draft.to)) != len(draft.to):
        raise Usage(f"a draft is for at most {MOST_TO} contacts, each named once")
    if len(draft.case) > MOST_CASE:
        raise Usage(f"the case has {len(draft.case)} characters; at most {MOST_CASE} are possible")
