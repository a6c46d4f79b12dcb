"""The demo's people: who founds, who administers, who coordinates; each with a desk of their own."""

import asyncio
from pathlib import Path

import pyotp

from desk.demo.stage import Listening, Stage, StageError

MEMBERS = {
    "ar": ("AR", {"es": "Autoridad nacional de la Argentina", "en": "National authority of Argentina"}),
    "co": ("CO", {"es": "Autoridad nacional de Colombia", "en": "National authority of Colombia"}),
    "ec": ("EC", {"es": "Autoridad nacional del Ecuador", "en": "National authority of Ecuador"}),
}


def roots(stage: Stage, *numbers: int) -> list[str]:
    """Options that sign with root keys, two of three unless said otherwise."""
    options = [f"--root-passphrase-file={stage.passphrase('roots')}"]
    for number in numbers or (1, 2):
        options += ["--root-key", str(stage.folder / "roots" / f"root-{number}.age")]
    return options


async def settle(stage: Stage, member: str) -> str:
    """Admit a member, enrol its two administrators and its officer on duty; returns the officer's id."""
    await admit(stage, member)
    officer = await invite(stage, member, f"{member}-desk", "Duty officer, trafficking desk")
    if member == "ec":
        await second_device(stage, member, "ec-laptop", officer)
    return officer


async def admit(stage: Stage, member: str) -> list[str]:
    """Admit a member with two administrators, and enrol both; returns their officer ids."""
    country, names = MEMBERS[member]
    given = [f"--name={language}={name}" for language, name in names.items()]
    out = stage.folder / "invitations"
    answer = await stage.run(
        "secretariat", "network", "admit", member, "--country", country, *given, "--out", str(out), *roots(stage)
    )
    officers: list[str] = answer["officers"]
    for number, (officer, file) in enumerate(zip(officers, answer["invitations"], strict=True), 1):
        approver = f"{member}-admin-1" if number > 1 else ""
        await enrol(stage, f"{member}-admin-{number}", Path(file), officer, "secretariat", roots(stage), approver)
    return officers


async def invite(stage: Stage, member: str, name: str, label: str, role: str = "coordinator") -> str:
    """Have a member's first administrator invite an officer and confirm their desk; returns the officer's id."""
    administrator = f"{member}-admin-1"
    out = stage.folder / "invitations"
    answer = await stage.run(administrator, "invite", "--role", role, "--label", label, "--out", str(out))
    await enrol(stage, name, Path(answer["invitation"]), answer["officer"], administrator)
    return str(answer["officer"])


async def second_device(stage: Stage, member: str, name: str, officer: str) -> None:
    """Have a member's first administrator invite another device of an officer."""
    administrator = f"{member}-admin-1"
    out = stage.folder / "invitations" / name
    answer = await stage.run(administrator, "invite", "--officer", officer, "--out", str(out))
    await enrol(stage, name, Path(answer["invitation"]), officer, administrator)


async def enrol(
    stage: Stage,
    name: str,
    invitation: Path,
    officer: str,
    confirmer: str,
    options: list[str] | None = None,
    approver: str = "",
) -> None:
    """A new desk from its invitation to its first session: both sides, with the fingerprint compared in between.

    With an `approver`, what the confirmer signs is not enough: it becomes a proposal, which the approver signs too.
    """
    process = await stage.start(name, "enrol", str(invitation), "--code-file", "-", "--json")
    desk = Listening(process).begin()
    offered = (await desk.wait("offered"))[0]
    confirming = ["officer", "confirm", officer, "--yes", *(options or [])]
    if approver:
        proposal = str(stage.folder / f"proposal-{name}.json")
        await stage.run(confirmer, *confirming, "--proposal", proposal, fails=8)
        await stage.run(approver, "approve", proposal, "--yes")
    else:
        confirmed = await stage.run(confirmer, *confirming)
        if confirmed["device"] != offered["device"]:
            raise StageError("the administrator saw another device than the one that enrolled")
    secret = (await desk.wait("totp"))[0]
    authenticator = pyotp.parse_uri(secret["uri"])
    if not isinstance(authenticator, pyotp.TOTP):
        raise StageError("the QR code is not one for codes that change with time")
    stage.authenticators[name] = authenticator
    await type_in(process, stage.code(name))
    await desk.wait("enrolled")
    await process.wait()


async def type_in(process: asyncio.subprocess.Process, text: str) -> None:
    """Type one line into a process that waits for it."""
    if process.stdin is None:
        raise StageError("the process has no standard input")
    process.stdin.write(text.encode() + b"\n")
    await process.stdin.drain()
