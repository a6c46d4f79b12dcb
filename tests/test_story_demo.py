"""`enlace demo` as a newcomer runs it: every act is in the transcript, it ends well, and leaves nothing behind."""

import os
import re
import signal
from pathlib import Path

import pytest
from played_process import anybody_left, playing

from desk.demo.stage import StageError
from desk.demo.story import Story
from desk.main import main

# In order: what each act has to show. Numbers and ids differ from run to run.
TRANSCRIPT = (
    r"1\. A relay is set up, and the secretariat founds a network",
    r"relay +https://localhost:\d+, TLS 1\.3",
    r"network +enlace\.example: 2 of 3 root keys sign",
    r"fingerprint +(\d{5} ){11}\d{5}",
    r"2\. Argentina, Colombia and Ecuador are admitted",
    r"ec +National authority of Ecuador: 2 administrators, 1 officer on duty, who has a\s+laptop too",
    r"device key and TOTP code",
    r"3\. The directory is filled",
    r"co +\d+ contacts, signed by its own administrator",
    r"the rest +\d+ contacts of states not admitted yet: compiled, not confirmed",
    r"once more +the same import again: 0 added, \d+ unchanged",
    r"4\. Argentina asks: who answers now, for trafficking, in Colombia, in Spanish\?",
    r"\$ enlace find --country Colombia",
    r"\[co-desk\]",
    r"answers now",
    r"reachable by Enlace",
    r"5\. Argentina sends an urgent message with a file of 5 MB; Colombia's desk is locked",
    r"Message 1: the relay took it in at .* and signed for it",
    r"Colombia's desk rings: an immediate message, \d+\.\d s after",
    r"6\. The officer in Colombia unlocks, reads, saves the file, and accepts",
    r"Subject +Posible víctima en tránsito",
    r"\| Solicitamos verificar con urgencia el paradero",
    r"The saved file is the one that was sent, byte for byte",
    r"7\. Argentina sees what became of it",
    r"relayed +relay\n.*both keys",
    r"delivered +co \(device [0-9a-f]{8}\)\n.*reception key",
    r"opened +co-desk",
    r"accepted +co-desk",
    r"8\. The relay is killed \(SIGKILL\) in the middle of 200 messages",
    r"killed +when \d+ messages had reached Colombia",
    r"in Colombia +200 messages, 200 different ones: each exactly once",
    r"9\. Ecuador loses a laptop",
    r"revoked +\d+\.\d s after the administrator's Enter the laptop's connection was dead",
    r"the laptop +tries to synchronise; the relay answers: This device was revoked",
    r"from now on +a message to Ecuador is sealed to 1 device; the laptop is not among them",
    r"10\. The relay's operator forges an entry",
    r"\$ enlace relay check",
    r"wrong +log +the stored log cannot be gone on with: statement \d+",
    r"ALARM: statement \d+ of the log does not count",
    r"ar-desk +refuses",
    r"co-desk +refuses",
    r"ec-desk +refuses",
    r"secretariat +refuses",
    r"The honest log is put back",
    r"11\. What the relay could see of all this",
    r"from, to +device [0-9a-f]{8} to device [0-9a-f]{8}\n",
    r"Looked for in all of the relay's files and logs, and not found",
    r"12\. The end",
    r"enlace find --now trata",
)


@pytest.mark.full
def test_every_act_is_played_and_nothing_is_left(tmp_path: Path) -> None:
    with playing("demo", folder=tmp_path) as process:
        shown, _ = process.communicate(timeout=240)
        assert process.returncode == 0, shown
        assert not anybody_left(process.pid)
    position = 0
    for wanted in TRANSCRIPT:
        found = re.compile(wanted).search(shown, position)
        assert found, f"{wanted!r} is not in the transcript after:\n{shown[max(0, position - 500) : position + 1500]}"
        position = found.end()
    assert "Traceback" not in shown
    widths = map(len, shown.replace(str(tmp_path), "/tmp").splitlines())  # the folder of a test has a long name
    assert max(widths) < 120
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_stopped_in_the_middle_it_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with playing("demo", folder=tmp_path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "2. Argentina" in line:
                break
        os.kill(process.pid, number)
        shown, _ = process.communicate(timeout=30)
        assert process.returncode == 130, shown
        assert "Traceback" not in shown
        assert not anybody_left(process.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_fails_ends_it_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(story: Story) -> None:
        raise StageError("co-desk: enlace sync ended with 5 instead of 0: ALARM")

    monkeypatch.setattr(Story, "found", fail)
    folder = tmp_path / "demo"
    assert main(["demo", "--folder", str(folder)]) == 1
    shown = capsys.readouterr()
    assert "the demo stopped: co-desk: enlace sync ended with 5 instead of 0" in shown.err
    assert str(folder) in shown.err
    assert "The end" not in shown.out


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("kept")
    assert main(["demo", "--folder", str(tmp_path)]) == 2
    assert "cannot be made" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "kept"
