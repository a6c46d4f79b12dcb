"""Whether a desk that was given no authority would take a certificate: asked as a desk asks, by a whole handshake.

The system's authorities cannot be listed everywhere (some are looked up in a folder when they are needed), so a server
and a caller shake hands in memory; nothing leaves the machine. It is this machine's system that is asked: desks may
know authorities that it does not, and the other way round.
"""

import ssl
from pathlib import Path

from relay.certificates import CertificateError, tls_context

_MOST_ROUNDS = 8


def check_system_trust(certificate: Path, key: Path, host: str) -> None:
    """Return if an authority that this machine's system trusts vouches for a pair; raises CertificateError."""
    to_server, to_caller = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = tls_context(certificate, key).wrap_bio(to_server, to_caller, server_side=True)
    caller = ssl.create_default_context().wrap_bio(to_caller, to_server, server_hostname=host)
    try:
        for _ in range(_MOST_ROUNDS):  # a greeting may have to be said twice
            if _ended(caller) & _ended(server):
                return
        raise CertificateError(f"{certificate} cannot be served with: the two sides do not come to an end")
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(
            f"no authority that this machine's system trusts vouches for {certificate}, and desks were given none: "
            f"{error.verify_message}. A private authority's certificate has to be known to the system, here as on "
            "every desk; or name it for once in the environment: SSL_CERT_FILE=FILE"
        ) from error
    except ssl.SSLError as error:
        raise CertificateError(f"{certificate} cannot be served with: {error}") from error


def _ended(side: ssl.SSLObject) -> bool:
    """Go on as far as it can be done with what has come; returns whether this side has nothing left to do."""
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
