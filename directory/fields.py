"""The kinds of field that statements and other signed bodies are made of, each with the bounds it must keep.

Keys are canonical base64: the character before the padding has no bits that decoding would drop.
Patterns end in `\\Z`: `$` would also match before a final newline, and so let two spellings of one id through.
"""

from typing import Annotated

from msgspec import Meta

FOREVER = 2**40  # unix seconds; later than any time a statement may name

Time = Annotated[int, Meta(ge=0, le=FOREVER)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
NetworkName = Annotated[str, Meta(pattern=r"\A[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\Z")]
Origin = Annotated[
    str,
    Meta(
        pattern=r"\A[a-z0-9]([a-z0-9./-]{0,126}[a-z0-9])?\Z",
        description="small letters, digits, dots, dashes and slashes, such as log.enlace.example/1",
    ),
]
MemberId = Annotated[str, Meta(pattern=r"\A[a-z]{2}(-[a-z0-9]{1,20}){0,2}\Z")]
OfficerId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
ContactId = Annotated[str, Meta(pattern=r"\A[a-z]{2}(-[a-z0-9]{1,30}){1,6}\Z")]
CircleId = Annotated[str, Meta(pattern=r"\A[a-z0-9]+(-[a-z0-9]+){0,5}\Z", max_length=60)]
Country = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]
FunctionCode = Annotated[str, Meta(pattern=r"\A[a-z0-9]+(-[a-z0-9]+){0,7}\Z", max_length=60)]
Key32 = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\Z")]
Key1312 = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9+/]{1749}[AQgw]==\Z")]
Language = Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[A-Z]{2})?\Z")]
