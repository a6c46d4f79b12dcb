"""The relay's settings (`config/examples/relay.toml` shows them all). Every limit refuses; none drops what was taken.

Each limit says what happens when it is reached: **closed** means the request is refused, **open** that the limit gives
way.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from config.logs import Format, Level
from config.settings import FileIfAny, FilePath
from directory.fields import Origin
from relay.mail.settings import MailSettings
from relay.protocol.relay_keys import RelayAddress
from relay.protocol.routes import MOST_JSON_BYTES
from relay.rules.addresses import Proxies

Positive = Annotated[int, msgspec.Meta(ge=1)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """Where the relay listens, as whom, and who may look at its numbers."""

    host: str = "127.0.0.1"
    port: Port = 8460
    public_url: RelayAddress
    """What desks call the relay, as it stands in invitations; proofs are made for it."""
    certificate: FilePath = "tls/certificate.pem"
    key: FilePath = "tls/certificate.key"
    trusted_proxies: tuple[str, ...] = ()
    """IP addresses or networks whose `X-Forwarded-For` is believed; of others the connection's own address counts."""
    metrics: Literal["loopback", "anybody", "nobody"] = "loopback"
    """Who may read /metrics: counts and timing tell something of a network, so not everybody does."""
    connections: Positive = 8_192
    """Connections at once, if the system gives the process files enough. Closed."""
    connections_each: Positive = 1_024
    """Of these, of one address (of IPv6: of one network of 64 bits), or of one key: a connection that has brought a
    proof by a key that counts is counted for that key and not for its address. Trusted proxies have no such limit.
    Closed."""
    handshake_seconds: Positive = 10
    """How long a connection may take until TLS is there. Closed."""
    idle_seconds: Positive = 30
    """How long it may then take, and after each answer, until the headers of a request are there. Closed."""
    stop_seconds: Positive = 20
    """How long requests may take to finish after a stop was asked for. Closed."""

    def __post_init__(self) -> None:
        try:
            Proxies.read(self.trusted_proxies)
        except ValueError as error:
            raise ValueError(f"trusted_proxies: {error}") from error

    @property
    def proxies(self) -> Proxies:
        """The trusted proxies, read."""
        return Proxies.read(self.trusted_proxies)


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Where the stores stand; each is one file with a lifetime of its own."""

    folder: FilePath = "data"
    keep_free_bytes: Annotated[int, msgspec.Meta(ge=0)] = 1 << 30
    """Bytes of the disk that are to stay free. Closed: with less, new mail and uploads are refused; nothing else is."""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The relay's key files, mode 600."""

    log: FilePath = "keys/log.key"
    receipt: FilePath = "keys/receipt.key"
    rest: FilePath = "keys/rest.key"


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The directory's log."""

    origin: Origin
    renew_seconds: Annotated[int, msgspec.Meta(ge=10, le=3600)] = 600
    """How often the log signs its checkpoint anew although nothing changed."""
    open: bool = False
    """Whether everybody may read checkpoint and tiles, and not only sessions, the duty key and registered witnesses.
    Who serves where, and under which keys, is then public; bodies, with names and numbers, never are."""
    reads_burst: Positive = 20_000
    """Tiles and checkpoints that one device, witness or address may read at once. Closed."""
    reads_per_minute: Positive = 3_000
    """Such reads a minute for long. Closed."""
    member_burst: Positive = 5_000
    """Statements that one member's people may append at once, after a rest. Closed."""
    member_per_minute: Positive = 60
    """Statements a minute that one member's people may append for long. Closed; the root keys have no such limit."""
    refused_burst: Positive = 4_000
    """Statements that one device may hand in, in batches that are then refused, at once. Closed."""
    refused_per_minute: Positive = 120
    """Such statements a minute for long. Closed."""


class Witnesses(msgspec.Struct, frozen=True, kw_only=True):
    """Who cosigns the log's checkpoints, at most 16, one for each member (`relay.registered_witnesses`)."""

    file: FileIfAny = ""
    """The lines of their keys, as in a trust policy; empty: the log has no witnesses."""
    seconds: Annotated[int, msgspec.Meta(ge=1, le=60)] = 10
    """How long one may take to answer. Closed: then the checkpoint is served without its cosignature."""
    authority: FileIfAny = ""
    """PEM of the authority that vouches for their certificates; empty: the system's own."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Log-in, sessions and proofs."""

    token_seconds: Annotated[int, msgspec.Meta(ge=60, le=3600)] = 600
    """How long a token lasts. Closed; the device key renews it."""
    shift_seconds: Annotated[int, msgspec.Meta(ge=600, le=86_400)] = 43_200
    """How long a shift lasts, and its tokens may be renewed. Closed: then a code is needed."""
    nonce_seconds: Annotated[int, msgspec.Meta(ge=60, le=900)] = 300
    """How long a nonce lasts, and so how long proofs are remembered. Closed: whoever asks gets a fresh one."""
    proofs: Positive = 400_000
    """Proofs remembered within half a nonce's lifetime. Closed."""
    proofs_each: Positive = 20_000
    """Of these, for one key. Closed."""
    stranger_proofs: Positive = 20_000
    """Proofs remembered for keys that the directory does not know. Closed."""
    address_burst: Positive = 60
    """Failures without a valid proof that one address may make at once. Closed, but never for a valid proof."""
    address_per_minute: Positive = 20
    """Such failures a minute for long. Closed, but never for a valid proof."""
    addresses: Positive = 20_000
    """Addresses whose failures are remembered. Open: beyond it the longest unseen is forgotten."""

    def __post_init__(self) -> None:
        if self.token_seconds > self.shift_seconds:
            raise ValueError("token_seconds is at most shift_seconds")


class Portal(msgspec.Struct, frozen=True, kw_only=True):
    """Look-ups in a browser (docs/portal.md)."""

    open: bool = True
    """Whether there is a portal at all."""
    idle_seconds: Annotated[int, msgspec.Meta(ge=60, le=3600)] = 900
    """How long a session lasts without a page. Closed: then a log-in is needed."""
    longest_seconds: Annotated[int, msgspec.Meta(ge=600, le=43_200)] = 14_400
    """How long a session lasts at all. Closed."""
    access_days: Annotated[int, msgspec.Meta(ge=1, le=730)] = 180
    """How long access lasts until the desk renews it. Closed."""
    bind_address: bool = True
    """Whether a cookie counts only in networks where its officer logged in. Closed: elsewhere a log-in is needed."""
    derivations: Annotated[int, msgspec.Meta(ge=1, le=16)] = 2
    """Passphrases that are tried at once, at 64 MiB each. Closed: more wait."""
    waiting: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 16
    """Passphrases that wait to be tried. Closed: one more is told to try again."""
    address_burst: Positive = 10
    """Failed log-ins that one address may make at once. Closed; the desks' log-in has limits of its own."""
    address_per_minute: Positive = 3
    """Such failures a minute for long. Closed."""
    pages_burst: Positive = 300
    """Pages that one officer may look at at once. Closed."""
    pages_per_minute: Positive = 60
    """Such pages a minute for long. Closed."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of requests and answers in bytes, beyond what the protocol fixes."""

    json_bytes: Annotated[int, msgspec.Meta(ge=65_536, le=MOST_JSON_BYTES)] = MOST_JSON_BYTES
    """The largest JSON request. Closed."""
    answer_bytes: Annotated[int, msgspec.Meta(ge=1 << 20, le=32 << 20)] = 8 << 20
    """Where an answer with log entries ends; the desk asks for the rest. Closed."""
    reading_bytes: Positive = 128 << 20
    """Bytes of requests that may be read at the same time, a quarter of them for one member and for all strangers, a
    sixteenth for one device or address; more are told to try again. As many of small requests (16 KiB: enrolment,
    log-in, codes), beside them. Closed."""
    writing_bytes: Positive = 256 << 20
    """Bytes of large answers that may wait to be read at the same time, portioned out in the same way. Closed."""
    body_seconds: Positive = 60
    """How long a request's body may take to arrive. Closed."""


class Logging(msgspec.Struct, frozen=True, kw_only=True):
    """What the relay writes to standard error."""

    level: Level = "info"
    format: Format = "json"
    addresses: bool = False
    """Whether lines about requests hold the network address they came from."""


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set."""

    listen: Listen
    data: Data
    keys: Keys
    log: Log
    witnesses: Witnesses
    access: Access
    portal: Portal
    limits: Limits
    mail: MailSettings
    logging: Logging

    def store(self, name: str) -> Path:
        """A file or folder in the data folder."""
        return Path(self.data.folder) / name
