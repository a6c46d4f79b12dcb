"""The settings of a desk's notices: one TOML file each, `notices/NAME.toml` in the profile, read without a passphrase.

    [notice]
    kind = "mail"                  # command, mail or webhook
    least = "immediate"            # from which precedence on
    quiet = ["22:00-06:00"]        # local hours in which it waits
    zone = "America/Bogota"        # whose local hours; without it the machine's
    after = 10                     # only when nobody has opened the message for so many minutes
    every = 5                      # once more every so many minutes, until it is opened
    most = 6                       # and so often at most

    [mail]
    server = "mail.authority.example"
    sender = "desk@authority.example"
    to = ["officer@authority.example"]

1. What stands here is readable by whoever can read the profile folder: addresses, hours, commands. A secret stands in a
   file of its own, which is its owner's alone and is named here; a laxer one is refused when it is used.
2. A key that nobody reads is an error (`config.settings`), and a section of another kind than the notice's is one too.
3. By default what leaves the machine is encrypted on its way and the other side proves itself by a certificate. A
   password never goes out without that.
4. A notice that cannot be read is told, and keeps no other from being sent.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from config.settings import FileIfAny, SettingsError, parse_settings
from desk import host
from desk.errors import DeskError, NotFound, Usage
from directory.fields import ContactId, Time
from directory.finding.zones import UnknownZone, time_zone
from relay.protocol.envelope import PRECEDENCES, Precedence

FOLDER = "notices"
SUFFIX = ".toml"
MOST_BYTES = 16 << 10
MOST_NOTICES = 16  # of one desk; more are refused when they are added (closed)
DAY_MINUTES = 1440
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")

Kind = Literal["command", "mail", "webhook"]
Tongue = Literal["en", "es", "pt", "fr"]
Word = Annotated[str, msgspec.Meta(max_length=1000, pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\Z", description="one line")]
Address = Annotated[
    str,
    msgspec.Meta(
        max_length=254, pattern=r"\A(|[!-~]+@[A-Za-z0-9.-]+)\Z", description="an address such as desk@authority.example"
    ),
]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=DAY_MINUTES)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=120)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section of a notice's file."""


class When(Section, frozen=True, kw_only=True):
    """Whom a notice is for, and when. `every` and `most` are limits, and fail open: at `most` times nobody is told by
    this notice any more that a message waits; the screen and the other notices go on. `added` is when `enlace notices
    add` wrote it (unix seconds): what another of that name did before is not its own."""

    kind: Kind
    language: Tongue = "en"
    least: Precedence = "immediate"
    contacts: tuple[ContactId, ...] = ()
    quiet: Annotated[tuple[Word, ...], msgspec.Meta(max_length=8)] = ()
    zone: Word = ""
    after: Annotated[int, msgspec.Meta(ge=0, le=DAY_MINUTES)] = 0
    every: Minutes = 5
    most: Annotated[int, msgspec.Meta(ge=1, le=100)] = 6
    added: Time = 0

    def __post_init__(self) -> None:
        for each in self.quiet:
            quiet_minutes(each)
        if self.zone:
            try:
                time_zone(self.zone)
            except UnknownZone as error:
                raise ValueError(f"zone: {error}") from error

    @property
    def hours(self) -> tuple[tuple[int, int], ...]:
        """The quiet hours, as minutes of the local day; the second may be smaller: it is of the next day."""
        return tuple(quiet_minutes(each) for each in self.quiet)


class CommandWay(Section, frozen=True, kw_only=True):
    """A program to run, with its arguments as they stand here: no shell reads them. After `seconds` it is ended."""

    run: Annotated[tuple[Word, ...], msgspec.Meta(max_length=64)] = ()
    seconds: Seconds = 30


class MailWay(Section, frozen=True, kw_only=True):
    """The authority's own mail server, and whom to write to."""

    server: Annotated[str, msgspec.Meta(max_length=253, pattern=r"\A[A-Za-z0-9.:-]*\Z", description="a host name")] = ""
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    authority: FileIfAny = ""
    user: Word = ""
    password_file: FileIfAny = ""
    sender: Address = ""
    to: Annotated[tuple[Address, ...], msgspec.Meta(max_length=16)] = ()
    seconds: Seconds = 30


class WebWay(Section, frozen=True, kw_only=True):
    """An address to which a few fields of JSON are posted; with a secret, an HMAC stands beside them."""

    url: Annotated[str, msgspec.Meta(max_length=2000, pattern=r"\A[!-~]*\Z", description="an https address")] = ""
    authority: FileIfAny = ""
    secret_file: FileIfAny = ""
    seconds: Seconds = 15


class NoticeFile(msgspec.Struct, frozen=True, kw_only=True):
    """The sections of a file; which of them may hold anything is the kind's (rule 2)."""

    notice: When
    command: CommandWay = CommandWay()
    mail: MailWay = MailWay()
    webhook: WebWay = WebWay()

    def __post_init__(self) -> None:
        for kind, empty in (("command", CommandWay()), ("mail", MailWay()), ("webhook", WebWay())):
            if kind != self.notice.kind and getattr(self, kind) != empty:
                raise ValueError(
                    f"the notice is of the kind {self.notice.kind}; the section [{kind}] belongs to another"
                )
        match self.notice.kind:
            case "command":
                if not self.command.run or not Path(self.command.run[0]).is_absolute():
                    raise ValueError(
                        '[command] run is a whole path and arguments, like ["/usr/local/bin/ring", "desk"]'
                    )
            case "mail":
                _check_mail(self.mail)
            case "webhook":
                _check_web(self.webhook)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, by its name."""

    name: str
    file: NoticeFile

    @property
    def when(self) -> When:
        """Whom it is for, and when."""
        return self.file.notice

    @property
    def place(self) -> str:
        """Where it goes, in a few words; no secret is among them."""
        match self.when.kind:
            case "command":
                return self.file.command.run[0]
            case "mail":
                return f"{', '.join(self.file.mail.to)} by {self.file.mail.server}"
            case "webhook":
                return urlsplit(self.file.webhook.url).netloc  # the path may be somebody's secret


def check_name(name: str) -> str:
    """`name`, if a notice can be called that; raises Usage."""
    if not _NAME.fullmatch(name):
        raise Usage(f"{name!r} is no name for a notice: up to 40 of a-z, 0-9 and hyphen, such as night-phone")
    return name


def read_notice(text: str, path: Path) -> NoticeFile:
    """The notice in TOML text that stands, or would stand, at `path`; raises SettingsError."""
    return parse_settings(NoticeFile, text, path, None)


def write_notice(file: NoticeFile) -> str:
    """The text of a notice's file: what differs from what is usual, and no more."""
    sections: dict[str, dict[str, Any]] = {}
    for section in ("notice", file.notice.kind):
        value = getattr(file, section)
        held = {each.name: (getattr(value, each.name), each) for each in msgspec.structs.fields(value)}
        sections[section] = {name: x for name, (x, each) in held.items() if each.required or x != each.default}
    return as_toml(sections)


def as_toml(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Sections of plain values as TOML; its strings are those of JSON, but for what no setting here may hold."""
    parts = (
        "".join(
            [f"[{section}]\n", *(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in held.items())]
        )
        for section, held in sections.items()
    )
    return "\n".join(parts)


def load_notice(profile: Path, name: str) -> Notice:
    """The notice of that name; raises NotFound, or Usage for one that cannot be read."""
    path = profile / FOLDER / f"{check_name(name)}{SUFFIX}"
    try:
        with host.open_own(path) as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no notice {name}; `enlace notices list` shows them") from error
    except OSError as error:
        raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
    if len(raw) > MOST_BYTES:
        raise Usage(f"{path} is larger than {MOST_BYTES >> 10} KiB")
    try:
        return Notice(name=name, file=read_notice(raw.decode(), path))
    except UnicodeDecodeError as error:
        raise Usage(f"{path} is not UTF-8 from byte {error.start} on; save it as UTF-8") from error
    except SettingsError as error:
        raise Usage(str(error)) from error


def names(profile: Path) -> list[str]:
    """The names of a desk's notices."""
    found = (each.name.removesuffix(SUFFIX) for each in (profile / FOLDER).glob(f"*{SUFFIX}"))
    return sorted(each for each in found if _NAME.fullmatch(each))


def load_notices(profile: Path) -> Iterator[Notice | DeskError]:
    """Every notice of a desk, or why it cannot be read (rule 4)."""
    for name in names(profile)[:MOST_NOTICES]:
        try:
            yield load_notice(profile, name)
        except DeskError as error:
            yield error


def add_notice(profile: Path, name: str, file: NoticeFile) -> Path:
    """Store a notice under a name that is free; raises Usage. After a crash it is there whole, or not at all."""
    folder = profile / FOLDER
    host.private_folder(folder)
    if len({*names(profile)} - {name}) >= MOST_NOTICES:
        raise Usage(f"there are {MOST_NOTICES} notices already; `enlace notices remove` takes one away")
    path = folder / f"{check_name(name)}{SUFFIX}"
    if path.exists():
        raise Usage(f"a notice {name} exists already; `enlace notices remove {name}` takes that one away")
    host.write_new(path, [write_notice(file).encode()])
    return path


def remove_notice(profile: Path, name: str) -> None:
    """Take a notice away, whole or broken; raises NotFound, DeskError."""
    path = profile / FOLDER / f"{check_name(name)}{SUFFIX}"
    if not path.exists():
        raise NotFound(f"there is no notice {name}; `enlace notices list` shows them")
    try:
        host.remove(path)
    except OSError as error:
        raise DeskError(f"{path} cannot be removed: {host.reason(error)}") from error


def quiet_minutes(text: str) -> tuple[int, int]:
    """From which minute of the day on, and until which; raises ValueError."""
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"quiet hours {text!r}: write them like 22:00-06:00")
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if begin == end or end > DAY_MINUTES:
        raise ValueError(f"quiet hours {text!r}: write them like 22:00-06:00; a whole day is 00:00-24:00")
    return begin, end


def as_urgent(precedence: Precedence, least: Precedence) -> bool:
    """Whether a precedence is `least` or above it."""
    return PRECEDENCES.index(precedence) <= PRECEDENCES.index(least)


def _check_mail(mail: MailWay) -> None:
    for name in ("server", "sender"):
        if not getattr(mail, name):
            raise ValueError(f"[mail] {name} is not set")
    if not mail.to or not all(mail.to):
        raise ValueError('[mail] to is not set; write it like to = ["officer@authority.example"]')
    if bool(mail.user) != bool(mail.password_file):
        raise ValueError("[mail] user and password_file belong together")
    if mail.tls == "none" and (mail.user or mail.authority):
        raise ValueError("[mail] tls is none: then there is neither a password nor a certificate to check")


def _check_web(web: WebWay) -> None:
    try:
        parts = urlsplit(web.url)
        host_name, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"[webhook] url: {error}") from error
    if parts.scheme != "https" or not host_name or parts.username is not None or parts.fragment:
        raise ValueError("[webhook] url is an address such as https://alerts.authority.example/desk, with no password")
