"""Every command after an alarm: what goes on with the last good directory, what refuses, in which words and code.

1. The table has every command there is: those that look at the directory, by what they do, and those that do not, by
   why not. One that is added tomorrow fails here until it has its row.
2. An alarm leaves a desk in one of four states, whatever its kind: halted; owed a larger directory, by a checkpoint
   that the log signed, or by a receipt that the relay did; or with an alarm that the next synchronisation ends.
"""

import re
from pathlib import Path
from typing import Literal

import pytest
from cli_reference import commands
from cli_world import PASSPHRASE, Office, enlace

from desk.alarms.open_alarms import begin
from desk.errors import Told
from desk.main import enlace as program
from desk.profile.folder import Profile
from desk.profile.unlocked import unlocked
from directory.replay import Alarm, Owed

pytest_plugins = ("shared_office",)
State = Literal["halted", "owed", "hidden", "open"]

# Who, and what they type behind the command. They work on from the last good directory.
GO_ON = {
    "find": ("ar-desk", "co-desk"),
    "form new": ("ar-desk", "general --to co-desk"),
    "form drafts": ("ar-desk", ""),
    "show": ("ar-desk", "co-desk"),
    "network show": ("ar-desk", ""),
    "freshness": ("ar-desk", ""),
    "circle list": ("ar-desk", ""),
    "device list": ("ar-desk", ""),
    "officer list": ("ar-desk", ""),
    "erase list": ("ar-admin", ""),
    "erase keep": ("ar-admin", ""),
    "duty now": ("ar-desk", ""),
    "duty week": ("ar-desk", ""),
    "drill list": ("ar-desk", ""),
    "drill plan": ("ar-desk", ""),
    "drill report": ("ar-desk", ""),
    "inbox": ("ar-desk", ""),
    "indicators": ("ar-desk", ""),
    "read": ("ar-desk", "1"),
    "receipts": ("ar-desk", "1"),
    "status": ("ar-desk", ""),
    "subject report": ("ar-desk", "co-desk"),
    "policy show": ("ar-desk", ""),
    "policy take": ("ar-desk", "{policy} --yes"),
    "proof export": ("ar-desk", "co-desk -o {new}"),
    "request list": ("ar-desk", ""),
    "request due": ("ar-desk", ""),
    "request limits": ("ar-desk", ""),
    "snapshot write": ("ar-desk", "{new}"),
    "case list": ("ar-desk", ""),
    "consent list": ("ar-desk", ""),
}
# They ask the relay first, and do nothing where it does not show what it has to.
REFUSE = {
    "sync": ("ar-desk", ""),
    "device renew-reception": ("ar-desk", ""),
    "contact attest": ("ar-admin", "ar-desk --yes"),
    "contact retire": ("ar-admin", "ar-desk --yes"),
    "contact publish": ("ar-admin", "ar-desk --set=phone=always:+12025550111 --yes"),
    "invite": ("ar-admin", "--role coordinator --label Nobody --out {new}"),
    "officer confirm": ("ar-admin", ""),
    "officer revoke": ("ar-admin", "{officer} --yes"),
    "officer roles": ("ar-admin", "{officer} --role administrator"),
    "device revoke": ("ar-admin", "{device} --yes"),
    "erase contact": ("ar-admin", "ar-desk --reason left --yes"),
    "erase officer": ("ar-admin", "{officer} --reason left --yes"),
    "subject erase": ("ar-admin", "ar-desk --yes"),
    "network suspend": ("secretariat", "ar --hours 2"),
    "send": ("ar-desk", "co-desk -s Tonight --no-text"),
    "case open": ("ar-desk", "co-desk --title Tonight"),
    "duty set": ("ar-desk", "--again --yes"),
    "duty hand-over": ("ar-desk", "--note Tonight"),
    "duty take-over": ("ar-desk", ""),
    "alert": ("ar-desk", "co-desk -s Tonight --no-text --yes"),
    "drill send": ("ar-desk", "co-desk"),
}
ROOTS = "needs root keys; it is published as all statements are, through the same door as the others here"
KEYS = "is about this desk's own keys, session or files, and looks at no directory"
ELSEWHERE = "is no desk's command"
BESIDE = {
    "accept": "acts on a message that has come, by what it holds; tests/test_desk_halted_commands.py",
    "refuse": "as `accept`",
    "drill run": "as `drill send`, where one is due",
    "exercise check": "says that it is halted, as one wrong thing among others, and goes by nothing in it",
    "exercise play": ELSEWHERE,
    "exercise start": ELSEWHERE,
    "exercise report": ELSEWHERE,
    "tally": "as `receipts`",
    "watch": "needs no passphrase; tests/test_desk_halted_watch.py",
    "resume": "ends a halt; tests/test_desk_halted_resume.py",
    "snapshot read": "takes in by the same rules as `sync`; tests/test_desk_snapshot.py",
    "enrol": "makes a desk",
    "proof verify": "needs no desk",
    "approve": "publishes as `contact publish` does",
    "contact import": "as `contact publish`",
    "contact export": "as `find`",
    "api serve": "runs the commands that stand here, each for itself",
    "circle show": "as `circle list`",
    "form check": "as `form drafts`",
    "form fill": "as `form new`",
    "form pdf": "as `form drafts`",
    "duty export": "as `duty week`, where there is a roster",
    "duty import": "as `duty set`",
    "duty write": "as `duty export`",
    "request show": "as `request list`",
    "request pdf": "as `request list`",
    "request read": "as `read`",
    "request send": "asks whether this desk is halted, and sends, as `send` does",
    "erase due": "as `erase contact`, where anything is due",
    "erase circle": ROOTS,
    "erase member": ROOTS,
} | dict.fromkeys(("circle set", "network admit", "network found", "network name-relay", "network reinstate",
                   "network rekey", "network revoke"), ROOTS)  # fmt: skip
BESIDE |= dict.fromkeys(
    [f"request {act}" for act in ("accept", "answer", "ask", "close", "complete", "limit", "part", "receive", "refuse",
                                  "repeat", "via")], "as `request send`",
)  # fmt: skip
BESIDE |= dict.fromkeys(
    ("notices add", "notices list", "notices remove", "notices status", "notices stop", "notices test",
     "age decrypt", "age encrypt", "age keygen", "authenticator codes", "authenticator renew", "authority take",
     "login", "logout", "note keygen", "note sign", "note verify", "passphrase", "portal create", "portal remove",
     "portal renew", "portal show", "profiles", "recovery show", "recovery use", "recovery write", "switch"), KEYS,
)  # fmt: skip
BESIDE |= dict.fromkeys(
    ("case end-guest", "case exclude", "case guest", "case hand-over", "case invite", "case join", "case leave",
     "case say"), "as `case open`: one way to the outbox and to the relay",
) | {"case show": "as `case list`", "case export": "as `proof export`", "case verify": "needs no desk"}  # fmt: skip
BESIDE |= dict.fromkeys(
    ("marks clear", "marks set", "marks show",
     "form discard", "form export", "form list", "form schema", "form show", "treaty export", "treaty for",
     "treaty import", "treaty list", "treaty remove", "treaty set"), KEYS,
)  # fmt: skip
BESIDE |= dict.fromkeys(
    ("consent ask", "consent give", "consent refuse", "consent take-back", "forward"),
    "as `send`: nothing is sealed by a directory that a halted desk has (`desk.commands.passing`)",
)
BESIDE |= dict.fromkeys(
    ("demo", "relay certificate authority", "relay certificate renew", "relay certificate take", "relay check",
     "relay init", "relay policy", "relay rekey", "relay rest-key mend", "relay rest-key renew", "relay serve",
     "root combine", "root make", "root publish", "root show", "root sign", "witness call-out", "witness keygen",
     "witness serve"), ELSEWHERE,
)  # fmt: skip
BESIDE |= dict.fromkeys(("stage stop", "stage hasten"), "as `accept`: about a message of this side, by what it holds")
BESIDE |= {"api serve": "runs the other commands, each as it stands here"}
BESIDE |= {"stage add": "as `send`: one way to the outbox and to the relay", "calls": "as `inbox`"}


def test_every_command_stands_in_the_table_once() -> None:
    there = [name.removeprefix("enlace ") for name, _ in commands(program, "enlace")]
    assert sorted([*GO_ON, *REFUSE, *BESIDE]) == sorted(there)


TELLS: dict[State, str] = {
    "halted": "! ALARM: this desk is halted since ",
    "owed": "",  # nothing was told yet: the next synchronisation does
    "hidden": "! ALARM, not over, since ",
    "open": "! ALARM, not over, since ",
}
SAYS: dict[State, tuple[str, ...]] = {
    "halted": ("ALARM: this desk stays halted: it shows two histories", "ALARM: this desk is halted, so nothing is "),
    "owed": ("ALARM: the log has signed 1",),
    "hidden": ("ALARM: it hides statements; it was asked anew, and shows no more than ",),
}


def left_by_an_alarm(office: Office, name: str, state: State) -> None:
    """Have somebody's desk stand as an alarm leaves it."""
    profile = Profile.open(office.profile(name))
    with unlocked(profile, PASSPHRASE.encode(), lambda: 1_767_225_600) as desk:
        replica = desk.replica()
        assert replica.checkpoint is not None
        size, raw = replica.size, replica.checkpoint.raw.decode()
        owed = Owed(raw.replace(f"\n{size}\n", f"\n{size + 1000}\n", 1).encode(), 1)
        if state == "halted":
            fork = Alarm("fork", "it shows two histories", {"checkpoint-theirs.txt": b"theirs\n"}, final=1)
            desk.store.doubt(profile.identity.network, fork, desk.clock())
        elif state == "owed":
            desk.store.doubt(profile.identity.network, Alarm("rollback", "it shrank", owed=owed), desk.clock())
        else:
            until = size + 1000 if state == "hidden" else 0
            begin(desk.store, Told("fork", "it hides statements", size, replica.checkpoint.time), desk.clock(), until)


@pytest.fixture(scope="module")
def office(shared_office: Office) -> Office:
    shared_office.ask("co-desk", "send", "ar-desk", "-s", "Before")
    for name in ("ar-desk", "ar-admin", "secretariat"):
        shared_office.ask(name, "sync")
    printed = enlace("relay", "policy", "--settings", shared_office.relay.settings)
    shared_office.file("the.policy", printed.out)
    return shared_office


def typed(office: Office, command: str, behind: str, new: Path) -> list[str]:
    places = {
        "policy": office.folder / "the.policy",
        "new": new,
        "officer": office.officers["ar-desk"],
        "device": Profile.open(office.profile("ar-desk")).identity.device,
    }
    return [*command.split(), *behind.format(**places).split()]


@pytest.mark.full
@pytest.mark.parametrize("state", TELLS)
def test_what_goes_on(office: Office, tmp_path: Path, state: State) -> None:
    for number, (command, (who, behind)) in enumerate(GO_ON.items()):
        name = office.copy(who, f"{who}-{state}")
        left_by_an_alarm(office, name, state)
        ran = office.run(name, *typed(office, command, behind, tmp_path / str(number)))
        assert (ran.code, bool(ran.out)) == (5 if TELLS[state] else 0, True), (command, ran)
        assert TELLS[state] in ran.err, (command, ran)
        assert ran.err.count("! ALARM") == bool(TELLS[state]), (command, ran)


@pytest.mark.full
@pytest.mark.parametrize("state", SAYS)
def test_what_refuses_and_changes_nothing(office: Office, tmp_path: Path, state: State) -> None:
    size = office.ask("co-desk", "sync")["size"]
    for number, (command, (who, behind)) in enumerate(REFUSE.items()):
        name = office.copy(who, f"{who}-{state}")
        left_by_an_alarm(office, name, state)
        new = tmp_path / str(number)
        ran = office.run(name, *typed(office, command, behind, new))
        # What waits in the outbox is told as what became of it, beside the alarm.
        queued = re.search(r"\bwaits? in the outbox\b", ran.out)
        assert (ran.code, "" if queued else ran.out) == (5, ""), (command, ran)
        assert any(words in ran.err for words in SAYS[state]), (command, ran)
        assert ran.err.count("ALARM") == 1, (command, ran)
        assert not [each for each in new.rglob("*") if each.is_file()], command
    assert office.ask("co-desk", "sync")["size"] == size
