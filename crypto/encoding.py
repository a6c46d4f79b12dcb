"""Text encodings that have exactly one spelling for each value.

Python's own decoders are lenient: `int()` takes `1_000` and `b64decode(validate=True)` takes `QR==`, whose
last bits are not zero. Two spellings of one value would give two hashes, so every reader here writes the
value again and compares.
"""

from binascii import a2b_base64, b2a_base64

from crypto.errors import CryptoError


class EncodingError(CryptoError):
    """A text that is not the canonical spelling of any value."""


def b64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return b2a_base64(data, newline=False).decode("ascii")


def unb64(text: str, size: int | None = None) -> bytes:
    """Bytes of canonical padded base64; refuses any other spelling, and any length but `size` where given."""
    try:
        raw = a2b_base64(text, strict_mode=True)
    except ValueError as error:  # `binascii.Error` is one; a character beyond ASCII is another
        raise EncodingError("not base64 (RFC 4648 section 4, with padding)") from error
    if b64(raw) != text:
        raise EncodingError("not canonical base64: write it again with an RFC 4648 encoder")
    return _sized(raw, size)


def b64raw(data: bytes) -> str:
    """Standard base64 without padding, as age writes it."""
    return b64(data).rstrip("=")


def unb64raw(text: str, size: int | None = None) -> bytes:
    """Bytes of canonical unpadded base64; refuses padding and non-zero trailing bits."""
    if "=" in text:
        raise EncodingError("base64 padding is not allowed here")
    return unb64(text + "=" * (-len(text) % 4), size)


def unhex(text: str, size: int | None = None) -> bytes:
    """Bytes of lower-case hexadecimal; refuses upper case, white space and odd lengths."""
    try:
        raw = bytes.fromhex(text)
    except ValueError as error:
        raise EncodingError("not hexadecimal") from error
    if raw.hex() != text:
        raise EncodingError("not canonical hexadecimal: lower case, no spaces")
    return _sized(raw, size)


def decimal(text: str, most: int = 2**63 - 1) -> int:
    """A non-negative decimal number; refuses signs, leading zeros, separators and values above `most`."""
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0"):
        raise EncodingError("not a canonical decimal number")
    # The length first: Python reads no number of more than 4,300 digits, and long ones slowly.
    if len(text) > len(str(most)) or (value := int(text)) > most:
        raise EncodingError(f"number above the largest allowed, {most}")
    return value


def _sized(raw: bytes, size: int | None) -> bytes:
    if size is not None and len(raw) != size:
        raise EncodingError(f"{len(raw)} bytes where {size} are expected")
    return raw
