"""The sample network and the readers of other makes of file it was made with."""

import re
from pathlib import Path

import pytest

from directory.exchange.csv_export import write_wanted
from directory.exchange.csv_import import read_contacts
from directory.exchange.csv_plan import Row, plan_rows
from directory.exchange.csv_problem import ImportRefused
from directory.exchange.csv_sources import AUTHORITY_COLUMNS, MISSION_COLUMNS, read_authorities, read_missions
from directory.functions import BY_CODE
from directory.sample import (
    FILES,
    MEMBERS,
    authorities,
    desks,
    missions,
    provisional_contacts,
    sample_bytes,
    sample_contacts,
)

SOURCES = Path(__file__).parent.parent.parent / "shared" / "data"
MISSION_HEAD = ",".join(MISSION_COLUMNS) + "\n"
AUTHORITY_HEAD = ",".join(AUTHORITY_COLUMNS) + "\n"


def mission(line: str) -> bytes:
    return f"{MISSION_HEAD}{line}\n".encode()


def authority(line: str) -> bytes:
    return f"{AUTHORITY_HEAD}{line}\n".encode()


def written(rows: tuple[Row, ...]) -> bytes:
    return write_wanted(item.wanted for item in plan_rows(rows, ()).added)


def test_a_mission_is_a_consular_contact_of_the_state_that_sends_it() -> None:
    (row,) = read_missions(
        mission("CO,AR,embassy,Buenos Aires,,-34.5,-58.3,+504-2236-9320,,https://x.example/,Q5369617")
    )
    (item,) = plan_rows([row], ()).added
    wanted = item.wanted
    assert (wanted.contact, wanted.country, wanted.function) == ("co-embassy-ar-buenos-aires", "CO", "consular")
    assert wanted.body.names == {
        "es": "Embajada – Colombia – Buenos Aires, Argentina",
        "en": "Embassy – Colombia – Buenos Aires, Argentina",
        "pt": "Embaixada – Colômbia – Buenos Aires, Argentina",
        "fr": "Ambassade – Colombie – Buenos Aires, Argentine",
    }
    assert [each.number for each in wanted.body.phones] == ["+50422369320"]
    assert (wanted.body.zone, wanted.body.website) == ("America/Argentina/Buenos_Aires", "https://x.example/")
    assert wanted.body.source == "Wikidata Q5369617 (CC0); compiled, not confirmed"


@pytest.mark.parametrize(
    ("line", "contact"),
    [
        ("CO,GT,embassy,,,,,,,,Q1", "co-embassy-gt"),
        ("CA,TT,high commission,Port of Spain,,,,,,,Q1", "ca-high-commission-tt-port-spain"),
        ("SV,US,consulate general,San Francisco,,,,,,,Q1", "sv-consulate-general-us-san-francisco"),
        ('SV,CU,embassy of El Salvador,"Miramar, Havana",,,,,,,Q1', "sv-embassy-cu-miramar-havana"),
        ('AR,US,embassy,"Washington, D.C.",,,,,,,Q1', "ar-embassy-us-washington-dc"),
        ("US,CU,consulate,Varadero,,,,,,,Q1", "us-consulate-cu-varadero"),
    ],
)
def test_the_id_of_a_mission_says_where_it_is(line: str, contact: str) -> None:
    assert [row.contact for row in read_missions(mission(line))] == [contact]


@pytest.mark.parametrize(
    ("words", "function"),
    [
        ("competent national authority and political focal point on trafficking in persons", "national-coordination"),
        ("central authority", "central-authority-mla"),
        ("prosecution oversight", "prosecution"),
        ("CSIRT", "csirt"),
        ("police", "police-investigation"),
        ("training and outreach", "civil-society"),
    ],
)
def test_the_words_for_a_function_are_mapped_and_kept(words: str, function: str) -> None:
    (row,) = read_authorities(authority(f'EC,"Ministry, of Things",{words},government,a document (2005)'))
    assert (row.cells["function"], row.cells["name_en"]) == (function, "Ministry, of Things")
    assert row.cells["notes_en"] == f"Named for: {words}. Kind: government."
    assert row.cells["source"] == "a document (2005); compiled, not confirmed"
    assert row.contact.startswith(f"ec-{BY_CODE[function].short}-ministry-things")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "line 1: the file is empty"),
        (
            b"country,authority\nCO,x\n",
            "line 1: the columns are not those of such a file; name them sending_country,host",
        ),
        (mission("CO,AR,embassy"), "line 2: 3 cells"),
        (mission("XX,AR,embassy,,,,,,,,Q1"), "line 2: 'XX' is no country's code"),
        (mission("CO,Argentina,embassy,,,,,,,,Q1"), "line 2: 'Argentina' is no country's code"),
        (mission("CO,AR,embassyish,,,,,,,,Q1"), "line 2: no kind of mission is called 'embassyish'"),
        (mission("CO,AR,embassy,,,,,555,,,Q1"), "line 2, phone: '555' is a short number"),
        (mission("CO,AR,embassy,,,,,5555555,,,Q1"), "line 2, phone: '5555555' is no full international number"),
        (mission("CO,AR,embassy,=1,,,,,,,Q1"), "line 2, city: '=1' begins like a formula"),
    ],
)
def test_a_file_of_missions_that_cannot_be_read_is_refused(raw: bytes, told: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_missions(raw)
    assert str(refused.value.problems[0]).startswith(told)


def test_words_for_no_known_function_are_refused() -> None:
    with pytest.raises(ImportRefused, match="line 2: no function is known for 'astrology'"):
        read_authorities(authority("EC,Ministry,astrology,government,x"))


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the files that the sample was made of are not beside this tree")
def test_the_sample_is_what_its_sources_make() -> None:
    assert written(read_missions((SOURCES / "diplomatic-missions-americas.csv").read_bytes())) == sample_bytes(
        "missions.csv"
    )
    assert written(read_authorities((SOURCES / "authorities-americas.csv").read_bytes())) == sample_bytes(
        "authorities.csv"
    )


@pytest.mark.parametrize("name", FILES)
def test_sample_files_are_written_the_one_way(name: str) -> None:
    raw = sample_bytes(name)
    assert written(read_contacts(raw)) == raw
    with pytest.raises(ValueError, match="no sample file"):
        sample_bytes(f"../{name}")


def test_the_sample_is_one_network() -> None:
    assert (len(desks()), len(authorities()), len(missions())) == (9, 22, 142)
    everything = [*desks(), *authorities(), *missions()]
    plan = plan_rows(everything, ())
    assert len(plan.added) == len(everything) == len({row.contact for row in everything})
    assert {item.wanted.function for item in plan.added} <= set(BY_CODE)
    assert len(plan_rows(provisional_contacts(), (), provisional=True).added) + sum(
        len(plan_rows(sample_contacts(country), (), country=country).added) for country in MEMBERS
    ) == len(everything)
    assert {row.cells["country"] for row in provisional_contacts()}.isdisjoint(MEMBERS)


def test_every_member_has_a_desk_that_always_answers_and_its_alternates() -> None:
    wanted = {item.wanted.contact: item.wanted for item in plan_rows(desks(), ()).added}
    for country in map(str.lower, MEMBERS):
        desk = wanted[f"{country}-desk"]
        assert (desk.function, desk.body.hours.always) == ("trafficking-24-7", True)
        assert desk.escalation == (f"{country}-police", f"{country}-mla")
        assert wanted[f"{country}-mla"].function == "central-authority-mla"
        assert {"es", "en", "pt", "fr"} == set(desk.body.names)
        assert "es" in desk.body.languages


def test_invented_desks_have_only_numbers_and_addresses_set_apart_for_invention() -> None:
    for item in plan_rows(desks(), ()).added:
        body = item.wanted.body
        assert all(re.fullmatch(r"\+120255501[0-9]{2}", each.number) for each in body.phones)
        assert all(each.endswith(".example") for each in body.emails)
        assert "ficticia" in body.notes["es"]
        assert "Fictitious" in body.notes["en"]
