"""A machine with several desks: which one is meant, what is seen of each, and what happens when two switch at once."""

import multiprocessing
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from desk_world import desk, network, refused
from hypothesis import given
from hypothesis import strategies as st

from config.private import hold
from desk import host
from desk.errors import Locked, NotFound, Usage
from desk.keys.keyring import Keyring
from desk.keys.vault import sealed_file
from desk.mail.spool import Spool
from desk.profile.folder import Profile
from desk.profile.shift_mark import SESSION, SHIFT_FILE, end_shift, read_mark, set_mark
from desk.profile.workstation import CHOSEN_FILE, FOLDER_VARIABLE, USUAL, Workstation, here, state
from relay.protocol.stream import Item

WORLD = network()
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")


@pytest.fixture
def station(tmp_path: Path) -> Workstation:
    return Workstation(tmp_path / "station", tmp_path / "usual")


def made(station: Workstation, handle: str, label: str) -> Keyring:
    """A desk of a handle under a label."""
    station.folder.mkdir(mode=0o700, exist_ok=True)
    keyring = desk(station.folder.parent / f"new-{label}", handle, WORLD)
    keyring.profile.path.rename(station.path_of(label))
    return replace(keyring, profile=Profile.open(station.path_of(label)))


def labels(station: Workstation) -> list[tuple[str, bool]]:
    return [(each.label, each.chosen) for each in station.places()]


def test_a_machine_without_desks_means_the_usual_place(station: Workstation) -> None:
    assert (labels(station), station.meant()) == ([], station.usual)


def test_the_only_desk_is_meant_and_of_several_the_chosen_one(station: Workstation) -> None:
    made(station, "ec-night", "night")
    assert (labels(station), station.meant()) == ([("night", True)], station.folder / "night")
    made(station, "ec-day", "day")
    assert labels(station) == [("day", False), ("night", False)]
    assert station.meant() == station.folder  # where there is no profile: nobody works with another's by accident
    with station.switching():
        station.choose("day")
    assert (labels(station), station.meant()) == ([("day", True), ("night", False)], station.folder / "day")


def test_the_desk_at_the_usual_place_belongs_to_the_machine(station: Workstation) -> None:
    made(station, "ec-day", USUAL)
    made(station, "ec-night", "night")
    assert labels(station) == [(USUAL, True), ("night", False)]
    assert station.meant() == station.usual
    with station.switching():
        station.choose("night")
    assert (labels(station), station.meant()) == ([(USUAL, False), ("night", True)], station.folder / "night")


@pytest.mark.parametrize("also", [False, True])
def test_a_folder_that_has_the_name_of_the_usual_place_is_no_desk(station: Workstation, also: bool) -> None:
    """Its label would mean another folder than was listed."""
    made(station, "ec-night", "night")
    (station.folder / "night").rename(station.folder / USUAL)
    made(station, "co-day", "day")
    if also:
        made(station, "ec-day", USUAL)
    assert labels(station) == [*([(USUAL, True)] if also else []), ("day", not also)]
    assert station.meant() == (station.usual if also else station.folder / "day")
    if also:
        assert station.one(USUAL).path == station.usual
    else:
        with pytest.raises(NotFound):
            station.one(USUAL)


@pytest.mark.parametrize("content", [b"", b"night", b"night\n\n", b"Night\n", b"../usual\n", b"\xff\n", b"x" * 5000])
def test_a_damaged_choice_means_no_desk(station: Workstation, content: bytes) -> None:
    made(station, "ec-night", "night")
    (station.folder / CHOSEN_FILE).write_bytes(content)
    assert (labels(station), station.meant()) == ([("night", False)], station.folder)


def test_a_chosen_desk_that_is_gone_is_not_replaced_by_another(station: Workstation) -> None:
    made(station, "ec-night", "night")
    with station.switching():
        station.choose("day")
    assert (labels(station), station.meant()) == ([("night", False)], station.folder / "day")


def test_what_is_no_profile_is_no_desk(station: Workstation) -> None:
    made(station, "ec-night", "night")
    (station.folder / "notes").mkdir()
    (station.folder / "Loud").mkdir()
    (station.folder / "Loud" / "profile.json").write_bytes(b"{}")
    assert labels(station) == [("night", True)]


def test_a_desk_is_found_by_label_or_by_the_beginning_of_its_officer(station: Workstation) -> None:
    night, _ = made(station, "ec-night", "night"), made(station, "ec-day", "day")
    again = made(station, "ec-night/2", "car")
    assert station.one("day").path == station.folder / "day"
    officer = again.profile.identity.officer
    assert officer == night.profile.identity.officer
    assert "2 desks here are of officers" in refused(lambda: station.one(officer[:8]), Usage)
    (station.folder / "car" / "profile.json").unlink()
    assert station.one(officer[:6]).label == "night"
    for unknown in ("evening", officer[:3], "", "0" * 32):
        assert "no desk" in refused(lambda who=unknown: station.one(who), NotFound)  # type: ignore[misc]  # mypy infers no lambda with a default


@given(st.text(max_size=60))
def test_a_label_is_a_folder_of_the_workstation_and_nothing_else(label: str) -> None:
    station = Workstation(Path("station"), Path("usual"))
    try:
        path = station.path_of(label)
    except Usage:
        return
    assert path == (station.usual if label == USUAL else station.folder / label)
    assert path == station.usual or path.parent == station.folder


@pytest.mark.parametrize("label", ["", "-", "a-", "-a", "A", "a b", "a/b", "..", "é", "a" * 41, "con\n"])
def test_what_is_no_label(label: str) -> None:
    assert "is no label" in refused(lambda: Workstation(Path("s"), Path("u")).path_of(label), Usage)


def test_of_two_switches_at_once_one_is_refused(station: Workstation) -> None:
    with station.switching(), pytest.raises(Locked, match="switch desks"), station.switching():
        raise AssertionError
    with station.switching():
        pass


def _choose_often(folder: Path, label: str) -> None:
    station = Workstation(folder, folder / "none")
    for _ in range(30):
        try:
            with station.switching():
                station.choose(label)
        except Locked:
            continue


def test_the_choice_is_always_whole(station: Workstation) -> None:
    made(station, "ec-night", "night")
    made(station, "ec-day", "day")
    with station.switching():
        station.choose("day")
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_choose_often, args=(station.folder, label)) for label in ("night", "day")]
    for each in others:
        each.start()
    seen = set[str | None]()
    while any(each.is_alive() for each in others):
        seen.add(station.chosen())
    for each in others:
        each.join()
        assert each.exitcode == 0
    assert seen <= {"night", "day"}
    assert [each.name for each in station.folder.glob(".unfinished*")] == []


@posix
def test_its_folder_is_the_users_alone(station: Workstation) -> None:
    with station.switching():
        station.choose("night")
    assert stat.S_IMODE(station.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((station.folder / CHOSEN_FILE).stat().st_mode) == 0o600
    station.folder.chmod(0o755)
    with pytest.raises(Usage, match="chmod 700"), station.switching():
        raise AssertionError


def test_what_is_seen_of_a_desk_without_its_passphrase(station: Workstation) -> None:
    keyring = made(station, "ec-night", "night")
    seen = state(station.places()[0], 100)
    assert (seen.identity, seen.problem, seen.shift_ends) == (keyring.profile.identity, "", 0)
    assert (seen.waiting, seen.in_use, seen.watched) == (0, False, False)
    set_mark(keyring.profile, 500)
    for number, kind in ((1, "envelope"), (2, "step")):
        item = Item(number=number, kind=kind, envelope="ab" * 32, size=3)  # type: ignore[arg-type]  # the table's words
        Spool(keyring.profile.path / "spool").put(item, b"abc", 7)
    with hold(keyring.profile.path / "watch.lock"):
        seen = state(station.places()[0], 100)
    assert (seen.shift_ends, seen.waiting, seen.in_use, seen.watched) == (500, 1, False, True)
    with hold(keyring.profile.path / "desk.lock"):
        seen = state(station.places()[0], 500)
    assert (seen.shift_ends, seen.in_use, seen.watched) == (0, True, False)


def test_a_damaged_desk_is_shown_with_what_is_wrong(station: Workstation) -> None:
    made(station, "ec-night", "night")
    (station.folder / "night" / "profile.json").write_bytes(b"{")
    seen = state(station.places()[0], 100)
    assert seen.identity is None
    assert "is damaged" in seen.problem


def test_a_shift_is_ended_without_its_passphrase(station: Workstation) -> None:
    keyring = made(station, "ec-night", "night")
    assert not end_shift(keyring.profile)
    keyring.vault.put("session", b"sealed")
    set_mark(keyring.profile, 500)
    assert end_shift(keyring.profile)
    assert not sealed_file(keyring.profile.path, SESSION).exists()
    assert (keyring.vault.get("session"), read_mark(keyring.profile.path)) == (None, 0)


def test_a_shift_in_which_a_command_runs_is_not_ended(station: Workstation) -> None:
    keyring = made(station, "ec-night", "night")
    keyring.vault.put("session", b"sealed")
    with keyring.profile.locked("desk"), pytest.raises(Locked):
        end_shift(keyring.profile)
    assert keyring.vault.get("session") == b"sealed"


@pytest.mark.parametrize("content", [b"", b"500", b"-5\n", b"0\n", b"5 \n", b"\xb2\n", b"9" * 30 + b"\n", b"abc\n"])
def test_what_is_no_mark_of_a_shift(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SHIFT_FILE).write_bytes(content)
    assert read_mark(tmp_path) == 0


def test_where_the_desks_of_a_machine_stand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert here() == Workstation(host.workstation_folder(), host.default_profile())
    assert host.workstation_folder().parent == host.default_profile().parent
    assert host.workstation_folder() != host.default_profile()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert here().folder == tmp_path
