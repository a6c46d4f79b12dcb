"""The bytes of a PDF with its compressed streams opened, to look for what stands in it."""

import re
import zlib


def streams(pdf: bytes) -> bytes:
    """The bytes of a PDF, its compressed streams opened."""
    found = [pdf]
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(match[1]))
        except zlib.error:
            continue  # a font program
    return b"\n".join(found)
