"""What the commands that sign statements share: whose voices, sending, and the proposal if others must sign too."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from crypto.fingerprint import fingerprint
from desk import host
from desk.errors import DeskError, NeedsSigning, NotFound, Usage
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.profile.unlocked import Unlocked
from desk.replica.publishing import publish
from desk.replica.statements import Batch, NeedsOthers, NeedsRoots, Voice, device_voice, duty_voice
from desk.replica.synchronise import synchronise
from desk.roots.ceremony import request_for
from desk.roots.drafts import Asked
from desk.roots.duty_key import settle
from desk.roots.root_keys import open_root_key
from desk.roots.root_request import write_request
from desk.terminal import Terminal, run
from directory.canonical import Malformed
from directory.replay import Replica

Command = Callable[..., Any]


def with_roots(function: Command) -> Command:
    """Give a command `--root-key` and `--root-passphrase-file` (both repeatable), `--proposal` and `--request`."""

    @click.option(
        "--root-key", "root_keys", multiple=True, metavar="FILE", help="Sign with the root key in FILE; repeat it."
    )
    @click.option(
        "--root-passphrase-file",
        "root_passphrases",
        multiple=True,
        metavar="FILE",
        help="Read their passphrase from the first line of FILE; repeat it if each has its own.",
    )
    @click.option(
        "--proposal", metavar="FILE", help="If others have to sign too: write what was signed to FILE, for them."
    )
    @click.option(
        "--request", metavar="FILE", help="Publish nothing: write FILE, for root keys on other machines to sign."
    )
    @wraps(function)
    def command(
        terminal: Terminal,
        *args: Any,
        root_keys: tuple[str, ...],
        root_passphrases: tuple[str, ...],
        proposal: str | None,
        request: str | None,
        **kwargs: Any,
    ) -> Any:
        signing = Signing(terminal, root_keys, root_passphrases, proposal, request)
        return function(terminal, *args, signing=signing, **kwargs)

    return command


class Signing:
    """The root keys a run was given, and where a proposal or a request goes."""

    def __init__(
        self,
        terminal: Terminal,
        keys: tuple[str, ...],
        passphrases: tuple[str, ...],
        proposal: str | None,
        request: str | None = None,
    ) -> None:
        if request is not None:
            if keys or passphrases or proposal is not None:
                raise Usage("--request asks root keys elsewhere: leave --root-key and --proposal out")
            check_new(Path(request))
        self._request = request
        if len(passphrases) not in (0, 1, len(keys)):
            raise Usage("give one --root-passphrase-file for all root keys, or one for each")
        self._terminal, self._keys, self._passphrases, self._proposal = terminal, keys, passphrases, proposal

    @property
    def may_propose(self) -> bool:
        """Whether there is a file for what others have to sign too."""
        return self._proposal is not None

    @property
    def elsewhere(self) -> bool:
        """Whether root keys on other machines are to sign, so that a request is written and nothing published."""
        return self._request is not None

    def voices(self, desk: Unlocked) -> list[Voice]:
        """The device's voice (in an officer's profile), and those of the root keys given."""
        own = [device_voice(desk.keyring)] if desk.profile.identity.kind == "officer" else []
        return own + self.roots()

    def roots(self) -> list[Voice]:
        """The voices of the root keys given, their passphrases asked for."""
        found: list[Voice] = []
        for key in self._keys:
            if not Path(key).is_file():
                raise NotFound(f"there is no root key at {key}")
        for index, key in enumerate(self._keys):
            source = self._passphrases[index if len(self._passphrases) > 1 else 0] if self._passphrases else None
            passphrase = self._terminal.secret(f"Passphrase of {key}", source, "--root-passphrase-file")
            found.append(open_root_key(Path(key), passphrase.encode()))
        return found

    def issue(
        self,
        desk: Unlocked,
        kind: type[Any],
        *each: dict[str, Any],
        voices: list[Voice] | None = None,
        by_duty: bool = False,
    ) -> None:
        """Issue a statement of `kind` with each of these fields, all or none, on the newest directory there is.

        It is signed by `voices`, by the duty key alone if `by_duty`, else by this device and the root keys given.
        """
        speaking = self.voices(desk) if voices is None and not by_duty else voices or []

        async def work() -> None:
            async with connected(desk.keyring, desk.clock) as client:
                batch = await fresh_batch(desk, client, speaking, self.elsewhere)
                if by_duty:  # known only now: the newest directory says which key that is (`desk.roots.duty_key`)
                    batch.voices = [duty_voice(desk.keyring)]
                for fields in each:
                    batch.issue(kind, **fields)
                await self.publish(desk, client, batch)

        run(work())

    async def publish(self, desk: Unlocked, client: RelayClient, batch: Batch) -> None:
        """Send a batch, bring the replica up to date, and see it published.

        If others have to sign too, the proposal or the request is written, and NeedsSigning says what to do with it.
        """
        try:
            published = await publish(desk.profile, desk.store, client, batch.request(), desk.clock())
            settle(desk.keyring, published.replica.view)
        except NeedsOthers as others:
            raise self.proposed(desk, others) from others

    def proposed(self, desk: Unlocked, others: NeedsOthers) -> DeskError:
        """Write a proposal, or a request for root keys elsewhere; returns what to tell the user."""
        if isinstance(others, NeedsRoots):
            return self.asked(desk, others.asked)
        if self._proposal is None:
            return Usage(f"{others}. Call it again with --proposal FILE to write a file for the others to sign")
        host.write_whole(Path(self._proposal), others.proposal)
        return NeedsSigning(f"{others}. Written to {self._proposal}; they look at it and sign with `enlace approve`")

    def asked(self, desk: Unlocked, asked: Asked) -> NeedsSigning:
        """Write the request for root keys elsewhere; returns what to tell the user."""
        path = Path(self._request or "")
        try:
            host.write_new(path, write_request(*request_for(asked, desk.replica(), desk.store, desk.clock())))
        except Malformed as error:
            raise Usage(str(error)) from error
        what = f"Nothing is published yet. The request is in {path}; its fingerprint is {fingerprint(asked.id)}"
        return NeedsSigning(f"{what}. Have it signed offline: `enlace root sign`, then `combine` and `publish`")


def check_new(path: Path) -> None:
    """Return if a file can be written at `path` and none is there; raise Usage before anything was done for it."""
    if os.path.lexists(path):
        raise Usage(f"{path} exists already, and is not overwritten; give another name")
    if not path.parent.is_dir():
        raise Usage(f"there is no folder {path.parent} to write {path.name} into")


async def newest(desk: Unlocked) -> Replica:
    """The newest directory the relay has."""
    async with connected(desk.keyring, desk.clock) as client:
        replica = (await synchronise(desk.profile, desk.store, client, desk.clock())).replica
        settle(desk.keyring, replica.view)
        return replica


async def fresh_batch(desk: Unlocked, client: RelayClient, voices: list[Voice], elsewhere: bool = False) -> Batch:
    """An empty batch on the newest directory the relay has; `elsewhere` if it is to be a request for root keys."""
    done = await synchronise(desk.profile, desk.store, client, desk.clock())
    settle(desk.keyring, done.replica.view)
    return Batch(done.replica.view, voices, desk.clock(), drafting=elsewhere)


__all__ = ["Signing", "check_new", "connected", "fresh_batch", "newest", "with_roots"]
