"""A new relay's folder: keys, settings, and what the secretariat needs to name it.

    relay.toml          settings, to be looked through
    relay-keys.json     public keys and address, for `enlace network found`
    keys/               log.key, receipt.key, rest.key: mode 600, never in a backup beside the data
    tls/                certificate.pem and certificate.key, to be put there; or made, with authority.pem and
                        authority.key, for a trial

Nothing is ever written over: a folder that holds any of these is refused before the first file is made.
"""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import SettingsError, parse_settings
from config.whole_files import PUBLIC, write_new
from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from relay.certificates import make_local_authority
from relay.key_files import make_pair, make_rest_key, write_private
from relay.protocol.relay_keys import RELAY_KEYS_TYPE, RelayKeys, write_relay_keys
from relay.settings import RelaySettings

SETTINGS, RELAY_KEYS = "relay.toml", "relay-keys.json"
DEFAULT_PORT = 8460


class PreparationError(Exception):
    """A relay that cannot be prepared as asked; nothing was written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the operator decided; `authority` is the PEM of a private authority, if one vouches for the certificate."""

    folder: Path
    public_url: str
    origin: str
    host: str
    port: int | None = None
    authority: str = ""
    local_authority: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """Where everything is, and the fingerprints to compare by voice."""

    settings: Path
    relay_keys: Path
    log_fingerprint: str
    receipt_fingerprint: str


def prepare(plan: Plan, now: int) -> Prepared:
    """Make the folder; raises PreparationError or KeyFileError."""
    folder, port = plan.folder, plan.port
    in_the_way = [name for name in (SETTINGS, RELAY_KEYS, "keys", "tls", "data") if (folder / name).exists()]
    if in_the_way:
        raise PreparationError(f"{folder} already holds {', '.join(in_the_way)}; nothing was written")
    host = public_host(plan.public_url)
    text = _settings_text(plan, urlsplit(plan.public_url).port or DEFAULT_PORT if port is None else port)
    try:
        parse_settings(RelaySettings, text, folder / SETTINGS, {})
    except SettingsError as error:
        raise PreparationError(str(error)) from error
    # A crash from here on leaves a part of the folder, which the next attempt refuses to touch: remove it, begin anew.
    log, receipt = make_pair(folder / "keys" / "log.key", "log"), make_pair(folder / "keys" / "receipt.key", "receipt")
    make_rest_key(folder / "keys" / "rest.key")
    authority = plan.authority
    if plan.local_authority:
        made = make_local_authority(host, now)
        write_private(folder / "tls" / "certificate.key", made.key)
        write_new(folder / "tls" / "certificate.pem", made.certificate, PUBLIC)
        write_new(folder / "tls" / "authority.pem", made.authority, PUBLIC)
        write_private(folder / "tls" / "authority.key", made.authority_key)
        authority = made.authority.decode()
    keys = RelayKeys(
        type=RELAY_KEYS_TYPE,
        relay=plan.public_url,
        authority=authority,
        origin=plan.origin,
        log_ed25519=b64(log.public.ed25519),
        log_mldsa44=b64(log.public.mldsa44),
        receipt_ed25519=b64(receipt.public.ed25519),
        receipt_mldsa44=b64(receipt.public.mldsa44),
    )
    write_new(folder / RELAY_KEYS, write_relay_keys(keys), PUBLIC)
    write_new(folder / SETTINGS, text.encode(), PUBLIC)
    return Prepared(folder / SETTINGS, folder / RELAY_KEYS, fingerprint(log.public.id), fingerprint(receipt.public.id))


def public_host(url: str) -> str:
    """The host in a relay's address, an IPv6 address without its brackets; refuses (PreparationError) one without."""
    try:
        host = urlsplit(url).hostname
        port = urlsplit(url).port
    except ValueError as error:
        raise PreparationError(f"{url} is no address: {error}") from error
    if not host or port == 0:
        raise PreparationError(f"{url} is no address of a relay; write https://host or https://host:port")
    return host


def _settings_text(plan: Plan, port: int) -> str:
    """The example file with this relay's values in it."""
    text = (files("config") / "examples" / SETTINGS).read_text("utf-8")
    for setting, value in (
        ("host", f'"{plan.host}"'),
        ("port", str(port)),
        ("public_url", f'"{plan.public_url}"'),
        ("origin", f'"{plan.origin}"'),
    ):
        lines = [line for line in text.splitlines() if line.startswith(f"{setting} = ")]
        if len(lines) != 1:
            raise PreparationError(f"the example settings do not set {setting} once: the installation is damaged")
        text = text.replace(f"{lines[0]}\n", f"{setting} = {value}\n")
    return text
