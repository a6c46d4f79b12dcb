"""Attachments at rest: sealed and opened in constant memory, and shown under a name only when everything agrees."""

import os
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from desk_world import changed, found_on_disk, refused

from desk import host
from desk.errors import Declined, DeskError, Distrust, NotFound, Usage
from desk.mail.attachments import held, open_file, seal_file, target_for, upload
from desk.mail.message import SealedFile

MIB = 1 << 20
PLAIN = b"%PDF-1.7 CANARY-evidencia-quetzal " * 2000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where ciphertext stands."""
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def sealed(tmp_path: Path, folder: Path, plain: bytes = PLAIN, name: str = "evidence.pdf") -> SealedFile:
    source = tmp_path / name
    source.write_bytes(plain)
    return seal_file(source, folder)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3 * MIB])
def test_what_is_sealed_is_opened(tmp_path: Path, folder: Path, size: int) -> None:
    plain = os.urandom(size)
    file = sealed(tmp_path, folder, plain)
    target = tmp_path / "opened"
    open_file(folder / file.cipher_hash, file, target)
    assert target.read_bytes() == plain
    assert (file.name, file.plain_size) == ("evidence.pdf", size)
    assert file.cipher_size == (folder / file.cipher_hash).stat().st_size
    assert sorted(each.name for each in tmp_path.iterdir()) == ["evidence.pdf", "files", "opened"]
    assert [each.name for each in folder.iterdir()] == [file.cipher_hash]


def test_ciphertext_tells_nothing_and_two_sealings_share_nothing(tmp_path: Path, folder: Path) -> None:
    first, second = sealed(tmp_path, folder), sealed(tmp_path, folder)
    assert first.plain_hash == second.plain_hash
    assert first.cipher_hash != second.cipher_hash
    assert first.identity != second.identity
    assert found_on_disk(folder, b"CANARY-evidencia-quetzal", b"evidence.pdf", first.identity.encode()) == []


def test_64_mib_are_sealed_and_opened_in_constant_memory(tmp_path: Path, folder: Path) -> None:
    source, target = tmp_path / "large", tmp_path / "opened"
    with source.open("wb") as large:
        large.truncate(64 * MIB)
    tracemalloc.start()
    try:
        file = seal_file(source, folder)
        open_file(folder / file.cipher_hash, file, target)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MIB
    assert (file.plain_size, target.stat().st_size) == (64 * MIB, 64 * MIB)


@pytest.mark.skipif(host.WINDOWS, reason="file modes are a POSIX thing")
def test_an_opened_attachment_is_for_this_user_alone(tmp_path: Path, folder: Path) -> None:
    file = sealed(tmp_path, folder)
    open_file(folder / file.cipher_hash, file, tmp_path / "opened")
    assert stat.S_IMODE((tmp_path / "opened").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("plain_hash", "00" * 32, "opened to something else than the sender signed for"),
        ("plain_size", 7, "opened to something else than the sender signed for"),
        ("identity", "AGE-SECRET-KEY-PQ-1QQQQQQQQQQQQQQ", "does not open: not a post-quantum identity"),
    ],
)
def test_what_the_sender_did_not_sign_for_is_not_shown(
    tmp_path: Path, folder: Path, field: str, value: object, words: str
) -> None:
    file = sealed(tmp_path, folder)
    target = tmp_path / "opened"
    lying = changed(file, **{field: value})
    assert words in refused(lambda: open_file(folder / file.cipher_hash, lying, target), Distrust)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["evidence.pdf", "files"]


@pytest.mark.parametrize("how", ["cut in a chunk", "cut at a chunk", "a bit", "appended", "another's", "empty"])
def test_damaged_ciphertext_is_not_shown(tmp_path: Path, folder: Path, how: str) -> None:
    file = sealed(tmp_path, folder, b"x" * 200_000)
    path = folder / file.cipher_hash
    raw = path.read_bytes()
    other = sealed(tmp_path, folder, b"y" * 200_000)
    spoilt = {
        "cut in a chunk": raw[:-100],
        "cut at a chunk": raw[: -(200_000 % 65_536 + 16)],
        "a bit": raw[:-1] + bytes([raw[-1] ^ 1]),
        "appended": raw + b"x",
        "another's": (folder / other.cipher_hash).read_bytes(),
        "empty": b"",
    }
    path.write_bytes(spoilt[how])
    target = tmp_path / "opened"
    assert "the attachment does not open: " in refused(lambda: open_file(path, file, target), Distrust)
    assert not target.exists()
    assert not list(tmp_path.glob(".*"))


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, folder: Path) -> None:
    file = sealed(tmp_path, folder)
    taken, dangling, elsewhere = tmp_path / "taken", tmp_path / "dangling", tmp_path / "elsewhere"
    taken.write_text("mine")
    dangling.symlink_to(elsewhere)
    for target in (taken, dangling):
        with pytest.raises(Usage, match="exists already; choose another place"):
            open_file(folder / file.cipher_hash, file, target)
    assert (taken.read_text(), elsewhere.exists()) == ("mine", False)


def test_places_that_cannot_be_are_told(tmp_path: Path, folder: Path) -> None:
    file = sealed(tmp_path, folder)
    for target in (tmp_path / "missing" / "x", tmp_path / ("n" * 300)):
        with pytest.raises(DeskError, match="cannot be written"):
            open_file(folder / file.cipher_hash, file, target)
    with pytest.raises(DeskError, match="cannot be written"):
        open_file(folder / "not-there", file, tmp_path / "opened")
    assert not list(tmp_path.glob(".*"))


def test_what_is_no_file_is_not_sealed(tmp_path: Path, folder: Path) -> None:
    for path in (tmp_path / "missing", tmp_path, Path(os.devnull)):
        with pytest.raises(NotFound, match="there is no file"):
            seal_file(path, folder)
    (tmp_path / "source").write_text("x")
    assert "cannot be sealed" in refused(lambda: seal_file(tmp_path / "source", tmp_path / "missing"), DeskError)
    assert list(folder.iterdir()) == []


def test_a_sender_s_own_odd_name_travels_as_a_safe_one(tmp_path: Path, folder: Path) -> None:
    assert sealed(tmp_path, folder, name="a\x1b[2J\u202efdp.exe").name == "a_[2J_fdp.exe"


# --- where it is saved ---


HOSTILE = [
    *("../x", "/etc/passwd", "C:\\x", "a\0b", "\u202egpj.exe", "x" * 300),
    *("..hidden", "CON", "x. . ", "é" * 255, ".", "-rf"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_it_is_called_it_is_saved_inside(tmp_path: Path, folder: Path, name: str) -> None:
    file = changed(sealed(tmp_path, folder), name=name)
    out = tmp_path / "out"
    out.mkdir()
    target = target_for(out, file.name)
    assert target.parent == out
    open_file(folder / file.cipher_hash, file, target)
    assert [each.resolve().parent for each in out.iterdir()] == [out.resolve()]
    assert target.read_bytes() == PLAIN


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    for name in ("a.pdf", "a (2).pdf"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "a (3).pdf").symlink_to(tmp_path / "nowhere")
    assert target_for(tmp_path, "a.pdf") == tmp_path / "a (4).pdf"
    assert target_for(tmp_path, "b") == tmp_path / "b"
    assert "there is no folder" in refused(lambda: target_for(tmp_path / "missing", "a"), NotFound)


def test_a_name_taken_in_between_is_not_overwritten(tmp_path: Path, folder: Path) -> None:
    file = sealed(tmp_path, folder)
    target = target_for(tmp_path, "evidence-2.pdf")
    target.write_text("came first")
    with pytest.raises(Usage, match="exists already"):
        open_file(folder / file.cipher_hash, file, target)
    assert target.read_text() == "came first"


# --- what is held ---


def test_ciphertext_that_is_held_whole_is_used_and_damaged_is_fetched_again(tmp_path: Path, folder: Path) -> None:
    file = sealed(tmp_path, folder)
    path = folder / file.cipher_hash
    assert held(file, folder) == path
    path.write_bytes(path.read_bytes()[:-1])
    assert held(file, folder) is None
    assert not path.exists()
    assert held(file, folder) is None


async def test_a_file_of_another_length_than_was_signed_is_offered_to_no_relay(tmp_path: Path, folder: Path) -> None:
    """The length stands in a message that somebody else may have signed; what the relay has to say to it is no lie."""
    nobody: Any = None
    file = sealed(tmp_path, folder)
    for size in (file.cipher_size - 1, file.cipher_size + 1):
        with pytest.raises(Declined, match="not as long as its sender signed"):
            await upload(nobody, folder / file.cipher_hash, file.cipher_hash, size, nobody)
