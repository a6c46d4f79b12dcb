"""`enlace profiles`, `switch` and `watch --all` as they are typed at a machine that two officers share."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyotp
import pytest
from cli_world import HOUSE, Office, Ran, enlace

from config.private import hold
from desk.commands.watch_all import WatchAll
from desk.profile.shift_mark import left
from desk.profile.workstation import Place, Workstation
from desk.terminal import Terminal

pytest_plugins = ("shared_office",)

CONTACT = "co-shared"


@dataclass(frozen=True)
class Machine:
    """A machine with the desks `night` and `day`, both of the contact co-shared."""

    office: Office
    officers: dict[str, str]

    @property
    def folder(self) -> Path:
        return self.office.folder / "workstation"

    @property
    def environ(self) -> dict[str, str]:
        return self.office.environ("duty-")

    def run(self, *arguments: str, feed: bytes = b"", environ: dict[str, str] | None = None) -> Ran:
        return enlace(*arguments, environ=self.environ | (environ or {}), feed=feed)

    def ask(self, *arguments: str, feed: bytes = b"") -> dict[str, Any]:
        ran = self.run(*arguments, "--json", feed=feed)
        assert ran.code == 0, (arguments, ran)
        return ran.plain

    def listed(self) -> dict[str, dict[str, Any]]:
        return {each["label"]: each for each in self.ask("profiles")["profiles"]}

    def chosen(self) -> list[str]:
        return [label for label, each in self.listed().items() if each["chosen"]]

    def paper(self, label: str) -> bytes:
        """A recovery code: the phone's may have been used in these 30 seconds."""
        return self.office.papers[label].pop().encode()

    def log_in(self, label: str) -> None:
        """Choose a desk, whose shift is open then."""
        self.run("switch", label, "--recovery", "--code-file", "-", feed=self.paper(label))


@pytest.fixture(scope="module")
def machine(shared_office: Office) -> Machine:
    office = shared_office
    found = Machine(office, {})
    for label in ("night", "day"):
        out = str(office.folder / "letters" / label)
        invited = office.ask("co-admin", "invite", "--role", "coordinator", "--label", f"{label} duty", "--out", out)
        found.ask("enrol", invited["invitation"], "--label", label, "--no-wait")
        office.ask("co-admin", "officer", "confirm", invited["officer"], "--yes")
        secret = json.loads(found.run("enrol", "--json").out.splitlines()[-2])["uri"]
        phone = pyotp.parse_uri(secret)
        assert isinstance(phone, pyotp.TOTP)
        ended = found.run("enrol", "--code-file", "-", "--json", feed=phone.now().encode())
        assert ended.code == 0, ended
        office.papers[label] = json.loads(ended.out.splitlines()[-2])["recovery_codes"]
        found.officers[label] = invited["officer"]
    details = {
        "function": "trafficking-24-7", "name_en": "Shared desk", "phone": "always:+12025550112", "languages": "es",
        "zone": "America/Bogota", "hours": "24/7", "officers": " ".join(found.officers.values()),
    }  # fmt: skip
    given = (f"--set={name}={value}" for name, value in details.items())
    office.ask("co-admin", "contact", "publish", CONTACT, *given)
    office.ask("ar-desk", "sync")
    return found


def test_the_desk_enrolled_last_is_the_one_in_use(machine: Machine) -> None:
    listed = machine.listed()
    assert set(listed) == {"day", "night"}
    assert listed["day"]["officer"] == machine.officers["day"]
    assert sum(each["chosen"] for each in listed.values()) == 1
    assert (listed["day"]["member"], listed["day"]["kind"], listed["day"]["problem"]) == ("co", "officer", "")


def test_an_enrolment_that_was_cut_short_is_chosen_when_it_goes_on(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, letters = machine.office, machine.office.folder / "letters"
    made = [
        office.ask("ar-admin", "invite", "--role", "coordinator", "--label", name, "--out", str(letters / name))
        for name in ("cut", "other")
    ]
    (before,) = machine.chosen()

    def power_failure(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Workstation, "choose", power_failure)
        assert machine.run("enrol", made[0]["invitation"], "--label", "cut", "--no-wait").code == 130
    assert machine.chosen() == [before]
    assert machine.run("enrol", "--label", "cut", "--no-wait").code == 0
    assert machine.chosen() == ["cut"]
    for taken in (("--label", "cut"), ("--label", before)):
        refused = machine.run("enrol", made[1]["invitation"], *taken)
        assert (refused.code, "`enlace enrol FILE --label LABEL`" in refused.err) == (2, True), refused
    shutil.rmtree(machine.folder / "cut")
    machine.ask("switch", before, "--no-login")


def test_who_sits_down_ends_the_shift_of_who_stood_up(machine: Machine) -> None:
    machine.log_in("night")
    done = machine.run("switch", "day", "--recovery", "--code-file", "-", feed=machine.paper("day"))
    assert done.code == 0, done
    assert "The shift of night has ended on this machine." in done.err
    assert "This machine is the desk day now (officer " in done.err
    assert (machine.chosen(), machine.listed()["night"]["shift_ends"]) == (["day"], 0)
    assert machine.ask("status")["officer"] == machine.officers["day"]
    night = str(machine.folder / "night")
    assert machine.run("sync", "--profile", night).code == 6  # with the passphrase, and yet without a code
    assert machine.run("sync").code == 0


def test_a_shift_that_was_kept_is_gone_on_with_without_a_code(machine: Machine) -> None:
    machine.log_in("night")
    (killed := machine.folder / "night" / "api").mkdir(mode=0o700)  # a local API that was killed has left it
    (killed / "evidence.pdf").write_bytes(b"what a victim said")
    machine.run("switch", "day", "--keep", "--recovery", "--code-file", "-", feed=machine.paper("day"))
    assert not killed.exists()
    assert machine.listed()["night"]["shift_ends"] > 0
    marks = {label: left(machine.folder / label) for label in ("day", "night")}
    back = machine.ask("switch", "night", "--keep")
    changed = {label for label, mark in marks.items() if left(machine.folder / label) != mark}
    assert changed == {"day"}  # what holds that desk unlocked forgets its keys, whoever's shift is kept
    assert (back["label"], back["ended"]) == ("night", "")
    assert back["shift_ends"] == machine.listed()["night"]["shift_ends"]
    assert machine.run("sync").code == 0


def test_a_desk_that_cannot_be_swept_keeps_nobody_from_taking_over(machine: Machine) -> None:
    machine.ask("switch", "day", "--keep", "--no-login")
    day = machine.folder / "day"
    (day / "left").unlink(missing_ok=True)
    for each in ("api", "api.lock", "left"):
        (day / each).mkdir(mode=0o700)
    taken = machine.run("switch", "night", "--keep", "--no-login")
    for each in ("api", "api.lock", "left"):
        (day / each).rmdir()
    assert (taken.code, machine.chosen()) == (0, ["night"]), taken
    assert "What holds the desk day unlocked goes on holding it: end it" in taken.err
    assert f"what a local API has left in {day} stays there: " in taken.err


def test_an_officer_is_found_by_the_beginning_of_the_id(machine: Machine) -> None:
    assert machine.ask("switch", machine.officers["day"][:10], "--no-login")["label"] == "day"
    assert machine.chosen() == ["day"]


def test_a_wrong_passphrase_changes_nothing(machine: Machine) -> None:
    machine.log_in("day")
    before = machine.listed()
    wrong = machine.office.file("wrong", "no passphrase of theirs\n")
    ran = machine.run("switch", "night", "--passphrase-file", wrong)
    assert ran.code == 6
    assert machine.listed() == before


def test_a_code_that_is_refused_leaves_the_desk_chosen_without_a_shift(machine: Machine) -> None:
    machine.run("switch", "day", "--no-login")
    ran = machine.run("switch", "night", "--code-file", "-", feed=b"12345")
    assert ran.code == 6
    assert "This machine is the desk night now" in ran.err
    assert (machine.chosen(), machine.listed()["night"]["shift_ends"]) == (["night"], 0)


def test_a_busy_desk_is_not_left_in_the_middle(machine: Machine) -> None:
    machine.log_in("day")
    with hold(machine.folder / "day" / "desk.lock"):
        ran = machine.run("switch", "night", "--no-login")
        assert (ran.code, machine.listed()["day"]["in_use"]) == (6, True)
    assert machine.chosen() == ["day"]
    assert machine.listed()["day"]["shift_ends"] > 0


def test_two_switches_at_once(machine: Machine) -> None:
    with hold(machine.folder / "workstation.lock"):
        ran = machine.run("switch", "night", "--no-login")
    assert (ran.code, "switch desks" in ran.err) == (6, True)


def test_a_desk_that_is_gone_is_not_replaced_by_another(machine: Machine) -> None:
    machine.run("switch", "day", "--no-login")
    (machine.folder / "day").rename(machine.office.folder / "away")
    try:
        for typed in (("status",), ("inbox",), ("watch", "--once")):
            ran = machine.run(*typed)
            assert (ran.code, "`enlace profiles` lists" in ran.err) == (7, True), ran
        ran = machine.run("profiles")
        assert (ran.code, "`enlace switch LABEL` chooses one" in ran.err) == (0, True)
        assert machine.ask("switch", "night", "--no-login")["ended"] == ""
        assert machine.run("status").code == 0
    finally:
        (machine.office.folder / "away").rename(machine.folder / "day")


def test_what_the_environment_names_counts_more_and_that_is_told(machine: Machine) -> None:
    for typed in (("profiles",), ("switch", "night", "--no-login")):
        ran = machine.run(*typed, environ={"ENLACE_PROFILE": str(machine.folder / "day")})
        assert (ran.code, "ENLACE_PROFILE is set here" in ran.err) == (0, True)


def test_no_desk_on_a_machine(machine: Machine, tmp_path: Path) -> None:
    elsewhere = {"ENLACE_WORKSTATION": str(tmp_path / "none"), "XDG_DATA_HOME": str(tmp_path)}
    ran = machine.run("profiles", environ=elsewhere)
    assert (ran.code, "There is no desk on this machine" in ran.out) == (0, True)
    assert machine.run("switch", "day", environ=elsewhere).code == 7
    assert machine.run("watch", "--all", "--once", environ=elsewhere).code == 7


@pytest.mark.parametrize("label", ["Night", "a b", "../day", "-x", "é"])
def test_what_is_no_label(machine: Machine, label: str) -> None:
    before = sorted(machine.folder.iterdir())
    letter = machine.office.file("letter", "{}")
    ran = machine.run("enrol", letter, f"--label={label}")
    assert (ran.code, "is no label" in ran.err) == (2, True)
    assert sorted(machine.folder.iterdir()) == before


def test_one_listener_rings_for_all_and_says_for_whom(machine: Machine) -> None:
    machine.office.ask("ar-desk", "send", CONTACT, "-s", "Palabra", "--no-text", "-p", "flash")
    bells = machine.office.folder / "bells"
    ran = machine.run("watch", "--all", "--once", "--json", "--on-message", f'echo "$ENLACE_FOR" >> {bells}')
    assert ran.code == 0, ran
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert {each["profile"] for each in events if each["event"] == "message"} == {"night", "day"}
    assert "Palabra" not in ran.out
    assert set(bells.read_text().split()) == {"night", "day"}
    assert {label: each["waiting"] for label, each in machine.listed().items()} == {"day": 1, "night": 1}
    machine.log_in("day")
    assert machine.ask("sync")["messages"]
    assert {label: each["waiting"] for label, each in machine.listed().items()} == {"day": 0, "night": 1}


def test_a_desk_in_trouble_silences_no_other(machine: Machine, tmp_path: Path) -> None:
    """One damaged, one that another process listens for, one that was revoked: each told, the last one heard."""
    shutil.copytree(machine.folder, tmp_path / "station")
    shutil.copytree(machine.folder / "night", tmp_path / "station" / "broken")
    (tmp_path / "station" / "broken" / "profile.json").write_bytes(b"{")
    shutil.copytree(machine.folder / "night", tmp_path / "station" / "busy")
    elsewhere = {"ENLACE_WORKSTATION": str(tmp_path / "station"), "XDG_DATA_HOME": str(tmp_path)}
    with hold(tmp_path / "station" / "busy" / "watch.lock"):
        ran = machine.run("watch", "--all", "--once", environ=elsewhere)
    assert ran.code in (2, 6)
    assert "broken: " in ran.err
    assert "busy: " in ran.err
    assert "day: Listening at" in ran.out
    assert "night: Listening at" in ran.out


@contextmanager
def listening(machine: Machine, station: Path) -> Iterator[IO[str]]:
    """`enlace watch --all` as a process of its own, and what it prints."""
    environ = machine.environ | {"ENLACE_WORKSTATION": str(station), "PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "desk.main", "watch", "--all", "--json"]
    process = subprocess.Popen(
        command, cwd=HOUSE, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()


def until(lines: IO[str], wanted: dict[str, str]) -> list[dict[str, Any]]:
    """The events until one has these fields."""
    found: list[dict[str, Any]] = []
    while line := lines.readline():
        found.append(json.loads(line))
        if wanted.items() <= found[-1].items():
            return found
    raise AssertionError(found)


def test_it_goes_on_listening_beside_a_revoked_and_a_damaged_desk(machine: Machine, tmp_path: Path) -> None:
    office, station = machine.office, tmp_path / "station"
    station.mkdir(mode=0o700)
    for label in ("day", "night"):
        shutil.copytree(machine.folder / label, station / label)
    office.invite("co", "coordinator", "co-gone")
    shutil.copytree(office.profile("co-gone"), station / "gone")
    office.ask("co-admin", "device", "revoke", office.ask("co-gone", "status")["device"], "--yes")
    (station / "night" / "reception.json").write_bytes(b"{")
    with listening(machine, station) as lines:
        missing = {("day", "listening"), ("night", "trouble"), ("gone", "revoked")}  # in whatever order
        while missing:
            (each,) = until(lines, {})
            missing -= {(each["profile"], each["event"])}
        office.ask("ar-desk", "send", CONTACT, "-s", "Otra", "--no-text")
        assert until(lines, {"event": "message", "profile": "day"})


class Noticing(WatchAll):
    """A watch that says for whom it listens, and listens to nobody."""

    def __init__(self, station: Workstation) -> None:
        super().__init__(Terminal(json=True), station, None, False, pause=0.02)
        self.seen: asyncio.Queue[str] = asyncio.Queue()

    async def _one(self, place: Place) -> None:
        self.seen.put_nowait(f"came {place.label}")
        try:
            await asyncio.Event().wait()
        finally:
            self.seen.put_nowait(f"left {place.label}")


async def test_desks_that_come_and_go_are_noticed(machine: Machine, tmp_path: Path) -> None:
    station = Workstation(tmp_path / "station", tmp_path / "usual")
    station.folder.mkdir(mode=0o700)
    watch = Noticing(station)
    going = asyncio.create_task(watch.run(once=False))
    try:
        for label in ("day", "night"):
            shutil.copytree(machine.folder / label, tmp_path / label)
            (tmp_path / label).rename(station.folder / label)
            assert await asyncio.wait_for(watch.seen.get(), 10) == f"came {label}"
        (station.folder / "day" / "profile.json").unlink()
        assert await asyncio.wait_for(watch.seen.get(), 10) == "left day"
    finally:
        going.cancel()
        await going
    assert watch.seen.get_nowait() == "left night"


@pytest.fixture(scope="module")
def on_duty(machine: Machine) -> Machine:
    """The same machine; by the roster it is always night's turn."""
    machine.log_in("night")
    ran = machine.run("duty", "set", "--contact", CONTACT, "--shift", "all=mon-sun 00:00 for 1d night duty", "--yes")
    assert ran.code == 0, ran
    machine.log_in("day")
    assert machine.run("sync").code == 0
    return machine


def test_the_bell_is_at_the_desk_whose_officer_is_on_duty(on_duty: Machine) -> None:
    with listening(on_duty, on_duty.folder) as lines:
        for _ in ("day", "night"):
            until(lines, {"event": "listening"})
        on_duty.office.ask("ar-desk", "send", CONTACT, "-s", "Tarde", "--no-text", "-p", "flash")
        told = until(lines, {"event": "rings-elsewhere"})
        assert (told[-1]["profile"], told[-1]["desk"]) == ("day", "night")


def test_one_command_hands_over_and_changes_the_officer(on_duty: Machine) -> None:
    on_duty.log_in("night")
    done = on_duty.run(
        "switch", "day", "--hand-over", "La empresa llama a las seis", "--recovery", "--code-file", "-",
        feed=on_duty.paper("day"),
    )  # fmt: skip
    assert done.code == 0, done
    assert f"Handed over at {CONTACT}" in done.err
    assert "| La empresa llama a las seis" in done.err
    assert on_duty.chosen() == ["day"]
    took = on_duty.ask("duty", "take-over")
    assert (took["signed"], took["text"]) == (True, "La empresa llama a las seis")
    again = on_duty.run("switch", "day", "--hand-over", "Nada", "--no-login")
    assert (again.code, "no desk in use that could hand over" in again.err) == (2, True)
