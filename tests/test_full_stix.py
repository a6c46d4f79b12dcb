"""An alert as STIX 2.1, read by another hand's library: `stix2`."""

import pytest
from forms_filled import ALERT, NOW, filled
from forms_strategies import of_form
from hypothesis import given, settings

from desk.forms.cover import Cover
from desk.forms.filled import Filled
from desk.forms.stix import MARKINGS, to_stix, write_stix

pytestmark = pytest.mark.full
COVER = Cover(tlp="GREEN", sender="Mesa 24/7, Perú", sent=NOW, message="3f9c2a77d1e04b6b8c55a1f0e2d39b47")


@pytest.mark.parametrize("tlp", sorted(MARKINGS))
def test_another_hand_reads_an_alert_and_makes_the_same_ids_of_what_was_observed(tlp: str) -> None:
    stix2 = pytest.importorskip("stix2", reason="needs stix2: make setup-full")
    cover = Cover(tlp=tlp, sender=COVER.sender, sent=NOW, message=COVER.message)  # type: ignore[arg-type]  # a Tlp
    raw = write_stix(to_stix(filled("operational-alert", **ALERT), cover, "es")).decode()
    bundle = stix2.parse(raw, allow_custom=False)
    kinds = [each["type"] for each in bundle.objects]
    assert {"report", "campaign", "attack-pattern", "location", "note", "url", "user-account"} <= set(kinds)
    for each in bundle.objects:
        if each["type"] in ("url", "email-addr", "ipv4-addr", "domain-name"):
            assert type(each)(value=each["value"])["id"] == each["id"]
        if each["type"] == "user-account":
            assert type(each)(user_id=each["user_id"])["id"] == each["id"]


@given(of_form("operational-alert/1"))
@settings(max_examples=60)
def test_another_hand_reads_whatever_an_alert_holds(form: Filled) -> None:
    stix2 = pytest.importorskip("stix2", reason="needs stix2: make setup-full")
    bundle = stix2.parse(write_stix(to_stix(form, COVER, "fr")).decode(), allow_custom=False)
    assert [each["type"] for each in bundle.objects].count("report") == 1
