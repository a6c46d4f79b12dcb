"""What an officer types: looking up, sending, reading, deciding, receipts, shifts; for people and with `--json`."""

import re
import unicodedata
from pathlib import Path

import pytest
from cli_world import Office, Ran

from crypto.age import decrypt
from crypto.age_scrypt import ScryptIdentity

pytest_plugins = ("shared_office",)

# Text that a terminal would act on: colours, a new title, the whole screen, a line of ours, writing turned round.
HOSTILE = "x\x1b[31mred\x1b]0;title\x07 \x9b2J\r\nproof: forged\u202eesrever\u2066\u200b"


def sent(office: Office, subject: str, *options: str, who: str = "ar-desk", to: str = "co-desk") -> int:
    """Send a message and let it arrive; returns its number at the recipient."""
    assert office.ask(who, "send", to, "--subject", subject, *options)["sent"]
    assert office.ask(to, "sync")["messages"]
    number: int = office.ask(to, "inbox")["messages"][-1]["number"]
    return number


def assert_harmless(ran: Ran) -> None:
    """Nothing is left that a terminal would act on."""
    unseen = {char for char in ran.out + ran.err if unicodedata.category(char) in ("Cc", "Cf") and char != "\n"}
    assert unseen == set()


def test_a_message_is_sent_read_and_accepted_as_people_see_it(shared_office: Office) -> None:
    office = shared_office
    text, file = office.file("request.txt", "Primera línea.\nSegunda.\n"), office.file("list.csv", b"1,2\n")
    office.ask("co-desk", "sync")  # what waits for it from before
    ran = office.run(
        "ar-desk", "send", "co-desk", "-s", "Consulta urgente", "-t", text, "-a", file, "--case", "EXP-7", "-p", "flash"
    )
    assert ran.code == 0
    assert re.fullmatch(
        r"Message \d+: the relay took it in at [-0-9: ]+ UTC and signed for it\.\n`enlace receipts .*\n", ran.out
    )
    assert re.search(r"Messages: 1 new, \d+ receipts", office.run("co-desk", "sync").out)
    listed = office.run("co-desk", "inbox").out.splitlines()[-1]
    assert re.search(r"flash +new +ar-desk +Consulta urgente \[1 file\(s\)\]", listed)
    number = listed.split()[0]
    saved = office.folder / "saved-as-people-do"
    saved.mkdir()
    read = office.run("co-desk", "read", number, "--save", str(saved)).out
    assert re.search(r"^From +ar-desk, ar \(device [0-9a-f]{8}\)$", read, re.MULTILINE)
    assert re.search(r"^Signed +[-0-9: ]+ UTC, flash, TLP:[A-Z]+\nRelayed +[-0-9: ]+ UTC$", read, re.MULTILINE)
    assert "Case        EXP-7\n" in read
    assert "Attachment  list.csv (4 bytes)\n" in read
    assert read.endswith("\n\n| Primera línea.\n| Segunda.\n")
    assert (saved / "list.csv").read_bytes() == b"1,2\n"
    again = office.run("co-desk", "read", number, "--save", str(saved)).out
    assert f"Saved       {saved / 'list (2).csv'}" in again
    assert "Message" in office.run("co-desk", "accept", number).out
    assert re.search(r"flash +accepted", office.run("co-desk", "inbox").out.splitlines()[-1])
    office.ask("ar-desk", "sync")
    mine = office.run("ar-desk", "inbox", "--all", "--find", "consulta urgente").out.splitlines()[-1].split()[0]
    trail, _, turns = office.run("ar-desk", "receipts", mine).out.partition("\n\nWho is reached when\n")
    events = [line.split("  ")[1] for line in trail.splitlines()[::2]]
    assert "call 1 stopped" in events  # and others, where who shares the office lists more of those to be called
    left = [each for each in events if not each.startswith("call ")]
    assert left == ["relayed", "delivered", "opened", "clock stopped: accepted", "accepted"]
    assert re.search(r"  \d  stopped +co-desk, co \(device [0-9a-f]{8}\) accepted  call to the admin", turns)


def test_a_message_is_sent_read_and_refused_as_programs_see_it(shared_office: Office) -> None:
    office = shared_office
    number = sent(office, "Para máquinas", "--tlp", "RED", "--expires", "2h")
    message = next(each for each in office.ask("co-desk", "inbox")["messages"] if each["number"] == number)
    assert (message["from"], message["direction"], message["handling"]["tlp"]) == ("ar-desk", "in", "RED")
    assert 0 <= message["relayed"] - message["at"] < 900
    opened = office.ask("co-desk", "read", str(number))
    assert opened["content"] == {"kind": "text", "subject": "Para máquinas", "text": ""}
    refused = office.ask("co-desk", "refuse", str(number), "--reason", "No es nuestra competencia")
    assert refused == {"number": number, "act": "refused"}
    office.ask("ar-desk", "sync")
    mine = next(each for each in office.ask("ar-desk", "inbox", "--all")["messages"] if each["id"] == message["id"])
    events = office.ask("ar-desk", "receipts", str(mine["number"]))["events"]
    assert [each["reason"] for each in events if each["what"] == "refused"] == ["No es nuestra competencia"]
    assert all(each["counts"] for each in events)
    again = office.run("co-desk", "accept", str(number), "--json")
    assert (again.code, again.plain["error"]) == (2, f"message {number} was refused already")


def test_a_reply_says_what_it_answers(shared_office: Office) -> None:
    number = sent(shared_office, "Pregunta")
    asked = shared_office.ask("co-desk", "read", str(number))["id"]
    reply = sent(shared_office, "Respuesta", "--reply-to", str(number), who="co-desk", to="ar-desk")
    assert shared_office.ask("ar-desk", "read", str(reply))["content"]["reply_to"] == asked


def test_text_comes_from_standard_input_after_the_passphrase(shared_office: Office) -> None:
    feed = b"correct horse battery\nDesde una tuber\xc3\xada.\nDos.\n"
    options = ("-s", "Tubería", "--text", "-", "--passphrase-file", "-")
    assert shared_office.run("ar-desk", "send", "co-desk", *options, feed=feed).code == 0
    shared_office.ask("co-desk", "sync")
    number = shared_office.ask("co-desk", "inbox")["messages"][-1]["number"]
    assert shared_office.ask("co-desk", "read", str(number))["content"]["text"] == "Desde una tubería.\nDos.\n"


def test_a_byte_order_mark_is_no_text(shared_office: Office) -> None:
    number = sent(shared_office, "BOM", "--text", shared_office.file("bom.txt", b"\xef\xbb\xbfHola\r\n"))
    assert shared_office.ask("co-desk", "read", str(number))["content"]["text"] == "Hola\r\n"
    assert shared_office.run("co-desk", "read", str(number)).out.endswith("\n| Hola\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_what_others_wrote_reaches_no_terminal_raw(shared_office: Office, as_json: bool) -> None:
    office, options = shared_office, ("--json",) if as_json else ()
    text = office.file("hostile.txt", HOSTILE)
    number = str(sent(office, HOSTILE, "--text", text, "--case", HOSTILE))
    shown = [office.run("co-desk", *typed, *options) for typed in (("inbox",), ("read", number))]
    assert office.run("co-desk", "refuse", number, "--reason", HOSTILE).code == 0
    office.ask("ar-desk", "sync")
    about = office.ask("ar-desk", "inbox", "--all", "--find", "esrever")["messages"]
    mine = str([each["number"] for each in about if each["direction"] == "out"][-1])
    shown += [office.run("ar-desk", *typed, *options) for typed in (("receipts", mine), ("inbox", "--all"))]
    for ran in shown:
        assert ran.code == 0
        assert "forged" in ran.out
        assert_harmless(ran)
        assert not any(line.startswith("proof: forged") for line in ran.out.splitlines())
    if as_json:
        assert shown[1].plain["content"]["text"] == HOSTILE


def test_without_a_session_it_waits_and_goes_with_the_next(shared_office: Office) -> None:
    office = shared_office
    assert office.run("ar-desk", "logout").out == "Logged out.\n"
    assert office.run("ar-desk", "logout").code == 6
    ran = office.run("ar-desk", "send", "co-desk", "-s", "Más tarde")
    assert ran.code == 6
    assert re.fullmatch(r"Message \d+ waits in the outbox: there is no session; run `enlace login`\.\n", ran.out)
    assert office.run("ar-desk", "receipts", ran.out.split()[1]).out == "Not sent yet: it waits in the outbox.\n"
    assert "1 to send" in office.run("ar-desk", "status").out
    assert "none; `enlace login` begins one" in office.run("ar-desk", "status").out
    assert office.run("ar-desk", "find", "Colombia").code == 0  # needs no network
    office.log_in("ar-desk")
    assert len(office.ask("ar-desk", "sync")["sent"]) == 1
    assert office.ask("ar-desk", "status")["outbox"] == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_a_relay_that_is_down_ends_in_4_and_the_message_waits(shared_office: Office, as_json: bool) -> None:
    office, options = shared_office, ("--json",) if as_json else ()
    alone = office.unreachable("ar-desk")
    before = office.ask(alone, "status")["outbox"]
    ran = office.run(alone, "send", "co-desk", "-s", "Sin red", *options)
    assert ran.code == 4
    assert "does not answer: Connection refused" in (ran.plain["kept"] if as_json else ran.out)
    assert office.ask(alone, "status")["outbox"] == before + 1
    for typed in (("sync",), ("watch", "--once"), ("login", "--code-file", office.file("code", "123456"))):
        ran = office.run(alone, *typed, *options)
        assert ran.code == 4
        assert "does not answer" in (ran.plain["error"] if as_json else ran.err)
    gone = office.run(alone, "logout")
    assert (gone.code, "logged out on this desk" in gone.err) == (4, True)
    assert office.run(alone, "sync").code == 6


def test_reading_needs_no_network(shared_office: Office) -> None:
    number = sent(shared_office, "Sin conexión")
    alone = shared_office.unreachable("co-desk")
    ran = shared_office.run(alone, "read", str(number))
    assert (ran.code, ran.err) == (0, "The receipt goes out with the next session.\n")


def test_a_message_as_a_file_opens_with_age(shared_office: Office) -> None:
    office = shared_office
    path, secret = office.folder / "letter.age", office.file("letter-passphrase", "told by telephone\n")
    text = office.file("letter.txt", "Por correo.\n")
    options = ("-s", "Carta", "-t", text, "--as-file", str(path), "--file-passphrase-file", secret)
    assert office.ask("ar-desk", "send", "co-desk", *options)["file"] == str(path)
    assert b"Por correo." in decrypt(path.read_bytes(), [ScryptIdentity(b"told by telephone")])
    assert office.ask("ar-desk", "status")["outbox"] == 0


def test_finding_and_showing(shared_office: Office) -> None:
    office = shared_office
    found = office.run("ar-desk", "find", "--country", "co", "--function", "trata", "--language", "es", "--now").out
    assert re.search(r"(?m)^Desk of CO  \[co-desk\]\n  Colombia · Trafficking in persons", found)
    assert "answers now" in found
    assert office.run("ar-desk", "find", "nothing-like-that").out == "Nobody is listed for that.\n"
    # Others who share the office list contacts too.
    one = office.run("ar-desk", "find", "--most", "1").out
    more = re.search(r"^(\d+) more; narrow the search, or --most (\d+)$", one, re.MULTILINE)
    assert more
    assert int(more[2]) == int(more[1]) + 1
    some = office.run("ar-desk", "find", "Colombia", "trata", "volcano").out
    assert some.startswith("No entry has all of these words; these have the most of them.\n\n")
    assert "Desk of CO  [co-desk]\n" in some
    named, coded = (office.ask("ar-desk", "find", "--language", each)["results"] for each in ("Español", "spa"))
    assert [each["contact"] for each in named] == [each["contact"] for each in coded] != []
    plain = office.ask("ar-desk", "find", "Colombia", "trata")
    (desk,) = (each for each in plain["results"] if each["contact"] == "co-desk")
    assert desk["reach"] == "enlace"
    shown = office.run("ar-desk", "show", "co-desk", "--labels", "es").out
    assert "Trata de personas" in shown
    assert "always      +1 202-555-0110" in shown
    assert office.ask("ar-desk", "show", "co-desk")["devices"] >= 1


def test_status_and_sync(shared_office: Office) -> None:
    office = shared_office
    shown = office.run("co-desk", "status").out
    for word in ("officer of co, network enlace.example", "live", "vouched for by the log", "until", "0 to take in"):
        assert word in shown
    plain = office.ask("co-desk", "status")
    assert plain["live"]
    assert plain["directory"]["age"] >= 0
    assert set(office.ask("co-desk", "sync")) >= {"size", "sent", "kept", "expired", "messages", "refused"}


def test_watching_once(shared_office: Office) -> None:
    office = shared_office
    assert office.ask("ar-desk", "send", "co-desk", "-s", "Timbre", "-p", "immediate")["sent"]
    rang = office.folder / "rang"
    ran = office.run("co-desk", "watch", "--once", "--on-message", f"echo ring >> '{rang}'")
    assert ran.code == 0
    assert "A message has arrived: immediate. `enlace inbox` opens it." in ran.out
    assert rang.read_text() == "ring\n"
    assert "Timbre" in office.run("co-desk", "inbox").out
    assert office.run("co-desk", "watch", "--once", "--json").plain["event"] == "listening"


def test_a_command_for_messages_that_fails_is_told(shared_office: Office) -> None:
    assert shared_office.ask("ar-desk", "send", "co-desk", "-s", "Timbre roto")["sent"]
    ran = shared_office.run("co-desk", "watch", "--once", "--on-message", "exit 3")
    assert (ran.code, "the command for messages failed (3)" in ran.err) == (0, True)
    shared_office.ask("co-desk", "sync")


def test_nothing_readable_is_saved_without_being_asked(shared_office: Office) -> None:
    sent(shared_office, "Secreto", "--text", shared_office.file("secret.txt", "palabra-canario\n"))
    for name in ("ar-desk", "co-desk"):
        files = [path for path in Path(shared_office.profile(name)).rglob("*") if path.is_file()]
        assert not any(b"palabra-canario" in path.read_bytes() for path in files)
