"""Following the roots to a further relay: what ends a halt, and what takes a desk to another address.

 F1 The log is read anew from where the relay named when the halt began began, and judged, root re-keyings one by one,
    as any log is (`directory.replay`). Nothing is stored before all of it held.
 F2 It has to hold a statement by which the root threshold names a relay later than any that was named when the halt
    began (`Halt.answer`): no older one ends it, whoever shows it. Its log has keys that no relay before it had (R13 of
    the judge): what halted the desk was signed by keys, and under the same ones nothing would tell the two histories
    apart.
 F3 The first naming that this desk had not seen says which log it continues, from which size and root. This desk's own
    root at that size is the same; if it has not come so far, all it has is the beginning of the new log. Otherwise the
    roots go on from a history that this desk did not see, and it does not follow them there by itself.
 F4 What this desk has beyond that, and the new log has otherwise, was the old log's word alone. It gives way to the
    roots' word: it is kept as evidence, and is no part of the directory any more.
 F5 With a relay file: the statement in it stands in that log, byte for byte, and the file is signed by the duty key
    that the directory names then. It may be the naming this desk knows already: then only the address changes. One of a
    former relay is refused, and one that was written before the newest file this desk has followed; so one from the
    future is refused too, which would shut every right one out until then.
 F6 Without a file, on synchronising, the desk's own relay may show the same: F1 to F4, and F8, hold for it too.
    Whatever command synchronised says that the halt is over, and what was given up.
 F7 A desk that is not halted trusts what it has. Where it would give any of it up (F4), that is an alarm, with the list
    by kind, and nothing is changed, unless its officer has read the list and said so. A halted desk knows already that
    its log lied; it is told the list.
 F8 A re-keying that this desk has verified is never given up, halted or not, whatever its officer says: or the keys it
    replaced, which may be a thief's, would name a relay from before it. The log to be followed holds the very same
    re-keying, wherever it stands, before the naming of its newest relay: so that was named by roots at least as new as
    those this desk knows.

The order of storing, and what a crash leaves after each step: evidence (as before) - entries, checkpoint and the end of
the halt in `replica.db`, one transaction (halted by `halted.json`, so all of this is done once more, and changes
nothing) - address and authority in `profile.json` (likewise) - `halted.json` goes: the desk is no longer halted.
"""

from dataclasses import dataclass, replace

import msgspec

from desk.alarms.distrust import distrust, kept, loaded
from desk.alarms.open_alarms import end
from desk.errors import Declined, DeskError, Distrust
from desk.link.client import RelayClient
from desk.profile.folder import Profile
from desk.replica.given_up import given_up, kept_words, listed, rekeying
from desk.replica.log_pages import follow
from desk.replica.standing import STILL, Halted, settled
from desk.replica.store import ReplicaStore
from desk.roots.relay_file import Named, check_signed
from desk.terminal import stamp
from directory.judge import CLOCK_SKEW, Refused
from directory.replay import Alarm, Replica, UpdateNeeded, at_size, owed_by, relays_named
from directory.statement import Continues, NameRelay, parse_statement
from directory.view import NEVER, View
from relay.protocol import routes
from relay.protocol.requests import LogState

AHEAD = 2 * CLOCK_SKEW  # seconds: the writer's clock and this one may each be so far from the relay's
MOST_DROPPED_FILE = 200 << 10
_OTHER_PAST = (
    "Ask the secretariat for a relay file that continues from before the two histories parted (`enlace network "
    "name-relay --from-size`); if there is to be none, have this device revoked and enrol anew, into another folder"
)
_OLD_ROOTS = (
    "the log there names its relay without a re-keying that this desk has verified: by root keys that were replaced "
    "since, and may be in other hands. Telephone the secretariat: it names the relay with the present root keys, from "
    "a size at which the log has the re-keying"
)
_OVER = "this desk is no longer halted: its log names a further relay, signed by the root keys, and it follows that one"
_ASK = (
    "Telephone the secretariat. If these are to count no more, have them issued anew at once, revocations first, and "
    "run `enlace resume --give-up`"
)


class NoAnswer(Declined):
    """The log shows no statement that ends this halt."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The directory now, how many statements are new to this desk, and how many of its own gave way (F4).

    `given_up` says which of those the new log does not hold anywhere, by kind, the worst first.
    """

    replica: Replica
    statements: int
    dropped: int
    given_up: tuple[str, ...] = ()


async def resume(
    profile: Profile,
    store: ReplicaStore,
    client: RelayClient,
    now: int,
    named: Named | None = None,
    *,
    give_up: bool = False,
) -> Resumed:
    """Follow the roots to the relay they named (F1 to F8), over a connection to it; stores as said above.

    `give_up`: also where a desk that is not halted loses statements by it (F7).

    Raises NoAnswer, Declined, or Distrust for what is not believed; the desk then stands to the log as before.
    """
    network = profile.identity.network
    own, halt = loaded(profile, store, now), store.standing(network).halt
    least = halt.answer if halt is not None else relays_named(own.view)
    if named is not None:
        check_file(named, store, own, now)
    moved = halt is None and named is not None and named.statement.seq < least  # to another address, and no more
    base = own if moved else _base(store, own, least)
    try:
        fetched, after = await follow(client, base, now)
        settled(store.standing(network), after)
    except Alarm as alarm:
        if halt is None and (alarm.final == relays_named(own.view) or alarm.owed is not None):
            # The word of the log that this desk follows now, or of one the roots named, which will have to explain it.
            raise distrust(profile, store, alarm, now) from alarm
        folder, told = kept(profile, store, alarm, base, now)
        words = f"{alarm}. Nothing was changed"
        raise Distrust(words, folder, replace(told, what=words, halted=halt is not None)) from alarm
    except UpdateNeeded as error:
        raise Declined(f"{error}. Nothing was changed") from error
    entries = store.entries(0)
    if named is not None:
        _check_in_log(named, [*entries[: base.size], *fetched], after.view)
        check_signed(named, after.view.founded)
    if not moved:
        _check_answer(own, base, fetched, after, least)
    same = _same(entries[base.size :], fetched)
    start, dropped = base.size + same, entries[base.size + same :]
    if rekeying(dropped, fetched[: _newest_naming(after.view) - base.size]):
        folder = profile.evidence("given-up", _pieces(dropped, start), now)
        raise Distrust(f"{_OLD_ROOTS}. Nothing was changed", folder)
    lost = given_up(dropped, start, fetched)
    if lost and halt is None and not give_up:
        folder = profile.evidence("given-up", _pieces(dropped, start), now)
        words = (
            f"the relay there leaves out {len(lost)} statement(s) that this desk has verified, by a log that it trusts"
        )
        raise Distrust(f"{words}: {'; '.join(listed(lost))}. Nothing was changed. {_ASK}", folder)
    if dropped:
        profile.evidence("parted", _pieces(dropped, start), now)
    store.replace(start, fetched[same:], after)
    if named is not None:
        where = {"relay": named.file.relay, "authority": named.file.authority}
        profile.save(msgspec.structs.replace(profile.identity, **where))
    if not moved:
        end(store, NEVER)  # what the relay before it owed is not asked of this one
    store.resumed(named.file.at if named is not None else 0)
    return Resumed(after, after.size - start, len(dropped), lost)


async def resume_by_log(profile: Profile, store: ReplicaStore, client: RelayClient, now: int) -> Resumed:
    """What a halted desk does on synchronising (F6): as `resume`; raises Halted where its relay shows no answer."""
    halt = store.standing(profile.identity.network).halt
    try:
        own = loaded(profile, store, now)
        if halt is not None and relays_named(own.view) <= halt.answer:  # else it has the answer, and a crash came after
            await _check_newer(client, own)
        done = await resume(profile, store, client, now)
        store.notices.extend([_OVER, *kept_words(done.given_up, profile.path / "alarms")])
        return done
    except (Distrust, Declined) as error:
        if halt is None or _of_connection(error):
            raise
        folder, alarm = (error.evidence, error.alarm) if isinstance(error, Distrust) else ("", None)
        words = f"this desk stays halted: {halt.words}. What its relay shows does not end that: {error}"
        told = replace(alarm, what=words) if alarm is not None else None
        raise Halted(f"{words}. {STILL}", folder, told) from error


async def _check_newer(client: RelayClient, own: Replica) -> None:
    """Raise NoAnswer where the relay's newest checkpoint is by the very log that is named already (F2).

    A later relay's is not, so the whole log need not be read and judged anew to say so.
    """
    try:
        page = await client.call("GET", f"{routes.LOG}?start={own.size}", answer=LogState)
    except Declined:
        return  # a log that is smaller than this desk's: it is read from where the present relay began
    if owed_by(own.view, page.checkpoint.encode()) is not None:
        raise NoAnswer("it names no later relay")


def _of_connection(error: DeskError) -> bool:
    """Whether it was said by the relay about the request, and not by this desk about the log."""
    return isinstance(error, Declined) and bool(error.problem)


def check_file(named: Named, store: ReplicaStore, own: Replica, now: int) -> None:
    """Refuse, before anything is asked of anybody, a file that can be of no use (F2, F5)."""
    halt = store.standing(own.pinned).halt
    if named.file.network != own.pinned:
        raise Declined("this relay file is of another network")
    if named.file.at > now + AHEAD:
        words = f"this relay file says that it was written at {stamp(named.file.at)}, and this machine's clock shows"
        third = "See on a third clock which is wrong, and set this one, or ask the secretariat for another file"
        raise Declined(
            f"{words} {stamp(now)}: once followed, it would have every file before that time refused. {third}"
        )
    if named.file.at < store.moved:
        words = "this relay file is older than the one this desk follows, and would put back an address that was left"
        raise Declined(f"{words}; ask the secretariat for the newest")
    if halt is not None and named.statement.seq < halt.answer:
        raise NoAnswer(
            f"this relay file holds statement {named.statement.seq + 1} of those that name a relay; {halt.answer} had "
            "been published when this desk was halted. Only a later one ends that: ask the secretariat for it"
        )
    if named.statement.seq < relays_named(own.view) - 1:
        raise NoAnswer("this relay file is of a former relay: the directory on this desk names a later one")


def _base(store: ReplicaStore, own: Replica, least: int) -> Replica:
    """The replica where the newest relay began that is not to be answered itself; from there on the log is read."""
    relays = own.view.relays
    since = relays[min(least, len(relays)) - 1].since + 1 if relays and least else 0
    try:
        replica = at_size(own.pinned, store.entries(0), since)
    except (Refused, ValueError) as error:
        raise DeskError(f"the directory on this disk does not replay: {error}") from error
    return Replica(own.pinned, replica.view, replica.tree, own.checkpoint)


def _check_answer(own: Replica, base: Replica, fetched: list[bytes], after: Replica, least: int) -> None:
    """Return if the log answers (F2), and continues what this desk has (F3)."""
    relays = after.view.relays
    if len(relays) <= least:
        raise NoAnswer("it names no later relay")
    if not own.size:
        return  # a new desk, whose first look at the log halted it: nothing here could be another history
    first = parse_statement(fetched[relays[relays_named(base.view)].since - base.size]).statement
    if not isinstance(first, NameRelay) or not isinstance(first.continues, Continues):
        raise Declined("the log names a relay that continues no other")
    size = min(first.continues.size, own.size)
    if size < base.size:
        raise Declined("the roots continue a log from before the relay it had then was named; nothing was changed")
    if own.tree.root(size) != after.tree.root(size):
        words = f"the roots continue a log whose first {size} statements are not those on this desk"
        raise Declined(f"{words}. Nothing was changed. {_OTHER_PAST}")


def _check_in_log(named: Named, entries: list[bytes], view: View) -> None:
    relays = view.relays
    seq = named.statement.seq
    if seq >= len(relays) or entries[relays[seq].since] != named.entry:
        raise Declined("the log at that address does not hold the statement of this relay file; nothing was changed")


def _newest_naming(view: View) -> int:
    return view.relay.since if view.relay is not None else 0


def _same(mine: list[bytes], theirs: list[bytes]) -> int:
    """How many entries both begin with."""
    count = 0
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            break
        count += 1
    return count


def _pieces(entries: list[bytes], start: int) -> dict[str, bytes]:
    """Entries as files of evidence, each small enough to be kept whole."""
    found: dict[str, bytes] = {}
    piece, first = b"", start
    for position, entry in enumerate(entries, start):
        if piece and len(piece) + len(entry) > MOST_DROPPED_FILE:
            found[f"statements-from-{first:07}.txt"] = piece
            piece, first = b"", position
        piece += entry + b"\n"
    return found | {f"statements-from-{first:07}.txt": piece}
