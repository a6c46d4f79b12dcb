"""Power failures: any process of the story is killed (SIGKILL) at random moments under load.

The relay, desks that write, send, fetch, open, accept, attest and exchange their keys, one that watches, and an
administrator who publishes. Afterwards nothing that was acknowledged is lost, nothing is there twice, every store
opens, and the log replays. How often: ENLACE_KILLS in the environment; 6 unless it is set, each process once.
ENLACE_SEED repeats the moments of an earlier run, as far as processes can be repeated.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_world import Office
from storm import DESKS, PUBLISHED, Storm, storm
from storm_desk import content_of
from storm_figures import Figures

KILLS = int(os.environ.get("ENLACE_KILLS", "6"))
SEED = int(os.environ.get("ENLACE_SEED", str(random.SystemRandom().randrange(10**6))))
# A desk whose storm has ended fetches nothing while the others still send: its queue has to hold all of that.
UNLIMITED = {
    "ENLACE_MAIL_BURST": "1000000",
    "ENLACE_MAIL_A_MINUTE": "1000000",
    "ENLACE_MAIL_QUEUE_ITEMS": "1000000",
    "ENLACE_MAIL_QUEUE_BYTES": str(16 << 30),
}
RELAY = "relay"
WEIGHTS = {RELAY: 4, "co-second": 2}  # of the others each has 1

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system kills otherwise")


def make_ready(office: Office) -> None:
    """Another officer on duty for Colombia, who serves the same contact; and a contact that nobody writes to."""
    second = office.invite("co", "coordinator", "co-second")
    officers = f"{office.officers['co-desk']};{second}"
    office.ask("co-admin", "contact", "publish", "co-desk", "--set", f"officers={officers}")
    details = {"function": "extradition", "name_en": "Court of CO", "languages": "es", "phone": "always:+12025550111"}
    office.ask("co-admin", "contact", "publish", "co-court", *(f"--set={name}={details[name]}" for name in details))
    for name in DESKS:
        office.ask(name, "sync")


def victims(chance: random.Random, names: list[str]) -> list[str]:
    """Whom to kill, in order: everybody once, whoever chance has it then."""
    first = chance.sample(names, len(names))
    return (first + chance.choices(names, [WEIGHTS.get(each, 1) for each in names], k=max(0, KILLS)))[:KILLS]


def rage(office: Office, storming: Storm, chance: random.Random) -> int:
    """Kill, and start anew; returns how often the relay was hit."""
    everything, relay = storming.everything, 0
    for name in victims(chance, [RELAY, *everything]):
        time.sleep(chance.uniform(0.05, 0.9))  # the moment is the point
        if name != RELAY:
            everything[name].kill()
            everything[name].start()
            continue
        office.relay.kill()
        relay += 1
        if chance.random() < 0.2:  # once more, while it starts
            office.relay.spawn()
            time.sleep(chance.uniform(0.1, 0.6))
            office.relay.kill()
        office.relay.start()
    return relay


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, began = random.Random(SEED), time.monotonic()
    sys.stdout.write(f"ENLACE_SEED={SEED}\n")  # shown where it fails
    with Office.opened(tmp_path / "office", **UNLIMITED) as office:
        make_ready(office)
        with storm(office) as storming:
            relay = rage(office, storming, chance)
            storming.finish()
        figures = Figures(office)
        figures.check()
        check_files(office, chance)
        attested = [each for desk in storming.desks.values() for each in desk.told("attested")]
        published = storming.administrator.told("published")
        figures.check_log(attested + published)
        figures.check_contacts(published)
        rotated = Counter(each["what"] for desk in storming.desks.values() for each in desk.told("rotated"))
        assert rotated, "no keys were exchanged"
        office.relay.stop()
        checked = office.run("secretariat", "relay", "check", "--settings", office.relay.settings)
        assert checked.code == 0, checked
        assert '"level": "error"' not in (office.relay.folder / "relay.log").read_text()
        hit = {name: dict(each.hit) for name, each in storming.everything.items()}
        record_property(
            "house",
            f"seed {SEED}: killed {KILLS} times, the relay {relay}, others {hit}; {figures}; {len(attested)} "
            f"attestations and {len(published)} editions of {len(PUBLISHED)} contacts confirmed, exchanged "
            f"{dict(rotated)}; {time.monotonic() - began:.0f} s",
        )


def check_files(office: Office, chance: random.Random) -> None:
    """Files that came through the storm open, and are what was sent."""
    saved = office.folder / "saved"
    saved.mkdir()
    with_files = [each for each in office.ask("co-desk", "inbox")["messages"] if each["attachments"]]
    for each in chance.sample(with_files, min(5, len(with_files))):
        (path,) = office.ask("co-desk", "read", str(each["number"]), "--save", str(saved))["saved"]
        assert Path(path).read_bytes() == content_of(each["content"]["subject"])
