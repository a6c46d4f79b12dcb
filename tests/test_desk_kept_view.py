"""The kept view is a cache: whatever is wrong with it, the desk opens the same directory, says so once, and trusts
nothing it did not seal."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from large_log import KEY, Log, log_of, reader

from desk import host
from desk.replica import coming, kept_view
from desk.replica.kept_view import NAME, KeptView
from directory.replay import Replica, reload

OLD_KEY = bytes(32)
posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and signals as POSIX has them")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The view is kept from fifty statements on, not from a thousand."""
    monkeypatch.setattr(kept_view, "LEAST", 50)


@pytest.fixture(scope="module")
def log() -> Log:
    """A log of a few dozen contacts; with what it takes to fold it."""
    return log_of(20)


@pytest.fixture(scope="module")
def whole(log: Log) -> Replica:
    """The directory after it."""
    return reload(log.pinned, log.entries, log.checkpoint())


@pytest.fixture
def desk(tmp_path: Path, log: Log, whole: Replica) -> Path:
    """A desk that holds that directory, and has kept its view."""
    _, store = reader(tmp_path / "desk", log)
    store.advance(0, log.entries, whole)
    store.close()
    assert (tmp_path / "desk" / NAME).exists()
    return tmp_path / "desk"


def opened(folder: Path, log: Log, whole: Replica) -> list[str]:
    """What a desk says that is opened, and has the right directory, whatever stands in the place of the kept view."""
    _, store = reader(folder, log)
    try:
        assert store.load(log.pinned).view == whole.view
        assert store.entries(0) == log.entries
        return store.notices
    finally:
        store.close()


# --- what may stand in its place ---


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.mkdir()
    (file / "something").touch()


def _link(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"enlace/kept-view/v1\n" + bytes(1000))
    file.symlink_to(other)


def _link_to_itself(file: Path) -> None:
    file.symlink_to(file)


def _huge(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.write(b"enlace/kept-view/v1\n")
        sparse.truncate(1 << 40)


def _bytes(raw: bytes) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        file.write_bytes(raw)

    return write


IN_ITS_PLACE = {
    "a pipe": _pipe,
    "a folder": _folder,
    "a link": _link,
    "a link to itself": _link_to_itself,
    "a huge file": _huge,
    "nothing but its first line": _bytes(b"enlace/kept-view/v1\n"),
    "another text": _bytes(b"x" * 5000),
    "a length beyond its end": _bytes(b"enlace/kept-view/v1\n" + bytes(32) + b"\xff" * 8),
}


@posix
@pytest.mark.parametrize("spoil", IN_ITS_PLACE.values(), ids=IN_ITS_PLACE)
def test_whatever_stands_in_its_place_is_told_once_and_gone(
    desk: Path, log: Log, whole: Replica, spoil: Callable[[Path], None]
) -> None:
    file = desk / NAME
    file.unlink()
    spoil(file)
    told = opened(desk, log, whole)
    if file.is_dir():  # it may hold what somebody needs; it cannot be replaced, and that is told too
        assert [NAME in each for each in told] == [True, True]
        return
    assert len(told) == 1
    assert NAME in told[0]
    assert "statements were read instead" in told[0]
    assert file.is_file()
    assert not file.is_symlink()
    assert opened(desk, log, whole) == [], "it was written anew"
    other = file.with_name("other")
    assert not other.exists() or other.stat().st_size == 1020, "what a link leads to is left alone"


@posix
def test_of_a_huge_file_no_more_is_read_than_a_view_takes(
    desk: Path, log: Log, whole: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its seal is never looked for beyond that."""
    lengths, read = list[int](), KeptView._opened

    def seen(self: KeptView, network: str, raw: bytes) -> Replica | None:
        lengths.append(len(raw))
        return read(self, network, raw)

    monkeypatch.setattr(KeptView, "_opened", seen)
    (desk / NAME).unlink()
    _huge(desk / NAME)
    opened(desk, log, whole)
    assert lengths == [(1 << 20) + 4096 * len(log.entries) + 1]


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_one_that_may_not_be_read_is_passed_over(desk: Path, log: Log, whole: Replica) -> None:
    (desk / NAME).chmod(0)
    assert len(opened(desk, log, whole)) == 1


@posix
def test_a_pipe_in_the_place_of_what_is_on_its_way_stalls_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / coming.NAME)
    part = coming.Coming(tmp_path, "0" * 64, 0)
    assert part.kept(10, 1000) == []
    part.add([b"x"])
    assert coming.Coming(tmp_path, "0" * 64, 0).kept(10, 1000) == [b"x"]


@posix
def test_what_a_link_in_the_place_of_what_is_on_its_way_leads_to_is_not_cut(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(f"enlace/coming/v1 {'0' * 64} 0\nprecious".encode())
    (tmp_path / coming.NAME).symlink_to(other)
    part = coming.Coming(tmp_path, "0" * 64, 0)
    assert part.kept(10, 1000) == []
    part.add([b"x"])
    assert other.read_bytes().endswith(b"precious")


# --- whose seal counts ---


def test_one_under_an_older_key_is_written_anew_under_the_new_one(desk: Path, log: Log, whole: Replica) -> None:
    KeptView(desk, OLD_KEY).write(whole)
    assert opened(desk, log, whole) == [kept_view.PASSED_OVER]
    assert opened(desk, log, whole) == []
    assert KeptView(desk, KEY).read(log.pinned, whole.size) is not None


def test_one_of_more_statements_than_stand_here_is_passed_over(desk: Path, log: Log, whole: Replica) -> None:
    """Its seal holds: an older replica.db was put back."""
    assert KeptView(desk, KEY).read(log.pinned, whole.size - 1) is None
    assert not (desk / NAME).exists()


def test_one_of_another_history_is_told(desk: Path, log: Log, whole: Replica) -> None:
    other = Replica(log.pinned, whole.view, type(whole.tree)(bytes(32) for _ in range(whole.size)))
    KeptView(desk, KEY).write(other)
    assert opened(desk, log, whole) == [kept_view.PASSED_OVER]


def test_entries_before_the_replica_was_loaded_are_refused(desk: Path, log: Log) -> None:
    """There is nothing to hold them against; nobody is to take a row of this disk for a statement."""
    _, store = reader(desk, log)
    with pytest.raises(RuntimeError, match="before it was loaded"):
        store.entries(0)
    store.close()


# --- while it is written ---


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_disk_that_is_full_costs_time_alone(
    tmp_path: Path, log: Log, whole: Replica, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    _, store = reader(tmp_path / "desk", log)
    with monkeypatch.context() as patch:
        if step == "write":
            patch.setattr(host, "create_private", full)
        elif step == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(Path, "replace", full)
        store.advance(0, log.entries, whole)
        store.load(log.pinned)
    assert len(store.notices) == 1
    assert os.strerror(errno.ENOSPC) in store.notices[0]
    assert "The directory is right" in store.notices[0]
    store.close()
    assert not (tmp_path / "desk" / NAME).exists()
    assert not [*(tmp_path / "desk").glob(".unfinished-*")]
    assert opened(tmp_path / "desk", log, whole) == []
    assert (tmp_path / "desk" / NAME).exists()


def _killed_at(line: int, act: Callable[[], None]) -> bool:
    """Run `act` in a process of its own, killed as the line with that number begins; whether there was such a line."""
    child = os.fork()
    if not child:
        seen = 0

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal seen
            if event == "call":
                ours = frame.f_code.co_filename in (kept_view.__file__, host.__file__)
                return trace if ours and "<" not in frame.f_code.co_name else None
            seen += event == "line"
            if seen == line:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@posix
def test_killed_at_any_line_of_writing_it_leaves_the_old_one_or_the_new_one(
    desk: Path, log: Log, whole: Replica
) -> None:
    file, new, states, line = desk / NAME, (desk / NAME).read_bytes(), set[bytes](), 0
    kept_view.judge(), kept_view._version()
    old = new[:-1]  # told apart by its end; that it counts for nothing is another test's
    while True:
        line += 1
        file.write_bytes(old)
        killed = _killed_at(line, lambda: KeptView(desk, KEY).write(whole))
        states.add(file.read_bytes())
        host.sweep(desk)  # as whoever holds the profile's lock does
        if not killed:
            break
    assert line > 10
    assert states == {old, new}
    assert opened(desk, log, whole) == []


def test_whoever_reads_while_another_writes_has_the_old_one_or_the_new_one(
    desk: Path, log: Log, whole: Replica
) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            KeptView(desk, KEY).write(whole)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            notices = list[str]()
            assert KeptView(desk, KEY, notices).read(log.pinned, whole.size) is not None
            assert notices == []
    finally:
        stop.set()
        writer.join()


def test_a_replica_that_another_process_writes_meanwhile_is_read_as_of_one_moment(
    desk: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = log.grown(range(5))
    after = reload(later.pinned, later.entries, later.checkpoint())
    _, store = reader(desk, log)
    _, other = reader(desk, log)
    other.load(log.pinned)
    read = KeptView.read

    def meanwhile(self: KeptView, network: str, statements: int) -> Replica | None:
        other.advance(len(log.entries), later.entries[len(log.entries) :], after)
        return read(self, network, statements)

    monkeypatch.setattr(KeptView, "read", meanwhile)
    assert store.load(log.pinned).size == len(log.entries)
    monkeypatch.undo()
    assert store.entries(0) == log.entries
    store.close()
    other.close()
    assert opened(desk, later, after) == []
