"""A relay that is forked says what a process of its own would, also where it dies of what nothing catches."""

from pathlib import Path

from relay_nursery import Forked, _asked


def test_what_nothing_catches_stands_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    forked = Forked(_asked(log=str(log), environ={}))  # without arguments nothing can run
    assert (forked.wait(20), "Traceback" in log.read_text(), "KeyError: 'arguments'" in log.read_text()) == (1,) * 3
