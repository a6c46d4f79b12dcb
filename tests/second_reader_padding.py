"""The padding of messages (message.md)."""

from second_reader_base import Refused

LARGEST = 2_097_152
_WHITE = (b"\t", b"\x0b", b"\x0c", b"\r", b" ")


def padded_size(size: int) -> int:
    """Message, the first rule of padding."""
    if size < 1:
        raise Refused("bad padding", "nothing")
    if size <= 16_384:
        return 16_384
    if size <= 65_536:
        return 65_536
    e = size.bit_length() - 1
    mask = (1 << (e - e.bit_length())) - 1
    padded = (size + mask) & ~mask
    if padded > LARGEST:
        raise Refused("bad padding", "too large")
    return padded


def unpad(padded: bytes) -> bytes:
    """Message, the rules of padding."""
    body = padded.rstrip(b"\n")
    if body == padded or body[-1:] in _WHITE:
        raise Refused("bad padding", "end of the text")
    if padded_size(len(body) + 1) != len(padded):
        raise Refused("bad padding", "size")
    return body + b"\n"
