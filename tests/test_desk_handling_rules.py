"""Handling rules: each mark with each act and receiver, by a table; which consent counts; marks that stay."""

from itertools import product
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.handling.marks import Handling, Tlp
from desk.handling.rules import (
    ACTS,
    NEVER,
    REASONS,
    VERDICTS,
    AskConsent,
    ConsentEvent,
    Decision,
    GiveConsent,
    Held,
    Intent,
    Party,
    RefuseConsent,
    SignedConsent,
    TakeBackConsent,
    counting,
    decide,
    due,
    loosened,
    strictest,
)
from desk.handling.words import ACTS as ACT_WORDS
from desk.handling.words import REASONS as REASON_WORDS
from desk.handling.words import VERDICTS as VERDICT_WORDS
from desk.handling.words import decision_text
from directory.canonical import decode, encode

NOW = 1_772_409_600
SENDER = Party("co-desk", "co", "trafficking-24-7")
READER = Party("ec-desk", "ec", "trafficking-24-7")
COLLEAGUE = Party("ec-court", "ec", "prosecution")
OTHER = Party("us-desk", "us", "trafficking-24-7")
NAMED = Party("pe-desk", "pe", "trafficking-24-7")
OUTSIDE = Party("xx-press")
CONSULATE = Party("us-consulate", "us", "consular")
MESSAGE = "1" * 64


def held(tlp: Tlp = "AMBER", **fields: Any) -> Held:
    handling: dict[str, Any] = {name: fields.pop(name) for name in ("onward", "purpose", "source") if name in fields}
    usual: dict[str, Any] = {"message": MESSAGE, "sender": SENDER, "named": ("ec-desk", "pe-desk")}
    return Held(**(usual | fields), handling=Handling(**({"onward": "yes", "tlp": tlp} | handling)))


# One row a mark: to a colleague, another member, out of the network; export; print. a: allowed, c: consent, r: refused.
BY_TLP = {
    "RED": "rrr rr",
    "AMBER+STRICT": "acc ca",
    "AMBER": "acc aa",
    "GREEN": "aac aa",
    "CLEAR": "aaa aa",
}
# The same under `onward`: what it adds.
BY_ONWARD = {"yes": "aaa aa", "ask": "acc aa", "no": "arr ca"}
BY_VICTIM = {False: "aaa aa", True: "ccc ca"}
INTENTS = [
    Intent("forward", READER, COLLEAGUE),
    Intent("forward", READER, OTHER),
    Intent("forward", READER, OUTSIDE),
    Intent("export", READER),
    Intent("print", READER),
]
WORD = {"a": "allowed", "c": "needs-consent", "r": "refused"}


@pytest.mark.parametrize(("tlp", "onward", "victim"), list(product(BY_TLP, BY_ONWARD, BY_VICTIM)))
def test_each_mark_with_each_act(tlp: Tlp, onward: str, victim: bool) -> None:
    rows = [each.replace(" ", "") for each in (BY_TLP[tlp], BY_ONWARD[onward], BY_VICTIM[victim])]
    for place, intent in enumerate(INTENTS):
        strictest = max((row[place] for row in rows), key="acr".index)
        found = decide(held(tlp, onward=onward, victim=victim), intent, [], NOW)
        assert found.verdict == WORD[strictest], (intent, found)
        assert bool(found.reasons) == (strictest != "a")
        answered = decide(held(tlp, onward=onward, victim=victim), with_act(intent, "answer"), [], NOW)
        if intent.act == "forward":  # an answer to somebody who is not named is a passing on
            assert answered == found


def with_act(intent: Intent, act: Any) -> Intent:
    return Intent(act, intent.reader, intent.to or SENDER, intent.purpose)


@pytest.mark.parametrize("tlp", get_args(Tlp))
@pytest.mark.parametrize("to", [SENDER, NAMED])
def test_among_those_named_it_is_free(tlp: Tlp, to: Party) -> None:
    for act in ("answer", "forward"):
        found = decide(held(tlp, onward="no", victim=True), with_act(Intent("answer", READER, to), act), [], NOW)
        assert found == Decision("allowed")


def consent(
    event: ConsentEvent, name: str = "a", contact: str = "co-desk", taken_in: int | None = NOW - 60
) -> SignedConsent:
    return SignedConsent(name * 64, contact, taken_in, event)


GIVEN = GiveConsent(message=MESSAGE, act="forward", contact="us-desk")
TO_OTHER = Intent("forward", READER, OTHER)


@pytest.mark.parametrize("tlp", ["AMBER+STRICT", "AMBER"])
def test_a_consent_lifts_what_it_is_for(tlp: Tlp) -> None:
    assert decide(held(tlp), TO_OTHER, [consent(GIVEN)], NOW) == Decision(
        "allowed", ("beyond-organisation",) if tlp == "AMBER+STRICT" else ("beyond-clients",), "a" * 64
    )


# An attempt to get round the rules with a consent that is none.
NONE = {
    "of somebody else": [consent(GIVEN, contact="ec-desk")],
    "of a named one": [consent(GIVEN, contact="pe-desk")],
    "unproven": [consent(GIVEN, taken_in=None)],
    "yet to come": [consent(GIVEN, taken_in=NOW + 1)],
    "for another message": [consent(msgspec.structs.replace(GIVEN, message="2" * 64))],
    "for another act": [consent(msgspec.structs.replace(GIVEN, act="export"))],
    "for another receiver": [consent(msgspec.structs.replace(GIVEN, contact="pe-desk"))],
    "for another purpose": [consent(msgspec.structs.replace(GIVEN, purpose="immigration control"))],
    "run out": [consent(msgspec.structs.replace(GIVEN, until=NOW))],
    "taken back": [consent(GIVEN), consent(TakeBackConsent(consent="a" * 64), "b")],
    "taken back, and no proof of when": [
        consent(GIVEN),
        consent(TakeBackConsent(consent="a" * 64), "b", taken_in=None),
    ],
    "for a purpose that is only signs": [consent(msgspec.structs.replace(GIVEN, purpose="!!"))],
    "only asked for": [consent(AskConsent(message=MESSAGE, act="forward", contact="us-desk"))],
    "refused": [consent(RefuseConsent(asked="a" * 64))],
}


@pytest.mark.parametrize("what", NONE)
def test_a_consent_that_does_not_count(what: str) -> None:
    assert decide(held(), TO_OTHER, NONE[what], NOW) == Decision("needs-consent", ("beyond-clients",))


def test_consents_that_count() -> None:
    until = consent(msgspec.structs.replace(GIVEN, until=NOW + 1))
    assert counting(held(), TO_OTHER, [until], NOW) == until
    others = consent(TakeBackConsent(consent="a" * 64), "b", contact="ec-desk")
    assert counting(held(), TO_OTHER, [consent(GIVEN), others], NOW) == consent(GIVEN)
    export = consent(GiveConsent(message=MESSAGE, act="export", contact="ec-desk"))
    assert decide(held("AMBER+STRICT"), INTENTS[3], [export], NOW).verdict == "allowed"


@pytest.mark.parametrize(
    ("what", "intent"),
    [
        (held("RED"), TO_OTHER),
        (held("RED"), Intent("export", READER)),
        (held(onward="no"), TO_OTHER),
        (held(victim=True), Intent("forward", READER, CONSULATE)),
        (held(erase_at=NOW), TO_OTHER),
    ],
)
def test_no_consent_lifts_a_refusal(what: Held, intent: Intent) -> None:
    receiver = (intent.to or intent.reader).contact
    act: Any = intent.act
    given = consent(GiveConsent(message=MESSAGE, act=act, contact=receiver))
    found = decide(what, intent, [given], NOW)
    assert (found.verdict, found.consent) == ("refused", "")


@pytest.mark.parametrize("said", ["", "no", "withheld", "yes"])
@pytest.mark.parametrize("reader", [READER, SENDER])
def test_consular_contact_is_never_automatic(said: Any, reader: Party) -> None:
    """Also for who sent it, and for a consulate that is named."""
    for named in ((), ("us-consulate",)):
        what = held("CLEAR", victim=True, consular=said, named=named)
        found = decide(what, Intent("forward", reader, CONSULATE), [], NOW)
        assert ("consular" in found.reasons) == (said != "yes")
        assert (found.verdict == "refused") == (said != "yes")


def test_what_a_consular_contact_sent_may_be_answered() -> None:
    what = held("AMBER", victim=True, sender=CONSULATE)
    assert decide(what, Intent("answer", READER, CONSULATE), [], NOW) == Decision("allowed")
    another = Party("pe-consulate", "pe", "consular")
    assert "consular" in decide(what, Intent("answer", READER, another), [], NOW).reasons


def test_the_strictest_of_several_holds() -> None:
    free, asked, never = (
        decide(held(tlp), TO_OTHER, [], NOW) for tlp in ("CLEAR", "AMBER", "RED")
    )  # fmt: skip
    assert strictest([free, asked]) == asked
    assert strictest([never, asked, free]).verdict == "refused"
    assert set(strictest([never, asked]).reasons) == {*never.reasons, *asked.reasons}


def test_a_purpose_binds() -> None:
    what = held("CLEAR", purpose="Investigación criminal")
    same, another = "investigacion CRIMINAL", "immigration control"
    for act in ("forward", "export", "print"):
        to = NAMED if act == "forward" else None
        assert decide(what, Intent(act, READER, to, same), [], NOW) == Decision("allowed")
        assert decide(what, Intent(act, READER, to, another), [], NOW) == Decision("needs-consent", ("purpose",))
    assert decide(what, Intent("answer", READER, SENDER, another), [], NOW) == Decision("allowed")
    given = GiveConsent(message=MESSAGE, act="print", contact="ec-desk", purpose="Immigration  control")
    assert decide(what, Intent("print", READER, None, another), [consent(given)], NOW).verdict == "allowed"
    assert (
        decide(what, Intent("print", READER), [consent(given)], NOW).verdict == "allowed"
    )  # nothing stands against it
    spelled = msgspec.structs.replace(given, act="export", purpose="INVESTIGACIÓN criminal")
    strict = held("AMBER+STRICT", purpose="Investigación criminal")
    assert decide(strict, Intent("export", READER), [consent(spelled)], NOW).verdict == "allowed"  # named, and the same
    for one, other in (("¡!", "??"), ("", "??")):
        signs = held("CLEAR", purpose=one)
        verdict = decide(signs, Intent("print", READER, None, other), [], NOW).verdict
        assert verdict == ("needs-consent" if one else "allowed")
    plain = msgspec.structs.replace(given, purpose="")
    assert decide(what, Intent("print", READER, None, another), [consent(plain)], NOW).verdict == "needs-consent"


def test_who_sent_it_may_do_what_they_like_with_it() -> None:
    for tlp in get_args(Tlp):
        what = held(tlp, onward="no", purpose="x", victim=True)
        assert decide(what, Intent("forward", SENDER, OTHER, "y"), [], NOW) == Decision("allowed")
        for act in ("export", "print"):
            assert decide(what, Intent(act, SENDER), [], NOW).verdict == ("refused" if tlp == "RED" else "allowed")


def test_after_its_time_nothing_may_be_done_with_it() -> None:
    for intent in [*INTENTS, Intent("answer", READER, SENDER), Intent("forward", SENDER, OTHER)]:
        assert decide(held("CLEAR", erase_at=NOW), intent, [], NOW) == Decision("refused", ("erased",))
        assert decide(held("CLEAR", erase_at=NOW + 1), intent, [], NOW).verdict != "refused"
    kept = [held(message=str(n) * 64, erase_at=at) for n, at in enumerate((NOW, NOW + 1, NOW - 9, NEVER))]
    assert due(kept, NOW) == ("2" * 64, "0" * 64)


def test_a_passing_on_names_somebody() -> None:
    with pytest.raises(ValueError, match="to whom"):
        decide(held(), Intent("forward", READER), [], NOW)


HANDLINGS = st.builds(
    Handling,
    tlp=st.sampled_from(get_args(Tlp)),
    onward=st.sampled_from(["yes", "ask", "no"]),
    victim=st.booleans(),
    purpose=st.sampled_from(["", "x"]),
    source=st.sampled_from(["", "A"]),
)


@settings(max_examples=40)
@given(HANDLINGS, HANDLINGS, st.integers(NOW, NOW + 2), st.integers(NOW, NOW + 2))
def test_marks_stay(old: Handling, new: Handling, until: int, later: int) -> None:
    what = Held(MESSAGE, SENDER, (), old, until, victim=old.victim)
    assert loosened(what, old, until) == ()
    found = loosened(what, new, later)
    strict = ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"].index
    assert ("tlp" in found) == (strict(new.tlp) < strict(old.tlp))
    assert ("onward" in found) == ((old.onward, new.onward) in (("no", "ask"), ("no", "yes"), ("ask", "yes")))
    assert ("retention" in found) == (later > until)
    assert ("victim" in found) == (old.victim and not new.victim)
    assert ("purpose" in found, "source" in found) == (old.purpose != new.purpose, old.source != new.source)


@pytest.mark.parametrize("event", [GIVEN, AskConsent(message=MESSAGE, act="print", contact="ec-desk", text="¿Puedo?"),
                                  RefuseConsent(asked=MESSAGE), TakeBackConsent(consent=MESSAGE)])  # fmt: skip
def test_what_is_signed_of_consent_is_read_again(event: ConsentEvent) -> None:
    assert decode(encode(event), ConsentEvent) == event  # type: ignore[arg-type]  # a union of types


@pytest.mark.parametrize("language", ["es", "en", "pt", "fr"])
def test_every_decision_has_words(language: str) -> None:
    for words, names in ((ACT_WORDS, ACTS), (VERDICT_WORDS, VERDICTS), (REASON_WORDS, REASONS)):
        assert [*words] == [*names]
    assert all(all(row) for table in (ACT_WORDS, VERDICT_WORDS, REASON_WORDS) for row in table.values())
    found = decide(held("AMBER", onward="ask", victim=True), TO_OTHER, [], NOW)
    assert found.reasons == ("beyond-clients", "third-party", "victim")
    text = decision_text(found, TO_OTHER, language)
    assert REASON_WORDS["victim"][["es", "en", "pt", "fr"].index(language)] in text
    if language == "en":
        assert text.startswith("Pass on: needs the consent of who sent it (TLP:AMBER: does not leave")
