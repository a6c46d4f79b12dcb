"""Sizes that say little: a signed note is padded with newlines before it is sealed.

Classes of 16 KiB and 64 KiB hold nearly every message, so that a size tells nothing; above them PADMÉ (Nikitin et al.,
2019) leaks O(log log n) bits for at most 12 % of overhead. A signed note ends in exactly one newline, so what was
appended can be taken off again, and only one padding is the right one.
"""

from directory.canonical import Malformed

CLASSES = (16 << 10, 64 << 10)
MOST_PADDED = 2 << 20


def padded_size(size: int) -> int:
    """The size that a text of `size` bytes is padded to; raises Malformed above MOST_PADDED."""
    for each in CLASSES:
        if size <= each:
            return each
    exponent = size.bit_length() - 1
    last_bits = exponent - exponent.bit_length()
    mask = (1 << last_bits) - 1
    padded = (size + mask) & ~mask
    if padded > MOST_PADDED:
        raise Malformed(f"a message has at most {MOST_PADDED} bytes; send more as an attachment")
    return padded


def pad(text: bytes) -> bytes:
    """`text`, which ends in one newline, with as many more as its class needs."""
    return text + b"\n" * (padded_size(len(text)) - len(text))


def unpad(padded: bytes) -> bytes:
    """The text in `padded`; refuses padding that `pad` would not have written."""
    # Without an argument it is many times as fast; other white space that it takes off, `pad` would not put back.
    text = padded.rstrip() + b"\n"
    if len(padded) > MOST_PADDED or pad(text) != padded:
        raise Malformed("the text is not padded to its class")
    return text


def check_padded_size(size: int) -> None:
    """Return if some text is padded to `size` bytes; raise Malformed if none is."""
    if size < CLASSES[0] or padded_size(size) != size:
        raise Malformed(f"a sealed text of {size} bytes is of no padding class")
