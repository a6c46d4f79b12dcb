"""A witness: every answer of tlog-witness, what it keeps, what it never signs, also after a start and a crash."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from relay_world import Clock
from witness_keys import LOG, ORIGIN, WITNESSES, signed
from witness_world import NAME, TIME, Fork, check_lines, make_folder

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import cosign, parse_lines, time_of
from crypto.encoding import b64
from crypto.merkle import Tree
from crypto.note import Note, parse_note
from crypto.signing import SecretPair
from relay.rules.witnessing import (
    MOST_ADD_BYTES,
    AddCheckpoint,
    Cosigned,
    NotCosigned,
    parse_add_checkpoint,
    signing_time,
)
from relay.witness.folder import KEY, LOGS, PUBLIC_LINES, RECORDS, WitnessError, make_witness, open_witness
from relay.witness.server import PATH, make_witness_app

MAIN, OTHER = Fork(), Fork("other", 5)


class Here:
    """A witness that is served, and whoever asks it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock(TIME)
        self.keys = make_folder(folder)
        self.witness, self.records = open_witness(folder, self.clock)
        self.server, self.http = TestServer(make_witness_app(self.witness)), aiohttp.ClientSession()

    async def ask(self, body: bytes) -> tuple[int, bytes, str]:
        async with self.http.post(self.server.make_url(PATH), data=body) as answer:
            return answer.status, await answer.read(), answer.headers["Content-Type"]

    async def restart(self) -> None:
        """As after a crash: nothing of the process is left, only the folder."""
        await self.server.close()
        self.records.close()
        self.witness, self.records = open_witness(self.folder, self.clock)
        self.server = TestServer(make_witness_app(self.witness))
        await self.server.start_server()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    found = Here(tmp_path / "witness")
    await found.server.start_server()
    yield found
    await found.http.close()
    await found.server.close()
    found.records.close()


async def test_it_cosigns_a_log_that_grows(here: Here) -> None:
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 256), (256, 600)):
        status, lines, kind = await here.ask(MAIN.asked(old, size))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        check_lines(lines, MAIN.asked(old, size), here.keys)
    assert here.records.last(ORIGIN) == Cosigned(600, MAIN.root(600), TIME)


async def test_an_empty_tree_is_cosigned(here: Here) -> None:
    body = AddCheckpoint(0, (), signed(Tree(), TIME)).write()
    assert (await here.ask(body))[0] == 200
    assert (await here.ask(MAIN.asked(0, 2)))[0] == 200


GOOD = MAIN.asked(0, 3)
NOTE = parse_note(MAIN.checkpoint(3))
FORGED = sign_checkpoint(Checkpoint(ORIGIN, 3, MAIN.root(3)), WITNESSES["pe"], TIME)
ANSWERS = {
    "empty": (400, b""),
    "no old": (400, GOOD.partition(b"\n")[2]),
    "old without number": (400, GOOD.replace(b"old 0", b"old")),
    "old 00": (400, GOOD.replace(b"old 0", b"old 00")),
    "old -1": (400, GOOD.replace(b"old 0", b"old -1")),
    "old of 2^63": (400, GOOD.replace(b"old 0", b"old 9223372036854775808")),
    "old with a space behind": (400, GOOD.replace(b"old 0", b"old 0 ")),
    "CRLF": (400, GOOD.replace(b"\n", b"\r\n")),
    "no empty line": (400, GOOD.replace(b"\n\n", b"\n", 1)),
    "a hash that is no base64": (400, GOOD.replace(b"old 0\n", b"old 0\n!\n")),
    "a hash of 31 bytes": (400, GOOD.replace(b"old 0\n", b"old 0\n" + b64(bytes(31)).encode() + b"\n")),
    "64 hashes": (400, GOOD.replace(b"old 0\n", b"old 0\n" + (b64(bytes(32)).encode() + b"\n") * 64)),
    "a checkpoint without signatures": (400, b"old 0\n\n" + NOTE.text.encode()),
    "a checkpoint with an extension line": (400, GOOD.replace(b"\n3\n", b"\n3\nmore\n")),
    "a checkpoint that is none": (400, b"old 0\n\nhello\n"),
    "not UTF-8": (400, GOOD + b"\xff"),
    "old above the checkpoint's size": (400, GOOD.replace(b"old 0", b"old 4")),
    "an origin nobody told it of": (404, GOOD.replace(ORIGIN.encode(), b"log.other.example/1")),
    "signed by another key": (403, AddCheckpoint(0, (), FORGED).write()),
    "half signed": (403, AddCheckpoint(0, (), Note(NOTE.text, NOTE.signatures[:1]).write()).write()),
    "a signature that is wrong": (403, GOOD.replace(b"\n3\n", b"\n4\n")),
    "hashes from nothing": (422, GOOD.replace(b"old 0\n", b"old 0\n" + b64(bytes(32)).encode() + b"\n")),
}


@pytest.mark.parametrize(("status", "body"), ANSWERS.values(), ids=ANSWERS)
async def test_every_other_answer_of_a_fresh_witness(here: Here, status: int, body: bytes) -> None:
    assert (await here.ask(body))[0] == status
    assert here.records.last(ORIGIN) == Cosigned()
    assert list((here.folder / RECORDS).glob("*.checkpoint")) == []
    assert (await here.ask(GOOD))[0] == 200


async def test_a_body_that_is_too_long_is_not_read(here: Here) -> None:
    assert (await here.ask(b"x" * (MOST_ADD_BYTES + 1)))[0] == 413


async def test_another_method_and_another_path_are_refused(here: Here) -> None:
    async with here.http.get(here.server.make_url(PATH)) as answer:
        assert answer.status == 405
    async with here.http.post(here.server.make_url("/"), data=GOOD) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("again", [False, True], ids=["", "after a start"])
@pytest.mark.parametrize(
    ("status", "size", "body"),
    [
        (409, b"8\n", MAIN.asked(0, 3)),
        (409, b"8\n", MAIN.asked(3, 9)),
        (409, b"8\n", MAIN.asked(9, 10)),
        (409, b"8\n", MAIN.asked(7, 7)),
        (409, b"8\n", OTHER.asked(8, 8)),
        (422, b"", OTHER.asked(8, 20)),
        (422, b"", AddCheckpoint(8, (), MAIN.checkpoint(20)).write()),
        (422, b"", AddCheckpoint(8, (bytes(32),), MAIN.checkpoint(8)).write()),
        (400, b"", MAIN.asked(8, 7)),
        (400, b"", OTHER.asked(8, 7)),
    ],
    ids=["smaller", "old too small", "old too large", "smaller, same", "another root", "fork", "no proof",
         "proof of the same", "shrinking", "shrinking fork"],
)  # fmt: skip
async def test_it_never_cosigns_what_does_not_continue(
    here: Here, again: bool, status: int, size: bytes, body: bytes
) -> None:
    assert (await here.ask(MAIN.asked(0, 8)))[0] == 200
    if again:
        await here.restart()
    before = here.records.last(ORIGIN)
    found, answer, kind = await here.ask(body)
    assert found == status
    if size:
        assert (answer, kind) == (size, "text/x.tlog.size")
    assert here.records.last(ORIGIN) == before
    assert (await here.ask(MAIN.asked(8, 9)))[0] == 200


async def test_two_roots_of_one_size_are_kept_as_evidence(here: Here) -> None:
    await here.ask(MAIN.asked(0, 8))
    for _ in range(2):
        assert (await here.ask(OTHER.asked(8, 8)))[0] == 409
    assert (await here.ask(OTHER.asked(8, 20)))[0] == 422  # a wrong proof is anybody's, and shows nothing
    (kept,) = (here.folder / RECORDS).glob("split-*.txt")
    assert parse_note(kept.read_bytes()).text == parse_note(OTHER.checkpoint(8)).text
    await here.restart()
    assert here.records.last(ORIGIN).root == MAIN.root(8)


async def test_of_two_that_race_one_wins(here: Here) -> None:
    bodies = [MAIN.asked(0, size) for size in range(1, 20)] + [OTHER.asked(0, size) for size in range(6, 20)]
    answers = await asyncio.gather(*(here.ask(body) for body in bodies))
    assert sorted(status for status, *_ in answers) == [200] + [409] * 32


async def test_a_log_that_is_idle_gets_a_newer_time(here: Here) -> None:
    await here.ask(GOOD)
    here.clock.now += 600
    _, lines, _ = await here.ask(MAIN.asked(3, 3))
    assert {time_of(each.blob) for each in parse_lines(lines)} == {TIME + 600}
    here.clock.now -= 200
    _, lines, _ = await here.ask(MAIN.asked(3, 3))
    assert {time_of(each.blob) for each in parse_lines(lines)} == {TIME + 600}  # it never goes back
    await here.restart()
    assert here.records.last(ORIGIN).time == TIME + 600


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_the_time_never_goes_back_but_from_a_wrong_clock(last: int, now: int) -> None:
    time = signing_time(Cosigned(1, bytes(32), last), now)
    assert time >= last or last > now + 300
    assert time <= now + 300


async def test_what_cannot_be_kept_is_not_signed(here: Here) -> None:
    await here.ask(GOOD)
    records = here.folder / RECORDS
    records.rename(here.folder / "elsewhere")
    assert (await here.ask(MAIN.asked(3, 8)))[0] == 500
    (here.folder / "elsewhere").rename(records)
    assert here.records.last(ORIGIN).size == 3
    assert (await here.ask(MAIN.asked(3, 8)))[0] == 200


@given(st.lists(st.tuples(st.sampled_from([MAIN, OTHER, None]), st.integers(0, 30), st.booleans()), max_size=25))
@settings(max_examples=25, deadline=None)
def test_whatever_is_asked_in_whatever_order_one_history_is_cosigned(
    steps: list[tuple[Fork | None, int, bool]],
) -> None:
    """None stands for a start of the process; true for asking from the size it cosigned last."""

    async def play(folder: Path) -> list[tuple[int, bytes]]:
        make_folder(folder)
        witness, records = open_witness(folder, Clock(TIME))
        signed_trees = list[tuple[int, bytes]]()
        for fork, size, honest in steps:
            if fork is None:
                records.close()
                witness, records = open_witness(folder, Clock(TIME))
                continue
            last = witness.last(ORIGIN)
            try:
                await witness.add(fork.asked(last.size if honest else size // 2, size))
            except NotCosigned:
                assert witness.last(ORIGIN) == last
                continue
            signed_trees.append((size, fork.root(size)))
            assert witness.last(ORIGIN) == Cosigned(size, fork.root(size), TIME)
        records.close()
        return signed_trees

    with TemporaryDirectory() as folder:
        found = asyncio.run(play(Path(folder) / "witness"))
    assert [size for size, _ in found] == sorted(size for size, _ in found)
    assert any(all(fork.root(size) == root for size, root in found) for fork in (MAIN, OTHER))


async def test_lines_of_others_are_not_kept(here: Here) -> None:
    more = cosign(Checkpoint(ORIGIN, 3, MAIN.root(3)), WITNESSES["pe"], "enlace.example/witness/pe", TIME)
    raw = Note(NOTE.text, (*NOTE.signatures, *more)).write()
    assert (await here.ask(AddCheckpoint(0, (), raw).write()))[0] == 200
    (path,) = (here.folder / RECORDS).glob("*.checkpoint")
    assert parse_note(path.read_bytes()).names() == (ORIGIN, ORIGIN, NAME, NAME)


async def test_a_checkpoint_that_sixteen_others_cosigned_is_cosigned(here: Here) -> None:
    more = [cosign(Checkpoint(ORIGIN, 3, MAIN.root(3)), SecretPair(bytes([60 + at]) * 32, bytes(32)), f"w{at}", TIME)
            for at in range(16)]  # fmt: skip
    raw = Note(NOTE.text, (*NOTE.signatures, *(each for lines in more for each in lines))).write()
    assert (await here.ask(AddCheckpoint(0, (), raw).write()))[0] == 200


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.integers(0, 2**63 - 1))
def test_a_request_is_read_as_it_was_written(proof: list[bytes], old: int) -> None:
    asked = AddCheckpoint(old, tuple(proof), MAIN.checkpoint(3))
    assert parse_add_checkpoint(asked.write()) == asked


@given(st.binary(max_size=60) | st.text(alphabet="old 0123\nA=", max_size=60).map(str.encode))
def test_whatever_is_read_as_a_request_is_written_the_same(raw: bytes) -> None:
    try:
        asked = parse_add_checkpoint(raw)
    except NotCosigned:
        return
    assert asked.write() == raw


# The folder


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    made = make_witness(tmp_path / "w", NAME)
    assert made.public.read_text().count(NAME) == 2
    before = {path: path.read_bytes() for path in (tmp_path / "w").iterdir() if path.is_file()}
    with pytest.raises(WitnessError, match="nothing was written"):
        make_witness(tmp_path / "w", NAME)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    "name",
    ["", "co", "enlace.example/co", "enlace.example/witness/", "a b/witness/co", "a/witness/c/o", "a/witness/CO",
     "a/witness/members", f"{'n' * 250}/witness/co"],
)  # fmt: skip
def test_a_witness_is_called_by_its_member(tmp_path: Path, name: str) -> None:
    with pytest.raises(WitnessError):
        make_witness(tmp_path / "w", name)


def test_one_process_has_a_witness(tmp_path: Path) -> None:
    make_folder(tmp_path / "w")
    _, records = open_witness(tmp_path / "w", Clock())
    with pytest.raises(WitnessError, match="already"):
        open_witness(tmp_path / "w", Clock())
    records.close()
    open_witness(tmp_path / "w", Clock())[1].close()


def lose_records(folder: Path) -> None:
    (folder / RECORDS).rename(folder / "lost")


def lose_key(folder: Path) -> None:
    (folder / KEY).unlink()


def other_key(folder: Path) -> None:
    other = folder.with_name("other")
    make_folder(other)
    (other / KEY).rename(folder / KEY)


def no_log(folder: Path) -> None:
    (folder / LOGS).write_text("quorum none\n")


def no_policy(folder: Path) -> None:
    (folder / LOGS).write_text("hello\n")


def no_lines(folder: Path) -> None:
    (folder / PUBLIC_LINES).write_text("quorum none\n")


def loose_records(folder: Path) -> None:
    (folder / RECORDS).chmod(0o755)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(lose_records, "retired"), (lose_key, "cannot be read"), (other_key, "does not name the keys"),
     (no_log, "names no log"), (no_policy, "line 1"), (no_lines, "does not name"), (loose_records, "chmod 700")],
)  # fmt: skip
def test_a_folder_that_is_not_in_order_is_refused(tmp_path: Path, spoil: object, words: str) -> None:
    make_folder(tmp_path / "w")
    assert callable(spoil)
    spoil(tmp_path / "w")
    with pytest.raises(WitnessError, match=words):
        open_witness(tmp_path / "w", Clock())


@pytest.mark.parametrize("how", ["cut", "another size", "another name", "half"])
async def test_a_record_that_is_not_its_own_stops_it(here: Here, how: str) -> None:
    await here.ask(GOOD)
    (path,) = (here.folder / RECORDS).glob("*.checkpoint")
    raw = path.read_bytes()
    if how == "another name":
        path.rename(path.with_name("0" * 64 + ".checkpoint"))
    else:
        note = parse_note(raw)
        changed = {
            "cut": raw[:-9],
            "another size": raw.replace(b"\n3\n", b"\n2\n", 1),
            "half": Note(note.text, note.signatures[:-1]).write(),
        }
        path.write_bytes(changed[how])
    here.records.close()
    with pytest.raises(WitnessError, match="no record of this witness"):
        open_witness(here.folder, here.clock)


def test_the_log_that_is_watched_is_the_policys(tmp_path: Path) -> None:
    make_folder(tmp_path / "w")
    witness, records = open_witness(tmp_path / "w", Clock())
    records.close()
    assert {each.key.name for each in witness.logs.logs} == {ORIGIN}
    assert {each.key.public for each in witness.logs.logs} == {LOG.public.ed25519, LOG.public.mldsa44}
