"""Telephone numbers by the numbering plan of each country, as the `phonenumbers` package has them.

1. A number without `+` is read as somebody in the contact's own country would dial it. It has to be one that the plan
   there gives out: what only has a fitting length is not guessed at.
2. A number with `+` is left as it is. It is *impossible* if no number of that country can have that many digits, and
   *unassigned* if none begins like this as far as is known here; a plan changes sooner than this package does.
"""

import re
from functools import lru_cache
from typing import Literal

_NATIONAL = re.compile("[0-9]{2,20}")


def in_full(digits: str, country: str) -> str | None:
    """The E.164 number that digits dialled within `country` reach, or nothing if the plan there has none such."""
    return None if digits.startswith("00") else reached(digits, country)


def reached(digits: str, country: str) -> str | None:
    """The E.164 number that somebody in `country` reaches who dials these digits, also abroad; or nothing."""
    if not country or not _NATIONAL.fullmatch(digits):
        return None
    import phonenumbers  # here, and not at the top: no other command has to wait for it

    least, abroad = _least(country)
    if len(digits) < least and not abroad.match(digits):
        return None
    try:
        found = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found) or found.extension:
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(512)
def _least(country: str) -> tuple[int, re.Pattern[str]]:
    """How many digits the shortest number has that can be dialled in a country, and what begins one abroad.

    To know it spares reading by the plan: that takes thirty times as long, and is tried for country after country.
    Countries that share a calling code are taken together, for they reach each other.
    """
    import phonenumbers

    plan = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if plan is None or plan.general_desc is None:
        return 0, re.compile("")
    every = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(plan.country_code or 0, (country,))
    shared = [each for code in every if (each := phonenumbers.PhoneMetadata.metadata_for_region(code))]
    lengths = [each.general_desc for each in shared if each.general_desc]
    least = min(length for each in lengths for length in (*each.possible_length, *each.possible_length_local_only))
    return least, re.compile(plan.international_prefix or "")


@lru_cache(1 << 16)  # asked of each number more than once, by rules that do not know of each other
def standing(number: str) -> Literal["assigned", "unassigned", "impossible"]:
    """What the numbering plans say of an E.164 number (rule 2)."""
    import phonenumbers

    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "impossible"
    if phonenumbers.is_valid_number(found):
        return "assigned"
    length = phonenumbers.is_possible_number_with_reason(found)  # one without its area code reaches nobody from abroad
    return "unassigned" if length == phonenumbers.ValidationResult.IS_POSSIBLE else "impossible"


def dialled_from(number: str, country: str) -> str:
    """What to dial within `country` for an E.164 number, if its plan has one way to say so; else nothing.

    Where a carrier is chosen by what is dialled first (as in Brazil, Chile and Colombia), nobody can say it for all.
    """
    import phonenumbers

    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    if not country or not phonenumbers.is_possible_number(found):
        return ""
    shown = phonenumbers.format_out_of_country_calling_number(found, country)
    return "" if shown.startswith("+") else shown


def spaced(number: str) -> str:
    """An E.164 number in the groups in which its country writes it, for reading aloud and dialling; as it is, if the
    plans know none."""
    import phonenumbers

    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    shown = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return shown if "+" + "".join(filter(str.isdecimal, shown)) == number else number
