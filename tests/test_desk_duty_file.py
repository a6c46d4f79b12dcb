"""Rosters as people write them: in a file, and as words of the command line; and by which names officers go."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roster_world import THREE, A, B, C, D, roster, rosters, shift

from desk.rosters.people import NoSuchOfficer, called, officer_named
from desk.rosters.roster import DayException, Roster, WindowException
from desk.rosters.roster_file import MOST_FILE, read_file, write_file
from desk.rosters.spelled import clock, days, length, span
from directory.canonical import Malformed

LABELS = {A: "Night duty", B: "Deputy, Bogotá", C: 'Day "desk"\n[[shift]]', D: "Night duty"}
WHOLE = roster(
    *THREE,
    shift("week", days=(1,), start=480, minutes=10_080, every=2, officers=(D,), until="2026-03-02"),
    exceptions=(
        DayException(shift="night", date="2026-03-04"),
        WindowException(starts="2026-12-24T18:00", ends="2026-12-26T06:00", officers=(D, A)),
    ),
)
HEAD = 'contact = "co-desk"\nzone = "America/Bogota"\n'
SHIFT = '[[shift]]\nid = "n"\ndays = "mon"\ntime = "22:00-06:00"\nofficers = ["aaaa"]\nsince = "2026-01-05"\n'


def named(word: str) -> str:
    return officer_named(word, (A, B, C, D), LABELS)


def read(text: str) -> Roster:
    return read_file(text, "co-desk", named)


def numberless(found: Roster) -> Roster:
    return msgspec.structs.replace(found, seq=0)


def test_a_roster_comes_back_from_its_file() -> None:
    assert read(write_file(WHOLE, LABELS)) == numberless(WHOLE)
    assert read(write_file(WHOLE, {})) == numberless(WHOLE)


@given(rosters())
@settings(max_examples=30)
def test_every_roster_comes_back_from_its_file(found: Roster) -> None:
    assert read(write_file(found, LABELS)) == numberless(found)


def test_officers_go_by_short_names_by_labels_and_by_the_beginning_of_the_id() -> None:
    text = HEAD + '[officers]\nnight = "aaaa"\n' + SHIFT.replace('["aaaa"]', '["night", "deputy, bogota", "dddd"]')
    assert read(text).shifts[0].officers == (A, B, D)


def test_days_and_times_need_no_quotation_marks() -> None:
    window = "[[window]]\nfrom = 2026-12-24T18:00:00\nto = 2026-12-26T06:00:00\nofficers = []\n"
    found = read(HEAD + SHIFT.replace('"2026-01-05"', "2026-01-05") + window)
    assert found.shifts[0].since == "2026-01-05"
    assert found.exceptions == (WindowException(starts="2026-12-24T18:00", ends="2026-12-26T06:00"),)


REFUSED = {
    "no TOML": ("contact = co-desk", "cannot be read"),
    "another contact": (HEAD.replace("co-desk", "ec-desk"), "the roster of ec-desk"),
    "no zone": ('contact = "co-desk"\n', "zone is missing"),
    "a zone that is none": (HEAD.replace("Bogota", "Nowhere"), "America/Nowhere"),
    "a field nobody knows": (HEAD + SHIFT + 'colour = "red"\n', "shift 1: there is no field 'colour'"),
    "a table nobody knows": (HEAD + "[[shfit]]\n", "there is no field 'shfit'"),
    "one shift that is no list": (HEAD + SHIFT.replace("[[shift]]", "[shift]"), "begins with a line [[shift]]"),
    "no days": (HEAD + SHIFT.replace('days = "mon"\n', ""), "shift 1: days is missing"),
    "a day that is none": (HEAD + SHIFT.replace('"mon"', '"moonday"'), "shift 1: 'moonday' is not a list"),
    "a time that is none": (HEAD + SHIFT.replace("22:00", "25:00"), "shift 1: '25:00' is no time of day"),
    "an officer nobody knows": (HEAD + SHIFT.replace("aaaa", "eeee"), "shift 1: no officer of this contact"),
    "a label of two officers": (HEAD + SHIFT.replace("aaaa", "Night duty"), "fits several officers"),
    "a number for an officer": (HEAD + SHIFT.replace('"aaaa"', "7"), "named in quotation marks"),
    "an officer who is no list": (HEAD + SHIFT.replace('["aaaa"]', '"aaaa"'), "officers is a list"),
    "every yes weeks": (HEAD + SHIFT + "every = true\n", "every is a number of weeks"),
    "every 90 weeks": (HEAD + SHIFT + "every = 90\n", "52"),
    "a day on which it does not begin": (HEAD + SHIFT.replace("01-05", "01-06"), "its first day is one of its"),
    "an id in Spanish": (HEAD + SHIFT.replace('id = "', 'id = "día '), "is no id of a shift"),
    "a date that is none": (HEAD + SHIFT.replace("01-05", "1-5"), "is no day of the calendar; write it like"),
    "two of one id": (HEAD + SHIFT + SHIFT, "two shifts have one id"),
    "too large": ("#" * (MOST_FILE + 1), "KiB"),
    "nested without end": ("a = " + "[" * 5000, "cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_roster_is_refused_with_where_it_stands(name: str) -> None:
    text, why = REFUSED[name]
    with pytest.raises(Malformed) as refused:
        read(text)
    assert why in str(refused.value)


@given(st.text(max_size=300))
def test_whatever_stands_in_a_file_it_is_read_or_refused(text: str) -> None:
    for each in (text, HEAD + text, HEAD + SHIFT + text):
        try:
            found = read(each)
        except Malformed:
            continue
        else:
            assert numberless(read(write_file(found, LABELS))) == numberless(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mon-fri", (1, 2, 3, 4, 5)),
        ("Sat, sun", (6, 7)),
        ("fri-mon", (1, 5, 6, 7)),
        ("Mon–Sun", (1, 2, 3, 4, 5, 6, 7)),
        ("tuesday", (2,)),
    ],
)
def test_weekdays(text: str, found: tuple[int, ...]) -> None:
    assert days(text) == found


def test_times_and_lengths() -> None:
    assert (clock("6:05"), length("36h30m"), length("7d")) == (365, 2190, 10_080)
    assert (span("22:00–06:00"), span("08:00-08:00"), span("22:00 for 7d")) == (
        (1320, 480), (480, 1440), (1320, 10_080),
    )  # fmt: skip


@given(st.text(max_size=20))
def test_whatever_is_typed_for_a_time_it_is_read_or_refused(text: str) -> None:
    for reader in (days, clock, length, span):
        try:
            found: object = reader(text)
        except Malformed:
            continue
        else:
            assert isinstance(found, int | tuple)


@pytest.mark.parametrize("word", ["", "aaa", "eeee", "AAAA bbbb", "night duty", "\x1b[2J"])
def test_a_word_that_means_nobody_or_two_is_refused(word: str) -> None:
    with pytest.raises(NoSuchOfficer) as refused:
        named(word)
    assert "\x1b" not in str(refused.value)


def test_a_name_as_it_is_shown_can_be_typed() -> None:
    assert named(called(D, LABELS)) == D
    assert called(A, {}) == "aaaaaaaa"
