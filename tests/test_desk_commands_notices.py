"""`enlace notices` as it is typed: what is wrong is said of what was typed, and what could tell nobody is not added."""

from pathlib import Path

import pytest
from cli_world import Office

from desk.notices.record import Outcome, Record, Round, load, store
from desk.notices.ringing import note_serves

pytest_plugins = ("shared_office",)
MAIL = ("--mail", "a@b.example", "--server", "m.example", "--sender", "d@b.example")
WEB = ("--webhook", "https://alerts.example/x")
REFUSED = {
    "a program by its name": (("--command", "true"), "--command is a whole path, such as /usr/local/bin/ring"),
    "a program that is not there": (("--command", "/nowhere/ring"), "there is no program /nowhere/ring; nothing was"),
    "a program that cannot be run": (("--command", "{text}"), "is no program that this account may run"),
    "a folder for a program": (("--command", "/bin"), "is no program that this account may run"),
    "a contact in capitals": (("--command", "/bin/true", "--contact", "CO-desk"), "'CO-desk' is no contact; write it"),
    "no server": (("--mail", "a@b.example", "--sender", "d@b.example"), "--mail needs --server HOST, your mail server"),
    "no sender": (("--mail", "a@b.example", "--server", "m.example"), "--mail needs --sender ADDRESS too"),
    "a sender with a name": ((*MAIL, "--sender", "D <d@b.example>"), "--sender: 'D <d@b.example>' is not of the form"),
    "nobody": ((*MAIL[2:], "--mail", "nobody"), "--mail: ['nobody'] is not of the form needed; write an address such"),
    "a user without a password": ((*MAIL, "--user", "desk"), "--user and --password-file belong together"),
    "no encryption": ((*MAIL, "--tls", "none", "--user", "d", "--password-file", "{text}"), "--tls is none: then"),
    "a password that is not there": ((*MAIL, "--user", "d", "--password-file", "{nowhere}"), "there is no file "),
    "a secret that others read": ((*WEB, "--secret-file", "{text}"), "is open to others than its owner"),
    "no authority": ((*WEB, "--authority", "{nowhere}"), "there is no file "),
    "an authority that is none": ((*WEB, "--authority", "{text}"), "holds no certificate in PEM"),
    "in the clear": (("--webhook", "http://alerts.example/x"), "--webhook is an address such as https://"),
    "a server for a program": (("--command", "/bin/true", "--server", "m.example"), "--server belongs to --mail, and"),
    "an argument for a mail": ((*MAIL, "--argument", "x"), "--argument belongs to --command, and says nothing with"),
    "no port": ((*MAIL, "--port", "0"), "Invalid value for '--port': 0 is not in the range"),
    "never": ((*WEB, "--most", "0"), "Invalid value for '--most': 0 is not in the range"),
    "at night": ((*WEB, "--quiet", "night"), "quiet hours 'night': write them like 22:00-06:00"),
    "no zone": ((*WEB, "--zone", "Bogota"), "zone: "),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said_of_what_was_typed(shared_office: Office, name: str) -> None:
    given, words = REFUSED[name]
    text = shared_office.file("text.txt", "text\n")
    Path(text).chmod(0o644)
    places = {"text": text, "nowhere": text + ".none"}
    ran = shared_office.run("ar-desk", "notices", "add", "siren", *(each.format(**places) for each in given))
    assert (ran.code in (2, 7), words in ran.err) == (True, True), ran
    assert "[mail]" not in ran.err
    assert "regex" not in ran.err
    assert shared_office.ask("ar-desk", "notices", "list")["notices"] == []


def test_a_notice_that_is_added_anew_begins_anew(shared_office: Office) -> None:
    """What its predecessor did not reach, and how often it told of what still waits, is not its own."""
    path = Path(shared_office.profile("ar-desk"))
    note_serves(path, ("ar-desk",))
    add = ("notices", "add", "siren", "--command", "/bin/true")
    ran = shared_office.run("ar-desk", *add, "--contact", "co-desk")
    assert (ran.code, "for co-desk this notice tells of nothing" in ran.err) == (0, True), ran
    assert "a notice siren exists already; `enlace notices remove siren`" in shared_office.run("ar-desk", *add).err
    (first,) = shared_office.ask("ar-desk", "notices", "list")["notices"]
    fields = {"notice": "siren", "about": "waiting", "precedence": "flash", "waiting": 1, "reached": False}
    at = first["added"] - 60  # a clock that was set back since makes nothing old
    for added in (0, first["added"] - 60, first["added"]):
        failed = Outcome(at=at, why="nope.sh", added=added, **fields)  # type: ignore[arg-type]  # as they stand above
        rounds = (Round(notice="siren", key="k", times=6, last=at, added=added),)
        store(path, Record(rounds=rounds, outcomes=(failed,)))
        old = added < first["added"]
        status = shared_office.run("ar-desk", "notices", "status")
        assert (old, "not used yet" in status.out, "NOBODY" not in status.err) in {(True,) * 3, (False,) * 3}
        told = shared_office.ask("ar-desk", "status")["notices"]
        assert told == {"siren": 0 if old else 1}
        assert load(path)[0].of("siren") != {}
    shared_office.ask("ar-desk", "notices", "remove", "siren")
