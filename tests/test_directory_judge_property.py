"""The judge against thousands of random histories: honest moves count, spoiled ones change nothing, the witness agrees.

Each sequence founds a network and makes some eighty moves in it; many of them are spoiled (`directory_spoils`): forged,
replayed, reordered, backdated, out of sequence, by the wrong, the revoked, the suspended, by neighbours, by too few, by
the officer concerned. An independent ledger (`directory_ledger`) says of everything that was taken whether it should
have been, and of the view whether it shows what was signed for. Afterwards the log is replayed at a later time, and
the newest view answers for every earlier size. One sequence in twenty-one goes through `admit` with real signatures,
some of them forged; the others through `apply`.

A test run plays a few hundred sequences. `ENLACE_SEQUENCES=20000` in the environment plays that many (some eight
minutes on one core), and prints what was taken and what each rule refused.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from itertools import chain

import pytest
from directory_ledger import Ledger, Signers, record
from directory_moves import HANDLES, Move, Player
from directory_spoils import SPOILS, History, spoiled
from directory_world import World

from crypto.note import NoteError, SignatureError
from directory.canonical import Malformed
from directory.judge import Refused, admit, apply, network_id
from directory.statement import AnyStatement, FoundNetwork
from directory.view import View

SEQUENCES = int(os.environ.get("ENLACE_SEQUENCES", "240"))
MOVES = 80
SHARDS = 4
REAL_ONE_IN = 21  # no multiple of the shards, so that each has its share
WORDS = (Refused, Malformed, NoteError, SignatureError)
FAR = 2**40
OPENING = (Player.found, Player.name_relay, *[Player.admit, Player.first_administrator, Player.enrol_device] * 3)
WAITS = (0, 0, 0, 60, 3600, 86_400, 4 * 86_400)


class Game:
    """One sequence: a log, the views after each statement, and the ledger beside them."""

    def __init__(self, seed: int, tally: Counter[str]) -> None:
        self.rng, self.tally = random.Random(f"judge {seed}"), tally
        self.ledger, self.history, self.world = Ledger(), History(), World()
        self.player = Player(self.rng, self.ledger)
        self.real = seed % REAL_ONE_IN == 0
        self.views = [View()]
        self.log: list[tuple[AnyStatement, Signers]] = []

    @property
    def view(self) -> View:
        return self.views[-1]

    def play(self) -> None:
        for make in OPENING:
            move = make(self.player)
            assert move is not None
            self.hand_in("honest", self.player.since_rekeyed(*move))
        for _ in range(MOVES):
            self.player.now += self.rng.choice(WAITS)
            move = self.player.honest()
            if self.rng.random() < 0.55:
                self.hand_in(*spoiled(self.player, self.history, move))
            else:
                self.hand_in("honest", move)
        self.look_back()

    def hand_in(self, way: str, move: Move) -> None:
        statement, signers = move
        before, now = self.view, self.player.now
        try:
            after = self.judged(statement, signers)
        except (Refused, SignatureError) as error:
            if way == "honest":
                raise
            self.tally[f"refused {error.rule if isinstance(error, Refused) else 'signature'}"] += 1
            self.tally[f"{way} refused"] += 1
            return
        self.tally["taken"] += 1
        self.tally[f"{way} taken"] += 1
        told = f"{way}: {statement} by {sorted(map(HANDLES.__getitem__, signers))}"
        assert list(self.ledger.objections(statement, signers, now)) == [], told
        self.check_reach(before, after, statement, signers)
        record(self.ledger, statement, signers)
        if isinstance(statement, FoundNetwork):
            self.ledger.network = network_id(statement)
        assert list(self.ledger.disagreements(after, now)) == [], told
        assert apply(before, statement, signers, FAR) == after, told
        self.views.append(after)
        self.log.append(move)
        self.history.taken.append(move)

    def judged(self, statement: AnyStatement, signers: Signers) -> View:
        """What the judge says; with real signatures in some games, and there forged ones must not pass."""
        if not self.real:
            return apply(self.view, statement, signers, self.player.now)
        entry = self.world.sign(statement, *(HANDLES[each] for each in sorted(signers)))
        if self.rng.random() < 0.2:
            cut = entry.index(b"\n\n")
            at = self.rng.randrange(cut) if self.rng.random() < 0.5 else self.rng.randrange(cut, len(entry))
            forged = entry[:at] + bytes([entry[at] ^ 1 << self.rng.randrange(8)]) + entry[at + 1 :]
            with pytest.raises(WORDS) as caught:
                admit(self.view, forged, self.player.now)
            self.tally[f"forged: {type(caught.value).__name__}"] += 1
        return admit(self.view, entry, self.player.now)

    def check_reach(self, before: View, after: View, statement: AnyStatement, signers: Signers) -> None:
        """Nobody changes anything of a member but its own people, and the roots what they are asked about."""
        pairs = chain(
            ((key, each) for key, each in after.members.items() if before.members.get(key) is not each),
            ((each.member, each) for key, each in after.officers.items() if before.officers.get(key) is not each),
            ((each.member, each) for key, each in after.contacts.items() if before.contacts.get(key) is not each),
            (
                (after.officers[each.officer].member, each)
                for key, each in after.devices.items()
                if before.devices.get(key) is not each
            ),
        )
        changed = {member for member, _ in pairs} - {""}
        about = getattr(statement, "member", "") or self.ledger.member_of(statement)
        people = {self.ledger.home[self.ledger.owner[each]] for each in signers if each in self.ledger.owner}
        assert changed <= {about}
        assert people <= {about} or not about
        if not isinstance(statement, FoundNetwork) and before.network != after.network:
            assert statement.__class__.__name__ == "RekeyRoots"

    def look_back(self) -> None:
        """A replay at one later time sees every view again; the newest view answers for every earlier size."""
        later = self.player.now + self.rng.choice((0, 86_400, 10**9))
        view = View()
        for (statement, signers), expected in zip(self.log, self.views[1:], strict=True):
            view = apply(view, statement, signers, later)
            assert view == expected
        times = (self.player.now, self.player.now - 86_400, later)
        for then in self.rng.sample(self.views[1:], 3):
            now = self.rng.choice(times)
            for device, found in view.devices.items():
                assert view.device_live(device, then.size, now) == then.device_live(device, then.size, now)
                held = [each.keys for each in found.receptions if each.since < then.size <= each.replaced]
                assert held == ([then.devices[device].reception] if device in then.devices else [])
            for contact in view.contacts:
                served = {each for each in view.devices if view.serves(each, contact, then.size, now)}
                known = contact in then.contacts
                assert served == (set(then.contact_devices(contact, now)) if known else set())
        for each, officer in self.ledger.owner.items():
            if {each, officer, self.ledger.home[officer]} & self.ledger.gone:
                assert not any(view.device_live(each, view.size, now) for now in times)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_histories(shard: int, record_property: Callable[[str, object], None]) -> None:
    tally: Counter[str] = Counter()
    for seed in range(shard, SEQUENCES, SHARDS):
        try:
            Game(seed, tally).play()
        except Exception as error:
            error.add_note(f"in sequence {seed}")
            raise
    refused = {name for name in tally if name.startswith("refused ")}
    assert {f"refused R{number}" for number in (2, 3, 4, 5, 6, 21, 22, 23, 26, 27, 38)} <= refused
    for way in SPOILS:
        assert tally[f"{way.__name__} refused"] > 0
    if "ENLACE_SEQUENCES" in os.environ:
        counts = ", ".join(f"{name} {count}" for name, count in sorted(tally.items()))
        record_property("house", f"judge, shard {shard} of {SHARDS}: {counts}")
