"""Data and a page's source to a tagged PDF (PDF/UA-1), by typst.

1. The data go to the typesetter as JSON, an input beside the source, and never into the source: no text can be a
   command there.
2. The same data give the same bytes: no clock is read, no font of the machine used, and the file's id follows from its
   content.
3. A character that the typesetter's fonts lack is shown by its code point, as in [U+65E5].
4. What the typesetter keeps of a document is let go before the next: so many take no more memory than the largest.
5. The package is an extra, because it is large: without it, the error says how to install it.
"""

import json
import re
from typing import Any

from directory.invisible import code_point

# What the fonts that come with the typesetter surely have; beyond it, only some.
_SET = re.compile(r"[^\n -~\u00a0-\u017f\u2010-\u2015\u2018-\u201e\u2022\u2026\u2039\u203a\u20ac]")
_NOT_SHOWN = ("link",)
_FORGETS_AFTER = 10  # documents that did not need it, as this typesetter keeps what it made


class NoTypesetting(Exception):
    """The typesetter is not installed; the text says how to install it."""


def typeset(source: bytes, data: dict[str, Any]) -> bytes:
    """The PDF that a source makes of its input `data`; raises NoTypesetting."""
    try:
        import typst
    except ImportError as error:
        raise NoTypesetting(
            "PDF sheets need the package typst, which is not installed here; install it with: "
            "python -m pip install 'enlace[sheets]'"
        ) from error
    try:
        return _compiled(typst, source, data)
    except typst.TypstError:  # a character that no font has (rule 3)
        return _compiled(typst, source, _plain(data))
    finally:
        for _ in range(_FORGETS_AFTER):
            typst.compile(b"", sys_inputs={}, format="pdf", ignore_system_fonts=True)


def _compiled(typst: Any, source: bytes, data: Any) -> bytes:
    done: bytes = typst.compile(
        source, sys_inputs={"data": json.dumps(data)}, format="pdf", pdf_standards="ua-1", ignore_system_fonts=True
    )
    return done


def _plain(value: Any) -> Any:
    """The data with every character that may lack in the fonts as its code point."""
    match value:
        case str():
            return _SET.sub(lambda match: f"[{code_point(match[0])}]", value)
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {name: each if name in _NOT_SHOWN else _plain(each) for name, each in value.items()}
    return value
