"""`enlace erase`: details go, everywhere, by statement; the log keeps that they were there, and still verifies."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from desk.commands.officers import known_officer
from desk.commands.options import duration, opened, with_passphrase
from desk.commands.signing import Signing, fresh_batch, with_roots
from desk.entries.erasure import Reason, check_power, note_reason, of_subjects, reasons
from desk.entries.erasure_words import OUT_OF_REACH, left_bare, lines_of, sets, short
from desk.entries.retention import KEPT, MOST_KEPT, due, keep, kept_days
from desk.errors import Declined, DeskError, NotFound, Usage
from desk.link.session import connected
from desk.profile.unlocked import Unlocked
from desk.terminal import Terminal, run, stamp
from directory.entry import DAY
from directory.erasable import Erasable, erasable
from directory.statement import EraseBody, parse_statement
from directory.view import NEVER, View
from relay.protocol.requests import MOST_STATEMENTS

REASONS = ("left", "court-order", "retention", "request", "mistake")
Choice = Callable[[View], list[Erasable]]


@dataclass(frozen=True)
class Asking:
    """What a run that erases was given: where it speaks, who signs, and whether it only shows, or need not ask."""

    terminal: Terminal
    signing: Signing
    dry_run: bool
    yes: bool


def erasing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--dry-run`, `--yes` and what signing statements takes, as one `Asking`."""

    @click.option("--dry-run", is_flag=True, help="Show what would be erased, and erase nothing.")
    @click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
    @with_passphrase
    @with_roots
    @wraps(function)
    def command(terminal: Terminal, dry_run: bool, yes: bool, signing: Signing, **kwargs: Any) -> Any:
        return function(Asking(terminal, signing, dry_run, yes), **kwargs)

    return command


with_reason = click.option(
    "--reason",
    required=True,
    type=click.Choice(REASONS),
    help="Why: the officer left, a court ordered it, it was kept long enough, the person asks, or a mistake.",
)
only_former = click.option("--former", is_flag=True, help="Only what is no longer in force.")


@click.group(short_help="Erase details for good: everywhere, by statement.")
def erase() -> None:
    """Erase details (names, numbers, labels) for good: at the relay, and at every desk when it next synchronises.

    The log keeps what it had: salted commitments, which say nothing without the details, and ids. So every proof
    and every signature still verifies. What is erased cannot be brought back; publish anew what is still needed.
    """


@erase.command(short_help="Erase the details of each CONTACT: in force, and all former ones.")
@click.argument("names", nargs=-1, required=True, metavar="CONTACT...")
@with_reason
@only_former
@erasing
def contact(asking: Asking, names: tuple[str, ...], reason: Reason, former: bool) -> None:
    """Erase the details of each CONTACT: those in force, and every former version of them.

    A contact that is still listed stays listed, without details, until it is published anew or retired.
    """
    with opened(asking.terminal) as desk:
        known = desk.replica().view.contacts
        chosen = _named("contact", names, known, "`enlace find` lists them")
        Erasing(asking, desk, reason).of(chosen, former=former)


@erase.command(short_help="Erase the label of each OFFICER.")
@click.argument("names", nargs=-1, required=True, metavar="OFFICER...")
@with_reason
@erasing
def officer(asking: Asking, names: tuple[str, ...], reason: Reason) -> None:
    """Erase the label of each OFFICER: who it is. The opaque id and the keys stay in the log.

    OFFICER is an id as `enlace officer list` shows it; its beginning is enough.
    """
    with opened(asking.terminal) as desk:
        view = desk.replica().view
        chosen = [f"officer/{known_officer(view, each)}" for each in names]
        Erasing(asking, desk, reason).of(chosen)


@erase.command(short_help="Erase the names of each MEMBER; for the secretariat, with root keys.")
@click.argument("names", nargs=-1, required=True, metavar="MEMBER...")
@with_reason
@erasing
def member(asking: Asking, names: tuple[str, ...], reason: Reason) -> None:
    """Erase the names of each MEMBER; for the secretariat, with root keys."""
    with opened(asking.terminal) as desk:
        chosen = _named("member", names, desk.replica().view.members, "`enlace freshness --all` lists them")
        Erasing(asking, desk, reason).of(chosen)


@erase.command(short_help="Erase the names of each CIRCLE; for the secretariat, with root keys.")
@click.argument("names", nargs=-1, required=True, metavar="CIRCLE...")
@with_reason
@only_former
@erasing
def circle(asking: Asking, names: tuple[str, ...], reason: Reason, former: bool) -> None:
    """Erase the names of each CIRCLE; for the secretariat, with root keys."""
    with opened(asking.terminal) as desk:
        chosen = _named("circle", names, desk.replica().view.circles, "look at its spelling")
        Erasing(asking, desk, reason).of(chosen, former=former)


@erase.command("due", short_help="Show what is kept for longer than it should be, and erase it.")
@erasing
def erase_due(asking: Asking) -> None:
    """Show what is kept for longer than it should be, and erase it all.

    Due are details that ceased to hold `enlace erase keep` days ago: those that others took the place of, those of
    contacts that were retired, and those of officers who were revoked.
    """
    with opened(asking.terminal) as desk:
        days, told = kept_days(desk.keyring.vault)
        if told:
            asking.terminal.warn(told)
        since = {each.details.commitment: each.since for each in due(desk, days)}

        def choose(view: View) -> list[Erasable]:
            return [each for each in erasable(view) if each.commitment in since and each.state != "in force"]

        Erasing(asking, desk, "retention").run(choose, since)


@erase.command("keep", short_help="Show or set how long details that ceased to hold are kept.")
@click.argument("days", required=False, metavar="[DURATION]")
@with_passphrase
def keep_for(terminal: Terminal, days: str | None) -> None:
    """Show how long details that ceased to hold are kept before they are due, or set it: 90d, 0d for not at all.

    It is this profile's own setting. What is due is erased by nobody but you, with `enlace erase due`.
    """
    with opened(terminal) as desk:
        if days is not None:
            number, rest = divmod(duration(days), DAY)
            if rest or number > MOST_KEPT:
                raise Usage(f"{days!r}: write whole days, at most {MOST_KEPT}d")
            keep(desk.keyring.vault, number)
        kept, told = kept_days(desk.keyring.vault)
        if told:
            terminal.warn(told)
        usual = "" if kept == KEPT else f" (usual: {KEPT})"
        terminal.result({"days": kept, "usual": KEPT}, f"Details that ceased to hold are due after {kept} days{usual}.")


@erase.command("list", short_help="List what was erased, when, and why if it was erased here.")
@click.option("--all", "every", is_flag=True, help="Also what other members and the roots had erased.")
@with_passphrase
def list_erased(terminal: Terminal, every: bool) -> None:
    """List what was erased, when, and why if this desk had it erased: nobody else is told the reason."""
    with opened(terminal) as desk:
        view, own = desk.replica().view, desk.profile.identity.member
        why, entries = reasons(desk.keyring.vault), desk.store.entries(0)
        gone = [(body.erased, body.subject, key) for key, body in view.bodies.items() if body.erased != NEVER]
        rows: list[dict[str, Any]] = [
            {
                "subject": subject,
                "details": key,
                "at": parse_statement(entries[position]).statement.at,
                "reason": why.get(key, ""),
            }
            for position, subject, key in sorted(gone)
            if every or view.bodies[key].member == own
        ]
        text = [f"{stamp(row['at'])}  {short(row['subject']):<24} {row['reason'] or '–'}" for row in rows]
        terminal.result({"erased": rows}, "\n".join(text) or "Nothing was erased.")


class Erasing:
    """One run: what is chosen is shown, asked about, and erased; `reason` stays on this desk."""

    def __init__(self, asking: Asking, desk: Unlocked, reason: Reason) -> None:
        self._asking, self._terminal, self._signing = asking, asking.terminal, asking.signing
        self._desk, self._reason = desk, reason

    def of(self, subjects: list[str], *, former: bool = False) -> None:
        """Erase what there is of subjects."""
        self.run(lambda view: of_subjects(view, subjects, former=former), {})

    def run(self, choose: Choice, since: dict[str, int]) -> None:
        """Show, ask, erase, tell. Nothing to erase is no error: the second run of the same command ends so."""
        view = self._desk.replica().view
        chosen = choose(view)
        check_power(self._desk.profile.identity, view, chosen, self._desk.clock())
        plain = {"erased": self.rows(chosen, since), "reason": self._reason, "dry_run": self._asking.dry_run}
        if not chosen:
            self._terminal.result(plain | {"statements": 0}, "There is nothing left to erase of that.")
            return
        if self._asking.dry_run:
            text = "\n".join(["To be erased, for good:", *self.shown(chosen, since), "Nothing was erased (--dry-run)."])
            self._terminal.result(plain | {"statements": 0}, text)
            return
        self._terminal.note("\n".join(["To be erased, for good:", *self.shown(chosen, since)]))
        for told in left_bare(chosen):
            self._terminal.warn(told)
        self._terminal.confirm(f"Erase {sets(len(chosen))}, reason {self._reason}?", yes=self._asking.yes)
        done = self.publish(choose, chosen)
        self._terminal.result(plain | {"statements": done}, f"Erased: {sets(done)}.\n{OUT_OF_REACH}")

    def publish(self, choose: Choice, chosen: list[Erasable]) -> int:
        """Have erased what was shown; returns how many there were. Refuses (Declined) if it would be others by now."""
        done = 0
        if self._signing.elsewhere and len(chosen) > MOST_STATEMENTS:
            raise Usage(f"at most {MOST_STATEMENTS} go into one request; name fewer at a time")

        async def work() -> None:
            nonlocal done
            async with connected(self._desk.keyring, self._desk.clock) as client:
                voices = self._signing.voices(self._desk)
                while done < len(chosen):
                    piece = chosen[done : done + MOST_STATEMENTS]
                    batch = await fresh_batch(self._desk, client, voices, self._signing.elsewhere)
                    if choose(batch.view) != chosen[done:]:
                        raise Declined("the directory changed since: run it again, and look at what it would erase now")
                    for each in piece:
                        batch.issue(EraseBody, body=each.commitment)
                    lost = note_reason(self._desk.keyring.vault, self._reason, piece, self._desk.clock())
                    if lost:
                        self._terminal.warn(lost)
                    # One request: after a crash here the relay has taken all of the piece or none. The same command
                    # again erases what is left, here too.
                    await self._signing.publish(self._desk, client, batch)
                    done += len(piece)

        try:
            run(work())
        except DeskError as error:
            if done:
                error.args = (f"{error}. Erased so far: {done} of {len(chosen)}; the same command erases the rest",)
            raise
        return done

    def shown(self, chosen: list[Erasable], since: dict[str, int]) -> list[str]:
        """What is chosen, in lines."""
        told = {key: f", until {stamp(at)}" for key, at in since.items()}
        return lines_of(chosen, self._desk.store.bodies(), told)

    def rows(self, chosen: list[Erasable], since: dict[str, int]) -> list[dict[str, Any]]:
        """The same for programs."""
        return [
            {"subject": each.subject, "details": each.commitment, "state": each.state}
            | ({"since": since[each.commitment]} if each.commitment in since else {})
            for each in chosen
        ]


def _named(kind: str, names: tuple[str, ...], known: Any, hint: str) -> list[str]:
    for name in names:
        if name not in known:
            raise NotFound(f"there is no {kind} {name}; {hint}")
    return [f"{kind}/{name}" for name in names]
