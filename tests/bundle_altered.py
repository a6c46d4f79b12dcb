"""Bundles of a case as a dishonest exporter alters and signs them anew, and the part that has to be named for each."""

from collections.abc import Callable
from hashlib import sha256

import msgspec
from bundle_world import (
    FILE,
    IDENTITY,
    WORLD,
    BundleOf,
    Event,
    answer,
    delivered,
    event,
    opened_by,
    story,
    whole,
)
from desk_world import EVERYBODY, checkpoint, choices, receipt
from directory_world import local_id

from crypto.age import encrypt
from desk.cases.acts import Join, Leave, Open, Say
from desk.cases.bundle_file import write_log
from desk.mail.content import HandedNote, Text
from desk.mail.message import Message, Sender
from desk.mail.sealing import seal
from directory.canonical import encode

SAID = story()[-1]
ANSWER = answer()
LINE = next(name for kind, name in whole().parts if kind == "line")

Alteration = Callable[[BundleOf], None]


def _replaced(bundle: BundleOf, old: tuple[str, str], name: str, data: bytes) -> None:
    del bundle.parts[old]  # type: ignore[arg-type]  # a kind
    bundle.parts[old[0], name] = data  # type: ignore[index]  # a kind


def words_changed(bundle: BundleOf) -> None:
    handed = SAID.handed(note=SAID.note.decode().replace("at noon", "at nine"))
    bundle.put("message", SAID.name, encode(handed))


def receipt_of_another(bundle: BundleOf) -> None:
    bundle.put_event(SAID, relayed=receipt(story()[0].envelope, WORLD))


def receipt_dated_back(bundle: BundleOf) -> None:
    good = receipt(SAID.envelope, WORLD)
    leaf = msgspec.structs.replace(good.leaf, time=good.leaf.time - 86_400)
    bundle.put_event(SAID, relayed=msgspec.structs.replace(good, leaf=leaf))


def receipt_by_nobody(bundle: BundleOf) -> None:
    bundle.put_event(SAID, relayed=receipt(SAID.envelope, WORLD, keys="other"))


def receipt_of_a_relay_not_named(bundle: BundleOf) -> None:
    bundle.put_event(SAID, relayed=receipt(SAID.envelope, WORLD, size=0))


IMPOSTOR = event(Say(), "ec-night", story()[:3], contact="co-desk")
TWIN = event(Leave(), "ec-night", story()[:3])
OWN = opened_by("co-day", SAID)
ELSE = opened_by("ec-night", story()[0], message=SAID.message.id)
STRANGE_LINE = delivered("co-night", SAID.envelope)
STRANGER = event(Open(title="Another case"), "ec-night")
PRETENDED = event(Say(), before=story(), content=Text(subject="Drill", text=""), exercise=True)
ELSEWHERE = event(Join(), "ec-night", (STRANGER,))
LOOSE = opened_by("ec-night", event(Say(), before=story(), content=Text(subject="Not in here", text="")))
FORGED_LINE = delivered("ec-night", SAID.envelope, keys="co-night")
LOOSE_LINE = delivered("ec-night", "3" * 64)
OTHER_FILE = encrypt(b"another photograph", [IDENTITY.recipient()])


def called_another(bundle: BundleOf) -> None:
    _replaced(bundle, ("message", SAID.name), f"message-{'e' * 64}", encode(SAID.handed()))


def one_envelope_for_two(bundle: BundleOf) -> None:
    envelope = story()[2].envelope
    bundle.put_event(TWIN, envelope=envelope, relayed=receipt(envelope, WORLD))


def a_statement_dropped(bundle: BundleOf) -> None:
    bundle.put("log", "log", write_log(WORLD.entries[:-1]))


def a_statement_altered(bundle: BundleOf) -> None:
    last = WORLD.entries[-1].replace(b"ec-desk", b"ec-dusk", 1)
    bundle.put("log", "log", write_log([*WORLD.entries[:-1], last]))


def a_statement_twice(bundle: BundleOf) -> None:
    bundle.put("log", "log", write_log([*WORLD.entries, WORLD.entries[-1]]))


def a_log_that_is_none(bundle: BundleOf) -> None:
    bundle.put("log", "log", b"07\nwords\n")


def another_log(bundle: BundleOf) -> None:
    bundle.put("checkpoint", "checkpoint", checkpoint(WORLD, keys="another log"))


def a_forged_line(bundle: BundleOf) -> None:
    _replaced(bundle, ("line", LINE), f"line-{sha256(FORGED_LINE).hexdigest()}", FORGED_LINE)


def a_line_called_another(bundle: BundleOf) -> None:
    _replaced(bundle, ("line", LINE), f"line-{'4' * 64}", bundle.parts["line", LINE])


def a_loose_line(bundle: BundleOf) -> None:
    bundle.put("line", f"line-{sha256(LOOSE_LINE).hexdigest()}", LOOSE_LINE)


def no_line(bundle: BundleOf) -> None:
    bundle.put("line", f"line-{sha256(b'words').hexdigest()}", b"words")


def a_loose_receipt(bundle: BundleOf) -> None:
    bundle.put("receipt", f"receipt-{LOOSE.id}", encode(LOOSE.handed()))


def a_refusal_that_was_an_opening(bundle: BundleOf) -> None:
    handed = ANSWER.handed(note=ANSWER.note.decode().replace('"opened"', '"refused"'))
    bundle.put("receipt", f"receipt-{ANSWER.id}", encode(handed))


def a_message_as_a_receipt(bundle: BundleOf) -> None:
    bundle.put("receipt", f"receipt-{SAID.id}", encode(SAID.handed()))


def another_photograph(bundle: BundleOf) -> None:
    bundle.put("attachment", f"attachment-{FILE.cipher_hash}", OTHER_FILE)


def a_photograph_nobody_sent(bundle: BundleOf) -> None:
    bundle.put("attachment", f"attachment-{sha256(OTHER_FILE).hexdigest()}", OTHER_FILE)


def no_photograph(bundle: BundleOf) -> None:
    del bundle.parts["attachment", f"attachment-{FILE.cipher_hash}"]


def left_out_and_in_it(bundle: BundleOf) -> None:
    bundle.left_out[SAID.id] = "handling"


def signed_by_another(bundle: BundleOf) -> None:
    bundle.signer = "ec-night"


def exported_by_nobody(bundle: BundleOf) -> None:
    bundle.fields["device"] = "6" * 64


def a_kind_called_another(bundle: BundleOf) -> None:
    bundle.parts["receipt", SAID.name] = bundle.parts.pop(("message", SAID.name))


def _proof(bundle: BundleOf, of: Event = SAID, **fields: str) -> None:
    bundle.put_event(of, proof=msgspec.structs.replace(of.proof, **fields))


def another_messages_envelope(bundle: BundleOf) -> None:
    """The oldest receipt of all, for the youngest note."""
    first = story()[0]
    relayed = receipt(first.envelope, WORLD)
    bundle.put_event(SAID, envelope=first.envelope, relayed=relayed, proof=first.proof)


def another_file_key(bundle: BundleOf) -> None:
    _proof(bundle, key="0" * 32)


def another_nonce(bundle: BundleOf) -> None:
    _proof(bundle, nonce="0" * 32)


def another_envelope_header(bundle: BundleOf) -> None:
    _proof(bundle, header=SAID.proof.header.replace('"flash"', '"routine"'))


def another_age_header(bundle: BundleOf) -> None:
    _proof(bundle, age=story()[0].proof.age)


def an_age_header_with_more(bundle: BundleOf) -> None:
    _proof(bundle, age=SAID.proof.age + "more")


def an_age_header_that_is_none(bundle: BundleOf) -> None:
    _proof(bundle, age="words")


def _sealed_as_if(of: Event, message: Message) -> HandedNote:
    """What a relay gives a receipt for when somebody seals a note beside a header that says otherwise."""
    found = seal(WORLD.view, message, of.note, choices(*EVERYBODY), {}, WORLD.now)
    relayed = receipt(found.envelope, WORLD)
    return of.handed(envelope=found.envelope.hash, relayed=relayed, proof=found.proof)


def a_header_that_says_otherwise(bundle: BundleOf) -> None:
    message = msgspec.structs.replace(SAID.message, precedence="routine")
    bundle.put("message", SAID.name, encode(_sealed_as_if(SAID, message)))


def a_header_of_another_sender(bundle: BundleOf) -> None:
    sender = Sender(contact="co-desk", device=local_id("co-day"))
    bundle.put("message", SAID.name, encode(_sealed_as_if(SAID, msgspec.structs.replace(SAID.message, sender=sender))))


def an_answer_in_another_envelope(bundle: BundleOf) -> None:
    bundle.put("receipt", f"receipt-{ANSWER.id}", encode(ANSWER.handed(proof=SAID.proof)))


def an_answer_in_the_messages_envelope(bundle: BundleOf) -> None:
    handed = ANSWER.handed(envelope=SAID.envelope, proof=msgspec.UNSET)
    bundle.put("receipt", f"receipt-{ANSWER.id}", encode(handed))


def an_answer_of_whom_it_was_not_for(bundle: BundleOf) -> None:
    bundle.put("receipt", f"receipt-{OWN.id}", encode(OWN.handed()))


def an_answer_about_another_envelope(bundle: BundleOf) -> None:
    bundle.put("receipt", f"receipt-{ELSE.id}", encode(ELSE.handed()))


def delivered_to_whom_it_was_not_sealed(bundle: BundleOf) -> None:
    bundle.put("line", f"line-{sha256(STRANGE_LINE).hexdigest()}", STRANGE_LINE)


def names_of_two_messages_swapped(bundle: BundleOf) -> None:
    first, second = story()[:2]
    one, two = bundle.parts["message", first.name], bundle.parts["message", second.name]
    bundle.put("message", first.name, two)
    bundle.put("message", second.name, one)


def the_same_message_twice(bundle: BundleOf) -> None:
    bundle.put("message", f"message-{'f' * 64}", bundle.parts["message", SAID.name])


def the_opening_gone(bundle: BundleOf) -> None:
    """Who gathers a case cannot leave its beginning out and have the rest stand: the index says what is known."""
    del bundle.parts["message", story()[0].name]


def an_empty_index(bundle: BundleOf) -> None:
    bundle.put("index", "index", b"-\n")


def an_index_in_another_language(bundle: BundleOf) -> None:
    bundle.fields["language"] = "fr"


def an_index_that_hides_who_it_was_for(bundle: BundleOf) -> None:
    bundle.put("index", "index", bundle.parts["index", "index"].replace(b"ec-desk", b"pe-desk"))


def exported_for_another_contact(bundle: BundleOf) -> None:
    bundle.fields["contact"] = "pe-desk"


def index_says_otherwise(bundle: BundleOf) -> None:
    bundle.put("index", "index", bundle.parts["index", "index"].replace(b"at noon", b"at nine"))


SIGNED_ANEW: dict[Alteration, str] = {
    words_changed: SAID.name,
    receipt_of_another: SAID.name,
    receipt_dated_back: SAID.name,
    receipt_by_nobody: SAID.name,
    receipt_of_a_relay_not_named: SAID.name,
    lambda bundle: bundle.put_event(IMPOSTOR): IMPOSTOR.name,
    lambda bundle: bundle.put_event(STRANGER): STRANGER.name,
    lambda bundle: bundle.put_event(ELSEWHERE): ELSEWHERE.name,
    lambda bundle: bundle.put_event(PRETENDED): "manifest",
    lambda bundle: bundle.put("message", SAID.name, b"{}"): SAID.name,
    called_another: f"message-{'e' * 64}",
    one_envelope_for_two: "message-",
    a_statement_dropped: "log",
    a_statement_altered: "log",
    a_statement_twice: "log",
    a_log_that_is_none: "log",
    another_log: "checkpoint",
    a_forged_line: f"line-{sha256(FORGED_LINE).hexdigest()}",
    a_line_called_another: f"line-{'4' * 64}",
    a_loose_line: f"line-{sha256(LOOSE_LINE).hexdigest()}",
    no_line: f"line-{sha256(b'words').hexdigest()}",
    a_loose_receipt: f"receipt-{LOOSE.id}",
    a_refusal_that_was_an_opening: f"receipt-{ANSWER.id}",
    a_message_as_a_receipt: f"receipt-{SAID.id}",
    another_photograph: f"attachment-{FILE.cipher_hash}",
    a_photograph_nobody_sent: f"attachment-{sha256(OTHER_FILE).hexdigest()}",
    no_photograph: SAID.name,
    left_out_and_in_it: "manifest",
    signed_by_another: "manifest",
    exported_by_nobody: "manifest",
    a_kind_called_another: "manifest",
    index_says_otherwise: "index",
    another_messages_envelope: SAID.name,
    another_file_key: SAID.name,
    another_nonce: SAID.name,
    another_envelope_header: SAID.name,
    another_age_header: SAID.name,
    an_age_header_with_more: SAID.name,
    an_age_header_that_is_none: SAID.name,
    a_header_that_says_otherwise: SAID.name,
    a_header_of_another_sender: SAID.name,
    an_answer_in_another_envelope: f"receipt-{ANSWER.id}",
    an_answer_in_the_messages_envelope: f"receipt-{ANSWER.id}",
    an_answer_of_whom_it_was_not_for: f"receipt-{OWN.id}",
    an_answer_about_another_envelope: f"receipt-{ELSE.id}",
    delivered_to_whom_it_was_not_sealed: f"line-{sha256(STRANGE_LINE).hexdigest()}",
    names_of_two_messages_swapped: "message-",
    the_same_message_twice: f"message-{'f' * 64}",
    the_opening_gone: "index",
    an_empty_index: "index",
    an_index_in_another_language: "index",
    an_index_that_hides_who_it_was_for: "index",
    exported_for_another_contact: "manifest",
}
