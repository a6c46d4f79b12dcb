"""The story of the demo, act by act. Each act says what happens, does it with real commands, and checks that it did."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from desk.demo.people import MEMBERS, admit, invite, roots, second_device
from desk.demo.relay_host import RelayHost
from desk.demo.stage import Listening, Stage, StageError

BURST = 200
ATTACHMENT = 5 << 20
CASE = "EXP-2026-0117"


@dataclass
class Story:
    """The stage, the relay, and what later acts need of earlier ones."""

    stage: Stage
    relay: RelayHost
    officers: dict[str, str] = field(default_factory=dict)
    watching: Listening | None = None

    async def play(self) -> None:
        """Play every act; raises StageError where one does not do what it should."""
        await self.found()
        await self.members()
        await self.contacts()
        await self.find()
        await self.deliver()
        await self.survive()
        await self.revoke()
        await self.forgery()
        await self.seen()

    async def found(self) -> None:
        """The relay is made, the network founded by two of three root keys."""
        stage = self.stage
        stage.act("A relay is set up, and the secretariat founds the network: 2 of 3 root keys")
        await self.relay.make()
        await self.relay.start()
        answer = await stage.run(
            "secretariat", "network", "found", "--name", "enlace.example",
            "--relay-keys", str(self.relay.folder / "relay-keys.json"),
            "--roots", str(stage.folder / "roots"), "--root-passphrase-file", str(stage.passphrase("roots")),
        )  # fmt: skip
        stage.say(f"relay     {self.relay.address} (TLS 1.3, its own certificate authority)")
        stage.say(f"network   {answer['name']}, {answer['threshold']} of {answer['roots']} root keys")
        stage.say(f"to read aloud to every member: {answer['fingerprint']}")

    async def members(self) -> None:
        """Three countries' authorities are admitted; their people enrol with TOTP."""
        stage = self.stage
        stage.act("Argentina, Colombia and Ecuador are admitted; their officers enrol, each with device key and TOTP")
        for member, (_, names) in MEMBERS.items():
            await admit(stage, member)
            name = f"{member}-desk"
            self.officers[member] = await invite(stage, member, name, "Duty officer, trafficking desk")
            stage.say(
                f"{member}   {names['en']}: 2 administrators, 1 coordinator; fingerprints compared, codes confirmed"
            )
        await second_device(stage, "ec", "ec-laptop", self.officers["ec"])
        stage.say("ec   the coordinator's laptop is enrolled as a second device")

    async def contacts(self) -> None:
        """Each member publishes its desks; the secretariat lists the rest of the region as provisional."""
        stage = self.stage
        stage.act("The directory is imported: the members' own desks, and the rest of the region as provisional")
        for member in MEMBERS:
            administrator, desk = f"{member}-admin-1", f"{member}-desk"
            answer = await stage.run(administrator, "contact", "import", "--sample", "--yes")
            await stage.run(administrator, "contact", "publish", desk, "--set", f"officers={self.officers[member]}")
            stage.say(f"{member}   {answer['added']} contacts published by their own administrator")
        answer = await stage.run("secretariat", "contact", "import", "--sample", "--yes", *roots(stage))
        stage.say(f"{answer['added']} contacts of states not yet admitted: provisional, compiled and not confirmed")
        again = await stage.run("secretariat", "contact", "import", "--sample", "--yes", *roots(stage))
        stage.say(f"the same again: {again['added']} added, {again['unchanged']} unchanged")
        for name in ("ar-desk", "co-desk", "ec-desk", "ec-laptop"):
            await stage.run(name, "sync")

    async def find(self) -> None:
        """Who answers now?"""
        self.stage.act("3 a.m. in Buenos Aires: who answers now for trafficking in Colombia, in Spanish?")
        await self.stage.show(
            "ar-desk", "find", "--country", "Colombia", "--function", "trafficking-24-7", "--language", "es", "--now"
        )

    async def deliver(self) -> None:
        """An urgent message with an attachment, to a desk that is locked and watching."""
        stage = self.stage
        stage.act("Nobody has unlocked Colombia's desk; it watches. Argentina sends an urgent message with 5 MB")
        process = await stage.start("co-desk", "watch", "--json")
        self.watching = Listening(process).begin()
        await self.watching.wait("listening")
        photo, text = stage.folder / "evidence.bin", stage.folder / "message.txt"
        photo.write_bytes(os.urandom(ATTACHMENT))
        text.write_text(
            "Solicitamos verificar con urgencia el paradero. Se adjunta la documentación.\n", encoding="utf-8"
        )
        began = time.monotonic()
        sent = await stage.run(
            "ar-desk", "send", "co-desk", "--subject", "Posible víctima en tránsito", "--text", str(text), "--attach",
            str(photo), "--case", CASE, "--precedence", "immediate", "--tlp", "AMBER", "--language", "es",
        )  # fmt: skip
        rang = (await self.watching.wait("message"))[0]
        took = time.monotonic() - began
        stage.say(
            f"sent, taken in and signed for by the relay; {rang['precedence']} message at the locked desk: it rings"
        )
        stage.say(f"{took:.1f} s from the command to the bell, 5 MB upload included")
        stage.act("The officer unlocks, reads, saves the attachment and accepts")
        listed = await stage.run("co-desk", "inbox")
        number = str(listed["messages"][-1]["number"])
        saved = stage.folder / "saved"
        saved.mkdir(exist_ok=True)
        await stage.show("co-desk", "read", number, "--save", str(saved))
        if (saved / photo.name).read_bytes() != photo.read_bytes():
            raise StageError("the attachment that was saved is not the one that was sent")
        stage.say("the saved attachment is byte for byte the one that was sent")
        await stage.run("co-desk", "accept", number)
        stage.act("Argentina sees who signed for what")
        await stage.run("ar-desk", "sync")
        await stage.show("ar-desk", "receipts", str(sent["number"]))

    async def survive(self) -> None:
        """The relay is killed in the middle of 200 messages."""
        stage, watching = self.stage, self.watching
        if watching is None:
            raise StageError("nobody watches")
        stage.act(f"The relay is killed (SIGKILL) in the middle of {BURST} messages, and started again")
        before = len([each for each in watching.events if each.get("event") == "message"])
        process = await stage.start("ar-desk", "co-desk", str(BURST), module="desk.demo.burst")
        burst = Listening(process).begin()
        await burst.wait("queued")
        await watching.wait("message", before + BURST // 4)
        await self.relay.kill()
        stage.say(f"killed when {len(watching.events) - before} events had reached Colombia")
        await burst.wait("unreachable")
        await self.relay.start()
        done = (await burst.wait("done", patience=120))[0]
        await process.wait()
        if done["left"]:
            raise StageError(f"{done['left']} messages were not sent")
        stage.say(f"started again; the outbox is empty after {done['rounds']} rounds")
        subjects: list[str] = []
        deadline = time.monotonic() + 60
        while len(subjects) < BURST and time.monotonic() < deadline:
            listed = await stage.run("co-desk", "inbox", "--find", "burst")
            subjects = [each["content"]["subject"] for each in listed["messages"]]
        wanted = [f"burst {number:04d}" for number in range(1, BURST + 1)]
        if sorted(subjects) != wanted:
            raise StageError(
                f"{len(subjects)} messages arrived, {len(set(subjects))} different ones; {BURST} were sent"
            )
        stage.say(f"Colombia has {len(subjects)} messages, {len(set(subjects))} different ones: each once")

    async def revoke(self) -> None:
        """A laptop is lost and revoked; its stream ends, nothing more is sealed to it."""
        stage = self.stage
        stage.act("Ecuador loses a laptop; an administrator revokes it")
        process = await stage.start("ec-laptop", "watch", "--json")
        laptop = Listening(process).begin()
        await laptop.wait("listening")
        device = (await stage.run("ec-laptop", "status"))["device"]
        began = time.monotonic()
        await stage.run("ec-admin-1", "device", "revoke", device, "--reason", "lost", "--yes")
        await process.wait()
        stage.say(
            f"{time.monotonic() - began:.1f} s after the administrator pressed Enter the laptop's stream was dead"
        )
        refused = await stage.run("ec-laptop", "sync", fails=3)
        stage.say(f"the laptop tries to synchronise: {refused['error']}")
        text = stage.folder / "after.txt"
        text.write_text("¿Pueden confirmar la recepción?\n", encoding="utf-8")
        sent = await stage.run("ar-desk", "send", "ec-desk", "--subject", "Después de la pérdida", "--text", str(text))
        header = next(each for each in self.relay.seen()["headers"] if each["id"] and self._is(each, sent))
        devices = {each["device"] for one in header["stages"] for each in one["devices"]}
        if device in devices:
            raise StageError("a message was sealed to the revoked laptop")
        stage.say(f"a message sent now is sealed to {len(devices)} device of Ecuador; the laptop is not among them")

    async def forgery(self) -> None:
        """The relay's operator forges an entry, with the log's own keys."""
        stage = self.stage
        stage.act("The relay's operator forges an entry: a device of its own for Colombia's officer")
        await self.relay.stop()
        kept = self.relay.keep_log()
        entries, checkpoint = self.relay.forge(self.officers["co"])
        check = await self.relay.check(fails=3)
        stage.say(
            f"written into the relay's database, checkpoint signed with the log's real keys. Its check: {_why(check)}"
        )
        liar = await self.relay.serve_forged(entries, checkpoint)
        for name in ("ar-desk", "ec-desk", "co-desk", "secretariat"):
            refused = await stage.run(name, "sync", fails=5)
            stage.say(click.style(f"{name:<12}", bold=True) + refused["error"])
        liar.terminate()
        await liar.wait()
        self.relay.put_back(kept)
        await self.relay.start()
        await stage.run("ar-desk", "sync")
        stage.say("the honest log is put back, and the desks go on where they were")

    async def seen(self) -> None:
        """What the relay could see of all this, from its own store."""
        stage = self.stage
        stage.act("What the relay could see of all this, from its own store")
        seen = self.relay.seen()
        headers: list[dict[str, Any]] = seen["headers"]
        senders = {each["sender"][:8] for each in headers}
        stage.say(f"{len(headers)} envelopes from {len(senders)} devices, {seen['states']}, {seen['steps']} step(s)")
        header = next(each for each in headers if each["precedence"] == "immediate")
        stage.say("of the urgent one it knows:")
        for key in ("id", "sender", "precedence", "time", "expires", "stop", "tree_size"):
            stage.say(f"  {key:<11} {header[key]}")
        stage.say(f"  recipients  {[[each['device'][:8] for each in one['devices']] for one in header['stages']]}")
        stage.say(f"  attachments {[each[:16] for each in header['attachments']]}")
        words = [CASE, "víctima", "paradero", "evidence.bin", "co-desk", "ar-desk"]
        found = [word for word in words if _occurs(self.relay.folder / "data" / "mail.db", word)]
        if found:
            raise StageError(f"the relay's mail store holds {found}")
        stage.say("searched for in its mail store, not found: " + ", ".join(words))

    def _is(self, header: dict[str, Any], sent: dict[str, Any]) -> bool:
        """Whether a header is that of a message just sent: the newest with its expiry."""
        return bool(header["expires"] == sent["expires"])


def _why(check: dict[str, Any]) -> str:
    return str(check.get("error") or check)


def _occurs(path: Path, word: str) -> bool:
    files = [path, *path.parent.glob(path.name + "-*")]
    return any(word.encode() in each.read_bytes() for each in files if each.is_file())
