"""A free text in an editor: in a private folder, gone afterwards, also after a crash; never in a place for all."""

import stat
import sys
from pathlib import Path

import pytest

from desk.drafting.editor import FOLDER, edited, sweep_edited
from desk.errors import Locked, Usage
from desk.profile.folder import Identity, Profile


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    path = tmp_path / "profile"
    return Profile.create(path, Identity(kind="officer", name="enlace.example"))


def editor(tmp_path: Path, code: str) -> dict[str, str]:
    """An environment whose editor is a few lines of Python; `file` is what it edits."""
    script = tmp_path / "editor.py"
    script.write_text(f"import os, stat, sys, pathlib\nfile = pathlib.Path(sys.argv[1])\n{code}\n")
    return {"EDITOR": f"{sys.executable} {script}"}


def test_what_the_editor_leaves_is_the_text_and_nothing_stays(profile: Profile, tmp_path: Path) -> None:
    code = (
        "before = file.read_text()\n"
        "assert stat.S_IMODE(os.stat(file).st_mode) == 0o600 and stat.S_IMODE(os.stat(file.parent).st_mode) == 0o700\n"
        "file.with_suffix('.swp').write_text(before)\n"  # what editors leave beside
        "file.write_bytes(before.upper().encode() + b'dos\\r\\n\\n')"
    )
    assert edited(profile, "uno", editor(tmp_path, code)) == "UNO\ndos"
    assert list((profile.path / FOLDER).iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_it_stands_in_the_profile_alone(profile: Profile, tmp_path: Path) -> None:
    said = tmp_path / "said"
    edited(profile, "uno", editor(tmp_path, f"pathlib.Path({str(said)!r}).write_text(str(file))"))
    assert Path(said.read_text()).is_relative_to(profile.path / FOLDER)
    assert stat.S_IMODE((profile.path / FOLDER).stat().st_mode) == 0o700


FAULTS = {
    "an editor that fails": ("sys.exit(3)", "ended with code 3"),
    "no UTF-8": ("file.write_bytes(b'Bogot\\xe1')", "is not UTF-8 from byte 5 on"),
    "a file taken away": ("file.unlink()", "cannot be read"),
    "a link laid in its place": ("file.unlink(); file.symlink_to('/etc/hostname')", "cannot be read"),
    "a bomb": ("file.write_bytes(b'x' * (4 * 2**20 + 1))", "larger than 4 MiB"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_goes_wrong_is_told_and_nothing_stays(name: str, profile: Profile, tmp_path: Path) -> None:
    code, words = FAULTS[name]
    with pytest.raises(Usage, match=words):
        edited(profile, "uno", editor(tmp_path, code))
    assert list((profile.path / FOLDER).iterdir()) == []


@pytest.mark.parametrize("given", ["no-such-editor", "'unbalanced", "''"])
def test_an_editor_that_is_none(given: str, profile: Profile) -> None:
    with pytest.raises(Usage, match="editor"):
        edited(profile, "uno", {"EDITOR": given})


def test_what_a_crash_left_is_swept_but_not_under_somebodys_hands(profile: Profile, tmp_path: Path) -> None:
    left = profile.path / FOLDER / "0123456789abcdef"
    left.parent.mkdir(mode=0o700)
    left.mkdir()
    (left / "text.txt").write_text("in the clear")
    with profile.locked("edit"):  # an editor is open
        sweep_edited(profile)
        assert (left / "text.txt").exists()
        with pytest.raises(Locked):
            edited(profile, "", {"EDITOR": sys.executable})
    sweep_edited(profile)
    assert not left.exists()
    sweep_edited(profile)


def test_a_profile_without_the_folder_is_nothing_to_sweep(profile: Profile) -> None:
    sweep_edited(profile)
    assert not (profile.path / FOLDER).exists()
