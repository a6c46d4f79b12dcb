"""Looking up as it is typed: who answers, when this desk last reached them, what its question was taken for."""

from cli_world import Office

pytest_plugins = ("shared_office",)


def test_a_message_that_arrived_shows_as_reached_from_this_desk(shared_office: Office) -> None:
    office = shared_office
    text = office.file("found.txt", "Hola.")
    assert office.ask("co-desk", "send", "ar-desk", "-s", "Consulta", "-t", text)["sent"]
    known = office.ask("co-desk", "find", "ar-desk")["results"][0]["reached"]
    assert known["tried"] > 0
    office.ask("ar-desk", "sync")
    office.ask("co-desk", "sync")
    known = office.ask("co-desk", "find", "ar-desk")["results"][0]["reached"]
    assert (known["how"], known["unreached"]) == ("delivered", False)
    number = str(office.ask("ar-desk", "inbox")["messages"][-1]["number"])
    assert office.run("ar-desk", "read", number).code == 0
    office.ask("ar-desk", "sync")
    office.ask("co-desk", "sync")
    assert "\n  reached     this desk's message was opened " in office.run("co-desk", "find", "ar-desk").out
    assert office.ask("co-admin", "show", "ar-desk")["reached"] is None
    assert "reached     this desk has sent it no message yet\n" in office.run("co-admin", "show", "ar-desk").out
    row = next(each for each in office.ask("co-desk", "freshness", "ar")["contacts"] if each["contact"] == "ar-desk")
    assert row["reached"] >= row["confirmed"]
    assert "unreachable" not in row["lacks"]


def test_a_question_is_answered_as_it_was_meant(shared_office: Office) -> None:
    office = shared_office
    asked = office.ask("ar-desk", "find", "¿Quién contesta ahora en Colombia?")
    assert asked["now"]
    assert "answers-now" in asked["results"][0]["why"]
    dialled = office.ask("ar-desk", "find", "00 1 202 555 0110")["results"][:2]  # both have that number
    assert sorted((each["contact"], each["why"][0]) for each in dialled) == [
        ("ar-desk", "called-exactly-so"),
        ("co-desk", "called-exactly-so"),
    ]
    assert dialled[0]["phones"][0]["dial"] == "00 1 202-555-0110"
    nobody = office.run("ar-desk", "find", "policía de Dominica").out
    assert nobody.startswith("Nobody is listed for that in Dominica.")
    refused = office.run("ar-desk", "find", "🚨")
    assert (refused.code, "no letter and no digit" in refused.err) == (2, True)
