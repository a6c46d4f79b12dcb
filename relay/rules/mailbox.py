"""The rules of the mailbox: which envelope the relay takes in, and for whom there is room.

 M1 sender       the session's device is the one the header names; it is live, and its officer is a coordinator
 M2 network      the header names this network
 M3 directory    the sender's directory is not ahead of the relay's
 M4 expiry       later than now, by at most the longest expiry; nothing is kept that no key could open any more
 M5 own side     devices named as the sender's own belong to the sender's member; nobody else is spared a receipt
 M6 recipients   every device named is live, called ones too: not revoked, its member not suspended. Ciphertext that was
                 taken in before a suspension is held (`release`); nothing new is sealed to a member whose people do not
                 count
 M7 changes      neither the officer nor the member of any device named changed at or after the sender's tree size,
                 so that nobody is left out who was enrolled, nor kept in who left, since the envelope was sealed
 M8 keys         a key named is in the device's newest key set, where the relay knows one
 M9 once         an envelope id of a sender means one sequence of bytes: the same again gets the same receipt, and is
                 judged by nothing else; other bytes are refused. So M9 comes first
M10 attachments  each was wholly uploaded by a device of the sender's member
M11 room         no recipient's queue grows beyond its limits; mail is refused, never dropped, so the sender knows at
                 once. A sender whose own queue is full (with receipts it does not fetch) sends nothing either
M12 pace         each sender has a bucket of submissions that refills with time
M14 calls        the line of every call is signed by the session's device, with both keys; it says what the header says,
                 for a contact that the device serves; and of one sending member no device has more than
                 MEMBER_CALLS calls in CALLS_COUNT seconds, made or not, however soon their envelopes expire, so
                 that nobody rings another's desk all night
M15 lines        an envelope with later turns makes lines (notices, steps, orders) for everybody who has it, however
                 soon it expires. It is refused for a device for which as many lines about envelopes of the same member
                 wait as a queue may hold: no one sender buries whoever is away for long, nor fills the relay's disk

Limits fail closed: without room, without a token, the envelope is refused. The pace (M12) is kept in memory alone, so a
restart fills the buckets: what bounds the relay's disk is M11, which is stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from directory.canonical import Malformed
from directory.keyset import LONGEST_EXPIRY
from directory.view import View
from relay.protocol.envelope import Header
from relay.protocol.lines import Call, LineError, device_name, open_line
from relay.protocol.problems import Refusal
from relay.protocol.submission import check_call
from relay.rules.release import reach
from relay.rules.standing import check_device

CLOCK_SKEW = 300  # seconds that a sender's clock may differ
MEMBER_CALLS = 200
CALLS_COUNT = LONGEST_EXPIRY  # seconds from the relay's receipt
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Load:
    """What a queue holds, waiting stages included: how many items, and their bytes."""

    items: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """The most that may wait: in a queue, in it of one sending member's envelopes, and bytes of a member in all."""

    queue: Load
    share: Load
    member_bytes: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Submissions a sender may still make, in sixtieths, as of a time."""

    level: int
    at: int


def check_submission(header: Header, device: str, view: View, now: int, keys: Mapping[str, frozenset[str]]) -> None:
    """Return if an envelope with `header`, handed in by `device`, keeps M1 to M8; raise Refusal, naming the broken one.

    `keys` has the key ids of the newest key set of each device for which the relay knows one.
    """
    _check_sender(header, device, view, now)
    if header.network != view.founded.id:
        raise Refusal("malformed", "the envelope is for another network", rule="M2")
    if header.tree_size > view.size:
        raise Refusal("unavailable", "the relay's directory is behind yours; try again", rule="M3", retry_after=1)
    _check_expiry(header, now)
    member = member_of(view, device)
    if any(member_of(view, each.device) != member for each in header.own):
        raise Refusal("malformed", "a device named as the sender's own belongs to another member", rule="M5")
    _refuse_devices(header, "M6", "do not count, or not now", lambda each, _: reach(view, each, now) != "live")
    _refuse_devices(header, "M7", "changed since", lambda each, _: _touched(view, each) >= header.tree_size)
    _refuse_devices(header, "M8", "have newer keys", lambda each, key: each in keys and key not in keys[each])


def check_same(known: str, envelope: str) -> None:
    """Return if a sender's envelope id, used for the hash `known`, is used for the same one now (M9)."""
    if known != envelope:
        raise Refusal("envelope-conflict", rule="M9")


def check_attachments(
    header: Header, device: str, view: View, uploaders: Callable[[str], frozenset[str]]
) -> dict[str, frozenset[str]]:
    """The devices of the sender's member that wholly uploaded each attachment named; refuses where there is none (M10).

    `uploaders` gives who wholly uploaded one, of whatever member.
    """
    member, found = member_of(view, device), dict[str, frozenset[str]]()
    for each in header.attachments:
        found[each] = frozenset(uploader for uploader in uploaders(each) if member_of(view, uploader) == member)
        if not found[each]:
            raise Refusal("attachment-missing", f"attachment {each[:8]} is not fully uploaded yet", rule="M10")
    return found


def check_own_queue(sender: str, own: Load, most: Load) -> None:
    """Return if the sender's own queue, lines and all, is not full (M11)."""
    if own.items >= most.items or own.size >= most.size:
        raise Refusal(
            "quota-full", "your own queue is full: fetch what waits there first", rule="M11", devices=(sender,)
        )


def check_room(header: Header, size: int, member: str, shares: Callable[[str], Mapping[str, Load]], most: Room) -> None:
    """Return if every queue has room for an envelope of `size` bytes of `member` (M11).

    `shares` gives the envelopes in a device's queue by sending member. Refuses `quota-full`, with every full device.
    """
    full = tuple(each for each in queued_devices(header) if not _fits(size, shares(each), member, most))
    if full:
        detail = f"the queues of {len(full)} devices are full, or your member's share of them is"
        raise Refusal("quota-full", detail, rule="M11", devices=full)


def _fits(size: int, shares: Mapping[str, Load], member: str, most: Room) -> bool:
    mine = shares.get(member, Load())
    if sum(each.items for each in shares.values()) >= most.queue.items:
        return False
    if sum(each.size for each in shares.values()) + size > most.queue.size:
        return False
    return not mine.items or (mine.items < most.share.items and mine.size + size <= most.share.size)


def check_calls(header: Header, counted: Callable[[str], int]) -> None:
    """Return if every device called may be called once more (M14); `counted` are the calls of the sender's member."""
    full = tuple(each for each in header.called if counted(each) >= MEMBER_CALLS)
    if full:
        detail = f"{len(full)} devices have as many calls of your member as they will take"
        raise Refusal("quota-full", detail, rule="M14", devices=full)


def check_call_lines(header: Header, envelope: str, calls: Sequence[bytes], view: View, now: int) -> None:
    """Return if `calls` are the lines of the calls of the envelope of that hash, by its sender (M14); raise Refusal."""
    network, device = view.founded, header.sender
    for number, raw in enumerate(calls):
        try:
            call = open_line(raw, Call, device_name(network.name, device), view.devices[device].keys, network.id)
            check_call(call, header, envelope, number)
        except LineError as error:
            raise Refusal("signature-invalid", f"call {number}: {error}", rule="M14") from error
        except Malformed as error:
            raise Refusal("malformed", str(error), rule="M14") from error
        if not view.serves(device, call.sender, view.size, now):
            raise Refusal("not-allowed", f"call {number} is for a contact that this device does not serve", rule="M14")


def check_lines(header: Header, loads: Callable[[str], Load], lines: Callable[[str], int], most: Room) -> None:
    """Return if every device has room for the lines of an envelope's turns (M15).

    `loads` gives what a device's queue holds; `lines`, asked only where that is much, the lines about envelopes of the
    sender's member.
    """
    if len(header.turns) < 2:
        return
    named = queued_devices(header)
    full = tuple(each for each in named if loads(each).items >= most.queue.items and lines(each) >= most.queue.items)
    if full:
        detail = f"{len(full)} devices have not fetched what was signed about earlier messages of your member"
        raise Refusal("quota-full", detail, rule="M15", devices=full)


def check_member(size: int, kept: int, most: Room) -> None:
    """Return if `size` bytes more may be kept for a member for which `kept` bytes are kept already (M13)."""
    if kept + size > most.member_bytes:
        detail = "the relay keeps as much undelivered mail of your member as it will; wait until some is fetched"
        raise Refusal("quota-full", detail, rule="M13")


def queued_devices(header: Header) -> tuple[str, ...]:
    """The devices the relay keeps an envelope for: all it names, but on the own side the sender, who has it."""
    staged = tuple(each.device for stage in header.stages for each in stage.devices)
    return (*staged, *(each.device for each in header.own if each.device != header.sender))


def take_token(bucket: Bucket | None, now: int, burst: int, a_minute: int) -> Bucket:
    """The sender's bucket after one submission (M12); raises Refusal `throttled` with the seconds to wait."""
    full = burst * _MINUTE
    level = full if bucket is None else min(full, bucket.level + max(0, now - bucket.at) * a_minute)
    if level < _MINUTE:
        wait = -(-(_MINUTE - level) // a_minute)
        raise Refusal("throttled", f"too many envelopes; wait {wait} seconds", rule="M12", retry_after=wait)
    return Bucket(level - _MINUTE, now)


def _check_sender(header: Header, device: str, view: View, now: int) -> None:
    if header.sender != device:
        raise Refusal("not-allowed", "the envelope names another device as its sender", rule="M1")
    check_coordinator(view, device, now)


def check_coordinator(view: View, device: str, now: int) -> None:
    """Return if a device is live and its officer a coordinator; raise Refusal if not (M1, and for attachments)."""
    check_device(view, device, now)
    if not view.officers[view.devices[device].officer].has("coordinator", view.size):
        raise Refusal("not-allowed", "only a coordinator sends", rule="M1")


def _check_expiry(header: Header, now: int) -> None:
    if header.time > now + CLOCK_SKEW:
        raise Refusal("expiry-invalid", "the envelope's time is ahead: check this machine's clock", rule="M4")
    if header.expires <= now:
        raise Refusal("expiry-invalid", "the envelope has expired; seal the message anew", rule="M4")
    if header.expires > now + LONGEST_EXPIRY + CLOCK_SKEW:
        raise Refusal("expiry-invalid", f"an envelope is kept for {LONGEST_EXPIRY // 86_400} days at most", rule="M4")


def _refuse_devices(header: Header, rule: str, what: str, wrong: Callable[[str, str], bool]) -> None:
    named = [(each.device, each.key) for each in header.recipients()]
    if rule != "M8":  # nothing is sealed to whoever is called
        named += [(device, "") for device in header.called]
    found = tuple(device for device, key in named if wrong(device, key))
    if found:
        detail = f"{len(found)} of the recipients' devices {what}: synchronise and seal anew"
        raise Refusal("recipients-changed", detail, rule=rule, devices=found)


def member_of(view: View, device: str) -> str:
    """The member a device belongs to; empty for a device nobody knows."""
    record = view.devices.get(device)
    return view.officers[record.officer].member if record else ""


def devices_of(view: View, member: str) -> list[str]:
    """The devices that a member ever had."""
    return [device for device, record in view.devices.items() if view.officers[record.officer].member == member]


def _touched(view: View, device: str) -> int:
    """The last position that changed who may read for a device's officer or member."""
    officer = view.devices[device].officer
    return max(view.touched.get(officer, -1), view.touched.get(view.officers[officer].member, -1))
