"""Lying relays: each attack is detected, the desk goes on from its last good directory, and a second party, a process
with the policy and the evidence files alone, finds what is proven and what is only claimed.

All attacks are played in one story, one after the other; between two of them the relay is honest and the desk goes on.
A desk that was halted is put back as it was: what ends a halt has tests of its own.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_world import HOUSE
from story_attacks import ATTACKS, POLICY, Act, Stage
from story_desk import told
from story_liar import LyingRelay
from story_world import Story

from desk.alarms.evidence import ACCUSATION
from desk.errors import Distrust
from desk.profile.exchanged import Exchanged
from desk.replica.standing import Halted

pytest_plugins = ("lying_story",)
LEAST = 14


@dataclass
class Found:
    """An attack's end: the words of its alarm, its evidence file."""

    words: str
    file: Path
    halted: bool


def evidence_files(story: Story) -> set[Path]:
    """All but those of turns: what falls due in the days that pass is late, and has tests of its own."""
    found = (story.folder / "desks").glob(f"*/alarms/*/{ACCUSATION}")
    return {each for each in found if "-turn-" not in each.parent.name}


async def meet(stage: Stage, name: str, act: Act | None = None) -> Found:
    """Play an attack, or go on with its act; the alarm is told, and leaves one evidence file."""
    act = act or await ATTACKS[name].play(stage) or stage.ar.exchange
    before, size = evidence_files(stage.story), known(stage)
    words, halted = "", False
    try:
        done = await act()
    except Distrust as error:
        words, halted = str(error), isinstance(error, Halted)
    else:
        words = "\n".join(told(done.taken)) if isinstance(done, Exchanged) else ""
        halted = "This desk is halted" in words
    files = evidence_files(stage.story) - before
    assert len(files) == 1, (name, words, files)
    if ATTACKS[name].shows != "freeze":  # there every statement is genuine
        assert known(stage) == size, name  # what was not believed was not taken in
    return Found(words, files.pop(), halted)


def known(stage: Stage) -> int:
    with stage.ar.opened() as desk:
        return desk.replica().size


def still_works(stage: Stage, name: str) -> None:
    """A message can be written by the last good directory, where the desk is halted too."""
    if ATTACKS[name].shows in ("fork", "refused", "freeze", "missing-body"):
        stage.ar.queue("co-desk", subject=name)


async def test_each_is_detected_and_a_second_party_sees_why(story: Story, here: LyingRelay, tmp_path: Path) -> None:
    stage = Stage(story, here, story.desk("ar-night"))
    found = dict[str, Found]()
    for name, attack in ATTACKS.items():
        await here.relay.directory.renew()
        await stage.ar.exchange()
        desks = [stage.ar, story.desk("co-night")] if attack.halts or attack.halts_later else []
        kept = [shutil.copytree(each.path, tmp_path / f"{len(found)}-{each.name}") for each in desks]
        found[name] = await meet(stage, name)
        assert found[name].words, name
        assert found[name].halted == attack.halts, (name, found[name].words)
        still_works(stage, name)
        here.lies.clear()
        if attack.halts:
            with pytest.raises(Halted, match="stays halted"):  # an honest relay does not change that
                await stage.ar.exchange()
        if attack.halts_later:
            found[f"{name}, and then the truth"] = await meet(stage, name, stage.ar.exchange)
        for number, each in enumerate(found.values() if kept else ()):
            if each.file.is_relative_to(stage.ar.path):
                each.file = Path(shutil.copy(each.file, tmp_path / f"{number}.evidence"))
        for desk, copy in zip(desks, kept, strict=True):
            shutil.rmtree(desk.path)
            copy.rename(desk.path)
    assert len(found) >= LEAST
    policy = tmp_path / "trust.policy"
    policy.write_bytes(POLICY)
    verdicts = second_party(tmp_path, policy, [each.file for each in found.values()])
    heard = {name: (each["code"], each.get("kind"), each["proven"]) for name, each in zip(found, verdicts, strict=True)}
    expected = {name: (0 if each.proven else 9, each.shows, each.proven) for name, each in ATTACKS.items()}
    later = {f"{name}, and then the truth": (0, "fork", True) for name, each in ATTACKS.items() if each.halts_later}
    assert heard == expected | later
    assert all(each["checked"] for each in verdicts)
    assert all(each["rests"] for each in verdicts if not each["proven"])


def second_party(folder: Path, policy: Path, files: list[Path]) -> list[dict[str, object]]:
    """What a process says that has the policy and the evidence, no profile, and no home."""
    home = folder / "nobody"
    home.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(HOUSE), "XDG_DATA_HOME": str(home)}
    command = [sys.executable, "-m", "desk.main", "proof", "verify", *map(str, files), "--policy", str(policy)]
    ran = subprocess.run([*command, "--json"], cwd=home, env=environ, capture_output=True, check=False, timeout=60)
    assert ran.returncode == 9, ran.stderr
    files_told: list[dict[str, object]] = json.loads(ran.stdout)["files"]
    return files_told
