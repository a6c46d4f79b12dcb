"""Network addresses as the relay counts them: the one place that says what is one address, for throttles and limits.

1. Of IPv6 the first 64 bits are the address: whoever has one has the 2^64 behind it.
2. IPv4 that is written as IPv6, by a socket for both (`::ffff:192.0.2.1`) or by a translator in front of the relay
   (`64:ff9b::c000:201`, RFC 6052), is that IPv4.
3. A scope (`%eth0`) is left out. What is no IP address counts as it is written.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_TRANSLATED = IPv6Network("64:ff9b::/96")
_PREFIX = 64
_LOW = (1 << 32) - 1


def plain_address(text: str) -> str:
    """The address in its one spelling."""
    found = _read(text)
    return text if found is None else str(found)


def counted_address(text: str) -> str:
    """What is counted as one address: an IPv4 address, or an IPv6 network of 64 bits."""
    found = _read(text)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _PREFIX), strict=False))
    return text if found is None else str(found)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _TRANSLATED:
            return IPv4Address(int(found) & _LOW)
    return found
