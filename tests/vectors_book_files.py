"""Vectors of key files, vault files, and the relay's own key files."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vectors_case import Book
from vectors_kept import kept
from vectors_sealed_edges import add_keyfile_edges
from vectors_spoils import line
from vectors_world import identity, pair

from crypto.age import decrypt, encrypt
from crypto.age_scrypt import ScryptIdentity, ScryptRecipient
from crypto.encoding import b64
from crypto.keyfile import KeyFile, normal_passphrase, read_keyfile, write_keyfile
from desk.keys.vault import Vault
from relay.key_files import PAIR_TYPE, REST_TYPE

PASSPHRASE = b"four words and nothing else"
WORK = 4
VAULT = "vault 1"
IDENTITIES = (VAULT,)


def keyfile_book() -> Book:
    """Key files under a passphrase; the work factor is low, so that tests are quick."""
    book = Book("keyfile", "docs/formats/keyfile.md")
    secrets = {
        "archive": identity("archive 1").seed,
        "device-ed25519": pair("ec-night").ed25519_seed,
        "device-mldsa44": pair("ec-night").mldsa44_seed,
        "vault": identity(VAULT).seed,
    }
    accented = "contraseña très longue".encode()
    for name, description, value, passphrase in (
        ("device", "the key file of a desk", KeyFile("device", secrets), PASSPHRASE),
        ("root", "a root key", KeyFile("root", {"root-ed25519": pair("root-1").ed25519_seed}), PASSPHRASE),
        (
            "accents",
            "a passphrase with accents, in the composed form",
            KeyFile("root", {"root-ed25519": pair("root-2").ed25519_seed}),
            accented,
        ),
    ):
        raw = _kept(name, value, passphrase)
        out = {"role": value.role, "secrets": {key: b64(each) for key, each in value.secrets.items()}}
        inputs: dict[str, Any] = {"passphrase": passphrase, "role": value.role, "most_work": 10}
        plain = decrypt(raw, [ScryptIdentity(normal_passphrase(passphrase))])
        book.good(name, description, out, file=raw, plaintext=plain, **inputs)
        if name == "accents":
            typed = "contrasen\u0303a tre\u0300s longue".encode()
            book.good(
                "accents, decomposed",
                "the same passphrase as some systems spell it",
                out,
                file=raw,
                **(inputs | {"passphrase": typed}),
            )
    good = book.raw[("device", "file")]
    _bad_keyfiles(book, good)
    return book


def _kept(name: str, value: KeyFile, passphrase: bytes) -> bytes:
    def is_right(old: bytes) -> bool:
        found = read_keyfile(old, passphrase, value.role)
        return found.secrets == value.secrets and f" {WORK}\n".encode() in old[:80]

    return kept("keyfile", name, "file", is_right, lambda: write_keyfile(value, passphrase, WORK))


def _bad_keyfiles(book: Book, good: bytes) -> None:
    usual = {"passphrase": PASSPHRASE, "role": "device", "most_work": 10}

    def bad(name: str, description: str, word: str, raw: bytes = good, **more: Any) -> None:
        book.bad(name, description, word, "device", **({"file": raw} | usual | more))

    def inside(name: str, description: str, word: str, text: bytes) -> None:
        def is_right(old: bytes) -> bool:
            return decrypt(old, [ScryptIdentity(PASSPHRASE)]) == text

        raw = kept("keyfile", name, "file", is_right, lambda: encrypt(text, [ScryptRecipient(PASSPHRASE, WORK)]))
        bad(name, description, word, raw, plaintext=text)

    bad("another passphrase", "it opens nothing", "wrong passphrase", passphrase=b"another")
    bad("another role", "a device's file where a root's is wanted", "wrong role", role="root")
    bad("too much work", "the file asks for more than the reader allows", "header failure", most_work=3)
    bad("empty passphrase", "no characters", "bad passphrase", passphrase=b"")
    bad("passphrase with a newline", "as a file gives it", "bad passphrase", passphrase=PASSPHRASE + b"\n")
    bad(
        "passphrase with a mark",
        "U+FEFF in front, as some editors put it",
        "bad passphrase",
        passphrase=b"\xef\xbb\xbf" + PASSPHRASE,
    )
    bad("passphrase not UTF-8", "Latin-1", "bad passphrase", passphrase="contraseña".encode("latin-1"))
    bad("passphrase with a zero", "a control character", "bad passphrase", passphrase=b"four\0words")
    mac = good.index(b"\n--- ") + 5
    flip = b"A" if good[mac : mac + 1] != b"A" else b"B"
    bad("MAC changed", "its first character", "HMAC failure", good[:mac] + flip + good[mac + 1 :])
    bad("payload changed", "its last byte", "payload failure", good[:-1] + bytes([good[-1] ^ 1]))
    bad("cut", "its last byte is missing", "payload failure", good[:-1])
    bad("no age file", "text", "header failure", b"enlace/keyfile/v1\nrole: device\n")
    bad("too large", "more than 16 KiB", "too large", good + b"A" * (16385 - len(good)))

    def is_right(old: bytes) -> bool:
        return decrypt(old, [identity(VAULT)]) == b"x\n"

    sealed = kept(
        "keyfile", "sealed to a key", "file", is_right, lambda: encrypt(b"x\n", [identity(VAULT).recipient()])
    )
    bad("sealed to a key", "an X-Wing stanza in place of scrypt", "header failure", sealed)
    seed = b64(pair("ec-night").ed25519_seed)
    head = "enlace/keyfile/v1\nrole: device\n"
    inside("another type line", "version 2", "wrong type line", f"enlace/keyfile/v2\nrole: device\na {seed}\n".encode())
    inside(
        "role in capitals",
        "roles are small letters",
        "bad value",
        f"enlace/keyfile/v1\nrole: Device\na {seed}\n".encode(),
    )
    inside("no role", "the role's line is missing", "malformed", f"enlace/keyfile/v1\na {seed}\n".encode())
    inside("role without its word", "the role alone", "malformed", f"enlace/keyfile/v1\ndevice\na {seed}\n".encode())
    inside("no newline at the end", "the last line does not end", "malformed", f"{head}a {seed}".encode())
    inside("not ASCII", "a letter with an accent", "malformed", f"{head}é {seed}\n".encode())
    inside("no secret", "a role alone", "out of range", head.encode())
    inside("not sorted", "names from z to a", "not canonical", f"{head}vault {seed}\narchive {seed}\n".encode())
    inside("name twice", "one name on two lines", "not canonical", f"{head}a {seed}\na {seed}\n".encode())
    inside("name in capitals", "names are small letters", "bad value", f"{head}Archive {seed}\n".encode())
    inside("short secret", "31 bytes", "malformed", f"{head}a {b64(bytes(31))}\n".encode())
    inside("two spaces", "two spaces before the secret", "malformed", f"{head}a  {seed}\n".encode())
    inside(
        "65 secrets", "at most 64", "out of range", (head + "".join(f"a{n:02} {seed}\n" for n in range(65))).encode()
    )
    inside("no space", "between name and secret", "malformed", f"{head}a{seed}\n".encode())
    add_keyfile_edges(book, good, bad, WORK)


def vault_book() -> Book:
    """Sealed files of a desk."""
    book = Book("vault", "docs/formats/vault.md")
    for name, content in (("session", b'{"token":"x"}'), ("epoch-0f3a9c41d2b7e680", bytes(range(256))), ("empty", b"")):
        raw = _kept_vault(name, content)
        out = {"content": b64(content)}
        plain = f"enlace/vault/v1 {name}\n".encode() + content
        inputs = {"file": raw, "name": name, "identity": VAULT, "plaintext": plain}
        book.good(name, "what is kept under that name", out, **inputs)
    good = book.raw[("session", "file")]

    def bad(name: str, description: str, word: str, raw: bytes, as_name: str = "session", by: str = VAULT) -> None:
        book.bad(name, description, word, "session", file=raw, name=as_name, identity=by)

    def inside(name: str, description: str, text: bytes) -> None:
        def is_right(old: bytes) -> bool:
            return decrypt(old, [identity(VAULT)]) == text

        raw = kept("vault", name, "file", is_right, lambda: encrypt(text, [identity(VAULT).recipient()]))
        book.bad(name, description, "wrong name", file=raw, name="session", identity=VAULT, plaintext=text)

    bad("another name", "the file of a session under another name", "wrong name", good, "last-login")
    bad("longer name", "the name it was kept under is the beginning of this one", "wrong name", good, "session-2")
    bad("another identity", "the vault of another desk", "no match", good, by="stranger epoch 1")
    mac = good.index(b"\n--- ") + 5
    flip = b"A" if good[mac : mac + 1] != b"A" else b"B"
    bad("MAC changed", "its first character", "HMAC failure", good[:mac] + flip + good[mac + 1 :])
    bad("payload changed", "its last byte", "payload failure", good[:-1] + bytes([good[-1] ^ 1]))
    bad("cut", "its last byte is missing", "payload failure", good[:-1])
    bad("continued", "a byte more", "payload failure", good + b"x")
    bad("empty file", "no bytes", "header failure", b"")
    bad("text", "no age file", "header failure", b"enlace/vault/v1 session\n{}")
    inside("another type line", "version 2", b"enlace/vault/v2 session\n{}")
    inside("no type line", "the content alone", b'{"token":"x"}')
    inside("two spaces", "before the name", b"enlace/vault/v1  session\n{}")
    inside("name without newline", "nothing ends the first line", b"enlace/vault/v1 session")
    return book


def _kept_vault(name: str, content: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.age"
        vault = Vault(Path(folder), identity(VAULT))

        def is_right(old: bytes) -> bool:
            path.write_bytes(old)
            return vault.get(name) == content

        def make() -> bytes:
            vault.put(name, content)
            return path.read_bytes()

        return kept("vault", name, "file", is_right, make)


def relay_key_book() -> Book:
    """The relay's own key files, which stand unsealed."""
    book = Book("relay-key", "docs/formats/local.md")
    seeds = {"ed25519": b64(pair("log").ed25519_seed), "mldsa44": b64(pair("log").mldsa44_seed)}
    key = b64(bytes(range(32)))

    def text(type_line: str, value: dict[str, Any]) -> bytes:
        return f"{type_line}\n{line(value)}\n".encode()

    for use in ("log", "receipt"):
        out = {"use": use, "id": pair("log").public.id}
        book.good(use, f"the {use} key", out, file=text(PAIR_TYPE, seeds | {"use": use}), use=use)
    book.good("rest", "the key at rest", {"key": key}, file=text(REST_TYPE, {"key": key}), use="rest")

    def bad(name: str, description: str, word: str, raw: bytes, use: str = "log") -> None:
        book.bad(name, description, word, "", file=raw, use=use)

    value = seeds | {"use": "log"}
    good = text(PAIR_TYPE, value)
    _bad_relay_keys(bad, text, value, good)
    bad("a rest key as the log's", "another type line", "wrong type line", text(REST_TYPE, {"key": key}))
    bad("a log key at rest", "another type line", "wrong type line", good, "rest")
    bad("rest key too short", "31 bytes", "bad value", text(REST_TYPE, {"key": b64(bytes(31))}), "rest")
    return book


def _bad_relay_keys(
    bad: Callable[..., None], text: Callable[[str, dict[str, Any]], bytes], value: dict[str, Any], good: bytes
) -> None:
    bad(
        "another use",
        "the receipt key where the log's is wanted",
        "wrong role",
        text(PAIR_TYPE, value | {"use": "receipt"}),
    )
    bad("unknown use", "a use that is none", "bad value", text(PAIR_TYPE, value | {"use": "other"}))
    bad("short seed", "31 bytes", "bad value", text(PAIR_TYPE, value | {"ed25519": b64(bytes(31))}))
    bad(
        "seed in loose base64",
        "the last digit has bits that no byte takes up",
        "not canonical",
        text(PAIR_TYPE, value | {"ed25519": "A" * 42 + "B="}),
    )
    bad(
        "no seed",
        "a field is missing",
        "missing field",
        text(PAIR_TYPE, {k: v for k, v in value.items() if k != "mldsa44"}),
    )
    bad("unknown field", "a field more", "unknown field", text(PAIR_TYPE, value | {"zz": 1}))
    bad("white space", "a space in the JSON", "not canonical", good.replace(b",", b", ", 1))
    bad("a line more", "behind the JSON", "malformed", good + b"\n")
    bad("no newline at the end", "the last one is missing", "malformed", good[:-1])
    bad("empty", "no bytes", "wrong type line", b"")
    bad("later version", "version 2", "wrong type line", good.replace(b"/v1", b"/v2", 1))
    bad("too large", "4,097 bytes", "too large", good + b"A" * (4097 - len(good)))
