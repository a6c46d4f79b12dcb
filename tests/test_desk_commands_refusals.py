"""What `enlace` refuses: one line that says what was wrong and what to do, the right exit code, nothing changed.

Every row of REFUSED is called twice: for people (one line on standard error, nothing on standard output) and with
`--json` (one object on standard output). `{name}` in an argument is a file of FILES, or a path of the office.
"""

import re

import pytest
from cli_world import Office, Ran

from desk.commands.officers import one_of
from desk.errors import NotFound, Usage

pytest_plugins = ("shared_office",)

FILES: dict[str, bytes] = {
    "wrong": b"not the passphrase\n",
    "empty": b"",
    "latin": b"Bogot\xe1\n",
    "text": b"Solicitamos verificar.\n",
    "short": b"12345\n",
    "alphabet": b"abcdef\n",
    "zeros": b"000000\n",
    "recovery": b"AAAA-AAAA-AAAA-AAAA\n",
    "large": b"x" * (1 << 20 | 1),
    "columns": b"contact,colour\nar-x,red\n",
    "utf16": "contact\n".encode("utf-16"),
    "braces": b"{}",
}
SEND = ("send", "co-desk", "--subject", "Consulta")
PUBLISH = ("contact", "publish", "ar-new")
FOUND = ("network", "found", "--name", "other.example", "--roots", "{nowhere}", "--relay-keys")
ADMIT = ("network", "admit", "ec", "--country", "EC", "--out", "{letters}", "--name")
INVITE = ("invite", "--role", "coordinator", "--out", "{letters}")

# who, what they type, exit code, what they read (a regular expression)
REFUSED: dict[str, tuple[str, tuple[str, ...], int, str]] = {
    "no profile": ("nobody", ("status",), 7, r"there is no profile in .*; `enlace enrol` makes one"),
    "no profile to watch": ("nobody", ("watch",), 7, r"there is no profile"),
    "wrong passphrase": ("ar-desk", ("status", "--passphrase-file", "{wrong}"), 6, r"the passphrase is wrong"),
    "no passphrase": ("ar-desk", ("status", "--passphrase-file", "{empty}"), 2, r"holds nothing in its first line"),
    "passphrase of bytes": ("ar-desk", ("status", "--passphrase-file", "{latin}"), 2, r"is no UTF-8 text"),
    "no passphrase file": ("ar-desk", ("status", "--passphrase-file", "{nowhere}"), 2, r"No such file or directory"),
    "nobody at the terminal": ("ar-desk", ("login",), 2, r"Code: there is no terminal .*--code-file FILE"),
    "nobody to agree": ("ar-admin", ("contact", "retire", "ar-desk"), 2, r"Retire ar-desk\? .*--yes"),
    "short code": ("ar-desk", ("login", "--code-file", "{short}"), 6, r"a code has 6 digits; nothing was sent"),
    "code of letters": ("ar-desk", ("login", "--code-file", "{alphabet}"), 6, r"a code has 6 digits; nothing was sent"),
    "wrong code": ("ar-desk", ("login", "--code-file", "{zeros}"), 6, r"The code is wrong"),
    "wrong recovery code": ("ar-desk", ("login", "--recovery", "--code-file", "{recovery}"), 6, r"The code is wrong"),
    "log-in of the secretariat": ("secretariat", ("login",), 2, r"there is nothing to log in to"),
    "log-out of the secretariat": ("secretariat", ("logout",), 2, r"has no session to end"),
    "mail for the secretariat": ("secretariat", ("watch",), 2, r"receives no messages"),
    "mail of the secretariat": ("secretariat", SEND, 2, r"sends no messages"),
    "unknown contact": ("ar-desk", ("send", "co-dsk", "-s", "x"), 7, r"no contact co-dsk; `enlace find`"),
    "no subject": ("ar-desk", ("send", "co-desk", "-s", ""), 2, r"the subject has 0 characters"),
    "long subject": ("ar-desk", ("send", "co-desk", "-s", "x" * 301), 2, r"the subject has 301 characters"),
    "own contact": ("ar-desk", ("send", "ar-desk", "-s", "x"), 2, r"ar-desk is whom this is sent for"),
    "text not UTF-8": ("ar-desk", (*SEND, "--text", "{latin}"), 2, r"not UTF-8 from byte 5 on; save it as UTF-8"),
    "no text": ("ar-desk", (*SEND, "--text", "{nowhere}"), 7, r"there is no text at "),
    "text that is a folder": ("ar-desk", (*SEND, "--text", "{letters}"), 2, r"cannot be read: Is a directory"),
    "text too large": ("ar-desk", (*SEND, "--text", "{large}"), 2, r"is larger than 1024 KiB"),
    "no attachment": ("ar-desk", (*SEND, "--attach", "{nowhere}"), 7, r"there is no file .* to attach"),
    "a folder attached": ("ar-desk", (*SEND, "--attach", "{letters}"), 7, r"there is no file .* to attach"),
    "bad duration": ("ar-desk", (*SEND, "--expires", "5y"), 2, r"'5y' is no duration; write it like 90s"),
    "no duration": ("ar-desk", (*SEND, "--expires", ""), 2, r"is no duration"),
    "expiry too late": ("ar-desk", (*SEND, "--expires", "15d"), 2, r"after 14 days at the latest"),
    "bad language": ("ar-desk", (*SEND, "--language", "español"), 2, r"no code of a language; write it like es"),
    "for others": ("ar-desk", (*SEND, "--from", "co-desk"), 3, r"this officer does not serve co-desk"),
    "without a contact": ("ar-admin", SEND, 3, r"this officer serves no contact"),
    "reply to nothing": ("ar-desk", (*SEND, "--reply-to", "999"), 7, r"there is no message 999"),
    "no UTF-8 typed": ("ar-desk", ("send", "co-desk", "-s", "\udcff"), 2, r"some of its text is no UTF-8"),
    "file exists": ("ar-desk", (*SEND, "--as-file", "{text}"), 2, r"exists already"),
    "passphrase of no file": (
        "ar-desk", (*SEND, "--no-text", "--file-passphrase-file", "{text}"), 2, r"say with --as-file which; nothing was"
    ),
    "file with files": ("ar-desk", (*SEND, "-a", "{text}", "--as-file", "{nowhere}"), 2, r"holds the message alone"),
    "bad precedence": ("ar-desk", (*SEND, "-p", "urgent"), 2, r"'urgent' is not one of 'flash'"),
    "no message": ("ar-desk", ("read", "999"), 7, r"there is no message 999; `enlace inbox` lists them"),
    "no number": ("ar-desk", ("read", "one"), 2, r"'one' is not a valid integer"),
    "huge number": ("ar-desk", ("receipts", "9" * 30), 7, r"there is no message 9+"),
    "accepting nothing": ("ar-desk", ("accept", "999"), 7, r"there is no message 999"),
    "refusing without a reason": ("ar-desk", ("refuse", "1"), 2, r"Missing option '--reason'"),
    "unknown country": ("ar-desk", ("find", "-c", "Atlantis"), 2, r"no country is called 'Atlantis'"),
    "unknown function": ("ar-desk", ("find", "-f", "traficking"), 2, r"did you mean trafficking-24-7\?"),
    "unknown language": ("ar-desk", ("find", "-l", "klingon"), 2, r"'klingon'"),
    "showing nobody": ("ar-desk", ("show", "co-dsk"), 7, r"there is no contact co-dsk; `enlace find` searches"),
    "unknown command": ("ar-desk", ("snd",), 2, r"There is no command 'snd'\. Did you mean send\?"),
    "unknown option": ("ar-desk", ("inbox", "--al"), 2, r"No such option '--al'"),
    "invitation without a label": ("ar-admin", INVITE, 2, r"at least one --role and a --label"),
    "invitation too long": ("ar-admin", (*INVITE, "--label", "x", "--valid", "15d"), 2, r"a minute and 14 days"),
    "invitation nowhere": ("ar-admin", ("invite", "--officer", "0", "--out", "/dev/null/x"), 2, r"Not a directory"),
    "invitation by no administrator": ("ar-desk", (*INVITE, "--label", "x"), 3, r"one administrator of ar"),
    "unknown officer": ("ar-admin", ("officer", "confirm", "zz"), 7, r"no officer zz; `enlace officer list`"),
    "nobody to confirm": ("ar-admin", ("officer", "confirm"), 2, r"invited and not confirmed: none"),
    "no officer": ("ar-admin", ("officer", "revoke", "", "--yes"), 7, r"there is no officer"),
    "unknown device": ("ar-admin", ("device", "revoke", "zz", "--yes"), 7, r"no device zz; `enlace device list`"),
    "revoking others": ("ar-desk", ("device", "revoke", "{device}", "--yes"), 3, r"the root threshold"),
    "a slip in a detail": ("ar-admin", (*PUBLISH, "--set", "functoin=x"), 2, r"did you mean function\?"),
    "a detail of nothing": ("ar-admin", (*PUBLISH, "--set", "x"), 2, r"no detail is called 'x'"),
    "an unknown function": ("ar-admin", (*PUBLISH, "--set", "function=nope"), 2, r"no function is called 'nope'"),
    "a bad number": ("ar-admin", (*PUBLISH, "--set", "phone=12"), 2, r"no full international number"),
    "details no UTF-8": ("ar-admin", (*PUBLISH, "--set", "name_es=\udcff"), 2, r"name_es: .* no UTF-8"),
    "another's contact": ("ar-admin", ("contact", "attest", "co-desk", "--yes"), 3, r"one administrator of co"),
    "no contact to attest": ("ar-admin", ("contact", "attest", "ar-x", "--yes"), 7, r"there is no contact ar-x"),
    "no contact to retire": ("ar-admin", ("contact", "retire", "ar-x", "--yes"), 7, r"there is no contact ar-x"),
    "import of nothing": ("ar-admin", ("contact", "import"), 2, r"give either a FILE or --sample"),
    "import of no file": ("ar-admin", ("contact", "import", "{nowhere}"), 7, r"there is no file at"),
    "import of other columns": ("ar-admin", ("contact", "import", "{columns}"), 3, r"nothing was imported"),
    "import of UTF-16": ("ar-admin", ("contact", "import", "{utf16}"), 3, r"nothing was imported"),
    "no proposal": ("ar-admin", ("approve", "{nowhere}"), 7, r"there is no proposal at"),
    "what is no proposal": ("ar-admin", ("approve", "{braces}"), 2, r"this is no proposal"),
    "enrolled already": ("ar-desk", ("enrol",), 2, r"this desk is enrolled already; run `enlace login`"),
    "a profile is there": ("ar-desk", ("enrol", "{text}"), 2, r"holds a profile already"),
    "no invitation": ("fresh", ("enrol", "{nowhere}"), 7, r"there is no invitation at"),
    "what is no invitation": ("fresh", ("enrol", "{text}"), 2, r"this is not an invitation"),
    "bytes for an invitation": ("fresh", ("enrol", "{latin}"), 2, r"this is not an invitation"),
    "nobody signs": ("secretariat", (*ADMIT, "en=x"), 2, r"name the root keys with --root-key"),
    "no language": ("secretariat", (*ADMIT, "x"), 2, r"write a name as es="),
    "bad country": ("secretariat", (*ADMIT, "en=x", "--country", "ECU"), 2, r"'ECU' is no code of a country"),
    "admitted by a member": ("ar-admin", (*ADMIT, "en=x"), 2, r"for the secretariat's profile"),
    "no root key": ("secretariat", (*ADMIT, "en=x", "--root-key", "{nowhere}"), 7, r"there is no root key at"),
    "suspended by a member": ("ar-admin", ("network", "suspend", "co"), 2, r"for the secretariat's profile"),
    "unknown member": ("secretariat", ("network", "suspend", "zz"), 3, r"no member zz was admitted"),
    "suspended for long": ("secretariat", ("network", "suspend", "co", "--hours", "73"), 2, r"1<=x<=72"),
    "not suspended": ("secretariat", ("network", "reinstate", "co"), 2, r"name the root keys"),
    "more than there are": (
        "secretariat", ("network", "rekey", "--roots", "{nowhere}", "--threshold", "4"), 2, r"4 of 3 keys cannot sign"
    ),
    "root keys are there": ("secretariat", ("network", "rekey", "--roots", "{roots}"), 2, r"never overwritten"),
    "founded already": ("secretariat", (*FOUND, "{relay_keys}"), 2, r"holds a profile already"),
    "no relay keys": ("fresh", (*FOUND, "{nowhere}"), 7, r"there is no relay keys file"),
    "other relay keys": ("fresh", (*FOUND, "{text}"), 2, r"not what `enlace relay init` writes"),
    "a bad name": ("fresh", (*FOUND, "{relay_keys}", "--name", "no name"), 2, r"'no name' is no name of a network"),
}  # fmt: skip


@pytest.fixture(scope="module")
def places(shared_office: Office) -> dict[str, str]:
    """What `{name}` stands for."""
    office = shared_office
    (office.folder / "letters").mkdir(mode=0o700, exist_ok=True)
    return {name: office.file(name, content) for name, content in FILES.items()} | {
        "nowhere": str(office.folder / "nowhere"),
        "letters": str(office.folder / "letters"),
        "roots": str(office.folder / "roots"),
        "relay_keys": str(office.relay.folder / "relay-keys.json"),
        "device": office.ask("ar-admin", "status")["device"],
    }


def assert_plain_words(ran: Ran) -> None:
    assert "Traceback" not in ran.err + ran.out
    assert not re.search(r"Error:.*Error|Exception|object at 0x|<class|codec|regex", ran.err + ran.out)


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_a_line(shared_office: Office, places: dict[str, str], case: str) -> None:
    who, typed, code, words = REFUSED[case]
    ran = shared_office.run(who, *(each.format(**places) for each in typed))
    assert ran.code == code, ran
    assert re.search(words, ran.err), ran.err
    assert ran.out == ""
    said = [each for each in ran.err.splitlines() if each and not each.startswith(("Usage: ", "Try '", "line ", "  "))]
    assert len(said) == 1, ran.err
    assert_plain_words(ran)


@pytest.mark.parametrize("case", [each for each in REFUSED if each != "unknown command"])
def test_refused_in_an_object(shared_office: Office, places: dict[str, str], case: str) -> None:
    who, typed, code, words = REFUSED[case]
    ran = shared_office.run(who, *(each.format(**places) for each in typed), "--json")
    assert ran.code == code, ran
    assert len(ran.out.splitlines()) == 1
    assert set(ran.plain) == {"error", "code", "kind", "evidence"}
    assert ran.plain["code"] == code
    assert re.search(words, ran.plain["error"]), ran.plain
    assert_plain_words(ran)


def test_none_of_this_changed_anything(shared_office: Office) -> None:
    waiting = shared_office.run("ar-desk", "status").out
    assert "0 to send" in waiting
    assert not shared_office.profile("fresh").exists()
    assert not shared_office.profile("nobody").exists()


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("ab", Usage, "2 officers begin with ab; give more of the id"),
        ("ax", NotFound, "there is no officer ax"),
        ("", NotFound, "there is no officer"),
    ],
)
def test_a_beginning_that_fits_several_is_refused(text: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        one_of(text, ["abc1", "abd2", "c3"], "officer")


def test_a_beginning_that_fits_one_is_enough() -> None:
    assert one_of("ABC", ["abc1", "abd2", "c3"], "officer") == "abc1"
