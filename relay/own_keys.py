"""The keys a relay signs with. It may hold two sets: those in force, and those the roots are to name next.

Which of them signs is decided by the directory alone, each time, for the size at which something is signed: a
checkpoint or receipt under a view bears the keys that this view names. So the relay goes over to its next keys with the
very statement that names them, without a moment in between, and a crash before or behind it changes nothing.
"""

from dataclasses import dataclass, field

from crypto.signing import SecretPair
from directory.view import View
from relay.protocol.problems import Refusal


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The log's origin, and its pairs and the receipt pairs at hand, those in force first."""

    origin: str
    logs: tuple[SecretPair, ...] = field(repr=False)
    receipts: tuple[SecretPair, ...] = field(repr=False)

    def named_in(self, view: View) -> bool:
        """Whether the directory names this relay: its log's origin, and a log pair and a receipt pair at hand."""
        return view.relay is not None and view.relay.origin == self.origin and all(self._named(view))

    def log_of(self, view: View) -> SecretPair:
        """The pair that signs checkpoints over `view`; raises ValueError where the directory names another relay."""
        log, _ = self._named(view)
        if log is None or not self.named_in(view):
            raise ValueError("the directory names no log of this relay")
        return log

    def receipt_of(self, view: View) -> SecretPair:
        """The pair that signs receipts under `view`; refuses `unavailable` where the directory names another relay."""
        _, receipt = self._named(view)
        if receipt is None:
            raise Refusal("unavailable", "the directory does not name this relay")
        return receipt

    def notice_of(self, view: View) -> SecretPair:
        """The pair that signs notices: as `receipt_of`, else the first, which was named before or will be."""
        return self._named(view)[1] or self.receipts[0]

    def _named(self, view: View) -> tuple[SecretPair | None, SecretPair | None]:
        if view.relay is None:
            return None, None
        log = next((each for each in self.logs if each.public == view.relay.log), None)
        return log, next((each for each in self.receipts if each.public == view.relay.receipt), None)
