"""jCard and vCard against npm ical.js: what we write, it reads as the same; what it writes, we read as the same."""

import json

import pytest
from directory_contacts import FULL, MLA
from other_hands import run_node

from directory.exchange.card_contact import card_of
from directory.exchange.contact_files import read_contact_file, write_contact_file
from directory.exchange.csv_contact import cells_of
from directory.exchange.csv_import import plan_csv
from directory.exchange.vcard_values import COMPONENTS
from directory.sample import FILES, sample_bytes

CONTACTS = [FULL, MLA] + [item.wanted for name in FILES for item in plan_csv(sample_bytes(name), ()).added]


@pytest.mark.full
def test_every_property_of_our_jcards_is_read_as_it_is() -> None:
    (answer,) = run_node("jcard-jobs.mjs", [{"jcard": json.loads(write_contact_file(CONTACTS, "jcard"))}])
    ours = [
        [
            [
                each.name.lower(),
                [list(each.values)] if each.name in COMPONENTS else list(each.values),
                next(iter(each.param("LANGUAGE")), None),
            ]
            for each in card_of(wanted)
        ]
        for wanted in sorted(CONTACTS, key=lambda each: each.contact)
    ]
    assert answer["cards"] == ours


@pytest.mark.full
def test_what_it_writes_as_vcard_we_read_as_the_same_contacts() -> None:
    (answer,) = run_node("jcard-jobs.mjs", [{"jcard": json.loads(write_contact_file(CONTACTS, "jcard"))}])
    reading = read_contact_file((answer["vcard"] + "\r\n").encode(), "vcard")
    assert reading.problems == []
    assert [
        {name: cell for name, cell in row.cells.items() if cell} for row in reading.rows
    ] == [cells_of(each) for each in sorted(CONTACTS, key=lambda each: each.contact)]  # fmt: skip


@pytest.mark.full
def test_it_reads_our_vcards_as_our_jcards() -> None:
    jobs = [{"vcard": write_contact_file([each], "vcard").decode()} for each in CONTACTS]
    for answer, wanted in zip(run_node("jcard-jobs.mjs", jobs), CONTACTS, strict=True):
        again = read_contact_file(json.dumps(answer["jcard"]).encode(), "jcard")
        assert again.problems == []
        assert [{name: cell for name, cell in row.cells.items() if cell} for row in again.rows] == [cells_of(wanted)]
