"""What an import would do, in words: each contact, each column, before and after, one line whatever stands in it."""

from directory_contacts import FULL, MLA, after, entry_of

from desk.entries.plan_words import counts, plan_plain, plan_text
from directory.exchange.csv_headers import column_map
from directory.exchange.csv_import import plan_csv, plan_reading, read_lines
from directory.exchange.csv_plan import Plan

ENTRIES = [entry_of(FULL), entry_of(MLA)]
FILE = """contact;función;nombre;phone;interno
co-customs;aduanas;Aduana;+1 123 555 0134;x
co-desk;trata;Mesa nueva;;y
co-mla;autoridad central;Autoridad;;z
""".encode()


def plan() -> Plan:
    return plan_reading(read_lines(FILE, column_map([("interno", "")])), ENTRIES)


def test_a_plan_for_people() -> None:
    assert plan_text(plan()) == (
        "1 to add, 1 to change, 1 unchanged\n"
        "Taken for columns: “función” for function, “nombre” for name\n"
        "Left out: “interno”\n"
        "  + co-customs (line 2)\n"
        "      country: – → CO\n"
        "      function: – → customs\n"
        "      name_es: – → Aduana\n"
        "      phone: – → day:+11235550134\n"
        "  ~ co-desk (line 3)\n"
        "      name_es: Mesa de guardia → Mesa nueva\n"
        "      phone: always:+12025550120; fax:+12025550121 → –\n"
        "? co-customs, phone: +11235550134 is in no range known to be given out there; dial it once"
    )
    assert counts(plan()) == "1 to add, 1 to change, 1 unchanged"


def test_a_plan_for_programs() -> None:
    told = plan_plain(plan())
    assert (told["added"], told["changed"], told["unchanged"]) == (1, 1, 1)
    assert told["changes"][1] == {
        "contact": "co-desk",
        "line": 3,
        "kind": "change",
        "fields": [
            {"column": "name_es", "old": "Mesa de guardia", "new": "Mesa nueva"},
            {"column": "phone", "old": "always:+12025550120; fax:+12025550121", "new": ""},
        ],
    }
    assert (told["guessed"], told["left_out"]) == ({"función": "function", "nombre": "name"}, ["interno"])
    assert [each["column"] for each in told["doubts"]] == ["phone"]


def test_likely_duplicates_are_asked_about_also_where_the_rest_is_cut() -> None:
    lines = "".join(f"co-{at},customs,Oficina {at},+1202555{at:04}\n" for at in range(1000, 1090))
    many = plan_csv(f"contact,function,name_es,phone\n{lines}co-x,customs,X,+12025550120\n".encode(), ENTRIES)
    short = plan_text(many, short=True).splitlines()
    assert short[-2:] == ["  … and 336 more lines; --dry-run shows them all",
                          "? co-x and co-desk have one number, +12025550120"]  # fmt: skip
    assert len(plan_text(many).splitlines()) == 1 + 91 * 5 + 1
    assert plan_plain(many)["alike"] == [
        {"contact": "co-x", "other": "co-desk", "same": False, "common": "one number, +12025550120"}
    ]


def test_text_of_others_stays_on_its_line() -> None:
    raw = b'contact,function,name_es,notes_es\nco-x,customs,Aduana,"a\n  + co-y (line 9)"\n'
    text = plan_text(plan_csv(raw, ()), "card")
    assert "notes_es: – → a /   + co-y (line 9)" in text
    assert "(card 2)" in text


def test_nothing_to_do_is_one_line() -> None:
    raw = b"contact,function,name_es\nco-x,customs,Aduana\n"
    done = after(plan_csv(raw, ()), ())
    assert plan_text(plan_csv(raw, done)) == "0 to add, 0 to change, 1 unchanged"
