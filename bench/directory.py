"""The directory: statements judged, a replica read back from disk, look-ups in memory.

1. *Judged* is `extend` from nothing: every statement parsed, its signature verified, the judge's rules, the tree, the
   checkpoint. Bare are one Ed25519 verification and one SHA-256 a statement, and the checkpoint is left out.
2. *Reloaded* is `reload` of the same statements, as a desk does once when it starts.
3. Look-ups ask an index, as `enlace find` does after it made one: by id, by the beginning of a word, by words; the
   first ten of what fits. Each is compared with the same question to the smallest directory. What fits grows with the
   size (a fifth of all contacts have a word that begins with *extrad*), and all of it is ranked.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.measure import Case, Scale, Timing, measure
from bench.network import Network, grown, listing
from bench.result import Row, row
from crypto.note import parse_note
from directory.entry import entries
from directory.finding.search import Index, Query
from directory.replay import Replica, extend, reload
from directory.view import View

RESULTS = 10
EXACT, TOGETHER = "exact", 20  # one alone is too quick for the clock
QUESTIONS = {
    "prefix": Query(text="extrad"),
    "free text": Query(text="trafficking villa alta"),
    "free text, country, language, now": Query(text="unit", country="Colombia", language="es", now=True),
}


def directory(scale: Scale, say: Callable[[str], None]) -> Iterator[Row]:
    """The rows of this group; `say` is told what is measured now."""
    say(f"directory: making {scale.statements:,} statements")
    network = grown(scale.statements)
    say("directory: judging them")
    yield from _replaying(network, scale)
    smaller: dict[str, Timing] = {}
    for contacts in scale.contacts:
        say(f"directory: making {contacts:,} contacts")
        made = listing(contacts)
        say(f"directory: looking up among {contacts:,} contacts")
        timings = _looking_up(made, scale)
        for what, timing in timings.items():
            against = (f"{scale.contacts[0]:,} contacts", smaller[what]) if smaller else None
            count = TOGETHER if what == EXACT else 1
            yield row("directory", f"{what}, {contacts:,} contacts", timing, against, count=count)
        smaller = smaller or timings


def _replaying(network: Network, scale: Scale) -> Iterator[Row]:
    log, checkpoint, now = network.entries, network.checkpoint(), network.now
    pinned, count = network.view.founded.id, len(network.entries)
    timings = measure(
        {
            "judged": lambda: extend(Replica(pinned), log, checkpoint, now),
            "reloaded": lambda: reload(pinned, log, checkpoint),
            "bare": _bare(network),
        },
        scale,
    )
    judged = timings["judged"]
    against = ("Ed25519, SHA-256", timings["bare"])
    yield row("directory", f"judged, {count:,} statements", judged, against, count=count)
    yield row("directory", f"reloaded, {count:,} statements", timings["reloaded"], ("judged", judged), count=count)


def _bare(network: Network) -> Case:
    """Verify the signatures of every statement, and hash it."""
    checks = [
        (Ed25519PublicKey.from_public_bytes(_key(network.view, each.name)), each.blob, note.text.encode(), entry)
        for entry in network.entries
        for note in (parse_note(entry),)
        for each in note.signatures
    ]

    def run() -> None:
        for key, signature, text, entry in checks:
            key.verify(signature, text)
            sha256(entry).digest()

    return run


def _key(view: View, name: str) -> bytes:
    local = name.rpartition("/")[2]
    device = view.devices.get(local)
    return device.keys.ed25519 if device else view.founded.roots[local]


def _looking_up(network: Network, scale: Scale) -> dict[str, Timing]:
    found, now = entries(network.view, network.bodies(), network.now), network.now
    index, asked = Index(found), [each.id for each in found[:: len(found) // TOGETHER]][:TOGETHER]

    def asking(query: Query) -> Case:
        return lambda: index.find(query, now, RESULTS)

    exact: dict[str, Case] = {EXACT: lambda: [index.show(each) for each in asked]}
    questions = exact | {what: asking(query) for what, query in QUESTIONS.items()}
    return measure({"index made": lambda: Index(found)}, scale) | measure(questions, scale)
