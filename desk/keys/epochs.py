"""A device's own epoch keys: made ahead, published, used to open, erased on time (DESIGN section 6).

1. A seed is stored before the recipient that belongs to it is published; it is erased at the time the key set states.
2. That time is sealed with the seed, in one file: no seed is stored without it, no crash comes between the two, and
   whoever can write the folder cannot put it off. A seed whose file no longer opens goes at once: it opens nothing.
3. Seeds are fresh random bytes; nothing is derived, nothing of them goes into a recovery file.
4. `EPOCHS_AHEAD` weeks are kept ahead. A new key set has the next number, and keeps what of the old one is open yet; a
   recipient whose seed is gone gets another, so that nobody goes on sealing to it. What has closed stays in the set as
   long as its seed is there: this machine's clock may be up to a week ahead, and senders go by their own.
5. The fallback has no time and stays; a message sealed to it has no forward secrecy, and both sides are told.
6. A profile that was put back from an older copy lacks the seeds of what it has published since. When the relay says
   so, it goes on under a number above that of the set published last, with epochs of its own (`overtake`).
7. A set without an epoch for now was made by a clock that was wrong, or long ago: what it has for later is let go of,
   and epochs begin anew.
8. A list of epochs that does not open is told, and another is made, which goes on above the published one (rule 6); a
   seed that it named opens what comes for it until its time. But where no seed opens either, folder and key file do not
   belong together: then nothing is made, since erasing would take the other's seeds for damaged ones.
9. A list that began anew, damaged before or not there, does not know what this device has published. It says so itself
   (`anew`), so that whatever loses the one loses the other, until the relay has taken a set of it. From then on, and
   through every lost answer, its number is that of the highest set this desk has put: a set is numbered and stored
   before it is put, and no number is given twice.

Which time counts for erasing is decided in `desk.keys.seen_time`; here it is an argument.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from crypto.age_pq import PQIdentity
from crypto.encoding import b64, unb64
from desk.errors import DeskError
from desk.keys.vault import Damaged, Vault
from directory.canonical import encode
from directory.fields import Count, Key32, Time
from directory.keyset import EPOCH, EPOCHS_AHEAD, GRACE, Epoch, KeySet, recipient_key

_STATE = "epochs"
_SEED = "epoch-"
_FALLBACK = "fallback-"


class _State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    number: Count
    at: Time
    epochs: tuple[Epoch, ...]
    fallback: str
    published: bool
    anew: bool = False  # rule 9


class _Seed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An epoch's seed, and when it goes (rule 2)."""

    erase: Time
    seed: Key32


@dataclass(frozen=True, slots=True)
class Erased:
    """How many seeds went on time, and how many because their files no longer opened."""

    on_time: int = 0
    damaged: int = 0


class EpochKeys:
    """The epoch keys in a vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def identity(self, key: str) -> PQIdentity | None:
        """The identity for a recipient key id, None if it was erased, damaged, or never was ours."""
        try:
            found = self._vault.get_value(_SEED + key, _Seed)
            seed = unb64(found.seed) if found is not None else self._vault.get(_FALLBACK + key)
        except Damaged:
            return None
        return PQIdentity(seed) if seed is not None else None

    def identities(self) -> Iterator[PQIdentity]:
        """Every identity that is here and can be read."""
        return (found for each in sorted(self._held()) if (found := self.identity(each)) is not None)

    def is_fallback(self, key: str) -> bool:
        """Whether a key id is that of a fallback kept here."""
        try:
            return self._vault.get(_FALLBACK + key) is not None
        except Damaged:
            return False

    def problem(self) -> str:
        """What to tell before `renew`, if the list of epochs is damaged and it makes another; else nothing."""
        try:
            self._state()
        except Damaged as error:
            made = f"{error}. This desk makes other keys, and publishes them; messages for those it has still open"
            return "" if self._foreign() else made
        return ""

    def anew(self) -> bool:
        """Whether the list does not know what this device has published before (rule 9); raises Damaged."""
        state = self._state()
        return state is None or state.anew

    def opens(self, recipient: bytes) -> bool:
        """Whether what is sealed to a recipient opens here; one whose seed cannot be read now counts as no."""
        try:
            identity = self.identity(recipient_key(recipient))
        except DeskError:
            return False
        return identity is not None and identity.recipient().raw == recipient

    def renew(self, network: str, device: str, now: int) -> KeySet | None:
        """The key set to publish now, None if the published one still reaches far enough ahead and opens.

        Stores seeds and state before it returns; a crash afterwards publishes the same set again, under its number.
        Raises Damaged where nothing in the vault opens (rule 8).
        """
        state, held = self._readable(), self._held()
        if state is not None and _whole(state, held, now):
            if not state.published:
                return _keyset(state, network, device)
            if _ahead(state.epochs, now) >= EPOCHS_AHEAD:
                return None
        epochs = self._kept(state.epochs if state is not None else (), held, now)
        while _ahead(epochs, now) < EPOCHS_AHEAD + 1:
            opens = max(now - now % 3600, epochs[-1].closes if epochs else 0)
            epochs.append(self._epoch(opens, opens + EPOCH, opens + EPOCH + GRACE))
        kept = state is not None and _key_of(state.fallback) in held
        fallback = state.fallback if state is not None and kept else b64(self.keep(PQIdentity.generate(), None))
        number, anew = (state.number + 1, state.anew) if state else (1, True)
        state = _State(number=number, at=now, epochs=tuple(epochs), fallback=fallback, published=False, anew=anew)
        self._vault.put(_STATE, encode(state))
        return _keyset(state, network, device)

    def published(self, number: int) -> None:
        """The relay has stored key set `number`; the list knows from now on what is this desk's (rule 9)."""
        state = self._state()
        if state is not None and state.number == number:
            self._vault.put(_STATE, encode(msgspec.structs.replace(state, published=True, anew=False)))

    def overtake(self, number: int) -> None:
        """Go on above key set `number`, which this very device published and this profile does not know."""
        state = self._state()
        if state is not None and state.number <= number:
            self._vault.put(_STATE, encode(msgspec.structs.replace(state, number=number, epochs=(), published=True)))

    def due(self, now: int) -> int:
        """How many seeds would be erased at `now`."""
        fits = self._fits()
        return sum(1 for _, erase in self._times([]) if (fits if erase is None else erase <= now))

    def erase(self, now: int) -> Erased:
        """Erase every seed whose time has come, and every one that no longer opens; after a crash it goes on.

        Where not even the list of epochs opens, key file and folder may not belong together: then what does not open
        is left alone. Raises DeskError if the disk refuses; the others have gone by then.
        """
        fits, gone, problems = self._fits(), list[int | None](), list[DeskError]()
        for name, erase in list(self._times(problems)):
            if not (fits if erase is None else erase <= now):
                continue
            try:
                self._vault.erase(name)
                gone.append(erase)
            except DeskError as error:
                problems.append(error)
        if problems:
            raise problems[0]
        return Erased(on_time=len(gone) - gone.count(None), damaged=gone.count(None))

    def keep(self, identity: PQIdentity, erase: int | None) -> bytes:
        """Store an identity's seed, with the time it goes, before anybody learns of its recipient, which is returned.

        A crash afterwards leaves a seed that nobody seals to; it goes at its time.
        """
        recipient = identity.recipient().raw
        key = recipient_key(recipient)
        if erase is None:
            self._vault.put(_FALLBACK + key, identity.seed)
        else:
            self._vault.put(_SEED + key, encode(_Seed(erase=erase, seed=b64(identity.seed))))
        return recipient

    def _epoch(self, opens: int, closes: int, erase: int) -> Epoch:
        recipient = b64(self.keep(PQIdentity.generate(), erase))
        return Epoch(opens=opens, closes=closes, erase=erase, recipient=recipient)

    def _kept(self, epochs: Iterable[Epoch], held: set[str], now: int) -> list[Epoch]:
        """What the next set takes over (rules 4 and 7)."""
        closed = [each for each in epochs if each.closes <= now < each.erase and _key_of(each.recipient) in held]
        if not _current(epochs, now):
            return closed
        return closed + [self._replaced(each, held) for each in epochs if each.closes > now]

    def _replaced(self, epoch: Epoch, held: set[str]) -> Epoch:
        if _key_of(epoch.recipient) in held:
            return epoch
        return self._epoch(epoch.opens, epoch.closes, epoch.erase)

    def _held(self) -> set[str]:
        """The ids of the keys whose files are there."""
        return {name.removeprefix(each) for each in (_SEED, _FALLBACK) for name in self._vault.names(each)}

    def _times(self, problems: list[DeskError]) -> Iterator[tuple[str, int | None]]:
        """The names of all seeds, and when each goes; None for one whose file is damaged. What the disk does not hand
        out holds up nothing else, and is added to `problems`."""
        for name in self._vault.names(_SEED):
            try:
                seed = self._vault.get_value(name, _Seed)
            except Damaged:
                yield name, None
                continue
            except DeskError as error:
                problems.append(error)
                continue
            if seed is not None:
                yield name, seed.erase

    def _fits(self) -> bool:
        """Whether the list of epochs opens, so that the vault is this key file's."""
        try:
            return self._state() is not None
        except DeskError:
            return False

    def _readable(self) -> _State | None:
        """The list of epochs, None for one that does not open; raises Damaged if no seed opens either."""
        try:
            return self._state()
        except Damaged as error:
            if self._foreign():
                raise Damaged(
                    f"{error}. No key beside it opens either, so this folder and its key file do not belong together: "
                    "put both back from one copy"
                ) from error
            return None

    def _foreign(self) -> bool:
        """Whether there are keys here, and not one of them opens; raises DeskError if it hangs on one not read."""
        held, unread = self._held(), None
        for each in held:
            try:
                if self.identity(each) is not None:
                    return False
            except DeskError as error:
                unread = error
        if unread is not None:
            raise unread
        return bool(held)

    def _state(self) -> _State | None:
        return self._vault.get_value(_STATE, _State)


def _ahead(epochs: Iterable[Epoch], now: int) -> int:
    return sum(1 for each in epochs if each.closes > now)


def _current(epochs: Iterable[Epoch], now: int) -> bool:
    return any(each.opens <= now < each.closes for each in epochs)


def _whole(state: _State, held: set[str], now: int) -> bool:
    """Whether there is an epoch for now, and the seeds of everything that can still be sealed to are there."""
    if not _current(state.epochs, now):
        return False
    recipients = [each.recipient for each in state.epochs if each.closes > now]
    return all(_key_of(each) in held for each in [*recipients, state.fallback])


def _keyset(state: _State, network: str, device: str) -> KeySet:
    return KeySet(
        network=network, device=device, number=state.number, at=state.at, epochs=state.epochs, fallback=state.fallback
    )


def _key_of(recipient: str) -> str:
    return recipient_key(unb64(recipient))
