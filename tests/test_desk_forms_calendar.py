"""Days in a form that contradict the day on which it is written; and a draft that its own day would erase."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from forms_filled import ALERT, MLA, NOW, VICTIM, filled
from hypothesis import given
from hypothesis import strategies as st

from crypto.age_pq import PQIdentity
from desk.drafting.drafts import Drafts, FormDraft
from desk.errors import Usage
from desk.forms.calendar import ENDS, HAPPENED, STOPS, contradicted
from desk.forms.catalogue import forms
from desk.keys.vault import Vault
from directory.four_languages import OFFICIAL

DAY = 86_400
TODAY = datetime.fromtimestamp(NOW, UTC).date().isoformat()  # 2026-09-21
PERSON = {"role": "suspect", "person": {"name": "A", "born": "2031"}}


def said(form: str, values: dict[str, Any], now: int = NOW) -> dict[str, bool]:
    """Where a day contradicts, and whether that stops the form."""
    return {each.where[0]: each.stops for each in contradicted(forms()[f"{form}/1"], filled(form, **values), now)}


CASES: dict[str, tuple[str, dict[str, Any], dict[str, bool]]] = {
    "nothing": ("victim-referral", {}, {}),
    "consent of tomorrow, which is today elsewhere": ("victim-referral", {"agreed_on": "2026-09-22"}, {}),
    "consent that is dated ahead": ("victim-referral", {"agreed_on": "2026-09-23"}, {"agreed_on": True}),
    "a referral that is dated ahead": ("victim-referral", {"referred_on": "2035-01-01"}, {"referred_on": False}),
    "kept until today": ("victim-referral", {"keep_until": TODAY}, {}),
    "kept until yesterday": ("victim-referral", {"keep_until": "2026-09-20"}, {"keep_until": True}),
    "what happened tomorrow week": (
        "victim-referral", {"events": ({"kind": "recruitment", "since": "2026-10-01"},)}, {"events[0].since": False},
    ),
    "an answer that was needed": (
        "mutual-legal-assistance", {"deadline": {"at": NOW, "zone": "America/Bogota"}}, {"deadline": False},
    ),
    "an answer that is needed": (
        "mutual-legal-assistance", {"deadline": {"at": NOW + 1, "zone": "America/Bogota"}}, {},
    ),
    "born ahead": ("mutual-legal-assistance", {"persons": (PERSON,)}, {"persons[0].person.born": False}),
    "an alert that is valid no more": (
        "operational-alert", {"valid_until": {"at": NOW - 1, "zone": "UTC"}}, {"valid_until": False},
    ),
    "a journey that is yet to come": (
        "operational-alert", {"legs": ({"departs_on": "2027-01-01"},)}, {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_day_that_cannot_be_is_pointed_out(name: str) -> None:
    form, values, found = CASES[name]
    assert said(form, values) == found


@pytest.mark.parametrize(("hour", "over"), [(5, False), (11, False), (12, True), (23, True)])
def test_a_day_is_over_when_it_is_over_everywhere(hour: int, over: bool) -> None:
    """At five by UTC it is midnight in Lima; at noon the last islands have the next day too."""
    now = NOW - NOW % DAY + hour * 3600
    found = said("extradition", {"custody_until": "2026-09-20"}, now)
    assert found == ({"custody_until": False} if over else {})
    assert said("victim-referral", {"keep_until": "2026-09-20"}, now) == {"keep_until": True}  # desks erase by UTC


@pytest.mark.parametrize(("form", "values"), [("victim-referral", VICTIM), ("mutual-legal-assistance", MLA),
                                              ("operational-alert", ALERT)])  # fmt: skip
def test_a_form_of_today_contradicts_nothing(form: str, values: dict[str, Any]) -> None:
    assert said(form, values) == {}


def test_it_is_told_in_each_language_with_the_field_and_the_day() -> None:
    (gap,) = contradicted(forms()["victim-referral/1"], filled("victim-referral", keep_until="2020-01-01"), NOW)
    told = {gap.told(language) for language in OFFICIAL}
    assert len(told) == len(OFFICIAL)
    assert all("2020-01-01" in each for each in told)
    assert gap.told("es") == "«Conservar los datos hasta»: 2020-01-01 ya pasó; corrija la fecha. (regla de Enlace)"


def test_every_field_that_is_looked_at_is_one_of_a_form() -> None:
    known = {each.field for form in forms().values() for each in form.fields}
    inner = {f"{each.field}.{one.field}" for form in forms().values() for each in form.fields for one in each.fields}
    assert known | inner >= HAPPENED | ENDS
    assert STOPS <= HAPPENED | ENDS


@given(st.dates(), st.integers(min_value=0, max_value=4_000_000_000))
def test_a_consent_is_never_both_given_and_yet_to_come(day: Any, now: int) -> None:
    ahead = bool(said("victim-referral", {"agreed_on": day.isoformat()}, now))
    assert ahead == ((day - datetime.fromtimestamp(now, UTC).date()).days > 1)


def test_no_draft_is_stored_that_would_be_erased_at_once(tmp_path: Path) -> None:
    drafts = Drafts(Vault(tmp_path, PQIdentity.generate()))

    def draft(**changes: Any) -> FormDraft:
        return FormDraft(filled=filled("victim-referral", **VICTIM | changes), begun=NOW, changed=NOW)

    drafts.add(draft())
    slip = draft(keep_until="2020-01-01")
    with pytest.raises(Usage, match="keep_until: 2020-01-01 is over, and the draft would be erased at once; nothing"):
        drafts.change("d1", draft(), slip)
    with pytest.raises(Usage, match="keep_until"):
        drafts.add(slip)
    assert drafts.get("d1") == draft()
    assert drafts.names() == ["d1"]
