"""Publishing what an import was shown to do: in one piece, or in several one after the other if the user says so.

1. One piece is one request: whatever dies in the middle, the relay has taken all of it or none.
2. Of several pieces, each is whole, and so is each contact: what a run that was cut short has published stays, and the
   same command goes on with the rest. Where alternates go in a circle, a contact may lack some of them until then.
3. Before each piece it is planned anew on the newest directory, on which it is published: what the user was not shown
   is not published. That is what a contact would become, and from what: another's change is not undone unseen, be it
   from before this run or of what this run published.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from desk.commands.signing import Signing, fresh_batch
from desk.entries.circles import Audience, audience
from desk.entries.contact_batch import MOST_IN_BATCH, add_contact
from desk.errors import Declined, DeskError, Usage
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.profile.unlocked import Unlocked
from desk.replica.statements import Batch
from desk.terminal import Terminal, run
from directory.exchange.csv_contact import Wanted, cells_of
from directory.exchange.csv_plan import Difference, Item, Plan

_CHANGED = (
    "the directory changed since this desk last synchronised; nothing {more}was imported: run it again and look at "
    "what it would do now"
)


def audiences(desk: Unlocked, plan: Plan) -> list[Audience]:
    """Whom an import adds to those who see a contact, and whom it takes away."""
    view, member = desk.replica().view, desk.profile.identity.member
    found = (audience(view, each.wanted, member) for each in (*plan.added, *plan.changed))
    return [each for each in found if each is not None]


def check_size(plan: Plan, signing: Signing, *, pieces: bool) -> None:
    """Return if a plan goes in one piece, or may go in several; raise Usage saying what to do if not."""
    if pieces and (signing.elsewhere or signing.may_propose):
        raise Usage("what others have to sign goes in one piece: leave --pieces out")
    if not pieces and len(plan.steps) > MOST_IN_BATCH:
        raise Usage(
            f"{len(plan.steps)} statements; at most {MOST_IN_BATCH} go in one piece, all or none: split the file, or "
            "say --pieces to publish one piece after the other"
        )


@dataclass
class Publishing:
    """One run: what was shown, how to plan it anew, and how many statements are published."""

    terminal: Terminal
    desk: Unlocked
    signing: Signing
    plan: Plan
    seen: list[Audience]
    again: Callable[[], Plan]
    done: int = 0
    _published: dict[str, Wanted] = field(default_factory=dict)

    def whole(self) -> int:
        """Publish all in one piece; refuses (Declined) if it would be another than was shown.

        What is asked about counts too: a contact that was listed meanwhile may be the same.
        """

        async def work() -> None:
            async with connected(self.desk.keyring, self.terminal.clock) as client:
                batch = await fresh_batch(self.desk, client, self.signing.voices(self.desk), self.signing.elsewhere)
                now = self.again()
                shown = (self.plan.added, self.plan.changed, self.plan.alike, self.seen)
                if (now.added, now.changed, now.alike, audiences(self.desk, now)) != shown:
                    raise Declined(_CHANGED.format(more=""))
                for wanted in self.plan.steps:
                    add_contact(batch, wanted, self.desk.profile.identity.member)
                # One request: after a crash here the relay has taken all of them or none, and importing again tells.
                try:
                    await self.signing.publish(self.desk, client, batch)
                except Declined as error:
                    if error.problem == "too-large":
                        raise Usage(f"{error}; nothing was imported: split the file, or say --pieces") from error
                    raise
                self.done += len(batch.statements)

        if self.plan.steps:
            run(work())
        return self.done

    def pieces(self) -> int:
        """Publish piece after piece, telling what is published if it ends early (rule 2)."""

        async def work() -> None:
            voices, most = self.signing.voices(self.desk), MOST_IN_BATCH
            async with connected(self.desk.keyring, self.terminal.clock) as client:
                while most:
                    batch = await fresh_batch(self.desk, client, voices)
                    if not (steps := self._rest()):
                        break
                    try:
                        await self._piece(client, batch, steps[:most])
                    except Declined as error:
                        if error.problem != "too-large" or min(most, len(steps)) == 1:
                            raise
                        most = min(most, len(steps)) // 2
                    self.terminal.counted("Statements", self.done, self.done + len(steps[most:]))

        try:
            run(work())
        except DeskError:
            if self.done:
                self.terminal.warn(f"{self.done} statements are published, each whole; the same command goes on")
            raise
        return self.done

    def _rest(self) -> tuple[Wanted, ...]:
        """What is left to publish on the newest directory; raises Declined if it is not what was shown (rule 3)."""
        now = self.again()
        shown = {item.wanted.contact: item for item in (*self.plan.added, *self.plan.changed)}
        other = any(not self._as_shown(item, shown.get(item.wanted.contact)) for item in (*now.added, *now.changed))
        alike = any(each not in self.plan.alike for each in now.alike) and not self.done
        wider = any(each not in self.seen for each in audiences(self.desk, now))
        if other or alike or wider:
            raise Declined(_CHANGED.format(more="more " if self.done else ""))
        return now.steps

    def _as_shown(self, item: Item, shown: Item | None) -> bool:
        """Whether what an item changes was shown; of a contact published in this run, the alternates it lacks yet."""
        published = self._published.get(item.wanted.contact)
        if shown is None or published is None:
            return item == shown
        lacks = tuple(cells_of(each).get("escalation", "") for each in (published, shown.wanted))
        return item.wanted == shown.wanted and item.differences == (Difference("escalation", *lacks),)

    async def _piece(self, client: RelayClient, batch: Batch, steps: Sequence[Wanted]) -> None:
        for wanted in steps:
            add_contact(batch, wanted, self.desk.profile.identity.member)
        # After a crash here the relay has taken this piece or not; either way the next run plans what is left.
        await self.signing.publish(self.desk, client, batch)
        self.done += len(batch.statements)
        self._published |= {wanted.contact: wanted for wanted in steps}
