"""Networks for exercises: everything in them is an exercise and says so, nothing of them counts elsewhere, and nothing
that is real is marked as one."""

import json
from pathlib import Path
from typing import get_args

import pytest
from cli_world import Office
from desk_world import changed, message, network
from directory_world import NAME, key_pair

from desk.api.calling import Answering
from desk.errors import Usage
from desk.exercise.mark import other_sort
from desk.exercise.network import check_contact, check_urgency, plays
from desk.failure import plain
from desk.mail.message import MessageError, open_message, write_message
from desk.notices.command_way import variables
from desk.notices.settings import Tongue
from desk.notices.web_way import body
from desk.notices.words import telling
from desk.profile.folder import Identity, Profile
from desk.terminal import Terminal
from directory.pages.render import render
from relay.protocol.lines import device_name

pytest_plugins = ("shared_office",)
WORLD = network()
REAL = message(WORLD)
EXERCISE = changed(REAL, exercise=True)
SIGNER = device_name(NAME, REAL.sender.device)
THERE = device_name(f"exercise.{NAME}", REAL.sender.device)
KEYS = key_pair("co-night")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("exercise.example", True),
        ("exercise.enlace.example", True),
        ("exercise", False),
        ("exercises.example", False),
        ("enlace.exercise.example", False),
        ("x-exercise.example", False),
        ("enlace.example", False),
        ("", False),
    ],
)
def test_a_network_is_for_exercises_by_the_beginning_of_its_name(name: str, found: bool) -> None:
    assert plays(name) is found


def test_what_does_not_say_so_is_not_signed_there_and_does_not_count() -> None:
    with pytest.raises(MessageError, match="the network is for exercises"):
        write_message(REAL, THERE, KEYS)
    note = write_message(EXERCISE, THERE, KEYS)
    device = REAL.sender.device
    assert open_message(note, REAL.network, THERE, device, KEYS.public) == EXERCISE


def test_a_message_of_an_exercise_network_counts_in_no_other() -> None:
    note = write_message(EXERCISE, THERE, KEYS)
    device = REAL.sender.device
    with pytest.raises(MessageError):  # the signer's name holds the network's
        open_message(note, REAL.network, SIGNER, device, KEYS.public)
    with pytest.raises(MessageError, match="for another network"):
        open_message(note, "0" * 64, THERE, device, KEYS.public)
    real = write_message(REAL, SIGNER, KEYS)
    with pytest.raises(MessageError):
        open_message(real, REAL.network, THERE, device, KEYS.public)


def test_contacts_for_exercises_are_in_their_networks_alone() -> None:
    check_contact("exercise.example", "co-desk-exercise")
    check_contact("enlace.example", "co-desk")
    with pytest.raises(Usage, match="ids that end in -exercise, such as co-desk-exercise"):
        check_contact("exercise.example", "co-desk")
    with pytest.raises(Usage, match="is a real network"):
        check_contact("enlace.example", "co-desk-exercise")


@pytest.mark.parametrize("precedence", ["flash", "immediate"])
def test_in_a_real_network_an_exercise_wakes_nobody(precedence: str) -> None:
    with pytest.raises(Usage, match="a locked desk could not tell"):
        check_urgency("enlace.example", exercise=True, precedence=precedence, calls=False)
    check_urgency("enlace.example", exercise=False, precedence=precedence, calls=True)
    check_urgency("exercise.example", exercise=True, precedence=precedence, calls=True)


def test_in_a_real_network_an_exercise_calls_nobody() -> None:
    with pytest.raises(Usage, match="whoever is called could not see"):
        check_urgency("enlace.example", exercise=True, precedence="routine", calls=True)


def test_only_the_other_sort_is_left_out() -> None:
    assert [other_sort(each, "enlace.example") for each in (REAL, EXERCISE)] == [False, True]
    assert [other_sort(each, "exercise.example") for each in (REAL, EXERCISE)] == [True, False]


@pytest.mark.parametrize("language", get_args(Tongue))
def test_a_notice_of_an_exercise_begins_with_that(language: str) -> None:
    said = [
        telling("waiting", "flash", ("co-desk",), 1, 0, "UTC", language, exercise=each)  # type: ignore[arg-type]  # a tongue
        for each in (False, True)
    ]
    mark = {"en": "EXERCISE", "es": "EJERCICIO", "pt": "EXERCÍCIO", "fr": "EXERCICE"}[language]
    assert said[1].text.startswith(f"{mark}, ")
    assert said[1].text.endswith(said[0].text)
    assert mark not in said[0].text
    assert json.loads(body(said[1], 0))["exercise"] is True
    assert "exercise" not in json.loads(body(said[0], 0))
    assert variables(said[1])["ENLACE_NOTICE_EXERCISE"] == "1"
    assert "ENLACE_NOTICE_EXERCISE" not in variables(said[0])


@pytest.mark.parametrize("language", ["es", "en", "pt", "fr"])
def test_the_portal_of_an_exercise_says_so_on_each_page(language: str) -> None:
    """Also before somebody has logged in."""
    around = {
        "network": "exercise.example", "here": "", "logged_in": False, "switch": [], "strange": "", "as_of": "",
        "printed": "", "heading": "x", "said": "", "back": "",
    }  # fmt: skip
    mark = {"en": "EXERCISE", "es": "EJERCICIO", "pt": "EXERCÍCIO", "fr": "EXERCICE"}[language]
    for exercise in (False, True):
        page = render("message.html", language, around | {"exercise": exercise})
        assert (mark in page) is exercise


def profile(folder: Path, name: str) -> Path:
    Profile.create(folder, Identity(kind="officer", name=name)).save(Identity(kind="officer", name=name))
    return folder


def test_whatever_a_terminal_shows_there_begins_with_the_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: dict[str, str] = {}
    for name in ("enlace.example", "exercise.example"):
        terminal = Terminal(path=profile(tmp_path / name, name))
        terminal.profile()
        terminal.result({}, "Nothing.")
        terminal.event({}, "Rings.")
        terminal.note("told")
        terminal.warn("beware")
        terminal.json = True
        terminal.result({"a": 1}, "")
        terminal.event({"event": "message"}, "")
        captured = capsys.readouterr()
        shown[name] = captured.out + captured.err
    assert shown["enlace.example"] == 'Nothing.\nRings.\n{"a":1}\n{"event":"message"}\ntold\n! beware\n'
    assert shown["exercise.example"] == (
        "EXERCISE: nothing of this is real\nNothing.\nEXERCISE Rings.\n"
        '{"a":1,"exercise":true}\n{"event":"message","exercise":true}\nEXERCISE told\nEXERCISE ! beware\n'
    )


def test_the_mark_goes_with_the_profile_that_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(path=profile(tmp_path / "one", "exercise.example"))
    terminal.profile()
    terminal.path = profile(tmp_path / "two", "enlace.example")
    terminal.profile()
    terminal.result({}, "Real.")
    assert capsys.readouterr().out == "Real.\n"


def test_programs_are_told_by_the_local_api(tmp_path: Path) -> None:
    terminal = Answering(json=True, path=profile(tmp_path / "one", "exercise.example"))
    terminal.profile()
    terminal.result({"a": 1}, "")
    terminal.note("told")
    terminal.warn("beware")
    assert (terminal.results, terminal.notes, terminal.warnings) == (
        [{"a": 1, "exercise": True}], ["EXERCISE told"], ["EXERCISE beware"],
    )  # fmt: skip


def test_an_error_of_an_exercise_says_so() -> None:
    error = Usage("no")
    assert "exercise" not in plain(error)
    error.exercise = True
    assert plain(error)["exercise"] is True


def test_a_profile_that_was_given_another_networks_name_is_refused(shared_office: Office) -> None:
    """Else whoever can write to it could have a locked desk ring for what is real as for an exercise."""
    name = shared_office.copy("ar-desk", "renamed")
    record = shared_office.profile(name) / "profile.json"
    record.write_text(record.read_text().replace('"enlace.example"', '"exercise.enlace.example"'))
    ran = shared_office.run(name, "status")
    assert ran.code == 2
    assert "it names the network exercise.enlace.example, and the directory is that of enlace.example" in ran.err
