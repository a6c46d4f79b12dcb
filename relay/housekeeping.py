"""What has to go, goes: sessions of who does not count, accounts, access and key sets of who is out, what has run out.

No decision depends on it: access is judged anew at each request. It runs at the start, when the directory has changed,
and every few minutes; a failure is logged and made up for by the next run.
"""

import asyncio

import structlog

from directory.view import View
from relay.key_sets import KeySets
from relay.portal.store import PortalStore
from relay.protocol.problems import Refusal
from relay.rules.portal import officer_counts, officer_is_out
from relay.rules.standing import is_out
from relay.settings import Access, Portal
from relay.store.contract import AccountStore, StoreFailed
from relay.views import Clock, Views
from relay.waiting import Wait, wait_for

PERIOD = 600
log = structlog.get_logger()


class Housekeeping:
    """Tidies access and key sets in a task of its own; `run` it."""

    def __init__(
        self,
        accounts: AccountStore,
        portal: PortalStore,
        keysets: KeySets,
        views: Views,
        clock: Clock,
        access: Access,
        portal_settings: Portal,
        wait: Wait = wait_for,
    ) -> None:
        self._accounts, self._portal, self._keysets, self._views = accounts, portal, keysets, views
        self._clock, self._wait = clock, wait
        self._shift_seconds, self._longest = access.shift_seconds, portal_settings.longest_seconds
        self._wake = asyncio.Event()
        views.on_change(self._changed)

    async def run(self) -> None:
        """Tidy for ever."""
        while True:
            self._wake.clear()
            try:
                await self.tidy()
            except (StoreFailed, Refusal) as error:
                log.error("housekeeping-failed", exc_info=error)
            await self._wait(PERIOD, self._wake)

    async def tidy(self) -> None:
        """Once. A crash at any line leaves the rest for the next start."""
        view, now = self._views.view, self._clock()
        devices = await self._accounts.session_devices()
        await self._accounts.end_sessions([each for each in devices if not view.device_live(each, view.size, now)])
        await self._accounts.forget([each for each in await self._accounts.account_devices() if is_out(view, each)])
        await self._keysets.forget_dead()
        officers = await self._portal.officers()
        await self._portal.end_sessions([each for each in officers if not officer_counts(view, each, now)])
        await self._portal.remove([each for each in officers if officer_is_out(view, each)])
        # By the clock of this moment: what was registered since the first line, the clock set before it, stays.
        await self._accounts.purge(self._clock(), self._shift_seconds)
        await self._portal.purge(self._clock(), self._longest)

    def _changed(self, old: View, new: View) -> None:
        self._wake.set()
