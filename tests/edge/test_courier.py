from __future__ import annotations

import asyncio
import hashlib
import os
import random
from pathlib import Path

import pytest
from file_limit import files_of_at_most
from loopback import Reaction, Seen, answer, closed_port, fall_silent_after, reset_after, say, serving
from unprivileged import as_nobody, open_folder

from runner.edge.video.courier import Courier
from runner.edge.wire import links
from runner.errors import Halt
from runner.inspection import Unfetched
from runner.model import Artifact, Download

VIDEO = random.Random(5).randbytes(300_000)
OTHER = random.Random(6).randbytes(300_000)
CUT = 120_000
KEY = "a1b2"
WHOLE = Artifact(bytes_=len(VIDEO), sha256=hashlib.sha256(VIDEO).hexdigest())


def fetch(
    folder: Path, *reactions: Reaction, bytes_most: int = 10**7, timeout_s: float = 2.0
) -> tuple[Artifact | Unfetched, list[Seen]]:
    async def main() -> tuple[Artifact | Unfetched, list[Seen]]:
        async with serving(*reactions) as server, links(may_be_private=True, timeout_s=timeout_s) as wire:
            courier = Courier(wire, folder, bytes_most=bytes_most)
            return await courier.fetch(KEY, Download(url=f"{server.url}/v.mp4?sig=canary")), server.seen

    return asyncio.run(main())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def head(content: bytes, etag: str | None = '"one"', *, status: str = "200 OK", extra: str = "") -> bytes:
    tag = f"ETag: {etag}\r\n" if etag else ""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n{tag}{extra}Connection: close\r\n\r\n".encode()


def cut_off(content: bytes, etag: str | None = '"one"') -> Reaction:
    """Send the beginning of a file and hang up."""
    return say(head(content, etag) + content[:CUT])


def rest(content: bytes, etag: str | None = '"one"', *, begin: int = CUT, total: str | None = None) -> Reaction:
    """Send the file from `begin` on."""
    extent = f"Content-Range: bytes {begin}-{len(content) - 1}/{total or len(content)}\r\n"
    return say(head(content[begin:], etag, status="206 Partial Content", extra=extent) + content[begin:])


def test_a_whole_file_comes_home_hashed_and_alone(tmp_path: Path) -> None:
    came, _ = fetch(tmp_path, answer(VIDEO))
    assert came == WHOLE
    assert names(tmp_path) == [f"{KEY}.mp4"]
    assert (tmp_path / f"{KEY}.mp4").read_bytes() == VIDEO


def test_a_file_without_a_length_comes_home_too(tmp_path: Path) -> None:
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (VIDEO[:CUT], VIDEO[CUT:])) + b"0\r\n\r\n"
    came, _ = fetch(tmp_path, say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked))
    assert came == WHOLE


def test_a_file_is_fetched_again_over_an_older_one(tmp_path: Path) -> None:
    (tmp_path / f"{KEY}.mp4").write_bytes(OTHER)
    assert fetch(tmp_path, answer(VIDEO))[0] == WHOLE
    assert (tmp_path / f"{KEY}.mp4").read_bytes() == VIDEO


def test_a_download_that_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    came, seen = fetch(tmp_path, cut_off(VIDEO), rest(VIDEO))
    assert came == WHOLE
    assert "range" not in seen[0].headers
    assert (seen[1].headers["range"], seen[1].headers["if-range"]) == (f"bytes={CUT}-", '"one"')


def test_a_download_may_break_off_more_than_once(tmp_path: Path) -> None:
    again = say(
        head(VIDEO[CUT:], status="206 Partial Content", extra=f"Content-Range: bytes {CUT}-299999/300000\r\n")
        + VIDEO[CUT : 2 * CUT]
    )
    came, seen = fetch(tmp_path, cut_off(VIDEO), again, rest(VIDEO, begin=2 * CUT))
    assert came == WHOLE
    assert seen[2].headers["range"] == f"bytes={2 * CUT}-"


@pytest.mark.parametrize("etag", [None, 'W/"one"'], ids=["no ETag", "weak ETag"])
def test_without_a_strong_etag_a_download_starts_from_the_beginning(tmp_path: Path, etag: str | None) -> None:
    came, seen = fetch(tmp_path, cut_off(VIDEO, etag), answer(VIDEO))
    assert came == WHOLE
    assert "range" not in seen[1].headers


SPLICES = {
    "200 with the changed file": [answer(VIDEO, headers={"ETag": '"two"'})],
    "200, Range ignored": [answer(VIDEO, headers={"ETag": '"one"'})],
    "206 of the changed file, If-Range ignored": [rest(VIDEO, '"two"'), answer(VIDEO)],
    "206 without an ETag": [rest(VIDEO, None), answer(VIDEO)],
    "206 with a weak ETag": [rest(VIDEO, 'W/"one"'), answer(VIDEO)],
    "206 from another byte": [rest(VIDEO, begin=CUT - 1), answer(VIDEO)],
    "206 of another length": [rest(VIDEO, total="300001"), answer(VIDEO)],
    "206 without Content-Range": [answer(VIDEO, status=206, headers={"ETag": '"one"'}), answer(VIDEO)],
    "206 with a garbled Content-Range": [
        answer(VIDEO, status=206, headers={"ETag": '"one"', "Content-Range": f"bytes {CUT}-{'9' * 5000}/*"}),
        answer(VIDEO),
    ],
    "416": [answer(b"", status=416), answer(VIDEO)],
}


@pytest.mark.parametrize("answers", SPLICES.values(), ids=SPLICES)
def test_no_file_is_spliced_from_two(tmp_path: Path, answers: list[Reaction]) -> None:
    came, seen = fetch(tmp_path, cut_off(OTHER), *answers)
    assert came == WHOLE
    assert seen[1].headers["if-range"] == '"one"'
    assert (tmp_path / f"{KEY}.mp4").read_bytes() == VIDEO


def test_a_rest_that_is_too_short_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    short = say(head(VIDEO[CUT:-10], status="206 P", extra=f"Content-Range: bytes {CUT}-299989/*\r\n") + VIDEO[CUT:-10])
    came, seen = fetch(tmp_path, cut_off(VIDEO), short, rest(VIDEO, begin=len(VIDEO) - 10))
    assert came == WHOLE
    assert seen[2].headers["range"] == f"bytes={len(VIDEO) - 10}-"


UNFETCHED = {
    "401": ([answer(status=401)], "HTTP 401: the link is expired or refused"),
    "403": ([answer(status=403)], "HTTP 403: the link is expired or refused"),
    "404": ([answer(status=404)], "HTTP 404: the link is expired or refused"),
    "410": ([answer(status=410)], "HTTP 410: the link is expired or refused"),
    "500": ([answer(status=500)], "HTTP 500 in place of the file"),
    "204": ([say(b"HTTP/1.1 204 No Content\r\n\r\n")], "HTTP 204 in place of the file"),
    "416 at once": ([answer(status=416)], "HTTP 416 in place of the file"),
    "a part that nobody asked for": ([rest(VIDEO)], "another part of the file than was asked for"),
    "gzip": ([answer(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})], "encoded as gzip"),
    "expired between two parts": ([cut_off(VIDEO), answer(status=403)], "HTTP 403"),
    "shorter than announced": ([answer(VIDEO, length=300_001)], "broke off after 300000 bytes"),
    "reset": ([reset_after(b"")], "broke off after 0 bytes"),
    "reset in the middle": ([reset_after(head(VIDEO) + VIDEO[:10])], "broke off after"),
    "garbage": ([say(b"garbage")], "broke off after 0 bytes"),
}


@pytest.mark.parametrize(("answers", "words"), UNFETCHED.values(), ids=UNFETCHED)
def test_what_is_no_file_is_left_out_there_with_the_reason(tmp_path: Path, answers: list[Reaction], words: str) -> None:
    came, _ = fetch(tmp_path, *answers)
    assert isinstance(came, Unfetched)
    assert words in came.reason
    assert "canary" not in came.reason
    assert names(tmp_path) == []


THROTTLED = {
    "429": (answer(status=429), None),
    "429 for 20 s": (answer(status=429, headers={"Retry-After": "20"}), 20.0),
    "503 for 20 s": (answer(status=503, headers={"Retry-After": "20"}), 20.0),
}


@pytest.mark.parametrize(("reaction", "wait_s"), THROTTLED.values(), ids=THROTTLED)
def test_a_host_with_too_much_to_do_is_told_from_one_that_is_broken(
    tmp_path: Path, reaction: Reaction, wait_s: float | None
) -> None:
    came, _ = fetch(tmp_path, reaction)
    broken, _ = fetch(tmp_path, answer(status=503))
    assert isinstance(came, Unfetched)
    assert (came.throttled, came.retry_after_s) == (True, wait_s)
    assert isinstance(broken, Unfetched)
    assert not broken.throttled


def test_a_download_that_always_breaks_off_is_given_up(tmp_path: Path) -> None:
    came, seen = fetch(tmp_path, cut_off(VIDEO, None))
    assert isinstance(came, Unfetched)
    assert len(seen) == 4


def test_half_a_body_and_then_silence_goes_on_after_the_time_out(tmp_path: Path) -> None:
    came, _ = fetch(tmp_path, fall_silent_after(head(VIDEO) + VIDEO[:CUT]), rest(VIDEO), timeout_s=0.1)
    assert came == WHOLE


def test_bytes_behind_the_announced_length_are_not_of_the_file(tmp_path: Path) -> None:
    came, _ = fetch(tmp_path, answer(VIDEO + b"more", length=len(VIDEO)))
    assert came == WHOLE


def test_a_page_that_calls_itself_a_file_comes_home_for_the_check_to_judge(tmp_path: Path) -> None:
    page = b"<html>please sign in</html>"
    came, _ = fetch(tmp_path, answer(page, headers={"Content-Type": "text/html"}))
    assert came == Artifact(bytes_=len(page), sha256=hashlib.sha256(page).hexdigest())


@pytest.mark.parametrize(
    "reaction",
    [
        pytest.param(answer(VIDEO, length=10 * 2**40), id="announced"),
        pytest.param(say(b"HTTP/1.1 200 OK\r\n\r\n" + VIDEO), id="not announced"),
        pytest.param(
            say(head(VIDEO, status="206 P", extra="Content-Range: bytes 0-299999/9999999999\r\n")), id="range"
        ),
    ],
)
def test_a_file_that_is_too_large_is_given_up(tmp_path: Path, reaction: Reaction) -> None:
    came, seen = fetch(tmp_path, reaction, bytes_most=100_000)
    assert came == Unfetched(reason="the file is larger than 100,000 bytes")
    assert (len(seen), names(tmp_path)) == (1, [])


def both(folder: Path, first: str | None, *reactions: Reaction) -> Artifact | Unfetched:
    async def main() -> Artifact | Unfetched:
        async with serving(*reactions) as server, links(may_be_private=True, timeout_s=2.0) as wire:
            url = f"{server.url}/first" if first is None else first
            return await Courier(wire, folder).fetch(KEY, Download(url=url, backup_url=f"{server.url}/backup"))

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("first", "reactions"),
    [
        pytest.param(None, [answer(status=403), answer(VIDEO)], id="expired"),
        pytest.param("file:///etc/passwd", [answer(VIDEO)], id="no link"),
        pytest.param(f"http://127.0.0.1:{closed_port()}/", [answer(VIDEO)], id="nobody there"),
        pytest.param("", [answer(VIDEO)], id="empty"),
        pytest.param(None, [*[cut_off(OTHER)] * 4, answer(VIDEO)], id="always broken off"),
    ],
)
def test_the_second_link_serves_where_the_first_does_not(tmp_path: Path, first: str, reactions: list[Reaction]) -> None:
    assert both(tmp_path, first, *reactions) == WHOLE
    assert names(tmp_path) == [f"{KEY}.mp4"]


def test_a_host_that_asks_for_a_pause_is_heard_though_the_second_link_is_gone(tmp_path: Path) -> None:
    came = both(tmp_path, None, answer(status=429, headers={"Retry-After": "30"}), answer(status=404))

    assert isinstance(came, Unfetched)
    assert (came.throttled, came.retry_after_s) == (True, 30.0)


def test_a_link_left_under_the_name_of_the_part_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine", encoding="utf-8")
    folder = tmp_path / ".partial"
    folder.mkdir()
    (folder / f"{KEY}.{os.getpid()}.part").symlink_to(precious)
    assert fetch(folder, answer(VIDEO))[0] == WHOLE
    assert precious.read_text(encoding="utf-8") == "mine"


def test_a_disk_that_takes_no_more_halts_and_keeps_nothing_half(tmp_path: Path) -> None:
    with files_of_at_most(100_000), pytest.raises(Halt, match="larger than this process may write"):
        fetch(tmp_path, answer(VIDEO))
    assert names(tmp_path) == []


def test_a_folder_that_takes_nothing_halts() -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        with as_nobody(), pytest.raises(Halt, match="permission denied"):
            fetch(folder, answer(VIDEO))


@pytest.mark.parametrize(
    ("byte_takes_s", "comes_home"), [pytest.param(1.0, False, id="drips"), pytest.param(0.0005, True, id="is slow")]
)
def test_a_body_that_drips_is_given_up_and_a_slow_one_is_not(
    tmp_path: Path, byte_takes_s: float, *, comes_home: bool
) -> None:
    """The clock counts what came instead of time, so that hours of dripping take none."""

    def clock() -> float:
        parts = list(tmp_path.glob("*.part"))
        return parts[0].stat().st_size * byte_takes_s if parts else 0.0

    async def main() -> tuple[Artifact | Unfetched, list[Seen]]:
        async with serving(answer(VIDEO)) as server, links(may_be_private=True, timeout_s=2.0) as wire:
            courier = Courier(wire, tmp_path, clock=clock)
            return await courier.fetch(KEY, Download(url=f"{server.url}/v.mp4")), server.seen

    came, seen = asyncio.run(main())
    assert came == (WHOLE if comes_home else Unfetched(reason="the file came slower than 1,024 bytes a second"))
    assert (len(seen), list(tmp_path.glob("*.part"))) == (1, [])


def test_a_download_that_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            serving(fall_silent_after(head(VIDEO) + VIDEO[:CUT])) as server,
            links(may_be_private=True, timeout_s=9.0) as wire,
        ):
            task = asyncio.create_task(Courier(wire, tmp_path).fetch(KEY, Download(url=server.url)))
            while not names(tmp_path):  # noqa: ASYNC110 - a file that appears wakes nobody
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert names(tmp_path) == []
