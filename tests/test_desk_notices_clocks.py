"""What a locked desk makes of lines about a clock: only a good signature of the right one says that a turn came."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from directory_world import key_pair
from half_signed import HALVES, half

from crypto.encoding import b64
from crypto.signing import SecretPair
from desk.mail.schedule import GRACE
from desk.notices.clocks import (
    FOLDER,
    MOST,
    Clock,
    Keys,
    OpenTurn,
    begin,
    clocks,
    envelope_of,
    forget,
    keep,
    next_look,
    overdue,
    stop,
)
from relay.protocol.lines import Notice, StageOrder, Step, device_name, receipt_name, write_line

NOW = 1_795_000_000
NAME, NETWORK, ENVELOPE = "enlace.example", "5f" * 32, "ab" * 32
RELAY, OFFICER, COLLEAGUE, STRANGER = (key_pair(each) for each in ("relay receipt", "officer", "colleague", "stranger"))
LATE = NOW + 600 + GRACE + 1


def keys(pair: SecretPair) -> Keys:
    return Keys(ed25519=b64(pair.public.ed25519), mldsa44=b64(pair.public.mldsa44))


CLOCK = Clock(
    envelope=ENVELOPE,
    number=7,
    network=NETWORK,
    name=NAME,
    own=True,
    contact="ar-desk",
    precedence="flash",
    received=NOW,
    expires=NOW + 86_400,
    stop="accepted",
    turns=(OpenTurn(number=1, due=NOW + 600), OpenTurn(number=2, call=True, due=NOW + 1200)),
    receipt=keys(RELAY),
    recipients=(keys(OFFICER),),
    side=(keys(COLLEAGUE),),
)


def notice(by: SecretPair = RELAY, **about: Any) -> tuple[str, bytes]:
    usual: dict[str, Any] = {"network": NETWORK, "envelope": ENVELOPE, "at": NOW + 600, "event": "released"}
    return "notice", write_line(Notice(**(usual | {"devices": (), "stage": 1} | about)), receipt_name(NAME), by)


def step(by: SecretPair = OFFICER, **about: Any) -> tuple[str, bytes]:
    usual: dict[str, Any] = {"network": NETWORK, "envelope": ENVELOPE, "at": NOW + 60, "act": "accepted"}
    line = Step(**(usual | {"device": by.public.id} | about))
    return "step", write_line(line, device_name(NAME, by.public.id), by)


def order(by: SecretPair = COLLEAGUE, **about: Any) -> tuple[str, bytes]:
    usual: dict[str, Any] = {"network": NETWORK, "envelope": ENVELOPE, "at": NOW + 60, "act": "stop"}
    line = StageOrder(**(usual | {"device": by.public.id} | about))
    return "stage", write_line(line, device_name(NAME, by.public.id), by)


SAYS_SO = {
    "it was released": notice(),
    "it was hastened": notice(event="hastened"),
    "it was stopped": notice(event="stopped"),
    "somebody accepted": step(),
    "a colleague stopped it": order(),
}
SAYS_NOTHING = {
    "no line": None,
    "a notice by somebody else": notice(STRANGER),
    "a notice of another envelope": notice(envelope="cd" * 32),
    "a notice of another network": notice(network="60" * 32),
    "a notice of another turn": notice(stage=2),
    "a notice that it expired for a device": notice(event="expired"),
    "a step of a stranger": step(STRANGER),
    "a step of the sender's own side": step(COLLEAGUE),
    "a step in another's name": step(device=COLLEAGUE.public.id),
    "a refusal": step(act="refused"),
    "a step for another envelope": step(envelope="cd" * 32),
    "an order of a recipient": order(OFFICER),
    "an order to hasten": order(act="hasten", stage=1),
    "bytes": ("notice", b"released"),
    "a step as a notice": ("notice", step()[1]),
    "a kind of tomorrow": ("word", notice()[1]),
}


@pytest.mark.parametrize("name", SAYS_SO)
def test_a_signed_word_ends_the_waiting(name: str) -> None:
    assert overdue(CLOCK, [SAYS_SO[name]], LATE) == []


@pytest.mark.parametrize("name", SAYS_NOTHING)
def test_anything_else_does_not(name: str) -> None:
    line = SAYS_NOTHING[name]
    assert overdue(CLOCK, [line] if line else [], LATE) == [CLOCK.turns[0]]


@pytest.mark.parametrize("which", HALVES)
@pytest.mark.parametrize("name", SAYS_SO)
def test_half_of_a_signature_says_nothing(name: str, which: str) -> None:
    kind, raw = SAYS_SO[name]
    assert overdue(CLOCK, [(kind, half(raw, which))], LATE) == [CLOCK.turns[0]]


def test_a_step_ends_no_clock_that_goes_on_whoever_accepts() -> None:
    assert overdue(msgspec.structs.replace(CLOCK, stop="never"), [step()], LATE) == [CLOCK.turns[0]]


def test_nothing_is_overdue_before_its_time() -> None:
    assert overdue(CLOCK, [], LATE - 1) == []
    assert next_look([CLOCK], NOW) == LATE
    assert next_look([CLOCK], LATE) == LATE + 600
    assert next_look([], NOW) is None


def test_kept_looked_at_stopped_and_gone(tmp_path: Path) -> None:
    begin(tmp_path, None)
    begin(tmp_path, CLOCK)
    assert clocks(tmp_path, NOW) == [CLOCK]
    stop(tmp_path, LATE)
    (stopped,) = clocks(tmp_path, LATE)
    assert overdue(stopped, [], LATE + 1) == []
    assert overdue(stopped, [], LATE + 700) == [CLOCK.turns[1]]  # what is overdue later rings again
    keep(tmp_path, msgspec.structs.replace(CLOCK, turns=()))
    assert clocks(tmp_path, LATE) == []
    begin(tmp_path, CLOCK)
    assert clocks(tmp_path, CLOCK.expires + GRACE + 1) == []
    assert list((tmp_path / FOLDER).iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000])
def test_a_file_that_is_damaged_goes(tmp_path: Path, content: bytes) -> None:
    begin(tmp_path, CLOCK)
    (tmp_path / FOLDER / f"{ENVELOPE}.clock").write_bytes(content)
    assert clocks(tmp_path, NOW) == []


def test_there_is_room_for_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 200
    monkeypatch.setattr("desk.notices.clocks.MOST", 1)
    begin(tmp_path, CLOCK)
    begin(tmp_path, msgspec.structs.replace(CLOCK, envelope="cd" * 32))
    assert len(clocks(tmp_path, NOW)) == 1


def theirs(number: int, contact: str) -> Clock:
    """The clock of a message that somebody else has sent."""
    return msgspec.structs.replace(CLOCK, envelope=f"{number:064x}", own=False, contact=contact, recipients=(), side=())


def test_whoever_writes_here_pushes_out_neither_own_clocks_nor_those_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.notices.clocks.MOST", 6)
    monkeypatch.setattr("desk.notices.clocks.MOST_OF_A_CONTACT", 4)
    for number in range(9):
        begin(tmp_path, theirs(number, "co-desk"))
    assert len(clocks(tmp_path, NOW)) == 4
    for number in range(9, 18):
        begin(tmp_path, theirs(number, "ec-desk"))
    begin(tmp_path, CLOCK)
    assert [each.contact for each in clocks(tmp_path, NOW, own=False)].count("ec-desk") == 2
    assert clocks(tmp_path, NOW, own=True) == [CLOCK]
    assert len(clocks(tmp_path, NOW)) == 7


def test_the_envelope_stands_beside_its_clock_and_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"an envelope"
    mine = msgspec.structs.replace(CLOCK, envelope=sha256(raw).hexdigest())
    other = msgspec.structs.replace(CLOCK, envelope=sha256(raw[1:]).hexdigest())
    monkeypatch.setattr("desk.notices.clocks.MOST_KEPT_BYTES", 20)
    begin(tmp_path, mine, raw)
    begin(tmp_path, other, raw[1:])
    assert envelope_of(tmp_path, mine) == raw
    assert len(clocks(tmp_path, NOW)) == 2
    assert envelope_of(tmp_path, other) == b""  # no room; its clock is looked at all the same
    (tmp_path / FOLDER / f"{mine.envelope}.envelope").write_bytes(b"something else")
    assert envelope_of(tmp_path, mine) == b""
    forget(tmp_path, mine.envelope)  # its message was erased
    forget(tmp_path, "")
    assert [each.suffix for each in (tmp_path / FOLDER).iterdir()] == [".clock"]
    keep(tmp_path, msgspec.structs.replace(other, turns=()))
    assert list((tmp_path / FOLDER).iterdir()) == []
