"""The marks of a message: how its content may be used, as its sender signed it. Pure."""

from typing import Annotated, Literal

import msgspec

from directory.fields import Time

Tlp = Literal["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"]


class Handling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the content may be used: TLP 2.0, source and information grading, purpose, onward consent, retention.

    `erase_at`: when every desk erases it, in unix seconds; 0 for no such time. `victim`: it holds data about a victim.
    `identified`, beside `victim` alone: why it names a victim, where a pseudonym does not do; empty: it names none.
    """

    tlp: Tlp = "AMBER"
    source: Literal["", "A", "B", "C", "X"] = ""
    information: Literal["", "1", "2", "3", "4"] = ""
    purpose: Annotated[str, msgspec.Meta(max_length=400)] = ""
    onward: Literal["ask", "no", "yes"] = "ask"
    erase_at: Time = 0
    victim: bool = False
    identified: Annotated[str, msgspec.Meta(max_length=400)] = ""
