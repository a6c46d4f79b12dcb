"""A second judge, written from docs/formats/judge.md by somebody who had not seen ours, and ours: two of one mind.

They agree on every case of the vectors, and on random histories: at each statement on whether it counts, by which rule
not where the page says in which order rules are looked at, and on everything that holds afterwards. Each sequence is
made by the player of `test_directory_judge_property`, some sixty moves, many spoiled once or twice; and every move is
also put to both with other signers and at another time, without being taken.

A test run plays a few sequences. `ENLACE_SEQUENCES=5000` in the environment plays that many, and prints figures.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from directory_ledger import Ledger, Signers, record
from directory_moves import Move, Player
from directory_spoils import History, everybody, spoiled
from second_judge import Judge
from second_judge_signers import Broken
from second_judge_state import State
from second_judge_vectors import differences
from second_reader_statements import Statement, read_text
from test_directory_judge_property import OPENING, WAITS
from vectors_case import FOLDER

from crypto.encoding import b64
from directory.judge import Refused, apply, network_id
from directory.statement import AnyStatement, FoundNetwork, statement_text
from directory.view import NEVER, View

SEQUENCES = int(os.environ.get("ENLACE_SEQUENCES", "40"))
SHARDS = 2
MOVES = 60
ORDERED = ("R1", "R2", "R3", "R4", "R39")
"""judge.md, *The order of the rules*: of these the first that is broken is the one that is named."""


def test_the_second_judge_refuses_what_the_logs_of_the_vectors_say() -> None:
    assert differences(FOLDER / "log.json") == []  # judge.json: test_second_reader


class Duel:
    """One sequence, before both judges."""

    def __init__(self, seed: int, tally: Counter[str]) -> None:
        self.rng, self.tally = random.Random(f"second judge {seed}"), tally
        self.ledger, self.history = Ledger(), History()
        self.player = Player(self.rng, self.ledger)
        self.view, self.second = View(), Judge()

    def play(self) -> None:
        for make in OPENING:
            move = make(self.player)
            assert move is not None
            self.hand_in(self.player.since_rekeyed(*move))
        for _ in range(MOVES):
            self.player.now += self.rng.choice(WAITS)
            move = self.player.honest()
            self.probe(move)
            for _ in range(self.rng.choice((0, 0, 1, 1, 2))):
                _, move = spoiled(self.player, self.history, move)
            self.hand_in(move)
        for now in (0, self.player.now + 86_400, 2**40):
            assert seen_by_second(self.second.state, now) == seen_by_ours(self.view, now)

    def hand_in(self, move: Move) -> None:
        """Both judge it, and where both take it both see the same."""
        statement, signers = move
        if self.compared(statement, signers, self.player.now) is None:
            return
        now = self.player.now
        self.view = apply(self.view, statement, signers, now)
        self.second.judge(told(statement), signers, now)
        record(self.ledger, statement, signers)
        if isinstance(statement, FoundNetwork):
            self.ledger.network = network_id(statement)
        self.history.taken.append(move)
        self.tally["taken"] += 1
        assert seen_by_second(self.second.state, now) == seen_by_ours(self.view, now), statement

    def probe(self, move: Move) -> None:
        """The same, by others, earlier or later; nothing is taken."""
        statement, signers = move
        people = everybody(self.player)
        others = frozenset(self.rng.choices(people, k=self.rng.randint(0, 3)))
        kept = frozenset(each for each in signers if self.rng.random() < 0.7)
        now = self.player.now + self.rng.choice((0, 0, -300, -86_400, 4 * 86_400))
        self.compared(statement, kept | others or signers, now)

    def compared(self, statement: AnyStatement, signers: Signers, now: int) -> View | None:
        """What ours says of it, None for a refusal; the second one says the same."""
        view, ours = None, ""
        try:
            view = apply(self.view, statement, signers, now)
        except Refused as refused:
            ours = refused.rule
        second = ""
        try:
            self.second.check(told(statement), signers, now)
        except Broken as broken:
            second = broken.rule
        words = f"{statement} by {sorted(signers)} at {now}: ours {ours or 'takes it'}, second {second or 'takes it'}"
        assert bool(ours) == bool(second), words
        assert ours == second or not {ours, second} & set(ORDERED), words
        self.tally["judged"] += 1
        self.tally[f"refused {ours}"] += bool(ours)
        self.tally["by the same rule"] += bool(ours) and ours == second
        self.tally[f"{ours} is {second}"] += ours != second
        return view


def told(statement: AnyStatement) -> Statement:
    """The statement as the second reader reads it."""
    text = statement_text(statement).encode()
    return Statement(text, read_text(text), None)


def seen_by_second(state: State, now: int) -> dict[str, Any]:
    """Everything the second judge remembers, and what holds at a time."""
    return state.view(now) | {
        "id": state.network,
        "size": state.size,
        "duty": state.duty,
        "since": state.rooted_at,
        "second": state.second,
        "subjects": {subject: (count, state.times[subject]) for subject, count in state.counts.items() if count},
        "keys": {key: "/".join(use) for key, use in state.uses.items()},
        "bodies": {body: (*whose, body in state.erased) for body, whose in state.bodies.items()},
        "suspensions": {
            ident: [(each.until, each.by_duty) for each in member.suspensions]
            for ident, member in state.members.items()
        },
        "receptions": {ident: device.receptions for ident, device in state.devices.items()},
        "administrators": {ident: state.living_administrators(ident, now) for ident in state.members},
    }


def seen_by_ours(view: View, now: int) -> dict[str, Any]:
    """The same of our view."""
    network = view.founded
    return {
        "network": {"name": network.name, "roots": sorted(network.roots), "threshold": network.threshold},
        "origin": view.relay.origin if view.relay else None,
        "members": {
            ident: {"country": each.country, "live": each.live(view.size, now)} for ident, each in view.members.items()
        },
        "officers": {
            ident: {"member": each.member, "roles": list(each.roles[-1][1]), "revoked": each.revoked != NEVER}
            for ident, each in view.officers.items()
        },
        "devices": {
            ident: {"officer": each.officer, "live": view.device_live(ident, view.size, now)}
            for ident, each in view.devices.items()
        },
        "contacts": {
            ident: {
                "member": each.member,
                "listed": each.listed,
                "officers": list(each.officers),
                "body": each.body,
                "devices": list(view.contact_devices(ident, now)),
            }
            for ident, each in view.contacts.items()
        },
        "circles": {ident: list(each.members) for ident, each in view.circles.items()},
        "erased": sorted(body for body, each in view.bodies.items() if each.erased != NEVER),
        "id": network.id,
        "size": view.size,
        "duty": network.duty_id,
        "since": network.since,
        "second": network.policy.second,
        "subjects": {subject: (each.count, each.last_at) for subject, each in view.subjects.items()},
        "keys": {b64(key): use_of(use) for key, use in view.keys.items()},
        "bodies": {body: (each.subject, each.member, each.erased != NEVER) for body, each in view.bodies.items()},
        "suspensions": {
            ident: [(one.until, one.by_duty) for one in each.suspensions if one.ended == NEVER]
            for ident, each in view.members.items()
        },
        "receptions": {ident: len(each.receptions) - 1 for ident, each in view.devices.items()},
        "administrators": {ident: view.administrators(ident, now) for ident in view.members},
    }


def use_of(owner: str) -> str:
    """A key's use in the second judge's words."""
    device, reception, _ = owner.partition("/reception")
    return f"reception/{device}" if reception else f"device/{device}" if len(device) == 64 else owner


@pytest.mark.parametrize("shard", range(SHARDS))
def test_both_judges_agree_on_random_histories(shard: int, record_property: Callable[[str, object], None]) -> None:
    tally: Counter[str] = Counter()
    for seed in range(shard, SEQUENCES, SHARDS):
        try:
            Duel(seed, tally).play()
        except Exception as error:
            error.add_note(f"in sequence {seed}")
            raise
    assert tally["taken"] > 0 < tally["by the same rule"]
    if "ENLACE_SEQUENCES" in os.environ:
        counts = ", ".join(f"{name} {count}" for name, count in sorted(tally.items()) if count)
        record_property("house", f"two judges, shard {shard} of {SHARDS}: {counts}")
