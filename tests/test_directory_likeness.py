"""What an import adds and is listed already, found without comparing everything with everything."""

import pytest
from directory_entries import a_body
from hypothesis import given
from hypothesis import strategies as st

from directory.bodies import Phone
from directory.finding.likeness import MOST_ALIKE, Known, alike


def known(contact: str, name: str = "", /, function: str = "customs", **fields: object) -> Known:
    return Known(contact, contact[:2].upper(), function, a_body(name or contact, **fields))


def pairs(new: list[Known], listed: list[Known]) -> list[tuple[str, str, bool]]:
    return [(each.contact, each.other, each.same) for each in alike(new, listed)]


NUMBER = Phone(number="+12025550134")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fiscalía General de la Nación", "Fiscalia general de la nacion"),
        ("Fiscalía General de la Nación", "Nación: Fiscalía General"),
        ("Fiscalía General de la Nación", "Fiscalía Genral de la Nación"),
        ("Fiscalía General de la Nación", "Fiscalía Generla de la Nación"),
        ("Fiscalía General de la Nación", "Fiscalía Genral de la Naciónn"),
        ("Comisaría 7", "Comisaria 7"),
        ("Mesa", "Meza"),
        ("Aduana", "La Aduana"),
    ],
)
def test_nearly_the_same_names_are_alike(one: str, other: str) -> None:
    assert pairs([known("co-a", one)], [known("co-b", other)]) == [("co-a", "co-b", True)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Comisaría 1", "Comisaría 2"),
        ("Fiscalía General de la Nación", "Procuraduría General de la Nación"),
        ("Mesa", "Muela"),
        ("Aduana del Norte", "Aduana del Sur"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert pairs([known("co-a", one)], [known("co-b", other)]) == []


def test_very_long_names_are_compared_whole() -> None:
    long = "fiscalía" * 20
    assert pairs([known("co-a", long)], [known("co-b", long)]) == [("co-a", "co-b", True)]
    assert pairs([known("co-a", long)], [known("co-b", long[1:])]) == []


def test_a_name_counts_in_its_country_and_function_only() -> None:
    mesa = known("co-a", "Mesa de guardia")
    assert pairs([mesa], [known("pe-a", "Mesa de guardia")]) == []
    assert pairs([mesa], [known("co-b", "Mesa de guardia", "consular")]) == []
    assert pairs([mesa], [known("co-a", "Mesa de guardia")]) == []


def test_other_names_count_too_and_short_ones_have_to_be_the_same() -> None:
    one = known("co-a", "Fiscalía General", also=("FGN",))
    assert pairs([one], [known("co-b", "FGN")]) == [("co-a", "co-b", True)]
    assert pairs([one], [known("co-b", "FGM")]) == []


def test_a_number_or_an_address_in_common() -> None:
    one = known("co-a", "Aduana", phones=(NUMBER,), emails=("A@x.example",))
    assert pairs([one], [known("co-b", "Puerto", phones=(NUMBER,))]) == [("co-a", "co-b", True)]
    assert pairs([one], [known("pe-b", "Puerto", phones=(NUMBER,))]) == [("co-a", "pe-b", False)]
    assert pairs([one], [known("co-b", "Puerto", "consular", emails=("a@X.example",))]) == [("co-a", "co-b", False)]
    fax = Phone(number=NUMBER.number, use="fax")
    assert pairs([one], [known("co-b", "Puerto", phones=(fax,))]) == []
    assert [str(each) for each in alike([one], [known("pe-b", "Puerto", phones=(NUMBER,))])] == [
        "co-a and pe-b have one number, +12025550134"
    ]
    assert [str(each) for each in alike([one], [known("co-b", "Aduanas")])] == [
        "co-a is probably co-b: the same country and function, and nearly the same name"
    ]


def test_new_ones_are_compared_with_those_before_them_and_each_is_told_of_a_few() -> None:
    new = [known(f"co-{at}", "Aduana") for at in range(5)]
    found = pairs(new, [])
    assert found[:2] == [("co-1", "co-0", True), ("co-2", "co-0", True)]
    assert sum(contact == "co-4" for contact, _, _ in found) == MOST_ALIKE
    assert alike([], new) == ()


def test_ten_thousand_alike_and_ten_thousand_different_ones_take_no_quadratic_time() -> None:
    same = [known(f"co-{at}", "Mesa de guardia contra la trata") for at in range(10_000)]
    assert len(alike(same[5_000:], same[:5_000])) <= 5_000 * MOST_ALIKE
    numbered = [known(f"co-{at}", f"Comisaría {at}") for at in range(10_000)]
    assert alike(numbered, numbered[:100]) == ()


@given(st.text("aábcde ", min_size=1, max_size=20), st.integers(0, 19), st.sampled_from("xyz"))
def test_one_letter_more_is_forgiven(name: str, at: int, letter: str) -> None:
    other = name[:at] + letter + name[at:]
    words = "".join(name.split())
    if len(words) >= 4 and len(other.split()) == len(name.split()) == 1:
        assert pairs([known("co-a", name)], [known("co-b", other)]) == [("co-a", "co-b", True)]
