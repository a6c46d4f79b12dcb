"""The second half of the demo: what goes wrong in one night, and what the relay could see of it all."""

import asyncio
import time
from typing import Any

import click

from desk.demo.relay_host import RelayHost
from desk.demo.stage import Listening, Stage, StageError
from desk.demo.story import CASE, FILE, SUBJECT, TEXT, Story
from desk.terminal import stamp

BURST = 200
DESKS = ("ar-desk", "co-desk", "ec-desk", "secretariat")


async def bad_night(story: Story) -> None:
    """Play it; raises StageError where an act does not do what it should."""
    await killed(story)
    await lost(story)
    await forged(story)
    await seen(story.stage, story.relay)


async def killed(story: Story) -> None:
    """The relay is killed in the middle of 200 messages."""
    stage, watching = story.stage, story.watching
    stage.act(f"The relay is killed (SIGKILL) in the middle of {BURST} messages, and started again")
    before = watching.count("message")
    process = await stage.start("ar-desk", "co-desk", str(BURST), module="desk.demo.burst")
    burst = Listening(process).begin()
    await burst.wait("queued")
    await watching.wait("message", before + BURST // 4)
    await story.relay.kill()
    stage.row("killed", f"when {watching.count('message') - before} messages had reached Colombia")
    await burst.wait("unreachable")
    await story.relay.start()
    done = (await burst.wait("done", patience=120))[0]
    await process.wait()
    if done["left"]:
        raise StageError(f"{done['left']} messages were not sent")
    stage.row("started", "Argentina's desk sent the rest by itself, and once more whatever had got no answer")
    await watching.wait("message", before + BURST)
    listed = await stage.run("co-desk", "inbox", "--find", "burst")
    subjects = [each["content"]["subject"] for each in listed["messages"]]
    if sorted(subjects) != [f"burst {number:04d}" for number in range(1, BURST + 1)]:
        different = len(set(subjects))
        raise StageError(f"{len(subjects)} messages arrived, {different} different ones; {BURST} were sent")
    stage.row("in Colombia", f"{len(subjects)} messages, {len(set(subjects))} different ones: each exactly once")


async def lost(story: Story) -> None:
    """A laptop is lost and revoked; its stream ends, nothing more is sealed to it."""
    stage, relay = story.stage, story.relay
    stage.act("Ecuador loses a laptop; an administrator revokes it")
    process = await stage.start("ec-laptop", "watch", "--json")
    laptop = Listening(process).begin()
    await laptop.wait("listening")
    device = (await stage.run("ec-laptop", "status"))["device"]
    began = time.monotonic()
    await stage.run("ec-admin-1", "device", "revoke", device, "--reason", "lost", "--yes")
    await asyncio.wait_for(process.wait(), 10)
    took = time.monotonic() - began
    stage.row("revoked", f"{took:.1f} s after the administrator's Enter the laptop's connection was dead")
    refused = await stage.run("ec-laptop", "sync", fails=3)
    stage.row("the laptop", f"tries to synchronise; the relay answers: {refused['error']}")
    known = {each["id"] for each in relay.seen()["headers"]}
    text = stage.folder / "after.txt"
    text.write_text("¿Pueden confirmar la recepción?\n", encoding="utf-8")
    await stage.run("ar-desk", "send", "ec-desk", "--subject", "Después de la pérdida", "--text", str(text))
    (header,) = (each for each in relay.seen()["headers"] if each["id"] not in known)
    devices = {each["device"] for one in header["stages"] for each in one["devices"]}
    if device in devices or not devices:
        raise StageError("the message was sealed to the wrong devices")
    stage.row("from now on", f"a message to Ecuador is sealed to {len(devices)} device; the laptop is not among them")


async def forged(story: Story) -> None:
    """The relay's operator forges an entry, with the log's own keys."""
    stage, relay = story.stage, story.relay
    stage.act("The relay's operator forges an entry, to read what is meant for Colombia")
    await relay.stop()
    kept = relay.keep_log()
    entries, checkpoint = relay.forge(story.officers["co"])
    stage.tell(
        "Into the relay's own database goes a device of the operator's, for Colombia's officer, and the checkpoint "
        "over it is signed with the log's real keys. All that is missing is an administrator of Colombia. Enlace's own "
        "relay would not start on that; its check says why:"
    )
    await stage.show("relay", "relay", "check", "--settings", relay.settings, fails=3)
    stage.tell("So the operator serves it with a program of their own, and every desk synchronises:")
    liar = await relay.serve_forged(entries, checkpoint)
    reasons = {name: (await stage.run(name, "sync", fails=5))["error"] for name in DESKS}
    shown = ""
    for name, reason in reasons.items():
        if reason != shown:
            stage.say(click.style("ALARM: ", fg="red", bold=True) + reason)
            shown = reason
        stage.row(name, "refuses, on its own account, and keeps its directory and the evidence")
    liar.terminate()
    await liar.wait()
    relay.put_back(kept)
    await relay.start()
    for name in DESKS:
        await stage.run(name, "sync", fails=5)
    stage.tell(
        "The honest log is put back. The desks look things up and read, and take in nothing of this log: whoever has "
        "its keys could forge again. They go on when the root keys name a relay with others."
    )


async def seen(stage: Stage, relay: RelayHost) -> None:
    """What the relay could see of all this, from its own store."""
    stage.act("What the relay could see of all this, from its own store")
    known = relay.seen()
    headers: list[dict[str, Any]] = known["headers"]
    states = ", ".join(f"{count} {state}" for state, count in sorted(known["states"].items()))
    stage.row("envelopes", f"{len(headers)}, of {len({each['sender'] for each in headers})} devices; {states}")
    urgent = next(each for each in headers if each["precedence"] == "immediate")
    stage.tell("Of the urgent one:")
    devices = ", ".join(each["device"][:8] for one in urgent["stages"] for each in one["devices"])
    stage.row("  from, to", f"device {urgent['sender'][:8]} to device {devices}")
    stage.row("  when", f"{stamp(urgent['time'])}, {urgent['precedence']}; waits until {stamp(urgent['expires'])}")
    stage.row("  stops", f"the clock stops when it is {urgent['stop']}")
    (file,) = urgent["attachments"]
    stage.row("  files", f"one, known by the hash of its ciphertext: {file[:16]}…")
    secret = [CASE, SUBJECT, TEXT, "paradero", FILE]
    found = [word for word in secret if relay.holds(word)]
    # The lines of its calls say whose message waits for whom; no other contact stands there.
    stage.row("  calls", f"had nobody accepted: others told that {DESKS[0]} waits for {DESKS[1]}, and nothing else")
    found += [word for word in DESKS[2:3] if relay.holds(word, "mail.db", "attachments")]
    if found:
        raise StageError(f"the relay holds {found}")
    stage.tell(
        "Looked for in all of the relay's files and logs, and not found: case, subject, text, and name of the file. "
        "Nor does its mail store name the desks that wrote to each other: it knows devices."
    )
