"""X25519 public keys that must not be used: the points of low order (RFC 7748 section 6.1).

With such a key the shared secret is zero whatever the private key is, so anybody knows it. The library refuses only
when it computes the secret: too late for a recipient among fifty, whose bad key would then stop the message to all.
"""

KEY_SIZE = 32

_PRIME = 2**255 - 19
_A = 486662  # the curve is v² = u³ + A·u² + u (RFC 7748 section 4.1)


def is_low_order(public_key: bytes) -> bool:
    """Whether doubling the point with this u-coordinate, on the curve or its twist, ends at infinity.

    Doubling takes u to (u² − 1)² / 4u(u² + A·u + 1), whose denominator is zero only at u = 0, since A² − 4 is not a
    square. So u is 0, or doubled to 0 (u² = 1), or doubled to 1. Nothing is doubled to −1: that point is on the twist,
    whose cofactor is 4, and has order 4 already. On the curve, the cofactor 8 ends the chain one step later.
    """
    u = (int.from_bytes(public_key, "little") & (2**255 - 1)) % _PRIME
    numerator = (u * u - 1) ** 2
    denominator = 4 * u * (u * u + _A * u + 1)
    return u * (u * u - 1) * (numerator - denominator) % _PRIME == 0
