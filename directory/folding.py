"""Text as people type it, brought to one form for comparing: no accents, no case, no punctuation, nothing unseen.

`fold("Procuradoria-Geral  da República")` is `"procuradoria geral da republica"`. What is folded is only compared,
never shown or stored.
"""

import re
import unicodedata

from directory.invisible import ignorable

# What compatibility decomposition leaves alone though people type it plainly; a dotless i; the apostrophe that counts
# as a letter.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ŋ": "n", "\u0131": "i", "\u02bc": " "}
)
_MOST_LETTERS = 4096  # whose plain form is kept: more than four languages have


class _Plain(dict[int, int | str | None]):
    """What a letter, decomposed, is replaced by; nothing for accents and what nobody sees. Found out once a letter."""

    def __missing__(self, code: int) -> int | str | None:
        plain = None if unicodedata.combining(chr(code)) or ignorable(chr(code)) else _LETTERS.get(code, code)
        if len(self) < _MOST_LETTERS:
            self[code] = plain
        return plain


_PLAIN = _Plain()
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_APART = re.compile(r"[\W_]+")
_SMALL = bytes(ord(chr(each).lower()) if chr(each).isalnum() else ord(" ") for each in range(128)) + bytes(128)


def fold(text: str) -> str:
    """The words of a text in plain small letters and digits, one space between them."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    # U.S.A. is one word, but l'intérieur and O'Higgins are two: people search for the second part.
    joined = _INITIALS.sub(lambda match: match[0].replace(".", ""), text) if "." in text else text
    if not joined.isascii():
        bare = unicodedata.normalize("NFKD", joined.casefold()).translate(_PLAIN).casefold()
        if not bare.isascii():
            return _APART.sub(" ", bare).split()
        joined = bare
    # Nine texts of ten come here, half a million of them when a large directory is opened: by the byte.
    return joined.encode("ascii").translate(_SMALL).decode("ascii").split()


SMALL_WORDS = frozenset(
    words(
        "a al and au aux con contra d da das de del des do dos du e el em en et for in l la las le les los na o of on "
        "para por pour the to y"
    )
)


def telling_words(text: str) -> list[str]:
    """The folded words of a text without *de*, *the* and their like, unless there are no others."""
    found = words(text)
    return [each for each in found if each not in SMALL_WORDS] or found
