"""A report of drills as a picture: three bars for each authority, as SVG that every reader can use. Pure.

1. The same report makes the same bytes: no time of making, no random ids, whole numbers alone.
2. Nothing is told by colour alone: *sent* is an outline, *reached* is hatched, *accepted* is solid; they stand one
   below another, each with its number behind it. All is black on white, so it can be printed and copied.
3. It has a title, a description that says in words all that the bars show, for who cannot see it, and a language.
4. It needs nothing from outside: no font, no script, no link. Names are escaped, and no text runs into another or off
   the picture: a long name is shortened there, and stands whole in the description.
"""

from collections.abc import Iterator
from html import escape

from desk.drills.chart_words import said
from desk.drills.figures import Figures, Report
from desk.drills.shown_report import lasted

_LEFT, _BAR, _THICK, _ROW, _TOP, _WIDTH, _TIMES = 150, 300, 12, 62, 100, 960, 530  # in pixels
_NAME = 15  # characters that fit before the bars
_FILLS = ("none", "url(#hatch)", "#000")
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xml:lang="{language}" role="img" aria-labelledby="title desc" '
    'viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif" font-size="14">'
)
_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" stroke="#000" stroke-width="1"/></pattern></defs>'
)


def chart(report: Report, since: str = "", language: str = "en") -> bytes:
    """The picture, in UTF-8; `since`: the day from which drills were counted, if not from the first."""
    rows = report.members
    height = _TOP + _ROW * max(1, len(rows)) + 8
    most = max((each.sent for each in rows), default=0) or 1
    title = said("title_since", language, day=since) if since else said("title", language)
    parts = [
        _HEAD.format(width=_WIDTH, height=height, language=language),
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(_described(report, language))}</desc>',
        _HATCH,
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="30" font-size="18" font-weight="bold">{escape(title)}</text>',
        *_legend(language),
        *(part for at, each in enumerate(rows) for part in _row(each, _TOP + _ROW * at, most, language)),
        *([] if rows else [f'<text x="16" y="{_TOP + 20}">{escape(said("nothing", language))}</text>']),
        f'<path d="M{_LEFT} {_TOP - 8}V{height - 8}" stroke="#000" stroke-width="1"/>',
        "</svg>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _legend(language: str) -> Iterator[str]:
    for at, (word, fill) in enumerate(zip(("sent", "reached", "accepted"), _FILLS, strict=True)):
        x = _LEFT + 130 * at
        yield f'<rect x="{x}" y="54" width="22" height="{_THICK}" fill="{fill}" stroke="#000"/>'
        yield f'<text x="{x + 28}" y="65">{escape(said(word, language))}</text>'


def _row(each: Figures, y: int, most: int, language: str) -> Iterator[str]:
    name = each.name or said("unknown", language)
    short = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    yield f'<text x="{_LEFT - 10}" y="{y + 27}" text-anchor="end" font-weight="bold">{escape(short)}</text>'
    for at, (count, fill) in enumerate(zip((each.sent, each.reached, each.accepted), _FILLS, strict=True)):
        top, width = y + 2 + (_THICK + 3) * at, _BAR * count // most
        yield f'<rect x="{_LEFT}" y="{top}" width="{width}" height="{_THICK}" fill="{fill}" stroke="#000"/>'
        yield f'<text x="{_LEFT + width + 6}" y="{top + 11}" font-size="12">{count}</text>'
    for at, text in enumerate(_times(each, language)):
        yield f'<text x="{_TIMES}" y="{y + 18 + 20 * at}" font-size="13">{escape(text)}</text>'


def _described(report: Report, language: str) -> str:
    found = (
        f"{each.name or said('unknown', language)}: {_counts(each, language)}; {'; '.join(_times(each, language))}."
        for each in report.members
    )
    return " ".join((said("bars", language), *found))


def _counts(each: Figures, language: str) -> str:
    counts = {"sent": each.sent, "reached": each.reached, "accepted": each.accepted}
    text = ", ".join(f"{count} {said(word, language)}" for word, count in counts.items())
    return f"{text}, {each.waiting} {said('waiting', language)}" if each.waiting else text


def _times(each: Figures, language: str) -> list[str]:
    if each.reached_median is None:
        return [said("none_reached", language)]
    reached = said("reached_in", language, median=lasted(each.reached_median), p90=lasted(each.reached_p90))
    if each.accepted_median is None:
        return [reached, said("none_accepted", language)]
    accepted = said("accepted_in", language, median=lasted(each.accepted_median), p90=lasted(each.accepted_p90))
    return [reached, accepted]
