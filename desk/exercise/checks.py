"""Whether this installation would do its part at night: each piece looked at by itself, nothing sent, nothing changed.

K1  What fails in one piece keeps no other from being looked at.
K2  *wrong* is what would keep a message from being sent, or from waking anybody; *beware* is what should be known; both
    say what to do. Whether a loudspeaker is on, a telephone is charged or somebody sits there, no program can see.
"""

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

from desk.errors import DeskError
from desk.keys.seen_time import apart
from desk.link.client import RelayClient
from desk.link.session import current_session
from desk.notices.record import load
from desk.notices.settings import load_notices
from desk.profile.recovery import last_written
from desk.profile.unlocked import Unlocked
from desk.replica.trust_policy import check_age, vouched
from desk.terminal import run, stamp
from relay.protocol import routes

State = Literal["ok", "beware", "wrong"]


class Check(msgspec.Struct, frozen=True):
    """A piece of an installation: how it stands, in words, and what to do."""

    name: str
    state: State
    words: str
    do: str = ""


def look(desk: Unlocked) -> list[Check]:
    """Every piece, in order."""
    found = list[Check]()
    for name, piece in _PIECES.items():
        try:
            found += piece(desk)
        except DeskError as error:
            found.append(Check(name, "wrong", str(error), "see docs/exercise.md"))
    return found


def _standing(desk: Unlocked) -> Iterator[Check]:
    identity, now, view = desk.profile.identity, desk.clock(), desk.replica().view
    if desk.halt is not None:
        yield Check("desk", "wrong", f"halted since {stamp(desk.halt.at)}", "telephone the secretariat")
    elif not view.device_live(identity.device, view.size, now):
        yield Check("desk", "wrong", "this device is not enrolled, or no longer", "ask an administrator")
    else:
        served = [each for each in sorted(view.contacts) if view.serves(identity.device, each, view.size, now)]
        if served:
            yield Check("desk", "ok", f"serves {', '.join(served)}")
        else:
            yield Check("desk", "wrong", "serves no contact, so nothing comes here", "ask an administrator")


def _directory(desk: Unlocked) -> Iterator[Check]:
    now = desk.clock()
    backed = vouched(desk.keyring.vault, desk.replica(), now)
    try:
        warning = check_age(backed, now, override=False)
    except DeskError as error:
        yield Check("directory", "wrong", str(error), "run `enlace sync`")
        return
    if warning:
        yield Check("directory", "beware", warning, "run `enlace sync`")
    else:
        yield Check("directory", "ok", f"vouched for at {stamp(backed.time)}")


def _relay(desk: Unlocked) -> Iterator[Check]:
    identity, keyring = desk.profile.identity, desk.keyring

    async def ask() -> str:
        async with RelayClient(identity.relay, identity.authority, keyring.session_key, desk.clock) as client:
            _, _, headers = await client.send("GET", routes.HEALTH, None, {}, token=False)
            return headers.get("Date", "")

    try:
        date = run(ask())
    except DeskError as error:
        yield Check("relay", "wrong", str(error), "look at the network, the firewall, and with whom runs the relay")
        yield Check("clock", "beware", "not compared: the relay did not answer", "compare it with another")
        return
    yield Check("relay", "ok", f"{identity.relay} answers")
    try:
        warning = apart(desk.clock(), int(parsedate_to_datetime(date).timestamp()))
    except (ValueError, OverflowError):
        yield Check("clock", "beware", "not compared: the relay does not say its time", "compare it with another")
        return
    yield Check("clock", "wrong", warning, "set it") if warning else Check("clock", "ok", "as the relay's")


def _codes(desk: Unlocked) -> Iterator[Check]:
    session, now = current_session(desk.keyring), desk.clock()
    if session is not None and session.shift_ends > now:
        yield Check("codes", "ok", f"logged in with a one-time code, until {stamp(session.shift_ends)}")
    else:
        yield Check("codes", "wrong", "no shift is open: nothing can be sent", "run `enlace login`")


def _keys(desk: Unlocked) -> Iterator[Check]:
    mine = [each for each in desk.endings() if each.device == desk.profile.identity.device]
    if mine:
        yield Check("keys", "wrong", f"this desk's keys run out on {stamp(mine[0].at)}", "run `enlace sync`")
    else:
        yield Check("keys", "ok", "published ahead")


def _bell(desk: Unlocked) -> Iterator[Check]:
    if desk.profile.watched():
        yield Check("bell", "ok", "`enlace watch` listens; hear it once with `enlace exercise start`")
    else:
        yield Check("bell", "wrong", "`enlace watch` does not run: nothing rings here", "start it, with the machine")


def _notices(desk: Unlocked) -> Iterator[Check]:
    path = desk.profile.path
    record, there = load(path)[0], [*load_notices(path)]
    if not there:
        yield Check("notices", "beware", "none is set: only the bell rings", "see `enlace notices add`")
    for each in there:
        if isinstance(each, DeskError):
            yield Check("notices", "wrong", str(each), "see `enlace notices list`")
            continue
        last = [one for one in record.outcomes if one.notice == each.name][-1:]
        trial = f"try it: `enlace notices test {each.name}`"
        if last and not last[0].reached:
            yield Check("notices", "wrong", f"{each.name} reached nobody at {stamp(last[0].at)}: {last[0].why}", trial)
        elif last:
            yield Check("notices", "ok", f"{each.name} reached somebody at {stamp(last[0].at)}")
        else:
            yield Check("notices", "beware", f"{each.name} was not used yet", trial)


def _recovery(desk: Unlocked) -> Iterator[Check]:
    last = last_written(desk.keyring)
    since = desk.mail.count(last.upto) if last is not None else desk.mail.count()
    if since:
        words = f"{since} messages and receipts are on this machine alone"
        yield Check("recovery", "beware", words, "see `enlace recovery write`")
    else:
        yield Check("recovery", "ok", "nothing would be lost with this machine")


_PIECES: dict[str, Callable[[Unlocked], Iterator[Check]]] = {
    "desk": _standing,
    "directory": _directory,
    "relay": _relay,
    "codes": _codes,
    "keys": _keys,
    "bell": _bell,
    "notices": _notices,
    "recovery": _recovery,
}
