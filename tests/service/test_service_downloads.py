from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from service_client import Clock, client


def fetched(
    folder: Path, method: str = "GET", *, headers: dict[str, str] | None = None
) -> tuple[bytes, httpx.Response]:
    """Return the whole film, and the reply to the request in question."""

    async def main() -> tuple[bytes, httpx.Response]:
        async with client(folder) as c:
            link = await c.link()
            first = await c.http.get(link)
            wanted = {name: value.replace("{etag}", first.headers["etag"]) for name, value in (headers or {}).items()}
            return first.content, await c.http.request(method, link, headers=wanted)

    return asyncio.run(main())


def test_a_whole_film_comes_with_its_length_and_a_strong_etag(tmp_path: Path) -> None:
    film, reply = fetched(tmp_path)

    assert reply.status_code == 200
    assert reply.content == film
    assert reply.headers["content-type"] == "video/mp4"
    assert reply.headers["content-length"] == str(len(film))
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["etag"].startswith('"')


def test_head_tells_the_length_and_sends_nothing(tmp_path: Path) -> None:
    film, reply = fetched(tmp_path, "HEAD")

    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["content-length"] == str(len(film))


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-99", slice(0, 100)), ("bytes=100-", slice(100, None)), ("bytes=-50", slice(-50, None))],
)
def test_a_range_gives_that_part(wanted: str, part: slice, tmp_path: Path) -> None:
    film, reply = fetched(tmp_path, headers={"Range": wanted})

    assert reply.status_code == 206
    assert reply.content == film[part]
    start, end, _ = part.indices(len(film))
    assert reply.headers["content-range"] == f"bytes {start}-{end - 1}/{len(film)}"


def test_a_range_beyond_the_end_is_416(tmp_path: Path) -> None:
    film, reply = fetched(tmp_path, headers={"Range": "bytes=99999999-"})

    assert reply.status_code == 416
    assert reply.headers["content-range"] == f"bytes */{len(film)}"


@pytest.mark.parametrize(("validator", "status"), [("{etag}", 206), ('"other"', 200), ("W/{etag}", 200)])
def test_a_range_counts_only_for_the_same_file(validator: str, status: int, tmp_path: Path) -> None:
    _, reply = fetched(tmp_path, headers={"Range": "bytes=100-", "If-Range": validator})

    assert reply.status_code == status


@pytest.mark.parametrize(("after_s", "status"), [(3599.0, 200), (3600.0, 403), (1e9, 403)])
def test_a_link_lives_one_hour(after_s: float, status: int, tmp_path: Path) -> None:
    clock = Clock()

    async def main() -> int:
        async with client(tmp_path, clock=clock) as c:
            link = await c.link()
            clock.now += after_s
            return (await c.http.get(link)).status_code

    assert asyncio.run(main()) == status


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("expires=1003600", "expires=9999999"),
        ("signature=", "signature=0"),
        ("expires=1003600&", ""),
        ("expires=1003600", "expires=x"),
    ],
)
def test_a_changed_link_is_refused(old: str, new: str, tmp_path: Path) -> None:
    async def main() -> int:
        async with client(tmp_path) as c:
            link = await c.link()
            assert old in link
            return (await c.http.get(link.replace(old, new))).status_code

    assert asyncio.run(main()) == 403


def test_a_link_outlives_a_restart_and_needs_no_key(tmp_path: Path) -> None:
    async def main() -> int:
        keys = frozenset({"k"})
        async with client(tmp_path, keys=keys, key="k") as c:
            link = await c.link()
        async with client(tmp_path, keys=keys) as c:
            return (await c.http.get(link)).status_code

    assert asyncio.run(main()) == 200


def test_a_new_look_up_gives_a_new_link_to_the_same_film(tmp_path: Path) -> None:
    clock = Clock()

    async def main() -> tuple[bytes, bytes, bool]:
        async with client(tmp_path, clock=clock) as c:
            done = await c.made()
            first = (await c.retrieve(done["file_id"]))["file"]["download_url"]
            clock.now += 3000.0
            second = (await c.retrieve(done["file_id"]))["file"]["download_url"]
            return (await c.http.get(first)).content, (await c.http.get(second)).content, first == second

    one, other, same_link = asyncio.run(main())
    assert one == other
    assert not same_link
