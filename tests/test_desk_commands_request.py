"""`enlace request` as people type it: a request from sending to closing, what is refused before anything is signed."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_world import Office
from forms_filled import MLA, PRESERVATION, VICTIM, filled

from desk.forms.filled import write_filled
from desk.notices.limits import FILE, load

pytest_plugins = ("shared_office",)


@pytest.fixture
def office(shared_office: Office) -> Office:
    return shared_office


def form(office: Office, name: str, values: dict[str, Any], kind: str = "mutual-legal-assistance") -> str:
    return office.file(f"{name}.json", write_filled(filled(kind, **values)))


def sent(office: Office, name: str, **values: Any) -> str:
    """A request from co-desk to ar-desk, as ar-desk has it."""
    file = form(office, name, MLA | {"reference": name} | values)
    plain = office.ask("co-desk", "request", "send", "ar-desk", "--form", file, "--yes")
    assert plain["sent"]
    assert plain["state"] == "sent"
    office.ask("ar-desk", "sync")
    return str(plain["request"])[:12]


def shown(office: Office, who: str, request: str) -> dict[str, Any]:
    office.ask(who, "sync")
    return office.ask(who, "request", "show", request)


def refused(office: Office, who: str, *arguments: str) -> str:
    """What a command says that is refused."""
    ran = office.run(who, "request", *arguments)
    assert ran.code in (2, 3, 7), ran
    return ran.err


def test_a_request_from_sending_to_closing(office: Office) -> None:
    request = sent(office, "EXP-1")
    office.ask("ar-desk", "request", "receive", request, "--reference", "AR 1/26")
    office.ask("ar-desk", "request", "accept", request, "--expected", "2049-01-30", "En curso", "--in", "es-AR")
    office.ask("ar-desk", "request", "ask", request, "¿Qué banco?")
    (question,) = shown(office, "co-desk", request)["questions"]
    assert "answer" in shown(office, "co-desk", request)["next"][0]
    office.ask("co-desk", "request", "answer", request, "El del puerto", "--to", question[:8])
    file = office.file("extracto.txt", "movimientos")
    office.ask("ar-desk", "sync")
    office.ask("ar-desk", "request", "part", request, "Extractos", "--attach", file)
    office.ask("ar-desk", "request", "complete", request)
    office.ask("co-desk", "sync")
    office.ask("co-desk", "request", "close", request, "--reason", "done")
    mine, theirs = shown(office, "co-desk", request), shown(office, "ar-desk", request)
    assert mine["digest"] == theirs["digest"]
    assert (mine["state"], mine["side"], theirs["side"], mine["turn"]) == ("closed", "asking", "asked", "")
    kinds = [each["act"]["kind"] for each in mine["events"]]
    assert kinds == ["send", "receive", "accept", "ask", "answer", "part", "complete", "close"]
    assert all(not each["why"] for each in theirs["events"])
    assert mine["events"][2]["act"]["language"] == "es-AR"
    (timer,) = mine["timers"]
    assert (timer["timer"], timer["state"]) == ("expected", "met")
    (row,) = [
        each for each in office.ask("ar-desk", "request", "list", "--all")["requests"] if each["state"] == "closed"
    ]
    assert row["request"].startswith(request)
    assert [{**each["act"], "text": ""} for each in row["events"]] == [
        {**each["act"], "text": ""} for each in mine["events"]
    ]
    assert not any("text" in each["act"] for each in row["events"]), "the list has no words, and claims none"
    assert any(each["act"].get("text") for each in mine["events"])


def test_accepting_stops_the_relays_clock_first_and_a_crash_between_loses_nothing(office: Office) -> None:
    request = sent(office, "EXP-2")
    number = shown(office, "ar-desk", request)["events"][0]["message"]
    office.ask("ar-desk", "accept", str(number))  # as far as a desk gets that dies between clock and act
    assert shown(office, "ar-desk", request)["state"] == "sent"
    office.ask("ar-desk", "request", "accept", request)
    assert shown(office, "co-desk", request)["state"] == "accepted"
    other = sent(office, "EXP-3")
    office.ask("ar-desk", "request", "refuse", other, "--reason", "wrong-authority", "Fuero federal")
    number = shown(office, "co-desk", other)["events"][0]["message"]
    events = office.ask("co-desk", "receipts", str(number))["events"]
    assert {"refused", "clock stopped: refused"} <= {each["what"] for each in events}
    assert [each["reason"] for each in events if each["what"] == "refused"] == ["wrong-authority: Fuero federal"]


def test_what_would_have_no_effect_is_not_signed(office: Office) -> None:
    request = sent(office, "EXP-4")
    assert "the request has not come to that yet. Nothing was signed" in refused(
        office, "ar-desk", "part", request, "x"
    )
    assert "esto corresponde a la otra parte" in refused(office, "co-desk", "accept", request, "--language", "es")
    assert "say why it is closed" in refused(office, "co-desk", "close", request, "--reason", "done")
    assert "no question of the other side is open" in refused(office, "co-desk", "answer", request, "x")
    assert "no question of the other side is called" in refused(
        office, "co-desk", "answer", request, "x", "--to", "beef"
    )


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("accept", "{request}", "--expected", "soon"), "'soon' is no time; write it like 2026-11-30"),
    (("accept", "{request}", "--expected", "2026-02-30"), "there is no such time"),
    (("accept", "{request}", "--expected", "2001-01-01"), "is over already"),
    (("accept", "{request}", "--since", "2049-01-01"), "has not come yet"),
    (("accept", "{request}", "--since", "1999-01-01"), "more than a year before the request"),
    (("accept", "{request}", "--reference", "x" * 201), "at most 200 are possible"),
    (("ask", "{request}"), "it needs words"),
    (("ask", "{request}", "x", "--in", "Spanish!"), "no code of a language"),
    (("ask", "{request}", "x", "--text", "x.txt"), "either on the command line or with --text"),
    (("ask", "{request}", "x" * 20_001), "at most 20000 are possible"),
    (("part", "{request}", "x", "--attach", "nowhere"), "there is no file nowhere to attach"),
    (("part", "{request}", "x", "--form", "nowhere"), "there is no form at nowhere"),
    (("refuse", "{request}", "x", "--reason", "rain"), "is not one of"),
    (("via", "{request}", "--channel", "post", "--on", "2049-01-01"), "has not come yet"),
    (("ask", "{request}", "x", "--from", "co-desk"), "does not serve co-desk"),
    (("show", "abc"), "no id of a request"),
    (("show", "ffffffffffff"), "there is no request ffffffffffff"),
    (("limits", "--set", "{braces}"), "no file of time limits"),
    (("send", "co-desk"), "give the form with --form FILE"),
    (("send", "co-desk", "--form", "{braces}"), "no filled form"),
    (("send", "--form", "{mla}"), "a request goes to one contact"),
    (("send", "co-dsk", "--form", "{mla}", "--yes"), "there is no contact co-dsk"),
    (("send", "ar-desk", "--form", "{mla}", "--yes"), "ar-desk is whom this is sent for"),
    (("send", "co-desk", "--draft", "d9999"), "there is no draft d9999"),
    (("pdf", "{request}", "--out", "{braces}"), "is there already; --replace"),
]


def test_what_makes_no_sense_is_refused_and_nothing_changes(office: Office) -> None:
    files = {"braces": office.file("braces.json", '{"no":1}'), "mla": form(office, "mla", MLA)}
    request = sent(office, "EXP-5")
    before = office.ask("ar-desk", "request", "list", "--all")
    for arguments, why in REFUSED:
        ran = office.run("ar-desk", "request", *(each.format(request=request, **files) for each in arguments))
        assert (ran.code in (2, 3, 7), why in ran.err) == (True, True), (arguments, ran)
    assert office.ask("ar-desk", "request", "list", "--all") == before


def test_what_a_form_lacks_is_told_with_the_article_and_stops_it(office: Office) -> None:
    file = form(office, "bare", {"reference": "EXP-6"})
    told = refused(office, "co-desk", "send", "ar-desk", "--form", file, "--yes")
    assert "- Missing: “Requesting authority”. (UNTOC, art. 18(15)(a)" in told
    assert "thing(s) that a request cannot be sent without; nothing was signed" in told
    assert "Falta: «Autoridad requirente»" in refused(
        office, "co-desk", "send", "ar-desk", "--form", file, "--language", "es"
    )


def test_what_is_only_a_warning_has_to_be_confirmed(office: Office) -> None:
    named = MLA | {"reference": "EXP-7", "persons": [{"role": "victim", "person": {"name": "Persona C"}}]}
    file = form(office, "named", named)
    told = refused(office, "co-desk", "send", "ar-desk", "--form", file)
    assert "A victim is named" in told
    assert "Send it as it is? There is no terminal to ask at; say yes beforehand with --yes" in told


def test_the_same_request_twice_is_told_and_sent_only_when_said(office: Office) -> None:
    request = sent(office, "Exp. 8")
    file = form(office, "again", MLA | {"reference": "EXP 8"})
    told = refused(office, "co-desk", "send", "ar-desk", "--form", file, "--yes")
    assert f"the same reference (Exp. 8) is that of request {request}, to ar-desk, sent" in told
    assert "--anyway sends it nevertheless" in told
    assert office.ask("co-desk", "request", "send", "ar-desk", "--form", file, "--yes", "--anyway")["sent"]


def test_a_follow_up_meets_the_time_limit_of_a_preservation(office: Office) -> None:
    file = form(office, "kept", PRESERVATION | {"reference": "EXP-9"}, "urgent-preservation")
    plain = office.ask("co-desk", "request", "send", "ar-desk", "--form", file, "--yes", "-p", "immediate")
    request = plain["request"][:12]
    office.ask("ar-desk", "sync")
    office.ask("ar-desk", "request", "accept", request)
    shown(office, "co-desk", request)
    known = load(office.profile("co-desk")).limits  # what the locked desk knows: nothing of the request itself
    (due,) = [each for each in office.ask("co-desk", "request", "due")["due"] if each["request"] == plain["request"]]
    assert due["due"] in [each.due for each in known if each.passed]
    assert plain["request"] not in (office.profile("co-desk") / FILE).read_text()
    assert (due["timer"], due["by"], due["ours"], due["verify"]) == ("preservation", ["co-desk"], True, True)
    assert f"--follows {request}" in office.run("co-desk", "request", "due").out
    assert f"--follows {request}" in office.run("co-desk", "request", "show", request).out
    limits = office.file("limits.json", '{"terms":[{"timer":"preservation","days":90,"source":"Ley 1"}]}')
    office.ask("co-desk", "request", "limits", "--set", limits, "--yes")
    (timer,) = office.ask("co-desk", "request", "show", request)["timers"]
    assert (timer["due"] - timer["began"], timer["verify"], timer["source"]) == (90 * 86_400, False, "Ley 1")
    sent_after = form(office, "after", MLA | {"reference": "EXP-10"})
    office.ask("co-desk", "request", "send", "ar-desk", "--form", sent_after, "--yes", "--follows", request)
    (timer,) = office.ask("co-desk", "request", "show", request)["timers"]
    assert timer["state"] == "met"


def test_a_victims_data_are_marked_kept_to_one_stage_and_never_go_to_a_consulate_by_themselves(office: Office) -> None:
    file = form(office, "victim", {k: v for k, v in VICTIM.items() if k != "identity"}, "victim-referral")
    plain = office.ask("co-desk", "request", "send", "ar-desk", "--form", file, "--yes", "--case", "EXP-11")
    office.ask("ar-desk", "sync")
    read = office.ask("ar-desk", "read", str(shown(office, "ar-desk", plain["request"])["events"][0]["message"]))
    assert read["handling"]["victim"] is True
    assert read["request"]["state"] == "sent"
    about = [f"--set={each}" for each in ("function=consular", "name_en=Consulate", "phone=always:+12025550182")]
    officer = office.officers["ar-desk"]
    office.ask("ar-admin", "contact", "publish", "ar-consulate", *about, f"--set=officers={officer}")
    try:
        office.ask("co-desk", "sync")
        told = refused(office, "co-desk", "send", "ar-consulate", "--form", file, "--yes", "--case", "EXP-12")
        assert "ar-consulate is a consular contact" in told
    finally:
        office.ask("ar-admin", "contact", "retire", "ar-consulate", "--yes")
        for each in ("co-desk", "ar-desk"):
            office.ask(each, "sync")


def test_where_a_request_stands_is_told_with_each_of_its_messages(office: Office) -> None:
    request = sent(office, "EXP-13")
    number = shown(office, "ar-desk", request)["events"][0]["message"]
    text = office.run("ar-desk", "read", str(number)).out
    assert f"Request     {request}, sent, waits for ar-desk; `enlace request show {request}`" in text


WORDS = {
    "es": ("Le toca a", "Puede hacer ahora:", "Huella de la historia"),
    "en": ("Waits for", "You can now:", "Digest of the history"),
    "pt": ("Aguarda", "Pode fazer agora:", "Resumo do histórico"),
    "fr": ("En attente de", "Vous pouvez maintenant", "Empreinte de l’historique"),
}


def test_a_request_is_read_in_four_languages(office: Office) -> None:
    request = sent(office, "EXP-17")
    for language, words in WORDS.items():
        text = office.run("ar-desk", "request", "show", request, "--language", language).out
        assert [each for each in words if each not in text] == []
        assert request in office.run("ar-desk", "request", "list", "--language", language).out


def test_an_exercise_is_marked_wherever_it_is_shown(office: Office) -> None:
    file = form(office, "drill", MLA | {"reference": "EXP-14"})
    plain = office.ask("co-desk", "request", "send", "ar-desk", "--form", file, "--yes", "--exercise")
    office.ask("ar-desk", "sync")
    assert plain["exercise"]
    assert office.run("ar-desk", "request", "accept", plain["request"]).out.startswith("EXERCISE ")
    assert shown(office, "co-desk", plain["request"])["state"] == "accepted"
    for who, command in (("ar-desk", "list"), ("co-desk", "list")):
        assert "EXERCISE: nothing of this is real" in office.run(who, "request", command).out
    assert "EXERCISE: nothing of this is real" in office.run("ar-desk", "request", "show", plain["request"]).out


def test_an_act_without_a_network_waits_and_is_counted_here_alone(office: Office) -> None:
    request = sent(office, "EXP-15")
    office.ask("ar-desk", "request", "accept", request)
    alone = office.unreachable("ar-desk")
    ran = office.run(alone, "request", "part", request, "Primera parte", "--json")
    assert (ran.code, json.loads(ran.out)["state"]) == (4, "partial")
    text = office.run(alone, "request", "show", request).out
    assert "waits in the outbox" in text
    plain = office.ask(alone, "request", "show", request)
    assert plain["state"] == "partial"
    assert plain["digest"] == office.ask("ar-desk", "request", "show", request)["digest"]


def test_what_is_given_again_makes_the_histories_one(office: Office, tmp_path: Path) -> None:
    request = sent(office, "EXP-16")
    office.ask("ar-desk", "request", "accept", request)
    assert office.ask("ar-desk", "request", "repeat", request)["sent"]
    mine = shown(office, "co-desk", request)
    assert [each["act"]["kind"] for each in mine["events"]] == ["send", "accept", "repeat"]
    assert mine["digest"] == office.ask("ar-desk", "request", "show", request)["digest"]
    assert office.ask("ar-desk", "request", "repeat", request, "--all")["sent"]
