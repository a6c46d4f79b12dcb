"""What may stand in a message, what may stand beside it, and how each kind is met by people (`desk.mail.content`)."""

from typing import Any, get_args

import msgspec
import pytest
from desk_world import changed, note_of, refused
from directory_world import key_pair
from msgspec.structs import replace
from test_desk_message import DEVICE, PLAIN, SIGNER, WORLD

from desk.cases.acts import CaseEvent, HandOver, Open, Say, ToContact
from desk.forms.filled import Filled
from desk.handling.rules import AskConsent
from desk.mail.content import (
    ActAlone,
    Consent,
    Content,
    Correspondence,
    Drill,
    DutyNote,
    DutyRoster,
    Form,
    HandedNote,
    HandedOver,
    PassedOn,
    Receipt,
    Text,
)
from desk.mail.message import MOST_DEPTH, Message, MessageError, MessageStage, SealedFile, open_message, write_message
from desk.mail.shown import headline, page, written
from desk.requests.acts import Accept, RequestEvent, Send
from desk.rosters.roster import Roster, Shift

HASH, ID = "5" * 64, "7" * 32
TEXT = Text(subject="Bus nocturno", text="Cruzaron al mediodía.", language="es")
FORM = Form(filled=Filled(form="general-message/1", language="es", values={"subject": {"es": "Consulta"}}))
RECEIPT = Receipt(act="refused", message=ID, envelope=HASH, reason="otro país")
ROSTER = Roster(
    contact="co-desk",
    zone="America/Bogota",
    seq=3,
    shifts=(Shift(id="noche", days=(1,), start=1320, minutes=480, officers=("0" * 32,), since="2026-01-05"),),
)
NOTE = DutyNote(text="Llamar a\nEcuador a las 06:00", language="es", open=(HASH,))
TAKES = DutyNote(text="", takes=HASH)
OWN = {"stages": (MessageStage(after=0, contacts=("co-desk",)),)}
CONSENT = Consent(event=AskConsent(message=HASH, act="forward", contact="pe-desk", text="para la fiscalía"))
SEND = RequestEvent(act=Send())
SEND_FORM = RequestEvent(act=Send(form="general-message/1"))
ACCEPT = RequestEvent(request=HASH, after=(HASH,), act=Accept(reference="EC-2026-9"))
OPEN = CaseEvent(act=Open(title="Ruta norte"))
SAY = CaseEvent(case=HASH, after=(HASH,), act=Say())
HANDING = CaseEvent(case=HASH, after=(HASH,), act=HandOver(messages=(HASH,), receiver=ToContact(contact="ec-desk")))
HANDED = HandedOver(case=HASH, act=HASH, notes=(HandedNote(note=note_of(PLAIN).decode(), envelope=HASH),))
FILE = SealedFile(
    name="1.pdf", identity=f"AGE-SECRET-KEY-PQ-1{'Q' * 59}",
    cipher_hash=HASH, cipher_size=2, plain_hash="6" * 64, plain_size=1,
)  # fmt: skip
PASSED = PassedOn(notes=HANDED.notes, text="Para su conocimiento", language="es")

GOOD: dict[str, tuple[Content, dict[str, Any]]] = {
    "words": (TEXT, {}),
    "words of a request": (TEXT, {"request": ACCEPT}),
    "words of a case": (TEXT, {"case_event": SAY}),
    "words of both": (TEXT, {"request": SEND, "case_event": SAY}),
    "form": (FORM, {}),
    "form that is a request": (FORM, {"request": SEND_FORM}),
    "form beside an answer": (FORM, {"request": ACCEPT}),
    "receipt": (RECEIPT, {}),
    "act of a request": (ActAlone(), {"request": ACCEPT}),
    "act of a case": (ActAlone(), {"case_event": OPEN}),
    "roster": (DutyRoster(roster=ROSTER), OWN),
    "duty note": (NOTE, OWN),
    "duty taken over": (TAKES, OWN),
    "consent": (CONSENT, {}),
    "drill": (Drill(language="pt"), {}),
    "exercise": (TEXT, {"exercise": True}),
    "again": (TEXT, {"again": ID}),
    "passed on": (PASSED, {}),
    "handed over": (HANDED, {}),
    "handed over to a guest's device": (
        msgspec.structs.replace(HANDED, device=HASH),
        {"officers": ("4" * 32,), "stages": (MessageStage(after=0, contacts=()),)},
    ),
    "act of handing over": (ActAlone(), {"case_event": HANDING}),
    "words of a case to a guest too": (TEXT, {"case_event": SAY, "officers": ("4" * 32, "5" * 32)}),
}


def made(content: Content, fields: dict[str, Any]) -> Message:
    return changed(PLAIN, content=content, **fields)


def opened(raw: bytes) -> Message:
    return open_message(raw, WORLD.network, SIGNER, DEVICE, key_pair("co-night").public)


@pytest.mark.parametrize("name", GOOD)
def test_what_is_signed_is_read_back(name: str) -> None:
    message = made(*GOOD[name])
    assert opened(note_of(message)) == message


def test_every_kind_of_content_is_among_them() -> None:
    assert {type(content) for content, _ in GOOD.values()} == set(get_args(Content))
    assert set(get_args(Correspondence)) <= set(get_args(Content))


REFUSED: dict[str, tuple[Content, dict[str, Any], str]] = {
    "act without an event": (ActAlone(), {}, "an act stands beside words, a form or an event"),
    "receipt beside an act": (RECEIPT, {"request": ACCEPT}, "beside nothing else"),
    "roster beside an act": (DutyRoster(roster=ROSTER), OWN | {"case_event": SAY}, "beside nothing else"),
    "duty note beside an act": (NOTE, OWN | {"request": ACCEPT}, "beside nothing else"),
    "consent beside an act": (CONSENT, {"request": ACCEPT}, "beside nothing else"),
    "drill beside an act": (Drill(), {"request": ACCEPT}, "beside nothing else"),
    "roster of another contact": (
        DutyRoster(roster=msgspec.structs.replace(ROSTER, contact="ec-desk")), OWN, "of the contact it is of",
    ),
    "roster for somebody else": (DutyRoster(roster=ROSTER), {}, "the sender's own contact alone"),
    "note for somebody else too": (
        NOTE, {"stages": (MessageStage(after=0, contacts=("co-desk", "ec-desk")),)}, "the sender's own contact alone",
    ),
    "note that names a message twice": (DutyNote(text="", open=(HASH, HASH)), OWN, "names a message once"),
    "note that leaves and takes": (DutyNote(text="", open=(HASH,), takes=HASH), OWN, "not both"),
    "roster that is none": (
        DutyRoster(roster=msgspec.structs.replace(ROSTER, zone="America/Nowhere")), OWN, "America/Nowhere",
    ),
    "form that breaks its form": (
        Form(filled=Filled(form="general-message/1", language="es", values={"colour": "red"})), {}, "colour",
    ),
    "request without its form's name": (FORM, {"request": SEND}, "names the form it is made with"),
    "request with a form that is not there": (TEXT, {"request": SEND_FORM}, "names the form it is made with"),
    "event that stands after nothing": (
        ActAlone(), {"request": RequestEvent(request=HASH, act=Accept())}, "stands after",
    ),
    "case event out of order": (
        ActAlone(), {"case_event": CaseEvent(case=HASH, after=("6" * 64, HASH), act=Say())}, "sorted",
    ),
    "handed over beside an act": (HANDED, {"case_event": HANDING}, "beside nothing else"),
    "handed over twice": (msgspec.structs.replace(HANDED, notes=HANDED.notes * 2), {}, "handed over once"),
    "handed over what is no note": (
        msgspec.structs.replace(HANDED, notes=(HandedNote(note="They crossed."),)), {}, "what is handed o",
    ),
    "officers outside a case": (TEXT, {"officers": ("4" * 32,)}, "in a case alone"),
    "officers out of order": (TEXT, {"case_event": SAY, "officers": ("5" * 32, "4" * 32)}, "sorted, and named once"),
    "officers named twice": (TEXT, {"case_event": SAY, "officers": ("4" * 32,) * 2}, "sorted, and named once"),
    "for nobody at all": (TEXT, {"stages": (MessageStage(after=0, contacts=()),)}, "names a contact"),
    "a later stage for nobody": (
        TEXT,
        {
            "case_event": SAY,
            "officers": ("4" * 32,),
            "stages": (MessageStage(after=0, contacts=()), MessageStage(after=60, contacts=())),
        },
        "names a contact",
    ),
    "passed on beside an act": (PASSED, {"request": ACCEPT}, "beside nothing else"),
    "passed on, and no note": (PassedOn(notes=(HandedNote(note="words"),)), {}, "what is handed on is no message"),
    "passed on, and no message": (
        PassedOn(notes=(HandedNote(note=msgspec.json.encode([]).decode()),)), {}, "what is handed on is no message",
    ),
    "a message that repeats itself": (TEXT, {"again": PLAIN.id}, "an earlier one, not itself"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_must_not_stand_together_is_refused(name: str) -> None:
    content, fields, why = REFUSED[name]
    assert why in refused(lambda: write_message(made(content, fields), SIGNER, key_pair("co-night")), MessageError)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("language", ["es", "en", "pt", "fr"])
def test_every_kind_has_a_line_a_page_and_its_words(name: str, language: str) -> None:
    message = made(*GOOD[name])
    assert headline(message, language).strip()
    assert "\n" not in headline(message, language)
    assert isinstance(page(message, language), str)
    assert PLAIN.case in written(message)


def test_what_people_wrote_is_found_in_every_kind() -> None:
    for content, fields, word in (
        (TEXT, {}, "Cruzaron al mediodía."),
        (FORM, {}, "Consulta"),
        (RECEIPT, {}, "otro país"),
        (TEXT, {"request": ACCEPT}, "EC-2026-9"),
        (ActAlone(), {"case_event": OPEN}, "Ruta norte"),
        (NOTE, OWN, "Llamar a\nEcuador a las 06:00"),
        (CONSENT, {}, "para la fiscalía"),
    ):
        assert word in tuple(written(made(content, fields)))
    assert "They crossed at noon." in "\n".join(written(made(PASSED, {})))
    assert "They crossed at noon." in "\n".join(written(made(HANDED, {})))


def test_a_form_is_shown_under_its_title_in_the_readers_language() -> None:
    message = made(FORM, {"request": SEND_FORM})
    assert headline(message, "es") != headline(message, "fr")
    assert "Consulta" in page(message, "fr")


@pytest.mark.parametrize("kind", [HandedOver, PassedOn])
def test_a_file_beside_what_is_handed_on_is_one_of_its_own_as_it_was_signed(kind: type[HandedOver | PassedOn]) -> None:
    """And who reads it is told of every one that did not come along."""
    files = tuple(replace(FILE, cipher_hash=each * 64, name=f"{each}.pdf") for each in "12")
    inner = replace(PLAIN, attachments=files)
    fields: dict[str, Any] = {"case": HASH, "act": HASH} if kind is HandedOver else {}
    outer = made(kind(notes=(HandedNote(note=note_of(inner).decode()),), **fields), {})
    whole, without = (replace(outer, attachments=each) for each in (files, files[:1]))
    for each in (whole, without, outer):
        assert opened(note_of(each)) == each
    for wrong in ({"name": "x.pdf"}, {"plain_hash": "3" * 64}, {"plain_size": 9}, {"cipher_hash": "4" * 64}):
        outer = replace(outer, attachments=(replace(files[0], **wrong),))
        with pytest.raises(MessageError, match="a file beside messages that are handed on"):
            note_of(outer)
    if kind is PassedOn:
        (row,) = (each for each in page(without).splitlines() if "did not come along" in each)
        assert row.startswith("File: 2.pdf")
        assert "did not come along" not in page(whole)


def test_messages_lie_in_one_another_only_so_deep() -> None:
    message = PLAIN
    for _ in range(MOST_DEPTH):
        message = made(PassedOn(notes=(HandedNote(note=note_of(message).decode()),)), {})
    assert opened(note_of(message)) == message
    deeper = PassedOn(notes=(HandedNote(note=note_of(message).decode()),))
    assert "4 deep" in refused(lambda: note_of(made(deeper, {})), MessageError)
    assert "They crossed at noon." in page(message)
