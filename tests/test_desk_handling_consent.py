"""Consent by command where more than one word was said about the same thing, in real offices."""

from cli_world import Office
from handling_world import arrived, refused, sent

pytest_plugins = ("handling_office",)


def said(office: Office) -> dict[int, str]:
    return {each["number"]: each["state"] for each in office.ask("co-desk", "consent", "list")["consents"]}


def test_the_last_word_about_one_consent_is_the_one_that_counts(handling_office: Office) -> None:
    office = handling_office
    number = str(sent(office, "co-desk", "pe-desk", "--tlp", "AMBER"))
    onward = ("forward", number, "ar-court", "--from", "pe-desk")
    office.ask(
        "pe-desk", "consent", "ask", number, "--act", "forward", "--for", "ar-court", "--text", "who asks\nsays why"
    )
    ask = str(arrived(office, "co-desk"))
    listed = office.run("co-desk", "consent", "list").out
    assert "| who asks" in listed
    assert "| says why" in listed
    first = office.ask("co-desk", "consent", "give", ask, "--yes")["number"]
    again = refused(office.run("co-desk", "consent", "give", ask, "--yes"))
    assert f"message {first} gives that consent already; nothing was signed" in again
    shorter = office.ask("co-desk", "consent", "give", ask, "--until", "2099-12-31", "--yes")
    assert shorter["taken_back"] == [first]
    assert [said(office)[each] for each in (first, shorter["number"])] == ["taken-back", "counts"]
    denied = office.run("co-desk", "consent", "refuse", ask, "--reason", "Not any more")
    assert f"Taken back: what was given in message {shorter['number']}." in denied.out
    arrived(office, "pe-desk")
    told = [each for each in office.ask("pe-desk", "consent", "list")["consents"] if each["about"] == int(number)]
    assert {each["state"] for each in told if each["kind"] == "give"} == {"taken-back"}
    assert [each["state"] for each in told if each["kind"] == "ask"] == ["refused"]
    refused(office.run("pe-desk", *onward))
    ended = office.run("co-desk", "consent", "take-back", str(first))
    assert (ended.code, "was taken back, before; nothing was signed" in ended.err) == (2, True)
    office.ask("co-desk", "consent", "give", ask, "--yes")
    office.ask("pe-desk", "sync")
    assert office.ask("pe-desk", *onward)["sent"]
