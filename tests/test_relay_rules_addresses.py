"""What counts as one network address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.rules.addresses import Proxies, counted_address, plain_address


@pytest.mark.parametrize(
    ("text", "plain", "counted"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::FFFF:C000:207", "192.0.2.7", "192.0.2.7"),
        ("64:ff9b::c000:207", "192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::", "2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("::1", "::1", "::/64"),
        ("", "", ""),
        ("unknown", "unknown", "unknown"),
        ("192.0.2.7:80", "192.0.2.7:80", "192.0.2.7:80"),
    ],
)
def test_what_counts_as_one_address(text: str, plain: str, counted: str) -> None:
    assert (plain_address(text), counted_address(text)) == (plain, counted)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_one_network_of_64_bits_is_one_address(address: object, low: int) -> None:
    text = counted_address(str(address))
    if text.endswith("/64"):
        base = text.removesuffix("/64")
        assert counted_address(base) == text
        assert plain_address(str(address)).partition("%")[0] == str(address)


@given(st.text(max_size=50))
def test_any_text_counts_as_something(text: str) -> None:
    assert counted_address(plain_address(text)) == counted_address(text)


PROXIES = Proxies.read(("192.0.2.9", "10.0.0.0/8", "2001:DB8:9::1", "2001:db8:a::/48", "::ffff:198.51.100.0/120"))


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("192.0.2.8", False),
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("2001:db8:9::1", True),
        ("2001:db8:9::2", False),
        ("2001:db8:a:ffff::7", True),
        ("2001:db8:b::", False),
        ("198.51.100.200", True),
        ("198.51.101.1", False),
        ("nginx", False),
        ("", False),
    ],
)
def test_who_is_a_trusted_proxy(address: str, trusted: bool) -> None:
    assert (address in PROXIES) == trusted
    assert address not in Proxies()


@pytest.mark.parametrize(
    "text", ["", "nginx", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "::ffff:0:0/96", "10/8"]
)
def test_what_is_no_proxy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is "):
        Proxies.read(("192.0.2.1", text))
