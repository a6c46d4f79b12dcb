"""Fingerprints that two people compare by voice, in any language: sixty decimal digits in groups of five.

The digits are the first 60 bytes of SHA-512 over a domain line and the id, each five bytes taken as one number modulo
100,000: about 199 bits, the form of Signal's safety numbers. Digits are read aloud alike in every language; words and
hexadecimal are not.
"""

from hashlib import sha512

GROUPS = 12
_DOMAIN = b"enlace/fingerprint/v1\n"


def fingerprint(identifier: str) -> str:
    """Twelve groups of five digits for an id (of a device, a root or a network)."""
    digest = sha512(_DOMAIN + identifier.encode()).digest()
    chunks = (digest[5 * i : 5 * i + 5] for i in range(GROUPS))
    return " ".join(f"{int.from_bytes(chunk, 'big') % 100_000:05d}" for chunk in chunks)


def short_fingerprint(identifier: str) -> str:
    """The first three groups, for a glance; never a substitute for comparing all twelve."""
    return " ".join(fingerprint(identifier).split()[:3])
