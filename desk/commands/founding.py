"""`enlace network found` and `rekey`: what makes new root keys."""

import secrets
from pathlib import Path
from typing import Any

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from desk import host
from desk.commands.options import checked, opened, read_file, with_passphrase
from desk.commands.signing import Signing, with_roots
from desk.errors import Unreachable, Usage
from desk.founding import FOUNDING, check_alive, founding, publish_founding
from desk.keyring import create_keyring
from desk.profile import PROFILE_FILE, Identity, Profile
from desk.roots import make_root_key
from desk.statements import root_voice
from desk.terminal import Terminal, run, work_factor
from desk.unlocked import Unlocked, unlocked
from directory.canonical import Malformed, encode
from directory.fields import NetworkName
from directory.statement import RekeyRoots
from relay.protocol.relay_keys import RelayKeys, read_relay_keys

NEW_KEYS = click.Path(path_type=Path, file_okay=False)


def root_counts(function: Any) -> Any:
    """Give a command `--keys` and `--threshold`."""
    bounds = click.IntRange(1, 16)
    keys = click.option(
        "--keys", "count", default=3, show_default=True, type=bounds, help="How many root keys to make."
    )
    threshold = click.option(
        "--threshold", default=2, show_default=True, type=bounds, help="How many of them must sign together."
    )
    return keys(threshold(function))


@click.command()
@click.option("--name", required=True, help="The network's name, such as enlace.example.")
@click.option("--relay-keys", required=True, metavar="FILE", help="The relay-keys.json that `enlace relay init` wrote.")
@click.option(
    "--roots", "folder", required=True, type=NEW_KEYS, help="Write the root keys into FOLDER.", metavar="FOLDER"
)
@root_counts
@click.option(
    "--root-passphrase-file",
    metavar="FILE",
    help="Read the new root keys' passphrase from the first line of FILE.",
)
@with_passphrase
def found(
    terminal: Terminal,
    name: str,
    relay_keys: str,
    folder: Path,
    count: int,
    threshold: int,
    root_passphrase_file: str | None,
) -> None:
    """Found a network: make the root keys and the duty key, and write the first two statements of its log.

    Afterwards take the root keys offline, each to another place. Whoever holds a threshold of them holds the
    network. If the relay could not be reached, call it again: it goes on with the same keys.
    """
    relay = _relay_keys(relay_keys)
    if (terminal.path / PROFILE_FILE).exists():
        _found_again(terminal)
        return
    _check_counts(terminal, folder, count, threshold)
    name = checked(name, NetworkName, "name of a network", "enlace.example")
    identity = Identity(kind="secretariat", name=name, relay=relay.relay, authority=relay.authority)
    run(check_alive(relay, terminal.clock))
    passphrase = terminal.passphrase("New passphrase of the secretariat's profile", confirm=True)
    roots_passphrase = terminal.passphrase("New passphrase of the root keys", confirm=True, source=root_passphrase_file)
    profile = Profile.create(terminal.path, identity)
    keyring = create_keyring(profile, passphrase, work_factor(), secrets.token_bytes(32))
    keys = _make_root_keys(folder, roots_passphrase, count)
    batch, network = founding(relay, name, keys, threshold, keyring, terminal.clock())
    keyring.vault.put(FOUNDING, encode(batch.request()))
    # Last, because with it the folder is a profile, which `_found_again` can go on with after a crash.
    profile = profile.save(msgspec.structs.replace(identity, network=network))
    with unlocked(profile, passphrase, terminal.clock) as desk:
        _publish_founding(terminal, desk)


@click.command()
@click.option(
    "--roots", "folder", required=True, type=NEW_KEYS, help="Write the new root keys into FOLDER.", metavar="FOLDER"
)
@root_counts
@click.option(
    "--new-passphrase-file",
    metavar="FILE",
    help="Read the new root keys' passphrase from the first line of FILE.",
)
@with_passphrase
@with_roots
def rekey(
    terminal: Terminal, folder: Path, count: int, threshold: int, new_passphrase_file: str | None, signing: Signing
) -> None:
    """Replace the root keys. As many of the old ones as the threshold says must sign too (--root-key)."""
    _check_counts(terminal, folder, count, threshold)
    with opened(terminal) as desk:
        voices = signing.roots()
        passphrase = terminal.passphrase("New passphrase of the root keys", confirm=True, source=new_passphrase_file)
        keys = _make_root_keys(folder, passphrase, count)
        fields = {
            "roots": tuple(sorted(b64(key.public_key().public_bytes_raw()) for key in keys)),
            "threshold": threshold,
            "duty": b64(desk.keyring.duty.public_key().public_bytes_raw()),
            "policy": desk.replica().view.founded.policy,
        }
        signing.issue(desk, RekeyRoots, fields, voices=voices + [root_voice(key) for key in keys])
        terminal.result({"roots": count, "threshold": threshold}, f"Re-keyed: {threshold} of {count} keys in {folder}.")


def _found_again(terminal: Terminal) -> None:
    """Go on with a founding that the relay did not answer."""
    with opened(terminal) as desk:
        if desk.keyring.vault.get(FOUNDING) is None:
            raise Usage(f"{terminal.path} holds a profile already; choose another folder with --profile")
        _publish_founding(terminal, desk)


def _publish_founding(terminal: Terminal, desk: Unlocked) -> None:
    try:
        view = run(publish_founding(desk))
    except Unreachable as error:
        raise Unreachable(f"{error}. The keys are made; call `enlace network found` again to go on") from error
    shown = fingerprint(view.founded.id)
    plain = {
        "network": view.founded.id,
        "name": view.founded.name,
        "roots": len(view.founded.roots),
        "threshold": view.founded.threshold,
        "fingerprint": shown,
    }
    text = f"Founded {view.founded.name}: {view.founded.threshold} of {len(view.founded.roots)} root keys.\n"
    terminal.result(plain, f"{text}Fingerprint of the network, for every member to know:\n\n  {shown}")


def _check_counts(terminal: Terminal, folder: Path, count: int, threshold: int) -> None:
    """Refuse what could not be signed, or would write over a key, before anything is made."""
    if threshold > count:
        raise Usage(f"{threshold} of {count} keys cannot sign; --threshold is at most --keys")
    for path in _root_paths(folder, count):
        if path.exists():
            raise Usage(f"{path} exists already; a root key is never overwritten")
    if threshold == 1:
        terminal.warn("with a threshold of 1 whoever holds any one root key holds the network")


def _root_paths(folder: Path, count: int) -> list[Path]:
    return [folder / f"root-{number}.age" for number in range(1, count + 1)]


def _make_root_keys(folder: Path, passphrase: bytes, count: int) -> list[Ed25519PrivateKey]:
    host.folder(folder)
    return [make_root_key(path, passphrase, work_factor()) for path in _root_paths(folder, count)]


def _relay_keys(path: str) -> RelayKeys:
    try:
        return read_relay_keys(read_file(path, "relay keys file"))
    except Malformed as error:
        raise Usage(f"{path} is not what `enlace relay init` writes: {error}") from error
