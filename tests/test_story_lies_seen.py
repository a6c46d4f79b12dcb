"""Lies as an officer meets them at the terminal: the words, the exit code, and what `enlace status` says afterwards."""

import asyncio
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from story_desk import Desk
from story_liar import Given, LyingRelay, answering, vouched_log
from story_notice import ENDS
from story_world import Built, Story, logging_to, play

from desk.alarms.evidence import ACCUSATION
from desk.main import main
from desk.terminal import Terminal, stamp
from relay.protocol import routes

pytest_plugins = ("lying_story",)


@pytest.fixture
async def story(
    tmp_path: Path, built: Built, here: LyingRelay, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Story]:
    """Commands go by the story's clock; the relay's log does not come between what they print."""
    with logging_to(StringIO()):
        async with play(tmp_path, built, here) as story:
            story.clock.now += 60
            monkeypatch.setattr(Terminal, "clock", lambda _: story.clock())
            yield story


class Shell:
    """Somebody's terminal, where they type `enlace`."""

    def __init__(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        self._desk, self._capsys = desk, capsys
        self._passphrase = desk.path.parent / f"{desk.name}.txt"
        self._passphrase.write_bytes(desk.passphrase + b"\n")

    async def type(self, *words: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command."""
        options = ("--profile", str(self._desk.path), "--passphrase-file", str(self._passphrase))
        self._capsys.readouterr()
        code = await asyncio.to_thread(main, [*words, *options])
        out, err = self._capsys.readouterr()
        return code, out, err


async def test_an_alarm_about_the_directory(story: Story, here: LyingRelay, capsys: pytest.CaptureFixture[str]) -> None:
    shell, entries, alarms = Shell(story.desk("ar-night"), capsys), await here.entries(), _alarms(story)
    here.show(entries, checkpoint=vouched_log(entries, story.clock() - 7200))
    code, out, err = await shell.type("sync")
    assert (code, out) == (5, "")
    (folder,) = alarms.iterdir()
    file, what = folder / ACCUSATION, "the relay shows an older checkpoint than before"
    at = stamp(story.built.now)
    assert err.splitlines() == [
        f"ALARM: {what}.",
        f"Safe       the directory of {at}, {len(entries)} statements: numbers and keys in it are as good as then. "
        "Looking up, reading and opening mail go on",
        "Do not     rely on anything newer that this relay shows, nor take its silence for good news",
        "Tell       the secretariat, by telephone, at a number that you had before this; and hand it the evidence",
        "Evidence   in this file all that can be checked agrees; that the relay showed it is your word:",
        f"  {file}",
        "Check it   anybody, on any machine, with the network's trust policy:",
        f"  enlace proof verify {file} --policy FILE",
        f"What was seen is kept in {folder}",
    ]
    words = f"{what}{ENDS}"
    code, out, err = await shell.type("sync", "--json")
    assert (code, err) == (5, "")
    told_plain = msgspec.json.decode(out)
    assert told_plain.pop("alarm") == {
        "kind": "rollback",
        "what": what,
        "safe": {"size": len(entries), "time": story.built.now},
        "halted": False,
        "evidence_file": str(file),
        "proven": False,
        "check": f"enlace proof verify {file} --policy FILE",
    }
    assert told_plain == {"error": words, "code": 5, "kind": "distrust", "evidence": str(folder)}
    here.lies.clear()
    code, out, err = await shell.type("status")
    first, *lines, last = err.splitlines()
    assert (code, first) == (5, f"! ALARM, not over, since {stamp(story.clock())}: {what}")
    assert f"    enlace proof verify {file} --policy FILE" in lines
    assert last == f"! what raised 1 alarm(s) is kept in {alarms}: show it to the secretariat"
    code, out, err = await shell.type("status", "--json")
    assert (code, [each["what"] for each in msgspec.json.decode(out)["open_alarms"]]) == (5, [what])
    assert (await shell.type("sync"))[0] == 0  # the relay is honest again: the alarm is over, its evidence stays
    code, out, err = await shell.type("status")
    assert (code, err) == (0, f"! what raised 1 alarm(s) is kept in {alarms}: show it to the secretariat\n")


async def test_an_alarm_raised_by_a_message_keeps_nobody_from_their_mail(
    story: Story, here: LyingRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    shell, entries = Shell(ar, capsys), await here.entries()
    await story.revoke_laptop()
    here.show(entries, to=ar)
    await co.synchronise()
    await co.send("ar-desk", subject="We have lost a laptop", text="Seal nothing to it.")
    code, out, err = await shell.type("sync")
    assert code == 5
    (folder,) = _alarms(story).iterdir()
    size = len(entries)
    assert err.startswith(
        f"! ALARM: the sender of message 1 saw {size + 1} statements, the relay shows this desk only {size}: it hides "
        f"statements, perhaps a revocation{ENDS} What was seen is kept in {folder}. Anybody checks it: "
        f"enlace proof verify {folder / ACCUSATION} --policy FILE\n"
    ), err
    assert out.splitlines()[1].startswith("Messages: 1 new")
    code, out, err = await shell.type("read", "1")
    assert code == 5  # the alarm is not over, and is raised anew by the receipt that is to go
    assert f"! ALARM: the log has signed {size + 1} statements, and shows this desk only {size}" in err
    assert err.splitlines()[:2] == [
        "! UNPROVEN: no valid receipt shows that the sending device counted when this was sent",
        "! ALARM: the sender saw another directory than this desk; the relay shows two histories",
    ]
    assert "| Seal nothing to it." in out


async def test_what_was_told_is_not_lost_when_the_relay_then_fails(
    story: Story, here: LyingRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    shell = Shell(ar, capsys)
    await co.send("ar-desk", subject="Good evening")
    here.hand(ar, here.taken[0].altered(1, story.built.network, precedence="flash"))
    ar.queue("co-desk", subject="To be sent")
    here.lies.append(answering("POST", routes.ENVELOPES, lambda _, given: Given(502, b"", {})))
    code, out, err = await shell.type("sync")
    assert (code, out) == (4, "")
    aside, failed = err.splitlines()
    assert aside.startswith(
        "! something arrived that cannot be believed and was put aside: the envelope shows another precedence than the "
        f"sender signed: somebody changed it; it says that it comes from co, device {co.device[:8]}"
    )
    assert failed == "enlace: the relay, or something in front of it, answered 502"


async def test_a_lie_on_the_stream_stops_neither_what_came_before_nor_what_is_to_go(
    story: Story, here: LyingRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    ar, co = story.desk("ar-night"), story.desk("co-night")
    shell = Shell(ar, capsys)
    await co.send("ar-desk", subject="Good evening")
    item, raw = here.taken[0].item(1)
    here.hand(ar, (item, raw), (msgspec.structs.replace(item, number=2, envelope="0" * 64), raw))
    ar.queue("co-desk", subject="Good morning")
    code, out, err = await shell.type("sync")
    assert (code, out) == (5, "")
    words = (
        "Sent before that: message 1.\nALARM: the relay sent other bytes than it announced\nWhat was seen is kept in "
    )
    assert err.startswith(words)
    assert ar.subjects() == ["Good evening"]
    await co.exchange()
    assert co.subjects() == ["Good morning"]


def _alarms(story: Story) -> Path:
    return story.desk("ar-night").path / "alarms"
