"""Ed25519 keys under which one signature fits many texts: none of them verifies anything.

The curve is worked out here with plain arithmetic, so that the table in `crypto.note` is not its own witness.
"""

from collections.abc import Iterator
from hashlib import sha512

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from crypto.note import Ed25519Verifier, SignatureError

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
Point = tuple[int, int]


def add(left: Point, right: Point) -> Point:
    """Edwards addition in affine coordinates (RFC 8032 section 5.1.4, before it is made fast)."""
    (x1, y1), (x2, y2) = left, right
    bend = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + bend, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - bend, -1, P) % P


def times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def points() -> Iterator[Point]:
    """Points of the curve, of every order."""
    for seed in range(1000):
        y = int.from_bytes(sha512(seed.to_bytes(2, "big")).digest(), "big") % P
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        for root in (x, x * pow(2, (P - 1) // 4, P) % P):
            if root * root % P == square:
                yield root, y


def small_order_keys() -> set[bytes]:
    """Every spelling of every point whose order divides 8: canonical or not, with either sign bit."""
    torsion: set[Point] = set()
    for point in points():
        torsion.add(times(ORDER, point))
        if len(torsion) == 8:
            break
    ys = {y + lift for _, y in torsion for lift in (0, P) if y + lift < 2**255}
    return {(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)}


SMALL_ORDER_KEYS = small_order_keys()


def test_there_are_eight_points_of_small_order() -> None:
    assert len(SMALL_ORDER_KEYS) == 2 * (5 + 2)  # five y, two of which have a second spelling


def test_the_library_alone_would_take_one_signature_for_every_text() -> None:
    """Why the check exists. When this fails, the library has learned to refuse such keys."""
    neutral = (1).to_bytes(32, "little")
    for text in (b"revoke", b"admit"):
        Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), text)


@pytest.mark.parametrize("public", sorted(SMALL_ORDER_KEYS), ids=bytes.hex)
def test_a_key_of_small_order_verifies_nothing(public: bytes) -> None:
    for point in sorted(SMALL_ORDER_KEYS):
        with pytest.raises(SignatureError, match="none that a key generator makes"):
            Ed25519Verifier("enlace.example/a", public).check(b"a text\n", point + bytes(32))


def test_a_second_spelling_of_a_key_verifies_nothing() -> None:
    for y in range(P, 2**255):
        for sign in (0, 1):
            with pytest.raises(SignatureError, match="none that a key generator makes"):
                Ed25519Verifier("enlace.example/a", (y | sign << 255).to_bytes(32, "little")).check(b"", bytes(64))
