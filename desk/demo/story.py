"""The first half of the demo: from the founding of a network to a message that was accepted, and who signed for what.

Each act says what happens, does it with real commands, and checks that it did.
"""

import asyncio
import os
import time
from dataclasses import dataclass, field

from desk.demo.people import MEMBERS, roots, settle
from desk.demo.relay_host import RelayHost
from desk.demo.stage import Listening, Stage, StageError

ATTACHMENT = 5 << 20
FILE = "evidence.bin"
CASE = "EXP-2026-0117"
TEXT = "Solicitamos verificar con urgencia el paradero. Se adjunta la documentación."
SUBJECT = "Posible víctima en tránsito"


@dataclass
class Story:
    """The stage, the relay, and what later acts need of earlier ones."""

    stage: Stage
    relay: RelayHost
    officers: dict[str, str] = field(default_factory=dict)
    watch: Listening | None = None

    @property
    def watching(self) -> Listening:
        """Colombia's desk, which watches from its act on."""
        if self.watch is None:
            raise StageError("nobody watches")
        return self.watch

    async def first_half(self) -> None:
        """Play it; raises StageError where an act does not do what it should."""
        await self.found()
        await self.members()
        await self.contacts()
        await self.find()
        await self.deliver()
        await self.accept()

    async def found(self) -> None:
        """The relay is made, the network founded by two of three root keys."""
        stage = self.stage
        stage.act("A relay is set up, and the secretariat founds a network")
        await self.relay.make()
        await self.relay.start()
        answer = await stage.run(
            "secretariat", "network", "found", "--name", "enlace.example",
            "--relay-keys", str(self.relay.folder / "relay-keys.json"),
            "--roots", str(stage.folder / "roots"), "--root-passphrase-file", str(stage.passphrase("roots")),
        )  # fmt: skip
        stage.row("relay", f"{self.relay.address}, TLS 1.3 with an authority of its own")
        stage.row("network", f"{answer['name']}: {answer['threshold']} of {answer['roots']} root keys sign, offline")
        stage.row("fingerprint", answer["fingerprint"])
        stage.row("", "Every member hears it once, by voice.")

    async def members(self) -> None:
        """Three countries' authorities are admitted; their people enrol with TOTP."""
        stage = self.stage
        stage.act("Argentina, Colombia and Ecuador are admitted; their people enrol")
        settled = await asyncio.gather(*(settle(stage, member) for member in MEMBERS))
        self.officers = dict(zip(MEMBERS, settled, strict=True))
        for member, (_, names) in MEMBERS.items():
            laptop = ", who has a laptop too" if member == "ec" else ""
            stage.row(member, f"{names['en']}: 2 administrators, 1 officer on duty{laptop}")
        stage.tell(
            "Every desk made its own keys; an administrator compared their fingerprint and confirmed them; the first "
            "log-in took device key and TOTP code. Each second administrator was signed for by two, as policy asks."
        )

    async def contacts(self) -> None:
        """Each member publishes its desks; the secretariat lists the rest of the region as provisional."""
        stage = self.stage
        stage.act("The directory is filled: each authority signs its own contacts")

        async def publish(member: str) -> int:
            administrator, desk = f"{member}-admin-1", f"{member}-desk"
            answer = await stage.run(administrator, "contact", "import", "--sample", "--yes")
            await stage.run(administrator, "contact", "publish", desk, "--set", f"officers={self.officers[member]}")
            return int(answer["added"])

        counts = await asyncio.gather(*(publish(member) for member in MEMBERS))
        for member, count in zip(MEMBERS, counts, strict=True):
            stage.row(member, f"{count} contacts, signed by its own administrator")
        sample = ("contact", "import", "--sample", "--yes", *roots(stage))
        answer = await stage.run("secretariat", *sample)
        stage.row("the rest", f"{answer['added']} contacts of states not admitted yet: compiled, not confirmed")
        again = await stage.run("secretariat", *sample)
        if again["added"] or again["changed"]:
            raise StageError("the same import changed something the second time")
        stage.row("once more", f"the same import again: {again['added']} added, {again['unchanged']} unchanged")
        await asyncio.gather(*(stage.run(name, "sync") for name in ("ar-desk", "co-desk", "ec-desk", "ec-laptop")))

    async def find(self) -> None:
        """Who answers now?"""
        stage = self.stage
        stage.act("Argentina asks: who answers now, for trafficking, in Colombia, in Spanish?")
        stage.tell("The desk looks into its own verified copy of the directory; no network is needed.")
        out = await stage.show(
            "ar-desk", "find", "--country", "Colombia", "--function", "trafficking-24-7", "--language", "es", "--now"
        )
        if "co-desk" not in out or "answers now" not in out:
            raise StageError("Colombia's desk was not found")

    async def deliver(self) -> None:
        """An urgent message with an attachment, to a desk that is locked and watching."""
        stage = self.stage
        stage.act("Argentina sends an urgent message with a file of 5 MB; Colombia's desk is locked, and watches")
        self.watch = Listening(await stage.start("co-desk", "watch", "--json")).begin()
        await self.watch.wait("listening")
        file, text = stage.folder / FILE, stage.folder / "message.txt"
        file.write_bytes(os.urandom(ATTACHMENT))
        text.write_text(TEXT + "\n", encoding="utf-8")
        began = time.monotonic()
        await stage.show(
            "ar-desk", "send", "co-desk", "--subject", SUBJECT, "--text", str(text), "--attach",
            str(file), "--case", CASE, "--precedence", "immediate", "--tlp", "AMBER", "--language", "es",
        )  # fmt: skip
        rang = (await self.watch.wait("message"))[0]
        took = time.monotonic() - began
        stage.tell(
            f"Colombia's desk rings: an {rang['precedence']} message, {took:.1f} s after Argentina's Enter. It has "
            "stored the message and signed that it was delivered. To read it, somebody has to unlock."
        )

    async def accept(self) -> None:
        """The officer reads and accepts; the sender sees who signed for what."""
        stage = self.stage
        stage.act("The officer in Colombia unlocks, reads, saves the file, and accepts")
        listed = await stage.run("co-desk", "inbox")
        number = str(listed["messages"][-1]["number"])
        saved = stage.folder / "saved"
        saved.mkdir(exist_ok=True)
        await stage.show("co-desk", "read", number, "--save", str(saved))
        if (saved / FILE).read_bytes() != (stage.folder / FILE).read_bytes():
            raise StageError("the file that was saved is not the one that was sent")
        stage.tell("The saved file is the one that was sent, byte for byte.")
        await stage.show("co-desk", "accept", number)
        stage.act("Argentina sees what became of it, and who signed for that")
        await stage.run("ar-desk", "sync")
        out = await stage.show("ar-desk", "receipts", "1")
        for word in ("relayed", "delivered", "opened", "accepted"):
            if word not in out:
                raise StageError(f"no receipt says {word}")
