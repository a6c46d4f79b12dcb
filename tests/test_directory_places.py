"""Sets of places, the vocabulary over them, near spellings and who answers now: each against the plain way to do it."""

import pytest
from directory_entries import DAY, NOW, OFFICE, a_body, an_entry
from hypothesis import given
from hypothesis import strategies as st

from directory import vocabulary
from directory.bodies import Hours
from directory.finding.answers_now import AnswersNow
from directory.finding.called import Called, in_full, initials
from directory.finding.places import in_most, in_order, parts, set_of
from directory.finding.spelling import NearWords, distance
from directory.vocabulary import Kind, Vocabulary, placed

SIZE = 5000
places_ = st.sets(st.integers(0, SIZE - 1), max_size=40)
words_ = st.text("abc", min_size=1, max_size=5)
standing = st.dictionaries(st.integers(0, 50), st.sampled_from(list(Kind)), min_size=1)
long_words = st.text("abcd", min_size=1, max_size=10)


@given(places_)
def test_a_set_gives_back_its_places_in_order(places: set[int]) -> None:
    assert list(in_order(set_of(places, SIZE))) == sorted(places)


@given(places_, st.lists(places_, max_size=4))
def test_parts_share_nothing_and_leave_nothing_out(places: set[int], masks: list[set[int]]) -> None:
    left, expected = set(places), []
    for mask in masks:
        expected.append(left & mask)
        left -= mask
    found = [set(in_order(each)) for each in parts(set_of(places, SIZE), *(set_of(mask, SIZE) for mask in masks))]
    assert [each for each in found if each] == [each for each in (*expected, left) if each]


@given(st.lists(places_, max_size=6))
def test_the_places_in_most_sets(sets: list[set[int]]) -> None:
    counts = {place: sum(place in each for each in sets) for each in sets for place in each}
    most = max(counts.values(), default=0)
    places, count = in_most(set_of(each, SIZE) for each in sets)
    assert (set(in_order(places)), count) == ({place for place in counts if counts[place] == most}, most)


@pytest.mark.parametrize("many", [0, 2, 1000])
@given(
    st.dictionaries(words_, st.dictionaries(st.integers(0, 50), st.sampled_from(list(Kind)), min_size=1), max_size=30)
)
def test_every_beginning_leads_to_every_word_that_has_it(many: int, found: dict[str, dict[int, Kind]]) -> None:
    made = vocabulary_with(many, found)
    for asked in {"", "z", *(word[:length] for word in found for length in range(len(word) + 1))}:
        for ask, fits in ((made.beginning, str.startswith), (made.whole, str.__eq__)):
            sets = made.sets(*ask(asked))
            for kind in Kind:
                expected = {at for word in found if fits(word, asked) for at in found[word] if found[word][at] == kind}
                assert set(in_order(sets[kind])) == expected, (asked, kind)


def vocabulary_with(many: int, found: dict[str, dict[int, Kind]]) -> Vocabulary:
    """A vocabulary that makes ready every range which is in more than `many` entries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "_MANY", many)
        return Vocabulary({word: [placed(*each) for each in at.items()] for word, at in found.items()}, 51)


def slowly(one: str, other: str) -> int:
    """The distance of optimal string alignment, as it is defined."""
    if not one or not other:
        return len(one) + len(other)
    ways = [slowly(one[1:], other) + 1, slowly(one, other[1:]) + 1, slowly(one[1:], other[1:]) + (one[0] != other[0])]
    if one[:2] == other[1::-1] and len(one) > 1 < len(other):
        ways.append(slowly(one[2:], other[2:]) + 1)
    return min(ways)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(1, 6))
def test_the_distance_is_what_its_definition_says_up_to_a_bound(one: str, other: str, most: int) -> None:
    assert distance(one, other, most) == min(slowly(one, other), most + 1)


@given(st.sets(long_words, max_size=20).map(sorted), long_words)
def test_every_word_with_one_mistake_is_near(known: list[str], asked: str) -> None:
    near = dict(NearWords(known).near(asked))
    for at, word in enumerate(known):
        mistakes = slowly(asked, word) if abs(len(asked) - len(word)) < 2 and len(asked) < 7 else None
        if mistakes == 1 and min(len(asked), len(word)) >= 4:
            assert near[at] == 1
    assert all(0 < each <= (2 if len(asked) >= 8 else 1) for each in near.values())


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("policai", ["policia"]),
        ("plicia", ["policia"]),
        ("ppolicia", ["policia"]),
        ("bolicia", ["policia"]),
        ("policia", []),  # itself is not near
        ("polixix", []),
        ("traffiking", ["trafficking"]),
        ("trafikingg", []),
        ("trafiking", ["trafficking"]),
        ("fbi", []),  # too short for mistakes
        ("20255501", []),  # a number is that number
    ],
)
def test_mistakes_that_are_forgiven(asked: str, near: list[str]) -> None:
    known = ["2025550", "20255500", "fbj", "policia", "trafficking"]
    assert [known[at] for at, _ in NearWords(known).near(asked)] == near


def test_what_entries_are_called_in_full_and_by_their_initials() -> None:
    uif = an_entry(
        "ar-uif",
        "consular",
        a_body("Unidad de Información Financiera – Argentina", also=("UIF",), emails=("a@x.example",)),
    )
    assert {"ar uif", "unidad de informacion financiera argentina", "uif", "a x example"} <= set(in_full(uif))
    assert {"uif", "udif", "uifa"} <= set(initials(uif))
    called = Called((text, place) for place, each in enumerate([uif, uif]) for text in in_full(each))
    assert list(called.places("uif")) == [0, 1]
    assert list(called.places("nobody")) == []


@pytest.mark.parametrize("moments", [(0, 60, 120), (0, 9 * 3600, 8 * 3600), (0, 40 * DAY, 1), (5 * DAY, 5 * DAY, 0)])
def test_who_answers_now_is_the_same_for_all_at_once_and_one_by_one(moments: tuple[int, ...]) -> None:
    kinds = (OFFICE, Hours(), Hours(always=True), Hours(spans=OFFICE.spans[:1]), Hours(spans=OFFICE.spans[1:3]))
    zones = ("America/Bogota", "America/Santiago", "America/Halifax")
    entries = [
        an_entry(f"co-{at}", "consular", a_body(zone=zones[at % 3], hours=kinds[at % len(kinds)])) for at in range(40)
    ]
    answers = AnswersNow(entries)
    for moment in moments:
        now = NOW + moment
        sets = answers.sets(now)
        for is_open in (True, False, None):
            expected = [place for place in range(40) if answers.of(place, now).open is is_open]
            assert list(in_order(sets[is_open])) == expected, (moment, is_open)


def test_an_answer_given_in_between_leaves_the_sets_right() -> None:
    """A look at one entry after it closed must not make the sets, asked later, believe that they know it already."""
    answers = AnswersNow([an_entry("co-a", "consular", a_body(zone="America/Bogota", hours=OFFICE))])
    assert answers.sets(NOW)[True] == 1
    evening = NOW + 12 * 3600
    assert answers.of(0, evening).open is False
    assert (answers.sets(evening)[True], answers.sets(evening)[False]) == (0, 1)
