"""The passphrase of a file that leaves the desk, for somebody who has none: made here, or agreed beforehand.

1. Such a file goes by e-mail or lies on a stick: whoever gets hold of it may try passphrases for years, unseen. So what
   is only advice for a key file, which stays at home, is demanded here: LEAST_CHARACTERS, and nothing shorter.
2. One that is made has eight groups of five digits, 132 bits from the system: more than anybody can try. Digits are
   dictated alike in every language (`crypto.fingerprint`). The hyphens are part of it.
3. It is UTF-8 in Unicode's composed form (NFC), as in key files: `age` asks for what the terminal there makes of a key.
"""

import secrets

from crypto.keyfile import KeyFileError, normal_passphrase, passphrase_advice
from desk.errors import Usage

GROUPS = 8


def made() -> str:
    """A fresh one (rule 2)."""
    return "-".join(f"{secrets.randbelow(100_000):05d}" for _ in range(GROUPS))


def sealing(passphrase: str) -> bytes:
    """What to seal under; raises Usage for a passphrase that none can have, and for one that can be guessed."""
    try:
        normal = normal_passphrase(passphrase.encode())
    except KeyFileError as error:
        raise Usage(str(error)) from error
    advice = passphrase_advice(normal)
    if advice:
        raise Usage(f"whoever gets hold of the file can try passphrases for years, and {advice}; or let one be made")
    return normal
