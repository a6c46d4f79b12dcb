"""A folder with keys, a passphrase and age files, and `enlace age` as it is typed in it."""

from pathlib import Path

from cli_world import PASSPHRASE, Ran, enlace

from crypto.age import encrypt as seal
from crypto.age_armor import armor
from crypto.age_keys import write_identity
from crypto.age_pq import PQIdentity
from crypto.age_scrypt import ScryptRecipient
from crypto.age_x25519 import X25519Identity

PQ, OTHER = PQIdentity(bytes(32)), PQIdentity(b"o" * 32)
CLASSICAL = X25519Identity(b"x" * 32)
PLAIN = "Ficha número 7 — en español.\n".encode()
CHUNK = 64 * 1024
LARGE = seal(bytes(5 * CHUNK), [PQ.recipient()])


def furnish() -> None:
    """Put into the current folder what commands are tried on."""
    for name, identity in (("key", PQ), ("other", OTHER), ("classical", CLASSICAL)):
        Path(name).write_text(write_identity(identity, "2026-11-22T08:00:00Z"))
        Path(f"{name}.pub").write_text(f"# for the desk\n\n{identity.recipient()}\n")
    Path("passphrase").write_text(PASSPHRASE + "\n")
    Path("wrong").write_text("another passphrase\n")
    Path("plain").write_bytes(PLAIN)
    Path("sealed").write_bytes(seal(PLAIN, [PQ.recipient()]))
    Path("locked").write_bytes(seal(PLAIN, [ScryptRecipient(PASSPHRASE.encode(), 10)]))
    Path("locked-key").write_bytes(armor(seal(Path("key").read_bytes(), [ScryptRecipient(PASSPHRASE.encode(), 10)])))


def age(*arguments: str, feed: bytes = b"", **environ: str) -> Ran:
    return enlace("age", *arguments, feed=feed, environ=environ)


def done(*arguments: str, feed: bytes = b"") -> Ran:
    ran = age(*arguments, feed=feed)
    assert ran.code == 0, ran
    return ran
