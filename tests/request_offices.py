"""The four offices of `docs/requests.md`: Colombia and Canada, Peru and Argentina, each with its desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cli_world
from cli_world import Office

MORE = {"ca": ("CA", "America/Toronto"), "pe": ("PE", "America/Lima")}
CONTACTS = {
    "co-central": ("co", "central-authority-mla", "es=Fiscalía General, Asuntos Internacionales", "es"),
    "ca-central": ("ca", "central-authority-mla", "en=International Assistance Group", "en,fr"),
    "pe-victims": ("pe", "victim-assistance", "es=Unidad de asistencia a víctimas", "es"),
    "ar-victims": ("ar", "victim-assistance", "es=Programa de rescate y acompañamiento", "es"),
}


@contextmanager
def four_offices(folder: Path) -> Iterator[Office]:
    """An office with two more members, whose desks serve the contacts of the page."""
    with Office.opened(folder) as office:
        for member, about in MORE.items():
            cli_world.MEMBERS[member] = about
            try:
                office._admit(member)
            finally:
                del cli_world.MEMBERS[member]
        for contact, (member, function, name, languages) in CONTACTS.items():
            tag, _, text = name.partition("=")
            details = {
                "function": function, f"name_{tag}": text, "phone": "always:+12025550110", "languages": languages,
                "zone": MORE.get(member, cli_world.MEMBERS.get(member, ("", "")))[1], "hours": "24/7",
                "officers": office.officers[f"{member}-desk"],
            }  # fmt: skip
            if contact == "ca-central":
                details |= {"request_languages": "en,fr", "dual_criminality": "yes", "respond": "1440"}
            office.ask(
                f"{member}-admin", "contact", "publish", contact, *(f"--set={k}={v}" for k, v in details.items())
            )
        for member in ("ar", "co", "ca", "pe"):
            office.ask(f"{member}-desk", "sync")
        yield office
