"""What the commands of `enlace duty` share: whose duty it is about, and in which language."""

from pathlib import Path

import click

from desk import host
from desk.errors import NotFound, Usage
from desk.profile.unlocked import Unlocked
from desk.rosters.kept import served
from directory.four_languages import OFFICIAL

in_language = click.option(
    "--language", default="en", show_default=True, type=click.Choice(OFFICIAL), help="The language of fixed words."
)
of_contact = click.option("--contact", default="", metavar="CONTACT", help="The contact, if you serve several.")

over_what_is_there = click.option("--replace", is_flag=True, help="Write over FILE if it is there already.")


def write_out(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a file; raises Usage if it is there already, unless it may be replaced."""
    if path.exists() and not replace:
        raise Usage(f"{path} is there already; --replace writes it anew")
    if replace:
        host.write_whole(path, data)
    else:
        host.write_new(path, [data])


def check_officer(desk: Unlocked) -> None:
    """Return on an officer's desk; raise Usage on the secretariat's."""
    if desk.profile.identity.kind != "officer":
        raise Usage("the secretariat's desk serves no contact, and has no duty roster")


def one_contact(desk: Unlocked, wanted: str) -> str:
    """The contact that is meant: the wanted one, or the only one this desk serves; raises NotFound, also where
    nothing is known yet, or Usage."""
    found = served(desk.replica().view, desk.profile.identity.device, desk.clock())
    if wanted and wanted not in found:
        check_known(desk)
        listed = f"you serve {', '.join(found)}" if found else "you serve none"
        raise NotFound(f"you do not serve {wanted}, and its roster is its own officers' affair; {listed}")
    if not found:
        check_known(desk)
        raise NotFound("you serve no contact, so there is no roster for you")
    if not wanted and len(found) > 1:
        raise Usage(f"you serve {', '.join(found)}; choose one with --contact")
    return wanted or found[0]


def check_known(desk: Unlocked) -> None:
    """Return if the directory on this desk can say whom it serves; raise NotFound if nothing is known of it yet."""
    view, identity = desk.replica().view, desk.profile.identity
    if identity.device not in view.devices:
        what = "no directory is on this desk" if not view.size else "the directory on this desk does not know it"
        raise NotFound(f"nothing is known yet of whom you serve: {what}. Run `enlace sync`")
