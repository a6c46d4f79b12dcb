"""What grows with a directory and what does not: counted, not timed (`bench/scale.py` times it)."""

import asyncio
import shutil
from math import ceil, log2
from pathlib import Path
from typing import Any

import pytest
from large_log import KEY, Log, PagedRelay, log_of, reader

from config.sharing import Sharing
from crypto.merkle import Tree, leaf_hash, verify_inclusion
from crypto.signing import ed25519_line
from desk.errors import Distrust, Unreachable
from desk.replica import coming, kept_view
from desk.replica.synchronise import Synchronised, synchronise
from directory.entry import entries
from directory.finding.search import Index, Query
from directory.replay import Alarm, Replica, extend, judging_ahead, reload
from directory.statement import signed_entry
from relay.protocol import routes

TINY, SMALL, LARGE = 20, 60, 110


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The view is kept from a hundred statements on, not from a thousand."""
    monkeypatch.setattr(kept_view, "LEAST", 100)


async def taken(folder: Path, log: Log, relay: PagedRelay | None = None) -> Synchronised:
    """What a desk in `folder` takes in from a relay of that log."""
    profile, store = reader(folder, log)
    try:
        return await synchronise(profile, store, relay or PagedRelay(log), log.now)  # type: ignore[arg-type]  # stands in for a client
    finally:
        store.close()


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has taken in a large directory; not to be touched."""
    folder = tmp_path_factory.mktemp("read") / "desk"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_view, "LEAST", 100)
        asyncio.run(taken(folder, log_of(LARGE)))
    return folder


@pytest.fixture
def whole_desk(read_once: Path, tmp_path: Path) -> Path:
    """A desk of one's own that has taken in a large directory."""
    return Path(shutil.copytree(read_once, tmp_path / "desk"))


# --- what a day costs ---


async def test_a_day_costs_what_changed_however_large_the_directory_is(tmp_path: Path) -> None:
    sent = []
    for contacts in (SMALL, LARGE):
        log, folder = log_of(contacts), tmp_path / str(contacts)
        assert (await taken(folder, log)).statements == len(log.entries)
        for changes in (range(10), range(10, 50)):
            log = log.grown(changes)
            relay = PagedRelay(log)
            found = await taken(folder, log, relay)
            assert (found.statements, found.bodies) == (len(changes), len(changes) // 10)
            assert len(relay.asked) == 2, "one page of statements, one of bodies"
            sent.append(relay.sent - len(log.checkpoint()))
    small, more, same, also = sent
    assert same == pytest.approx(small, rel=0.05)
    assert also == pytest.approx(more, rel=0.05)
    assert more == pytest.approx(4 * small, rel=0.1)


def test_nobody_writes_down_a_whole_directory() -> None:
    """asyncio does so with whatever a task returns, when it ends: most of a synchronisation went into that."""
    log = log_of(SMALL)
    assert len(repr(reload(log.pinned, log.entries, log.checkpoint()).view)) < 50


async def test_requests_grow_with_the_log_by_the_page(tmp_path: Path) -> None:
    log, relay = log_of(SMALL), PagedRelay(log_of(SMALL), page=50)
    await taken(tmp_path / "desk", log, relay)
    assert sum(each.startswith("GET") for each in relay.asked) == ceil(len(log.entries) / relay.page)


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 1000, 70_000])
def test_a_path_is_as_long_as_the_logarithm(size: int) -> None:
    tree = Tree(leaf_hash(b"%d" % each) for each in range(size))
    for index in {0, size // 3, size - 1}:
        path = tree.inclusion(index, size)
        verify_inclusion(leaf_hash(b"%d" % index), index, size, tree.root(), path)
        assert len(path) <= ceil(log2(size))


# --- cut off on the way ---


async def test_what_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    log = log_of(SMALL)
    pages = ceil(len(log.entries) / 50)
    for cut in (1, pages - 1):
        folder = tmp_path / str(cut)
        with pytest.raises(Unreachable):
            await taken(folder, log, PagedRelay(log, page=50, cut_after=cut))
        again = PagedRelay(log)
        assert (await taken(folder, log, again)).statements == len(log.entries)
        assert again.asked[0].endswith(f"start={50 * cut}")
        assert not (folder / coming.NAME).exists()


async def test_bodies_that_came_before_the_cut_are_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.replica.synchronise.MOST_BODIES", 20)
    log = log_of(SMALL)
    whole = PagedRelay(log)
    await taken(tmp_path / "whole", log, whole)
    with pytest.raises(Unreachable):
        await taken(tmp_path / "cut", log, PagedRelay(log, cut_after=len(whole.asked) - 2))
    again = PagedRelay(log)
    await taken(tmp_path / "cut", log, again)
    assert sum(each.startswith("POST") for each in again.asked) <= 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-7],
        lambda raw: raw[: len(raw) // 2] + b"x" + raw[len(raw) // 2 :],
        lambda raw: raw.replace(b'"kind":"attest-contact"', b'"kind":"retire-contact"', 1),
        lambda raw: raw.replace(b" 0\n", b" 7\n", 1),
        lambda raw: b"enlace/coming/v2" + raw[16:],
        lambda raw: b"",
        lambda raw: raw + b"999999\nx",
        lambda raw: raw + b"5\nx",
    ],
)
async def test_what_was_kept_is_never_believed(tmp_path: Path, spoil: "object") -> None:
    """Whoever writes the disk can spoil it: then all is asked for anew, and no relay is accused."""
    assert callable(spoil)
    log, folder = log_of(TINY), tmp_path / "desk"
    with pytest.raises(Unreachable):
        await taken(folder, log, PagedRelay(log, page=25, cut_after=3))
    file = folder / coming.NAME
    file.write_bytes(spoil(file.read_bytes()))
    assert (await taken(folder, log)).replica.size == len(log.entries)
    assert [*(folder / "alarms").iterdir()] == []


async def test_a_relay_that_lies_is_told_of_though_something_was_kept(tmp_path: Path) -> None:
    log, folder = log_of(SMALL), tmp_path / "desk"
    with pytest.raises(Unreachable):
        await taken(folder, log, PagedRelay(log, page=50, cut_after=2))
    with pytest.raises(Distrust, match="does not count"):
        await taken(folder, log.spoiled(130))
    assert not (folder / coming.NAME).exists()


# --- judged by many, and ahead ---


def refused(log: Log, checkpoint: bytes, at_once: int = 0, shared: bool = False) -> tuple[str, dict[str, bytes]]:
    """The words and the evidence of the alarm, judged page by page ahead, or all at the end."""
    replica, how = Replica(log.pinned), Sharing(2).begin if shared else None
    ahead = judging_ahead(replica, how)
    for first in range(0, len(log.entries) if at_once else 0, at_once or 1):
        ahead.take(log.entries[first : first + at_once], log.now)
    with pytest.raises(Alarm) as caught:
        extend(replica, log.entries, checkpoint, log.now, ahead=ahead if at_once else None, spread=how)
    return str(caught.value), caught.value.evidence


@pytest.mark.parametrize("at", [20, 200])
def test_the_first_refused_statement_is_the_same_however_it_is_judged(at: int) -> None:
    log = log_of(SMALL).spoiled(at).spoiled(at + 30)
    checkpoint = log.checkpoint()
    alone = refused(log, checkpoint)
    assert alone[0].startswith(f"statement {at} of the log does not count")
    for at_once in (0, 33):
        for shared in (False, True):
            assert refused(log, checkpoint, at_once, shared) == alone


def test_what_was_judged_ahead_and_by_many_is_the_same_directory() -> None:
    log = log_of(SMALL)
    replica, checkpoint = Replica(log.pinned), log.checkpoint()
    plain = extend(replica, log.entries, checkpoint, log.now)
    for how in (None, Sharing(2).begin):
        ahead = judging_ahead(replica, how)
        ahead.take(log.entries[:100], log.now - 5)
        found = extend(replica, log.entries, checkpoint, log.now, ahead=ahead, spread=how)
        assert (found.view, found.tree.root()) == (plain.view, plain.tree.root())
    assert replica.size == 0


def test_what_was_judged_by_a_later_time_than_the_checkpoints_is_judged_again() -> None:
    """A page may claim any time; what counted only by then does not count."""
    log = log_of(SMALL)
    early = Log(log.network, log.town, log.entries, log.bodies, log.now - 3600)
    ahead = judging_ahead(Replica(log.pinned), None)
    ahead.take(early.entries, log.now)
    with pytest.raises(Alarm, match="more than 5 minutes ahead"):
        extend(Replica(log.pinned), early.entries, early.checkpoint(), log.now, ahead=ahead)


# --- the kept view ---


async def test_a_large_directory_is_opened_from_the_kept_view(whole_desk: Path) -> None:
    log, folder = log_of(LARGE), whole_desk
    kept = (folder / kept_view.NAME).read_bytes()
    log = log.grown(range(30))
    whole = (await taken(folder, log)).replica
    assert (folder / kept_view.NAME).read_bytes() == kept, "a day's work does not write it anew"
    _, store = reader(folder, log)
    found, bodies = store.load(log.pinned), store.bodies()
    store.close()
    assert (found.view, found.size, found.tree.root()) == (whole.view, whole.size, whole.tree.root())
    rebuilt = reload(log.pinned, log.entries, log.checkpoint())
    indexes = [Index(entries(each.view, bodies, log.now, None, "ar")) for each in (found, rebuilt)]
    for text in ("ar-desk-7", "trafficking villa", "dependencai 12", ""):
        answers = [index.find(Query(text=text), log.now, 50) for index in indexes]
        assert answers[0] == answers[1]


@pytest.mark.parametrize("spoil", [lambda raw: raw[:-1], lambda raw: raw[:60] + b"\x00" + raw[61:], lambda raw: b""])
def test_a_kept_view_that_was_changed_is_passed_over(whole_desk: Path, spoil: "object") -> None:
    assert callable(spoil)
    log, folder = log_of(LARGE), whole_desk
    file = folder / kept_view.NAME
    file.write_bytes(spoil(file.read_bytes()))
    _, store = reader(folder, log)
    assert store.load(log.pinned).view == reload(log.pinned, log.entries, log.checkpoint()).view
    store.close()


def test_a_kept_view_of_another_history_leads_nowhere(whole_desk: Path) -> None:
    """Put back from before statements were replaced, say."""
    log, folder = log_of(LARGE), whole_desk
    other = kept_view.KeptView(folder, KEY)
    shorter = log.grown(range(50))
    other.write(extend(Replica(log.pinned), shorter.entries, shorter.checkpoint(), shorter.now))
    _, store = reader(folder, log)
    assert store.load(log.pinned).size == len(log.entries)
    store.close()


def test_a_statement_changed_under_the_kept_view_is_noticed_when_it_is_read(whole_desk: Path) -> None:
    log, folder = log_of(LARGE), whole_desk
    _, store = reader(folder, log)
    store._db.execute("UPDATE entries SET entry = ? WHERE position = 100", (b"x",))
    store._db.commit()
    assert store.load(log.pinned).size == len(log.entries), "the view is the desk's own word"
    with pytest.raises(Distrust, match="statement 100"):
        store.entries(0)
    assert store.entries(101)
    store.close()


def test_another_desks_kept_view_is_passed_over(whole_desk: Path) -> None:
    log, folder = log_of(LARGE), whole_desk
    assert kept_view.KeptView(folder, KEY).read(log.pinned, len(log.entries)) is not None
    assert kept_view.KeptView(folder, bytes(32)).read(log.pinned, len(log.entries)) is None
    assert kept_view.KeptView(folder, KEY).read("0" * 64, len(log.entries)) is None


# --- what must not come of it ---


async def half_taken(folder: Path, log: Log, cut: int = 2) -> None:
    """A desk whose first synchronisation was cut off after `cut` pages of 20."""
    with pytest.raises(Unreachable):
        await taken(folder, log, PagedRelay(log, page=20, cut_after=cut))


class TwoFaced(PagedRelay):
    """Shows one log to who has something already, and an honest one from when it is asked from the beginning."""

    def __init__(self, honest: Log, other: Log) -> None:
        super().__init__(other)
        self.honest = honest

    async def call(self, method: str, path: str, body: Any = None, *, answer: Any) -> Any:
        if path == f"{routes.LOG}?start=0":
            self.log = self.honest
        return await super().call(method, path, body, answer=answer)


async def test_a_lie_that_the_log_signed_is_told_though_something_was_kept(tmp_path: Path) -> None:
    """It is proven by the log's own signature, whoever wrote this disk; an honest answer after it undoes nothing."""
    log, folder = log_of(TINY), tmp_path / "desk"
    await half_taken(folder, log)
    with pytest.raises(Distrust, match="does not count"):
        await taken(folder, log, TwoFaced(log, log.spoiled(50)))


async def test_what_the_log_signed_over_others_has_to_be_explained_though_something_was_kept(tmp_path: Path) -> None:
    log, folder = log_of(TINY), tmp_path / "desk"
    await half_taken(folder, log)
    other = log.grown(range(1))
    other.entries[30] = other.entries[-1]  # what was kept stood in its place: no root fits
    with pytest.raises(Distrust, match="has signed"):
        await taken(folder, log, TwoFaced(log, other))


async def test_a_later_versions_statement_that_was_kept_does_not_stop_the_desk(tmp_path: Path) -> None:
    """Somebody entitled signed it, and the log does not hold it."""
    log, folder = log_of(TINY), tmp_path / "desk"
    await half_taken(folder, log, 1)
    file = folder / coming.NAME
    network, key, now = log.network.view.founded.name, log.network._root, log.now
    text = f'enlace/statement/v1\n{{"at":{now},"kind":"declare-peace","network":"{log.pinned}","seq":0}}\n'
    later = signed_entry(text, [ed25519_line(key.key, f"{network}/{key.local}", text)])
    whole = b"".join(b"%d\n%b" % (len(each), each) for each in (*log.entries[:20], later))
    file.write_bytes(file.read_bytes().partition(b"\n")[0] + b"\n" + whole)
    assert (await taken(folder, log)).replica.size == len(log.entries)


async def test_no_more_is_kept_in_number_than_is_taken(tmp_path: Path) -> None:
    part = coming.Coming(tmp_path, "0" * 64, 0)
    part.add([b"x"] * 9)
    for most in (5, 50):
        assert len(coming.Coming(tmp_path, "0" * 64, 0).kept(most, 1000)) == 5, "the rest is cut off"


def test_statements_taken_away_under_the_kept_view_are_missed_when_they_are_read(whole_desk: Path) -> None:
    """The newest may be a re-keying, or a revocation."""
    log, folder = log_of(LARGE), whole_desk
    _, store = reader(folder, log)
    store._db.execute("DELETE FROM entries WHERE position >= ?", (len(log.entries) - 2,))
    store._db.commit()
    store.load(log.pinned)
    for start in (0, len(log.entries) - 2):
        with pytest.raises(Distrust, match=f"statement {len(log.entries) - 2}"):
            store.entries(start)
    assert store.entries(len(log.entries)) == []
    store.close()


def test_what_another_judge_folded_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that was mended between two releases folds anew."""
    log, source = log_of(LARGE), tmp_path / "judge.py"
    kept_view.KeptView(tmp_path, KEY).write(reload(log.pinned, log.entries, log.checkpoint()))
    assert kept_view.KeptView(tmp_path, KEY).read(log.pinned, len(log.entries)) is not None
    source.write_text("1")
    monkeypatch.setattr(kept_view, "judge", lambda: "mended")
    assert kept_view.KeptView(tmp_path, KEY).read(log.pinned, len(log.entries)) is None
    monkeypatch.undo()
    before = kept_view.judge.__wrapped__(tmp_path)
    source.write_text("2")
    assert before != kept_view.judge.__wrapped__(tmp_path)


async def test_an_alarm_is_told_though_a_statement_was_changed_under_the_kept_view(whole_desk: Path) -> None:
    """What the relay did is not hidden by who writes this disk: only the file that would prove it cannot be made."""
    log = log_of(LARGE).grown(range(1))
    new = log.bodies.keys() - log_of(LARGE).bodies.keys()
    profile, store = reader(whole_desk, log)
    store._db.execute("UPDATE entries SET entry = ? WHERE position = 100", (b"x",))
    store._db.commit()
    store.close()
    held_back = Log(log.network, log.town, log.entries, {k: v for k, v in log.bodies.items() if k not in new}, log.now)
    with pytest.raises(Distrust, match="is missing, and no statement erased it"):
        await taken(whole_desk, held_back)
    assert [each.name for each in (profile.path / "alarms").iterdir()] != []
