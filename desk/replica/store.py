"""The desk's copy of the directory on disk: entries that were verified, bodies that were checked, the last checkpoint.

1. Nothing is stored before `directory.replay` accepted it; entries and the checkpoint that covers them are one
   transaction, so after a crash the replica is that of the last synchronisation or the one before.
2. The checkpoint is sealed (HMAC-SHA256 under a key that needs the passphrase, over network and checkpoint) in the
   same transaction. It was verified before it was sealed, and its root covers every entry: so nobody who writes this
   file, whatever keys they have made, can have the desk believe a statement that the log never held. What does not
   match is alarm `fork`, on reading. How the desk stands to the log (`desk.replica.standing`: halted, or owed
   something) is under the same seal, and stored in one transaction with it.
3. A body is held against its commitment, which stands in a sealed entry, whenever it is read. One that does not match
   is left out and named in `altered`; the next synchronisation fetches it again.
4. What was folded is kept (`desk.replica.kept_view`), sealed too; statements since are folded on top, and the root of
   all must be the checkpoint's. An entry changed on this disk is noticed when it is read: it is held against its leaf.
5. Key sets are kept as signed, with the highest number seen, so that an old one offered later is noticed also offline.
6. Details that a statement erased go, with their salts, at the end of the synchronisation that brought it; after a
   crash in between, when the replica is next read. A synchronisation also erases those that no statement of its log
   commits to, since none could ever erase them, and those that this desk's member may not read any more
   (`directory.finding.readers`); until then nobody is shown them (`directory.entry`).
7. The file is readable by whoever can read the profile folder. It holds what every member may see, and nothing else.

What is left to somebody who writes this disk: to put back an older copy of this file, or to take it away. The desk says
so and follows the log anew from there; it takes in nothing older than it remembers (`desk.replica.remembered`), unless
that was taken away too. Then it believes nothing that was not signed, and does not know that there was more. They can
also put back an older key set, and make an entry look younger than its first cosignature (`covered`), though never
younger than its issuer claims.
"""

import hmac
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from crypto.checkpoint import SignedCheckpoint
from crypto.merkle import leaf_hash
from desk.database import at_one_moment, connect, forget_deleted, left_by_crash
from desk.errors import Distrust
from desk.keys.vault import Vault
from desk.replica.covered import COVERED, Covered
from desk.replica.kept_view import KeptView
from desk.replica.remembered import Memory, Remembered
from desk.replica.seal import mark_of, mark_seal, replica_seal
from desk.replica.standing import (
    GOOD,
    HALTED_FILE,
    MOST_OWED,
    MOST_STANDING_BYTES,
    Debt,
    Halt,
    Standing,
    halt_of,
    owing,
    read_mark,
    settled,
    write_mark,
)
from directory.canonical import Malformed, decode, encode
from directory.commitment import CommitmentError, check_commitment
from directory.finding.readers import may_read
from directory.replay import CHANGED, Alarm, Replica, at_size, owed_by, relays_named
from directory.view import NEVER, Body, View

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (position INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS bodies (commitment TEXT PRIMARY KEY, salt BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS keysets (device TEXT PRIMARY KEY, number INTEGER NOT NULL, note BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
"""
BUSY = (
    "another program has replica.db open (a backup?), so erased details may still stand beside it, in replica.db-wal: "
    "end that program, and run `enlace sync`"
)
_STORE = "INSERT OR REPLACE INTO facts VALUES (?, ?)"


class ReplicaStore:
    """`replica.db`, sealed under `Keyring.replica_seal` (32 bytes); used by one thread of one process at a time.

    What is to outlast the file is remembered in `vault` (`desk.replica.remembered`).
    """

    def __init__(self, path: Path, seal_key: bytes, vault: Vault | None = None) -> None:
        self._folder = path.parent
        self._left = left_by_crash(path)  # an interrupted run's last pages
        self._memory = Memory(vault)
        self._db = connect(path, _SCHEMA + COVERED, "`enlace sync` fetches the directory anew")
        self._covered = Covered(self._db)
        self.notices: list[str] = []  # what was found wrong on this disk, and is to be told
        self._seal_key, self._kept = seal_key, KeptView(path.parent, seal_key, self.notices)
        self._loaded: Replica | None = None
        self._standing: Standing | None = None
        self.altered: frozenset[str] = frozenset()  # commitments of bodies that were changed on this disk

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def load(self, pinned: str) -> Replica:
        """The replica as stored; raises Alarm if what is on disk is not what the log signed. Read from disk once."""
        if self._loaded is None:
            with at_one_moment(self._db):
                checkpoint, standing = self.fact("checkpoint"), self.fact("standing")
                if checkpoint is not None or self._holds_entries() or standing is not None:
                    self._check_seal(pinned, checkpoint, standing)
                self._loaded = self._kept.reloaded(pinned, self._stored, checkpoint)
            self._standing = self._stands(pinned, standing)
            self._finish_erasing(self._loaded)
        return self._loaded

    def standing(self, pinned: str) -> Standing:
        """How this desk stands to the log; raises as `load`."""
        self.load(pinned)
        return self._standing or GOOD

    def doubt(self, pinned: str, alarm: Alarm, now: int) -> Halt | None:
        """Store what an alarm leaves behind: a halt, or what the log owes; returns the halt that holds now, if any."""
        replica, before = self.load(pinned), self.standing(pinned)
        after = owing(before, alarm.owed)
        halt = before.halt or halt_of(alarm, replica.size, now)
        after = Standing(halt=halt, owed=after.owed)
        if after != before:
            checkpoint = replica.checkpoint.raw if replica.checkpoint else None
            with self._db:
                self._seal_all(pinned, checkpoint, after)
            self._standing = after
        if halt is not None and before.halt is None:
            # After a crash here the desk is halted; whoever loads the replica next writes the mark, and remembers.
            write_mark(self._folder, mark_of(self._seal_key, pinned, halt))
            self._memory.put(halt=halt)
        return halt

    def advance(self, start: int, entries: Sequence[bytes], replica: Replica, standing: Standing = GOOD) -> None:
        """Store `entries`, the first at position `start`, and the checkpoint of `replica`, which covers them.

        From then on the desk stands to the log as `standing` says.
        """
        if replica.checkpoint is None:
            raise ValueError("a replica without a checkpoint has nothing to store")
        with self._db:
            self._store(start, entries, replica, replica.checkpoint, standing)
        self._loaded, self._standing = replica, standing
        self._remember(replica)
        self._kept.write(replica)  # after a crash before this the one before serves

    def replace(self, start: int, entries: Sequence[bytes], replica: Replica) -> None:
        """As `advance`, in the place of every entry from `start` on; in the same transaction the halt ends, if one was.

        The mark of the halt stays until `resumed`.
        """
        if replica.checkpoint is None:
            raise ValueError("a replica without a checkpoint has nothing to store")
        with self._db:
            self._db.execute("DELETE FROM entries WHERE position >= ?", (start,))
            self._covered.forget_from(start)
            if start < self.parted:
                self._db.execute(_STORE, ("parted", str(start).encode()))
            self._store(start, entries, replica, replica.checkpoint, GOOD)
        self._kept.forget()  # after a crash before this it leads nowhere, and is passed over
        self._loaded, self._standing = replica, GOOD
        self._remember(replica)

    @property
    def parted(self) -> int:
        """From where on entries were replaced, and what came in their place was not announced; NEVER if none were."""
        return int(self.fact("parted") or NEVER)

    def forget_parting(self) -> None:
        """What came in the place of other entries was announced."""
        with self._db:
            self._db.execute("DELETE FROM facts WHERE name = 'parted'")

    def resumed(self, moved: int = 0) -> None:
        """Take the marks of a halt away; the replica says so already. `moved` is the time of the relay file."""
        self._memory.put(halt=None, moved=max(moved, self.moved))
        # After a crash here the mark beside the replica still halts.
        write_mark(self._folder, None)

    @property
    def moved(self) -> int:
        """When the newest relay file that was followed was written; 0 if none was."""
        remembered = self._memory.get()
        return remembered.moved if remembered is not None else 0

    def before(self, pinned: str, size: int) -> Replica:
        """The replica as it was at `size` statements, without a checkpoint of that time."""
        self.load(pinned)
        return at_size(pinned, self.entries(0), size)

    def entries(self, start: int) -> list[bytes]:
        """All entries from a position on; Distrust for one changed on this disk, or gone. To be asked after `load`."""
        if self._loaded is None:
            raise RuntimeError("the entries of a replica are asked for before it was loaded")
        found, tree = self._stored(start), self._loaded.tree
        for position in range(start, len(tree)):
            if position - start >= len(found) or leaf_hash(found[position - start]) != tree.leaf(position):
                raise Distrust(f"{CHANGED} (statement {position})")
        return found[: max(len(tree) - start, 0)]

    def _stored(self, start: int) -> list[bytes]:
        query = "SELECT entry FROM entries WHERE position >= ? ORDER BY position"
        return [row[0] for row in self._db.execute(query, (start,))]

    def _holds_entries(self) -> bool:
        return self._db.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is not None

    def covered(self, position: int) -> int | None:
        """The time of the first checkpoint seen that covers a log position."""
        return self._covered.first(position)

    def bodies(self) -> dict[str, bytes]:
        """Every body held that is what its statement committed to, by commitment; the others stand in `altered`."""
        good, altered = dict[str, bytes](), set[str]()
        for commitment, salt, body in self._db.execute("SELECT commitment, salt, body FROM bodies"):
            try:
                check_commitment(commitment, salt, body)
                good[commitment] = body
            except CommitmentError:
                altered.add(commitment)
        self.altered = frozenset(altered)
        return good

    def opened(self, commitments: Iterable[str]) -> dict[str, tuple[bytes, bytes]]:
        """Salt and body of those that are held, and are what their statement committed to, by commitment."""
        found: dict[str, tuple[bytes, bytes]] = {}
        for each in commitments:
            row = self._db.execute("SELECT salt, body FROM bodies WHERE commitment = ?", (each,)).fetchone()
            try:
                if row:
                    check_commitment(each, *row)
                    found[each] = row[0], row[1]
            except CommitmentError:
                continue  # `bodies` tells of it
        return found

    def put_bodies(self, bodies: Mapping[str, tuple[bytes, bytes]]) -> None:
        """Store checked bodies: commitment to salt and body."""
        with self._db:
            rows = ((commitment, salt, body) for commitment, (salt, body) in bodies.items())
            self._db.executemany("INSERT OR REPLACE INTO bodies VALUES (?, ?, ?)", rows)

    def erase_bodies(self, commitments: Iterable[str]) -> int:
        """Erase bodies and salts, overwriting their pages; returns how many there were.

        A crash within leaves them erased but for pages not yet overwritten, or not erased: `load` does the rest.
        """
        with self._db:
            cursor = self._db.executemany("DELETE FROM bodies WHERE commitment = ?", ((each,) for each in commitments))
        # A crash here leaves their pages in the file until it is opened again.
        self._empty_log()
        return max(cursor.rowcount, 0)

    def erase_due(self, view: View, member: str | None = None) -> int:
        """Erase what statements of `view` had erased, and what none of them commits to (rule 5); returns how many.

        With `member`, also what a reader of that member may not read any more.
        """
        return self.erase_bodies(self._due(view, member, strays=True))

    def _finish_erasing(self, replica: Replica) -> None:
        """Do what an interrupted erasing left undone; a disk that refuses is told, and keeps nobody from looking up."""
        try:
            due = self._due(replica.view, None, strays=False)
            if due or self._left:
                self.erase_bodies(due)
            self._left = False
        except sqlite3.Error as error:
            self.notices.append(f"details that were erased may still stand in replica.db: {error}; run `enlace sync`")

    def _due(self, view: View, member: str | None, *, strays: bool) -> list[str]:
        def due(body: Body | None) -> bool:
            if body is None:
                return strays
            return body.erased != NEVER or (member is not None and not may_read(view, body, member))

        held = (each for (each,) in self._db.execute("SELECT commitment FROM bodies").fetchall())
        return [each for each in held if due(view.bodies.get(each))]

    def _empty_log(self) -> None:
        """Move the write-ahead log into the file and empty it; where another program holds it, that is told."""
        if not forget_deleted(self._db) and BUSY not in self.notices:
            self.notices.append(BUSY)

    def keysets(self, devices: Iterable[str]) -> dict[str, bytes]:
        """The newest key sets seen of `devices`, as signed notes."""
        found: dict[str, bytes] = {}
        for device in devices:
            row = self._db.execute("SELECT note FROM keysets WHERE device = ?", (device,)).fetchone()
            if row:
                found[device] = row[0]
        return found

    def all_keysets(self) -> list[tuple[str, bytes]]:
        """Every key set held, with its device."""
        return list(self._db.execute("SELECT device, note FROM keysets ORDER BY device"))

    def put_keyset(self, device: str, number: int, note: bytes) -> None:
        """Store a checked key set, which is no older than the one held."""
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO keysets VALUES (?, ?, ?)", (device, number, note))

    def fact(self, name: str) -> bytes | None:
        """A single stored value."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put_fact(self, name: str, value: bytes) -> None:
        """Store a single value."""
        with self._db:
            self._db.execute(_STORE, (name, value))

    def _store(
        self, start: int, entries: Sequence[bytes], replica: Replica, checkpoint: SignedCheckpoint, standing: Standing
    ) -> None:
        """Within a transaction: entries, checkpoint, standing, seal."""
        rows = ((start + offset, entry) for offset, entry in enumerate(entries))
        self._db.executemany("INSERT INTO entries VALUES (?, ?)", rows)
        self._covered.add(replica.size, checkpoint.time)
        self._seal_all(replica.pinned, checkpoint.raw, standing)

    def _stands(self, network: str, raw: bytes | None) -> Standing:
        """How the desk stands by what is under the seal, the mark beside it, and the vault: each of them halts."""
        try:
            standing = decode(raw, Standing, MOST_STANDING_BYTES) if raw is not None else GOOD
        except Malformed as error:
            raise Alarm("fork", f"{CHANGED}: {error}", {"standing.json": raw or b""}) from error
        return self._lasting(network, self._owing_seen(standing))

    def _lasting(self, network: str, standing: Standing) -> Standing:
        """The standing with the halt that any of the three places holds; what the others lack is written."""
        remembered, mark, altered = self._memory.get(), None, False
        try:
            mark = read_mark(self._folder)
        except Malformed:
            altered = True
        else:
            altered = mark is not None and not hmac.compare_digest(
                mark_seal(self._seal_key, network, mark.halt), mark.seal
            )
        halt = standing.halt or (remembered.halt if remembered is not None else None)
        if halt is not None:
            if mark is None or altered:
                write_mark(self._folder, mark_of(self._seal_key, network, halt))
            if remembered is None or remembered.halt is None:
                self._memory.put(halt=halt)
        elif altered and remembered is not None:
            # This desk remembers that it was not halted: the mark is a stranger's, or broken.
            self.notices.append(f"{self._folder / HALTED_FILE} was no mark of this desk's, and was removed")
            write_mark(self._folder, None)
        elif altered and self._loaded is not None:
            words, relays = "the mark of an earlier halt was changed on this disk", relays_named(self._loaded.view)
            halt = Halt(kind="fork", words=words, at=0, size=self._loaded.size, answer=relays)
        elif mark is not None:
            halt = mark.halt
        return Standing(halt=halt, owed=standing.owed)

    def _owing_seen(self, standing: Standing) -> Standing:
        """The standing, where this disk holds an older directory than this desk has taken in: that is owed (H5)."""
        remembered, replica = self._memory.get(), self._loaded
        self.notices.extend([self._memory.problem] if self._memory.problem else [])
        if remembered is None or remembered.seen is None or replica is None:
            return standing
        try:
            settled(Standing(owed=(remembered.seen,)), replica)
            return standing
        except Alarm:
            self.notices.append(
                f"ALARM: the directory on this disk was taken away, or an older one put back: it has {replica.size} "
                f"statements, and this desk had {remembered.size}. `enlace sync` fetches it; no older one is taken in"
            )
        owed = (remembered.seen, *(each for each in standing.owed if each != remembered.seen))
        return Standing(halt=standing.halt, owed=owed[:MOST_OWED])

    def _remember(self, replica: Replica) -> None:
        """Remember the largest directory under its relay; after a crash before this, the one before it."""
        held, relays = self._memory.get() or Remembered(), relays_named(replica.view)
        if held.seen is not None and (held.size, held.seen.relays) == (replica.size, relays):
            return
        owed = owed_by(replica.view, replica.checkpoint.raw) if replica.checkpoint is not None else None
        if owed is not None:
            self._memory.put(size=replica.size, seen=Debt(checkpoint=owed.checkpoint.decode(), relays=owed.relays))

    def _seal_all(self, network: str, checkpoint: bytes | None, standing: Standing) -> None:
        """Within a transaction: store checkpoint and standing, and the seal over both."""
        raw = encode(standing) if standing != GOOD else None
        if checkpoint is not None:
            self._db.execute(_STORE, ("checkpoint", checkpoint))
        if raw is not None:
            self._db.execute(_STORE, ("standing", raw))
        else:
            self._db.execute("DELETE FROM facts WHERE name = 'standing'")
        self._db.execute(_STORE, ("seal", replica_seal(self._seal_key, network, checkpoint or b"", raw)))

    def _check_seal(self, network: str, checkpoint: bytes | None, standing: bytes | None) -> None:
        """Return if this desk stored that checkpoint; raise Alarm if not, or if there is none."""
        seal, good = self.fact("seal"), replica_seal(self._seal_key, network, checkpoint or b"", standing)
        nothing = checkpoint is None and (standing is None or self._holds_entries())
        if nothing or seal is None or not hmac.compare_digest(seal, good):
            raise Alarm("fork", CHANGED, {"checkpoint-mine.txt": checkpoint or b""})
