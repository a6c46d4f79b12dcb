"""What leaves in the formats of others: HTCDS by a committed table, STIX 2.1; and what does not leave."""

import json
import re
from typing import Any

import pytest
from forms_filled import ALERT, NOW, VICTIM, filled
from forms_strategies import of_form
from hypothesis import given, settings

from desk.forms.cover import Cover
from desk.forms.filled import Filled
from desk.forms.htcds import NOTICE, NotExported, htcds_table, to_htcds
from desk.forms.stix import MARKINGS, to_stix, write_stix

COVER = Cover(tlp="AMBER+STRICT", sender="Mesa 24/7, Perú", sent=NOW, message="3f9c2a77d1e04b6b8c55a1f0e2d39b47")
ALERTED = filled("operational-alert", **ALERT)
REFERRED = filled("victim-referral", **VICTIM)


def objects(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in bundle["objects"] if each["type"] == kind]


def test_a_referral_in_the_terms_of_htcds() -> None:
    found = to_htcds(REFERRED, "AMBER")
    assert found["notice"] == NOTICE
    assert "not independently validated" in NOTICE
    assert found["verify"] == ["EventEnd", "EventLocation", "EventStart", "MethodOfRecruitment"]
    assert found["fields"] == {
        "CaseStatus": "Active",
        "TraffickingStatus": "Actual",
        "MethodOfRecruitment": ["JobOffer", "SocialMedia"],
        "MethodsOfControl": ["DebtBondage", "WithholdsDocuments"],
        "TypeOfExploitation": ["ForcedLabour"],
        "ForcedLabourIndustry": ["C"],
        "LocationOfRecruitment": {"country": "PE", "name": "Cusco"},
        "Events": [
            {
                "EventType": "Recruitment",
                "EventLocation": {"country": "PE", "name": "Cusco"},
                "EventStart": "2026-03-01",
            },
            {
                "EventType": "Exploitation",
                "EventLocation": {"country": "AR", "name": "Buenos Aires"},
                "EventStart": "2026-03-15",
                "EventEnd": "2026-08-30",
            },
        ],
    }


def test_nothing_that_could_tell_who_the_victim_is_leaves() -> None:
    where = {"country": "AR", "name": "Buenos Aires", "detail": "Calle Falsa 123", "latitude": 1, "longitude": 2}
    form = filled("victim-referral", **VICTIM | {"events": [{"kind": "exploitation", "where": where}]})
    text = json.dumps(to_htcds(form, "CLEAR"), ensure_ascii=False)
    for secret in ("Luna", "Reservado", "2009", "17", "female", "Juzgado", "Falsa", "latitude", "PE", "línea"):
        assert secret not in text
    assert {each.field.partition(".")[0] for each in htcds_table().rows} == {
        "case_status", "trafficking_status", "recruitment", "controls", "exploitation", "industries", "events",
    }  # fmt: skip


@pytest.mark.parametrize("town", ["Casa de la familia Reservado", "RESERVADO", "Luna-7", "Refugio Luna", "Nömbre"])
def test_a_town_that_says_what_somebody_is_called_stays_out(town: str) -> None:
    where = {"country": "AR", "name": town}
    form = filled("victim-referral", **VICTIM | {"events": [{"kind": "recruitment", "where": where}]})
    found = to_htcds(form, "CLEAR")["fields"]
    assert found["Events"][0]["EventLocation"] == found["LocationOfRecruitment"] == {"country": "AR"}


def test_a_code_the_standard_lacks_is_other_and_stands_once_or_is_left_out() -> None:
    form = filled(
        "victim-referral",
        agrees="yes",
        exploitation=["forced-criminality", "other", "something-newer"],
        case_status="lost",
        recruitment=["unheard-of"],
        industries=["isic-v"],
        events=[{"kind": "sale"}],
    )
    found = to_htcds(form, "GREEN")["fields"]
    assert found == {"TypeOfExploitation": ["Other"], "MethodOfRecruitment": ["Other"]}


@pytest.mark.parametrize(
    ("form", "tlp", "why"),
    [
        (ALERTED, "AMBER", "written of victim-referral/1"),
        (REFERRED, "RED", "TLP:RED"),
        (filled("victim-referral", **VICTIM | {"agrees": "no"}), "AMBER", "has not agreed"),
        (filled("victim-referral"), "AMBER", "has not agreed"),
    ],
)
def test_what_is_not_written_as_htcds(form: Filled, tlp: Any, why: str) -> None:
    with pytest.raises(NotExported, match=why):
        to_htcds(form, tlp)


def test_an_alert_as_stix_is_the_same_every_time_and_marked_throughout() -> None:
    bundle = to_stix(ALERTED, COVER, "en")
    assert write_stix(bundle) == write_stix(to_stix(ALERTED, COVER, "en"))
    assert json.loads(write_stix(bundle)) == bundle
    (marking,) = objects(bundle, "marking-definition")
    assert marking["name"] == "TLP:AMBER+STRICT"
    assert next(iter(marking["extensions"].values()))["tlp_2_0"] == "amber+strict"
    for each in bundle["objects"]:
        assert re.fullmatch(
            each["type"] + r"--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each["id"]
        )
        if each is not marking:
            assert each["object_marking_refs"] == [MARKINGS["AMBER+STRICT"]]
    ids = [each["id"] for each in bundle["objects"]]
    assert len(set(ids)) == len(ids)
    (sender,) = [each for each in objects(bundle, "identity") if each["identity_class"] == "organization"]
    other = to_stix(ALERTED, Cover(tlp=COVER.tlp, sender=COVER.sender, sent=NOW + 9, message="other"), "en")
    same = {each["id"] for each in other["objects"]} & set(ids)
    assert sender in other["objects"]
    assert {each.partition("--")[0] for each in same} == {
        "identity", "marking-definition", "url", "email-addr", "ipv4-addr", "domain-name", "user-account",
    }  # fmt: skip


def test_what_an_alert_becomes() -> None:
    bundle = to_stix(ALERTED, COVER, "en")
    (campaign,) = objects(bundle, "campaign")
    assert campaign["name"] == "Ofertas falsas de empleo en talleres"
    assert (campaign["first_seen"], campaign["last_seen"]) == ("2026-02-01T00:00:00.000Z", "2026-09-10T00:00:00.000Z")
    assert {each["name"] for each in objects(bundle, "location")} == {"Cusco", "La Paz", "Buenos Aires"}
    (cusco,) = [each for each in objects(bundle, "location") if each["name"] == "Cusco"]
    assert (cusco["latitude"], cusco["longitude"]) == (-13.53195, -71.967463)
    assert [each["value"] for each in objects(bundle, "ipv4-addr")] == ["192.0.2.7"]
    (report,) = objects(bundle, "report")
    assert set(report["object_refs"]) == {
        each["id"] for each in bundle["objects"] if each["type"] not in ("report", "marking-definition")
    } - {bundle["objects"][1]["id"]}
    (note,) = objects(bundle, "note")
    assert "Telephone number" in note["content"]
    assert "Leaves from: Cusco, Peru" in note["content"]
    persons = [each for each in objects(bundle, "identity") if each["identity_class"] == "individual"]
    assert [(each["name"], each["roles"]) for each in persons] == [("Persona B", ["recruiter"])]
    assert objects(bundle, "threat-actor") == []
    how = {each["relationship_type"] for each in objects(bundle, "relationship")}
    assert how == {"uses", "originates-from", "related-to"}


def test_what_stix_has_no_object_for_stays_in_words() -> None:
    form = filled(
        "operational-alert",
        identifiers=[
            {"kind": "ipv4", "value": "192.0.2.700"},
            {"kind": "email", "value": "no address"},
            {"kind": "url"},
        ],
        legs=[{"departure": {"name": "Un lugar"}}, {"arrival": {"country": "PE"}}],
        first_seen="2026-02-01",
        last_seen="2026-01-01",
    )
    bundle = to_stix(form, COVER, "es")
    assert not {"ipv4-addr", "email-addr"} & {each["type"] for each in bundle["objects"]}
    (note,) = objects(bundle, "note")
    assert "192.0.2.700" in note["content"]
    assert "Un lugar" in note["content"]
    (campaign,) = objects(bundle, "campaign")
    assert campaign["name"] == "operational-alert/1"
    assert "last_seen" not in campaign


@pytest.mark.parametrize(
    ("form", "cover", "why"),
    [
        (REFERRED, COVER, "written of operational-alert/1"),
        (ALERTED, Cover(tlp="RED", sender="x", sent=NOW, message="x"), "TLP:RED"),
        (ALERTED, Cover(sender="x", sent=NOW, message="x", victim=True), "data about a victim"),
        (ALERTED, Cover(sender="x", sent=NOW, message="x", exercise=True), "an exercise"),
        (
            filled("operational-alert", persons=[{"role": "victim", "person": {"name": "Nombre Reservado"}}]),
            COVER,
            "not known here: alert-roles victim; update",
        ),
        (ALERTED, Cover(sender="x", sent=NOW), "a message with its id"),
        (ALERTED, Cover(sender="x", message="x"), "its time"),
        (ALERTED, Cover(sender="x", message="x", sent=2**40), "its time"),
        (ALERTED, Cover(sent=NOW, message="x"), "its sender"),
    ],
)
def test_what_is_not_written_as_stix(form: Filled, cover: Cover, why: str) -> None:
    with pytest.raises(NotExported, match=why):
        to_stix(form, cover, "en")


@given(of_form("operational-alert/1"))
@settings(max_examples=15)
def test_whatever_an_alert_holds_its_bundle_holds_together(form: Filled) -> None:
    bundle = to_stix(form, COVER, "pt")
    ids = {each["id"] for each in bundle["objects"]}
    assert len(ids) == len(bundle["objects"])
    for each in bundle["objects"]:
        asked = [
            each.get("source_ref"),
            each.get("target_ref"),
            *each.get("object_refs", ()),
            each.get("created_by_ref"),
        ]
        assert {one for one in asked if one} <= ids
    write_stix(bundle)


@given(of_form("victim-referral/1"))
@settings(max_examples=15)
def test_whatever_a_referral_holds_no_free_text_of_it_leaves(form: Filled) -> None:
    agreed = filled("victim-referral", form.language, **form.values | {"agrees": "yes"})
    allowed = {"country", "name"} | {each.name for each in htcds_table().rows}
    found = to_htcds(agreed, "AMBER")["fields"]
    for event in found.get("Events", ()):
        assert set(event) <= allowed
        assert set(event.get("EventLocation", ())) <= {"country", "name"}
    assert set(found) <= allowed | {"Events", "LocationOfRecruitment"}
