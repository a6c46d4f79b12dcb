"""What an officer hears once of the statements that came: who was enrolled, revoked, made an administrator."""

from collections.abc import Iterator

from desk.alarms.announce import Hearer, announcements
from desk.keys.vault import Damaged
from desk.profile.unlocked import Unlocked

_ANNOUNCED = "announced"  # the number of statements whose announcements were shown, sealed


def unannounced(desk: Unlocked) -> tuple[list[str], int]:
    """What an officer should hear about statements since the last time, and what to hand to `mark_announced` once
    it was shown. A new desk starts from now."""
    replica, identity = desk.replica(), desk.profile.identity
    told = _last_announced(desk)
    if told is None:
        mark_announced(desk, replica.size)
        return [], replica.size
    start = min(int(told), desk.store.parted)
    if start >= replica.size:
        return [], replica.size

    def before() -> Iterator[bytes]:
        yield from desk.store.entries(0)[:start]

    hearer = Hearer(identity.member, identity.officer, replica.view, desk.store.bodies())
    return announcements(hearer, desk.store.entries(start), before()), replica.size


def mark_announced(desk: Unlocked, size: int) -> None:
    """Announcements were shown up to a number of statements; after a crash before this they are shown again."""
    done = str(size).encode()
    if _last_announced(desk) != done:
        desk.keyring.vault.put(_ANNOUNCED, done)
    # After a crash here what came in the place of other statements is announced once more.
    desk.store.forget_parting()


def _last_announced(desk: Unlocked) -> bytes | None:
    try:
        return desk.keyring.vault.get(_ANNOUNCED)
    except Damaged as error:
        desk.warn(f"{error}. What was announced since the last time is not told again; announcements begin anew")
        return None
