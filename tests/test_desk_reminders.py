"""Who is reminded of contacts to confirm, and from when; one command shows and confirms them."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from cli_world import Office, Ran, enlace
from directory_entries import NOW, a_contact, a_view, an_entry
from immutables import Map
from story_world import DAY, Story, built_once, logging_to, play

from desk.entries.reminders import ToConfirm, of_desk, reminder, to_confirm
from directory.entry import Standing
from directory.statement import AttestContact, Freshness, Role
from directory.view import Officer

pytest_plugins = ("shared_office",)
FRESHNESS = Freshness()


@pytest.fixture
async def story(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    async with play(tmp_path, await built_once(tmp_path_factory.getbasetemp())) as found:
        yield found


async def reminded(story: Story, name: str) -> list[tuple[str, int]]:
    """What a desk's officer is to confirm, and in how many days each is due."""
    desk = story.desk(name)
    story.clock.now += 60  # each desk has a code of its own minute
    await desk.log_in()
    await desk.exchange()
    with desk.opened() as opened:
        return [(each.entry.id, each.days) for each in of_desk(opened)]


async def test_an_administrator_hears_of_all_an_officer_of_what_they_serve_nobody_of_others(story: Story) -> None:
    assert await reminded(story, "co-chief") == []
    story.clock.now += 105 * DAY
    assert await reminded(story, "co-chief") == []
    story.clock.now += 5 * DAY
    assert [name for name, _ in await reminded(story, "co-chief")] == ["co-court", "co-desk"]
    assert [name for name, _ in await reminded(story, "co-late")] == ["co-court"]
    assert [name for name, _ in await reminded(story, "ar-night")] == ["ar-desk"]
    await story.issue(story.desk("co-late"), kind=AttestContact, contact="co-court")
    assert [name for name, _ in await reminded(story, "co-chief")] == ["co-desk"]
    story.clock.now += 60 * DAY
    ((name, days),) = await reminded(story, "co-chief")
    assert name == "co-desk"
    assert days < -45
    with story.desk("co-chief").opened() as desk:
        words = reminder(of_desk(desk), FRESHNESS)
    assert words.startswith("to be confirmed as right: co-desk. co-desk, confirmed longest ago, is due now and in ")
    assert reminder([], FRESHNESS) == ""


async def test_one_command_shows_and_confirms_all_that_are_due(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.terminal.Terminal.clock", lambda terminal: story.clock())
    story.clock.now += 125 * DAY
    chief, late = story.desk("co-chief"), story.desk("co-late")
    environs = {}
    for desk in (chief, late):
        story.clock.now += 60
        await desk.log_in()
        await desk.exchange()
        secret = tmp_path / f"passphrase-{desk.name}"
        secret.write_bytes(desk.passphrase + b"\n")
        environs[desk.name] = {"ENLACE_PROFILE": str(desk.path), "ENLACE_PASSPHRASE_FILE": str(secret)}

    async def run(who: str, *typed: str) -> Ran:
        with logging_to(io.StringIO()):  # the relay's: it answers in this process, in this thread
            return await asyncio.to_thread(enlace, *typed, environ=environs[who])

    status = await run("co-chief", "status", "--json")
    to_confirm = {each["contact"]: each["due_in_days"] for each in status.plain["to_confirm"]}
    assert to_confirm == {"co-court": -5, "co-desk": -5}
    rows = (await run("co-chief", "freshness", "--json")).plain["contacts"]
    assert {(each["freshness"], each["days"]) for each in rows} == {("due", 125)}
    assert all("due" in each["lacks"] for each in rows)
    only = await run("co-late", "contact", "attest", "--due", "--yes", "--json")
    assert only.plain == {"attested": ["co-court"], "left": []}
    assert (await run("co-chief", "sync")).code == 0
    rest = await run("co-chief", "contact", "attest", "--due", "--yes")
    assert rest.out == "Confirmed: co-desk.\n", rest
    assert "co-desk, 1 of 1, last confirmed 125 days ago\n" in rest.err
    again = await run("co-chief", "contact", "attest", "--due", "--json")
    assert again.plain == {"attested": [], "left": []}
    rows = (await run("co-chief", "freshness", "--json")).plain["contacts"]
    assert {(each["freshness"], each["days"]) for each in rows} == {("fresh", 0)}


def test_nobody_is_reminded_of_what_would_be_refused() -> None:
    people = {each * 32: Officer("co-authority", "", ((1, (role,)),), 1) for each, role in ROLES.items()}
    view = replace(a_view(a_contact("co-desk")), officers=Map(people))

    def told(officer: str, standing: Standing = "confirmed", serving: str = "a") -> list[str]:
        made = an_entry("co-desk", standing=standing, since=NOW - 200 * DAY, officers=(serving * 32,))
        return [each.entry.id for each in to_confirm(view, [made], "co-authority", officer * 32, NOW)]

    assert (told("a"), told("b"), told("c")) == (["co-desk"], [], ["co-desk"])
    assert (told("a", "suspended"), told("c", "suspended")) == ([], [])
    assert told("b", serving="b") == []


ROLES: dict[str, Role] = {"a": "coordinator", "b": "investigator", "c": "administrator"}


def test_a_reminder_counts_days_and_names_five_at_most() -> None:
    def told(*days: int) -> str:
        return reminder([ToConfirm(an_entry(f"co-{at}"), each) for at, each in enumerate(days)], FRESHNESS)

    assert told(1).endswith(
        ". co-0, confirmed longest ago, is due in 1 day and in 61 days shown last. "
        "`enlace contact attest --due` shows each and asks"
    )
    assert "is due now and in 1 day shown last" in told(-59)
    assert "is due now and already shown last" in told(-60)
    assert told(*range(7)).startswith("to be confirmed as right: co-0, co-1, co-2, co-3, co-4 and 2 more. ")


def test_the_report_and_the_reminder_on_a_desk(shared_office: Office) -> None:
    office = shared_office
    office.ask("ar-admin", "sync")
    asked = office.ask("ar-admin", "freshness")
    assert [each["member"] for each in asked["members"]] == ["ar"]
    row = next(each for each in asked["contacts"] if each["contact"] == "ar-desk")
    assert (row["freshness"], row["days"]) == ("fresh", 0)
    text = office.run("ar-admin", "freshness").out
    assert text.startswith("ar  score ")
    for lack in row["lacks"]:
        assert isinstance(lack, str)
    table = office.run("ar-admin", "freshness", "--all", "--csv").out.splitlines()
    assert table[0].startswith("member,contact,name,function,confirmed,days,freshness,due,shown_last,score,lacks")
    assert table[0].endswith(",mend,absence,made,by,size,root,vouched")
    assert {line.partition(",")[0] for line in table[1:]} == {"ar", "co"}
    brief, made = office.run("ar-admin", "freshness", "ar", "co").out.split("\n\n")
    assert [line.split()[0] for line in sorted(brief.splitlines())] == ["ar", "co"]
    assert made.startswith("made ")
    assert office.run("ar-admin", "freshness", "xx").code == 7
    assert office.ask("ar-admin", "status")["to_confirm"] == []
    nothing = office.run("ar-admin", "contact", "attest", "--due")
    assert (nothing.code, nothing.out) == (0, "Nothing is to be confirmed now.\n")
    for words in ((), ("ar-desk", "--due")):
        refused = office.run("ar-admin", "contact", "attest", *words)
        assert (refused.code, "name the contacts, or say --due" in refused.err) == (2, True)
    asked_for = office.run("ar-admin", "contact", "attest", "ar-desk")
    assert (asked_for.code, "answer beforehand with --yes" in asked_for.err) == (2, True)
    assert office.ask("ar-admin", "contact", "attest", "ar-desk", "ar-desk", "--yes") == {
        "attested": ["ar-desk"],
        "left": [],
    }


def test_a_desk_without_a_directory_yet_says_so_and_reminds_of_nothing(shared_office: Office) -> None:
    office = shared_office
    letter = office.ask(
        "ar-admin", "invite", "--role", "coordinator", "--label", "x", "--out", str(office.folder / "letters-reminders")
    )
    office.ask("reminders", "enrol", letter["invitation"], "--no-wait")
    blind = (("freshness",), ("snapshot", "write", "{}"), ("proof", "export", "--checkpoint"), ("contact", "export"))
    for typed in blind:  # what a desk that is not logged in does not look up, it hands to nobody either
        ran = office.run("reminders", *(each.format(office.folder / "of-nothing") for each in typed))
        assert (ran.code, "the last log-in is more than 7 days ago" in ran.err) == (6, True), ran
    own = office.file("own.csv", "contact,function,name_es\nar-x,customs,X\n")
    ran = office.run("reminders", "contact", "import", own, "--dry-run")
    assert (ran.code, "the last log-in is more than 7 days ago" in ran.err) == (6, True), ran
    assert office.ask("reminders", "status")["to_confirm"] == []
    blind_too = office.run("reminders", "contact", "attest", "--due")  # what is to be confirmed the relay knows
    assert (blind_too.code, "there is no session; run `enlace login`" in blind_too.err) == (6, True)
