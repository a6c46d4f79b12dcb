"""`enlace drill`, `alert` and `tally` as they are typed."""

import json
import time
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from cli_world import PASSPHRASE, Office

from desk.commands.drill import _day
from desk.drills.plan import APART, SLACK, Planned
from desk.drills.sending import keep_plan, kept_plan
from desk.errors import Usage
from desk.keys.keyring import open_keyring
from desk.profile.folder import Profile

pytest_plugins = ("shared_office",)


def test_a_drill_from_both_sides(shared_office: Office, tmp_path: Path) -> None:
    sent = shared_office.ask("ar-desk", "drill", "send", "co-desk")
    [row] = sent["drills"]
    assert row["contact"] == "co-desk"
    assert row["sent"]

    rings = shared_office.run("co-desk", "watch", "--once")
    assert "A message has arrived: flash." in rings.out
    assert "DRILL" not in rings.out, "who watches cannot tell"

    inbox = shared_office.run("co-desk", "inbox")
    assert "DRILL from ar-desk" in inbox.err
    assert "DRILL" not in inbox.out, "it is no correspondence"
    [waiting] = shared_office.ask("co-desk", "inbox")["drills"]
    number = str(waiting["number"])

    read = shared_office.run("co-desk", "read", number)
    assert "DRILL of readiness, nothing of it is real" in read.out
    assert "SIMULACRO" in read.out, "it asks in the first language of the contact"
    everything = shared_office.ask("co-desk", "inbox", "--all")["messages"]
    [drill] = [each for each in everything if each["content"]["kind"] == "drill"]
    assert not [each for each in everything if each["content"].get("message") == drill["id"]], (
        "no receipt that it was read"
    )
    assert shared_office.run("co-desk", "accept", number).out.startswith(f"DRILL: message {number} accepted.")
    assert shared_office.ask("co-desk", "inbox")["drills"] == []
    assert [each["state"] for each in shared_office.ask("co-desk", "drill", "list")["drills"]] == ["accepted"]

    shared_office.ask("ar-desk", "sync")
    assert [each["state"] for each in shared_office.ask("ar-desk", "drill", "list")["drills"]] == ["accepted"]
    files = [tmp_path / "drills.csv", tmp_path / "drills.svg"]
    report = shared_office.ask("ar-desk", "drill", "report", "--csv", str(files[0]), "--svg", str(files[1]))
    assert {name: report["all"][name] for name in ("sent", "reached", "accepted", "waiting")} == {
        "sent": 1, "reached": 1, "accepted": 1, "waiting": 0,
    }  # fmt: skip
    assert [each["name"] for each in report["member"]] == ["co"]
    assert [each["name"] for each in report["language"]] == ["es"]
    assert files[0].read_text().splitlines()[1].startswith("all,,1,1,1,0,")
    assert ElementTree.fromstring(files[1].read_bytes()).get("role") == "img"
    [found] = shared_office.ask("ar-desk", "freshness", "co")["contacts"]
    assert found["reached"]

    again = shared_office.run("ar-desk", "drill", "send", "co-desk")
    assert again.code == 3
    assert "co-desk was not drilled: it had a drill within 20 hours" in again.err


def test_a_drill_at_a_random_hour(shared_office: Office) -> None:
    shared_office.copy("co-desk", "co-copy")
    planned = shared_office.ask("co-copy", "drill", "send", "--all", "--at-random", "7d")
    assert planned["planned"] == 1
    [row] = shared_office.ask("co-copy", "drill", "plan")["planned"]
    assert row["contact"] == "ar-desk"
    assert planned["until"] - 7 * 86_400 <= row["at"] < planned["until"]
    assert shared_office.ask("co-copy", "drill", "run")["drills"] == []
    assert shared_office.ask("co-copy", "drill", "plan", "--drop") == {"dropped": 1}
    assert shared_office.run("co-copy", "drill", "run", "--wait").out == "DRILL: none is planned any more.\n"


def test_planned_drills_go_out_when_due_and_are_drawn_anew_when_missed(shared_office: Office) -> None:
    """`--wait` ends when none is planned any more."""
    name = shared_office.copy("co-desk", "co-due")
    plan_of(shared_office, name, -60)
    [row] = shared_office.run(name, "drill", "run", "--wait", "--json").out.splitlines()[:1]
    assert [each["contact"] for each in json.loads(row)["drills"]] == ["ar-desk"]
    assert shared_office.ask(name, "drill", "plan")["planned"] == []
    plan_of(shared_office, name, -2 * SLACK, 7 * 86_400)
    assert shared_office.ask(name, "drill", "run")["again"] == ["ar-desk"]
    plan_of(shared_office, name, -2 * SLACK, -10)
    assert shared_office.ask(name, "drill", "run")["dropped"] == ["ar-desk"]


def plan_of(office: Office, name: str, after: int, until: int = 10) -> None:
    """Have somebody's only planned drill be one of so many seconds from now."""
    now = int(time.time())
    vault = open_keyring(Profile.open(office.profile(name)), PASSPHRASE.encode()).vault
    plan = kept_plan(vault, now)[0]
    planned = Planned(contact="ar-desk", at=now + after, until=now + until, sender="co-desk")
    keep_plan(vault, msgspec.structs.replace(plan, planned=(planned,)))


def test_an_alert_and_its_tally(shared_office: Office) -> None:
    text = shared_office.file("text", "Lorries at the pass, tonight.")
    sent = shared_office.run("ar-desk", "alert", "co-desk", "-s", "Lorries", "--text", text, "--yes", "--json").plain
    number = str(sent["number"])
    assert sent["contacts"] == 1
    assert sent["telephone"] == []
    shared_office.ask("co-desk", "sync")
    [row] = [
        each
        for each in shared_office.ask("co-desk", "inbox")["messages"]
        if each["content"].get("subject") == "Lorries"
    ]
    refused = shared_office.run("co-desk", "refuse", str(row["number"]), "--reason", "Not our pass")
    assert refused.code == 0
    shared_office.ask("ar-desk", "sync")
    tally = shared_office.ask("ar-desk", "tally", number)
    assert tally["countries"]["CO"]["refused"] == 1
    assert tally["contacts"][0]["reason"] == "Not our pass"
    shown = shared_office.run("ar-desk", "tally", number, "--contacts").out
    assert "Not our pass" in shown
    assert shared_office.ask("ar-desk", "receipts", number)["events"][-1]["what"] == "refused"
    answer = ("send", "ar-desk", "-s", "We looked", "--no-text", "--reply-to", str(row["number"]))
    shared_office.ask("co-desk", *answer)
    shared_office.ask("ar-desk", "sync")
    assert shared_office.ask("ar-desk", "tally", number)["all"]["answered"] == 1


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-1-1", "2026-02-30", "", "20260101ab"])
def test_a_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(Usage, match="is no day"):
        _day(text)


def test_a_day_begins_at_midnight_utc() -> None:
    assert _day("2026-01-01") == 1_767_225_600
    assert APART < 86_400, "a drill a day is possible"
