"""Looking for words where they must not be: in every file, in every spelling that a program is likely to have used.

1. A word is looked for in UTF-8 and UTF-16 (both orders), each as it is, in hexadecimal (both cases), in base64
   (standard and URL-safe, at each of the three alignments), percent-encoded, and as JSON escapes it.
2. A number of few digits is looked for as a word: not inside longer numbers or identifiers, where chance puts it.
"""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from itertools import groupby
from json import dumps
from pathlib import Path
from urllib.parse import quote

SHORT = 8


class Wanted:
    """Words to look for, by what they are. All are looked for at once; what was found is told apart afterwards."""

    def __init__(self, words: Iterable[tuple[str, str | bytes]]) -> None:
        self._forms: dict[bytes, set[str]] = {}
        self._short: list[tuple[str, re.Pattern[bytes]]] = []
        for what, each in words:
            word = each.encode() if isinstance(each, str) else each
            if len(word) < SHORT:
                self._short.append((what, _as_a_word(word)))
                continue
            for form in spellings(word):
                self._forms.setdefault(form, set()).add(what)
        self._any = re.compile(_tree(sorted(self._forms))) if self._forms else None

    def found(self, data: bytes) -> set[str]:
        """What is found in `data`."""
        hits = {what for what, pattern in self._short if pattern.search(data)}
        if self._any is not None and self._any.search(data):
            hits |= {what for form, whats in self._forms.items() if form in data for what in whats}
        return hits

    def found_in(self, folder: Path) -> dict[str, set[str]]:
        """What is found in the files under `folder`, and in their names, by file."""
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        seen = {str(path.relative_to(folder)): self.found(path.read_bytes() + str(path).encode()) for path in paths}
        return {name: what for name, what in seen.items() if what}


def spellings(word: bytes) -> Iterator[bytes]:
    """The ways in which a word could have been written (rule 1)."""
    texts = [word]
    if (text := _text(word)) is not None:
        texts += [text.encode("utf-16-le"), text.encode("utf-16-be")]
        yield quote(text, safe="").encode()
        yield dumps(text)[1:-1].encode()
    for each in texts:
        yield each
        yield each.hex().encode()
        yield each.hex().upper().encode()
        for encode in (b64encode, urlsafe_b64encode):
            for shift in range(3):
                yield _inner(encode, each, shift)


def _as_a_word(word: bytes) -> re.Pattern[bytes]:
    plain = [word, word.decode().encode("utf-16-le"), word.decode().encode("utf-16-be")]
    alone = [rb"(?<![0-9A-Za-z+/_-])" + re.escape(each) + rb"(?![0-9A-Za-z+/_-])" for each in plain]
    return re.compile(b"|".join(alone + [each.hex().encode() for each in plain]))


def _tree(forms: list[bytes], depth: int = 0) -> bytes:
    """A pattern for any of several forms that looks at each byte once, for a few bytes: a plain alternation crawls."""
    if depth == 6 or len(forms) == 1:
        return b"(?:" + b"|".join(re.escape(each[depth:]) for each in forms) + b")"
    groups = {first: list(group) for first, group in groupby(forms, lambda form: form[depth : depth + 1])}
    return b"(?:" + b"|".join(re.escape(first) + _tree(group, depth + 1) for first, group in groups.items()) + b")"


def _inner(encode: object, word: bytes, shift: int) -> bytes:
    """The base64 characters that depend on nothing but the word, when it begins `shift` bytes into a group."""
    assert callable(encode)
    text: bytes = encode(bytes(shift) + word)
    first = -(-shift * 8 // 6)
    last = (shift + len(word)) * 8 // 6
    return text[first:last]


def _text(word: bytes) -> str | None:
    try:
        return word.decode()
    except UnicodeDecodeError:
        return None
