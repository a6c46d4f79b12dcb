"""What can be wrong with an age file or a key for one, in the classes that the public test vectors tell apart.

A caller needs them apart: *no match* may mean "try the next key", while the others mean that the bytes are not what
the sender wrote.
"""

from crypto.errors import CryptoError


class AgeError(CryptoError):
    """An age file that cannot be opened or made; the subclass says at which step, the text says why."""


class ArmorFailure(AgeError):
    """The text form is not strict PEM."""


class HeaderFailure(AgeError):
    """The header is malformed, too large, or holds a stanza that no honest writer makes."""


class NoMatch(AgeError):
    """The header is well formed, but none of the keys at hand opens it."""


class HMACFailure(AgeError):
    """A key fits one stanza, but the header was changed after it was written."""


class PayloadFailure(AgeError):
    """The payload was changed, cut short, or continued by somebody without the file key."""


class BadKey(AgeError):
    """A recipient, an identity or a passphrase setting that is not one."""


class BadRecipients(AgeError):
    """Recipients that may not share a file: none, too many, or of kinds that must not be mixed."""
