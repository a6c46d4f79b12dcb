"""What events of requests and of cases have in common as they are written: whose they are, and what they stand after.

1. The first event names nothing, for its own hash is the name of what it begins, and stands after nothing. Every other
   names that, and at least one event it stands after (`desk.events.order`).
2. The events that one stands after are sorted, and named once. So there is one way to write it.
"""

from typing import Annotated

import msgspec

from directory.canonical import Malformed
from directory.fields import Hash

MOST_AFTER = 64
After = Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MOST_AFTER)]


def kind_of(act: msgspec.Struct) -> str:
    """The word by which an act is known."""
    return str(act.__struct_config__.tag)


def check_place(first: bool, begun: str | msgspec.UnsetType, after: tuple[str, ...], otherwise: str) -> None:
    """Return if an event keeps the rules above, the `first` or another of what it says was `begun`.

    Raises Malformed, saying what is wrong: `otherwise` where it is rule 1.
    """
    if first != (begun is msgspec.UNSET) or first != (not after):
        raise Malformed(otherwise)
    if list(after) != sorted(set(after)):
        raise Malformed("the events that one stands after are sorted, and named once")
