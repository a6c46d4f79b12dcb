"""What an entry lacks, what that costs, and the report of a member."""

import shlex
from dataclasses import replace

import msgspec
import pytest
from directory_entries import DAY, NOW, OFFICE, a_body, an_entry
from hypothesis import given
from hypothesis import strategies as st

from directory.bodies import ContactBody, Hours, Phone, Requirements, Span
from directory.entry import Absence, Entry
from directory.exchange.csv_columns import column
from directory.exchange.csv_contact import Wanted, cells_of, wanted_of
from directory.mending import command
from directory.quality import LACKS, OFFICIAL, LackCode, of_member, quality

WHOLE = a_body(
    names=dict.fromkeys(OFFICIAL, "Mesa"),
    phones=(Phone(number="+12025550101"), Phone(number="+12025550102", use="night")),
    emails=("guardia@co.example",),
    languages=("es",),
    hours=OFFICE,
    zone="America/Bogota",
    respond=30,
    requirements=Requirements(languages=("es",)),
)
NIGHT = "+12025550104"
SERVED = {"officers": ("a" * 32, "b" * 32), "escalation": ("co-other",)}


def entry(body: ContactBody = WHOLE, **fields: object) -> Entry:
    function = str(fields.pop("function", "central-authority-mla"))
    return an_entry("co-mla", function, body, **{**SERVED, **fields})  # type: ignore[arg-type]  # the tests know the fields


def without(**fields: object) -> Entry:
    return entry(msgspec.structs.replace(WHOLE, **fields))


CASES: dict[LackCode, Entry] = {
    "doubtful": entry(grade="doubtful"),
    "stale": entry(grade="stale"),
    "due": entry(grade="due"),
    "no-telephone": without(phones=(Phone(number="+12025550101", use="fax"),)),
    "no-night-number": without(phones=WHOLE.phones[:1]),
    "cannot-receive": entry(reach="cannot receive"),
    "no-officer": entry(officers=(), reach="telephone and e-mail only"),
    "one-officer": entry(officers=("a" * 32,)),
    "hours-unknown": without(hours=a_body().hours),
    "no-languages": without(languages=()),
    "no-alternate": entry(escalation=()),
    "names-missing": without(names={"es": "Mesa", "en": "Desk", "pt-BR": "Plantão"}),
    "no-e-mail": without(emails=()),
    "no-commitment": without(respond=0),
    "no-requirements": without(requirements=Requirements()),
}


def test_a_whole_entry_has_all_points() -> None:
    assert (quality(entry()).score, quality(entry()).lacks) == (100, ())
    assert quality(without(names={**WHOLE.names, "pt": "x", "gn": "y"})).score == 100
    assert quality(without(phones=(Phone(number="+12025550101", use="always"),))).score == 100
    assert quality(entry(msgspec.structs.replace(WHOLE, requirements=Requirements()), function="consular")).score == 100


@pytest.mark.parametrize("code", CASES)
def test_what_is_lacking_costs_its_points_and_says_how_it_is_mended(code: LackCode) -> None:
    found = quality(CASES[code])
    assert [each.code for each in found.lacks] == [code]
    assert found.score == 100 - LACKS[code].points
    assert found.lacks[0].words
    assert found.lacks[0].mend


MEANT = {"hours": "24/7", "languages": "es; en", "respond": "30", "request_languages": "es"}


def test_every_lack_has_a_case() -> None:
    assert {*CASES, "no-details", "unreachable"} == set(LACKS)
    assert [each.code for each in quality(entry(), {"co-mla"}).lacks] == ["unreachable"]
    erased = an_entry("co-mla", "customs")
    bare = Entry(erased.contact, None, "erased", "confirmed", "fresh", NOW, "enlace")
    assert (quality(bare).score, [each.code for each in quality(bare).lacks]) == (0, ["no-details"])


@given(st.sets(st.sampled_from(sorted(CASES))))
def test_a_score_is_never_below_nothing_and_what_costs_most_comes_first(codes: set[LackCode]) -> None:
    body = WHOLE
    for code in codes:
        other = CASES[code].body
        assert other
        changed = {
            name: getattr(other, name)
            for name in other.__struct_fields__
            if getattr(other, name) != getattr(WHOLE, name)
        }
        body = msgspec.structs.replace(body, **changed)
    found = quality(entry(body))
    assert 0 <= found.score <= 100
    assert [each.code for each in found.lacks] == [
        code for code in LACKS if code in {each.code for each in found.lacks}
    ]


def test_the_report_of_a_member_has_its_own_worst_first_and_the_mean() -> None:
    good, bad = entry(), an_entry("co-bad", "customs", a_body(), grade="stale", since=NOW - 151 * DAY)
    report = of_member("co-authority", [good, bad, an_entry("pe-desk"), an_entry("co-list", standing="provisional")])
    assert [each.entry.id for each in report.entries] == ["co-bad", "co-mla"]
    assert report.grades == {"fresh": 1, "due": 0, "stale": 1, "doubtful": 0}
    assert report.score == (100 + report.entries[0].score) // 2
    assert (of_member("xx", [good]).entries, of_member("xx", [good]).score) == ((), 0)  # nobody can be reached


@pytest.mark.parametrize("code", [each for each in CASES if each not in ("doubtful", "stale", "due", "cannot-receive")])
def test_the_command_for_a_lack_mends_it_and_keeps_what_there_was(code: LackCode) -> None:
    """Its words are read as `enlace contact publish` reads them; what is to be filled in is filled in."""
    before = CASES[code]
    assert all(
        "…" in each or "OFFICER" in each for each in shlex.split(command(code, before))[5::2]
    )  # nothing ready made
    typed = shlex.split(
        command(code, before).replace("always:+…", "always:+12025550103").replace("night:+…", f"night:{NIGHT}")
    )
    assert typed[:4] == ["enlace", "contact", "publish", "co-mla"]
    cells = dict(cells_of(wanted_like(before)))
    for each in typed[5::2]:
        name, _, text = each.partition("=")
        text = MEANT.get(name, text)
        cells[name] = column(name).canonical(
            text.replace("OFFICER", "c" * 32).replace("…@…", "a@co.example").replace("…", "x")
        )
    after = wanted_of(cells)
    assert code not in {
        each.code
        for each in quality(
            entry(after.body, officers=after.officers or ("a" * 32,) * 2, escalation=after.escalation)
        ).lacks
    }
    assert before.body
    assert {*before.body.phones} <= {*after.body.phones}
    assert {*before.contact.officers} <= {*after.officers}


def wanted_like(made: Entry) -> Wanted:
    """The contact as a file would have it."""
    contact = made.contact
    assert made.body
    return Wanted(contact.id, contact.country, contact.function, made.body, contact.officers, contact.escalation)


def codes(made: Entry) -> list[str]:
    return [each.code for each in quality(made).lacks]


def test_a_second_officer_counts_only_with_a_device() -> None:
    whole = entry()
    assert codes(replace(whole, able=("a" * 32, "b" * 32))) == []
    lame = replace(whole, able=("a" * 32,))
    assert (codes(lame), command("one-officer", lame)) == (
        ["one-officer"],
        f"enlace invite --officer {'b' * 32} --out FOLDER",
    )
    nobody = replace(whole, able=(), reach="telephone and e-mail only")
    assert codes(nobody) == ["cannot-receive"]
    alone = replace(entry(officers=("a" * 32,)), able=())
    assert command("one-officer", alone).startswith("enlace contact publish co-mla")


def test_what_its_authority_cannot_mend_costs_no_points() -> None:
    suspended = entry(reach="telephone and e-mail only", standing="suspended")
    assert codes(suspended) == []
    hidden: tuple[Absence, ...] = ("withheld", "missing")  # by circles, or by whoever keeps them back
    for absence in hidden:
        assert codes(replace(entry(grade="due"), body=None, absence=absence)) == ["due"]
    none: tuple[Absence, ...] = ("erased", "unreadable")
    for absence in none:
        assert codes(replace(entry(), body=None, absence=absence)) == ["no-details"]


def test_hours_that_take_no_time_are_none() -> None:
    nothing = Span(day=1, opens=1440, closes=0)
    assert codes(without(hours=Hours(spans=(nothing,)))) == ["hours-unknown"]
    assert codes(without(hours=Hours(spans=(nothing, Span(day=1, opens=0, closes=0))))) == []


def test_hours_are_mended_with_a_zone_where_none_is_told_and_the_country_has_several() -> None:
    bare = msgspec.structs.replace(WHOLE, zone=msgspec.UNSET, hours=Hours())
    assert command("hours-unknown", entry(bare)).endswith('co-mla --set "hours=…"')
    many = an_entry("br-mla", "customs", bare)
    assert command("hours-unknown", many).endswith('br-mla --set "hours=…" --set "zone=…"')


def test_a_command_names_nobody_s_words() -> None:
    hostile = '$(rm -rf ~)"; x'
    made = entry(msgspec.structs.replace(a_body(hostile), emails=("$(x)@co.example",), also=(hostile,)))
    for code in LACKS:
        assert "$" not in command(code, made)
        assert hostile not in command(code, made)
    assert command("due", made) == "enlace contact attest co-mla"
    assert command("cannot-receive", entry(reach="cannot receive")) == "enlace sync"
    offline = command("cannot-receive", entry(reach="telephone and e-mail only"))
    assert offline == f"enlace invite --officer {'a' * 32} --out FOLDER"
    assert command("unreachable", made) == "enlace watch"
    assert command("no-details", made).endswith(
        '--set "function=central-authority-mla" --set "name_es=…" --set "phone=always:+…"'
    )
