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
from desk.commands.signing import Signing, newest, with_roots
from desk.duty import next_duty
from desk.errors import Declined, Unreachable, Usage
from desk.founding import FOUNDING, check_alive, founding, publish_founding
from desk.keyring import create_keyring
from desk.profile import PROFILE_FILE, Identity, Profile
from desk.roots import make_root_key
from desk.statements import Voice, root_voice
from desk.terminal import Terminal, run, work_factor
from desk.unlocked import Unlocked, unlocked
from directory.canonical import Malformed, encode
from directory.fields import NetworkName
from directory.judge_network import duty_id, root_id
from directory.statement import RekeyRoots
from directory.view import Network
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


@click.command(short_help="Found a network: make its keys, and start its log.")
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


@click.command(short_help="Replace the root keys.")
@click.option(
    "--roots", "folder", required=True, type=NEW_KEYS, help="Write the new root keys into FOLDER.", metavar="FOLDER"
)
@root_counts
@click.option(
    "--new-passphrase-file",
    metavar="FILE",
    help="Read the new root keys' passphrase from the first line of FILE.",
)
@click.option("--new-duty", is_flag=True, help="Replace the secretariat's duty key too.")
@with_passphrase
@with_roots
def rekey(
    terminal: Terminal,
    folder: Path,
    count: int,
    threshold: int,
    new_passphrase_file: str | None,
    new_duty: bool,
    signing: Signing,
) -> None:
    """Replace the root keys. As many of the old ones as the threshold says must sign too (--root-key).

    With --new-duty the duty key of this profile is replaced as well: do that where somebody else may have
    it. The new one is kept here before anything is published, and takes over when the directory names it.
    """
    _check_counts(terminal, folder, count, threshold)
    with opened(terminal) as desk:
        desk.keyring.require_duty()
        voices = signing.roots()
        present = run(newest(desk)).view.founded
        _check_roots(present, signing, voices)
        passphrase = terminal.passphrase("New passphrase of the root keys", confirm=True, source=new_passphrase_file)
        keys = _make_root_keys(folder, passphrase, count)
        duty = _public(next_duty(desk.keyring) if new_duty else desk.keyring.duty)
        fields = {
            "roots": tuple(sorted(b64(_public(key)) for key in keys)),
            "threshold": threshold,
            "duty": b64(duty),
            "policy": present.policy,
        }
        signing.issue(desk, RekeyRoots, fields, voices=voices + [root_voice(key) for key in keys])
        told = {f"Root key {number}": root_id(_public(key)) for number, key in enumerate(keys, 1)}
        told |= {"New duty key": duty_id(duty)} if new_duty else {}
        words = "\n".join(f"{what:<13} {fingerprint(local)}" for what, local in told.items())
        plain = {"roots": count, "threshold": threshold, "duty": duty_id(duty), "keys": list(told.values())[:count]}
        terminal.result(plain, f"Re-keyed: {threshold} of {count} keys in {folder}.\n{words}")


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


def _check_roots(now: Network, signing: Signing, voices: list[Voice]) -> None:
    """Refuse, before new keys are made, what too few of the present root keys would sign."""
    mine = {voice.local for voice in voices}.intersection(now.roots)
    if len(mine) < len(voices):
        raise Declined("one of the root keys given is none of the network's, or no longer; no new keys were made")
    if not mine or (len(mine) < now.threshold and not signing.may_propose):
        given = f"{now.threshold} of the present root keys have to sign; given: {len(mine)}"
        raise Usage(f"{given}. Repeat --root-key, or write what was signed for the others with --proposal FILE")


def _root_paths(folder: Path, count: int) -> list[Path]:
    return [folder / f"root-{number}.age" for number in range(1, count + 1)]


def _make_root_keys(folder: Path, passphrase: bytes, count: int) -> list[Ed25519PrivateKey]:
    host.folder(folder)
    return [make_root_key(path, passphrase, work_factor()) for path in _root_paths(folder, count)]


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _relay_keys(path: str) -> RelayKeys:
    try:
        return read_relay_keys(read_file(path, "relay keys file"))
    except Malformed as error:
        raise Usage(f"{path} is not what `enlace relay init` writes: {error}") from error
