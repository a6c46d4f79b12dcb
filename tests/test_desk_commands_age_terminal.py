"""`enlace age` with somebody at a terminal: what is asked there, what is shown there, and what is not."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import HOUSE, PASSPHRASE
from typist import Typist

from crypto.age import encrypt
from crypto.age_keys import write_identity
from crypto.age_pq import PQIdentity

IDENTITY = PQIdentity(bytes(32))
AGE = f"{sys.executable} -m desk.main age"


@pytest.fixture
def typist(tmp_path: Path) -> Iterator[Typist]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    (tmp_path / "plain").write_text("el texto\n")
    (tmp_path / "key").write_text(write_identity(IDENTITY, "2026-11-22T08:00:00Z"))
    (tmp_path / "escape.age").write_bytes(encrypt("ñ \u202e evil\n".encode(), [IDENTITY.recipient()]))
    (tmp_path / "bytes.age").write_bytes(encrypt(b"\x1b[2J", [IDENTITY.recipient()]))
    environ = kept | {"PYTHONPATH": str(HOUSE), "ENLACE_WORK_FACTOR": "10"}
    with Typist(environ, str(tmp_path), PASSPHRASE) as typist:
        yield typist


def test_a_passphrase_is_asked_for_at_the_terminal(typist: Typist) -> None:
    sealed = typist.type(f"{AGE} -p -o out.age plain")
    assert "Passphrase, or nothing to have one made: " in sealed
    assert "Repeat for confirmation: " in sealed
    assert "Passphrase of out.age: " in (opened := typist.type(f"{AGE} -d out.age"))
    assert "el texto" in opened
    # Also where the data comes in by a pipe, and goes out by one.
    assert "el texto" in typist.type(f"cat out.age | {AGE} -d")
    typist.type(f"cat plain | {AGE} -p | cat > piped.age")
    assert "el texto" in typist.type(f"{AGE} -d piped.age")
    assert PASSPHRASE not in typist.screen
    typist.passphrase = "another altogether"
    assert "the passphrase is wrong" in typist.type(f"{AGE} -d out.age")
    assert typist.status() == 6


def test_nothing_typed_makes_a_passphrase(typist: Typist) -> None:
    typist.passphrase = ""
    shown = typist.type(f"{AGE} -p -o out.age plain")
    made = shown.partition("The passphrase is: ")[2].split("\n")[0]
    assert len(made) == 8 * 5 + 7
    typist.passphrase = made
    assert "el texto" in typist.type(f"{AGE} -d out.age")


def test_a_terminal_is_shown_text_and_nothing_it_would_act_on(typist: Typist) -> None:
    assert "ñ [U+202E] evil" in typist.type(f"{AGE} -d -i key escape.age")
    refused = typist.type(f"{AGE} -d -i key bytes.age")
    assert "control characters" in refused
    assert "\x1b[2J" not in refused
    assert typist.status() == 2
    assert "\x1b[2J" in typist.type(f"{AGE} -d -i key -o - bytes.age")


def test_what_is_pasted_ends_once(typist: Typist) -> None:
    """With one Ctrl-D at the beginning of a line, however often a reader would like to be told."""
    text = typist.type(f"{AGE} -e -i key -a plain")
    pasted = text[text.index("-----BEGIN") : text.rindex("-----") + 5].replace("\r", "")
    assert "el texto" in typist.type(f"{AGE} -d -i key\n{pasted}\n\x04", patience=20).rpartition("END AGE")[2]


def test_what_is_typed_ends_once(typist: Typist) -> None:
    assert "-----END" in typist.type(f"{AGE} -e -i key -a\nel texto\n\x04", patience=20)


def test_bytes_are_not_written_to_a_terminal(typist: Typist) -> None:
    refused = typist.type(f"{AGE} -e -i key plain")
    assert "bytes are no text for a terminal" in refused
    assert typist.status() == 2
    assert "-----END AGE ENCRYPTED FILE-----" in typist.type(f"{AGE} -e -i key -a plain")
    assert "age-encryption.org/v1" in typist.type(f"{AGE} -e -i key -o - plain | head -c 30; echo")
