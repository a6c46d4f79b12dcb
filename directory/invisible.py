"""Characters that nobody sees: what they are, for those who refuse, drop or show them. Pure.

1. `ignorable` ones take no room at all: whatever stands around them looks as if they were not there, and so one word
   looks like another. They are Unicode's format characters (category Cf) and its Default_Ignorable_Code_Point
   (DerivedCoreProperties.txt, Unicode 16): the soft hyphen that comes along from a PDF, joiners, variation selectors,
   marks of direction, tags, fillers of Hangul.
2. `invisible` are those, controls, line and paragraph separators, halves of characters, what is no character, and the
   pattern of Braille without a dot.
3. The joiners U+200C and U+200D belong to the spelling of Persian and of languages of India, and to many emoji. None of
   the four languages of this directory has them; so they are treated as the others are.
"""

import re
from unicodedata import category

# Default_Ignorable_Code_Point without what is in category Cf anyway.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_LIKE_NOTHING = "\u2800"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def ignorable(char: str) -> bool:
    """Whether a character takes no room (rule 1)."""
    return char > "~" and (category(char) == "Cf" or _IGNORABLE.match(char) is not None)


def invisible(char: str) -> bool:
    """Whether nobody sees a character, white space aside (rule 2); tabs and line feeds count as controls."""
    if " " <= char <= "~":
        return False
    return category(char) in _UNSEEN or char in _LIKE_NOTHING or ignorable(char) or _no_character(ord(char))


def blank(text: str) -> bool:
    """Whether a text says nothing: it is empty, or has only white space and what nobody sees. Half a character is
    something: a slip of the encoding, which is told as that."""
    return all(each.isspace() or (invisible(each) and category(each) != "Cs") for each in text)


def first_invisible(text: str) -> str | None:
    """The first character in a text that nobody sees, or nothing."""
    if text.isascii() and text.isprintable():
        return None
    return next(filter(invisible, text), None)


def code_point(char: str) -> str:
    """How a character is named, as in U+00AD."""
    return f"U+{ord(char):04X}"


def _no_character(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
