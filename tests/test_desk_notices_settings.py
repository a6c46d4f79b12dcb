"""A notice's settings: what is refused, in which words; and that what is written is read as the same."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import SettingsError
from desk.errors import DeskError, NotFound, Usage
from desk.notices.settings import (
    MOST_NOTICES,
    CommandWay,
    MailWay,
    Notice,
    NoticeFile,
    WebWay,
    When,
    add_notice,
    check_name,
    load_notice,
    load_notices,
    quiet_minutes,
    read_notice,
    remove_notice,
    write_notice,
)
from relay.protocol.envelope import PRECEDENCES

PLACE = Path("/profile/notices/night.toml")
COMMAND = '[notice]\nkind = "command"\n{}\n[command]\nrun = ["/bin/ring"]\n{}'
MAIL = '[notice]\nkind = "mail"\n[mail]\nserver = "m.example"\nsender = "a@b.example"\nto = ["c@d.example"]\n{}'
WEB = '[notice]\nkind = "webhook"\n[webhook]\nurl = "{}"\n'
REFUSED = {
    "nothing": ("", "[notice] kind is not set"),
    "no TOML": ("kind = ", "is not TOML"),
    "no section": ('kind = "mail"', "unknown section [kind]"),
    "another kind": ('[notice]\nkind = "fax"', "Invalid enum value 'fax'"),
    "a misspelt setting": (COMMAND.format("quite = []", ""), "did you mean quiet?"),
    "a section of another kind": (COMMAND.format("", '[mail]\nserver = "m.example"'), "[mail] belongs to another"),
    "no program": ('[notice]\nkind = "command"', "[command] run is a whole path"),
    "a program by its name alone": ('[notice]\nkind = "command"\n[command]\nrun = ["ring"]', "is a whole path"),
    "a command as one text": ('[notice]\nkind = "command"\n[command]\nrun = "/bin/ring"', "Expected `array`"),
    "an argument of two lines": (COMMAND.format("", "").replace("ring", "a\\nb"), "write one line"),
    "no time": (COMMAND.format("", "seconds = 0"), ">= 1"),
    "an hour": (COMMAND.format("", "seconds = 3600"), "<= 120"),
    "quiet hours in words": (COMMAND.format('quiet = ["night"]', ""), "write them like 22:00-06:00"),
    "quiet hours of nothing": (COMMAND.format('quiet = ["06:00-06:00"]', ""), "a whole day is 00:00-24:00"),
    "a quarter past midnight's end": (COMMAND.format('quiet = ["06:00-24:15"]', ""), "22:00-06:00"),
    "no zone": (COMMAND.format('zone = "Bogota"', ""), "no IANA time zone"),
    "a contact in capitals": (COMMAND.format('contacts = ["CO-desk"]', ""), "contacts"),
    "a precedence that is none": (COMMAND.format('least = "urgent"', ""), "Invalid enum value 'urgent'"),
    "never": (COMMAND.format("most = 0", ""), ">= 1"),
    "all the time": (COMMAND.format("every = 0", ""), ">= 1"),
    "no mail server": ('[notice]\nkind = "mail"', "[mail] server is not set"),
    "nobody to write to": (MAIL.format("").replace('["c@d.example"]', "[]"), "[mail] to is not set"),
    "an address with a line break": (MAIL.format("").replace("c@d.example", "c@d.example\\r\\nBcc: x"), "[mail] to"),
    "an address with a name": (MAIL.format("").replace("c@d.example", "C <c@d.example>"), "[mail] to"),
    "a user without a password": (MAIL.format('user = "desk"'), "belong together"),
    "a password without encryption": (
        MAIL.format('tls = "none"\nuser = "desk"\npassword_file = "secret"'), "neither a password nor a certificate",
    ),
    "TLS by another name": (MAIL.format('tls = "ssl"'), "Invalid enum value 'ssl'"),
    "port 0": (MAIL.format("port = 0"), ">= 1"),
    "no address": ('[notice]\nkind = "webhook"', "[webhook] url is an address such as"),
    "a webhook in the clear": (WEB.format("http://alerts.example/x"), "https://"),
    "a webhook with a password": (WEB.format("https://a:b@alerts.example/x"), "with no password"),
    "a webhook with a port that is none": (WEB.format("https://alerts.example:x/"), "[webhook] url"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(SettingsError) as caught:
        read_notice(text, PLACE)
    assert words in str(caught.value)
    assert str(PLACE) in str(caught.value)
    assert "environment" not in str(caught.value)


WHEN = {
    "language": st.sampled_from(["en", "es", "pt", "fr"]),
    "least": st.sampled_from(PRECEDENCES),
    "contacts": st.sampled_from([(), ("co-desk",), ("co-desk", "co-court")]),
    "quiet": st.sampled_from([(), ("22:00-06:00",), ("00:00-24:00", "12:00-13:30")]),
    "zone": st.sampled_from(["", "America/Bogota"]),
    "after": st.integers(0, 1440),
    "every": st.integers(1, 1440),
    "most": st.integers(1, 100),
}
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
FILES = st.one_of(
    st.builds(
        NoticeFile,
        notice=st.builds(When, kind=st.just("command"), **WHEN),
        command=st.builds(CommandWay, run=st.lists(WORDS, max_size=3).map(lambda x: ("/bin/ring", *x))),
    ),
    st.builds(
        NoticeFile,
        notice=st.builds(When, kind=st.just("mail"), **WHEN),
        mail=st.builds(
            MailWay, server=st.just("m.example"), sender=st.just("a@b.example"), to=st.just(("c@d.example",)),
            port=st.integers(1, 65_535), authority=st.sampled_from(["", "/tls/ca.pem"]),
        ),
    ),
    st.builds(
        NoticeFile,
        notice=st.builds(When, kind=st.just("webhook"), **WHEN),
        webhook=st.builds(WebWay, url=st.just("https://alerts.example/x?y=1"), seconds=st.integers(1, 120)),
    ),
)  # fmt: skip


@given(FILES)
def test_what_is_written_is_read(file: NoticeFile) -> None:
    assert read_notice(write_notice(file), PLACE) == file


@settings(max_examples=40)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with pytest.raises(SettingsError):
        read_notice(text, PLACE)


@given(st.text(max_size=12))
def test_quiet_hours_are_read_as_written_or_refused(text: str) -> None:
    try:
        begin, end = quiet_minutes(text)
    except ValueError:
        return
    assert f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}" == text


def test_a_path_is_relative_to_the_settings() -> None:
    mail = read_notice(MAIL.format('user = "desk"\npassword_file = "secret"'), PLACE).mail
    assert mail.password_file == "/profile/notices/secret"


def ring(*arguments: str) -> NoticeFile:
    return NoticeFile(notice=When(kind="command"), command=CommandWay(run=("/bin/ring", *arguments)))


def test_added_listed_and_removed(tmp_path: Path) -> None:
    path = add_notice(tmp_path, "night-phone", ring())
    assert path.stat().st_mode & 0o77 == 0
    assert load_notice(tmp_path, "night-phone") == Notice(name="night-phone", file=ring())
    with pytest.raises(Usage, match="exists already"):
        add_notice(tmp_path, "night-phone", ring("again"))
    remove_notice(tmp_path, "night-phone")
    with pytest.raises(NotFound, match="there is no notice night-phone"):
        remove_notice(tmp_path, "night-phone")
    assert list(load_notices(tmp_path)) == []


def test_one_that_is_broken_keeps_no_other(tmp_path: Path) -> None:
    add_notice(tmp_path, "b-good", ring())
    (tmp_path / "notices" / "a-broken.toml").write_bytes(b"\xff")
    (tmp_path / "notices" / "c-large.toml").write_bytes(b"#" * 20_000)
    (tmp_path / "notices" / "d-link.toml").symlink_to(tmp_path / "notices" / "b-good.toml")
    found = list(load_notices(tmp_path))
    assert [isinstance(each, Notice) for each in found] == [False, True, False, False]
    assert [str(each).rpartition("notices/")[2] for each in found if isinstance(each, DeskError)] == [
        "a-broken.toml is not UTF-8 from byte 0 on; save it as UTF-8",
        "c-large.toml is larger than 16 KiB",
        "d-link.toml cannot be read: Too many levels of symbolic links",
    ]
    remove_notice(tmp_path, "a-broken")


def test_there_is_room_for_so_many(tmp_path: Path) -> None:
    for number in range(MOST_NOTICES):
        add_notice(tmp_path, f"n{number}", ring())
    with pytest.raises(Usage, match="there are 16 notices already"):
        add_notice(tmp_path, "more", ring())


@pytest.mark.parametrize("name", ["", "Night", "../x", "a b", "-a", "a-", "x" * 41, "a.toml"])
def test_no_name(name: str) -> None:
    with pytest.raises(Usage, match="is no name for a notice"):
        check_name(name)
