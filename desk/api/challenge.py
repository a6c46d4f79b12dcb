"""How the local API shows that it holds the token, to whoever is about to show it. Pure.

A page goes on asking after the API has ended. By then the port may be another user's program, which would be sent the
token. So a page asks with a random challenge first, and goes on only if the answer is the one that the token makes.
"""

import hmac
import re
from hashlib import sha256

from desk.errors import Usage

_CHALLENGE = re.compile(r"[0-9a-f]{64}")
_DOMAIN = "enlace/api-challenge/v1"


def answer_to(challenge: str, token: str, port: int) -> str:
    """HMAC-SHA256 under the token, in hexadecimal; raises Usage for a challenge that is not 32 bytes so written.

    The port is part of it: who listens at another one gains nothing by passing the challenge on to the API.
    """
    if not _CHALLENGE.fullmatch(challenge):
        raise Usage("a challenge is 32 random bytes, as 64 lower-case hexadecimal digits")
    said = f"{_DOMAIN}\n{port}\n{challenge}"
    return hmac.new(token.encode(), said.encode(), sha256).hexdigest()
