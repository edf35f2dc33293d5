from __future__ import annotations

import asyncio

import pytest

from runner.edge.wire.addresses import Barred, judge, leads_to_private


def verdict(url: str, *, may_be_private: bool = False, is_proxied: bool = False) -> tuple[str, ...] | Barred:
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
    assert isinstance(found, Barred)
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
    assert isinstance(found, Barred)
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
    assert isinstance(verdict("http://169.254.169.254/latest/meta-data", is_proxied=True), Barred)


def test_no_reason_shows_the_query_of_a_link() -> None:
    for url in ("http://127.0.0.1/v.mp4?sig=canary", "http://x.invalid/?sig=canary", "file:///v.mp4?sig=canary"):
        found = verdict(url)
        assert isinstance(found, Barred)
        assert "canary" not in found.reason


@pytest.mark.parametrize(
    ("url", "expected"),
    [("http://127.0.0.1:8000/v1", True), ("http://localhost", True), ("http://x.invalid", False)],
    ids=["address", "name", "no name"],
)
def test_a_provider_lives_on_a_private_network_when_its_base_url_does(url: str, *, expected: bool) -> None:
    assert asyncio.run(leads_to_private(url)) is expected
