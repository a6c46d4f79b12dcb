"""Who a request comes from, once its proof was checked; handlers get one and ask it, never the headers."""

from dataclasses import dataclass
from typing import Literal

from relay.protocol.problems import Refusal

PrincipalKind = Literal["session", "reception", "duty", "witness", "key"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A checked proof: a logged-in device, a device's reception key, the network's duty key, a
    registered witness's key, or a bare key.

    `device`, `officer` and `member` are empty for all but the first two; `key` is the Ed25519 public key
    (32 bytes) that made the proof.
    """

    kind: PrincipalKind
    key: bytes
    device: str = ""
    officer: str = ""
    member: str = ""

    def require(self, *kinds: PrincipalKind) -> "Principal":
        """Itself, if it is one of `kinds`; raises Refusal `not-allowed` if not."""
        if self.kind not in kinds:
            raise Refusal("not-allowed", f"this resource is for {' or '.join(kinds)}, not for {self.kind}")
        return self
