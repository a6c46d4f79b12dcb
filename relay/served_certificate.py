"""The certificate a running relay serves with, taken anew when its files change.

1. The files are looked at every minute, and at once on SIGHUP: their bytes, not their times, which a copy may keep.
2. A pair is taken only whole: certificate and key belong together, it is for this relay's host, it counts now, and
   the authority the desks were given (`relay-keys.json`) vouches for it. Else the old one goes on, the log says why,
   and the metrics say that something is refused. It is tried again every minute, and what is wrong is said once: the
   files may be replaced in any order, the relay's clock be set right, the desks be told of another authority. Where
   the one at the start is not what desks would be shown (a proxy stands in front), host and authority are not asked
   of the others either.
3. New connections get the new certificate; open ones live on with theirs. It is done by handing each handshake the
   newest context, because loading a pair into a context in use breaks it where the pair does not match.
4. From 30 days before its end the relay warns: in the log once a day, in what it says of its readiness, in the metrics
   and in a check. It goes on serving after the end, though desks will refuse it: their word is better than none.
"""

import asyncio
import ssl
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import structlog

from directory.canonical import Malformed
from relay.certificates import CertificateError, certificate_end, certificate_life, tls_context
from relay.views import Clock

LOOK_SECONDS = 60
SOON = 30 * 86_400
_DAY = 86_400
log = structlog.get_logger()


class ServedCertificate:
    """The pair in two files; raises CertificateError if it cannot be served with at the start.

    `authority` reads what vouches for it (PEM; empty: that is not looked at).
    """

    def __init__(self, certificate: Path, key: Path, host: str, authority: Callable[[], bytes], clock: Clock) -> None:
        self._certificate, self._key = certificate, key
        self._host, self._authority, self._clock = host, authority, clock
        self.context = tls_context(certificate, key)
        self.context.sni_callback = self._newest  # asked for clients that name no host, too
        self._current = tls_context(certificate, key)
        self._tried = self._digest()
        self._warned, self._told = 0, ""
        self.refused = False
        begins, self.ends = certificate_life(certificate)
        self._strict = self._is_for_desks(min(max(clock(), begins), self.ends - 1))
        self._warn()

    @property
    def left(self) -> int:
        """Seconds until it ends; none or less after."""
        return self.ends - self._clock()

    @property
    def ends_soon(self) -> bool:
        """Whether it is time to renew it."""
        return self.left < SOON

    def look(self) -> None:
        """Take the pair in the files if they have changed, or were refused."""
        if self.refused or self._digest() != self._tried:
            self._read()
        self._warn()

    def read(self) -> None:
        """Take the pair in the files, if it can be served with (rule 2); else log why, though it was said before."""
        self._told = ""
        self._read()

    def _read(self) -> None:
        self._tried = self._digest()
        try:
            fresh = tls_context(self._certificate, self._key)
            ends = self._end()
        except (CertificateError, Malformed, OSError) as error:
            self.refused = True
            if self._told != str(error):
                self._told = str(error)
                log.error("certificate-refused", exc_info=error)
            return
        self._current, self.ends, self.refused, self._warned, self._told = fresh, ends, False, 0, ""
        log.info("certificate-read", count=self.left // _DAY)

    async def keep_looking(self, seconds: float = LOOK_SECONDS) -> None:
        """Look for ever. Cancelled, it leaves the certificate that was taken last."""
        while True:
            await asyncio.sleep(seconds)
            self.look()

    def _newest(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self._current

    def _digest(self) -> bytes:
        try:
            return sha256(self._certificate.read_bytes()).digest() + sha256(self._key.read_bytes()).digest()
        except OSError:
            return b""  # between two files being replaced, or gone: read() says so

    def _is_for_desks(self, at: int) -> bool:
        """Whether the certificate at the start is one that desks would be content with at some time of its life."""
        try:
            certificate_end(self._certificate, self._host, self._authority(), at)
        except (CertificateError, Malformed, OSError) as error:
            log.warning("certificate-not-for-desks", exc_info=error)
            return False
        return True

    def _end(self) -> int:
        """When the certificate in the files ends; raises CertificateError for one that is not to be taken."""
        if self._strict:
            return certificate_end(self._certificate, self._host, self._authority(), self._clock())
        begins, ends = certificate_life(self._certificate)
        if not begins <= self._clock() < ends:
            raise CertificateError(f"{self._certificate} does not count now")
        return ends

    def _warn(self) -> None:
        if self.ends_soon and self._clock() - self._warned >= _DAY:
            self._warned = self._clock()
            log.warning("certificate-ends", count=max(self.left // _DAY, 0))
