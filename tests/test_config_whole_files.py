"""Files that are whole or not there, wherever the writing breaks off; root that writes as another account."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from config.account import acting_for
from config.whole_files import PRIVATE, PUBLIC, write_new, write_together, write_whole

if sys.platform != "win32":
    import pwd

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX has modes and links")
only_root = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root acts for others")
ACCOUNT, GROUP = 4321, 4322


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@posix
@pytest.mark.parametrize("mode", [PRIVATE, PUBLIC])
def test_what_was_there_is_replaced_with_its_own_mode(tmp_path: Path, mode: int) -> None:
    path, umask = tmp_path / "a.pem", os.umask(0o022)
    try:
        path.write_bytes(b"old")
        path.chmod(0o666)
        for content in (b"new", b"newer"):
            write_whole(path, content, mode)
            assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (content, mode)
    finally:
        os.umask(umask)
    assert names(tmp_path) == ["a.pem"]


@pytest.mark.parametrize("at", [1, 2])
def test_a_disk_that_refuses_leaves_the_old_or_the_new(
    tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, calls = tmp_path / "a.pem", list[int]()
    path.write_bytes(b"old")

    def full(number: int) -> None:
        calls.append(number)
        if len(calls) == at:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert (path.read_bytes(), names(tmp_path)) == ((b"old", b"new")[at - 1], ["a.pem"])


@pytest.mark.parametrize("refused", ["a", "b"])
def test_several_are_all_as_they_were_where_the_disk_refuses_one(tmp_path: Path, refused: str) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"old")
    away = tmp_path / "nowhere"
    files = [((away if name == refused else tmp_path) / name, b"new", PUBLIC) for name in ("a", "b")]
    with pytest.raises(FileNotFoundError):
        write_together(files)
    assert (names(tmp_path), {each.read_bytes() for each in tmp_path.iterdir()}) == (["a", "b"], {b"old"})
    write_together([(tmp_path / name, b"new", PUBLIC) for name in ("a", "b")])
    assert (names(tmp_path), {each.read_bytes() for each in tmp_path.iterdir()}) == (["a", "b"], {b"new"})


def test_what_a_crash_left_goes_with_the_next_writing_of_the_same_file(tmp_path: Path) -> None:
    for name in ("a.pem", "b.pem"):
        (tmp_path / f".{name}.unfinished-0123456789abcdef").write_bytes(b"half")
    write_whole(tmp_path / "a.pem", b"whole")
    assert names(tmp_path) == [".b.pem.unfinished-0123456789abcdef", "a.pem"]


@posix
def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    for name in ("a.pem", ".a.pem.unfinished-0123456789abcdef"):
        (tmp_path / name).symlink_to(victim)
    write_whole(tmp_path / "a.pem", b"whole")
    assert not (tmp_path / "a.pem").is_symlink()
    (tmp_path / "b.pem").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "b.pem", b"whole")
    assert (victim.read_bytes(), names(tmp_path)) == (b"precious", ["a.pem", "b.pem", "victim"])


def test_a_new_file_takes_no_other_s_place_and_is_not_there_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_new(tmp_path / "a.key", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.key", b"second")
    assert (tmp_path / "a.key").read_bytes() == b"first"

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_new(tmp_path / "b.key", b"half")
    assert names(tmp_path) == ["a.key"]


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other accounts get through to; the tests' own is root's alone from its top."""
    with TemporaryDirectory(prefix="enlace-tests-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def given(path: Path) -> Path:
    path.mkdir()
    os.chown(path, ACCOUNT, GROUP)
    return path


@only_root
def test_root_is_the_account_whose_folder_it_is_and_root_again_afterwards(shared: Path) -> None:
    home, groups = given(shared / "home"), os.getgroups()
    with acting_for(shared / "plain", home / "deep" / "a"):
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (ACCOUNT, GROUP, [])
        write_new(home / "a", b"")
        with pytest.raises(PermissionError):
            write_new(shared / "a", b"")
    assert os.geteuid() == 0
    with pytest.raises(PermissionError), acting_for(home):
        write_new(shared / "a", b"")
    assert (os.geteuid(), os.getegid(), os.getgroups()) == (0, 0, groups)
    assert ((home / "a").stat().st_uid, (home / "a").stat().st_gid) == (ACCOUNT, GROUP)


@only_root
@pytest.mark.parametrize("laid", ["home/up/a", "alias/a", "relative/../alias/a", "home/../root/../home/a"])
def test_the_way_is_followed_step_by_step_whatever_its_links_lead_to(shared: Path, laid: str) -> None:
    """Each passes through the account's folder, and ends where root could be led to."""
    home = given(shared / "home")
    (shared / "root").mkdir()
    (home / "up").symlink_to(shared / "root")
    (shared / "alias").symlink_to(home / "up")
    (shared / "relative").symlink_to("root")
    with acting_for(shared / laid):
        assert os.geteuid() == ACCOUNT


@only_root
def test_the_groups_are_the_account_s_and_never_root_s(shared: Path) -> None:
    """What an account owns may be of a group that the account is not in."""
    home, known = given(shared / "home"), given(shared / "known")
    os.chown(home, ACCOUNT, 0)
    account = pwd.getpwnam("nobody")
    os.chown(known, account.pw_uid, 0)
    with acting_for(home):
        assert (os.geteuid(), 0 in (os.getegid(), *os.getgroups())) == (ACCOUNT, False)
    with acting_for(known):
        assert (os.geteuid(), os.getegid()) == (account.pw_uid, account.pw_gid)
        assert 0 not in os.getgroups()


@only_root
def test_an_account_of_more_groups_than_the_system_takes_is_refused(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, groups = given(shared / "home"), os.getgroups()

    def few(wanted: list[int]) -> None:
        raise ValueError("too many groups")  # as where there are 16

    monkeypatch.setattr(os, "setgroups", few)
    with pytest.raises(OSError, match=f"account {ACCOUNT} is of more groups"), acting_for(home):
        pass
    assert (os.geteuid(), os.getgroups()) == (0, groups)


@only_root
@pytest.mark.parametrize(("mode", "group", "led"), [
    (0o770, GROUP, True), (0o757, 0, True), (0o1777, GROUP, False), (0o770, 0, False), (0o750, GROUP, False),
])  # fmt: skip
def test_a_step_of_root_s_that_others_may_write_to_is_refused(shared: Path, mode: int, group: int, led: bool) -> None:
    (shared / "step").mkdir()
    os.chown(shared / "step", 0, group)
    (shared / "step").chmod(mode)
    (shared / "step" / "a").write_bytes(b"")
    if not led:
        with acting_for(shared / "step" / "a"):
            assert os.geteuid() == 0
        return
    with (
        pytest.raises(PermissionError, match=r"could lead root astray.*chmod go-w .*/step"),
        acting_for(shared / "step" / "a"),
    ):
        raise AssertionError("led astray")


@only_root
@pytest.mark.parametrize("laid", ["root/a", "nowhere/at/all", "relative/a"])
def test_root_stays_root_where_all_is_root_s(shared: Path, laid: str) -> None:
    (shared / "root").mkdir()
    (shared / "relative").symlink_to("root")
    with acting_for(shared / laid):
        assert os.geteuid() == 0
    (shared / "round").symlink_to("round")
    with pytest.raises(OSError, match="too many links"), acting_for(shared / "round" / "a"):
        raise AssertionError("led in circles")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may become others")
def test_nobody_but_root_becomes_another(tmp_path: Path) -> None:
    mine = os.geteuid()
    with acting_for(tmp_path, Path("/")):
        assert os.geteuid() == mine
        write_new(tmp_path / "a", b"mine")
    assert (tmp_path / "a").stat().st_uid == mine
