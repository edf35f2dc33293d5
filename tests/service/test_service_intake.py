"""A body is read in pieces of any size, its pictures decoded on the way, and says the same as read at once."""

from __future__ import annotations

import asyncio
import base64
import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.service.intake import Intake, read_body
from runner.service.order import Link, Refusal

LARGE = bytes(range(256)) * 40
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def data_url(picture: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def fed(body: bytes, sizes: list[int]) -> Intake:
    intake, start = Intake(), 0
    while start < len(body):
        sizes = [*sizes[1:], sizes[0]]
        intake.feed(body[start : start + sizes[0]])
        start += sizes[0]
    return intake


def dumped(value: Any, *, slashes: bool) -> bytes:
    text = json.dumps(value)
    return (text.replace("/", "\\/") if slashes else text).encode()


@given(
    pictures=st.lists(st.integers(0, 12_000), max_size=3),
    around=JSON,
    sizes=st.lists(st.integers(1, 9000), min_size=1, max_size=5),
    slashes=st.booleans(),
)
def test_any_cut_gives_the_same_value_and_the_same_pictures(
    *, pictures: list[int], around: Any, sizes: list[int], slashes: bool
) -> None:
    images = [LARGE[:size] for size in pictures]
    value = {"before": around, "images": [data_url(image) for image in images], "after": around}
    body = fed(dumped(value, slashes=slashes), sizes).body()

    assert body.value["before"] == body.value["after"] == around
    assert [body.picture(text) for text in body.value["images"]] == images


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (data_url(LARGE)[:-1], "padding"),
        (data_url(LARGE + b"x") + "AAAA", "base64"),
        (data_url(LARGE)[:5000] + "#" + data_url(LARGE)[5001:], "base64"),
        ("x" * 5000, "neither a URL nor a data URL"),
        ("data:text/html;base64,AAAA", "neither a URL nor a data URL"),
    ],
)
def test_what_is_no_picture_is_said_when_it_is_asked_for(text: str, words: str) -> None:
    body = fed(b'{"image": "' + text.encode() + b'"}', [700]).body()
    with pytest.raises(Refusal, match=words):
        body.picture(body.value["image"])


def test_an_escaped_quote_in_base64_is_refused() -> None:
    with pytest.raises(Refusal, match="not JSON"):
        fed(b'{"image": "' + data_url(LARGE).encode() + b'\\""}', [700]).body()


@pytest.mark.parametrize(
    "body",
    [b'{"image": "http://\\ud800"}', b'{"a": [{"\\udfff": 1}]}', b'{"a": "\xed\xa0\x80"}'],
    ids=["value", "name", "bytes"],
)
def test_half_of_a_surrogate_pair_is_refused_wherever_it_stands(body: bytes) -> None:
    with pytest.raises(Refusal, match="half of a surrogate pair"):
        fed(body, [700]).body()


def test_a_link_is_a_link_whatever_its_length() -> None:
    url = "HTTPS://example.org/" + "x" * 9000
    body = fed(json.dumps({"image": url}).encode(), [1000]).body()
    assert body.picture(body.value["image"]) == Link(url=url)


def test_a_picture_of_twenty_megabytes_is_refused_and_not_kept() -> None:
    intake = Intake()
    intake.feed(b'{"image": "data:image/png;base64,')
    tracemalloc.start()
    for _ in range(450):
        intake.feed(b"A" * 2**16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    intake.feed(b'"}')

    body = intake.body()
    with pytest.raises(Refusal, match="expected less than 20971520"):
        body.picture(body.value["image"])
    assert peak < 50 * 2**20


def test_a_large_portrait_stands_in_memory_once() -> None:
    body = b'{"image": "data:image/png;base64,' + b"A" * (25 * 2**20) + b'"}'
    pieces = [body[start : start + 2**16] for start in range(0, len(body), 2**16)]
    tracemalloc.start()
    intake = Intake()
    for piece in pieces:
        intake.feed(piece)
    read = intake.body()
    picture = read.picture(read.value["image"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(picture) == 25 * 2**20 * 3 // 4  # type: ignore[arg-type]  # a picture, not a link
    assert peak < 2.4 * len(picture)  # type: ignore[arg-type]  # a growing buffer is copied now and then


def test_a_body_that_stops_coming_is_given_up() -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b'{"model": '
        await asyncio.Event().wait()

    with pytest.raises(Refusal, match=r"longer than 0\.01 s"):
        asyncio.run(read_body(stalled(), within_s=0.01))


@pytest.mark.parametrize("body", [b'{"a": "' + b"x" * 2**21 + b'"}', b"[" * 2**21, b" " * 2**21, b"\\" * 2**21])
def test_text_that_is_no_picture_is_bounded(body: bytes) -> None:
    with pytest.raises(Refusal, match="without its pictures"):
        fed(body, [2**16])
