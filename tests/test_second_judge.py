"""A second judge, written from docs/formats/judge.md by somebody who had not seen ours, and ours: two of one mind.

They agree on every case of the vectors, and on random histories: at each statement on whether it counts, by which rule
not where the page says in which order rules are looked at, and on everything that holds afterwards. Each sequence is
made by the player of `test_directory_judge_property`: forty moves, many spoiled once or twice or twisted, as many
statements of any kind (`directory_twists`), and some of a later kind under real signatures. Every move is also put to
both with other signers and at another time, without being taken.

A test run plays a few sequences. `ENLACE_SEQUENCES=5000` in the environment plays that many, and prints figures.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from directory_ledger import Ledger, Signers, record
from directory_moves import DEVICES, HANDLES, Move, Player, keys_of, local_id_of, reception_of
from directory_spoils import History, everybody, spoiled
from directory_twists import anything, near, twisted
from directory_world import NAME, key_pair, officer_id
from second_judge import Judge
from second_judge_log import check_later
from second_judge_signers import Broken
from second_judge_state import State
from second_judge_vectors import differences
from second_reader_base import Refused as Distrusted
from second_reader_note import ED25519, Key, read_note
from second_reader_statements import Statement, read_text
from test_directory_judge_property import OPENING, WAITS
from vectors_case import FOLDER

from crypto.encoding import b64
from crypto.note import Note, SignatureError
from crypto.signing import ed25519_line
from directory.judge import Refused, admit, apply, network_id
from directory.statement import (
    AdmitMember,
    AnyStatement,
    ChangeReception,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    FoundNetwork,
    PublishContact,
    SetCircle,
    UnknownStatement,
    statement_text,
)
from directory.view import NEVER, View

SEQUENCES = int(os.environ.get("ENLACE_SEQUENCES", "24"))
SHARDS = 2
MOVES = 40
LATER = 8
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
            self.hand_in(self.odd(move))
            self.hand_in(anything(self.player) if self.rng.random() < 0.8 else near(self.player))
        self.later_kinds()
        for now in (0, self.player.now + 86_400, 2**40):
            assert seen_by_second(self.second.state, now) == seen_by_ours(self.view, now)

    def odd(self, move: Move) -> Move:
        """The move as it is, spoiled once or twice, or twisted."""
        ways = self.rng.choice(("", "", "s", "s", "ss", "t", "t", "st"))
        for way in ways:
            move = twisted(self.player, move) if way == "t" else spoiled(self.player, self.history, move)[1]
        return move

    def hand_in(self, move: Move, *, look: bool = True) -> None:
        """Both judge it, and where both take it both see the same (if they are to look)."""
        statement, signers = move
        unknown = isinstance(statement, EnrolDevice) and statement.device not in HANDLES  # the player has no keys of it
        if self.compared(statement, signers, self.player.now) is None or unknown:
            return
        now = self.player.now
        self.view = apply(self.view, statement, signers, now)
        self.second.judge(told(statement), signers, now)
        record(self.ledger, statement, signers)
        if isinstance(statement, FoundNetwork):
            self.ledger.network = network_id(statement)
        self.history.taken.append(move)
        self.tally["taken"] += 1
        assert not look or seen_by_second(self.second.state, now) == seen_by_ours(self.view, now), statement

    def probe(self, move: Move) -> None:
        """The same, by others, earlier or later; nothing is taken."""
        statement, signers = move
        people = everybody(self.player)
        others = frozenset(self.rng.choices(people, k=self.rng.randint(0, 3)))
        kept = frozenset(each for each in signers if self.rng.random() < 0.7)
        now = self.player.now + self.rng.choice((0, 0, -300, -86_400, 4 * 86_400))
        self.compared(statement, kept | others or signers, now)

    def later_kinds(self) -> None:
        """R8: both say the same of statements of a later kind, whoever signed them, rightly or not."""
        network, people = self.view.founded, [HANDLES[each] for each in everybody(self.player) if each in HANDLES]
        keys = dict(network.roots) | {network.duty_id: network.duty}
        keys |= {ident: device.keys.ed25519 for ident, device in self.view.devices.items()}
        known = [Key(f"{NAME}/{local}", ED25519, public) for local, public in keys.items()]
        for number in range(LATER):
            text, now = f"enlace/statement/v2\n{number}\n", self.player.now + self.rng.choice((0, 4 * 86_400))
            who = self.rng.choices(people, k=self.rng.randint(1, 3))
            texts = [text if self.rng.random() < 0.9 else "another\n" for _ in who]
            lines = [ed25519_line(key_pair(each).ed25519, f"{NAME}/{local_id_of(each)}", said)
                     for each, said in zip(who, texts, strict=True)]  # fmt: skip
            entry = Note(text, tuple(lines)).write()
            self.tally[f"later: {said_by_ours(self.view, entry, now)}"] += 1
            try:
                check_later(read_note(entry), known, self.second.state, now)
                second = "unknown kind"
            except Broken as broken:
                second = broken.rule
            except Distrusted:
                second = "signature"
            assert second == said_by_ours(self.view, entry, now), entry

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


def said_by_ours(view: View, entry: bytes, now: int) -> str:
    """What ours says of an entry of a later kind."""
    try:
        admit(view, entry, now)
    except UnknownStatement:
        return "unknown kind"
    except Refused as refused:
        return refused.rule
    except SignatureError:
        return "signature"
    raise AssertionError("a later kind was taken")


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


def _filled() -> Duel:
    """A network with one member, who has an administrator with a device, a contact, and more of everything."""
    duel = Duel(0, Counter())
    player, body = duel.player, duel.player.fresh
    for make in (Player.found, Player.name_relay):
        move = make(player)
        assert move is not None
        duel.hand_in(player.since_rekeyed(*move))
    player.now += 86_400
    for number in range(251):
        admitted = player.say(AdmitMember, member=f"co-{number}", country="CO", body=body())
        duel.hand_in((admitted, player.roots()), look=False)
    about: dict[str, Any] = {"officer": officer_id("chief"), "member": "co-0", "body": body()}
    duel.hand_in((player.say(FirstAdministrator, **about), player.roots()))
    duel.hand_in((player.say(EnrolDevice, officer=about["officer"], **keys_of(DEVICES[0])), player.roots()))
    for number in range(31):
        about = {"officer": f"{number:032x}", "member": "co-0", "roles": ("coordinator",), "body": body()}
        duel.hand_in((player.say(EnrolOfficer, **about), CHIEF), look=False)
    for number in range(10):
        circle = player.say(SetCircle, circle=f"c{number}", members=(), body=body())
        duel.hand_in((circle, player.roots()), look=False)
        duel.hand_in(_published(duel, f"co-desk-{number}"), look=False)
    return duel


CHIEF = Signers({local_id_of(DEVICES[0])})


def _published(duel: Duel, contact: str, **fields: Any) -> Move:
    about = {"contact": contact, "member": "co-0", "country": "CO", "function": "customs", "body": duel.player.fresh()}
    return duel.player.say(PublishContact, **(about | fields)), CHIEF


def test_both_judges_stop_at_the_same_bounds() -> None:
    duel = _filled()
    player, now = duel.player, duel.player.now
    assert (len(duel.view.officers), len(duel.view.contacts), len(duel.view.members)) == (32, 10, 251)

    def most(count: int, make: Callable[[int], Move]) -> None:
        assert duel.compared(*make(count), now) is not None
        assert duel.compared(*make(count + 1), now) is None

    members, roots = sorted(duel.view.members), player.roots()
    most(250, lambda n: (player.say(SetCircle, circle="c0", members=tuple(members[:n]), body=player.fresh()), roots))
    names = {"officers": [f"{each:032x}" for each in range(31)], "circles": [f"c{each}" for each in range(10)]}
    names["escalation"] = [f"co-desk-{each}" for each in range(1, 10)]
    for field, bound in (("officers", 30), ("circles", 8), ("escalation", 8)):
        most(bound, lambda n, field=field: _published(duel, "co-desk-0", **{field: tuple(names[field][:n])}))  # type: ignore[misc]  # mypy infers no lambda with a default
    for number in range(1, 66):
        fresh = reception_of(DEVICES[0], number)
        change = player.say(ChangeReception, device=local_id_of(DEVICES[0]), **fresh)
        duel.hand_in((change, CHIEF), look=False)
    assert duel.second.state.devices[local_id_of(DEVICES[0])].receptions == 64
    assert seen_by_second(duel.second.state, now) == seen_by_ours(duel.view, now)
