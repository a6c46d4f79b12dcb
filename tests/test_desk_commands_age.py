"""`enlace age`: keys, sealing, opening with the stock tool's flags; what is refused, and what then is left behind."""

import os
import stat
from pathlib import Path

import pytest
from age_folder import CHUNK, CLASSICAL, LARGE, OTHER, PLAIN, PQ, age, done, furnish
from cli_world import PASSPHRASE

from crypto.age import encrypt as seal
from crypto.age_armor import armor, dearmor
from crypto.age_header import Stanza
from crypto.age_scrypt import ScryptRecipient


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    furnish()
    return tmp_path


# Keys


@pytest.mark.parametrize(
    ("options", "prefix"),
    [
        ([], "AGE-SECRET-KEY-PQ-1"),
        (["-pq"], "AGE-SECRET-KEY-PQ-1"),
        (["--x25519"], "AGE-SECRET-KEY-1"),
    ],
)
def test_a_key_is_written_as_the_stock_tool_writes_it(here: Path, options: list[str], prefix: str) -> None:
    ran = done("keygen", *options, "-o", "new")
    created, public, identity = Path("new").read_text().splitlines()
    assert created.startswith("# created: 20")
    assert created.endswith("Z")
    assert identity.startswith(prefix)
    assert ran.err == f"Public key: {public.removeprefix('# public key: ')}\n"
    assert ran.out == ""
    assert stat.S_IMODE(Path("new").stat().st_mode) == 0o600
    assert done("keygen", "-y", "new").out == public.removeprefix("# public key: ") + "\n"


def test_a_key_goes_to_standard_output_unless_a_file_is_named(here: Path) -> None:
    ran = done("keygen")
    assert (
        done("keygen", "-y", feed=ran.out.encode()).out == ran.out.splitlines()[1].removeprefix("# public key: ") + "\n"
    )
    assert ran.err == ""


def test_the_recipients_of_a_file_of_keys(here: Path) -> None:
    Path("both").write_bytes(Path("key").read_bytes() + Path("other").read_bytes())
    expected = f"{PQ.recipient()}\n{OTHER.recipient()}\n"
    assert done("keygen", "-y", "both").out == expected
    done("keygen", "-y", "-o", "both.pub", "both")
    assert Path("both.pub").read_text() == expected
    assert done("keygen", "-y", "locked-key", "--passphrase-file", "passphrase").out == f"{PQ.recipient()}\n"


def test_no_key_is_written_over(here: Path) -> None:
    before = Path("key").read_bytes()
    ran = age("keygen", "-o", "key")
    assert (ran.code, Path("key").read_bytes()) == (2, before)
    assert "exists already" in ran.err


# Sealing and opening

WAYS: dict[str, tuple[list[str], list[str]]] = {
    "recipient": (["-r", str(PQ.recipient())], ["-i", "key"]),
    "recipients file": (["-R", "key.pub"], ["-i", "key"]),
    "several": (["-r", str(PQ.recipient()), "-R", "other.pub"], ["-i", "other"]),
    "own identity": (["-e", "-i", "key"], ["-i", "classical", "-i", "key"]),
    "X25519": (["-R", "classical.pub"], ["-i", "classical"]),
    "passphrase": (["-p", "--passphrase-file", "passphrase"], ["--passphrase-file", "passphrase"]),
    "locked identity": (["-R", "key.pub"], ["-i", "locked-key", "--passphrase-file", "passphrase"]),
    "long options": (["--encrypt", "--recipients-file", "key.pub"], ["--identity", "key"]),
    "the same recipient twice": (["-R", "key.pub", "-R", "key.pub"], ["-i", "key"]),
    "to the owner of a locked identity": (
        ["-e", "-i", "locked-key", "--passphrase-file", "passphrase"],
        ["-i", "key"],
    ),
}


@pytest.mark.parametrize("text", [False, True], ids=["bytes", "text"])
@pytest.mark.parametrize("alone", [False, True], ids=["subcommand", "flags alone"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_sealed_opens(here: Path, way: str, alone: bool, text: bool) -> None:
    sealing, opening = WAYS[way]
    to_seal = [*([] if alone else ["encrypt"]), *sealing, *(["-a"] if text else [])]
    to_open = [*(["-d"] if alone else ["decrypt"]), *opening]
    done(*to_seal, "-o", "out.age", "plain")
    sealed = Path("out.age").read_bytes()
    assert sealed.startswith(b"-----BEGIN AGE" if text else b"age-encryption.org/v1\n")
    done(*to_open, "-o", "out", "out.age")
    assert Path("out").read_bytes() == PLAIN
    # Through standard streams too, where bytes go to one that is no terminal.
    assert done(*to_open, feed=sealed).out == PLAIN.decode()
    if text:
        assert dearmor(done(*to_seal, "plain").out.encode())
        assert dearmor(done(*to_seal, "-o", "-", feed=PLAIN).out.encode())


def test_the_same_recipient_given_twice_gets_one_stanza(here: Path) -> None:
    done("encrypt", "-R", "key.pub", "-r", str(PQ.recipient()), "-o", "out.age", "plain")
    assert Path("out.age").read_bytes().count(b"\n-> ") == 1


def test_an_identity_file_under_a_passphrase_is_opened_only_when_it_may_help(here: Path) -> None:
    Path("grease").write_bytes(seal(PLAIN, [_Strange()]))
    ran = age("-d", "-i", "locked-key", "grease")  # nobody to ask for a passphrase, and nobody is asked
    assert ran.code == 6
    assert "none of the identities" in ran.err
    asked = age("-d", "-i", "locked-key", "sealed")
    assert asked.code == 2
    assert "Passphrase of locked-key: there is no terminal" in asked.err


class _Strange:
    """A recipient of a kind that this program does not know."""

    company = PQ.recipient().company

    def wrap(self, file_key: bytes) -> Stanza:
        return Stanza("example.com/strange", (), b"")


def test_a_passphrase_typed_in_either_of_unicode_s_forms_opens(here: Path) -> None:
    Path("typed").write_text("ca\u0301scara de naranja\n")
    done("encrypt", "-p", "--passphrase-file", "typed", "-o", "out.age", "plain")
    Path("composed").write_text("c\u00e1scara de naranja\n")
    for name in ("typed", "composed"):
        assert done("decrypt", "--passphrase-file", name, "out.age").out == PLAIN.decode()
    Path("foreign").write_bytes(seal(PLAIN, [ScryptRecipient("ca\u0301scara de naranja".encode(), 10)]))
    assert done("decrypt", "--passphrase-file", "typed", "foreign").out == PLAIN.decode()


def test_a_passphrase_that_nobody_named_in_this_command_is_told_of(here: Path) -> None:
    ran = age("-p", "-o", "out.age", "plain", ENLACE_PASSPHRASE_FILE="passphrase")
    assert (ran.code, ran.err) == (0, "Sealed under the passphrase in passphrase.\n")
    assert done("-p", "--passphrase-file", "passphrase", "-o", "out.age", "plain").err == ""


def test_the_work_factor_that_is_allowed_can_be_raised(here: Path) -> None:
    Path("hard").write_bytes(seal(PLAIN, [ScryptRecipient(PASSPHRASE.encode(), 12)]))
    lower = ["--passphrase-file", "passphrase", "--max-work-factor", "11", "hard"]
    ran = age("decrypt", *lower)
    assert ran.code == 3
    assert "work factor 12, where 11 is allowed" in ran.err
    lower[3] = "12"
    assert done("decrypt", *lower).out == PLAIN.decode()


# What a file is, in the end


def test_output_replaces_a_file_whole_and_keeps_its_mode(here: Path) -> None:
    Path("out").write_bytes(b"before")
    Path("out").chmod(0o640)
    Path("link").symlink_to("out")
    done("-d", "-i", "key", "-o", "link", "sealed")
    assert Path("link").is_symlink()
    assert Path("out").read_bytes() == PLAIN
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o640


def test_what_is_opened_is_private_and_what_is_sealed_is_like_other_files(here: Path) -> None:
    old = os.umask(0o022)
    try:
        done("-d", "-i", "key", "-o", "out", "sealed")
        done("-R", "key.pub", "-o", "out.age", "plain")
    finally:
        os.umask(old)
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o600
    assert stat.S_IMODE(Path("out.age").stat().st_mode) == 0o644


def test_output_may_be_a_device(here: Path) -> None:
    done("-R", "key.pub", "-o", os.devnull, "plain")
    assert Path(os.devnull).is_char_device()


PAYLOAD = LARGE.index(b"\n--- ") + 5 + 43 + 1 + 16
SEALED_CHUNK = CHUNK + 16
CHANGED: dict[str, tuple[bytes, int, str]] = {
    "cut between chunks": (LARGE[: PAYLOAD + 2 * SEALED_CHUNK], 5, "cut short"),
    "cut within a chunk": (LARGE[:-1], 5, "changed, moved or cut short"),
    "a byte changed at the end": (LARGE[:-1] + bytes([LARGE[-1] ^ 1]), 5, "changed, moved or cut short"),
    "something behind the end": (LARGE + b"\n", 5, "something follows the final chunk"),
    "two chunks swapped": (
        LARGE[:PAYLOAD]
        + LARGE[PAYLOAD + SEALED_CHUNK : PAYLOAD + 2 * SEALED_CHUNK]
        + LARGE[PAYLOAD : PAYLOAD + SEALED_CHUNK]
        + LARGE[PAYLOAD + 2 * SEALED_CHUNK :],
        5,
        "chunk 0 was changed",
    ),
    "the header changed": (LARGE.replace(b"\n--- ", b"\n-> x\n\n--- ", 1), 5, "header was changed"),
    "cut within the header": (LARGE[:100], 3, "no end in the file"),
    "cut before the payload": (LARGE[: PAYLOAD - 16], 3, "ends before its payload"),
    "empty": (b"", 3, "not an age file"),
    "another kind of file": (b"PK\x03\x04" + bytes(100), 3, "not an age file"),
    "a later version": (LARGE.replace(b"/v1\n", b"/v2\n", 1), 3, "not version 1"),
    "line ends changed": (LARGE.replace(b"\n", b"\r\n", 1), 3, "line ends were changed"),
    "text cut short": (armor(LARGE)[:5000], 3, "without an END line"),
    "text with a line changed": (armor(LARGE).replace(b"\n", b" \n", 3), 3, "BEGIN line"),
    "text of another label": (b"-----BEGIN PGP MESSAGE-----\n\n", 3, "does not begin with -----BEGIN AGE"),
}


@pytest.mark.parametrize(("content", "code", "words"), CHANGED.values(), ids=CHANGED)
def test_a_file_that_is_not_as_it_was_sealed_leaves_nothing_behind(
    here: Path, content: bytes, code: int, words: str
) -> None:
    Path("bad.age").write_bytes(content)
    Path("there").write_bytes(b"before")
    before = sorted(Path().iterdir())
    for target in ("out", "there"):
        ran = age("-d", "-i", "key", "-o", target, "bad.age")
        assert (ran.code, words in ran.err) == (code, True), ran
        assert ran.out == ""
        assert sorted(Path().iterdir()) == before
    assert Path("there").read_bytes() == b"before"


def test_whoever_reads_standard_output_is_told_to_discard_what_came(here: Path) -> None:
    ran = age("-d", "-i", "key", feed=LARGE[:-1])
    assert ran.code == 5
    assert len(ran.out) == 4 * CHUNK
    assert "Discard what came out before" in ran.err
    ran = age("-d", "-i", "key", feed=LARGE[:100])
    assert ran.out == ""
    assert "Discard" not in ran.err


def test_an_input_that_fails_while_it_is_read_leaves_nothing_behind(here: Path) -> None:
    before = sorted(Path().iterdir())
    ran = age("-R", "key.pub", "-o", "out", "/proc/self/mem")
    assert (ran.code, ran.err) == (1, "enlace: /proc/self/mem cannot be read: Input/output error\n")
    assert sorted(Path().iterdir()) == before


# What is refused

REFUSED: dict[str, tuple[list[str], int, str]] = {
    "nobody to seal to": (["encrypt", "plain"], 2, "sealed to nobody"),
    "a passphrase and a recipient": (["-p", "-R", "key.pub", "plain"], 2, "shares a file with nobody"),
    "post-quantum and not": (["-R", "key.pub", "-R", "classical.pub", "plain"], 2, "must not share a file"),
    "post-quantum and not, as text": (["-a", "-R", "key.pub", "-R", "classical.pub", "plain"], 2, "must not share"),
    "no such input": (["-R", "key.pub", "nowhere"], 7, "no file nowhere"),
    "input is a folder": (["-R", "key.pub", "."], 2, ". cannot be read"),
    "input below a file": (["-R", "key.pub", "plain/below"], 2, "cannot be read"),
    "no such recipients file": (["-R", "nowhere", "plain"], 7, "no recipients file at nowhere"),
    "recipients file is a folder": (["-R", ".", "plain"], 2, "cannot be read"),
    "recipients file of identities": (["-R", "key", "plain"], 2, "line 3: that is an identity, which is secret"),
    "no such identity file": (["-d", "-i", "nowhere", "sealed"], 7, "no identity file at nowhere"),
    "identity file of recipients": (["-d", "-i", "key.pub", "sealed"], 2, "line 3: that is a recipient"),
    "identity file is something else": (["-d", "-i", "plain", "sealed"], 2, "line 1: not an X25519 identity"),
    "recipient is an identity": (["-r", str(PQ), "plain"], 2, "secret"),
    "recipient is nothing": (["-r", "", "plain"], 2, "not an X25519 recipient"),
    "recipient of SSH": (["-r", "ssh-ed25519 AAAA", "plain"], 2, "SSH"),
    "recipient with a slip": (["-r", str(CLASSICAL.recipient())[:-1] + "q", "plain"], 2, "wrong checksum"),
    "opening without --decrypt": (["-i", "key", "sealed"], 2, "say --decrypt"),
    "the same, in one word": (["-ikey", "sealed"], 2, "say --decrypt"),
    "the same, with an equals sign": (["--identity=key", "sealed"], 2, "say --decrypt"),
    "text wanted when opening": (["-d", "-a", "-i", "key", "sealed"], 2, "No such option"),
    "a recipient when opening": (["-d", "-r", "x", "sealed"], 2, "No such option"),
    "two inputs": (["-R", "key.pub", "plain", "sealed"], 2, "unexpected extra argument"),
    "another's key": (["-d", "-i", "other", "sealed"], 6, "none of the identities"),
    "a wrong passphrase": (["-d", "--passphrase-file", "wrong", "locked"], 6, "passphrase is wrong"),
    "a wrong passphrase of the identity": (
        ["-d", "-i", "locked-key", "--passphrase-file", "wrong", "sealed"],
        6,
        "locked-key: the passphrase is wrong",
    ),
    "no passphrase at hand": (["-d", "locked"], 2, "no terminal to ask at; give it with --passphrase-file"),
    "an empty passphrase": (["-d", "--passphrase-file", os.devnull, "locked"], 2, "holds nothing"),
    "a weak passphrase": (["-p", "--passphrase-file", "weak", "plain"], 2, "12 or more"),
    "a passphrase file, sealed to keys": (
        ["-d", "--passphrase-file", "passphrase", "sealed"],
        6,
        "say with --identity",
    ),
    "keys, sealed under a passphrase": (["-d", "-i", "key", "locked"], 2, "leave out --identity"),
    "an identity file sealed to keys": (["-d", "-i", "sealed", "sealed"], 6, "sealed: the file is sealed to keys"),
    "a damaged identity file": (["-d", "-i", "cut-key", "sealed"], 2, "cut-key: the text ends"),
    "a passphrase that none can have": (["-d", "--passphrase-file", "tab", "locked"], 2, "control characters"),
    "too large for a file of keys": (["-d", "-i", "huge", "sealed"], 2, "larger than 1024 KiB: no file of keys"),
    "a key file of a desk": (["-d", "-i", "keyfile", "sealed"], 2, "a key file of a desk"),
    "input is output": (["-R", "key.pub", "-o", "plain", "plain"], 2, "is the input too"),
    "input is output by a link": (["-R", "key.pub", "-o", "link", "plain"], 2, "is the input too"),
    "output is a key": (["-d", "-i", "key", "-o", "key", "sealed"], 2, "holds keys or a passphrase"),
    "output is a recipients file": (["-R", "key.pub", "-o", "key.pub", "plain"], 2, "holds keys or a passphrase"),
    "output is the passphrase": (
        ["-p", "--passphrase-file", "passphrase", "-o", "passphrase", "plain"],
        2,
        "passphrase holds keys or a passphrase that are used here",
    ),
    "output is the passphrase, when opening": (
        ["-d", "--passphrase-file", "passphrase", "-o", "passphrase", "locked"],
        2,
        "passphrase holds keys or a passphrase that are used here",
    ),
    "output is a folder": (["-R", "key.pub", "-o", ".", "plain"], 2, "folder; name a file in it"),
    "output is a folder that is not there": (["-R", "key.pub", "-o", "nowhere/", "plain"], 2, "name a file in it"),
    "output is a link to itself": (["-R", "key.pub", "-o", "loop", "plain"], 1, "loop cannot be written: Too many"),
    "no folder for the output": (["-R", "key.pub", "-o", "nowhere/out", "plain"], 7, "no folder for nowhere/out"),
    "a full device": (["-R", "key.pub", "-o", "/dev/full", "plain"], 1, "/dev/full cannot be written"),
    "standard input twice": (["-R", "-", "-o", "out"], 2, "two things at once"),
    "standard input twice, when opening": (["-d", "-i", "-", "-o", "out"], 2, "two things at once"),
    "work beyond reason": (["-d", "--max-work-factor", "23", "locked"], 2, "1<=x<=22"),
    "keys of two kinds at once": (["keygen", "-pq", "--x25519"], 2, "leave out one"),
    "recipients of a kind": (["keygen", "-y", "-pq", "key"], 2, "leave out the kind"),
    "an input to make a key": (["keygen", "key"], 2, "INPUT goes with -y"),
    "no folder for a key": (["keygen", "-o", "nowhere/key"], 1, "cannot be written"),
    "a subcommand that is none": (["encypt", "plain"], 2, "No such command"),
}


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_why_and_changes_nothing(here: Path, arguments: list[str], code: int, words: str) -> None:
    Path("weak").write_text("short\n")
    Path("tab").write_text("correct\thorse battery\n")
    Path("huge").write_bytes(b"#" * ((1 << 20) + 1))
    Path("link").symlink_to("plain")
    Path("loop").symlink_to("loop")
    Path("cut-key").write_bytes(Path("locked-key").read_bytes()[:200])
    Path("keyfile").write_bytes(b"enlace/keyfile/v1\nrole: device\n")
    before = {path.name: path.name == "loop" or path.read_bytes() for path in here.iterdir()}
    ran = age(*arguments)
    assert (ran.code, words in ran.err) == (code, True), ran
    assert ran.out == ""
    assert str(PQ) not in ran.err
    assert {path.name: path.name == "loop" or path.read_bytes() for path in here.iterdir()} == before


def test_a_bad_line_is_told_by_number_never_by_what_stands_in_it(here: Path) -> None:
    secret = str(PQ)[:-1] + "Q"
    Path("bad").write_text(f"# mine\n\n{secret}\n")
    ran = age("-d", "-i", "bad", "sealed")
    assert ran.code == 2
    assert "identity file bad: line 3: not a post-quantum identity: wrong checksum" in ran.err
    assert secret[20:40] not in ran.err
