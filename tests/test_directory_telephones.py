"""Numbers are found by any digits in them, the same whether everything is made ready or not."""

from collections.abc import Sequence

import phonenumbers
import pytest
from directory_entries import a_body, an_entry
from hypothesis import given
from hypothesis import strategies as st

from directory.bodies import Phone
from directory.entry import Entry
from directory.finding.asking import LEAST_DIGITS
from directory.finding.numbering import reached
from directory.finding.places import in_order
from directory.telephones import Telephones

NUMBERS = st.text("012", min_size=LEAST_DIGITS, max_size=12)


def entries_of(numbers: Sequence[Sequence[str]]) -> list[Entry]:
    return [
        an_entry(f"co-{at}", "consular", a_body(phones=tuple(Phone(number=f"+{each}") for each in those)))
        for at, those in enumerate(numbers)
    ]


@given(numbers=st.lists(st.lists(NUMBERS, max_size=3), max_size=8), digits=st.text("12", min_size=5, max_size=12))
def test_what_has_the_digits_is_found_as_by_looking_at_each(numbers: list[list[str]], digits: str) -> None:
    ready, fresh = (Telephones(entries_of(numbers)) for _ in range(2))
    ready.prepare()
    found = ready.find(digits, "", ())
    assert found == fresh.find(digits, "", ())
    whole, ends, within = ({*in_order(each)} for each in found)
    assert whole == {at for at, those in enumerate(numbers) if digits in those}
    assert within == {at for at, those in enumerate(numbers) if any(digits in each for each in those)}
    ending = {at for at, those in enumerate(numbers) for each in those if each != digits and each.endswith(digits)}
    assert ends == (ending if len(digits) > LEAST_DIGITS else set())


def test_one_number_of_many_entries_is_found_at_each() -> None:
    made = Telephones(entries_of([["12025550134"], [], ["12025550134", "576015550134"]]))
    made.prepare()
    assert [[*in_order(each)] for each in made.find("12025550134", "", ())] == [[0, 2], [], [0, 2]]
    assert [[*in_order(each)] for each in made.find("550134", "", ())] == [[], [0, 2], [0, 2]]
    assert [[*in_order(each)] for each in made.find("20255", "", ())] == [[], [], [0, 2]]


@pytest.mark.parametrize(
    "digits",
    [
        "1",
        "22",
        "333",
        "4001",
        "50000",
        "101010",
        "0912345",
        "15",
        "0155555",
        "11999",
        "16345",
        "004314638",
        "004702408",
    ],
)
def test_what_is_too_short_to_be_tried_is_no_number_by_the_plan_either(digits: str) -> None:
    """Of every country of the plans, against the plans themselves."""
    for country in phonenumbers.SUPPORTED_REGIONS:
        try:
            number = phonenumbers.parse(digits, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            assert reached(digits, country), country
