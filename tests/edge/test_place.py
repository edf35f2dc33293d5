"""An address is taken apart as httpx does it: what is signed leaves as it came, and what is odd as httpx mends it."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.edge.wire.place import Place, place_of
from runner.errors import NotSent

PIECES = st.sampled_from(
    [*"aZ09-._~!$&'()*+,;=:@/?#[]% \"<>\\^`{|}ä人\t", "%2F", "%c3%A4", "%zz", "..", "/./", "/../", "//"]
)
HOSTS = st.sampled_from(
    ["a.example", "A.Example", "127.0.0.1", "[::1]", "münchen.example", "a-.example", "a_b", "me:pw@a.example", "1"]
)
PORTS = st.sampled_from(["", ":80", ":443", ":8080", ":0", ":080", ":"])


def by_httpx(url: str) -> Place:
    parts = httpx.URL(url)
    return Place(
        scheme=parts.scheme, host=parts.raw_host.decode(), port="" if parts.port is None else f":{parts.port}",
        target=parts.raw_path.decode(), userinfo=parts.userinfo,
    )  # fmt: skip


RESTS = st.lists(PIECES, max_size=12).map(lambda pieces: "".join(["/", *pieces]))


@given(st.sampled_from(["http", "https", "HTTP"]), HOSTS, PORTS, st.sampled_from(["", "?", "?s=%2F"]) | RESTS)
def test_a_request_goes_where_httpx_would_send_it(scheme: str, host: str, port: str, rest: str) -> None:
    url = f"{scheme}://{host}{port}{rest}"
    try:
        place = by_httpx(url)
    except httpx.InvalidURL:
        with pytest.raises(NotSent, match="InvalidURL"):
            place_of(url)
        return
    assert place_of(url) == place
    assert httpx.URL(place.url()).raw_path.decode() == place.target


@pytest.mark.parametrize(
    ("address", "url"),
    [(None, "https://a.example:81/v?s=%2F"), ("10.0.0.1", "https://10.0.0.1:81/v?s=%2F"), ("::1", "https://[::1]:81/v?s=%2F")],
    ids=["by name", "IPv4", "IPv6"],
)  # fmt: skip
def test_a_place_can_be_asked_at_an_address_of_its_host(address: str | None, url: str) -> None:
    place = place_of("https://me:pw@a.example:81/v?s=%2F")
    assert (place.url(address), place.netloc, place.authorization) == (url, "a.example:81", "Basic bWU6cHc=")
