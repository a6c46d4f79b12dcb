"""From signed messages to what is counted: only what is proven, by which side of a request this desk is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_world import changed, desk, mail_of, message, network, note_of, receipt
from directory_world import key_pair, local_id

from crypto.note import parse_note
from desk.forms.filled import Filled
from desk.indicators.figures import Handled, indicators
from desk.indicators.gathered import handled
from desk.mail.content import ActAlone, Form, Text
from desk.mail.facts import Facts, StoredLine
from desk.mail.message import Message, Sender
from desk.mail.store import MailStore
from desk.mail.subjects import text_hash
from desk.requests.acts import Accept, Complete, Refuse, RequestEvent, Send
from relay.protocol.lines import Delivered, reception_name, write_line

WORLD = network()
FORM = "urgent-preservation/1"


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailStore]:
    store = mail_of(desk(tmp_path, "co-night", WORLD))
    yield store
    store.close()


def stored(mail: MailStore, number: int, made: Message, handle: str, after: int, **facts: Any) -> str:
    """A message that the relay took in so many seconds after the network's time; returns its name."""
    note = note_of(made, handle)
    envelope = f"{number:064x}"
    relayed = receipt(envelope, WORLD, time=WORLD.now + after)
    direction = "out" if handle == "co-night" else "in"
    known = {"direction": direction, "envelope": envelope, "relayed": relayed, "sent": WORLD.now + after}
    mail.add(made, note, Facts(**(known | facts)))  # type: ignore[arg-type]  # its fields
    return text_hash(parse_note(note, 1 << 20))


def asked(mail: MailStore, number: int, handle: str = "co-night", **fields: Any) -> str:
    """A request by co-desk to ec-desk, or the other way round."""
    ours = handle == "co-night"
    content = Form(filled=Filled(form=FORM, language="es-CO"))
    made = message(WORLD, handle, to=("ec-desk" if ours else "co-desk",), content=content,
                   request=RequestEvent(act=Send(form=FORM)), at=WORLD.now)  # fmt: skip
    sender = Sender(contact="co-desk" if ours else "ec-desk", device=local_id(handle))
    made = changed(made, id=f"{number:032x}", sender=sender, **fields.pop("message", {}))
    return stored(mail, number, made, handle, 0, **fields)


def answered(mail: MailStore, number: int, request: str, after_: str, act: Any, after: int) -> str:
    event = RequestEvent(request=request, after=(after_,), act=act)
    made = message(WORLD, "ec-night", to=("co-desk",), content=ActAlone(), request=event, at=WORLD.now + after)
    made = changed(made, id=f"{number:032x}", sender=Sender(contact="ec-desk", device=local_id("ec-night")))
    return stored(mail, number, made, "ec-night", after)


def delivered(mail: MailStore, number: int, after: int, handle: str = "ec-night") -> None:
    device = local_id(handle)
    line = Delivered(network=WORLD.network, envelope=f"{number:064x}", at=WORLD.now + after, device=device)
    raw = write_line(line, reception_name(WORLD.name, device), key_pair("x"))
    mail.add_line(StoredLine(kind="delivered", envelope=line.envelope, note=raw.decode()))


def found(mail: MailStore) -> list[Handled]:
    return list(handled(mail, WORLD.view, "co"))


def test_a_request_that_was_sent_and_done(mail: MailStore) -> None:
    request = asked(mail, 1)
    delivered(mail, 1, 4, "co-day")
    delivered(mail, 1, 9)
    step = answered(mail, 2, request, request, Accept(), 600)
    answered(mail, 3, request, step, Complete(), 7200)
    country = WORLD.view.contacts["ec-desk"].country
    assert found(mail) == [
        Handled("sent", "urgent-preservation", country, WORLD.now, "completed", "es", False, 9, 600, 7200)
    ]


def test_a_request_that_came_and_one_that_was_refused(mail: MailStore) -> None:
    asked(mail, 1, "ec-night", received=WORLD.now + 30, stage=1)
    request = asked(mail, 2)
    answered(mail, 3, request, request, Refuse(reason="dual-criminality", text="No such offence."), 60)
    rows = found(mail)
    assert [(each.direction, each.outcome, each.escalated, each.delivered) for each in rows] in (
        [("received", "sent", True, 30), ("sent", "refused dual-criminality", False, None)],
        [("sent", "refused dual-criminality", False, None), ("received", "sent", True, 30)],
    )


@pytest.mark.parametrize("fields", [{"relayed": None}, {"warnings": ("unproven",)}, {"message": {"exercise": True}}])
def test_what_is_not_proven_and_what_is_no_case_is_not_counted(mail: MailStore, fields: dict[str, Any]) -> None:
    if "relayed" in fields:
        fields = {"relayed": msgspec.UNSET}
    asked(mail, 1, **fields)
    assert found(mail) == []


def test_messages_that_are_no_requests_count_nowhere(mail: MailStore) -> None:
    said = message(WORLD, content=Text(subject="x", text=""))
    stored(mail, 1, said, "co-night", 0)
    assert found(mail) == []


def test_eleven_requests_are_told_and_ten_are_not(mail: MailStore) -> None:
    for number in range(1, 11):
        asked(mail, number)
    assert not isinstance(indicators(found(mail), "co", "2026-Q1").sent.requests.count, int)
    asked(mail, 11)
    assert indicators(found(mail), "co", "2026-Q1").sent.requests.count == 11
