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


def answer_to(challenge: str, token: str, address: str) -> str:
    """HMAC-SHA256 under the token, in hexadecimal; raises Usage for a challenge that is not 32 bytes so written.

    The API's `address` and port (`127.0.0.1:8461`) are part of it: who listens at another port, or at the same one of
    another address (`[::1]:8461`, where `localhost` may lead), gains nothing by passing the challenge on to the API.
    """
    if not _CHALLENGE.fullmatch(challenge):
        raise Usage("a challenge is 32 random bytes, as 64 lower-case hexadecimal digits")
    said = f"{_DOMAIN}\n{address}\n{challenge}"
    return hmac.new(token.encode(), said.encode(), sha256).hexdigest()
