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

    try:
        found = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found) or found.extension:
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


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
