"""What every piece of the mail needs: the directory, the clock, the receipt keys, the bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from relay.disk import Disk
from relay.mail.settings import MailSettings
from relay.own_keys import OwnKeys
from relay.views import Clock, Views


class KeyIds(Protocol):
    """The ids of the recipient keys that devices publish; the directory side keeps the key sets."""

    async def key_ids(self, devices: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The ids (`directory.keyset.recipient_key`, fallback included) in the newest key set of each device.

        A device of which no key set is known is left out.
        """


@dataclass(frozen=True, slots=True)
class MailContext:
    """Handed to every piece of the mail; its own keys sign receipts and notices."""

    views: Views
    clock: Clock
    own: OwnKeys
    settings: MailSettings
    disk: Disk
