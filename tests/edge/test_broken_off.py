"""An answer to a paid request that breaks off: a whole receipt in it counts, and of a cut one its beginning is told."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import pytest
from loopback import Reaction, Seen, answer, fall_silent_after, reset_after, say
from test_wire import ASK, CANARY, send
from test_wire_failures import PAID, ask

from runner.dialects.seam import Call
from runner.edge.secret import Secret
from runner.errors import MaybeSent

pytestmark = pytest.mark.usefixtures("way")
RECEIPT = {"task_id": "106916112212032", "base_resp": {"status_code": 0, "status_msg": "success"}}
WHOLE = json.dumps(RECEIPT).encode()
HEAD = b"HTTP/1.1 200 OK\r\nTrace-Id: 04ce92f3\r\n"
TOO_LONG = HEAD + b"Content-Length: %d\r\n\r\n" % (len(WHOLE) + 7) + WHOLE
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(WHOLE), WHOLE)
PACKED = zlib.compress(WHOLE)

WHOLE_ONES = [
    pytest.param(say(TOO_LONG), id="too long a Content-Length"),
    pytest.param(reset_after(TOO_LONG), id="reset"),
    pytest.param(say(CHUNKED), id="without the last chunk"),
    pytest.param(reset_after(CHUNKED), id="reset in chunks"),
    pytest.param(
        say(HEAD + b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % (len(PACKED) + 7) + PACKED), id="packed"
    ),
]


@pytest.mark.parametrize("reaction", WHOLE_ONES)
def test_a_whole_receipt_counts_however_the_connection_ends(reaction: Reaction) -> None:
    reply, _ = send(PAID, reaction)
    assert (reply.status, reply.document, reply.headers["trace-id"]) == (200, RECEIPT, "04ce92f3")


@pytest.mark.parametrize("kind", [PAID, ASK], ids=["paid", "free"])
@pytest.mark.parametrize("pause", [False, True], ids=["in one piece", "head first"])
def test_a_whole_answer_counts_though_more_stands_behind_it(kind: Call, *, pause: bool) -> None:
    async def react(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(WHOLE))
        await asyncio.sleep(0.02 * pause)
        writer.write(WHOLE + b"<!-- served by a gateway -->\n")
        await writer.drain()

    reply, _ = send(kind, react)
    assert (reply.status, reply.document, reply.headers["trace-id"]) == (200, RECEIPT, "04ce92f3")


@pytest.mark.parametrize("kind", [PAID, ASK], ids=["paid", "free"])
@pytest.mark.parametrize("cut", [0, 5, 20, len(HEAD) + 3, len(HEAD) + 40], ids=str)
@pytest.mark.parametrize("hint", [b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"], ids=["", "behind a hint"])
def test_a_whole_answer_counts_though_more_stands_behind_it_wherever_its_head_is_cut(
    kind: Call, cut: int, hint: bytes
) -> None:
    raw = hint + HEAD + b"Content-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE + b"<!-- served by a gateway -->\n"

    async def react(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(raw[:cut])
        await asyncio.sleep(0.02)
        writer.write(raw[cut:])
        await writer.drain()

    reply, _ = send(kind, react)
    assert (reply.status, reply.document, reply.headers["trace-id"]) == (200, RECEIPT, "04ce92f3")


def test_a_hint_before_an_answer_ends_nothing_whatever_length_it_names() -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\n"
    reply, _ = send(PAID, say(hint + HEAD + b"Content-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE))
    assert (reply.status, reply.document) == (200, RECEIPT)


def test_of_a_receipt_that_is_longer_than_it_says_the_beginning_is_told() -> None:
    reply, _ = send(PAID, say(HEAD + b"Content-Length: %d\r\n\r\n" % (len(WHOLE) - 6) + WHOLE))
    assert (reply.status, reply.document, reply.text) == (200, None, WHOLE[:-6].decode())


def test_a_whole_receipt_counts_though_silence_follows() -> None:
    assert ask(fall_silent_after(TOO_LONG), PAID, timeout_s=0.3).document == RECEIPT


def test_the_answer_to_a_free_request_that_breaks_off_is_asked_for_again() -> None:
    with pytest.raises(MaybeSent):
        send(ASK, say(TOO_LONG))


CUT = b'{"task_id": "777000777", "base_resp": {"status_co'


@pytest.mark.parametrize(
    "reaction",
    [
        say(HEAD + b"Content-Length: 400\r\n\r\n" + CUT),
        reset_after(HEAD + b"Content-Length: 400\r\n\r\n" + CUT),
        say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b" % (400, CUT)),
    ],
    ids=["hangs up", "resets", "in a chunk"],
)
def test_of_a_cut_receipt_its_beginning_is_told(reaction: Reaction) -> None:
    with pytest.raises(MaybeSent) as caught:
        send(PAID, reaction)
    assert str(caught.value).endswith(f"; HTTP 200; trace id 04ce92f3; the answer began: {CUT.decode()}")


def test_of_an_answer_that_falls_silent_its_beginning_is_told() -> None:
    with pytest.raises(MaybeSent, match=r"Timeout|did not end") as caught:
        ask(fall_silent_after(HEAD + b"Content-Length: 400\r\n\r\n" + CUT), PAID, timeout_s=0.3)
    assert str(caught.value).endswith(f"; HTTP 200; trace id 04ce92f3; the answer began: {CUT.decode()}")


def packed(raw: bytes) -> Reaction:
    return say(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw)


ZIPPED = gzip.compress(WHOLE)
SPOILT = [
    pytest.param(packed(ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:]), id="a wrong checksum"),
    pytest.param(packed(ZIPPED[:-4] + b"\0\0\0\0"), id="a wrong length"),
    pytest.param(packed(WHOLE), id="not packed at all"),
    pytest.param(packed(PACKED[:-4] + b"\0\0\0\0"), id="a wrong checksum of zlib"),
]


@pytest.mark.parametrize("reaction", SPOILT)
def test_what_a_packed_answer_that_is_spoilt_seems_to_say_is_told_and_not_believed(reaction: Reaction) -> None:
    with pytest.raises(MaybeSent) as caught:
        send(PAID, reaction)
    assert str(caught.value).startswith("the answer came packed and cannot be unpacked: ")
    assert str(caught.value).endswith(f"; HTTP 200; trace id 04ce92f3; the answer began: {WHOLE.decode()}")


def test_of_a_packed_answer_no_more_than_its_beginning_is_told_and_nothing_of_the_key() -> None:
    bomb = gzip.compress(f"Bearer {CANARY}".encode() + b"x" * 20_000_000)
    for raw in (bomb, bomb[:-8] + b"\0" * 8, b"no gzip at all"):
        with pytest.raises(MaybeSent) as caught:
            send(PAID, packed(raw), key=Secret(CANARY))
        assert len(str(caught.value)) < 600
        assert CANARY not in str(caught.value)


@pytest.mark.parametrize("cut", [len(CANARY), len(CANARY) - 1, 8, 4], ids=str)
def test_what_is_told_of_a_cut_answer_is_short_and_holds_nothing_of_the_key(cut: int) -> None:
    body = f'{{"heard": "Bearer {CANARY[:cut]}'.encode()
    with pytest.raises(MaybeSent) as caught:
        send(PAID, answer(body, length=400), key=Secret(CANARY))
    assert str(caught.value).endswith('the answer began: {"heard": "Bearer ***')
    with pytest.raises(MaybeSent) as caught:
        send(PAID, answer(b"x" * 5000 + body, length=9000, headers={"Trace-Id": "t" * 5000}), key=Secret(CANARY))
    assert len(str(caught.value)) < 600


def test_a_mark_of_the_byte_order_in_front_of_the_json_is_no_part_of_it() -> None:
    reply, _ = send(PAID, answer(b"\xef\xbb\xbf" + WHOLE))
    assert reply.document == RECEIPT
    assert reply.text == WHOLE.decode()


def test_an_answer_that_is_no_http_is_told_of_in_one_plain_line() -> None:
    with pytest.raises(MaybeSent) as caught:
        send(PAID, say(b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"))
    assert "\\" not in str(caught.value)
    assert "\n" not in str(caught.value)


LENGTH = b"Content-Length: %d\r\n" % len(WHOLE)
IN_CHUNKS = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"7\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (WHOLE[:7], len(WHOLE) - 7, WHOLE[7:])
COOKIE = b"Set-Cookie: sid=canary\r\n"
GARBLED = {
    "two lengths": HEAD + LENGTH + b"Content-Length: 3\r\n\r\n" + WHOLE,
    "a header that is none": HEAD + COOKIE + b"no header\r\n" + LENGTH + b"\r\n" + WHOLE,
    "a status without end": HEAD.replace(b"200", b"2000") + COOKIE + LENGTH + b"\r\n" + WHOLE,
    "behind a hint": b"HTTP/1.1 103 Hint\r\n" + COOKIE + b"\r\n" + HEAD + COOKIE + b"no header\r\n\r\n" + WHOLE,
    "no head": WHOLE,
}
GARBLED_FOR_SOME = {
    "a length twice": HEAD + LENGTH + LENGTH + b"\r\n" + WHOLE,
    "a list of lengths": HEAD + b"Content-Length: %d, %d\r\n\r\n" % (len(WHOLE), len(WHOLE)) + WHOLE,
    "a length beside chunks": HEAD + LENGTH + IN_CHUNKS + b"\r\n" + CHUNKS,
    "chunks announced twice": HEAD + IN_CHUNKS + IN_CHUNKS + b"\r\n" + CHUNKS,
    "a chunk without a length": HEAD + IN_CHUNKS + b"\r\n%x\r\n%b\r\nzz\r\n" % (len(WHOLE), WHOLE),
    "a long header": HEAD + LENGTH + b"X: " + b"x" * 70_000 + b"\r\n\r\n" + WHOLE,
    "many headers": HEAD + LENGTH + b"X: 1\r\n" * 200 + b"\r\n" + WHOLE,
    "HTTP/1.2": HEAD.replace(b"1.1", b"1.2") + LENGTH + b"\r\n" + WHOLE,
    "a line in front": b"\r\n" + HEAD + LENGTH + b"\r\n" + WHOLE,
}


@pytest.mark.parametrize("raw", GARBLED.values(), ids=GARBLED)
def test_an_answer_that_no_parser_takes_is_a_doubt_that_tells_its_beginning(raw: bytes) -> None:
    with pytest.raises(MaybeSent) as caught:
        send(PAID, say(raw))
    assert str(caught.value).endswith(f"; the answer began: {WHOLE.decode()}")


@pytest.mark.parametrize("raw", GARBLED_FOR_SOME.values(), ids=GARBLED_FOR_SOME)
def test_an_answer_that_not_every_parser_takes_is_taken_or_told(raw: bytes) -> None:
    try:
        said = send(PAID, say(raw))[0].text
    except MaybeSent as error:
        said = str(error)
    assert WHOLE.decode() in said
    assert "canary" not in said


@pytest.mark.parametrize(
    "body",
    [
        b'{"heard": "Bearer %b", "more": "' % CANARY.encode(),
        b'7\r\n{"heard\r\n16\r\n": "Bearer %b\r\n16\r\n%b", "more": "\r\n' % (CANARY[:9].encode(), CANARY[9:].encode()),
        b'{"heard": "Bearer ***", "more": "\r\nSet-Cookie: sid=canary',
    ],
    ids=["at once", "in two chunks", "a cookie"],
)
def test_what_is_told_of_a_garbled_answer_is_short_and_holds_no_secret(body: bytes) -> None:
    raw = HEAD + COOKIE + LENGTH + b"Content-Length: 3\r\n\r\n" + body + b"x" * 300_000
    with pytest.raises(MaybeSent) as caught:
        send(PAID, say(raw), key=Secret(CANARY))
    assert '; the answer began: {"heard": "Bearer ***", "more": "' in str(caught.value)
    assert "canary" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "raw", [HEAD + COOKIE + b"no header\r\n", HEAD + COOKIE + b"no header\r\n\r\n", b"\x15\x03\x01 garbage\r\n\r\n"],
    ids=["no end", "no body", "no HTTP"],
)  # fmt: skip
def test_of_a_head_alone_that_no_parser_takes_nothing_is_told(raw: bytes) -> None:
    with pytest.raises(MaybeSent) as caught:
        send(PAID, say(raw))
    assert "began" not in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_garbled_answer_to_a_free_request_is_asked_for_again() -> None:
    with pytest.raises(MaybeSent) as caught:
        send(ASK, say(GARBLED["two lengths"]))
    assert "began" not in str(caught.value)
