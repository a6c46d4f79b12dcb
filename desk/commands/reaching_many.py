"""What commands share that send to many contacts at once: how these are named, and how what is queued goes out."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

import click

from desk.alerts.choosing import Wanted
from desk.commands.options import Command
from desk.commands.outcome import carried_out
from desk.errors import Declined, Usage
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.mail.outbox import Flushed
from desk.profile.unlocked import Unlocked
from desk.replica.synchronise import synchronise
from desk.replica.trust_policy import check_age, vouched
from desk.safe_text import line
from desk.terminal import Terminal
from directory.countries import country_code
from directory.functions import function_code


def with_contacts(function: Command) -> Command:
    """Give a command CONTACTs, and options that name many of them; it gets them as `wanted`."""

    @click.argument("named", nargs=-1, metavar="[CONTACT...]")
    @click.option("--circle", "circles", multiple=True, metavar="CIRCLE", help="The contacts of a circle's members.")
    @click.option(
        "--function",
        "-f",
        "functions",
        multiple=True,
        metavar="FUNCTION",
        help="Every contact with this function, such as trafficking-24-7, of whatever country; repeat it.",
    )
    @click.option("--country", "-c", "countries", multiple=True, metavar="COUNTRY", help="Only these countries'.")
    @click.option("--all", "every", is_flag=True, help="Every contact of the network.")
    @wraps(function)
    def command(
        *args: Any,
        named: tuple[str, ...],
        circles: tuple[str, ...],
        functions: tuple[str, ...],
        countries: tuple[str, ...],
        every: bool,
        **kwargs: Any,
    ) -> Any:
        codes = tuple(_code(each, function_code, "function") for each in functions)
        states = tuple(_code(each, country_code, "country") for each in countries)
        return function(*args, wanted=Wanted(named, circles, codes, states, every), **kwargs)  # fmt: skip

    return command  # fmt: skip


def _code(name: str, find: Callable[[str], str | None], what: str) -> str:
    code = find(name)
    if code is None:
        raise Usage(f"no {what} is called {name!r}")
    return code


def check_sealing(terminal: Terminal, desk: Unlocked, *, old_directory: bool = False) -> None:
    """Return if this desk may seal by the directory it has; raise what `enlace send` raises where it may not."""
    if desk.profile.identity.kind == "secretariat":
        raise Usage("the secretariat's desk sends no messages; an officer on duty does")
    if not old_directory:
        desk.check_following("nothing is sealed by its directory: a recipient may have been revoked since")
    now = terminal.clock()
    warning = check_age(vouched(desk.keyring.vault, desk.replica(), now), now, override=old_directory)
    if warning:
        terminal.warn(line(warning))


def sent_out(terminal: Terminal, desk: Unlocked, queue: Callable[[], Collection[int]]) -> Flushed:
    """Connect, bring the directory up to date, have `queue` sign what is to be sent, and send the outbox.

    Without a session, or the network, nothing is signed: the error says so. What was signed (`queue` returns the
    numbers) and does not get through stays in the outbox; why stands in what is returned. An alarm is told.
    """
    numbers: list[int] = []

    async def work(flushed: Flushed) -> None:
        async with connected(desk.keyring, terminal.clock) as client:
            await _up_to_date(terminal, desk, client)
            numbers.extend(queue())
            await desk.sender(client).flush(flushed)

    outcome = carried_out(terminal, work, lambda: bool(numbers))
    for each in numbers:
        if outcome.failed is not None and each not in outcome.flushed.sent:
            outcome.flushed.kept.setdefault(each, outcome.why(each))
    return outcome.flushed


async def _up_to_date(terminal: Terminal, desk: Unlocked, client: RelayClient) -> None:
    await synchronise(desk.profile, desk.store, client, terminal.clock())
    try:
        await desk.publish_keys(client)
    except (Declined, Usage) as error:
        terminal.warn(f"this desk's own keys were not published: {error}")
