"""The root of everything `crypto` raises about bytes it was given."""


class CryptoError(Exception):
    """Input that is malformed, not authentic, or not for the keys at hand; the text says which."""
