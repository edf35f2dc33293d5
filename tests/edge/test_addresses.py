from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.edge.addresses import Refused, is_loopback, is_private, judge, leads_to_private

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
    "compatible": "::127.0.0.1",
    "6to4": "2002:7f00:1::",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "Teredo": "2001:0:7f00:1::1",
}
PUBLIC = {
    "v4": "93.184.215.14",
    "v6": "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "mapped": "::ffff:93.184.215.14",
    "NAT64": "64:ff9b::5db8:d70e",
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_what_is_not_of_the_public_network_is_private(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC)
def test_what_is_of_the_public_network_is_public(address: str) -> None:
    assert not is_private(address)


@given(st.ip_addresses())
def test_every_address_is_one_or_the_other(address: object) -> None:
    assert is_private(str(address)) in {True, False}


def verdict(url: str, *, may_be_private: bool = False, is_proxied: bool = False) -> tuple[str, ...] | Refused:
    return asyncio.run(judge(url, may_be_private=may_be_private, is_proxied=is_proxied))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0",
        "localhost", "LOCALHOST", "localhost.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]",
        "user:pw@127.0.0.1", "\uff11\uff12\uff17.0.0.1",
    ],
)  # fmt: skip
def test_no_way_to_write_this_machine_is_followed(host: str) -> None:
    found = verdict(f"http://{host}/v.mp4")
    assert isinstance(found, Refused)
    assert "private address" in found.reason or "does not resolve" in found.reason


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no http(s) URL but nothing"),
        ("/v.mp4", "no http(s) URL but nothing"),
        ("file:///etc/passwd", "no http(s) URL but file"),
        ("data:video/mp4;base64,AAAA", "no http(s) URL but data"),
        ("gopher://example.org/", "no http(s) URL but gopher"),
        ("ftp://example.org/", "no http(s) URL but ftp"),
        ("http://", "no http(s) URL but http"),
        ("http:///v.mp4", "no http(s) URL but http"),
        ("http://[::1", "no URL"),
        ("http://example.org:99999/", "no URL"),
        ("http://example.org:x/", "no URL"),
        ("http://no-such-host.invalid/v.mp4", "does not resolve"),
        (f"http://{'a' * 300}/v.mp4", "does not resolve"),
        ("http://a..b/v.mp4", "does not resolve"),
    ],
)
def test_what_is_no_link_is_refused_in_words(url: str, words: str) -> None:
    found = verdict(url)
    assert isinstance(found, Refused)
    assert words in found.reason


def test_a_public_address_is_followed_to_itself() -> None:
    assert verdict("https://93.184.215.14/v.mp4?sig=1") == ("93.184.215.14",)


def test_a_private_address_is_followed_where_the_provider_lives_there() -> None:
    found = verdict("http://localhost:9/v.mp4", may_be_private=True)
    assert isinstance(found, tuple)
    assert "127.0.0.1" in found


def test_behind_a_proxy_a_name_need_not_resolve_here() -> None:
    assert verdict("http://no-such-host.invalid/v.mp4", is_proxied=True) == ("no-such-host.invalid",)


def test_behind_a_proxy_a_private_address_stays_refused() -> None:
    assert isinstance(verdict("http://169.254.169.254/latest/meta-data", is_proxied=True), Refused)


def test_no_reason_shows_the_query_of_a_link() -> None:
    for url in ("http://127.0.0.1/v.mp4?sig=canary", "http://x.invalid/?sig=canary", "file:///v.mp4?sig=canary"):
        found = verdict(url)
        assert isinstance(found, Refused)
        assert "canary" not in found.reason


@pytest.mark.parametrize(
    ("url", "expected"),
    [("http://127.0.0.1:8000/v1", True), ("http://localhost", True), ("http://x.invalid", False)],
    ids=["address", "name", "no name"],
)
def test_a_provider_lives_on_a_private_network_when_its_base_url_does(url: str, *, expected: bool) -> None:
    assert asyncio.run(leads_to_private(url)) is expected


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.org", "10.0.0.1", "::", "", "127.0.0.1.example.org", "0.0.0.0"])
def test_no_other_machine_passes_for_this_one(host: str) -> None:
    assert not is_loopback(host)
