"""The one rule of addresses, by which downloads, portraits, callbacks and keys are judged."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.network import is_loopback, is_private

PRIVATE = {
    "loopback": "127.0.0.1",
    "all of loopback": "127.255.0.3",
    "10/8": "10.1.2.3",
    "172.16/12": "172.31.255.255",
    "192.168/16": "192.168.0.1",
    "link-local": "169.254.169.254",
    "carrier": "100.64.0.1",
    "unspecified": "0.0.0.0",
    "this network": "0.1.2.3",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "v6 loopback": "::1",
    "v6 unspecified": "::",
    "v6 link-local": "fe80::1%eth0",
    "v6 unique local": "fd00::1",
    "v6 site-local": "fec0::1",
    "v6 multicast": "ff02::1",
    "v6 documentation": "2001:db8::1",
    "v6 discard": "100::1",
    "mapped": "::ffff:127.0.0.1",
    "mapped 10/8": "::ffff:a01:203",
    "mapped multicast": "::ffff:224.0.0.1",
    "compatible": "::127.0.0.1",
    "translated": "::ffff:0:127.0.0.1",
    "6to4": "2002:7f00:1::",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "local NAT64": "64:ff9b:1::7f00:1",
    "not given out": "4000::1",
    "Teredo": "2001:0:7f00:1::1",
}
PUBLIC = {
    "v4": "93.184.215.14",
    "v6": "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "mapped": "::ffff:93.184.215.14",
    "6to4": "2002:5db8:d70e::1",
    "NAT64": "64:ff9b::5db8:d70e",
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_what_is_not_of_the_public_network_is_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC)
def test_what_is_of_the_public_network_is_public(address: str) -> None:
    assert not is_private(address)


@given(st.ip_addresses())
def test_every_address_is_one_or_the_other(address: IPv4Address | IPv6Address) -> None:
    assert is_private(str(address)) in {True, False}


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "2002::", "64:ff9b::"]))
def test_what_carries_an_address_is_judged_as_what_it_carries(inner: IPv4Address, prefix: str) -> None:
    shift = 80 if prefix == "2002::" else 0

    assert is_private(str(IPv6Address(prefix) + (int(inner) << shift))) == is_private(str(inner))


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.org", "10.0.0.1", "::", "", "127.0.0.1.example.org", "0.0.0.0"])
def test_no_other_machine_passes_for_this_one(host: str) -> None:
    assert not is_loopback(host)
