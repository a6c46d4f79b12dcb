"""By which time keys are erased: one that nobody but this machine's owner can hold back. The judging is pure.

1. It is the later of this machine's clock and the latest time this profile has seen. That one is sealed in the vault,
   moves on whenever the profile is unlocked, and never goes back: so neither a relay that stays away or holds its clock
   back keeps a key alive, nor a clock that is set back.
2. A clock more than `LEAP` ahead of all that was seen before (and of the log's signed time in the directory) is
   *doubted*, because erasing cannot be undone. Until it is confirmed it counts for nothing; the officer is told, if
   there is a key that it would erase. It is confirmed
   a. by the log: an exchange with the relay brings a signed time that it is no more than `LEAP` ahead of, and that is
      itself no more than `AT_ONCE` ahead of what was seen. A log further ahead counts for nothing here: relay and
      machine may have their time from the same wrong source; or
   b. by itself: when the profile is unlocked again, with the same doubt standing, `CONFIRM_AFTER` to `CONFIRM_WITHIN`
      seconds of it later. So a relay that stays away for good wins a day, and a desk that was away for longer than
      `AT_ONCE` waits for one.
3. What only confirmed itself is not remembered as seen. A clock that was wrong for days, and is put right, leaves
   nothing behind but what it erased; and the next key set makes that good (`desk.keys.epochs`, rules 4 and 7).
4. While nothing was seen and nothing is proven, the time is 0: a new profile has nothing to erase, and one whose vault
   and replica were both damaged erases nothing by a clock that nobody vouches for.

Why so, and what it costs: docs/decisions/erasing-without-the-relay.md.
"""

from dataclasses import dataclass

import msgspec

from desk.keys.vault import Damaged, Vault
from directory.canonical import encode
from directory.fields import Time

LEAP = 7 * 86_400
CONFIRM_AFTER = 86_400
CONFIRM_WITHIN = 60 * 86_400
AT_ONCE = 60 * 86_400  # a long holiday, which the log confirms without a day's wait
APART = 300  # seconds by which clocks may differ before anybody is told
RENEWED = 3600  # seconds between two signatures of the log at most, whatever the relay's settings are
_NAME = "seen"
_STEP = 3600  # what is remembered may lie behind by so much: it saves writing a file at every unlock


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The latest time seen, and the first reading of a clock that is doubted (0: none is)."""

    latest: Time = 0
    doubted: Time = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """The time that counts, whether the clock was doubted, and what to remember."""

    time: int
    doubted: bool
    seen: Seen


def judged(seen: Seen, proven: int, clock: int) -> Judged:
    """What counts as the time when this machine's clock shows `clock` and the log has signed `proven` (0: nothing)."""
    vouched = proven if not seen.latest or proven <= seen.latest + AT_ONCE else 0
    floor = max(seen.latest, vouched)
    if floor == 0:
        return Judged(0, doubted=False, seen=seen)
    if clock <= floor + LEAP:
        latest = max(clock, floor)
        return Judged(latest, doubted=False, seen=Seen(latest=latest))
    if seen.doubted and CONFIRM_AFTER <= clock - seen.doubted <= CONFIRM_WITHIN:
        return Judged(clock, doubted=False, seen=Seen(latest=floor, doubted=clock - CONFIRM_AFTER))
    stands = seen.doubted and 0 <= clock - seen.doubted < CONFIRM_AFTER
    return Judged(floor, doubted=True, seen=Seen(latest=floor, doubted=seen.doubted if stands else clock))


def recall(vault: Vault) -> Seen:
    """What a profile has seen; nothing, if what was kept is damaged: then the log's signed time has to do."""
    try:
        return vault.get_value(_NAME, Seen) or Seen()
    except Damaged:
        return Seen()


def remember(vault: Vault, before: Seen, after: Seen) -> None:
    """Keep what was seen, if it moved on by enough; a crash leaves what was kept before, which is earlier."""
    if after.doubted != before.doubted or after.latest >= before.latest + _STEP:
        vault.put(_NAME, encode(after))


def apart(clock: int, relay: int) -> str:
    """What to tell if this machine's clock and the relay's differ by more than `APART`; else nothing."""
    if abs(clock - relay) <= APART:
        return ""
    way = "ahead of" if clock > relay else "behind"
    return (
        f"this machine's clock is {span(abs(clock - relay))} {way} the relay's: one of them is wrong. Compare this "
        "machine's with another; if it is right, tell the secretariat"
    )


def late(clock: int, signed: int) -> str:
    """What to tell if the log, just asked, shows a signature older than it may be; else nothing."""
    if clock - signed <= RENEWED + APART:
        return ""
    return (
        f"the log's newest signature is {span(clock - signed)} old, by this machine's clock, and it is to be renewed "
        f"within {span(RENEWED)}: the relay shows an old directory or its clock is behind, or this machine's is "
        "ahead. Compare this machine's with another; if it is right, tell the secretariat"
    )


def span(seconds: int) -> str:
    """A stretch of time in words, as whole units of which there are at least two."""
    units = ((86_400, "days"), (3600, "hours"), (60, "minutes"))
    size, name = next((each for each in units if seconds >= 2 * each[0]), (1, "seconds"))
    return f"{seconds // size} {name}"
