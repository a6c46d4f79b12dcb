"""From stored messages to requests: what counts, what waits, what is queued, and what is no part of it."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bundle_world import Event
from desk_world import changed, desk, mail_of, message, network, note_of, receipt, refused
from directory_world import local_id
from half_signed import HALVES, half
from test_desk_mail import keyring, mail

from desk.errors import NotFound, Usage
from desk.mail.content import ActAlone, Content, Form, HandedNote, HandedOver, PassedOn, Text
from desk.mail.facts import Facts
from desk.mail.message import Message, Sender, stored_message
from desk.mail.store import MailStore
from desk.mail.subjects import text_hash
from desk.requests.acts import Accept, Act, Ask, Repeat, RequestEvent, Send
from desk.requests.sending import lacking, repeated
from desk.requests.stored import Request, Requests, short, taken_in

__all__ = ["keyring", "mail"]
WORLD = network()
ASK = Text(subject="Solicitud", text="…", language="es")
_EC = Sender(contact="ec-desk", device=local_id("ec-night"))


def made(act: Act, request: str = "", *after: str, by: str = "co-night", **fields: Any) -> tuple[Message, bytes, str]:
    """A message with an act upon a request, as its sender signs it, and the hash by which it is known."""
    named: dict[str, Any] = {"request": request, "after": tuple(sorted(after or (request,)))} if request else {}
    content: Content = ActAlone() if request else ASK
    everything: dict[str, Any] = {"content": content, "request": RequestEvent(act=act, **named)}
    to = fields.pop("to", ("co-desk",) if by.startswith("ec") else ("ec-desk",))
    found = message(WORLD, to=to, **(everything | fields))
    found = changed(found, sender=_EC if by.startswith("ec") else found.sender)
    found = changed(found, id=sha256(f"{act}{request}{after}{by}{fields}".encode()).hexdigest()[:32])
    note = note_of(found, by)
    return found, note, text_hash(stored_message(note)[1])


def proven(note: bytes, direction: Any = "in", **fields: Any) -> Facts:
    envelope = sha256(note).hexdigest()
    return Facts(
        direction=direction, envelope=envelope, relayed=receipt(envelope, WORLD, **fields), sent=WORLD.now, received=1
    )


def put_shown(mail: MailStore, found: tuple[Message, bytes, str]) -> str:
    """Stored as it is when it came in its envelope, of which is kept what shows it."""
    event, made_at = as_event(found), mail.newest() + 1
    facts = changed(proven(found[1]), envelope=event.envelope, relayed=receipt(event.envelope, WORLD))
    id_ = put(mail, found, facts)
    with mail.together():
        mail.proofs.keep(made_at, found[0], event.proof)
    return id_


def put(mail: MailStore, found: tuple[Message, bytes, str], facts: Facts | None = None, *, queue: bool = False) -> str:
    message, note, id_ = found
    mail.add(message, note, facts or proven(note), queue=queue)
    return id_


def one(mail: MailStore, request: str) -> Request:
    found = Requests(mail, WORLD.view).one(request)
    assert found is not None
    return found


def test_what_came_is_a_history(mail: MailStore) -> None:
    root = put(mail, made(Send()))
    accept = put(mail, made(Accept(reference="EC 9"), root, by="ec-night"))
    found = one(mail, root)
    assert (found.id, found.found.state, found.proven.newest) == (root, "accepted", (accept,))
    assert [each.signed.taken_in for each in found.found.entries] == [WORLD.now, WORLD.now]
    assert (found.root.message.case, found.root.by_word, found.root.handed) == ("case 7", False, False)
    assert [each.id for each in Requests(mail, WORLD.view).all()] == [root]


def test_a_request_is_found_by_the_beginning_of_its_id(mail: MailStore) -> None:
    root = put(mail, made(Send()))
    requests = Requests(mail, WORLD.view)
    assert requests.find(short(root).upper()).id == root
    assert "no id of a request" in refused(lambda: requests.find(root[:3]), Usage)
    assert "no id of a request" in refused(lambda: requests.find("zzzzzz"), Usage)
    assert "no request ffff" in refused(lambda: requests.find("ffff"), NotFound)


@pytest.mark.parametrize(
    "facts",
    [
        Facts(direction="in"),
        changed(proven(b"x"), warnings=("unproven",)),
        proven(b"x", size=WORLD.view.size + 1),
        proven(b"x", size=1),
    ],
    ids=("no receipt", "unproven", "of a directory to come", "before the device was enrolled"),
)
def test_what_nothing_proves_has_no_effect(mail: MailStore, facts: Facts) -> None:
    root = put(mail, made(Send()), facts)
    assert taken_in(mail.get(1), WORLD.view) is None
    assert one(mail, root).found.state == "draft"


def test_what_is_queued_counts_for_what_one_does_next_and_is_named_by_nothing(mail: MailStore) -> None:
    root = put(mail, made(Send()))
    accept = put(mail, made(Accept(), root, by="ec-night"), Facts(direction="out"), queue=True)
    found = one(mail, root)
    assert (found.found.state, found.proven.state) == ("accepted", "sent")
    assert found.proven.newest == (root,)
    assert [each.signed.id for each in found.kept.values() if each.queued] == [accept]
    mail.given_up(2)  # it expired before the relay took it in
    assert one(mail, root).found.state == "sent"


def test_a_request_that_waits_in_the_outbox_is_a_draft_to_others(mail: MailStore) -> None:
    root = put(mail, made(Send()), Facts(direction="out"), queue=True)
    assert (one(mail, root).found.state, one(mail, root).proven.state) == ("sent", "draft")


def test_an_exercise_changes_nothing_real(mail: MailStore) -> None:
    root = put(mail, made(Send()))
    put(mail, made(Accept(), root, by="ec-night", exercise=True))
    found = one(mail, root).found
    assert (found.state, len(found.outsiders)) == ("sent", 1)
    drill = put(mail, made(Send(text="drill"), exercise=True))
    put(mail, made(Accept(), drill, by="ec-night", exercise=True))
    assert one(mail, drill).found.state == "accepted"


def test_what_repeats_a_message_is_no_event_of_its_own(mail: MailStore) -> None:
    root = put(mail, made(Send()))
    put(mail, made(Ask(text="?"), root, again="7" * 32))
    assert len(one(mail, root).found.entries) == 1
    again = put(mail, made(Send(text="to the next"), again="7" * 32))
    assert one(mail, again).found.state == "sent"


def test_events_whose_request_is_not_here_are_shown_apart(mail: MailStore) -> None:
    accept = put(mail, made(Accept(), "9" * 64, by="ec-night"))
    requests = Requests(mail, WORLD.view)
    assert requests.all() == []
    assert {id_: [each.signed.id for each in kept] for id_, kept in requests.headless().items()} == {"9" * 64: [accept]}
    assert requests.of(mail.get(1).message, mail.get(1).note) is None


def as_event(found: tuple[Message, bytes, str]) -> Event:
    """What can be handed on with everything that shows its envelope."""
    return Event(found[0], "", found[1])


def handing(*notes: tuple[Message, bytes, str], **fields: Any) -> tuple[Message, bytes, str]:
    """A message that hands earlier ones over, with what shows their envelopes, but for `fields`."""
    return handing_over(*(as_event(each).handed(**fields) for each in notes))


def handing_over(*handed: HandedNote) -> tuple[Message, bytes, str]:
    found = message(WORLD, content=HandedOver(case="1" * 64, act="2" * 64, notes=handed))
    note = note_of(found)
    return found, note, text_hash(stored_message(note)[1])


def test_what_was_handed_over_counts_by_its_own_signatures_and_receipt(mail: MailStore) -> None:
    send = made(Send())
    accept = made(Accept(), send[2], by="ec-night")
    put(mail, handing(send, accept))
    found = one(mail, send[2])
    assert (found.found.state, found.root.handed) == ("accepted", True)


def test_what_was_handed_over_without_a_receipt_is_unproven(mail: MailStore) -> None:
    send = made(Send())
    bare = HandedNote(note=send[1].decode(), envelope=as_event(send).envelope, proof=as_event(send).proof)
    put(mail, handing_over(bare))
    assert one(mail, send[2]).found.state == "draft"


OLD = as_event(made(Send(text="long ago")))  # an envelope of that device, with a receipt from when it counted


@pytest.mark.parametrize(
    "beside",
    [
        {"envelope": OLD.envelope, "proof": msgspec.UNSET},
        {"envelope": OLD.envelope, "proof": OLD.proof},
        {"envelope": OLD.envelope},
        {"relayed": receipt(OLD.envelope, WORLD)},
        {"proof": OLD.proof},
        {"proof": msgspec.UNSET},
    ],
)
@pytest.mark.parametrize("again", [True, False], ids=["given again", "handed over"])
def test_stolen_keys_and_an_old_receipt_change_no_request(
    mail: MailStore, beside: dict[str, Any], *, again: bool
) -> None:
    """Whoever has the keys of ec-night's revoked device signs an acceptance today, beside an old receipt."""
    root = put(mail, made(Send()))
    forged = made(Accept(), root, by="ec-night")
    handed = as_event(forged).handed(**beside)
    event = RequestEvent(request=root, after=(root,), act=Repeat())
    repeat = message(WORLD, to=("ec-desk",), content=PassedOn(notes=(handed,)), request=event)
    put(mail, (repeat, note_of(repeat), "") if again else handing_over(handed))
    found = one(mail, root).found
    assert (found.state, [each.id for each in found.unproven]) == ("sent", [forged[2]])
    assert Requests(mail, WORLD.view).find(root[:12]).found.state == "sent"


def test_what_somebody_else_signed_is_not_handed_over_as_theirs(mail: MailStore) -> None:
    send = made(Send())
    forged = note_of(send[0], "ec-night")  # says that it is of co-night's device
    put(mail, handing((send[0], forged, send[2])))
    assert Requests(mail, WORLD.view).one(send[2]) is None


@pytest.mark.parametrize("which", HALVES)
def test_what_only_one_key_of_its_device_signed_is_not_handed_over(mail: MailStore, which: str) -> None:
    send = made(Send())
    put(mail, handing((send[0], half(send[1], which), send[2])))
    assert Requests(mail, WORLD.view).one(send[2]) is None


def test_what_was_handed_over_and_came_too_is_there_once(mail: MailStore) -> None:
    send = made(Send())
    put(mail, send)
    put(mail, handing(send))
    assert not one(mail, send[2]).root.handed


def test_a_recovered_event_counts_where_its_envelope_is_shown(tmp_path: Path) -> None:
    keys = desk(tmp_path, "ec-night", WORLD)
    mail = mail_of(keys)
    said = changed(proven((send := made(Send()))[1]), origin=local_id("ec-day"), recovered=WORLD.now)
    root = put(mail, send, said)
    assert (one(mail, root).found.state, one(mail, root).root.by_word) == ("draft", True)
    mail.note_facts(1, changed(said, shown=True))
    assert (one(mail, root).found.state, one(mail, root).root.by_word) == ("sent", False)
    mail.close()


def test_a_form_and_words_may_stand_beside_an_event(mail: MailStore) -> None:
    root = put(mail, made(Send()))
    put(mail, made(Ask(text="¿Cuál?"), root, by="ec-night", content=Text(subject="Pregunta", text="…")))
    assert len(one(mail, root).found.questions) == 1
    assert isinstance(one(mail, root).root.message.content, Text | Form)


def test_what_one_event_was_withheld_from_waits_until_it_is_given_again(mail: MailStore, tmp_path: Path) -> None:
    """Where one event is withheld those that name it wait, and nothing else; whoever has it mends that."""
    send = made(Send())
    accept = made(Accept(), send[2], by="ec-night")
    ask = made(Ask(text="¿Cuál?"), send[2], accept[2], by="ec-night")
    for each in (send, accept, ask):
        put_shown(mail, each)
    whole = one(mail, send[2])
    lost = desk(tmp_path / "other", "co-night", WORLD)
    theirs = mail_of(lost)
    put(theirs, send)
    put(theirs, ask)
    found = one(theirs, send[2])
    assert (found.found.state, [each.id for each in found.found.waiting]) == ("sent", [ask[2]])
    (content,) = repeated(lacking(whole, "ec-desk"), mail.proofs)
    event = RequestEvent(request=send[2], after=whole.proven.newest, act=Repeat())
    again = message(WORLD, "ec-night", ("co-desk",), content=content, request=event)
    again = changed(again, sender=_EC, id="6" * 32)
    repeat = (again, note_of(again, "ec-night"), "")
    put(theirs, repeat)
    put(mail, repeat)
    assert one(theirs, send[2]).found.state == "accepted"
    assert one(theirs, send[2]).proven.digest == one(mail, send[2]).proven.digest
    assert not one(theirs, send[2]).found.waiting
    theirs.close()


def test_what_an_event_of_theirs_stands_on_they_have(mail: MailStore) -> None:
    send = made(Send())
    accept = made(Accept(), send[2], by="ec-night")
    for each in (send, accept):
        put(mail, each)
    found = one(mail, send[2])
    assert lacking(found, "co-desk") == []  # ec's acceptance names the request, and is theirs
    assert [each.signed.id for each in lacking(found, "ec-desk")] == [accept[2]]


def test_many_events_are_given_again_in_several_messages(mail: MailStore) -> None:
    send = made(Send())
    put(mail, send)
    kept = one(mail, send[2]).root
    assert [len(each.notes) for each in repeated([kept] * 250, mail.proofs)] == [20] * 12 + [10]
    assert repeated([], mail.proofs) == []
