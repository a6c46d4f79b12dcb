"""What an officer reads of an entry: how far to rely on it, when somebody answers, and what is left out."""

from dataclasses import replace
from typing import get_args

import pytest
from directory_entries import DAY, NOW, OFFICE, a_body, an_entry

from desk.entries.words import WIDTH, Around, card, cards, page
from desk.mail.reached import Reached
from directory.bodies import ContactBody, Hours, Phone, Span
from directory.entry import Absence, Entry, Grade, Standing
from directory.finding.answering import Answer, answer
from directory.finding.search import Found, Index, Query, Reason, Result
from directory.finding.search_order import Lead

BOGOTA = "America/Bogota"  # NOW is 09:13 there, a Monday
WAYS = {"phones": (Phone(number="+12025550134", use="always"),)}


def shown(entry: Entry, now: int = NOW, *why: Reason) -> list[str]:
    """The lines of an entry's card."""
    replied = answer(entry.body, now) if entry.body else Answer(None)
    return card(Result(entry, replied, 0, why), "es", now).split("\n")


def told(hours: Hours, now: int = NOW, zone: str = BOGOTA) -> str:
    """The line of a card that says whether somebody answers."""
    return shown(an_entry("co-desk", "consular", a_body(zone=zone, hours=hours)), now)[2].strip()  # no number is there


MARKED = {
    ("confirmed", "fresh", 0): "confirmed today",
    ("confirmed", "fresh", 1): "confirmed 1 day ago",
    ("confirmed", "due", 120): "due for renewal: confirmed 120 days ago",
    ("confirmed", "stale", 150): "STALE: confirmed 150 days ago",
    ("confirmed", "doubtful", 900): "DOUBTFUL: confirmed 900 days ago",
    ("provisional", "fresh", 3): "compiled, not confirmed; listed 3 days ago",
    ("provisional", "due", 120): "due for renewal: compiled, not confirmed; listed 120 days ago",
    ("provisional", "stale", 150): "STALE: compiled, not confirmed; listed 150 days ago",
    ("provisional", "doubtful", 900): "DOUBTFUL: compiled, not confirmed; listed 900 days ago",
    ("suspended", "fresh", 3): "member suspended; confirmed 3 days ago",
    ("suspended", "due", 130): "due for renewal: member suspended; confirmed 130 days ago",
    ("suspended", "stale", 155): "STALE: member suspended; confirmed 155 days ago",
    ("suspended", "doubtful", 900): "DOUBTFUL: member suspended; confirmed 900 days ago",
}


@pytest.mark.parametrize(("standing", "grade", "days"), MARKED)
def test_whatever_its_standing_an_entry_says_how_old_it_is_and_what_that_means(
    standing: Standing, grade: Grade, days: int
) -> None:
    entry = an_entry("co-desk", "consular", a_body(**WAYS), standing=standing, grade=grade, since=NOW - days * DAY)
    words = MARKED[standing, grade, days]
    parted = " · " if len(words) + len(" · reachable by Enlace") <= WIDTH else "\n"
    assert f"{words}{parted}reachable by Enlace" in page(entry, Answer(None), "es", NOW)
    assert card(Result(entry, Answer(None), 0, ()), "es", NOW).endswith(
        f"  {words}{parted}reachable by Enlace".replace("\n", "\n  ")
    )


def test_every_standing_and_every_grade_is_tried() -> None:
    assert {each[:2] for each in MARKED} == {(s, g) for s in get_args(Standing) for g in get_args(Grade)}


ABSENT: dict[Absence, str] = {
    "erased": "no details: its authority had them erased",
    "withheld": "no details: shared within circles alone that your authority is not in",
    "unreadable": "no details: what was published is no contact that this version can read",
    "missing": "no details: ALARM: nobody erased them, and they are not here; run `enlace sync`",
}


@pytest.mark.parametrize("absence", get_args(Absence))
def test_details_that_are_not_there_have_a_reason(absence: Absence) -> None:
    entry = replace(an_entry("co-desk"), body=None, absence=absence)
    assert shown(entry)[2] == f"  {ABSENT[absence]}"
    assert ABSENT[absence] in page(entry, Answer(None), "es", NOW).split("\n")


def test_more_numbers_than_a_card_holds_are_counted() -> None:
    phones = (
        Phone(number="+12025550100", use="fax"),
        Phone(number="+12025550101", use="day"),
        Phone(number="+12025550102", use="always"),
        Phone(number="+12025550103", use="night"),
        Phone(number="+12025550109", use="switchboard"),
    )
    entry = an_entry("co-desk", "consular", a_body(phones=phones))
    assert shown(entry)[2:6] == [
        "  always      +1 202-555-0102",
        "  night       +1 202-555-0103",
        "  day         +1 202-555-0101",
        "  and 2 more: enlace show co-desk",
    ]
    assert "switchboard +1 202-555-0109" in page(entry, Answer(None), "es", NOW)
    three = an_entry("co-desk", "consular", a_body(phones=phones[:3]))
    assert not any("more" in each for each in shown(three))


def test_where_there_is_no_number_the_e_mail_stands_there_and_where_neither_that_is_said() -> None:
    body = a_body(emails=("desk@co.example", "two@co.example"))
    assert "  e-mail      desk@co.example" in shown(an_entry("co-desk", "consular", body))
    assert "  languages   not told; usual there: es" in shown(an_entry("co-desk"), NOW, "language-assumed")
    offline = an_entry("co-desk", reach="telephone and e-mail only")
    assert shown(offline)[-1].endswith("not by Enlace; no telephone or e-mail known")
    assert shown(replace(offline, body=a_body(**WAYS)))[-1].endswith("· telephone and e-mail only")


def test_times_are_those_over_there_and_how_far_off() -> None:
    there = " · there it is Mon 09:13"
    assert told(Hours(always=True)) == f"answers now, day and night{there}"
    assert told(OFFICE) == f"answers now · closes in 8 hours, Mon 18:00 there{there}"
    assert told(OFFICE, NOW + 9 * 3600) == "closed now · opens in 13 hours, Tue 08:00 there · there it is Mon 18:13"
    whole = tuple(Span(day=day, opens=0, closes=0) for day in range(1, 8))
    assert told(Hours(spans=whole)) == f"answers now, without a break for 14 days{there}"
    monthly = Hours(spans=(Span(day=1, opens=0, closes=60),), holidays=("2026-09-28",))
    assert told(monthly) == f"closed now · opens in 13 days, Mon 2026-10-05 00:00 there{there}"
    assert told(Hours(spans=(Span(day=1, opens=1440, closes=0),))) == f"closed now, and no opening is known{there}"
    assert told(Hours()) == f"hours not known{there}"
    assert told(OFFICE, zone="America/Atlantis") == "hours not known: this version has no time zone America/Atlantis"


def test_who_is_next_stands_in_the_order_of_escalation_with_the_number_and_who_answers_now() -> None:
    night = NOW + 12 * 3600
    numbers = (Phone(number="+12025550135", use="day"), Phone(number="+576015550136", use="night"))
    others = {
        "co-mla": an_entry("co-mla", "consular", a_body("Oficina", zone=BOGOTA, hours=OFFICE)),
        "co-night": an_entry("co-night", "consular", a_body("Noche\x1b", hours=Hours(always=True), phones=numbers)),
        "co-far": an_entry("co-far", "consular", a_body("Lejos")),
    }
    alternates = {name: (each, answer(each.body, night)) for name, each in others.items() if each.body}
    entry = an_entry(
        "co-desk", "consular", a_body(zone=BOGOTA, hours=OFFICE), escalation=("co-mla", "co-night", "co-far", "co-gone")
    )
    around = Around("CO", alternates)
    lines = card(Result(entry, Answer(None), 0, ()), "es", night, around).split("\n")
    assert lines[3:6] == [
        "  next        1. co-mla · closed, opens in 10 hours",
        "              2. co-night · ANSWERS NOW · +57 601 5550136",
        "              and 2 more: enlace show co-desk",
    ]
    rows = page(entry, Answer(None), "es", night, around).split("\n")
    assert "            2. co-night (Noche[U+001B]) · ANSWERS NOW · +57 601 5550136" in rows
    assert "            3. co-far (Lejos) · hours not known" in rows
    assert "            4. co-gone · not listed any more" in rows
    assert "next        nobody is named" in page(an_entry("co-a"), Answer(None), "es", NOW)


def test_a_number_says_how_it_is_dialled_from_here() -> None:
    body = a_body(phones=(Phone(number="+576015550134", use="always"), Phone(number="+12025550134", use="fax")))
    entry = an_entry("co-desk", "consular", body)

    def numbers(here: str) -> list[str]:
        return page(entry, Answer(None), "es", NOW, Around(here)).split("\n")[2:4]

    assert numbers("AR") == [
        "always      +57 601 5550134 · from here dial 00 57 601 5550134",
        "fax         +1 202-555-0134 · from here dial 00 1 202-555-0134",
    ]
    assert numbers("CO")[0] == "always      +57 601 5550134 · from here dial (601) 5550134"
    assert (
        numbers("CO")[1] == "fax         +1 202-555-0134"
    )  # a carrier is chosen first there: nobody can say it for all
    assert numbers("") == numbers("XX") == ["always      +57 601 5550134", "fax         +1 202-555-0134"]


def test_when_this_desk_last_reached_it_is_said_as_this_desk_s_word() -> None:
    entry, day = an_entry("co-desk"), NOW - 3 * DAY

    def told(known: Reached | None) -> str:
        around = Around(reached={"co-desk": known} if known else {})
        (row,) = (each for each in page(entry, Answer(None), "es", NOW, around).split("\n") if each.startswith("reach"))
        if known:
            assert f"  {row}" in card(Result(entry, Answer(None), 0, ()), "es", NOW, around).split("\n")
        return row.removeprefix("reached     ")

    assert told(None) == "this desk has sent it no message yet"
    assert told(Reached(day, day + DAY, "opened")) == "this desk's message was opened 2 days ago"
    assert told(Reached(day)) == "no receipt yet for this desk's message, sent 3 days ago"
    assert told(Reached(day, unreached=True)) == "NOT by this desk's last message, 3 days ago; before: never"
    assert told(Reached(day, day - DAY, "accepted", unreached=True)) == (
        "NOT by this desk's last message, 3 days ago; before: accepted 4 days ago"
    )


def test_a_search_says_why_the_first_is_first_and_what_it_could_not_do() -> None:
    desk = an_entry("co-desk", "customs", a_body("Aduana", hours=Hours(always=True)))
    day = an_entry("co-day", "customs", a_body("Aduana", zone=BOGOTA, hours=OFFICE))
    index, night = Index([desk, day]), NOW + 12 * 3600
    text = cards(index.find(Query("quién contesta en la aduana", country="CO"), night), "es", night)
    assert "  found by    name\n  first       answers now; the next does not\n\nAduana  [co-day]" in text
    text = cards(index.find(Query("aduana de Dominica"), NOW), "en", NOW)
    assert text.startswith("Nobody is listed for that in Dominica. What follows is of elsewhere.\n\nNo entry has all")
    assert cards(index.find(Query("Dominica"), NOW), "en", NOW) == "Nobody is listed for that in Dominica."
    assert cards(index.find(Query("xyzzy"), NOW), "en", NOW) == "Nobody is listed for that."
    many = cards(index.find(Query("aduana " + " ".join(f"w{n}" for n in range(30))), NOW), "en", NOW)
    assert many.startswith("The last 15 words were not looked for: too many at once.\n\n")
    for lead in get_args(Lead):
        found = Found(2, index.find(Query(), NOW).results, lead)
        assert "\n  first       " in cards(found, "en", NOW)


@pytest.mark.parametrize("width", [40, 80])
def test_cards_and_pages_fit_the_columns_there_are(width: int) -> None:
    phones = tuple(Phone(number=f"+576015550{n}", use="always") for n in range(130, 133))
    body = a_body("Dirección Nacional contra la Trata de Personas", zone=BOGOTA, hours=OFFICE, phones=phones)
    entry = an_entry("co-police-national-directorate", "consular", body, escalation=("co-night",), grade="doubtful")
    around = Around("AR", {"co-night": (entry, Answer(None))}, {entry.id: Reached(NOW - DAY, unreached=True)})
    found = Found(2, (Result(entry, Answer(None), 0, ("matches-name", "some-words-not-found")),) * 2, "by-id")
    for text in (
        cards(found, "es", NOW, around, width),
        page(entry, Answer(None), "es", NOW, around, width),
    ):
        assert max(map(len, text.split("\n"))) <= width, text


def test_a_card_fits_80_columns() -> None:
    long = "Dirección Nacional contra la Trata de Personas y el Tráfico Ilícito"
    entry = an_entry(
        "co-police-national-directorate-against-trafficking",
        "consular",
        a_body(long, zone=BOGOTA, hours=OFFICE),
        standing="provisional",
        grade="doubtful",
        since=NOW - 1200 * DAY,
        reach="telephone and e-mail only",
    )
    lines = shown(entry, NOW + 9 * 3600, "language-assumed")
    assert lines[:2] == [long, "  [co-police-national-directorate-against-trafficking]"]
    assert max(map(len, lines)) <= WIDTH + 2
    assert lines[-2:] == [
        "  DOUBTFUL: compiled, not confirmed; listed 1200 days ago",
        "  not by Enlace; no telephone or e-mail known",
    ]


def test_a_page_is_broken_for_a_terminal_and_for_nobody_else() -> None:
    note = "Pregunte por la oficina de turno. " * 9
    entry = an_entry("co-desk", "consular", a_body(notes={"es": note.strip()}))
    assert f"note (es)   {note.strip()}" in page(entry, Answer(None), "es", NOW).split("\n")
    lines = page(entry, Answer(None), "es", NOW, width=80).split("\n")
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith(" " * 12)


def test_what_others_wrote_is_made_safe() -> None:
    hostile = "Mesa\x1b[2J\u00ad\nDOUBTFUL"
    body = ContactBody(
        names={"es": hostile, "en": hostile + "x"}, address=hostile, notes={"es": hostile}, source=hostile
    )
    entry = an_entry("co-desk", "consular", body)
    for text in ("\n".join(shown(entry)), page(entry, Answer(None), "es", NOW, width=80)):
        assert "\x1b" not in text
        assert "Mesa[U+001B][2J[U+00AD] / DOUBTFUL" in text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "P\N{CYRILLIC SMALL LETTER O}licía Nacional",
            "P\N{CYRILLIC SMALL LETTER O}licía has letters that only look like",
        ),
        ("Policía N\N{GREEK SMALL LETTER ALPHA}cional", "ours: \N{GREEK SMALL LETTER ALPHA} U+03B1"),
        ("Policía Nacional", ""),
        ("Ministério Público – Москва", ""),
        ("日本 Embaixada – Ñandú", ""),
    ],
)
def test_a_name_with_letters_that_only_look_like_ours_says_so(name: str, told: str) -> None:
    shown_ = "\n".join(shown(an_entry("co-desk", "consular", a_body(name))))
    assert ("CAUTION" in shown_) is bool(told)
    assert told in shown_


def test_the_cards_of_a_search_are_those_of_its_results() -> None:
    (found,) = Index([an_entry("co-desk", "consular", a_body(zone=BOGOTA, hours=OFFICE))]).find(Query(), NOW).results
    assert card(found, "es", NOW).startswith("Mesa  [co-desk]\n  Colombia · Asistencia consular\n  answers now")


def test_what_an_entry_was_found_by_is_told() -> None:
    index = Index([an_entry("co-desk", "consular", a_body("Mesa de guardia", city="Bogotá", also=("UNIDAD X",)))])
    for asked, told_by in {
        "guardia bogota": "  found by    name, city",
        "mesa de guardia": "  found by    called exactly so",
        "unidad x": "  found by    called exactly so",
        "gaurdia": "  found by    name, spelled nearly so",
        "consular colombia": "  found by    function, country",
        "guardia xyzzy": "  found by    name, not all words",
        "mdg": "  found by    first letters of a name",
    }.items():
        (found,) = index.find(Query(text=asked), NOW).results
        assert card(found, "es", NOW).split("\n")[-1] == told_by
    (found,) = index.find(Query(), NOW).results
    assert "found by" not in card(found, "es", NOW)
