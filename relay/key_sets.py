"""The key sets of devices: taken from the device itself, kept if newer, given to who asks.

A key set counts only with both signatures of its device (`directory.keyset`); the relay checks them so that it keeps no
rubbish, and every desk checks them again.
"""

import asyncio
from collections.abc import Mapping, Sequence

from crypto.encoding import unb64
from crypto.note import parse_note
from directory.canonical import read_body
from directory.keyset import (
    KEYSET_TYPE,
    MOST_KEYSET_BYTES,
    RECIPIENT_SIZE,
    KeySet,
    KeySetError,
    open_keyset,
    recipient_key,
    runs_out,
)
from relay.protocol.problems import Refusal
from relay.rules.standing import is_out
from relay.store.contract import Conflict, KeySetStore, StoreFailed
from relay.views import Views


class KeySets:
    """The newest key set of each device that is in the directory."""

    def __init__(self, store: KeySetStore, views: Views) -> None:
        self._store, self._views = store, views

    async def put(self, device: str, raw: bytes) -> None:
        """Keep a device's key set; refuses `signature-invalid` for one that is not the device's, and `keyset-old`.

        The same set again is fine, under fresh signatures too.
        """
        view = self._views.view
        record = view.devices.get(device)
        if record is None:
            raise Refusal("device-unknown")
        try:
            keyset = open_keyset(raw, view.founded.id, device, view.device_name(device), record.keys)
        except KeySetError as error:
            raise Refusal("signature-invalid", str(error)) from error
        try:
            await self._store.put(device, keyset.number, _ids(keyset), raw)
        except Conflict as error:
            if not await self._is_there(device, raw):
                raise Refusal("keyset-old") from error
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def get(self, devices: Sequence[str]) -> tuple[str, ...]:
        """The key sets there are, in the order asked for."""
        try:
            found = await self._store.get(devices)
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        return tuple(found[each].decode() for each in dict.fromkeys(devices) if each in found)

    async def key_ids(self, devices: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The ids of the recipient keys in the newest key set of each device; one without a set is left out."""
        try:
            return await self._store.keys(devices)
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def spent(self, devices: Sequence[str], now: int) -> frozenset[str]:
        """Those of the devices whose keys have run out, by their newest key sets; of one without a set nothing is
        known (`directory.entry`, rule 5). Sets were checked when they came. Refuses `unavailable`."""
        try:
            found = await self._store.get(devices)
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        return await asyncio.to_thread(
            lambda: frozenset(device for device, raw in found.items() if runs_out(_read(raw)) <= now)
        )

    async def forget_dead(self) -> None:
        """Remove the key sets of devices that are out for good."""
        dead = frozenset(each for each in await self._store.devices() if is_out(self._views.view, each))
        if dead:
            await self._store.remove(dead)

    async def _is_there(self, device: str, raw: bytes) -> bool:
        """Whether the store has this very set, perhaps under other signatures."""
        found = (await self._store.get((device,))).get(device)
        return found is not None and parse_note(found).text == parse_note(raw).text


def _read(raw: bytes) -> KeySet:
    """A key set that the relay has taken."""
    return read_body(parse_note(raw, MOST_KEYSET_BYTES).text, KEYSET_TYPE, KeySet)


def _ids(keyset: KeySet) -> frozenset[str]:
    recipients = [*(epoch.recipient for epoch in keyset.epochs), keyset.fallback]
    return frozenset(recipient_key(unb64(each, RECIPIENT_SIZE)) for each in recipients)
