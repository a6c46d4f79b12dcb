"""A report of drills as a picture: one bar for each authority, as SVG that every reader can use. Pure.

1. The same report makes the same bytes: no time of making, no random ids, whole numbers alone.
2. Nothing is told by colour alone: *sent* is an outline, *reached* is hatched, *accepted* is solid, and the numbers
   stand beside each bar as text. All is black on white.
3. It has a title and a description that says in words all that the bars show, for who cannot see it.
4. It needs nothing from outside: no font, no script, no link. Names are escaped.
"""

from collections.abc import Iterator
from html import escape

from desk.drills.figures import Figures, Report
from desk.drills.shown_report import lasted

_LEFT, _BAR, _ROW, _TOP, _WIDTH = 150, 300, 44, 96, 900  # in pixels
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" viewBox="0 0 {width} {height}" '
    'width="{width}" height="{height}" font-family="sans-serif" font-size="14">'
)
_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 6L6 0" stroke="#000" stroke-width="1"/></pattern></defs>'
)


def chart(report: Report, title: str) -> bytes:
    """The picture, in UTF-8."""
    rows = report.members
    height = _TOP + _ROW * max(1, len(rows)) + 16
    most = max((each.sent for each in rows), default=0) or 1
    parts = [
        _HEAD.format(width=_WIDTH, height=height),
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(_said(report))}</desc>',
        _HATCH,
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="30" font-size="18" font-weight="bold">{escape(title)}</text>',
        *_legend(),
        *(part for at, each in enumerate(rows) for part in _row(each, _TOP + _ROW * at, most)),
        "</svg>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _legend() -> Iterator[str]:
    for at, (words, fill) in enumerate((("sent", "none"), ("reached", "url(#hatch)"), ("accepted", "#000"))):
        x = _LEFT + 110 * at
        yield f'<rect x="{x}" y="52" width="22" height="14" fill="{fill}" stroke="#000"/>'
        yield f'<text x="{x + 28}" y="64">{words}</text>'


def _row(each: Figures, y: int, most: int) -> Iterator[str]:
    yield f'<text x="{_LEFT - 12}" y="{y + 20}" text-anchor="end">{escape(each.name or "unknown")}</text>'
    for count, fill in ((each.sent, "none"), (each.reached, "url(#hatch)"), (each.accepted, "#000")):
        yield f'<rect x="{_LEFT}" y="{y + 6}" width="{_BAR * count // most}" height="20" fill="{fill}" stroke="#000"/>'
    yield f'<text x="{_LEFT + _BAR + 12}" y="{y + 15}">{escape(_counts(each))}</text>'
    yield f'<text x="{_LEFT + _BAR + 12}" y="{y + 32}" font-size="12">{escape(_times(each))}</text>'


def _said(report: Report) -> str:
    found = (f"{each.name or 'unknown'}: {_counts(each)}; {_times(each)}." for each in report.members)
    return " ".join(("One bar for each authority.", *found))


def _counts(each: Figures) -> str:
    return f"{each.sent} sent, {each.reached} reached, {each.accepted} accepted"


def _times(each: Figures) -> str:
    if each.reached_median is None:
        return "none was reached"
    reached = f"reached: median {lasted(each.reached_median)}, 90 % {lasted(each.reached_p90)}"
    if each.accepted_median is None:
        return f"{reached}; none was accepted"
    return f"{reached}; accepted: median {lasted(each.accepted_median)}, 90 % {lasted(each.accepted_p90)}"
