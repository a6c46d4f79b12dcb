"""What members write about themselves reaches nobody's terminal raw, whatever command shows it, nor what a relay says.

Every row of SHOWN is called twice, for people and with `--json`. The text is planted past the desk's own checks, as a
member with a desk of its own making would.
"""

import asyncio
import time
import unicodedata
from collections.abc import Iterator

import pytest
from cli_world import PASSPHRASE, Office, Ran

from desk.commands.signing import fresh_batch
from desk.errors import NotFound
from desk.link.session import connected
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked, unlocked
from desk.replica.publishing import publish
from desk.replica.statements import device_voice
from directory.bodies import ContactBody, OfficerBody, Requirements
from directory.statement import ChangeRoles, EnrolOfficer, PublishContact

# Text that a terminal would act on: colours, a new title, the whole screen, a line of ours, writing turned round.
HOSTILE = "x\x1b[31mred\x1b]0;title\x07 \x9b2J\r\nforged: line\u202eesrever\u2066\u200b"
LONG = HOSTILE.ljust(390, "x")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Office.opened(tmp_path_factory.mktemp("hostile") / "office") as office:
        plant(office)
        for name in ("co-desk", "ar-desk", "secretariat"):
            office.run(name, "sync")
        yield office


def plant(office: Office) -> None:
    """A contact, an officer and a member that are called what no terminal should see."""
    profile = Profile.open(office.profile("ar-admin"))
    with unlocked(profile, PASSPHRASE.encode(), lambda: int(time.time())) as desk:
        asyncio.run(publish_hostile(desk, office.officers["ar-desk"]))
    admitted = office.run(
        "secretariat", "network", "admit", "ec", "--country", "EC", "--name", f"es={HOSTILE}",
        "--out", str(office.folder / "ec"), *office.roots,
    )  # fmt: skip
    assert admitted.code == 0
    asked = office.run("co-admin", "invite", "--role", "administrator", "--label", HOSTILE, "--out",
                       str(office.folder / "second"), "--proposal", str(office.folder / "proposal.json"))  # fmt: skip
    assert asked.code == 8


async def publish_hostile(desk: Unlocked, serving: str) -> None:
    body = ContactBody(
        names={"es": LONG, "en": HOSTILE}, address=HOSTILE, city=HOSTILE, source=HOSTILE,
        notes={"es": HOSTILE * 3}, requirements=Requirements(form=HOSTILE, channel=HOSTILE),
    )  # fmt: skip
    async with connected(desk.keyring, desk.clock) as client:
        batch = await fresh_batch(desk, client, [device_voice(desk.keyring)])
        officer = {"officer": "ab" * 16, "member": "ar", "body": batch.body(OfficerBody(label=HOSTILE))}
        batch.issue(EnrolOfficer, roles=("coordinator",), **officer)
        batch.issue(ChangeRoles, officer="ab" * 16, roles=("coordinator", "investigator"))
        served = tuple(sorted(("ab" * 16, serving)))
        for contact in ("ar-desk", "ar-hostile"):
            about = {"contact": contact, "member": "ar", "country": "AR", "function": "consular", "officers": served}
            batch.issue(PublishContact, body=batch.body(body), **about)
        await publish(desk.profile, desk.store, client, batch.request(), desk.clock())


IMPORT = "contact,country,function,name_es\nar-hostile,AR,consular,Otro\n"

# who, what they type
SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "found": ("co-desk", ("find", "Argentina")),
    "found in another language": ("co-desk", ("find", "Argentina", "--labels", "es", "--now")),
    "shown": ("co-desk", ("show", "ar-hostile", "--labels", "es")),
    "officers": ("ar-admin", ("officer", "list")),
    "devices": ("ar-admin", ("device", "list", "--all")),
    "the network": ("co-desk", ("network", "show")),
    "to be confirmed": ("ar-admin", ("contact", "attest", "ar-hostile", "--yes")),
    "what an import would change": ("ar-admin", ("contact", "import", "{import}", "--dry-run")),
    "a proposal": ("secretariat", ("approve", "{proposal}", "--show")),
    "a proposal about to be signed": ("secretariat", ("approve", "{proposal}")),
    "status": ("ar-desk", ("status",)),
}


def assert_harmless(ran: Ran) -> None:
    """Nothing is left that a terminal would act on, and nothing begins a line that was not ours."""
    unseen = {char for char in ran.out + ran.err if unicodedata.category(char) in ("Cc", "Cf") and char != "\n"}
    assert unseen == set()
    assert not any(line.startswith("forged") for line in (ran.out + ran.err).splitlines())


@pytest.mark.parametrize("as_json", [False, True], ids=["people", "json"])
@pytest.mark.parametrize("case", SHOWN)
def test_nothing_of_others_reaches_a_terminal_raw(office: Office, case: str, as_json: bool) -> None:
    who, typed = SHOWN[case]
    places = {"import": office.file("import.csv", IMPORT), "proposal": str(office.folder / "proposal.json")}
    ran = office.run(who, *(each.format(**places) for each in typed), *(["--json"] if as_json else []))
    assert ran.code == (2 if case.endswith("signed") else 0), ran
    assert_harmless(ran)
    if not as_json and case not in ("status", "devices"):
        assert "[31mred" in ran.out + ran.err  # it is shown, not left out


@pytest.mark.parametrize("as_json", [False, True], ids=["people", "json"])
def test_what_is_announced(office: Office, as_json: bool) -> None:
    told = office.run("ar-admin", "officer", "roles", "abab", "--role", "investigator" if as_json else "coordinator")
    assert told.code == 0
    name = "ar-admin" if as_json else "ar-desk"
    ran = office.run(name, "sync", *(["--json"] if as_json else []))
    assert ran.code == 0
    assert_harmless(ran)


@pytest.mark.parametrize("as_json", [False, True], ids=["people", "json"])
def test_words_that_come_with_an_error(office: Office, as_json: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay's own words, a file's name, an id: an error says them, on one line."""

    def refuse(*_: object) -> None:
        raise NotFound(HOSTILE)

    monkeypatch.setattr("desk.commands.look_up.check_look_up", refuse)
    ran = office.run("co-desk", "find", *(["--json"] if as_json else []))
    assert ran.code == 7
    assert_harmless(ran)
    assert len((ran.out + ran.err).splitlines()) == 1
    if as_json:
        assert ran.plain["error"] == HOSTILE


def test_a_file_or_contact_of_a_hostile_name(office: Office) -> None:
    for typed in (("show", HOSTILE), ("read", HOSTILE), ("find", "-c", HOSTILE), ("approve", HOSTILE), (HOSTILE,),
                  ("send", "co-desk", "-s", "x", "-a", HOSTILE), ("status", "--passphrase-file", HOSTILE)):  # fmt: skip
        for options in ((), ("--json",)):
            ran = office.run("ar-desk", *typed, *options)
            assert ran.code in (2, 7), (typed, ran)
            assert_harmless(ran)


def test_what_is_kept_is_as_it_was_written(office: Office) -> None:
    """Programs get the text itself: `--json` escapes it, as JSON can, and changes nothing."""
    shown = office.ask("co-desk", "show", "ar-hostile")
    assert shown["body"]["names"]["en"] == HOSTILE
