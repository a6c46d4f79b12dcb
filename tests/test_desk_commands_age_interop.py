"""`enlace age` and other hands: their files by our command, ours by theirs; the public vectors by exit code."""

from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cli_world import PASSPHRASE, enlace
from other_hands import run_node
from test_crypto_age_vectors import parsed

from crypto.age_keys import read_identities

pytestmark = pytest.mark.full

CODES = {"success": 0, "header failure": 3, "armor failure": 3, "HMAC failure": 5, "payload failure": 5, "no match": 6}
SIZES = (0, 1, 65_535, 65_536, 200_000)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("passphrase").write_text(PASSPHRASE + "\n")
    return tmp_path


def done(*arguments: str) -> None:
    ran = enlace("age", *arguments)
    assert ran.code == 0, ran


def plain(size: int) -> bytes:
    return bytes(index % 251 for index in range(size))


def answers(jobs: list[dict[str, Any]]) -> list[dict[str, str]]:
    results: list[dict[str, str]] = run_node("age-jobs.mjs", jobs)
    assert len(results) == len(jobs)
    return results


def test_every_public_vector_ends_with_the_exit_code_for_it(here: Path) -> None:
    count = 0
    for name, text in sorted(run_node("age-vectors.mjs").items()):
        vector = parsed(name, b64decode(text))
        Path("file").write_bytes(vector.file)
        Path("out").unlink(missing_ok=True)
        Path("typed").write_text(vector.says.get("passphrase", ["none"])[0] + "\n")
        options = ["--passphrase-file", "typed"]
        if "identity" in vector.says:
            Path("key").write_text("\n".join(vector.says["identity"]) + "\n")
            options += ["-i", "key"]
        ran = enlace("age", "-d", *options, "-o", "out", "file")
        assert ran.code == CODES[vector.expect], (name, ran)
        if ran.code == 0:
            assert sha256(Path("out").read_bytes()).hexdigest() == vector.says["payload"][0], name
        else:
            assert not Path("out").exists(), name
        count += 1
    assert count == 143


@pytest.mark.parametrize("text", [False, True], ids=["bytes", "text"])
@pytest.mark.parametrize("kind", ["-pq", "--x25519", "passphrase"])
def test_node_opens_ours_and_we_open_theirs(here: Path, kind: str, text: bool) -> None:
    if kind == "passphrase":
        sealing, opening = ["-p", "--passphrase-file", "passphrase"], ["--passphrase-file", "passphrase"]
        theirs: dict[str, Any] = {"passphrase": PASSPHRASE}
        to_them = theirs
    else:
        done("keygen", kind, "-o", "key")
        done("keygen", "-y", "-o", "key.pub", "key")
        sealing, opening = ["-R", "key.pub"], ["-i", "key"]
        (identity,) = read_identities(Path("key").read_bytes())
        theirs, to_them = {"identities": [str(identity)]}, {"recipients": [str(identity.recipient())]}
    for size in SIZES:
        Path("plain").write_bytes(plain(size))
        done(*sealing, *(["-a"] if text else []), "-o", "ours", "plain")
        ours = b64encode(Path("ours").read_bytes()).decode()
        opened, sealed = answers(
            [
                {"open": ours, "armored": text, **theirs},
                {"seal": b64encode(plain(size)).decode(), "armored": text, **to_them},
            ]
        )
        assert b64decode(opened["data"]) == plain(size)
        Path("theirs").write_bytes(b64decode(sealed["data"]))
        done("-d", *opening, "-o", "out", "theirs")
        assert Path("out").read_bytes() == plain(size)


@pytest.mark.parametrize("text", [False, True], ids=["bytes", "text"])
@pytest.mark.parametrize("size", SIZES)
def test_pyrage_opens_ours_and_we_open_theirs(here: Path, size: int, text: bool) -> None:
    pyrage = pytest.importorskip("pyrage", reason="needs pyrage: make setup-full")
    done("keygen", "--x25519", "-o", "key")
    (ours,) = read_identities(Path("key").read_bytes())
    theirs = pyrage.x25519.Identity.generate()
    Path("plain").write_bytes(plain(size))
    to_both = ["-r", str(theirs.to_public()), "-r", str(ours.recipient())]
    done(*to_both, *(["-a"] if text else []), "-o", "sealed", "plain")
    assert pyrage.decrypt(Path("sealed").read_bytes(), [theirs]) == plain(size)
    recipient = pyrage.x25519.Recipient.from_str(str(ours.recipient()))
    Path("theirs").write_bytes(pyrage.encrypt(plain(size), [recipient, theirs.to_public()], armored=text))
    done("-d", "-i", "key", "-o", "out", "theirs")
    assert Path("out").read_bytes() == plain(size)


def test_pyrage_and_we_share_a_passphrase(here: Path) -> None:
    pyrage = pytest.importorskip("pyrage", reason="needs pyrage: make setup-full")
    Path("plain").write_bytes(b"plain")
    for text in ([], ["-a"]):
        done("-p", "--passphrase-file", "passphrase", *text, "-o", "ours", "plain")
        assert pyrage.passphrase.decrypt(Path("ours").read_bytes(), PASSPHRASE) == b"plain"
    # Its work factor follows the speed of the machine, so a fast one may pass our usual bound.
    Path("theirs").write_bytes(pyrage.passphrase.encrypt(b"plain", PASSPHRASE))
    done("-d", "--passphrase-file", "passphrase", "--max-work-factor", "22", "-o", "out", "theirs")
    assert Path("out").read_bytes() == b"plain"
