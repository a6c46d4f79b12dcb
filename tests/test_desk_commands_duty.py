"""`enlace duty` as two officers of one contact type it: the roster made, changed, seen, handed over, taken over.

Their office has played `docs/rosters.md` before: that it works as it stands is shown by the way.
"""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_world import Office, Ran
from transcripts import STEP, Player, steps

PAGE = (Path(__file__).parent.parent / "docs" / "rosters.md").read_text("utf-8")
NOTHING = "There is no roster on this desk yet"


@dataclass
class Post:
    """Two officers of ar-desk: `ar-desk` and `ar-night`."""

    office: Office
    day: str
    night: str
    played: int

    def set(self, *arguments: str, who: str = "ar-desk") -> Ran:
        return self.office.run(who, "duty", "set", *arguments, "--yes", "--json")

    def now(self, who: str = "ar-desk") -> dict[str, Any]:
        found: dict[str, Any] = self.office.ask(who, "duty")["contacts"][0]
        return found


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Office.opened(tmp_path_factory.mktemp("duty") / "office") as office:
        out = str(office.folder / "letters" / "night")
        invited = office.ask("ar-admin", "invite", "--role", "coordinator", "--label", "Night duty", "--out", out)
        office.enrol("ar-night", invited["invitation"], "ar-admin")
        day, night = office.officers["ar-desk"], invited["officer"]
        office.ask("ar-admin", "contact", "publish", "ar-desk", "--set", f"officers={day} {night}", "--yes")
        for who in ("ar-desk", "ar-night"):
            office.ask(who, "sync")
        assert NOTHING in office.run("ar-desk", "duty").out
        found = Post(office, day, night, Player(office, int(time.time()) // STEP).play(PAGE))
        office.ask("ar-desk", "sync")
        yield found


def test_the_page_works_as_it_stands(post: Post) -> None:
    assert post.played == len(list(steps(PAGE))) > 10


def test_every_fence_of_the_page_is_played() -> None:
    opened = re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)
    assert set(opened) == {"console ar-desk", "console ar-night", "console co-desk"}


def test_both_officers_see_the_same_roster(post: Post) -> None:
    mine, theirs = post.now(), post.now("ar-night")
    for name in ("seq", "on_duty", "until", "next", "holes", "signed_by", "signed_at"):
        assert mine[name] == theirs[name]
    assert {mine["turn"], theirs["turn"]} <= {"first", "behind", ""}
    assert (mine["seq"], mine["holes"], mine["rivals"]) == (3, [], [])


def test_nobody_else_gets_it(post: Post) -> None:
    sent = post.office.ask("ar-desk", "inbox", "--all")["messages"]
    assert [each["content"]["kind"] for each in sent][:1] == ["roster"]
    assert post.office.ask("ar-admin", "inbox", "--all")["messages"] == []
    ran = post.office.run("ar-desk", "duty", "--contact", "co-desk")
    assert (ran.code, "its own officers' affair" in ran.err) == (7, True)


def test_a_week_in_two_widths_and_another_language(post: Post) -> None:
    wide = post.office.run("ar-night", "duty", "week", "--day", "2058-12-02", "--language", "pt").out
    assert "Escala de plantão ar-desk" in wide
    narrow = post.office.run("ar-night", "duty", "week", "--width", "40").out
    assert max(map(len, narrow.splitlines())) <= 40
    assert post.office.run("ar-night", "duty", "week", "--day", "tomorrow").code == 2


def test_a_dry_run_signs_nothing(post: Post) -> None:
    before = post.now()["seq"]
    ran = post.office.run("ar-desk", "duty", "set", "--drop", "night", "--dry-run")
    assert "- night" in ran.out
    assert "Nothing was signed" in ran.out
    assert "nobody is there" in ran.err
    assert post.now()["seq"] == before


def test_a_change_is_confirmed_before_it_is_signed(post: Post) -> None:
    ran = post.office.run("ar-desk", "duty", "set", "--drop", "night")
    assert (ran.code, "--yes" in ran.err) == (2, True)


def test_a_file_written_changed_and_given_back(post: Post, tmp_path: Path) -> None:
    path = tmp_path / "roster.toml"
    post.office.ask("ar-night", "duty", "write", str(path))
    there = post.office.run("ar-night", "duty", "write", str(path))
    assert (there.code, "is there already; --replace writes it anew" in there.err) == (2, True)
    post.office.ask("ar-night", "duty", "write", str(path), "--replace")
    assert post.set("--file", str(path), who="ar-night").plain["changed"] is False
    path.write_text(path.read_text().replace("20:00–08:00", "20:00–08:30"))
    seq = post.now("ar-night")["seq"]
    changed = post.set("--file", str(path), who="ar-night").plain
    assert (changed["seq"], len(changed["difference"])) == (seq + 1, 2)
    path.write_text("contact = 7")
    assert post.set("--file", str(path), who="ar-night").code == 2


def test_a_calendar_goes_out_and_comes_in_again(post: Post, tmp_path: Path) -> None:
    post.office.ask("ar-night", "sync")
    path = tmp_path / "roster.ics"
    post.office.ask("ar-night", "duty", "export", str(path), "--names")
    assert b"Officer on duty" in path.read_bytes()
    there = post.office.run("ar-night", "duty", "export", str(path))
    assert (there.code, "is there already; --replace writes it anew" in there.err) == (2, True)
    post.office.ask("ar-night", "duty", "export", str(path), "--names", "--replace")
    back = post.office.ask("ar-night", "duty", "import", str(path), "--yes")
    assert back["changed"] is False
    attended = b"\r\nATTENDEE:mailto:x@example.org\r\nEND:VEVENT"
    path.write_bytes(path.read_bytes().replace(b"\r\nEND:VEVENT", attended, 1))
    ran = post.office.run("ar-night", "duty", "import", str(path), "--yes", "--json")
    assert (ran.code, len(ran.plain["problems"])) == (3, 2)  # the shift, and the day of it that differs
    assert "with --map WHO=OFFICER" in ran.plain["problems"][0]["do"]
    mapped = post.office.ask(
        "ar-night", "duty", "import", str(path), "--map", f"x@example.org={post.night[:8]}", "--dry-run"
    )
    assert mapped["signed"] is False


SLIPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("--shift", "día=mon 22:00-23:00 {day}"), "'día' is no id of a shift: up to 40 of a-z and 0-9, in at most six "
     "words with a hyphen between, such as dia"),
    (("--shift", f"{'x' * 41}=mon 22:00-23:00 {{day}}"), "is no id of a shift"),
    (("--shift", "=mon 22:00-23:00 {day}"), "such as night"),
    (("--shift", "dusk=mon 22:00-23:00 nobody"), "the shift dusk names nobody"),
    (("--shift", "dusk=mon 22:00 for 8d {day}", "--every", "2"), "the shift dusk lasts longer than 7 days"),
    (("--shift", "dusk=mon 22:00-23:00 {day},{day}"), "the shift dusk names an officer twice"),
    (("--on", "night 2058-1-2 {day}"), "2058-1-2 is no day of the calendar; write it like 2026-03-04"),
    (("--on", "night 20581202 {day}"), "20581202: write the day like 2058-12-02"),
    (("--window", "soon later {day}"), "soon is no local time; write it like 2026-12-24T18:00"),
    (("--window", "2026-12-24T18:00 2026-12-26 {day}"), "2026-12-26 is no local time"),
    (("--end", "night=31/12/2058"), "31/12/2058 is no day of the calendar"),
)  # fmt: skip


def test_what_is_typed_wrongly_is_told_before_anything_is_planned(post: Post) -> None:
    post.office.ask("ar-desk", "sync")
    for arguments, words in SLIPS:
        ran = post.set(*(each.format(day=post.day[:8]) for each in arguments))
        assert (ran.code, words in ran.plain["error"]) == (2, True), ran


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--again", "--drop", "night"),
        ("--file", "x", "--drop", "night"),
        ("--shift", "night"),
        ("--shift", "dusk=mon 22:00 {day}"),
        ("--shift", "dusk=mon 22:00-23:00 eeee"),
        ("--shift", "Dusk=mon 22:00-23:00 {day}"),
        ("--on", "night 2058-12-02"),
        ("--on", "dusk 2058-12-02 nobody"),
        ("--swap", "night 2058-12-02 day"),
        ("--end", "night"),
        ("--clear", "night 2058-12-02"),
        ("--zone", "America/Nowhere"),
        ("--since", "soon", "--shift", "dusk=mon 22:00-23:00 {day}"),
    ],
)
def test_what_is_not_understood_is_refused_and_nothing_is_signed(post: Post, arguments: tuple[str, ...]) -> None:
    post.office.ask("ar-desk", "sync")
    before = post.now()["seq"]
    ran = post.set(*(each.format(day=post.day[:8]) for each in arguments))
    assert ran.code == 2, ran
    assert post.now()["seq"] == before


def test_a_shift_is_handed_over_with_what_is_open(post: Post) -> None:
    office = post.office
    office.ask("co-desk", "send", "ar-desk", "-s", "Truck", "--no-text")
    left = office.ask("ar-desk", "duty", "hand-over", "--note", "The company calls at six")
    assert [each["words"] for each in left["open"]] == ["Night bus", "Truck"]
    assert left["sent"] is True
    looked = office.ask("ar-night", "duty", "take-over", "--look")
    assert (looked["signed"], looked["text"], looked["missing"]) == (False, "The company calls at six", 0)
    assert [each["words"] for each in looked["open"]] == ["Night bus", "Truck"]
    assert "a note of Officer on duty" in office.run("ar-night", "status").err
    assert office.ask("ar-night", "duty", "take-over")["signed"] is True
    office.ask("ar-desk", "sync")
    assert post.now()["note"]["taken_by"] == post.night
    assert office.ask("ar-desk", "duty", "take-over")["signed"] is False


def test_an_officer_who_was_enrolled_since_is_told_what_cannot_be_read(post: Post) -> None:
    office = post.office
    late = office.invite("ar", "coordinator", "ar-late")
    everybody = f"officers={post.day} {post.night} {late}"
    office.ask("ar-admin", "contact", "publish", "ar-desk", "--set", everybody, "--yes")
    for who in ("ar-desk", "ar-late"):
        office.ask(who, "sync")
    assert post.set("--window", f"2020-01-01T00:00 2020-06-01T00:00 {late[:8]}").code == 0
    office.ask("ar-desk", "duty", "hand-over", "--note", "One is open")
    took = office.ask("ar-late", "duty", "take-over")
    assert took["missing"] == len(took["open"]) > 0
    ran = office.run("ar-late", "duty", "take-over", "--look")
    assert "sealed before it was enrolled" in ran.out


def test_a_roster_that_was_not_here_yet_is_sent_again(post: Post) -> None:
    office = post.office
    seq = post.now()["seq"]
    again = office.ask("ar-desk", "duty", "set", "--again", "--yes")
    assert (again["seq"], again["difference"], again["sent"]) == (seq, [], True)
    office.ask("ar-night", "sync")
    assert (post.now("ar-night")["seq"], post.now("ar-night")["rivals"]) == (seq, [])


def test_two_coordinators_who_sign_at_once_are_both_told(post: Post) -> None:
    office = post.office
    office.ask("ar-night", "sync")
    alone = office.unreachable("ar-night")
    assert post.set("--on", "day 2058-12-10 nobody", who=alone).plain["sent"] is False
    assert office.run(alone, "duty").out.count("has not been sent yet") == 1
    assert post.set("--on", "day 2058-12-11 nobody").plain["sent"] is True
    record = office.profile(alone) / "profile.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"relay": f"https://localhost:{office.relay.port}"}))
    office.ask(alone, "sync")
    office.ask("ar-desk", "sync")
    mine, theirs = post.now(), post.now(alone)
    assert (mine["signed_by"], mine["rivals"]) == (theirs["signed_by"], theirs["rivals"])
    assert {mine["signed_by"], *mine["rivals"]} == {post.day, post.night}
    assert "ANOTHER ROSTER WITH THE SAME NUMBER" in office.run("ar-desk", "duty").out
    assert post.set("--on", "day 2058-12-12 nobody").plain["sent"] is True
    assert post.now()["rivals"] == []


def test_the_secretariat_and_an_administrator_have_no_roster(post: Post) -> None:
    assert post.office.run("secretariat", "duty").code == 2
    ran = post.office.run("ar-admin", "duty")
    assert (ran.code, "You serve no contact" in ran.out) == (0, True)
    assert post.office.run("ar-admin", "duty", "set", "--drop", "x", "--yes").code == 7


def test_who_is_on_duty_stands_beside_the_inbox_and_the_status(post: Post) -> None:
    for command in ("inbox", "status"):
        assert post.office.ask("ar-desk", command)["duty"][0]["contact"] == "ar-desk"
        assert "ar-desk: " in post.office.run("ar-desk", command).err
