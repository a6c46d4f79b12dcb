"""What shows which note an envelope held: the envelope made again, or refused; and what a desk keeps of it."""

import msgspec
import pytest
from bundle_world import story
from desk_world import message, network, note_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_desk_mail import keyring, mail

from desk.handling.expiry import stub_of
from desk.handling.rules import GiveConsent
from desk.mail.content import Consent, Drill, Receipt, Text
from desk.mail.envelope_proof import EnvelopeProof, NotItsEnvelope, envelope_again, header_of
from desk.mail.facts import Facts
from desk.mail.kept_proofs import MOST_PASSED_PROOF
from desk.mail.message import shows_envelope
from desk.mail.store import MailStore
from desk.requests.acts import RequestEvent, Send
from directory.canonical import Malformed, decode, encode

__all__ = ["keyring", "mail"]
SAID = story()[-1]
TEXT = Text(subject="x", text="")


def test_the_envelope_is_made_again_from_the_note() -> None:
    envelope = envelope_again(SAID.proof, SAID.note, SAID.envelope)
    assert envelope.header == header_of(SAID.proof)
    assert envelope.header.sender == SAID.message.sender.device


@pytest.mark.parametrize(
    "fields",
    [
        {"header": "{}"},
        {"header": header_of(SAID.proof).id},
        {"header": SAID.proof.header + " "},
        {"age": "age-encryption.org/v1\n"},
        {"age": SAID.proof.age.replace("\n", "\r\n")},
        {"age": SAID.proof.age + "é"},
        {"nonce": story()[0].proof.nonce},
        {"key": story()[0].proof.key},
    ],
)
def test_another_envelope_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(NotItsEnvelope):
        envelope_again(msgspec.structs.replace(SAID.proof, **fields), SAID.note, SAID.envelope)


def test_another_note_or_hash_is_refused() -> None:
    for note, envelope in ((story()[0].note, SAID.envelope), (SAID.note, "0" * 64), (b"\n" * (3 << 20), SAID.envelope)):
        with pytest.raises(NotItsEnvelope):
            envelope_again(SAID.proof, note, envelope)


@pytest.mark.parametrize(
    "raw",
    [
        encode(SAID.proof).replace(b'"key":"', b'"key":"0'),
        encode(SAID.proof).replace(b'"nonce":"', b'"nonce":"x'),
        b'{"age":"","header":"{}","key":"' + b"0" * 32 + b'","nonce":"' + b"0" * 32 + b'"}',
        b"{}",
    ],
)
def test_what_is_no_proof_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode(raw, EnvelopeProof)


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40), st.binary(min_size=32, max_size=32))
def test_any_proof_is_that_of_the_envelope_or_refused(header: str, age: str, more: bytes) -> None:
    proof = EnvelopeProof(header=header, age=age, nonce=more[:16].hex(), key=more[16:].hex())
    with pytest.raises(NotItsEnvelope):
        envelope_again(proof, SAID.note, SAID.envelope)


def test_a_desk_keeps_it_for_events_receipts_and_consents_however_long_it_is() -> None:
    receipt = Receipt(act="opened", message="0" * 32, envelope="0" * 64)
    consent = Consent(event=GiveConsent(message="0" * 64, act="forward", contact="ec-desk"))
    request = message(network(), content=TEXT, request=RequestEvent(act=Send()))
    others = (message(network(), content=each) for each in (receipt, consent))
    assert all(shows_envelope(each) for each in (SAID.message, request, *others))
    assert not shows_envelope(message(network(), content=TEXT))


def test_of_other_correspondence_up_to_a_bound_and_of_a_drill_not_at_all(mail: MailStore) -> None:
    long = msgspec.structs.replace(SAID.proof, age=SAID.proof.age + "-" * MOST_PASSED_PROOF)
    words, drill = message(network(), content=TEXT), message(network(), content=Drill(), id="7" * 32)
    numbers = [mail.add(each, note_of(each), Facts(direction="in")) for each in (words, drill)]
    for number, said, proof, kept in (
        (numbers[0], words, SAID.proof, SAID.proof),
        (numbers[0], words, long, None),
        (numbers[1], drill, SAID.proof, None),
        (numbers[1], SAID.message, long, long),
    ):
        assert number is not None
        with mail.together():
            mail.proofs.keep(number, said, proof)
        assert mail.proofs.proof(number) == kept


def test_it_is_stored_sealed_and_goes_with_its_message(mail: MailStore) -> None:
    number = mail.add(SAID.message, SAID.note, Facts(direction="in"))
    other = message(network())
    plain = mail.add(other, note_of(other), Facts(direction="out"), queue=True)
    assert number is not None
    assert plain is not None
    with mail.together():
        mail.proofs.put(number, SAID.proof)
    assert (mail.proofs.proof(number), mail.proofs.proof(plain)) == (SAID.proof, None)
    mail._db.execute("INSERT INTO proofs (message, sealed) SELECT ?, sealed FROM proofs", (plain,))
    assert mail.proofs.proof(plain) is None  # it belongs to another message
    mail.erase(number, stub_of(mail.get(number), 5, 6))
    assert mail.proofs.proof(number) is None
