"""What all requests draw on at once (memory for bodies, uploads being written), in portions. Pure.

1. There is so much, `most`, for all together. The people of one member, and strangers together, get a quarter of it; a
   single device, or a stranger's address, a sixteenth.
2. Whoever has none of a bound gets what they ask for within the wider ones, however large it is: so the largest request
   fits where nothing else is going on, whatever the settings.
3. **Fails closed**: where there is none left, whoever asks is told to try again. So nobody keeps it from all the
   others by asking for much and sending slowly: neither strangers, nor one device, nor all the devices of one member.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from relay.protocol.problems import Refusal

GROUP = 4
EACH = 16
STRANGERS = ""


class Portions:
    """`most` of something, lent out; `words` tell whoever gets none."""

    def __init__(self, most: int, words: str, retry_after: int = 1) -> None:
        self._most, self._words, self._retry_after = most, words, retry_after
        self._lent = Counter[tuple[str, ...]]()

    @property
    def lent(self) -> int:
        """How much is lent now."""
        return self._lent[()]

    @contextmanager
    def take(self, size: int, who: str, group: str = STRANGERS) -> Iterator[None]:
        """Lend `size` to `who`, a device or an address, of `group`, a member or STRANGERS; refuses `unavailable`."""
        bounds = {(): self._most, (group,): self._most // GROUP, (group, who): self._most // EACH}
        if any(self._lent[each] and self._lent[each] + size > bound for each, bound in bounds.items()):
            raise Refusal("unavailable", self._words, retry_after=self._retry_after)
        self._lent.update(dict.fromkeys(bounds, size))
        try:
            yield
        finally:
            self._lent.subtract(dict.fromkeys(bounds, size))
            for each in bounds:
                if not self._lent[each]:
                    del self._lent[each]  # whoever has none is forgotten
