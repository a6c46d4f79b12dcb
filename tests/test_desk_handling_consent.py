"""Consent by command where more than one word was said about the same thing, in real offices."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from cli_world import PASSPHRASE, Office
from handling_world import arrived, refused, sent

from desk.handling.composing import about_consent
from desk.handling.consents import rows
from desk.handling.expiry import stub_of
from desk.handling.rules import AskConsent, ConsentEvent, GiveConsent, TakeBackConsent
from desk.mail.content import Consent
from desk.mail.facts import Facts
from desk.mail.message import MessageStage, stored_message, write_message
from desk.mail.subjects import text_hash
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked, unlocked
from relay.protocol.lines import device_name

pytest_plugins = ("handling_office",)


def said(office: Office, name: str = "co-desk") -> dict[int, str]:
    return {each["number"]: each["state"] for each in office.ask(name, "consent", "list")["consents"]}


@contextmanager
def at_desk(office: Office, name: str) -> Iterator[Unlocked]:
    with unlocked(Profile.open(office.profile(name)), PASSPHRASE.encode(), lambda: int(time.time())) as desk:
        yield desk


def signed(desk: Unlocked, event: ConsentEvent, *to: str, sender: str = "co-desk", queue: bool = True) -> int:
    """What another program, or a colleague at the same moment, says of consent: nothing asks whether it is of use."""
    identity = desk.profile.identity
    message = about_consent(desk.replica(), identity.device, sender, "pe-desk", event, None, desk.clock())
    if to:
        message = msgspec.structs.replace(message, stages=(MessageStage(after=0, contacts=to),))
    note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
    number = desk.mail.add(message, note, Facts(direction="out"), queue=queue)
    assert number is not None
    return number


def gift(desk: Unlocked, ask: str, *to: str, **fields: Any) -> int:
    """The same, of a consent to what an ask asks for."""
    content = desk.mail.get(int(ask)).message.content
    assert isinstance(content, Consent)
    assert isinstance(content.event, AskConsent)
    asked = content.event
    return signed(desk, GiveConsent(message=asked.message, act=asked.act, contact=asked.contact, **fields), *to)


def asked(office: Office, *options: str) -> tuple[str, str]:
    """A message to `pe-desk`, and its ask to pass it on to `ar-court`: its number there, and the ask's here."""
    number = str(sent(office, "co-desk", "pe-desk", "--tlp", "AMBER", *options))
    office.ask("pe-desk", "consent", "ask", number, "--act", "forward", "--for", "ar-court")
    return number, str(arrived(office, "co-desk"))


def test_the_last_word_about_one_consent_is_the_one_that_counts(handling_office: Office) -> None:
    office = handling_office
    number = str(sent(office, "co-desk", "pe-desk", "--tlp", "amber"))
    onward = ("forward", number, "ar-court", "--from", "pe-desk")
    why = office.file("why.txt", "who asks\nsays why")
    asking = ("consent", "ask", number, "--act", "forward", "--for", "ar-court")
    nothing, blank = office.file("nothing.txt", ""), "is blank; write it, or leave it away"
    for given, words in (
        (("x", "--text", why), "either on the command line or with --text FILE"), (("  ",), f"the text {blank}"),
        (("--text", nothing), f"the text in {nothing} is blank"), (("--purpose", " "), f"the purpose {blank}"),
        (("x" * 4001,), "the text has 4001 characters"),
    ):  # fmt: skip
        ran = office.run("pe-desk", *asking, *given)
        assert (ran.code, words in ran.err) == (2, True), ran
    office.ask("pe-desk", *asking, "--text", why)
    ask = str(arrived(office, "co-desk"))
    listed = office.run("co-desk", "consent", "list").out
    assert "| who asks" in listed
    assert "| says why" in listed
    gave = office.run("co-desk", "consent", "give", ask, "--yes", "--json")
    first = gave.plain["number"]
    assert "| who asks\n| says why\n" in gave.err
    again = refused(office.run("co-desk", "consent", "give", ask, "--yes"))
    assert f"message {first} gives that consent already; nothing was signed" in again
    shorter = office.ask("co-desk", "consent", "give", ask, "--until", "2099-12-31", "--yes")
    assert shorter["taken_back"] == [first]
    assert [said(office)[each] for each in (first, shorter["number"])] == ["taken-back", "counts"]
    unsaid = office.run("co-desk", "consent", "refuse", ask, "--reason", "\u200b")
    assert (unsaid.code, "the reason is blank" in unsaid.err) == (2, True), unsaid
    denied = office.run("co-desk", "consent", "refuse", ask, "--reason", "Not any more")
    assert f"Taken back: what was given in message {shorter['number']}." in denied.out
    arrived(office, "pe-desk")
    told = [each for each in office.ask("pe-desk", "consent", "list")["consents"] if each["about"] == int(number)]
    assert {each["state"] for each in told if each["kind"] == "give"} == {"taken-back"}
    assert [each["state"] for each in told if each["kind"] == "ask"] == ["refused"]
    refused(office.run("pe-desk", *onward))
    ended = office.run("co-desk", "consent", "take-back", str(first))
    assert (ended.code, "was taken back before; nothing was signed" in ended.err) == (2, True)
    office.ask("co-desk", "consent", "give", ask, "--yes")
    office.ask("pe-desk", "sync")
    assert office.ask("pe-desk", *onward)["sent"]


def test_a_consent_does_not_outlive_its_taking_back_where_its_message_is_gone(handling_office: Office) -> None:
    """Nor one that ended by this desk's clock, which elsewhere, by another clock, still counts."""
    office, now = handling_office, int(time.time())
    number, ask = asked(office)
    first = office.ask("co-desk", "consent", "give", ask, "--yes")["number"]
    with at_desk(office, "co-desk") as desk:
        again, ended = gift(desk, ask, "pe-desk", "ar-desk"), gift(desk, ask, until=now - 60)
        held = desk.mail.get(next(each.about for each in rows(desk)[::-1] if each.about))
        desk.mail.erase(held.number, stub_of(held, now - 1, now))
        states = {each.stored.number: each.state for each in rows(desk)}
        assert [states[each] for each in (int(ask), first, again, ended)] == [
            "given", "unknown-message", "unknown-message", "ended",
        ]  # fmt: skip
    back = office.ask("co-desk", "consent", "take-back", str(ended))
    assert (back["taken_back"], back["waiting"]) == ([ended, first, again], [])
    with at_desk(office, "co-desk") as desk:
        made = [desk.mail.get(back["number"] + each).message for each in range(4)]
        given = [desk.mail.get(each).message for each in (ended, first, again, again)]
        assert [each.handling for each in made] == [each.handling for each in given]
        assert [each.contacts for each in made] == [("pe-desk",)] * 3 + [("ar-desk",)], "who was given it, each"
    office.ask("pe-desk", "sync")
    told = [each for each in office.ask("pe-desk", "consent", "list")["consents"] if each["about"] == int(number)]
    assert [each["state"] for each in told] == ["taken-back"] * 7
    refused(office.run("pe-desk", "forward", number, "ar-court", "--from", "pe-desk"))


def test_a_word_in_place_of_another_is_queued_with_its_taking_back_or_not_at_all(handling_office: Office) -> None:
    """What had expired in the outbox takes nothing back; and a purpose that is spelt out is the message's own."""
    office = handling_office
    _, ask = asked(office, "--purpose", "Inquiry")
    first = office.ask("co-desk", "consent", "give", ask, "--yes")["number"]
    with full_after_one(office.profile("co-desk")):
        for words in (("give", ask, "--until", "2099-12-31", "--yes"), ("refuse", ask)):
            assert office.run("co-desk", "consent", *words).code != 0
    with at_desk(office, "co-desk") as desk:
        assert desk.mail.waiting() == []
        given = stored_message(desk.mail.get(first).note)[1]
        never = signed(desk, TakeBackConsent(consent=text_hash(given)), queue=False)  # as `given_up` leaves it
        spelt, same = gift(desk, ask, purpose="inquiry"), desk.mail.get(int(ask)).message.content
    assert isinstance(same, Consent)
    with at_desk(office, "pe-desk") as desk:  # the same is asked in another's name
        signed(desk, same.event, "co-desk", sender="pe-consulate")
    office.ask("pe-desk", "sync")
    other = arrived(office, "co-desk")
    states = said(office)
    assert [states[each] for each in (int(ask), first, never)] == ["given", "counts", "unproven"]
    assert states[other] == "asked", "answered by what was given to somebody else"
    assert office.ask("co-desk", "consent", "refuse", ask)["taken_back"] == [first, spelt]


@contextmanager
def full_after_one(profile: Path) -> Iterator[None]:
    """A disk that takes one message more into the outbox, and then is full."""
    with closing(sqlite3.connect(profile / "messages.db")) as disk:
        disk.execute(
            "CREATE TRIGGER full BEFORE INSERT ON outbox WHEN (SELECT count(*) FROM outbox) > 0 "
            "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
        yield
        disk.execute("DROP TRIGGER full")


def test_a_refusal_says_what_still_allows_what_it_refuses(handling_office: Office) -> None:
    office = handling_office
    number = str(sent(office, "co-desk", "pe-desk", "--tlp", "AMBER"))
    ask = ("consent", "ask", number, "--act", "forward", "--for", "ar-court")
    office.ask("pe-desk", *ask)
    given = office.ask("co-desk", "consent", "give", str(arrived(office, "co-desk")), "--yes")["number"]
    office.ask("pe-desk", *ask, "--purpose", "tax proceedings")
    ran = office.run("co-desk", "consent", "refuse", str(arrived(office, "co-desk")), "--reason", "not for taxes")
    assert ran.code == 0
    assert f"what was given in message {given} is to more than this, and allows it too" in ran.err
    assert f"`enlace consent take-back {given}` ends that" in ran.err
