from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from loopback import Seen, answer, closed_port, overhearing, reset_after, say, serving
from paced import PacedLoop, dripping

from runner.edge.wire import LinkWire, links
from runner.edge.wire.addresses import Barred, Guard, judge
from runner.errors import ConfigError, MaybeSent, NotSent

pytestmark = pytest.mark.usefixtures("way")


class Checkpoint:
    """Judges as the program does, but takes the servers on these ports for public ones; remembers what it judged."""

    def __init__(self, *public: int) -> None:
        self.ports = public
        self.judged: list[str] = []

    async def __call__(self, url: str, *, is_proxied: bool) -> tuple[str, ...] | Barred:
        self.judged.append(url)
        is_public = any(f":{port}/" in url for port in self.ports)
        return await judge(url, may_be_private=is_public, is_proxied=is_proxied)


async def fetch(url: str, *, private: bool = True, by: Guard | None = None) -> tuple[int, bytes]:
    async with links(may_be_private=private, timeout_s=2.0, judged_by=by) as wire:
        return await read(wire, url)


async def read(wire: LinkWire, url: str) -> tuple[int, bytes]:
    async with wire.get(url, {}) as incoming:
        return incoming.status, b"".join([chunk async for chunk in incoming.chunks])


def moved(place: str, status: int = 302) -> Callable[..., Awaitable[None]]:
    return answer(b"elsewhere", status=status, headers={"Location": place})


def test_a_file_comes_without_key_or_encoding_or_cookie() -> None:
    async def main() -> tuple[list[tuple[int, bytes]], list[Seen]]:
        async with serving(answer(b"video", headers={"Set-Cookie": "who=me; Path=/"})) as server:
            async with links(may_be_private=True, timeout_s=2.0) as wire:
                came = [await read(wire, f"{server.url}/v.mp4?sig=1") for _ in range(2)]
            return came, server.seen

    came, seen = asyncio.run(main())
    assert came == [(200, b"video")] * 2
    assert seen[1].line == "GET /v.mp4?sig=1 HTTP/1.1"
    assert seen[1].headers["accept-encoding"] == "identity"
    assert seen[1].headers.keys().isdisjoint({"authorization", "cookie"})


def test_a_file_comes_raw_even_when_it_is_encoded() -> None:
    async def main() -> tuple[int, bytes]:
        async with serving(answer(b"\x1f\x8braw", headers={"Content-Encoding": "gzip"})) as server:
            return await fetch(f"{server.url}/v.mp4")

    assert asyncio.run(main()) == (200, b"\x1f\x8braw")


def test_an_aimed_request_keeps_the_name_of_its_host() -> None:
    async def main() -> tuple[int, Seen]:
        async with serving(answer()) as server:
            await fetch(f"http://LocalHost:{server.port}/v.mp4")
            return server.port, server.seen[0]

    port, seen = asyncio.run(main())
    assert seen.headers["host"] == f"localhost:{port}"


def test_over_tls_the_name_is_asked_for_and_nothing_else_is_sent() -> None:
    async def main() -> list[bytes]:
        async with overhearing() as (port, heard):
            with pytest.raises(NotSent):
                await fetch(f"https://localhost:{port}/v.mp4?sig=canary")
            return heard

    (hello,) = asyncio.run(main())
    assert hello[0] == 0x16  # a TLS handshake
    assert b"localhost" in hello
    assert b"canary" not in hello


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_after_it_was_judged(status: int) -> None:
    async def main() -> tuple[tuple[int, bytes], list[str], list[str]]:
        async with serving(answer(b"video")) as far, serving(moved(f"{far.url}/b", status)) as near:
            checkpoint = Checkpoint(far.port, near.port)
            came = await fetch(f"{near.url}/a", private=False, by=checkpoint)
            return came, checkpoint.judged, [f"{near.url}/a", f"{far.url}/b"]

    came, judged, expected = asyncio.run(main())
    assert came == (200, b"video")
    assert judged == expected


def test_a_redirect_may_be_relative() -> None:
    async def main() -> tuple[tuple[int, bytes], list[str]]:
        async with serving(moved("../other/v.mp4?a=1"), answer(b"video")) as server:
            return await fetch(f"{server.url}/some/place/v.mp4"), [seen.line for seen in server.seen]

    came, lines = asyncio.run(main())
    assert came == (200, b"video")
    assert lines[1] == "GET /some/other/v.mp4?a=1 HTTP/1.1"


def test_a_redirect_from_a_public_to_a_private_address_is_not_followed() -> None:
    async def main() -> list[Seen]:
        async with serving(answer(b"secret")) as inner, serving(moved(f"{inner.url}/admin")) as outer:
            with pytest.raises(NotSent, match="private address"):
                await fetch(f"{outer.url}/v.mp4", private=False, by=Checkpoint(outer.port))
            return inner.seen

    assert asyncio.run(main()) == []


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "data:video/mp4,x", "ftp://x.example/v", "http://[", "http://"]
)
def test_a_redirect_to_what_is_no_link_is_not_followed(place: str) -> None:
    async def main() -> None:
        async with serving(moved(place)) as server:
            await fetch(f"{server.url}/v.mp4")

    with pytest.raises((NotSent, MaybeSent)):
        asyncio.run(main())


def test_redirects_without_end_are_given_up() -> None:
    async def main() -> int:
        async with serving(moved("/round")) as server:
            with pytest.raises(NotSent, match="more than 4 redirects"):
                await fetch(f"{server.url}/v.mp4")
            return len(server.seen)

    assert asyncio.run(main()) == 5


def test_a_private_link_is_refused_before_anything_is_sent() -> None:
    async def main() -> list[Seen]:
        async with serving(answer()) as server:
            with pytest.raises(NotSent, match="private address"):
                await fetch(f"{server.url}/v.mp4", private=False)
            return server.seen

    assert asyncio.run(main()) == []


@pytest.mark.parametrize("url", ["", "v.mp4", "http://", "http://a b/", "http://x\x00y/", "http://[::1"])
def test_what_is_no_link_was_not_sent(url: str) -> None:
    with pytest.raises(NotSent):
        asyncio.run(fetch(url))


def test_nobody_at_the_other_end_was_sent_nothing() -> None:
    with pytest.raises(NotSent):
        asyncio.run(fetch(f"http://127.0.0.1:{closed_port()}/v.mp4"))


async def two_addresses(url: str, *, is_proxied: bool) -> tuple[str, ...]:
    """Say that a host has two addresses; on the first of them nobody listens."""
    return "::1", "127.0.0.1"


def test_where_the_first_address_takes_no_connection_the_next_is_tried() -> None:
    async def main() -> tuple[tuple[int, bytes], list[Seen]]:
        async with serving(answer(b"video")) as server:
            return await fetch(f"http://cdn.invalid:{server.port}/v.mp4", by=two_addresses), server.seen

    came, seen = asyncio.run(main())
    assert came == (200, b"video")
    assert len(seen) == 1


def test_where_no_address_takes_a_connection_nothing_was_sent() -> None:
    with pytest.raises(NotSent):
        asyncio.run(fetch(f"http://cdn.invalid:{closed_port()}/v.mp4", by=two_addresses))


def test_headers_that_drip_end_with_the_time_out() -> None:
    loop = PacedLoop()

    async def main() -> None:
        async with (
            serving(dripping(loop, every_s=0.01)) as server,
            links(may_be_private=True, timeout_s=0.05, begins_within_s=0.2) as wire,
        ):
            await read(wire, f"{server.url}/v.mp4")

    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        pytest.raises(MaybeSent, match=r"did not begin within 0\.2 s"),
    ):
        runner.run(main())


def test_a_bomb_of_headers_is_no_answer() -> None:
    bomb = b"HTTP/1.1 200 OK\r\n" + b"X-Bomb: " + b"x" * 4_000_000 + b"\r\n\r\n"

    async def main() -> None:
        async with serving(say(bomb)) as server:
            await fetch(f"{server.url}/v.mp4")

    with pytest.raises(MaybeSent):
        asyncio.run(main())


def test_a_body_that_breaks_off_says_so_to_its_reader() -> None:
    async def main() -> None:
        async with serving(reset_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")) as server:
            await fetch(f"{server.url}/v.mp4")

    with pytest.raises(MaybeSent):
        asyncio.run(main())


def test_an_error_of_the_reader_passes_unchanged() -> None:
    async def main() -> None:
        async with (
            serving(answer(b"video")) as server,
            links(may_be_private=True, timeout_s=2.0) as wire,
            wire.get(server.url, {}),
        ):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(main())


def test_a_service_in_this_process_is_asked_without_a_network() -> None:
    async def service(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    async def main() -> tuple[int, bytes]:
        async with links(may_be_private=False, timeout_s=2.0, app=service) as wire:
            return await read(wire, "http://local.invalid/v.mp4")

    assert asyncio.run(main()) == (200, b"/v.mp4")


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_a_proxy_is_given_the_name_which_need_not_resolve_here(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    async def main() -> tuple[tuple[int, bytes], str]:
        async with serving(answer(b"video")) as proxy:
            monkeypatch.setenv(variable, f"127.0.0.1:{proxy.port}" if variable == "http_proxy" else proxy.url)
            return await fetch("http://cdn.invalid/v.mp4", private=False), proxy.seen[0].line

    came, line = asyncio.run(main())
    assert came == (200, b"video")
    assert line == "GET http://cdn.invalid/v.mp4 HTTP/1.1"


def test_a_proxy_is_asked_for_a_tunnel_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> bytes:
        async with overhearing() as (port, heard):
            monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{port}")
            with pytest.raises((NotSent, MaybeSent)):
                await fetch("https://cdn.invalid/v.mp4", private=False)
            return heard[0]

    assert asyncio.run(main()).startswith(b"CONNECT cdn.invalid:443 ")


def test_a_name_that_goes_past_the_proxy_is_fetched_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> tuple[int, int]:
        async with serving(answer()) as proxy, serving(answer()) as server:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "localhost")
            await fetch(f"http://localhost:{server.port}/v.mp4")
            return len(server.seen), len(proxy.seen)

    assert asyncio.run(main()) == (1, 0)


def test_a_proxy_is_not_asked_for_private_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[Seen]:
        async with serving(answer()) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            with pytest.raises(NotSent, match="private address"):
                await fetch("http://169.254.169.254/latest/meta-data", private=False)
            return proxy.seen

    assert asyncio.run(main()) == []


def test_a_proxy_that_cannot_be_used_is_an_error_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "gopher://proxy.example")
    with pytest.raises(ConfigError, match="proxy variables"):
        asyncio.run(fetch("https://cdn.invalid/v.mp4"))
