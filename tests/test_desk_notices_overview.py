"""What `enlace notices status` lists, and what `enlace notices stop` stops: all that rings, not messages alone."""

from pathlib import Path

import msgspec
import pytest
from test_desk_notices_clocks import CLOCK, LATE, NOW

from desk.mail.schedule import GRACE
from desk.notices import clocks, deaf, limits, ringing
from desk.notices.deaf import DEAF_SECONDS, FILE, STOPPED, Deaf, told_of
from desk.notices.limits import Limit
from desk.notices.night import stop_all
from desk.notices.overview import lines, overview, plain
from desk.notices.ringing import Ringing
from desk.profile.folder import Identity, Profile

IDENTITY = Identity(kind="officer", name="enlace.example", network="5f" * 32, member="co", device="77" * 32)
WAITS = Ringing(envelope="cd" * 32, precedence="flash", arrived=NOW, expires=NOW + 86_400)
THEIRS = msgspec.structs.replace(
    CLOCK, envelope="ef" * 32, own=False, number=8, contact="co-desk", recipients=(), side=()
)
SOON = Limit(key="ab" * 32, at=LATE + 60, due=LATE + 60, precedence="immediate")
COME = Limit(key="cd" * 32, at=NOW, due=NOW + 3600, precedence="priority")


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile.create(tmp_path / "p", IDENTITY).save(IDENTITY)


def test_everything_that_rings_is_listed_and_stopped(profile: Profile) -> None:
    assert plain(overview(profile, NOW))["watched"] is False
    with profile.locked("watch"):
        assert lines(overview(profile, NOW)) == ["Nothing waits unopened."]
        ringing.begin(profile, WAITS)
        clocks.begin(profile.path, CLOCK)
        clocks.begin(profile.path, THEIRS)
        limits.keep(profile.path, [COME, SOON])
        unheard = Deaf(path=profile.path)
        unheard.begins(NOW)
        assert unheard.news(LATE)
        told = plain(overview(profile, LATE))
        assert [each["envelope"] for each in told["unopened"]] == [WAITS.envelope]
        assert [(each["message"], each["turn"], each["stopped"]) for each in told["overdue"]] == [(7, 1, 0)]
        assert [(each["message"], each["own"], each["call"]) for each in told["clocks"]] == [
            (7, True, True),
            (8, False, True),
        ]
        assert [(each["come"], each["stopped"]) for each in told["limits"]] == [(True, 0), (False, 0)]
        assert told["deaf"] == {"since": NOW, "stopped": 0}
        said = lines(overview(profile, LATE))
        assert sum(each.endswith("; rings") for each in said) == 4
        assert "no sign of stage 1 of message 7 of ar-desk, due " in "\n".join(said)
        assert said[0].startswith("immediate  NOTHING IS HEARD since ")
        assert [each.split()[0] for each in said[-3:]] == ["Clock", "Clock", "Limit"]
        stopped = stop_all(profile.path, LATE)
        assert ([each.envelope for each in stopped.messages], stopped.others, stopped.deaf) == (
            [WAITS.envelope],
            2,
            True,
        )
        assert unheard.matter(LATE) is None
        said = lines(overview(profile, LATE))
        assert (sum("; stopped at " in each for each in said), sum(each.endswith("; rings") for each in said)) == (4, 0)
        again = stop_all(profile.path, LATE)
        assert (again.messages, again.others, again.deaf) == ([], 0, False)
        later = NOW + 1200 + GRACE + 1  # the call is overdue too, and the other limit has come
        assert [each["stopped"] > 0 for each in plain(overview(profile, later))["overdue"]] == [True, False]
        assert [each["stopped"] > 0 for each in plain(overview(profile, later))["limits"]] == [True, False]
        just = NOW + 600 + GRACE  # late, and not overdue
        assert [each["turn"] for each in plain(overview(profile, just))["clocks"]] == [1, 1]
        assert "of this side, was due" in "\n".join(lines(overview(profile, just)))
    assert overview(profile, LATE).deaf == 0  # no watch runs: nobody knows
    assert lines(overview(profile, LATE))[0].startswith("No watch runs here")


def test_that_nothing_is_heard_is_stopped_from_elsewhere_until_it_begins_anew(tmp_path: Path) -> None:
    unheard, at = Deaf(path=tmp_path), NOW + DEAF_SECONDS
    unheard.begins(NOW)
    assert not unheard.news(at - 1)
    assert not deaf.stop(tmp_path, at - 1)  # nobody was told yet
    assert unheard.news(at)
    assert (unheard.matter(at) is not None, told_of(tmp_path)) == (True, (NOW, 0))
    assert deaf.stop(tmp_path, at - 100)  # by a clock that is behind
    assert (unheard.matter(at), told_of(tmp_path)) == (None, (NOW, at))
    unheard.hears()
    assert told_of(tmp_path) == (0, 0)
    unheard.begins(at + 1)
    assert unheard.news(at + 1 + DEAF_SECONDS)
    assert told_of(tmp_path) == (at + 1, 0)
    Deaf(path=tmp_path).begins(at + 2)  # a watch that begins knows nothing of one that died
    assert told_of(tmp_path) == (0, 0)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"at":-1}', b'{"at":1,"x":1}', b"\xff", b'{"at":1}' * 99])
@pytest.mark.parametrize("name", [FILE, STOPPED])
def test_a_damaged_file_counts_for_none_and_keeps_nothing_from_ringing(
    tmp_path: Path, content: bytes, name: str
) -> None:
    unheard, at = Deaf(path=tmp_path), NOW + DEAF_SECONDS
    unheard.begins(NOW)
    assert unheard.news(at)
    (tmp_path / name).write_bytes(content)
    assert unheard.matter(at) is not None
    assert told_of(tmp_path) == ((0, 0) if name == FILE else (NOW, 0))


def test_whether_a_watch_runs_may_be_unknown_and_that_is_said(profile: Profile) -> None:
    (profile.path / "watch.lock").mkdir()
    found = overview(profile, NOW)
    assert (found.watched, len(found.trouble)) == (True, 1)
    assert "watch.lock cannot be looked at" in found.trouble[0]


def test_a_disk_that_refuses_keeps_nothing_from_ringing(tmp_path: Path) -> None:
    unheard, at = Deaf(path=tmp_path / "gone"), NOW + DEAF_SECONDS
    unheard.begins(NOW)
    assert unheard.news(at)
    assert unheard.matter(at) is not None
    unheard.stop(at)
    assert unheard.matter(at) is None
