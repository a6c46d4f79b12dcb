"""A profile: one folder, one identity, one process at a time.

| file | what | readable without the passphrase |
|---|---|---|
| `profile.json` | network, member, officer and device ids, relay address | yes |
| `keys.age` | signing keys, archive and vault identities (`keyring`) | no |
| `reception.json` | the reception keys: may keep a stream open and sign *delivered* | yes, by design |
| `reception-next.json` | those about to take their place (`reception`) | yes, by design |
| `vault/` | session, epoch keys, pending invitations, each sealed (`vault`) | no |
| `replica.db` | the directory, verified (`replica`) | yes, and says so |
| `view.kept` | the same as it was folded last, sealed (`kept_view`) | yes |
| `coming.part` | statements on their way, not believed (`coming`) | yes |
| `halted.json` | that this desk is halted, and why (`standing`); only while it is | yes |
| `messages.db` | messages, receipts, outbox, each row sealed (`mail`) | no |
| `spool/` | envelopes and lines as they came, ciphertext (`spool`) | only what the relay sees too |
| `files/` | attachments as they travel, ciphertext | no |
| `ringing/` | what nobody has opened: hash, precedence, times; whom this desk serves (`notices.ringing`) | yes |
| `clocks/` | of messages whose stages are not over: when each is due, whose keys stop it (`notices.clocks`) | yes |
| `due.json` | when time limits of requests end, and of which nothing (`notices.limits`) | yes |
| `due-stopped.json` | when somebody last stopped the ringing for those (`notices.limits`) | yes |
| `deaf.json` | since when a watch that runs hears nothing, as it told (`notices.deaf`) | yes |
| `deaf-stopped.json` | when somebody last stopped the ringing for that (`notices.deaf`) | yes |
| `heard.json` | up to when the relay said that nothing more waits (`mail.heard`) | yes |
| `notices/` | who is told that mail waits, and whom that reached | yes, and says so |
| `shift` | until when a shift lasts (`shift_mark`) | yes |
| `left` | changes when another officer of the machine takes over (`shift_mark`) | yes |
| `alarms/` | evidence of what was not believed (`evidence`) | yes |
| `editing/` | a free text while the officer's own editor is open, and no longer (`desk.drafting.editor`) | yes |
| `api/`, `api-token` | the files and the token of the local API, while it runs (`desk.api`) | yes |
| `doubts/` | evidence against a sender: checkpoints, and messages sealed to the archive | the checkpoints |

Five locks: `desk.lock` for whoever changes keys, replica or messages, `watch.lock` for the one watch, `stream.lock` for
whoever holds the stream, `edit.lock` while an editor is open, `api.lock` for the one local API. So an officer reads
messages while `enlace watch` goes on listening.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from config.private import holder
from desk import host
from desk.alarms.evidence import keep
from desk.errors import DeskError, NotFound, Usage
from directory.canonical import Malformed, decode_lenient, encode
from directory.fields import Hash, NetworkName

PROFILE_FILE = "profile.json"
README_FILE = "README.txt"
FOLDERS = ("vault", "spool", "files", "alarms", "doubts")
README = """This folder belongs to Enlace. `replica.db` is the directory and can be read by anyone who can read this
folder; messages, keys and attachments are sealed under the passphrase.
Do not copy parts of it: keys that run in two places break.
"""


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who this profile is. `officer`, `device` and `member` are empty for the secretariat."""

    kind: Literal["officer", "secretariat"]
    name: NetworkName
    network: Hash | Literal[""] = ""
    member: str = ""
    officer: str = ""
    device: str = ""
    relay: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """An opened profile folder."""

    path: Path
    identity: Identity

    @classmethod
    def open(cls, path: Path) -> "Profile":
        """The profile in `path`; raises NotFound where there is none, Usage if others may read it or it is damaged."""
        file = path / PROFILE_FILE
        if not file.is_file():
            words = "`enlace enrol` makes one from an invitation, `enlace profiles` lists those on this machine"
            raise NotFound(f"there is no profile in {path}; {words}")
        host.private_folder(path)
        try:
            return cls(path, decode_lenient(file.read_bytes(), Identity))
        except OSError as error:
            raise Usage(f"{file} cannot be read: {host.reason(error)}") from error
        except Malformed as error:
            raise Usage(f"{file} is damaged: {error}") from error

    @classmethod
    def create(cls, path: Path, identity: Identity) -> "Profile":
        """The folder of a new profile, which must be empty or absent. It is no profile before `save`: so after a crash
        in between nobody works with half of one."""
        try:
            found = {each.name for each in path.iterdir()} if path.exists() else set[str]()
        except OSError as error:
            raise Usage(f"{path} cannot be made a profile: {host.reason(error)}") from error
        if README_FILE in found and PROFILE_FILE not in found:
            raise Usage(f"making a profile in {path} was cut short, before anything was sent; delete it and begin anew")
        if found:
            raise Usage(f"{path} is not empty; choose another folder with --profile")
        host.private_folder(path)
        host.write_whole(path / README_FILE, README.encode())
        for folder in FOLDERS:
            host.private_folder(path / folder)
        return cls(path, identity)

    def save(self, identity: Identity) -> "Profile":
        """The profile with this identity record, stored; the first time, it begins to be one."""
        host.write_whole(self.path / PROFILE_FILE, encode(identity))
        return Profile(self.path, identity)

    @contextmanager
    def locked(self, name: Literal["desk", "watch", "stream", "edit", "api"] = "desk") -> Iterator[None]:
        """Hold one of the profile's locks; raises Locked if another process has it."""
        handle = host.lock(self.path / f"{name}.lock", f"the profile {self.path} ({name})")
        try:
            yield
        finally:
            handle.close()

    def watched(self) -> bool:
        """Whether `enlace watch` runs for this desk, or is about to listen; raises DeskError if it cannot be told."""
        return self._held("watch")

    def in_use(self) -> bool:
        """Whether a command works with this desk unlocked; raises DeskError if it cannot be told."""
        return self._held("desk")

    def holder(self, name: Literal["desk", "watch", "stream"]) -> int:
        """The number of the process that has one of the locks; 0 if nobody has it, or it is not known who."""
        try:
            return holder(self.path / f"{name}.lock") or 0
        except OSError:
            return 0

    def _held(self, name: str) -> bool:
        file = self.path / f"{name}.lock"
        try:
            return holder(file) is not None
        except OSError as error:
            raise DeskError(
                f"{file} cannot be looked at: {host.reason(error)}; if another user of this machine made it, remove it"
            ) from error

    def evidence(
        self, kind: str, files: dict[str, bytes], now: int, accusation: bytes = b"", *, proven: bool = False
    ) -> str:
        """Keep what raised an alarm, for a second party to look at; returns where it is, or why it is nowhere."""
        return keep(self.path / "alarms", kind, files, now, accusation=accusation, proven=proven)

    def doubt(self, kind: str, files: dict[str, bytes], now: int, about: bytes = b"") -> str:
        """Keep what a sender is to be asked about and nobody else is to blame for; returns as `evidence` does."""
        return keep(self.path / "doubts", kind, files, now, about)
