"""Network addresses as the relay counts them: the one place that says what is one address, for throttles and limits.

1. Of IPv6 the first 64 bits are the address: whoever has one has the 2^64 behind it.
2. IPv4 that is written as IPv6, by a socket for both (`::ffff:192.0.2.1`) or by a translator in front of the relay
   (`64:ff9b::c000:201`, RFC 6052), is that IPv4.
3. A scope (`%eth0`) is left out. What is no IP address counts as it is written.
4. Proxies that are believed are IP addresses or networks. Names are refused: who they stand for, others decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_TRANSLATED = IPv6Network("64:ff9b::/96")
_MAPPED = IPv6Network("::ffff:0:0/96")
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


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that are believed; `address in proxies` says whether one is."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def read(cls, texts: Iterable[str]) -> "Proxies":
        """From IP addresses and networks (`10.0.0.0/8`); raises ValueError, in words for who wrote it, for others."""
        return cls(tuple(map(_network, texts)))

    def __contains__(self, address: object) -> bool:
        found = _read(address) if isinstance(address, str) else None
        return found is not None and any(found in each for each in self.networks)


def _network(text: str) -> IPv4Network | IPv6Network:
    plain = _read(text)
    try:
        found = ip_network(text if plain is None else str(plain))
    except ValueError as error:
        raise ValueError(f"{text!r} is no IP address and no network such as 10.0.0.0/8 ({error})") from error
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        found = IPv4Network((int(found.network_address) & _LOW, found.prefixlen - _MAPPED.prefixlen))
    if not found.prefixlen:
        raise ValueError(f"{text!r} is everybody: name the proxies' own addresses or networks")
    return found


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
