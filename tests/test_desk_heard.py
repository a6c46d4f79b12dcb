"""Up to when a desk has heard everything: the relay's word, a stream that stands, and what counts for neither."""

from pathlib import Path

import pytest
from relay_world import Clock

from desk.mail.heard import FILE, LOOK_SECONDS, MARGIN, SLEPT, Hearing, heard_until

NOW = 1_795_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


def test_nothing_is_heard_before_the_relay_says_so(tmp_path: Path, clock: Clock) -> None:
    hearing = Hearing(tmp_path, clock)
    hearing.greeted(NOW)
    hearing.look()
    assert hearing.coming() == 0
    hearing.ended()
    assert not (tmp_path / FILE).exists()


def test_its_word_and_a_stream_that_stands_count(tmp_path: Path, clock: Clock) -> None:
    hearing = Hearing(tmp_path, clock)
    hearing.idle()
    assert heard_until(tmp_path, NOW) == NOW
    for _ in range(10):
        clock.now += LOOK_SECONDS
        hearing.look()
    assert heard_until(tmp_path, clock.now) == clock.now - MARGIN
    clock.now += 5
    assert hearing.coming() == clock.now  # the stream stood until it came
    clock.now += 60
    assert hearing.coming() == clock.now - 60  # and of what comes behind it nothing is known
    hearing.ended()
    assert Hearing(tmp_path, clock).coming() == clock.now - 60  # the next stream knows it


def test_a_machine_that_slept_has_heard_nothing_meanwhile(tmp_path: Path, clock: Clock) -> None:
    for looks in (True, False):
        hearing, began = Hearing(tmp_path, clock), clock.now
        hearing.idle()
        clock.now += SLEPT
        if looks:
            hearing.look()
        assert hearing.coming() == began


def test_a_clock_that_is_ahead_accuses_nobody_and_one_behind_gains_nothing(tmp_path: Path, clock: Clock) -> None:
    hearing = Hearing(tmp_path, clock)
    hearing.greeted(NOW - 3600)
    hearing.idle()
    assert hearing.coming() == NOW - 3600
    later = Hearing(tmp_path, clock)
    later.greeted(NOW + 3600)
    later.idle()
    assert later.coming() == NOW


@pytest.mark.parametrize("content", [b"", b"{}", b'{"at":-1}', b'{"at":1,"of":2}', b"\xff", b"[" * 999, b'{"at": 1}'])
def test_a_damaged_file_says_nothing(tmp_path: Path, clock: Clock, content: bytes) -> None:
    assert heard_until(tmp_path, NOW) == 0
    (tmp_path / FILE).write_bytes(content)
    (tmp_path / FILE).chmod(0o600)
    assert heard_until(tmp_path, NOW) == 0


def test_a_file_of_a_time_to_come_says_nothing(tmp_path: Path, clock: Clock) -> None:
    Hearing(tmp_path, clock).idle()
    assert heard_until(tmp_path, NOW - 1) == 0


def test_a_disk_that_takes_nothing_keeps_nothing_back(tmp_path: Path, clock: Clock) -> None:
    hearing = Hearing(tmp_path / "not there", clock)
    hearing.idle()
    assert hearing.coming() == NOW
