"""A profile folder: private, whole or not there, one process at a time, damaged files told in words."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from desk_world import refused

from desk import host
from desk.errors import DeskError, Locked, NotFound, Usage
from desk.profile.folder import FOLDERS, Identity, Profile

IDENTITY = Identity(kind="officer", name="enlace.example", network="5f" * 32, member="co", device="77" * 32)
POSIX = pytest.mark.skipif(host.WINDOWS, reason="file modes are a POSIX thing")


def made(path: Path) -> Profile:
    return Profile.create(path, IDENTITY).save(IDENTITY)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@POSIX
def test_folders_are_700_and_files_600(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        profile = made(tmp_path / "new" / "profile")
        profile.evidence("fork", {"a.txt": b"x"}, 7)
        with profile.locked():
            pass
    finally:
        os.umask(old)
    for path in [profile.path, *profile.path.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert mode(path) == wanted or path.name == "desk.lock", path
    assert {each.name for each in profile.path.iterdir() if each.is_dir()} == set(FOLDERS)


def test_a_profile_is_opened_as_it_was_saved(tmp_path: Path) -> None:
    made(tmp_path / "p")
    assert Profile.open(tmp_path / "p").identity == IDENTITY


def test_there_is_no_profile_before_it_was_saved(tmp_path: Path) -> None:
    """A crash while keys are made leaves no half profile; beginning again is told how."""
    Profile.create(tmp_path / "p", IDENTITY)
    assert "there is no profile" in refused(lambda: Profile.open(tmp_path / "p"), NotFound)
    words = refused(lambda: Profile.create(tmp_path / "p", IDENTITY), Usage)
    assert words.endswith("was cut short, before anything was sent; delete it and begin anew")


@pytest.mark.parametrize("there", ["notes.txt", ".hidden", "profile.json"])
def test_a_folder_with_anything_in_it_is_not_taken(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "p"
    folder.mkdir(mode=0o700)
    (folder / there).write_text("mine")
    assert "is not empty; choose another folder" in refused(lambda: Profile.create(folder, IDENTITY), Usage)
    assert [each.name for each in folder.iterdir()] == [there]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir(mode=0o700)
    assert made(tmp_path / "p").path.is_dir()


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("a file")
    for path in (tmp_path / "p", tmp_path / "p" / "deeper"):
        with pytest.raises(Usage, match="cannot be made"):
            Profile.create(path, IDENTITY)


@POSIX
@pytest.mark.parametrize("lax", [0o755, 0o750, 0o701, 0o770])
def test_a_folder_others_may_read_is_refused(tmp_path: Path, lax: int) -> None:
    made(tmp_path / "p")
    (tmp_path / "p").chmod(lax)
    assert refused(lambda: Profile.open(tmp_path / "p"), Usage).endswith(f"run: chmod 700 {tmp_path / 'p'}")


GOOD = {"kind": "officer", "name": "enlace.example"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        json.dumps(GOOD | {"more": 1}).encode(),
        json.dumps(GOOD | {"kind": "spy"}).encode(),
        json.dumps(GOOD | {"network": "x"}).encode(),
        json.dumps(GOOD | {"name": "../x"}).encode(),
        b" " * (2 << 20),
    ],
)
def test_a_damaged_profile_is_told(tmp_path: Path, content: bytes) -> None:
    made(tmp_path / "p")
    (tmp_path / "p" / "profile.json").write_bytes(content)
    assert "profile.json is damaged: " in refused(lambda: Profile.open(tmp_path / "p"), Usage)


def test_a_second_process_does_not_get_the_lock(tmp_path: Path) -> None:
    """Another process holds it, and loses it by ending, however it ends."""
    profile = made(tmp_path / "p")
    program = (
        "import sys\nfrom pathlib import Path\nfrom desk.profile.folder import Profile\n"
        "with Profile.open(Path(sys.argv[1])).locked():\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(profile.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Locked, match="another Enlace process is using the profile"), profile.locked():
            pass
        with profile.locked("watch"):
            pass
        other.kill()
        other.wait()
        with profile.locked():
            pass


def test_two_locks_in_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    profile = made(tmp_path / "p")
    with profile.locked(), pytest.raises(Locked), profile.locked():
        pass
    with profile.locked():
        pass


def test_a_lock_that_cannot_be_is_told(tmp_path: Path) -> None:
    profile = made(tmp_path / "p")
    (profile.path / "desk.lock").mkdir()
    with pytest.raises(Usage, match=r"desk\.lock cannot be locked"), profile.locked():
        pass


# --- what only one system has ---


def test_a_file_is_replaced_whole_and_nothing_is_left_beside(tmp_path: Path) -> None:
    target = tmp_path / "file"
    for data in (b"one", b"two" * 100_000, b""):
        host.write_whole(target, data)
        assert target.read_bytes() == data
    assert list(tmp_path.iterdir()) == [target]


@POSIX
def test_a_file_is_private_whatever_was_there_before(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    target.chmod(0o666)
    host.write_whole(target, b"new")
    assert mode(target) == 0o600


@POSIX
def test_a_link_laid_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "target"
    victim.write_text("precious")
    target.symlink_to(victim)
    host.write_whole(target, b"new")
    assert (victim.read_text(), target.is_symlink(), target.read_bytes()) == ("precious", False, b"new")
    laid = tmp_path / "laid"
    laid.symlink_to(victim)
    with pytest.raises(FileExistsError):
        host.create_private(laid)


def test_a_disk_that_refuses_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "missing" / "file", tmp_path / "folder"):
        with pytest.raises(DeskError, match="cannot be written"):
            host.write_whole(target, b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_what_a_crash_left_unfinished_is_swept(tmp_path: Path) -> None:
    unfinished = host.unfinished(tmp_path)
    unfinished.write_text("half")
    (tmp_path / "kept").write_text("whole")
    host.sweep(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def test_a_finished_file_takes_no_name_that_is_taken(tmp_path: Path) -> None:
    finished, taken, dangling = (tmp_path / name for name in ("finished", "taken", "dangling"))
    finished.write_text("new")
    taken.write_text("old")
    dangling.symlink_to(tmp_path / "nowhere")
    for target in (taken, dangling):
        with pytest.raises(FileExistsError):
            host.place(finished, target)
    host.place(finished, tmp_path / "free")
    assert ((tmp_path / "free").read_text(), taken.read_text(), finished.exists()) == ("new", "old", False)


def test_removing_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    for name in ("nothing", "kept", "kept"):
        host.remove(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_default_profile_is_the_user_s_own() -> None:
    assert host.default_profile().is_absolute()
    assert "enlace" in str(host.default_profile()).lower()
