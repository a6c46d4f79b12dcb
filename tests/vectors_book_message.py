"""Vectors of messages (the signed note inside an envelope) and of the padding around them."""

import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from vectors_book_roster import NOTE, WHOLE
from vectors_case import Book
from vectors_log import staffed
from vectors_sealed_edges import add_message_edges, largest_text
from vectors_spoils import Signed, line, spoil_signatures, spoil_texts, spoiled_texts
from vectors_world import DAY, NAME, START, identity, local, pair

from crypto.note import parse_note
from crypto.signing import sign_both
from desk.handling.marks import Handling
from desk.handling.rules import GiveConsent
from desk.mail.content import Consent, DutyNote, DutyRoster, HandedNote, PassedOn, Receipt, Text
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.message import (
    MESSAGE_TYPE,
    MOST_MESSAGE_BYTES,
    Message,
    MessageCall,
    MessageStage,
    SealedFile,
    Sender,
    write_message,
)
from desk.rosters.roster import Roster
from directory.canonical import decode
from relay.protocol.padding import CLASSES, MOST_PADDED, pad, padded_size

SENDER = "co-night"
SHOWN = {"header": "{}", "age": "age-encryption.org/v1\n", "nonce": "3a" * 16, "key": "7b" * 16}  # as it is spelled
AT = START + 3 * DAY
PLAIN = b"Notice, page 1.\n" * 40
ATTACHED = "attachment 1"


@cache
def checkpoint() -> bytes:
    """The checkpoint that the sender has verified."""
    return staffed().checkpoint(AT)


def message(**fields: Any) -> Message:
    """A text message from co-desk to ec-desk; `fields` overrules anything."""
    everything: dict[str, Any] = {
        "id": "b77349bf1fa9b26d45d545d7d64dad96",
        "network": staffed().view.founded.id,
        "case": "2026-0117",
        "sender": Sender(contact="co-desk", device=local(SENDER)),
        "stages": (MessageStage(after=0, contacts=("ec-desk",)),),
        "at": AT,
        "expires": AT + 7 * DAY,
        "precedence": "immediate",
        "stop": "accepted",
        "handling": Handling(tlp="AMBER+STRICT", purpose="criminal investigation"),
        "content": Text(
            subject="Localización urgente", text="Vehículo visto a las 02:10.\nSe pide confirmación.", language="es"
        ),
        "checkpoint": checkpoint().decode(),
    }
    return Message(**(everything | fields))


@cache
def note() -> bytes:
    """That message, signed."""
    return write_message(message(), f"{NAME}/{local(SENDER)}", pair(SENDER))


def sign(text: str) -> bytes:
    """Any text, signed by the sending device."""
    return sign_both(pair(SENDER), f"{NAME}/{local(SENDER)}", text)


def sealed_file(**fields: Any) -> SealedFile:
    """An attachment as messages name it; sizes and hashes are of nothing in particular."""
    everything: dict[str, Any] = {
        "name": "notice.pdf",
        "identity": str(identity(ATTACHED)),
        "cipher_hash": "1" * 64,
        "cipher_size": 2048,
        "plain_hash": "2" * 64,
        "plain_size": 640,
    }
    return SealedFile(**(everything | fields))


def message_book() -> Book:
    """Messages of one device."""
    book = Book("message", "docs/formats/message.md")
    inputs = {"network": staffed().view.founded.id, "network_name": NAME, "device": local(SENDER), "keys": SENDER}

    def good(name: str, description: str, value: Message, network_name: str = NAME) -> None:
        raw = write_message(value, f"{network_name}/{local(SENDER)}", pair(SENDER))
        out = {
            "id": value.id,
            "from": value.sender.contact,
            "stages": [[stage.after, *stage.contacts] for stage in value.stages],
            "kind": str(value.content.__struct_config__.tag),
            "tlp": value.handling.tlp,
            "attachments": [each.cipher_hash for each in value.attachments],
            "at": value.at,
            "expires": value.expires,
        }
        book.good(name, description, out, note=raw, **(inputs | {"network_name": network_name}))

    good("text", "a text message, one stage", message())
    good("defaults", "handling at its default and no case are left out", message(handling=Handling(), case=""))
    about = Handling(victim=True, identified="El juzgado pide el nombre.", erase_at=AT + 30 * DAY)
    good("victim named", "about a victim who is named, with the reason, and kept for a month", message(handling=about))
    stages = tuple(MessageStage(after=1800 * n, contacts=(each,)) for n, each in enumerate(("ec-desk", "ec-court")))
    good("two stages", "an alternate is reached after half an hour", message(stages=stages))
    calls = (MessageCall(after=600, contacts=("ec-court",)), MessageCall(after=1200, administrators=("ec",)))
    good("calls", "two calls after the one stage", message(calls=calls))
    good("attachment", "one attached file", message(attachments=(sealed_file(),)))
    receipt = Receipt(act="refused", message=message().id, envelope="3" * 64, reason="Otra autoridad es competente.")
    good("receipt", "a sealed receipt that refuses, with the reason", message(content=receipt, stop="never"))
    own: dict[str, Any] = {"stages": (MessageStage(after=0, contacts=("co-desk",)),), "stop": "never"}
    roster = DutyRoster(roster=decode(line(WHOLE).encode(), Roster))
    good("duty roster", "to the officers of the contact", message(content=roster, **own))
    left = DutyNote(text="La empresa llama a las seis.", language="es", open=("9c" * 32,))
    good("duty note", "with a message that is open", message(content=left, **own))
    odd = Text(
        subject="control characters",
        text='tab\tbell\x07 quote" backslash\\ DEL\x7f emoji 🕯 line\u2028separator',
        reply_to="0" * 32,
    )
    good("characters", "what JSON escapes, and what it does not", message(content=odd))
    good("passed on", "with the consent of who wrote it", message(content=passed(given())))
    file = sealed_file()
    good(
        "passed on, with its file",
        "named as its sender signed it",
        message(content=passed(file=file), attachments=(file,)),
    )
    case = Signed(book, "note", "text", SENDER, f"{NAME}/{local(SENDER)}", note(), inputs)
    value: dict[str, Any] = msgspec.to_builtins(message())
    spoil_texts(case, spoiled_texts(MESSAGE_TYPE, value, "at"))
    spoil_signatures(case, MOST_MESSAGE_BYTES)
    _bad_fields(case, value)
    _bad_own_side(case, value)
    _exercises(book, inputs, good)
    _bad_passed(case, value)
    _bad_files(case, value)
    late = (*message().stages, MessageStage(after=1_209_600, contacts=("ec-court",)))
    good("stage at the last second", "14 days after the first", message(stages=late))
    full, more = (largest_text(value, extra) for extra in (0, 1))
    good("largest line", "1,048,576 bytes of JSON", message(content=Text(subject="s", text=full)))
    content = {"kind": "text", "subject": "s", "text": more}
    case.add(
        "line too large", "a byte more", "too large", sign(f"{MESSAGE_TYPE}\n{line(value | {'content': content})}\n")
    )
    add_message_edges(case, value)
    return book


def _exercises(book: Book, inputs: dict[str, Any], good: Callable[..., None]) -> None:
    """A network whose name begins with `exercise.` holds exercises alone."""
    good("exercise", "a message that says that nothing of it is real", message(exercise=True))
    there = {"network_name": f"exercise.{NAME}"}
    good("exercise there", "the same in a network for exercises", message(exercise=True), **there)
    real = sign_both(pair(SENDER), f"exercise.{NAME}/{local(SENDER)}", parse_note(note()).text)
    words = "rightly signed in a network for exercises, and does not say that it is one"
    book.bad("no exercise there", words, "bad value", "exercise there", note=real, **(inputs | there))


def given(**fields: Any) -> str:
    """A consent of co-desk to passing a message on, signed."""
    asked: dict[str, Any] = {"message": "9c" * 32, "act": "forward", "contact": "ec-court"}
    event = GiveConsent(**(asked | fields))
    return write_message(message(content=Consent(event=event)), f"{NAME}/{local(SENDER)}", pair(SENDER)).decode()


def passed(*consents: str, file: SealedFile | None = None) -> PassedOn:
    """That message, passed on; with what goes along, and with a file of its own if it has one."""
    raw = note()
    if file is not None:
        raw = write_message(message(attachments=(file,)), f"{NAME}/{local(SENDER)}", pair(SENDER))
    inner, shown = HandedNote(note=raw.decode(), envelope="3" * 64), msgspec.convert(SHOWN, EnvelopeProof)
    along = tuple(HandedNote(note=each, envelope="5" * 64, proof=shown) for each in consents)
    return PassedOn(notes=(inner,), consents=along, text="Por favor.")


def _bad_passed(case: Signed, value: dict[str, Any]) -> None:
    whole = msgspec.to_builtins(passed(given()))
    text, export = {"note": note().decode()}, {"note": given(act="export")}
    short, more = ({"note": given(), "proof": SHOWN | each} for each in ({"key": "0"}, {"identity": "1"}))
    for name, description, fields, word in (
        ("a text for a consent", "what goes along gives consent", {"consents": [text]}, "bad value"),
        ("consent to something else", "to export, not to passing on", {"consents": [export]}, "bad value"),
        ("no note for a consent", "no message at all", {"consents": [{"note": "x"}]}, "bad value"),
        ("nothing passed on", "no message inside", {"notes": []}, "out of range"),
        ("no message inside", "no note", {"notes": [{"note": "x"}]}, "bad value"),
        ("no consent, written out", "an empty list is left out", {"consents": []}, "not canonical"),
        ("consent without a note", "an empty note", {"consents": [{"note": ""}]}, "out of range"),
        (
            "a key of another length",
            "no file key",
            {"consents": [short]},
            "bad value",
        ),
        (
            "a proof that says more",
            "a recipient's key",
            {"consents": [more]},
            "unknown field",
        ),
    ):
        case.add(name, description, word, case.sign(f"{MESSAGE_TYPE}\n{line(value | {'content': whole | fields})}\n"))


def _bad_files(case: Signed, value: dict[str, Any]) -> None:
    """What is handed on with files that its senders did not sign."""
    whole, bare = (msgspec.to_builtins(passed(file=each)) for each in (sealed_file(), None))
    named = msgspec.to_builtins(sealed_file())
    for name, description, content, file in (
        ("file of none of them", "the message that is passed on has no file", bare, named),
        ("file under another name", "its own sender signed another name", whole, named | {"name": "list.pdf"}),
        ("file with another inside", "its own sender signed another hash", whole, named | {"plain_hash": "3" * 64}),
        (
            "file with another identity",
            "its own sender signed another",
            whole,
            named | {"identity": str(identity("attachment 2"))},
        ),
    ):
        text = f"{MESSAGE_TYPE}\n{line(value | {'content': content, 'attachments': [file]})}\n"
        case.add(name, description, "bad value", case.sign(text))


def _bad_own_side(case: Signed, value: dict[str, Any]) -> None:
    own = {"after": 0, "contacts": ["co-desk"]}
    others = {"after": 0, "contacts": ["co-desk", "ec-desk"]}
    another = {"kind": "roster", "roster": WHOLE | {"contact": "ec-desk"}}
    for name, description, fields in (
        ("duty note for others", "it stays within the contact", {"content": NOTE}),
        ("duty note for others too", "to two contacts", {"content": NOTE, "stages": [others]}),
        ("roster of another contact", "sent in the name of co-desk", {"content": another, "stages": [own]}),
    ):
        case.add(name, description, "bad value", case.sign(f"{MESSAGE_TYPE}\n{line(value | fields)}\n"))


def _bad_fields(case: Signed, value: dict[str, Any]) -> None:
    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        case.add(name, description, word, case.sign(f"{MESSAGE_TYPE}\n{line(value | fields)}\n"))

    def stages(*each: tuple[int, list[str]]) -> list[dict[str, Any]]:
        return [{"after": after, "contacts": contacts} for after, contacts in each]

    def spelled(name: str, description: str, old: str, new: str) -> None:
        text = line(value)
        assert old in text
        case.add(name, description, "not canonical", case.sign(f"{MESSAGE_TYPE}\n{text.replace(old, new, 1)}\n"))

    spelled("letter as an escape", "an accented letter as \\u00ed", "í", "\\u00ed")
    spelled("newline as a number", "a newline as \\u000a", "10.\\nSe", "10.\\u000aSe")
    spelled("solidus escaped", "a solidus needs no escape", "example/1", "example\\/1")
    spelled("quote as a number", "a quote as \\u0022", "urgente", "urgente\\u0022")
    control = line(value | {"case": "bell \x07"})
    for name, spelling in (("capital digits in an escape", "\\u000B"), ("DEL as an escape", "\\u007f")):
        changed = control.replace("\\u0007", spelling)
        case.add(name, f"{spelling} is written otherwise", "not canonical", case.sign(f"{MESSAGE_TYPE}\n{changed}\n"))
    content, file = value["content"], msgspec.to_builtins(sealed_file())
    bad("another network", "rightly signed for another network", "wrong network", network="0" * 64)
    bad("another device", "it names another device than the one that signed", "wrong device",
        **{"from": value["from"] | {"device": local("ec-night")}})  # fmt: skip
    bad("no stage", "nobody is named", "bad stages", stages=[])
    bad(
        "call at once",
        "a call before the stages are over",
        "bad stages",
        calls=[{"after": 0, "contacts": ["ec-court"]}],
    )
    bad("call of nobody", "a call names nobody", "bad stages", calls=[{"after": 600}])
    bad("ten calls", "at most nine", "bad stages",
        calls=[{"after": 600 * n, "contacts": [f"ec-c{n}"]} for n in range(1, 11)])  # fmt: skip
    bad("a recipient called", "it gets the message", "repeated", calls=[{"after": 600, "contacts": ["ec-desk"]}])
    bad("administrators called twice", "one member twice", "repeated",
        calls=[{"after": 600 * n, "administrators": ["ec"]} for n in (1, 2)])  # fmt: skip
    bad("first stage later", "stage 0 is not released at once", "bad stages", stages=stages((60, ["ec-desk"])))
    bad(
        "stages out of order",
        "the second comes before the first",
        "bad stages",
        stages=stages((0, ["ec-desk"]), (9, ["ec-court"]), (5, ["ec-x"])),
    )
    bad(
        "stages at one time",
        "two stages are released together",
        "bad stages",
        stages=stages((0, ["ec-desk"]), (0, ["ec-court"])),
    )
    bad("empty stage", "a stage without a contact", "bad stages", stages=stages((0, ["ec-desk"]), (60, [])))
    bad(
        "contact twice",
        "a contact stands in two stages",
        "repeated",
        stages=stages((0, ["ec-desk"]), (60, ["ec-desk"])),
    )
    bad("ten stages", "at most nine", "bad stages", stages=stages(*((60 * n, [f"ec-x{n}"]) for n in range(10))))
    bad(
        "stage after 15 days",
        "the last stage is released within 14 days",
        "bad stages",
        stages=stages((0, ["ec-desk"]), (15 * DAY, ["ec-x"])),
    )
    bad("expires when signed", "`expires` is `at`", "bad expiry", expires=value["at"])
    bad("unknown precedence", "a word that is none", "bad value", precedence="urgent")
    bad("unknown kind", "a content of another kind", "bad value", content=content | {"kind": "voice"})
    bad("content without kind", "the field `kind` is missing", "missing field", content={"subject": "x", "text": "y"})
    bad("empty subject", "a subject has a character at least", "out of range", content=content | {"subject": ""})
    bad("long subject", "301 characters", "out of range", content=content | {"subject": "a" * 301})
    bad("long case", "201 characters", "out of range", case="a" * 201)
    bad("empty case written out", "an empty case is left out", "not canonical", case="")
    bad("reply to a short id", "31 digits", "bad value", content=content | {"reply_to": "0" * 31})
    bad(
        "language in capitals",
        "a language tag begins with small letters",
        "bad value",
        content=content | {"language": "ES"},
    )
    bad("unknown mark", "a TLP that is none", "bad value", handling={"tlp": "WHITE"})
    bad("named, and no victim", "a reason why a victim is named, of a message about none", "bad value",
        handling={"identified": "x"})  # fmt: skip
    bad("long reason for a name", "401 characters of why a victim is named", "out of range",
        handling={"identified": "x" * 401, "victim": True})  # fmt: skip
    bad("default mark written out", "AMBER is left out", "not canonical", handling={"tlp": "AMBER", "purpose": "x"})
    bad("handling at its default", "a handling without anything is left out", "not canonical", handling={})
    bad("33 attachments", "at most 32", "out of range", attachments=[file] * 33)
    bad("attachment without name", "a name has a character at least", "out of range", attachments=[file | {"name": ""}])
    bad(
        "attachment with a short identity",
        "no X-Wing identity",
        "bad value",
        attachments=[file | {"identity": "AGE-SECRET-KEY-PQ-1"}],
    )
    bad("attachment size negative", "-1", "out of range", attachments=[file | {"plain_size": -1}])
    bad(
        "JSON above a mebibyte",
        "fewer characters than allowed, but more bytes than a line of JSON",
        "too large",
        content=content | {"text": "€" * 400_000},
    )


def padding_book() -> Book:
    """Sizes, and padded texts."""
    book = Book("padding", "docs/formats/message.md")
    sizes = (
        1,
        16383,
        16384,
        16385,
        65536,
        65537,
        70_000,
        100_000,
        131_072,
        131_073,
        1_000_000,
        1_048_577,
        1_048_576,
        MOST_PADDED,
    )
    for size in sizes:
        book.good(
            f"{size} bytes", "how many bytes a text of that size is padded to", {"padded": padded_size(size)}, size=size
        )
    book.bad("above the largest", "more than 2 MiB after padding", "bad padding", "", size=MOST_PADDED + 1)
    book.bad("far above", "4 MiB", "bad padding", "", size=2 * MOST_PADDED)
    for name, raw in (("a message", note()), ("one line", b"x\n"), ("70,000 bytes", b"y" * 69_999 + b"\n")):
        out = {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        book.good(f"{name}, padded", "newlines up to the class", out, padded=pad(raw))
    lone = b"\n" * CLASSES[0]
    book.good(
        "newlines alone", "a text of one newline", {"size": 1, "sha256": hashlib.sha256(b"\n").hexdigest()}, padded=lone
    )
    raw = pad(b"x\n")
    for name, description, padded in (
        ("not padded", "the text alone", b"x\n"),
        ("one newline less", "a byte below the class", raw[:-1]),
        ("one newline more", "a byte above the class", raw + b"\n"),
        ("next class", "padded to 64 KiB where 16 KiB do", raw + b"\n" * (CLASSES[1] - CLASSES[0])),
        ("spaces", "padded with spaces", b"x\n" + b" " * (CLASSES[0] - 2)),
        ("zeros", "padded with zero bytes", b"x\n" + bytes(CLASSES[0] - 2)),
        ("carriage returns", "padded with carriage returns and newlines", b"x\n" + b"\r\n" * (CLASSES[0] // 2 - 1)),
        ("a space before the newlines", "the text ends in a space", b"x " + b"\n" * (CLASSES[0] - 2)),
        ("no newline", "full of text, without a newline at the end", b"x" * CLASSES[0]),
        ("no PADMÉ size", "70,001 bytes", b"y" * 70_000 + b"\n"),
        ("empty", "no bytes", b""),
        ("above 2 MiB", "a byte more than the largest", b"\n" * (MOST_PADDED + 1)),
    ):
        book.bad(name, description, "bad padding", "", padded=padded)
    return book
