"""Altered bundles of cases: what a dishonest exporter signs anew; each part is named. What anybody alters, and the
command itself: `test_desk_case_bundle_second_process.py`."""

import pytest
from bundle_altered import SIGNED_ANEW, Alteration
from bundle_world import policy, whole

from desk.cases.bundle_checked import Altered, Contents, checked_bundle
from desk.cases.bundle_index import index_of


def verified(note: bytes, parts: list[bytes]) -> Contents:
    """As `enlace case verify` does."""
    found = checked_bundle(note, parts, policy())
    if index_of(found) != found.index:
        raise Altered("index", "it is not what follows from the rest")
    return found


@pytest.mark.parametrize("alter", SIGNED_ANEW, ids=[getattr(each, "__name__", "?") for each in SIGNED_ANEW])
def test_what_a_dishonest_exporter_signs_is_refused_with_the_part_named(alter: Alteration) -> None:
    bundle = whole()
    alter(bundle)
    with pytest.raises(Altered) as caught:
        verified(*bundle.signed(index=False))
    assert caught.value.part.startswith(SIGNED_ANEW[alter]), caught.value
