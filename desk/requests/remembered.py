"""What a desk remembers of the events of its requests, so that a look at all of them opens no message it has seen.

M1  `request-events-2` in the vault holds, for each stored message that has events of requests: its number, what tells
    whether it was changed since, and of each event what the history and the time limits rest on. No words: whoever
    shows those opens the message. What was erased goes from it with the next look, at the end of the same command.
M2  It decides nothing: when the relay took a message in is judged anew by the directory at hand, and an event that was
    handed over and did not count yet is read again with each look. What changed in the store, or came since, is read
    there.
M3  It is thrown away where it is damaged, or is not of this store (an older one was put back), and made anew.
M4  The number in its name goes up with the rules by which an event counts: what an older program judged by fewer of
    them is never believed, and everything is judged anew, once. What is under any other name of it, an older program's
    or a newer one's, is removed with the next look: nobody would take out of it what is erased.
"""

from collections.abc import Callable, Iterable
from typing import Annotated

import msgspec

from desk.errors import DeskError
from desk.keys.vault import Vault
from desk.mail.store import MailStore
from desk.requests.acts import RequestEvent
from directory.canonical import Malformed, decode, encode
from directory.fields import Count, Hash, Time

_ANY_NAME = "request-events"
NAME = f"{_ANY_NAME}-2"  # 2: what is handed over counts by a receipt whose envelope is made again from it
MOST_BYTES = 1 << 30
FEW, MOST_FEW, ONE_IN = 4, 32, 16  # rows that are read again rather than the whole is written anew: more if it is long
_NO_WORDS = "-"
Tag = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{32})?\Z")]


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of what is remembered."""


class Remembered(Piece, frozen=True, kw_only=True):
    """An event. `size` and `time` are of the relay's receipt, 0 where none counts; `handed`: it came in another one.
    `form` is the name of the form beside it, `first` and `references` as in `desk.requests.stored`."""

    id: Hash
    contact: str
    device: str
    at: Time
    event: RequestEvent
    to: tuple[str, ...] = ()
    case: str = ""
    exercise: bool = False
    size: Count = 0
    time: Time = 0
    handed: bool = False
    first: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    form: str = ""


class Row(Piece, frozen=True, kw_only=True):
    """A stored message with its events; `unsent`: of this desk, and the relay had not taken it in."""

    number: Count
    tag: Tag
    unsent: bool = False
    by_word: bool = False
    events: tuple[Remembered, ...] = ()


class _File(Piece, frozen=True, kw_only=True):
    upto: Count = 0
    anchor: str = ""
    rows: tuple[Row, ...] = ()


def without_words(event: RequestEvent) -> RequestEvent:
    """An event as it is remembered (M1)."""
    if not getattr(event.act, "text", ""):
        return event
    return msgspec.structs.replace(event, act=msgspec.structs.replace(event.act, text=_NO_WORDS))


def rows_of(
    mail: MailStore, vault: Vault, read: Callable[[int, str], Row | None], about: Callable[[], Iterable[int]]
) -> list[Row]:
    """Every row, in order.

    `read` makes one of a message's number and tag: None for one without events, one without the tag if it is to be read
    again with every look. `about` gives the numbers of all, where nothing is remembered.
    """
    _erase_others(vault)
    tags, newest = mail.tags.every(), mail.newest()
    before = _kept(vault)
    if before.upto and mail.tags.note(before.upto) != before.anchor:  # M3
        before = _File()
    known = {each.number: each for each in before.rows}
    rows = {number: row for number, row in known.items() if tags.get(number) == row.tag}
    unread = [number for number in known if number in tags and number not in rows]
    unread += [*about()] if not before.upto else [each for each in tags if each > before.upto]
    fresh = {number: row for number in unread if (row := read(number, tags[number])) is not None}
    found = rows | fresh
    whole = [found[number] for number in sorted(found)]
    lasting = [number for number in unread if number not in fresh or fresh[number].tag]
    many = len(lasting) > min(FEW + len(known) // ONE_IN, MOST_FEW)
    if known.keys() - tags.keys() or many or (before.upto < newest and not before.upto):
        _keep(vault, _File(upto=newest, anchor=mail.tags.note(newest), rows=tuple(whole)))
    return whole


def _kept(vault: Vault) -> _File:
    try:
        raw = vault.get(NAME)
        return decode(raw, _File, MOST_BYTES) if raw is not None else _File()
    except (DeskError, Malformed):
        return _File()


def _keep(vault: Vault, file: _File) -> None:
    try:
        vault.put(NAME, encode(file))
    except DeskError:  # a disk that takes nothing more keeps nobody from reading
        return


def _erase_others(vault: Vault) -> None:
    """What other programs remembered goes (M4); what the disk does not let go of is tried again with the next look."""
    for name in [each for each in vault.names(_ANY_NAME) if each != NAME]:
        try:
            vault.erase(name)
        except DeskError:
            continue
