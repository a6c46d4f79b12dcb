"""Replacing a file whole: what is on the disk when, and in which order the disk is told."""

import os
from pathlib import Path

import pytest

from desk.errors import DeskError
from desk.host import remove, write_whole

posix = pytest.mark.skipif(os.name != "posix", reason="Windows makes a rename durable by itself")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[int, bytes]]:
    """What was synchronised (its inode), and what stood under the name `file` at that moment."""
    seen: list[tuple[int, bytes]] = []
    real, path = os.fsync, tmp_path / "file"

    def noticed(descriptor: int) -> None:
        seen.append((os.fstat(descriptor).st_ino, path.read_bytes() if path.exists() else b""))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noticed)
    return seen


@posix
def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_return(
    tmp_path: Path, synced: list[tuple[int, bytes]]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert synced == [(path.stat().st_ino, b"old"), (tmp_path.stat().st_ino, b"new")]
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@posix
def test_a_file_is_gone_on_return(tmp_path: Path, synced: list[tuple[int, bytes]]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    remove(path)
    assert synced == [(tmp_path.stat().st_ino, b"")]


def test_a_disk_that_fails_to_synchronise_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def failing(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(DeskError, match="Input/output error"):
        write_whole(path, b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file", b"old")]
