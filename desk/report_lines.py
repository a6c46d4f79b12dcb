"""Lines of a report on a terminal of so many columns. Pure."""

from textwrap import wrap


def hanging(text: str, width: int, inside: int) -> str:
    """`text` in lines of at most `width` columns (0: as it is), those after the first `inside` columns further in.

    Where that would leave less than half of the columns, a quarter of them. Words longer than a line are broken.
    """
    if not width or len(text) <= width:
        return text
    indent = " " * (inside if inside <= width // 2 else width // 4)
    return "\n".join(wrap(text, width, subsequent_indent=indent, break_on_hyphens=False))
