"""`enlace relay certificate`: the certificate the relay serves with, and the relay's own trial authority, renewed."""

import time
from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from directory.canonical import Malformed
from relay.certificate_renewal import Place, renew_authority, renew_certificate, take_certificate
from relay.certificates import CertificateError
from relay.command_options import Refused, as_json, load_relay_settings, settings_file
from relay.key_files import KeyFileError
from relay.preparation import PreparationError
from relay.protocol.authority import AuthorityError

_REFUSED = (AuthorityError, CertificateError, KeyFileError, Malformed, OSError, PreparationError, ValueError)
_TAKEN = "A relay that runs takes it within a minute; open connections live on."


@click.group(short_help="Renew the certificate, or the trial authority.")
def certificate() -> None:
    """Renew the certificate that the relay serves with, or the relay's own trial authority."""


@certificate.command(short_help="Have the trial authority sign a fresh certificate.")
@settings_file
@click.option("--authority-key", type=click.Path(path_type=Path), metavar="FILE",
              help="Where the authority's key is, if not beside the certificate: on a stick, say.")  # fmt: skip
@as_json
def renew(path: Path, authority_key: Path | None, as_json: bool) -> None:
    """Have the trial authority of `enlace relay init` sign a fresh certificate, with a fresh key.

    The relay need not be stopped, and no desk has anything to do.
    """
    _tell(path, as_json, lambda place, now: renew_certificate(place, authority_key, now))


@certificate.command(short_help="Put a CHAIN and KEY signed elsewhere in place.")
@click.argument("chain", type=click.Path(path_type=Path))
@click.argument("key", type=click.Path(path_type=Path))
@settings_file
@as_json
def take(chain: Path, key: Path, path: Path, as_json: bool) -> None:
    """Put a certificate CHAIN and KEY that a public or private authority signed in place, once they are found right.

    Made for the hook of a program that renews certificates. The relay need not be stopped.
    """
    _tell(path, as_json, lambda place, now: take_certificate(place, chain, key, now))


@certificate.command(short_help="Make another trial authority.")
@settings_file
@click.option(
    "--another", is_flag=True, help="Make yet another, though one waits; desks that took that one take again."
)
@as_json
def authority(path: Path, another: bool, as_json: bool) -> None:
    """Make another trial authority, to take the old one's place once every desk has it.

    Each desk takes the file: enlace authority take FILE. Until all have, the certificate in use stays the old
    authority's; then `enlace relay certificate renew` has the new one sign. Called again before, it shows the same one.
    """
    settings = load_relay_settings(path, as_json=as_json)
    place = Place.of(settings, path)
    try:
        change = renew_authority(place, int(time.time()), another=another)
    except _REFUSED as error:
        raise Refused(str(error), as_json=as_json) from error
    if as_json:
        plain = {"authority": str(place.authority), "fingerprints": [each.fingerprint for each in change.named]}
        click.echo(msgspec.json.encode(plain, order="sorted").decode())
        return
    made = "made before, " if change.made_before else ""
    click.echo(f"The new authority, {made}for comparing by voice:\n\n  {change.named[0].fingerprint}\n")
    if not change.key_here:
        click.echo(f"Its key is not at {place.authority.with_suffix('.key')}. If it is lost: --another\n")
    click.echo(f"On every desk: enlace authority take {place.authority}")
    click.echo("Only when all have taken it: enlace relay certificate renew")


def _tell(path: Path, as_json: bool, act: Callable[[Place, int], int]) -> None:
    settings = load_relay_settings(path, as_json=as_json)
    now = int(time.time())
    try:
        ends = act(Place.of(settings, path), now)
    except _REFUSED as error:
        raise Refused(str(error), as_json=as_json) from error
    if as_json:
        click.echo(msgspec.json.encode({"ends": ends}).decode())
        return
    click.echo(f"The certificate in place ends in {(ends - now) // 86_400} days. {_TAKEN}")
