"""Two officers of one office with the same requests: who goes on, who takes over; what outlives a request."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import Office
from forms_filled import ALERT, MLA, filled, moment

from desk.forms.filled import write_filled
from desk.notices.limits import load

ARREST: dict[str, Any] = {
    "authority": {"es": "Juzgado 3, Colombia"}, "reference": "CO-1", "person": {"name": "Persona D"},
    "description": {"es": "Se la busca por captar a víctimas."}, "facts": {"es": "Captación y traslado."},
    "facts_from": "2025-10-01", "facts_where": {"country": "CO"}, "crimes": ["trafficking"],
    "law": {"es": "Código Penal, art. 188A"}, "warrant": "arrest-warrant", "warrant_authority": {"es": "Juzgado 3"},
    "warrant_date": "2026-01-02", "extradition_follows": True,
}  # fmt: skip

FORMS = {
    "mutual-legal-assistance": MLA,
    "provisional-arrest": ARREST,
    "operational-alert": ALERT | {"valid_until": moment(2_500_000_000)},
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office in which ar-night serves ar-desk beside the officer of ar-desk."""
    with Office.opened(tmp_path_factory.mktemp("office") / "office") as office:
        office.officers["ar-night"] = office.invite("ar", "coordinator", "ar-night")
        details = {
            "function": "central-authority-mla", "name_es": "Autoridad central", "phone": "always:+12025550110",
            "languages": "es", "zone": "America/Argentina/Buenos_Aires", "hours": "24/7",
            "officers": f"{office.officers['ar-desk']} {office.officers['ar-night']}",
        }  # fmt: skip
        given = (f"--set={name}={value}" for name, value in details.items())
        office.ask("ar-admin", "contact", "publish", "ar-central", *given)
        for each in ("ar-desk", "ar-night", "co-desk"):
            office.ask(each, "sync")
        yield office


def sent(office: Office, name: str, *options: str, form: str = "mutual-legal-assistance") -> str:
    """A request from co-desk to ar-central, which both officers there have."""
    values = FORMS[form] | {"reference": name}
    file = office.file(f"{name}.json", write_filled(filled(form, **values)))
    plain = office.ask("co-desk", "request", "send", "ar-central", "--form", file, "--yes", *options)
    for each in ("ar-desk", "ar-night"):
        office.ask(each, "sync")
    return str(plain["request"])[:12]


def shown(office: Office, who: str, request: str) -> dict[str, Any]:
    office.ask(who, "sync")
    return office.ask(who, "request", "show", request)


def refused(office: Office, who: str, *arguments: str) -> str:
    ran = office.run(who, *arguments)
    assert ran.code in (2, 3, 7), ran
    return ran.err


def test_what_one_officer_received_another_accepts(office: Office) -> None:
    """The history says that it was received: whose desk stopped the clock for that is no matter any more."""
    request = sent(office, "EXP-1")
    office.ask("ar-desk", "request", "receive", request, "--reference", "AR 1")
    office.ask("ar-night", "sync")
    office.ask("ar-night", "request", "accept", request)
    office.ask("ar-desk", "sync")
    assert "it had been done before" in refused(office, "ar-desk", "request", "accept", request)
    office.ask("ar-desk", "request", "complete", request)
    seen = [shown(office, who, request) for who in ("co-desk", "ar-night", "ar-desk")]
    assert {each["state"] for each in seen} == {"completed"}
    assert len({each["digest"] for each in seen}) == 1


def test_whose_desk_is_lost_after_the_clock_stopped_a_colleague_takes_over(office: Office) -> None:
    """An acceptance of its message alone is told by nobody's history, and keeps nobody from the request for ever."""
    request = sent(office, "EXP-2")
    number = str(shown(office, "ar-desk", request)["events"][0]["message"])
    told = refused(office, "ar-desk", "refuse", number, "--reason", "x")
    assert f"makes a request, which is refused with a reason: `enlace request refuse {request}`" in told
    accepted = office.run("ar-desk", "accept", number)
    assert f"is not accepted by this: `enlace request accept {request}` does that" in accepted.err
    assert {shown(office, who, request)["state"] for who in ("co-desk", "ar-desk", "ar-night")} == {"sent"}
    told = refused(office, "ar-night", "request", "accept", request)
    assert "another officer was first" in told
    assert "--take-over goes on without them" in told
    ran = office.run("ar-night", "request", "accept", request, "--take-over")
    assert (ran.code, "This desk goes on with it" in ran.err) == (0, True), ran
    assert {shown(office, who, request)["state"] for who in ("co-desk", "ar-desk", "ar-night")} == {"accepted"}


def test_a_measure_outlives_its_request_and_its_holder_says_until_when(office: Office) -> None:
    told = refused(
        office, "co-desk", "request", "send", "ar-central", "--yes", "--under", "nassau",
        "--form", office.file("x.json", write_filled(filled("provisional-arrest", **ARREST))),
    )  # fmt: skip
    assert "'nassau' is no instrument that provisional-arrest/1 rests on (it may rest on: untoc, montevideo" in told
    request = sent(office, "EXP-3", "--under", "montevideo-1933", form="provisional-arrest")
    office.ask("ar-desk", "request", "accept", request, "--since", "2026-01-01")
    office.ask("co-desk", "sync")
    office.ask("co-desk", "request", "close", request, "--reason", "withdrawn")
    (timer,) = shown(office, "ar-desk", request)["timers"]
    assert (timer["due"] - timer["began"], timer["unknown"], timer["verify"]) == (59 * 86_400, False, True)
    assert request in office.run("ar-desk", "request", "list").out
    page = office.run("ar-desk", "request", "show", request, "--language", "pt").out
    assert "com base em Montevidéu 1933" in page
    assert f"enlace request limit {request} --timer provisional-arrest --until DATE --text FILE" in page
    for given, why in (
        (("--until", "2049-01-01", "--over", "x"), "either --until DATE, or --over"),
        (("x",), "either --until DATE, or --over"),
        (("--until", "2001-01-01", "x"), "is over already: what runs no more is told with --over"),
        (("--until", "2999-01-01", "x"), "days ahead: check the date"),
        (("--over",), "it needs words"),
    ):
        told = refused(office, "ar-desk", "request", "limit", request, "--timer", "provisional-arrest", *given)
        assert why in told, given
    told = refused(office, "co-desk", "request", "limit", request, "--timer", "provisional-arrest", "--over", "x")
    assert "this is for the other side to do" in told
    until = ("--timer", "provisional-arrest", "--until", "2031-03-01")
    office.ask("ar-desk", "request", "limit", request, *until, "Prorrogada por el juez")
    for who in ("co-desk", "ar-desk"):
        plain = shown(office, who, request)
        assert [(each["due"], each["told"]) for each in plain["timers"]] == [(1_930_089_600, True)]
        assert 1_930_089_600 in [each.due for each in load(Path(office.profile(who))).limits]
    assert "jusqu’au 2031-03-01" in office.run("co-desk", "request", "show", request, "--language", "fr").out
    over = ("--timer", "provisional-arrest", "--over", "Puesta en libertad")
    office.ask("ar-desk", "request", "limit", request, *over)
    assert [shown(office, who, request)["timers"] for who in ("co-desk", "ar-desk")] == [[], []]
    assert request not in office.run("ar-desk", "request", "list").out
    assert 1_930_089_600 not in [each.due for each in load(Path(office.profile("co-desk"))).limits]


def test_of_a_measure_that_nobody_asked_for_no_date_is_signed(office: Office) -> None:
    request = sent(office, "EXP-8", form="operational-alert")
    for act in ("accept", "part"):
        told = refused(office, "ar-desk", "request", act, request, "--since", "2026-01-01", "x")
        assert "asks for no measure that could hold: leave --since away" in told
    office.ask("ar-desk", "request", "refuse", request, "--reason", "other", "x")
    for timer, why in (("preservation", "this request asks for no such measure"), ("expected", "was beyond that")):
        until = ("--timer", timer, "--until", "2031-03-01", "x")
        told = refused(office, "ar-desk", "request", "limit", request, *until)
        assert (why in told, "Nothing was signed" in told) == (True, True), told
    for who in ("co-desk", "ar-desk"):
        plain = shown(office, who, request)
        assert (len(plain["events"]), plain["timers"]) == (2, [])


def test_the_same_request_by_another_way_is_seen_on_both_sides(office: Office) -> None:
    first = sent(office, "EXP-4")
    values = MLA | {"reference": "EXP-5", "also_sent": ["diplomatic"], "also_sent_reference": "exp 4"}
    file = office.file("again.json", write_filled(filled("mutual-legal-assistance", **values)))
    told = refused(office, "co-desk", "request", "send", "ar-central", "--form", file, "--yes")
    assert f"the same reference (EXP-4) is that of request {first}" in told
    second = office.ask("co-desk", "request", "send", "ar-central", "--form", file, "--yes", "--anyway")["request"]
    assert [each[:12] for each in shown(office, "ar-desk", second)["same"]] == [first]
    text = office.run("ar-desk", "request", "show", first).out
    assert f"! Request {second[:12]} (sent) has the same reference (exp 4)" in text
    third = sent(office, "EXP-6")
    follow = office.file("follow.json", write_filled(filled("mutual-legal-assistance", **MLA | {"reference": "EXP-6"})))
    assert office.ask("co-desk", "request", "send", "ar-central", "--form", follow, "--yes", "--follows", third)["sent"]


def test_what_was_asked_is_read_in_ones_own_language(office: Office) -> None:
    """And its sender learns that it was opened, as by `enlace read`; a message of it is read by its number."""
    request = sent(office, "EXP-7")
    for language, words in (("fr", "But des preuves ou de la mesure"), ("en", "Purpose of the evidence or measure")):
        ran = office.run("ar-desk", "request", "read", request, "--language", language)
        assert (ran.code, words in ran.out, "Probar el destino de los pagos." in ran.out) == (0, True, True), ran
    office.ask("ar-desk", "request", "ask", request, "¿Qué banco?")
    plain = shown(office, "co-desk", request)
    number = str(plain["events"][-1]["message"])
    ran = office.run("co-desk", "receipts", str(plain["events"][0]["message"]))
    assert "opened" in ran.out
    assert "¿Qué banco?" in office.run("co-desk", "request", "read", request, "--message", number).out
    for name, arguments in (("read", ()), ("pdf", ("--out", "x.pdf"))):
        told = refused(office, "co-desk", "request", name, request, "--message", "999", *arguments)
        assert "message 999 is no part of it" in told
    told = refused(office, "co-desk", "request", "pdf", request, "--message", number, "--out", "x.pdf")
    assert "no form stands there" in told
