"""Bringing the replica up to date: fetch, verify with the judge, store; then bodies and erasures.

1. Every step leaves a usable replica. What the judge or the tree refuses is not stored; evidence is, in `alarms/`, and
   the desk goes on from its last good state (DESIGN section 5). A desk that is halted (`desk.replica.standing`) takes
   nothing in but the roots' naming of a further relay, and what follows it (`desk.replica.resume`).
2. New statements are read and judged page by page, and bounded (`desk.replica.log_pages`); bodies come in batches, of
   which one is on its way while the one before is checked and stored.
3. The whole has `MOST_SECONDS`: a relay that trickles for ever ends with words an officer can act on. Bodies fetched
   until then are kept.
4. Bodies that were erased, or that this desk's member may not read any more (`directory.finding.readers`), are erased
   here.
5. A body that this member may read and the relay does not hand over is an alarm, unless the log, fetched once more,
   explains it: it may have been erased, or withdrawn from this member, since the log was read. That the log has grown
   explains nothing by itself: a body withheld `MOST_WITHHELD` times, and still this member's to read, is an alarm too.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crypto.encoding import EncodingError, unb64
from desk.alarms.distrust import distrust, loaded
from desk.alarms.open_alarms import end, unresolved
from desk.errors import Declined, Distrust
from desk.keys.own_device import check_own_device
from desk.link.client import RelayClient
from desk.link.deadline import MOST_SECONDS, within
from desk.profile.folder import Profile
from desk.progress import Progress, silent
from desk.replica.coming import Coming
from desk.replica.log_pages import follow
from desk.replica.resume import resume_by_log
from desk.replica.standing import settled
from desk.replica.store import ReplicaStore
from directory.canonical import encode
from directory.commitment import CommitmentError, check_commitment
from directory.finding.readers import may_read
from directory.replay import Alarm, Replica, UpdateNeeded, check_other, relays_named
from directory.view import NEVER, View
from relay.protocol import routes
from relay.protocol.requests import (
    MOST_BODIES,
    Bodies,
    BodiesWanted,
)

MOST_WITHHELD = 3  # times of one body: an honest relay gets there only if who may read it changes each time
INVITED = "invited"  # the fact that holds the invitation's checkpoint until the first synchronisation


@dataclass(frozen=True, slots=True)
class Synchronised:
    """The replica now, and what changed; `erased` counts bodies erased everywhere, or not for this desk any more."""

    replica: Replica
    statements: int
    bodies: int
    erased: int
    update_needed: str = ""
    altered: int = 0  # bodies that were changed on this disk since they were checked, and have been replaced


async def synchronise(
    profile: Profile, store: ReplicaStore, client: RelayClient, now: int, progress: Progress = silent
) -> Synchronised:
    """Bring the replica up to date; raises Distrust, with the folder of evidence, for whatever is not believed.

    Raises Unreachable for a relay that does not come to an end.
    """
    async with within(MOST_SECONDS):
        # Each step below is stored whole or not at all, so it may be cut off anywhere.
        return await _synchronise(profile, store, client, now, progress)


async def _synchronise(
    profile: Profile, store: ReplicaStore, client: RelayClient, now: int, progress: Progress
) -> Synchronised:
    replica = loaded(profile, store, now)
    start, update = replica.size, ""
    try:
        if store.standing(replica.pinned).halt is not None:
            resumed = await resume_by_log(profile, store, client, now)
            replica, start = resumed.replica, resumed.replica.size - resumed.statements
        else:
            replica = await _follow(profile, store, client, replica, now, progress)
    except UpdateNeeded as error:
        update = str(error)
    except Alarm as alarm:
        raise distrust(profile, store, alarm, now) from alarm
    if replica.checkpoint is None:
        raise Declined(update) if update else Distrust("the relay has no directory to show")
    check_own_device(profile, store, replica, now)
    fetching = _Fetching(profile, store, client, now, update, progress)
    replica = await fetching.all(replica)
    fetched, erased, altered, update = fetching.fetched, fetching.erased, fetching.altered, fetching.behind
    if not update:
        end(store, replica.size, relays_named(replica.view))
        _check_open(store, profile, replica.size)
    return Synchronised(replica, replica.size - start, fetched, erased, update, altered)


def _check_open(store: ReplicaStore, profile: Profile, size: int) -> None:
    """Raise Distrust where an alarm that more statements would answer is not answered: the relay goes on hiding them.

    The bodies and erasures of what it does show are done by then (rule 1); nothing is sealed by it all the same.
    """
    for each in unresolved(store):
        if each.until > size:
            words = f"{each.what}; it was asked anew, and shows no more than {size}"
            told = replace(each.told(halted=False), what=words)
            raise Distrust(words, str(Path(each.file).parent) if each.file else str(profile.path / "alarms"), told)


async def _follow(
    profile: Profile, store: ReplicaStore, client: RelayClient, replica: Replica, now: int, progress: Progress
) -> Replica:
    """Bring the replica to the log's newest checkpoint, and store it."""
    coming = Coming(profile.path, replica.pinned, replica.size)
    entries, after = await follow(client, replica, now, coming, progress)
    standing = settled(store.standing(replica.pinned), after)
    check_invited(store, after)
    # One transaction: after a crash here the next synchronisation fetches the same again.
    store.advance(replica.size, entries, after, standing)
    coming.forget()
    settle_invited(store)
    return after


def check_invited(store: ReplicaStore, replica: Replica) -> None:
    """Return if a new desk sees at least what its administrator saw when inviting it; raise Alarm if not.

    What was seen stays the measure until what is shown is stored (`settle_invited`).
    """
    invited = store.fact(INVITED)
    if not invited:
        return
    try:
        theirs = check_other(replica, invited)
    except Alarm as alarm:
        if alarm.kind != "gave-way":
            raise
        return  # the roots have spoken since: what the administrator saw is no measure any more
    if theirs.checkpoint.size > replica.size:
        words = (
            f"the relay shows this new desk {replica.size} statements; your administrator saw {theirs.checkpoint.size}"
        )
        evidence = {"checkpoint-theirs.txt": replica.checkpoint.raw if replica.checkpoint else b""}
        raise Alarm("rollback", f"{words}: it hides some", evidence | {"checkpoint-invitation.txt": invited})


def settle_invited(store: ReplicaStore) -> None:
    """Forget what the administrator saw: a replica that has it is stored."""
    if store.fact(INVITED):
        # After a crash before this line it is checked once more, against a replica that has it.
        store.put_fact(INVITED, b"")


@dataclass
class _Fetching:
    """Bringing the bodies up to date with the log; the relay gives as many at a time as it likes, but at least one.

    `behind`: why to update, if the log holds statements that this version cannot read; nobody knows then what the
    relay rightly withholds.
    """

    profile: Profile
    store: ReplicaStore
    client: RelayClient
    now: int
    behind: str
    progress: Progress
    fetched: int = 0
    erased: int = 0
    altered: int = 0

    async def all(self, replica: Replica) -> Replica:
        """Erase and fetch what the log says; returns the replica by which that was done, perhaps a later one."""
        withheld = Counter[str]()
        while missing := await self._fetch(replica):
            withheld[missing] += 1
            later = replica if self.behind else await self._followed(replica)
            if self.behind:
                break
            unexplained = missing in wanted_bodies(later.view, self.profile.identity.member)
            if unexplained and (later.size == replica.size or withheld[missing] >= MOST_WITHHELD):
                words = "a body that this desk may see is missing, and no statement erased it"
                raise self._alarm(replica, words, missing, {"commitment.txt": missing.encode()})
            replica = later
        return replica

    async def _followed(self, replica: Replica) -> Replica:
        """The directory as the relay shows it after it withheld something (rule 5)."""
        try:
            # Stored whole or not at all: after a crash here the next synchronisation asks for the bodies again.
            return await _follow(self.profile, self.store, self.client, replica, self.now, self.progress)
        except UpdateNeeded as error:
            self.behind = str(error)
            return replica
        except Alarm as alarm:
            raise distrust(self.profile, self.store, alarm, self.now) from alarm

    async def _fetch(self, replica: Replica) -> str:
        """Erase, and fetch what is not held; returns the first commitment that the relay withholds, or nothing."""
        view, member = replica.view, self.profile.identity.member
        # A crash before this line leaves what statements erased; whoever reads the replica next erases it.
        self.erased += self.store.erase_due(view, member)
        wanted = sorted(wanted_bodies(view, member) - self.store.bodies().keys())
        self.altered += len(self.store.altered)
        self.store.erase_bodies(self.store.altered)  # after a crash here they are missing, and fetched the next time
        before, whole, asking = self.fetched, len(wanted), self._ask(wanted)
        try:
            while asking is not None:
                asked, answer = wanted[:MOST_BODIES], await asking
                wanted = wanted[MOST_BODIES:]
                asking = self._ask(wanted)  # on its way while these are checked and stored
                checked = self._checked(replica, answer, set(asked))
                if not checked:
                    return asked[0]
                # What is stored stays: after a crash here the next synchronisation asks for the rest.
                self.store.put_bodies(checked)
                wanted += [each for each in asked if each not in checked]
                asking = asking or self._ask(wanted)
                self.fetched += len(checked)
                self.progress("details", self.fetched - before, whole)
        finally:
            if asking is not None:
                asking.cancel()
        return ""

    def _ask(self, wanted: Sequence[str]) -> "asyncio.Task[Bodies] | None":
        """The relay's answer about the first of `wanted`, on its way; None if there are none."""
        if not wanted:
            return None
        request = BodiesWanted(commitments=tuple(wanted[:MOST_BODIES]))
        return asyncio.create_task(self.client.call("POST", routes.BODIES, request, answer=Bodies))

    def _checked(self, replica: Replica, answer: Bodies, asked: set[str]) -> dict[str, tuple[bytes, bytes]]:
        """Salt and body of what was asked for and came, by commitment; raises Distrust for one that is another."""
        found = dict[str, tuple[bytes, bytes]]()
        for each in (each for each in answer.bodies if each.commitment in asked):
            try:
                salt, body = unb64(each.salt), unb64(each.body)
                check_commitment(each.commitment, salt, body)
            except (EncodingError, CommitmentError) as error:
                subject = replica.view.bodies[each.commitment].subject
                words = f"the relay altered an entry ({subject}): {error}"
                raise self._alarm(replica, words, "", {"body.json": encode(each)}) from error
            found[each.commitment] = (salt, body)
        return found

    def _alarm(self, replica: Replica, words: str, about: str, seen: dict[str, bytes]) -> Distrust:
        if about:
            words += f" ({replica.view.bodies[about].subject})"
        mine = {"checkpoint-mine.txt": replica.checkpoint.raw} if replica.checkpoint else {}
        return distrust(self.profile, self.store, Alarm("body", words, mine | seen), self.now)


def wanted_bodies(view: View, member: str) -> set[str]:
    """The commitments a reader of `member` is entitled to and needs: what stands in force, in its circles."""
    wanted = {record.body for record in view.members.values() if record.revoked == NEVER}
    wanted |= {record.body for record in view.circles.values()}
    wanted |= {record.body for record in view.officers.values() if record.member == member and record.revoked == NEVER}
    wanted |= {record.body for record in view.contacts.values() if record.listed}
    return {each for each in wanted if may_read(view, view.bodies[each], member)}
