"""Telling by e-mail, through the authority's own server.

1. The connection is encrypted before anything is said that matters: by STARTTLS, which the server has to offer, or from
   the first byte. Its certificate is checked, against the system's authorities or the one that is named. Without TLS
   only who says so in the settings, and then without a password.
2. The mail holds the fixed sentence and nothing else; it says that a program sent it (RFC 3834), so that no absence
   note answers it. It does not name this machine.
3. All of it has `seconds` together; then the connection is cut, whatever the server still says.
4. It counts as told when the server has taken it for every address; `Partly` says that it did for some. What a server
   says in refusing is text of others.
"""

import asyncio
import contextlib
import secrets
import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from desk.errors import DeskError
from desk.notices.secret_file import secret
from desk.notices.settings import MailWay
from desk.notices.words import Telling
from desk.safe_text import line

_MOST_WHY = 200
_HERE = "[127.0.0.1]"  # how it names itself to the server


class Partly(str):
    """Why not everybody was reached, where somebody was."""

    __slots__ = ()


class _Line:
    """The connection, as far as it is made, so that it can be cut from outside."""

    def __init__(self) -> None:
        self.smtp: smtplib.SMTP | None = None

    def cut(self) -> None:
        sock = getattr(self.smtp, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


async def tell_by_mail(way: MailWay, telling: Telling, now: int) -> str:
    """Send the mail; returns why it was not taken, empty if it was."""
    connection = _Line()
    try:
        password = secret(way.password_file) if way.password_file else b""
        async with asyncio.timeout(way.seconds):
            # Cut off in here, the server has the mail or not, and nobody knows: then it is sent once more.
            refused = await asyncio.to_thread(_deliver, way, mail(way, telling, now), password, connection)
    except TimeoutError:
        return f"{way.server} did not take it within {way.seconds} s"
    except DeskError as error:
        return str(error)
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return line(f"{way.server} refuses: {error.smtp_code} {said}", _MOST_WHY)
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(way, [*error.recipients])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return line(f"{way.server}: {error}", _MOST_WHY)
    finally:
        connection.cut()
    return Partly(_refused(way, refused)) if refused else ""  # smtplib raises where every address is refused


def mail(way: MailWay, telling: Telling, now: int) -> EmailMessage:
    """The mail as it is sent."""
    message = EmailMessage()
    message["From"], message["To"] = way.sender, ", ".join(way.to)
    message["Subject"] = telling.text
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{way.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{telling.text}\n")
    return message


def _deliver(way: MailWay, message: EmailMessage, password: bytes, connection: _Line) -> list[str]:
    """Send it, in a thread of its own; returns the addresses that were refused."""
    if way.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            way.server, way.port, local_hostname=_HERE, timeout=way.seconds, context=_context(way)
        )
    else:
        smtp = smtplib.SMTP(way.server, way.port, local_hostname=_HERE, timeout=way.seconds)
    connection.smtp = smtp
    try:
        if way.tls == "starttls":
            smtp.starttls(context=_context(way))
        if way.user:
            smtp.login(way.user, password.decode())
        return [*smtp.send_message(message, way.sender, way.to)]
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        smtp.close()


def _context(way: MailWay) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=way.authority or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _refused(way: MailWay, addresses: list[str]) -> str:
    return f"{way.server} does not take mail for {', '.join(addresses)}"
