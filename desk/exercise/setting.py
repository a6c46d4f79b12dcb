"""An exercise made ready on this machine: a relay of its own, a network of its own, two authorities with a desk each.

Everything is in one folder, and listens on the loopback address alone. The network's name begins with `exercise.`, the
contacts' ids end in `-exercise` (`desk.exercise.network`), and names and labels say so in the four languages.
"""

from pathlib import Path

from desk.demo.relay_host import RelayHost
from desk.demo.stage import StageError
from desk.exercise.cast import COUNTERPART, NETWORK, SECRETARIAT, TRAINEE, Cast

CONTACTS = {TRAINEE: "co-desk-exercise", COUNTERPART: "ec-desk-exercise"}
SECOND = "ec-unit-exercise"
"""Another contact of the counterpart's authority, to whom the trainee may want to pass something on."""
_MEMBERS = {TRAINEE: ("co", "CO", "America/Bogota"), COUNTERPART: ("ec", "EC", "America/Guayaquil")}
_NAMES = {
    TRAINEE: {
        "es": "EJERCICIO: su puesto",
        "en": "EXERCISE: your desk",
        "pt": "EXERCÍCIO: o seu posto",
        "fr": "EXERCICE : votre poste",
    },
    COUNTERPART: {
        "es": "EJERCICIO: contraparte simulada",
        "en": "EXERCISE: simulated counterpart",
        "pt": "EXERCÍCIO: contraparte simulada",
        "fr": "EXERCICE : homologue simulé",
    },
}
_SECOND = {
    "es": "EJERCICIO: segunda unidad de la contraparte",
    "en": "EXERCISE: second unit of the counterpart",
    "pt": "EXERCÍCIO: segunda unidade da contraparte",
    "fr": "EXERCICE : seconde unité de l'homologue",
}
_CALLED = {CONTACTS[TRAINEE]: _NAMES[TRAINEE], CONTACTS[COUNTERPART]: _NAMES[COUNTERPART], SECOND: _SECOND}
_SERVED = {TRAINEE: (CONTACTS[TRAINEE],), COUNTERPART: (CONTACTS[COUNTERPART], SECOND)}


async def make_ready(cast: Cast, relay: RelayHost) -> None:
    """Start the relay, found the network, enrol the two; raises StageError where something does not do what it
    should."""
    await relay.make()
    await relay.start()
    await cast.run(
        SECRETARIAT, "network", "found", "--name", NETWORK,
        "--relay-keys", str(relay.folder / "relay-keys.json"), "--roots", str(cast.folder / "roots"),
        "--root-passphrase-file", str(cast.passphrase("roots")),
    )  # fmt: skip
    for name in _MEMBERS:
        await _enrol(cast, name)
    for name in _MEMBERS:
        await cast.run(name, "sync")


async def _enrol(cast: Cast, name: str) -> None:
    """An authority with one administrator, who is on duty too, and the contacts that they serve."""
    member, country, _ = _MEMBERS[name]
    roots = [f"--root-passphrase-file={cast.passphrase('roots')}"]
    roots += [f"--root-key={cast.folder / 'roots' / f'root-{number}.age'}" for number in (1, 2)]
    names = [f"--name={language}={text}" for language, text in _NAMES[name].items()]
    admitted = await cast.run(
        SECRETARIAT, "network", "admit", member, "--country", country, *names, "--administrators", "1",
        "--out", str(cast.folder / "invitations"), *roots,
    )  # fmt: skip
    (officer,), (invitation,) = admitted["officers"], admitted["invitations"]
    offered = await cast.run(name, "enrol", invitation, "--no-wait")
    confirmed = await cast.run(SECRETARIAT, "officer", "confirm", officer, "--yes", *roots)
    if confirmed["device"] != offered["device"]:
        raise StageError("the secretariat saw another device than the one that enrolled")
    await cast.run(name, "enrol")
    await cast.run(name, "officer", "roles", officer, "--role", "administrator", "--role", "coordinator", *roots)
    for contact in _SERVED[name]:
        await publish(cast, name, contact, officer)


async def publish(cast: Cast, name: str, contact: str, officers: str) -> None:
    """Publish a contact of somebody's authority, served by these officers."""
    zone = _MEMBERS[name][2]
    details = {"function": "trafficking-24-7", "languages": "es,en,pt,fr", "zone": zone, "hours": "24/7"}
    details |= {"officers": officers, **{f"name_{language}": text for language, text in _CALLED[contact].items()}}
    await cast.run(name, "contact", "publish", contact, *(f"--set={key}={value}" for key, value in details.items()))


def is_exercise(folder: Path) -> bool:
    """Whether a folder holds an exercise that `enlace exercise start` has made."""
    return all(is_there(folder, name) for name in _MEMBERS)


def is_there(folder: Path, name: str) -> bool:
    """Whether somebody has a desk in an exercise."""
    return (folder / "desks" / name / "profile.json").is_file()
