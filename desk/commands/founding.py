"""`enlace network found` and `rekey`: what makes new root keys."""

import secrets
from collections.abc import Iterator

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from desk.commands.new_roots import NewRoots, with_new_roots
from desk.commands.options import checked, opened, read_file, with_passphrase
from desk.commands.signing import Signing, newest, with_roots
from desk.errors import Declined, Unreachable, Usage
from desk.keys.keyring import create_keyring
from desk.profile.folder import PROFILE_FILE, Identity, Profile
from desk.profile.unlocked import Unlocked, unlocked
from desk.replica.statements import NeedsRoots, Voice, root_voice
from desk.roots.drafts import Asked
from desk.roots.duty_key import next_duty
from desk.roots.founding import ASKED, FOUNDING, check_alive, founding, kept_founding, other_relay, publish_founding
from desk.terminal import Terminal, run, work_factor
from directory.canonical import Malformed, encode
from directory.fields import NetworkName
from directory.judge_network import duty_id, root_id, root_keys
from directory.statement import FoundNetwork, NameRelay, RekeyRoots
from directory.view import Network, View
from relay.protocol.relay_keys import RelayKeys, read_relay_keys


@click.command(short_help="Found a network: make its keys, and start its log.")
@click.option("--name", required=True, help="The network's name, such as enlace.example.")
@click.option("--relay-keys", required=True, metavar="FILE", help="The relay-keys.json that `enlace relay init` wrote.")
@click.option(
    "--root-passphrase-file",
    metavar="FILE",
    help="Read the new root keys' passphrase from the first line of FILE.",
)
@click.option("--request", metavar="FILE", help="Publish nothing: write FILE, for the root keys elsewhere to sign.")
@with_passphrase
@with_new_roots
def found(
    terminal: Terminal,
    name: str,
    relay_keys: str,
    root_passphrase_file: str | None,
    request: str | None,
    new: NewRoots,
) -> None:
    """Found a network: make the root keys and the duty key, and write the first two statements of its log.

    With --roots take the root keys offline afterwards, each to another place; better, have them made offline
    (`enlace root make`) and give --root-public and --request. Whoever holds a threshold of them holds the
    network. If the relay could not be reached, call it again: it goes on with the same keys.
    """
    relay, signing = relay_keys_in(relay_keys), Signing(terminal, (), (), None, request)
    if (terminal.path / PROFILE_FILE).exists():
        _found_again(terminal, signing, name, relay, new)
        return
    new.check(terminal, signing.elsewhere)
    name = checked(name, NetworkName, "name of a network", "enlace.example")
    identity = Identity(kind="secretariat", name=name, relay=relay.relay, authority=relay.authority)
    run(check_alive(relay, terminal.clock))
    passphrase = terminal.passphrase("New passphrase of the secretariat's profile", confirm=True)
    words = "New passphrase of the root keys"
    of_roots = b"" if new.publics else terminal.passphrase(words, confirm=True, source=root_passphrase_file)
    profile = Profile.create(terminal.path, identity)
    keyring = create_keyring(profile, passphrase, work_factor(), secrets.token_bytes(32))
    made = [] if new.publics else new.make(of_roots)
    keys = new.keys or [_public(each) for each in made]
    voices = list(map(root_voice, made))
    batch, network = founding(relay, name, keys, new.threshold, keyring, voices, terminal.clock())
    try:
        keyring.vault.put(FOUNDING, encode(batch.request()))
    except NeedsRoots as roots:
        keyring.vault.put(ASKED, encode(roots.asked))
    # Last, because with it the folder is a profile, which `_found_again` can go on with after a crash.
    profile = profile.save(msgspec.structs.replace(identity, network=network))
    with unlocked(profile, passphrase, terminal.clock) as desk:
        _go_on(terminal, desk, signing)


@click.command(short_help="Replace the root keys.")
@click.option(
    "--new-passphrase-file",
    metavar="FILE",
    help="Read the new root keys' passphrase from the first line of FILE.",
)
@click.option("--new-duty", is_flag=True, help="Replace the secretariat's duty key too.")
@with_passphrase
@with_new_roots
@with_roots
def rekey(
    terminal: Terminal,
    new_passphrase_file: str | None,
    new_duty: bool,
    new: NewRoots,
    signing: Signing,
) -> None:
    """Replace the root keys. As many of the old ones as the threshold says must sign too (--root-key).

    With --new-duty the duty key of this profile is replaced as well: do that where somebody else may have
    it. The new one is kept here before anything is published, and takes over when the directory names it.
    """
    new.check(terminal, signing.elsewhere)
    with opened(terminal) as desk:
        desk.keyring.require_duty()
        voices = signing.roots()
        present = run(newest(desk)).view.founded
        made = list[Ed25519PrivateKey]()
        if not signing.elsewhere:
            _check_roots(present, signing, voices)
            words = "New passphrase of the root keys"
            made = new.make(terminal.passphrase(words, confirm=True, source=new_passphrase_file))
        keys = new.keys or [_public(each) for each in made]
        duty = _public(next_duty(desk.keyring) if new_duty else desk.keyring.duty)
        fields = {
            "roots": tuple(sorted(map(b64, keys))),
            "threshold": new.threshold,
            "duty": b64(duty),
            "policy": present.policy,
        }
        signing.issue(desk, RekeyRoots, fields, voices=voices + list(map(root_voice, made)))
        told = {f"Root key {number}": root_id(key) for number, key in enumerate(keys, 1)}
        told |= {"New duty key": duty_id(duty)} if new_duty else {}
        shown = "\n".join(f"{what:<13} {fingerprint(local)}" for what, local in told.items())
        count, threshold = len(keys), new.threshold
        plain = {"roots": count, "threshold": threshold, "duty": duty_id(duty), "keys": list(told.values())[:count]}
        terminal.result(plain, f"Re-keyed: {threshold} of {count} keys in {new.folder}.\n{shown}")


def _found_again(terminal: Terminal, signing: Signing, name: str, relay: RelayKeys, new: NewRoots) -> None:
    """Go on with a founding that the relay did not answer, or that the root keys elsewhere have still to sign."""
    with opened(terminal) as desk:
        kept = kept_founding(desk)
        if kept is None:
            raise Usage(f"{terminal.path} holds a profile already; choose another folder with --profile")
        other = list(_differences(*kept, name, relay, new))
        if other:
            words = f"this profile keeps a founding that was begun with another {', another '.join(other)}"
            raise Usage(f"{words}. Call it as then, to go on; to found another network, choose another --profile")
        _go_on(terminal, desk, signing)


def _differences(
    statement: FoundNetwork, named: NameRelay, name: str, relay: RelayKeys, new: NewRoots
) -> Iterator[str]:
    """In what the founding that is kept is another than the one that was typed."""
    if name != statement.name:
        yield f"--name ({statement.name})"
    if other_relay(named, relay):
        yield f"relay ({named.origin}, or the same with other keys)"
    if new.count != len(statement.roots):
        yield f"number of root keys ({len(statement.roots)})"
    elif new.publics and tuple(sorted(map(b64, new.keys))) != statement.roots:
        shown = " and ".join(fingerprint(each) for each in sorted(root_keys(statement.roots)))
        yield f"set of root keys ({shown})"
    if new.threshold != statement.threshold:
        yield f"--threshold ({statement.threshold})"


def _go_on(terminal: Terminal, desk: Unlocked, signing: Signing) -> None:
    """Publish the founding that is kept, or write the request for it once more."""
    asked = desk.keyring.vault.get_value(ASKED, Asked)
    if asked is not None and desk.keyring.vault.get(FOUNDING) is None:
        if not signing.elsewhere:
            raise Usage("this founding waits for the root keys: `enlace root publish`, or --request for another file")
        raise signing.asked(desk, asked)
    show_founded(terminal, founded(desk))


def founded(desk: Unlocked) -> View:
    """The directory after the founding that is kept was published."""
    try:
        return run(publish_founding(desk))
    except Unreachable as error:
        raise Unreachable(f"{error}. The keys are made; call `enlace network found` again to go on") from error


def show_founded(terminal: Terminal, view: View) -> None:
    """Tell what was founded."""
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


def _check_roots(now: Network, signing: Signing, voices: list[Voice]) -> None:
    """Refuse, before new keys are made, what too few of the present root keys would sign."""
    mine = {voice.local for voice in voices}.intersection(now.roots)
    if len(mine) < len(voices):
        words = "one of the root keys given is none of the network's, or no longer; no new keys were made"
        again = "If a re-keying was cut short, the keys it made may count by now: `enlace network show`"
        raise Declined(f"{words}. {again}")
    if not mine or (len(mine) < now.threshold and not signing.may_propose):
        given = f"{now.threshold} of the present root keys have to sign; given: {len(mine)}"
        raise Usage(f"{given}. Repeat --root-key, or write what was signed for the others with --proposal FILE")


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def relay_keys_in(path: str) -> RelayKeys:
    """The public keys in a file that a relay's operator brought; raises NotFound, or Usage if it is none."""
    try:
        return read_relay_keys(read_file(path, "relay keys file"))
    except Malformed as error:
        raise Usage(f"{path} is not what `enlace relay init` writes: {error}") from error
