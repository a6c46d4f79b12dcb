"""What a form tells of a victim, and what follows for the message it is sent in."""

from typing import Any

import pytest
from desk_world import changed, note_of
from forms_filled import ALERT, MLA, VICTIM
from test_desk_message import PLAIN, WORLD

from desk.errors import Declined
from desk.forms.filled import Filled
from desk.handling.marks import Handling
from desk.handling.sending import check_sending, marks_for
from desk.handling.victim import consent_record, consular_consent, kept_until, victim_data
from desk.mail.content import Form, HandedNote, PassedOn
from desk.mail.message import MessageStage


def filled(form: str, values: dict[str, Any]) -> Filled:
    return Filled(form=form, language="es", values=values)


@pytest.mark.parametrize(
    ("form", "values", "about"),
    [
        ("victim-referral/1", VICTIM, True),
        ("victim-referral/1", {}, True),
        ("victim-referral/9", {"x": {"pseudonym": "A-1"}}, True),
        ("general-message/1", {}, False),
        ("general-message/9", {"persons": [{"pseudonym": "A-1"}]}, True),
        ("general-message/9", {"colour": "red"}, False),
        ("nobody-knows/1", {}, True),
        ("mutual-legal-assistance/1", {"persons": [{"role": "victim", "person": {"pseudonym": "A-1"}}]}, True),
        ("mutual-legal-assistance/1", {"persons": [{"role": "suspect", "person": {"name": "x"}}]}, False),
        ("operational-alert/1", ALERT, False),
    ],
)
def test_what_is_about_a_victim(form: str, values: dict[str, Any], about: bool) -> None:
    assert victim_data(filled(form, values)) is about
    assert marks_for(Handling(), filled(form, values)).victim is about


def test_only_what_is_recorded_counts_as_a_yes() -> None:
    for said in ("yes", "no", "withheld"):
        assert consular_consent(filled("victim-referral/1", VICTIM | {"consular_contact": said})) == said
    others: tuple[Any, ...] = (None, True, "YES", ["yes"])
    for other in others:
        assert consular_consent(filled("victim-referral/2", {"consular_contact": other})) == ""


def test_a_consent_record_is_named_by_what_it_says_and_of_whom() -> None:
    record = consent_record(filled("victim-referral/1", VICTIM))
    assert record is not None
    others = [VICTIM | {"consular_contact": "withheld"}, VICTIM | {"victim": {"pseudonym": "another"}}]
    assert record.hash not in [
        getattr(consent_record(filled("victim-referral/1", each)), "hash", "") for each in others
    ]
    assert consent_record(filled("mutual-legal-assistance/1", MLA)) is None


@pytest.mark.parametrize(
    ("day", "until"),
    [("1970-01-01", 86_400), ("2026-12-31", 1_798_761_600), ("nonsense", 0), (7, 0), ("9999-12-31", 0)],
)
def test_it_is_kept_to_the_end_of_the_day(day: Any, until: int) -> None:
    assert kept_until(filled("victim-referral/2", {"keep_until": day})) == until


def test_nothing_is_sealed_that_breaks_a_rule() -> None:
    view, form = WORLD.view, filled("victim-referral/1", VICTIM)
    marked = changed(PLAIN, content=Form(filled=form), handling=marks_for(Handling(identified="a court asks"), form))
    check_sending(view, marked)
    for wrong, why in (
        (marks_for(Handling(), form), "a victim is named in identity"),
        (marks_for(Handling(identified=" "), form), "a victim is named in identity"),
        (Handling(), "not marked so"),
        (Handling(victim=True), "no longer"),
    ):
        with pytest.raises(Declined, match=why):
            check_sending(view, changed(marked, handling=wrong))
    stages = (*PLAIN.stages[:1], MessageStage(after=600, contacts=("another-desk",)))
    for marks in (Handling(tlp="RED"), Handling(victim=True)):
        with pytest.raises(Declined, match="reaches only the named"):
            check_sending(view, changed(PLAIN, stages=stages, handling=marks))
    with pytest.raises(Declined, match="longer than it may be kept"):
        check_sending(view, changed(PLAIN, handling=Handling(erase_at=PLAIN.expires - 1)))


def test_what_is_passed_on_with_looser_marks_outside_is_not_sealed() -> None:
    until = PLAIN.expires + 9
    for inner, outer, why in (
        (Handling(tlp="AMBER"), Handling(tlp="GREEN"), "what is handed on keeps its marks; looser would be its TLP"),
        (Handling(onward="no"), Handling(onward="ask"), "its third-party rule"),
        (Handling(erase_at=until), Handling(), "how long it is kept"),
        (Handling(erase_at=until), Handling(erase_at=until + 1), "how long it is kept"),
        (Handling(victim=True), Handling(), "not marked so"),
    ):
        carried = PassedOn(notes=(HandedNote(note=note_of(changed(PLAIN, handling=inner)).decode()),))
        check_sending(WORLD.view, changed(PLAIN, content=carried, handling=inner))
        with pytest.raises(Declined, match=why):
            check_sending(WORLD.view, changed(PLAIN, content=carried, handling=outer))
