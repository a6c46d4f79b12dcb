"""One message: signed and sealed, opened and verified, for 1, 10 and 50 devices, against the bare primitives.

| step | ours | bare |
|---|---|---|
| seal | `write_message`, then `seal`: from contacts to devices, their keys, padding, age, envelope | `bare_seal` |
| open | `open_envelope`, its checks O1 to O9: envelope, age, message, receipt, checkpoint, directory | `bare_open` |

1. What is bare is told in `bench.primitives`, where keys are parsed beforehand. We parse those of the recipients within
   the time: a desk has them as bytes, and parses each anew for every message.
2. Opening is measured for all numbers of devices in the same turns, because it is compared between them: it must not
   slow down with the number of recipients. Two things grow with it in any age file and any envelope: the header that
   the age MAC covers and the envelope's hash, together about 1.6 kB a device. They are among the primitives.
3. Signing with ML-DSA-44 starts over until a signature comes out (about four times, seldom once or a dozen times), so
   single times to seal scatter widely; sizes are measured apart, to have more rounds.
"""

from collections.abc import Callable, Iterator

from bench.crossing import Incoming, incoming, outgoing
from bench.measure import Scale, Timing, measure
from bench.primitives import bare_open, bare_seal
from bench.result import Row, row

GOAL = 1.5
BARE = "bare primitives"


def mail(scale: Scale, say: Callable[[str], None]) -> Iterator[Row]:
    """The rows of this group; `say` is told what is measured now."""
    say("mail: making messages")
    messages = {devices: incoming(outgoing(devices)) for devices in scale.devices}
    for devices, message in messages.items():
        say(f"mail: sealing to {_devices(devices)}")
        timings = measure({"ours": message.sent.seal, "bare": bare_seal(message)}, scale)
        yield row("mail", f"seal, {_devices(devices)}", timings["ours"], (BARE, timings["bare"]), goal=GOAL)
    say("mail: opening")
    yield from _opening(messages, scale)


def _opening(messages: dict[int, Incoming], scale: Scale) -> Iterator[Row]:
    timings = measure(
        {f"ours {devices}": message.open for devices, message in messages.items()}
        | {f"bare {devices}": bare_open(message) for devices, message in messages.items()},
        scale,
    )
    for devices in messages:
        ours, bare = timings[f"ours {devices}"], timings[f"bare {devices}"]
        yield row("mail", f"open, {_devices(devices)}", ours, (BARE, bare), goal=GOAL)
    least, most = min(messages), max(messages)
    if least < most:
        yield _growth("open", timings[f"ours {most}"], timings[f"ours {least}"], most, least)
        yield _growth("bare open", timings[f"bare {most}"], timings[f"bare {least}"], most, least)


def _growth(what: str, large: Timing, small: Timing, most: int, least: int) -> Row:
    return row("mail", f"{what}, {_devices(most)}", large, (f"{what}, {_devices(least)}", small))


def _devices(count: int) -> str:
    return f"{count} device" + "s" * (count != 1)
