"""How fast each sender may submit (rule M12): a bucket a device, in memory.

Fails closed: without a token the envelope is refused, with the seconds to wait. A restart fills all buckets; what
bounds the disk is the room in the queues (M11), which is stored. Buckets that are full again are forgotten.
"""

from dataclasses import dataclass, field

from relay.mail.settings import MailSettings
from relay.rules.mailbox import Bucket, take_token

TIDY_AT = 1_000


@dataclass(eq=False)
class Pace:
    """The buckets."""

    settings: MailSettings
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _tidy_at: int = TIDY_AT

    def take(self, device: str, now: int) -> None:
        """Count one submission of `device`; raises Refusal `throttled`."""
        burst, a_minute = self.settings.burst, self.settings.a_minute
        self._buckets[device] = take_token(self._buckets.get(device), now, burst, a_minute)
        if len(self._buckets) >= self._tidy_at:
            full_after = -(-burst * 60 // a_minute)
            self._buckets = {name: each for name, each in self._buckets.items() if now - each.at < full_after}
            self._tidy_at = max(TIDY_AT, 2 * len(self._buckets))
