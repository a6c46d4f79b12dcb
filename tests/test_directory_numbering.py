"""Numbers by the plans of countries, and what there cannot be in an entry."""

import phonenumbers
import pytest
from directory_entries import a_body
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from directory.bodies import Phone, Requirements
from directory.countries import BY_CODE as COUNTRIES
from directory.entry_faults import ISO_639_1, doubts, faults
from directory.exchange.csv_cells import dialled_in
from directory.exchange.csv_columns import column
from directory.finding.numbering import in_full, standing


@pytest.mark.parametrize(
    ("digits", "country", "full"),
    [
        ("6015550134", "CO", "+576015550134"),
        ("3001234567", "CO", "+573001234567"),
        ("576015550134", "CO", "+576015550134"),
        ("01145678901", "AR", "+541145678901"),
        ("2025550134", "US", "+12025550134"),
        ("1145678901", "BR", "+551145678901"),
        ("0134", "CO", None),
        ("5", "CO", None),
        ("0015551234567", "CO", None),
        ("6015550134", "XK", None),
        ("6015550134", "ZZ", None),
        ("6015550134", "", None),
        ("+576015550134", "CO", None),
        ("60155501\N{FULLWIDTH DIGIT THREE}4", "CO", None),
    ],
)
def test_a_number_is_read_as_its_own_country_dials_it(digits: str, country: str, full: str | None) -> None:
    assert in_full(digits, country) == full


@pytest.mark.parametrize("country", COUNTRIES)
def test_in_every_state_numbers_are_read_as_they_are_written_there(country: str) -> None:
    for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE):
        number = phonenumbers.example_number_for_type(country, kind)
        if number is None:
            continue
        full = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for form in (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL):
            written = phonenumbers.format_number(number, form)
            assert column("phone").canonical(dialled_in(written, country)) == f"day:{full}"


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("+12025550134", "assigned"),
        ("+576015550134", "assigned"),
        ("+11235550134", "unassigned"),
        ("+1202555013", "impossible"),
        ("+9991234567", "impossible"),
        ("+576015550", "impossible"),
    ],
)
def test_what_plans_say_of_a_full_number(number: str, found: str) -> None:
    assert standing(number) == found


@pytest.mark.parametrize(
    ("cell", "country", "use", "shown"),
    [
        ("601 555 0134; night: (601) 555-0135", "CO", "", "+576015550134; night:+576015550135"),
        ("601 555 0134; fax:601 555 0135", "CO", "night", "night:+576015550134; fax:+576015550135"),
        ("+1 202 555 0134", "CO", "", "+1 202 555 0134"),
        ("0134", "CO", "", "0134"),
        ("601 555 0134", "", "night", "night:601 555 0134"),
        ("", "CO", "night", ""),
    ],
)
def test_a_cell_of_numbers_is_completed(cell: str, country: str, use: str, shown: str) -> None:
    assert dialled_in(cell, country, use) == shown


@given(st.text("0123456789+ ;:()-nightday", max_size=40), st.sampled_from(["CO", "AR", "US", "XK", ""]))
def test_completing_twice_changes_nothing_more(cell: str, country: str) -> None:
    once = dialled_in(cell, country)
    assert dialled_in(once, country) == once


PHONE = Phone(number="+12025550134")
SHORT = Phone(number="+1202555013")
RARE = Phone(number="+11235550134")


@pytest.mark.parametrize(
    ("fields", "column", "words"),
    [
        ({"phones": (PHONE, SHORT)}, "phone", "no telephone can have the number +1202555013"),
        ({"emails": ("a..b@x.example",)}, "email", "no mailbox can have the address a..b@x.example"),
        ({"emails": (".b@x.example",)}, "email", "no mailbox"),
        ({"emails": ("b.@x.example",)}, "email", "no mailbox"),
        ({"emails": ("b@-x.example",)}, "email", "no mailbox"),
        ({"emails": ("b@x-.example",)}, "email", "no mailbox"),
        ({"emails": ("mailto:b@x.example",)}, "email", "no mailbox"),
        ({"emails": ("<b@x.example",)}, "email", "no mailbox"),
        ({"emails": ("b(desk)@x.example",)}, "email", "no mailbox"),
        ({"emails": ("b\\@x.example",)}, "email", "no mailbox"),
        ({"emails": ("b\x1b@x.example",)}, "email", "no mailbox"),
        ({"emails": ("b@192.0.2.1",)}, "email", "no mailbox"),
        ({"emails": (f"b@{'x' * 64}.example",)}, "email", "no mailbox"),
        ({"languages": ("es", "xx")}, "languages", "no language has the code xx"),
        ({"requirements": Requirements(languages=("zz-CO",))}, "request_languages", "no language has the code zz-CO"),
        ({"names": {"qq": "Mesa"}}, "name_qq", "no language has the code qq"),
        ({"notes": {"qq": "Mesa"}}, "notes_qq", "no language has the code qq"),
    ],
)
def test_what_there_cannot_be_is_a_fault_where_it_is_new(fields: dict[str, object], column: str, words: str) -> None:
    body = a_body("Mesa", **fields)
    ((found, what, do),) = faults(body, None)
    assert (found, what[: len(words)]) == (column, words)
    assert do
    assert list(faults(body, body)) == []


def test_what_there_may_be_is_none() -> None:
    body = a_body(
        "Mesa", phones=(PHONE,), emails=("a.b+c@x-y.example",), languages=("es", "srn", "pt-BR"), notes={"ht": "x"}
    )
    assert (list(faults(body, None)), list(doubts(body, None))) == ([], [])
    assert len(ISO_639_1) == 183


def test_a_number_in_no_known_range_is_doubted_once() -> None:
    body = a_body("Mesa", phones=(RARE,))
    assert [column for column, _ in doubts(body, None)] == ["phone"]
    assert (list(faults(body, None)), list(doubts(body, body))) == ([], [])
