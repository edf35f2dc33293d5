"""Where the service connects to on somebody's behalf: public addresses only, the very ones that were judged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gallery import PORTRAIT, shown
from service_client import body, client

from runner.service.addresses import judge
from runner.service.order import Refusal
from runner.service.outgoing import Outgoing


@dataclass
class Resolved:
    """A judge for whom `gallery.test` is public and lies here, as long as it says so; all else is judged as ever."""

    here: Sequence[tuple[str, ...]] = (("127.0.0.1",),)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def __call__(self, url: str) -> tuple[str, ...]:
        self.asked.append(url)
        if urlsplit(url).hostname == "gallery.test":
            return self.here[min(len(self.asked), len(self.here)) - 1]
        try:
            return await judge(url, allow_private=False)
        except Refusal as refusal:
            self.refused.append(str(refusal))
            raise


def named(base: str) -> str:
    return base.replace("127.0.0.1", "gallery.test")


def test_a_redirect_is_judged_anew_and_does_not_lead_inwards() -> None:
    judges = Resolved()
    with pytest.raises(Refusal, match=r"10\.0\.0\.1 leads to a private address"):
        shown(lambda base: Outgoing(judged_by=judges).fetch(f"{named(base)}/inwards", most=10**6))
    assert [urlsplit(url).hostname for url in judges.asked] == ["gallery.test", "10.0.0.1"]


def test_a_name_is_resolved_once_and_what_it_says_a_moment_later_is_not_asked() -> None:
    judges = Resolved(here=(("127.0.0.1",), ("127.0.0.2",)))
    assert shown(lambda base: Outgoing(judged_by=judges).fetch(f"{named(base)}/portrait", most=10**6)) == PORTRAIT
    assert len(judges.asked) == 1


def test_an_address_where_nobody_listens_is_passed_over_for_the_next() -> None:
    out = Outgoing(judged_by=Resolved(here=(("::1", "127.0.0.1"),)))
    assert shown(lambda base: out.fetch(f"{named(base)}/portrait", most=10**6)) == PORTRAIT


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://10.1.2.3/", "http://169.254.169.254/latest/meta-data",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://0x7f.1/", "http://2130706433/",
        "http://[fe80::1]/", "http://100.64.0.1/", "http://224.0.0.1/",
    ],
)  # fmt: skip
def test_every_way_to_write_an_inner_address_is_seen_through(url: str) -> None:
    with pytest.raises(Refusal):
        asyncio.run(judge(url, allow_private=False))


CARRIERS = {
    "compatible": "::127.0.0.1",
    "translated": "::ffff:0:127.0.0.1",
    "6to4": "2002:7f00:1::",
    "6to4 10/8": "2002:a01:203::1",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "local NAT64": "64:ff9b:1::7f00:1",
    "site-local": "fec0::1",
    "not given out": "4000::1",
}
"""What passes on to this machine or its network without being written as one of its addresses."""


@pytest.mark.parametrize("address", CARRIERS.values(), ids=CARRIERS)
def test_a_portrait_is_never_asked_for_at_an_address_that_carries_a_private_one(address: str, tmp_path: Path) -> None:
    async def main() -> str:
        async with client(tmp_path, fetcher=Outgoing()) as c:
            subject = [{"type": "character", "image": [f"http://[{address}]:9/portrait"]}]
            return str((await c.submit(body(subject_reference=subject)))["base_resp"]["status_msg"])

    assert f"{address} leads to a private address" in asyncio.run(main())


@pytest.mark.parametrize("address", CARRIERS.values(), ids=CARRIERS)
def test_a_callback_is_never_posted_to_an_address_that_carries_a_private_one(address: str) -> None:
    judges = Resolved()
    out = Outgoing(judged_by=judges)
    assert asyncio.run(out.post(f"http://[{address}]:9/hook", {"challenge": "x"}, within_s=5.0)) is None
    assert judges.refused == [f"{address} leads to a private address"]


@pytest.mark.parametrize(
    "url", ["ftp://8.8.8.8/", "file:///etc/passwd", "http://", "http://u:p@8.8.8.8/", "http://[", "http://8.8.8.8:x/"]
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(Refusal):
        asyncio.run(judge(url, allow_private=True))


@pytest.mark.parametrize(
    ("url", "address"),
    [("https://8.8.8.8/x", "8.8.8.8"), ("http://[2001:4860:4860::8888]:8080/x", "2001:4860:4860::8888")],
    ids=["IPv4", "IPv6"],
)
def test_a_public_address_is_let_through(url: str, address: str) -> None:
    assert asyncio.run(judge(url, allow_private=False)) == (address,)
