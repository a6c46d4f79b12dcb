"""What a third reader sees of a step by which something was passed on, and of requests in cases locked here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_world import changed, message, note_of, receipt
from directory_world import local_id
from recovery_world import WORLD, Desks
from test_desk_requests_stored import as_event, made, proven

from desk.cases.acts import CaseEvent, Say
from desk.commands.withheld import Withheld
from desk.handling.agreed import agreed_plain, agreed_text, agreements
from desk.handling.marks import Handling
from desk.handling.rules import GiveConsent, TakeBackConsent
from desk.mail.content import Consent, Content, HandedOver, PassedOn
from desk.mail.facts import Facts
from desk.mail.message import Message, Sender, stored_message
from desk.mail.subjects import text_hash
from desk.profile.unlocked import Unlocked
from desk.requests.acts import Ask, Repeat, RequestEvent, Send
from desk.requests.stored import Requests

NOW = WORLD.now
Signed = tuple[Message, bytes, str]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Unlocked]:
    desks = Desks(tmp_path)
    yield desks.desk("ec-night")
    desks.close()


def of_court(content: Content | None = None, **fields: Any) -> Signed:
    """A message of ec-court's to co-desk, which is the third party to whatever co-desk passes on to ec-desk."""
    found = message(WORLD, to=("co-desk",), **(fields | ({"content": content} if content is not None else {})))
    found = changed(found, sender=Sender(contact="ec-court", device=local_id("ec-late")))
    note = note_of(found, "ec-late")
    return found, note, text_hash(stored_message(note)[1])


def facts_at(time: int, came: int = 0, **fields: Any) -> Facts:
    """As the relay proved when it took something in; `came` is when it was here."""
    return changed(proven(b"x"), relayed=receipt("e" * 64, WORLD, time=time), received=came or time, **fields)


def put(here: Unlocked, found: Message, facts: Facts | None = None, by: str = "co-night") -> int:
    note = note_of(found, by)
    here.mail.add(found, note, facts or proven(note))
    return here.mail.newest()


def step(here: Unlocked, found: Message, facts: Facts | None = None) -> tuple[str, str]:
    """What is told of the one step in a message, to programs and to people."""
    (agreed,) = agreements(here, here.mail.get(put(here, found, facts)))
    return agreed_plain(agreed)["verdict"], agreed_text(agreed)


def passing(*notes: Signed, **fields: Any) -> Message:
    """A message by which co-desk passes others on to ec-desk."""
    return message(WORLD, content=PassedOn(notes=tuple(as_event(each).handed() for each in notes)), **fields)


@pytest.mark.parametrize(
    ("number", "facts", "verdict", "when"),
    [
        (1, facts_at(NOW + 50), "allowed", ""),
        (2, facts_at(NOW + 200), "refused", ""),
        (3, facts_at(NOW, NOW + 50, warnings=("unproven",)), "allowed", " (nothing proves when"),
        (4, facts_at(NOW, NOW + 200, warnings=("unproven",)), "refused", " (nothing proves when"),
        (5, Facts(direction="in", received=NOW + 200), "refused", " (nothing proves when"),
    ],
)
def test_a_step_is_judged_by_when_it_is_proven_or_came_and_never_by_the_time_that_it_claims(
    here: Unlocked, number: int, facts: Facts, verdict: str, when: str
) -> None:
    """Whoever dates it back, after what it passes on was to be erased, gains nothing."""
    inner = of_court(
        handling=Handling(tlp="CLEAR", onward="yes", erase_at=NOW + 100), expires=NOW + 90, case=str(number)
    )
    here.clock = lambda: NOW + 300
    found, words = step(here, passing(inner, at=NOW), facts)
    assert found == verdict
    assert words.startswith(f"by co-desk to ec-desk{when}")


def test_a_consent_that_was_taken_back_counted_until_then(here: Unlocked) -> None:
    inner = of_court(handling=Handling(tlp="AMBER", onward="yes"))
    here.clock = lambda: NOW + 300
    gave = GiveConsent(message=inner[2], act="forward", contact="ec-desk")
    consent = of_court(Consent(event=gave))
    back = of_court(Consent(event=TakeBackConsent(consent=consent[2])))
    here.mail.add(back[0], back[1], facts_at(NOW + 100))
    for at, verdict in ((NOW + 99, "allowed"), (NOW + 100, "needs-consent"), (NOW + 200, "needs-consent")):
        found = passing(inner, case=str(at))
        along = changed(found.content, consents=(as_event(consent).handed(),))
        assert step(here, changed(found, content=along), facts_at(at))[0] == verdict, at


def test_events_that_are_given_again_are_not_judged_where_their_request_is_not_known(here: Unlocked) -> None:
    root = made(Send(), handling=Handling(tlp="RED"), to=("ec-court",))
    asked = made(Ask(text="x"), root[2], handling=Handling(tlp="RED"), to=("ec-court",))
    again = RequestEvent(request=root[2], after=(asked[2],), act=Repeat())
    other = message(WORLD, to=("ec-court",), handling=Handling(tlp="RED"), case="of no request")
    others = (other, note_of(other), "")
    ec_late = {"sender": Sender(contact="ec-court", device=local_id("ec-late"))}

    def given(*notes: Signed, case: str) -> tuple[str, str]:
        found = changed(passing(*notes, request=again, case=case), **ec_late)
        note = note_of(found, "ec-late")
        here.mail.add(found, note, proven(note))
        (agreed,) = agreements(here, here.mail.get(here.mail.newest()))
        return agreed_plain(agreed)["verdict"], agreed_text(agreed)

    verdict, words = given(asked, case="1")
    assert verdict == "unknown"
    assert f"NOT KNOWN whether it was free: events of request {root[2][:12]} are given again, which is not on" in words
    assert "if ec-desk is none, there stands against it, what no consent lifts: TLP:RED" in words
    assert given(asked, others, case="2")[0] == "refused"  # what is not known hides nothing of what is
    own = of_court(handling=Handling(tlp="RED"), case="of no request either")
    assert [given(*each, case="5")[0] for each in ((asked, own), (own,))] == ["unknown", "allowed"]
    assert given(root, asked, case="3")[0] == "refused"  # the request is in it: ec-desk has no part in that
    assert given(asked, case="4")[0] == "refused"


def test_a_request_that_came_in_a_case_that_is_locked_here_says_nothing_in_a_list(here: Unlocked) -> None:
    root = made(Send(text="Se aloja en la calle de los Olivos"), to=("ec-court",))
    said = CaseEvent(case="1" * 64, after=("2" * 64,), act=Say())
    court = message(WORLD, to=("ec-court",), case_event=said)
    note = note_of(court)
    package = HandedOver(
        case="1" * 64, act="2" * 64, notes=tuple(as_event(each).handed() for each in (root, (court, note, "")))
    )
    put(here, message(WORLD, content=package))
    (request,) = Requests(here.mail, here.replica().view).all()
    withheld = Withheld(here)
    assert withheld.of(request) == {"locked": "not-now"}
    assert withheld.words(request, "en").startswith("(this message of a case is locked here: ")
    whole = {name: [{"id": "7", "act": {"kind": "send", "text": "x"}}] for name in ("events", "waiting")}
    whole |= {"unproven": [], "outsiders": []}
    bare = {"events": [{"id": "7", "act": {"kind": "send"}}], "waiting": [{"id": "7", "act": {"kind": "send"}}]}
    told = withheld.plain(request, {**whole, "form": "x", "case": "y", "id": "z"})
    assert told == whole | bare | {"form": "", "case": "", "id": "z", "locked": "not-now"}
