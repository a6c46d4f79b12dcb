"""`enlace erase` and `enlace subject` as people type them: who may, what is shown and left, what a crash leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Office, enlace
from killed import CAN_KILL, Moment, killed
from story_canaries import Wanted

pytest_plugins = ("shared_office",)
FIRST, SECOND, NUMBER = "Hilfsstelle Schnabeltier", "Hilfsstelle Wolpertinger", "+12025550166"


@pytest.fixture(scope="module", autouse=True)
def tidied(shared_office: Office) -> Iterator[None]:
    """Others who share the office find no contact without details in it, and whoever served one serves it no more."""
    yield
    listed = shared_office.ask("co-admin", "find", "-c", "co", "-f", "customs", "--most", "1000")["results"]
    if listed:
        shared_office.ask("co-admin", "contact", "retire", "--yes", *(each["contact"] for each in listed))
    for name in ("co-desk", "ar-desk"):
        shared_office.ask(name, "sync")


def published(office: Office, contact: str, name: str, number: str = NUMBER) -> None:
    about = [f"--set={each}" for each in ("function=customs", f"name_de={name}", f"phone=always:{number}")]
    serving = f"--set=officers={office.officers['co-desk']}"
    office.ask("co-admin", "contact", "publish", contact, *about, serving)


def left(office: Office, desk: str, *words: str) -> bool:
    """Whether words are anywhere in a profile."""
    return bool(Wanted((each, each) for each in words).found_in(office.profile(desk)))


def states(answer: dict[str, object]) -> list[str]:
    erased = answer["erased"]
    assert isinstance(erased, list)
    return sorted(each["state"] for each in erased)


def test_all_versions_of_a_contact_go_together_everywhere(shared_office: Office) -> None:
    office = shared_office
    published(office, "co-both", FIRST)
    office.ask("co-desk", "sync")
    published(office, "co-both", SECOND)
    office.ask("co-desk", "sync")
    assert left(office, "co-desk", FIRST)
    ask = ("erase", "contact", "co-both", "--reason", "court-order")
    dry = office.run("co-admin", *ask, "--dry-run")
    assert (dry.code, "1 in force, 1 former" in dry.out, SECOND in dry.out) == (0, True, True)
    assert office.run("co-admin", *ask).code == 2  # nobody to ask, and no --yes
    assert states(office.ask("co-admin", *ask, "--dry-run")) == ["former", "in force"]
    assert left(office, "co-admin", SECOND)
    done = office.run("co-admin", *ask, "--yes")
    assert (done.code, done.out.splitlines()[0]) == (0, "Erased: 2 sets of details.")
    assert "still listed, and without any details then: co-both" in done.err
    assert not left(office, "co-admin", FIRST, SECOND)
    assert left(office, "co-desk", FIRST, SECOND)
    synchronised = office.run("co-desk", "sync")
    assert "the details of contact co-both, which you serve, were erased by officer" in synchronised.err
    assert not left(office, "co-desk", FIRST, SECOND)
    again = office.ask("co-admin", *ask, "--yes")
    assert (again["erased"], again["statements"]) == ([], 0)
    assert "its authority had them erased" in office.run("co-desk", "show", "co-both").out
    found = office.ask("co-desk", "find", "-c", "co", "-f", "customs", "--most", "100")["results"]
    assert [each["absence"] for each in found if each["contact"] == "co-both"] == ["erased"]


def test_what_would_be_others_by_now_is_not_erased(shared_office: Office) -> None:
    """What was shown, and agreed to, is what goes."""
    office = shared_office
    published(office, "co-changed", FIRST)
    behind = office.copy("co-admin", "co-admin-behind")
    published(office, "co-changed", "Hilfsstelle Ornithorynchus")
    ran = office.run(behind, "erase", "contact", "co-changed", "--reason", "request", "--yes")
    assert (ran.code, "the directory changed since: run it again" in ran.err) == (3, True)
    assert left(office, behind, "Ornithorynchus")
    assert states(office.ask(behind, "erase", "contact", "co-changed", "--reason", "request", "--yes")) == [
        "former",
        "in force",
    ]


def test_only_former_ones_and_the_reason_stays_here(shared_office: Office) -> None:
    office = shared_office
    published(office, "co-former", FIRST)
    published(office, "co-former", SECOND)
    gone = office.ask("co-admin", "erase", "contact", "co-former", "--former", "--reason", "mistake", "--yes")
    assert states(gone) == ["former"]
    assert (left(office, "co-admin", FIRST), left(office, "co-admin", SECOND)) == (False, True)
    rows = [
        each for each in office.ask("co-admin", "erase", "list")["erased"] if each["subject"] == "contact/co-former"
    ]
    assert [(each["reason"], each["details"]) for each in rows] == [("mistake", gone["erased"][0]["details"])]
    office.ask("ar-admin", "sync")
    rows = office.ask("ar-admin", "erase", "list", "--all")["erased"]
    assert {each["reason"] for each in rows if each["subject"] == "contact/co-former"} == {""}
    assert not Wanted([("reason", "court-order"), ("reason", "mistake")]).found_in(office.profile("co-admin"))


def test_published_anew_it_keeps_who_serves_it(shared_office: Office) -> None:
    office = shared_office
    published(office, "co-anew", FIRST)
    office.ask("co-admin", "erase", "contact", "co-anew", "--reason", "request", "--yes")
    office.ask("co-admin", "contact", "publish", "co-anew", f"--set=name_de={SECOND}")
    shown = office.ask("co-admin", "show", "co-anew")
    assert (shown["absence"], shown["officers"]) == (None, 1)
    assert not left(office, "co-admin", FIRST)


def test_the_secretariat_erases_what_is_the_roots(shared_office: Office) -> None:
    office = shared_office
    sheet = office.file("provisional.csv", f"contact,country,function,name_de\nuy-amt,UY,customs,{FIRST}\n")
    office.ask("secretariat", "contact", "import", sheet, "--yes", *office.roots)
    assert left(office, "secretariat", FIRST)
    ask = ("erase", "contact", "uy-amt", "--reason", "mistake", "--yes")
    assert office.run("secretariat", *ask).code == 2
    request = office.folder / "erase.request"
    asked = office.run("secretariat", *ask, "--request", str(request))
    assert (asked.code, request.is_file()) == (8, True)
    assert states(office.ask("secretariat", *ask, *office.roots)) == ["in force"]
    assert not left(office, "secretariat", FIRST)
    office.ask("secretariat", "contact", "retire", "uy-amt", "--yes", *office.roots)


def test_what_was_kept_long_enough_is_shown_and_goes_in_one(shared_office: Office) -> None:
    office = shared_office
    published(office, "co-kept", FIRST)
    published(office, "co-kept", SECOND)
    published(office, "co-over", FIRST)
    office.ask("co-admin", "contact", "retire", "co-over", "--yes")
    assert office.ask("co-admin", "erase", "due", "--dry-run")["erased"] == []
    assert office.ask("co-admin", "erase", "keep")["days"] == 365
    for wrong in ("5h", "4000d", "soon"):
        assert office.run("co-admin", "erase", "keep", wrong).code == 2
    assert office.ask("co-admin", "erase", "keep", "0d")["days"] == 0
    try:
        reminded = office.run("co-admin", "sync")
        assert "ceased to hold 0 days ago or earlier: `enlace erase due` shows them" in reminded.err
        assert "erase due" not in office.run("co-desk", "sync").err
        due = office.ask("co-admin", "erase", "due", "--dry-run")["erased"]
        wanted = {("contact/co-kept", "former"), ("contact/co-over", "ended")}
        assert wanted <= {(each["subject"], each["state"]) for each in due}
        assert "in force" not in {each["state"] for each in due}
        assert len(office.ask("co-admin", "erase", "due", "--yes")["erased"]) == len(due)
        assert "erase due" not in office.run("co-admin", "sync").err
    finally:
        office.ask("co-admin", "erase", "keep", "365d")
    assert not left(office, "co-admin", FIRST)
    assert left(office, "co-admin", SECOND)


def test_a_report_lists_and_words_erase_nothing(shared_office: Office) -> None:
    office = shared_office
    published(office, "co-about", "Oficina del señor Ornitorrinco", "+12025550167")
    text = office.file("question.txt", "Is Ornitorrinco there?")
    sent = ("send", "co-about", "--subject", "A question", "--text", text, "--case", "EXP-9")
    office.ask("ar-desk", "sync")
    office.ask("ar-desk", *sent)
    for words in ("senor ornitorrinco", "Ornitorrinco OFICINA", "+1 202 555 0167", "2025550167"):
        found = office.ask("ar-desk", "subject", "report", words)
        assert [each["subject"] for each in found["details"]] == ["contact/co-about"], words
    found = office.ask("ar-desk", "subject", "report", "ornitorrinco")
    assert [(each["case"], each["direction"]) for each in found["messages"]] == [("EXP-9", "out")]
    page = office.run("ar-desk", "subject", "report", "ornitorrinco")
    assert "Is Ornitorrinco there?" not in page.out
    assert "EXP-9" in page.out
    assert "Of attachments the names were looked through, not what stands in them" in page.out
    refused = office.run("ar-desk", "subject", "erase", "Ornitorrinco", "--yes")
    assert (refused.code, "They stand in: contact/co-about" in refused.err) == (2, True)
    assert office.run("ar-desk", "subject", "erase", "Schnabeligel", "--yes").code == 7
    assert left(office, "ar-desk", "Ornitorrinco")


def test_a_person_is_erased_as_far_as_a_desk_may(shared_office: Office) -> None:
    office = shared_office
    published(office, "co-person", FIRST)
    office.ask("ar-admin", "sync")
    published(office, "co-person", SECOND)
    office.ask("ar-admin", "sync")
    assert left(office, "ar-admin", FIRST)
    here = office.ask("ar-admin", "subject", "erase", "co-person", "--yes")  # another authority's: copies alone
    assert ([each["state"] for each in here["here"]], here["erased"]) == (["former"], [])
    assert any("administrators of co" in each["why"] for each in here["remains"])
    assert (left(office, "ar-admin", FIRST), left(office, "ar-admin", SECOND)) == (False, True)
    office.ask("ar-admin", "sync")
    assert not left(office, "ar-admin", FIRST)
    office.ask("co-desk", "sync")
    colleague = office.ask("co-desk", "subject", "erase", "co-person", "--yes")  # no administrator
    assert colleague["erased"] == []
    assert any("administrators of co" in each["why"] for each in colleague["remains"])
    gone = office.ask("co-admin", "subject", "erase", "co-person", "--yes")
    assert states(gone) == ["former", "in force"]
    assert {"copies at other desks", "at the relay"} <= {each["what"] for each in gone["remains"]}
    assert office.ask("co-admin", "subject", "erase", "co-person", "--yes")["erased"] == []


def test_an_officer_who_left(shared_office: Office) -> None:
    office = shared_office
    invited = office.ask(
        "co-admin", "invite", "--role", "investigator", "--label", "Kommissar Ameisenigel",
        "--out", str(office.folder / "letters" / "left"),
    )["officer"]  # fmt: skip
    office.ask("co-admin", "officer", "revoke", invited, "--reason", "left", "--yes")
    report = office.ask("co-admin", "subject", "report", invited[:8])
    assert (report["kind"], report["invitation"], [each["own"] for each in report["details"]]) == (
        "officer",
        True,
        [True],
    )
    assert len(report["statements"]) == 2
    gone = office.ask("co-admin", "subject", "erase", invited[:8], "--reason", "left", "--yes")
    assert (states(gone), gone["invitation"]) == (["ended"], True)
    after = office.ask("co-admin", "subject", "report", invited)
    assert (after["details"], after["erased"], after["invitation"]) == ([], 1, False)
    assert not left(office, "co-admin", "Ameisenigel")


@pytest.mark.skipif(not CAN_KILL, reason="this system kills otherwise")
@pytest.mark.parametrize(
    ("called", "moment", "sent"),
    [
        ("desk.replica.publishing.send_request", "before", False),
        ("desk.replica.publishing.send_request", "after", True),
        ("desk.replica.store.ReplicaStore.advance", "after", True),
    ],
)
def test_killed_at_any_line_the_next_start_finishes(
    shared_office: Office, called: str, moment: Moment, sent: bool
) -> None:
    office, word = shared_office, f"Grabtier {called.rpartition('.')[2]} {moment}"
    published(office, "co-killed", word)
    ask = ("erase", "contact", "co-killed", "--reason", "request", "--yes")
    if "ReplicaStore" in called:
        # Those are called by the synchronisation before the statement too: at the desk that only hears of it, they are
        # called once.
        office.ask("co-desk", "sync")
        office.ask("co-admin", *ask)
        assert left(office, "co-desk", word)
        killed(lambda: office.run("co-desk", "sync"), called, moment)
        office.ask("co-desk", "status")  # no network: what was stored is enough
        assert not left(office, "co-desk", word)
        return
    killed(lambda: office.run("co-admin", *ask), called, moment)
    assert left(office, "co-admin", word)
    again = office.ask("co-admin", "sync")["erased"] if sent else len(office.ask("co-admin", *ask)["erased"])
    assert again >= 1
    assert not left(office, "co-admin", word)


def test_the_log_still_proves_what_it_had(shared_office: Office) -> None:
    office = shared_office
    published(office, "co-proven", FIRST)
    before, after = (str(office.folder / f"{each}.proof") for each in ("before", "after"))
    told = enlace("relay", "policy", "--settings", office.relay.settings)
    policy = office.file("erase.policy", told.out)
    office.ask("co-admin", "proof", "export", "co-proven", "-o", before)
    office.ask("co-admin", "erase", "contact", "co-proven", "--reason", "request", "--yes")
    office.ask("co-admin", "proof", "export", "co-proven", "-o", after)
    for each in (before, after):
        ran = enlace("proof", "verify", each, "--policy", policy, "--json")
        assert (ran.code, FIRST in ran.out) == (0, False), ran
    body = str(office.folder / "body.proof")
    ran = office.run("co-admin", "proof", "export", "co-proven", "--body", "-o", body)
    assert (ran.code, Path(body).exists()) != (0, True), ran
