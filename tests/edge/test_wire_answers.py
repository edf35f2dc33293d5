from __future__ import annotations

import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from loopback import answer
from test_wire import ASK, CANARY, send

from runner.edge.secret import Secret
from runner.errors import MaybeSent

pytestmark = pytest.mark.usefixtures("way")


@pytest.mark.parametrize("key", [CANARY, 'sk-canary/+"0123456789'], ids=["plain", "with signs"])
@pytest.mark.parametrize("escape", [str, lambda text: text.replace("/", "\\/")], ids=["JSON", "escaped slashes"])
def test_a_key_that_a_server_repeats_comes_no_further(key: str, escape: Callable[[str], str]) -> None:
    body = escape(json.dumps({"base_resp": {"status_code": 1004, "status_msg": f"invalid key {key}"}})).encode()
    reply, seen = send(ASK, answer(body, headers={"Trace-Id": f"of {key}"}), key=Secret(key))
    assert seen.headers["authorization"] == f"Bearer {key}"
    assert reply.document["base_resp"]["status_msg"] == "invalid key ***"
    assert reply.headers["trace-id"] == "of ***"
    assert key not in repr(reply)


def test_a_test_key_that_stands_in_an_id_does_not_garble_it() -> None:
    reply, _ = send(ASK, answer(b'{"task_id": "company-1"}'), key=Secret("any"))
    assert reply.document == {"task_id": "company-1"}


@pytest.mark.parametrize("wbits", [31, 15], ids=["gzip", "deflate"])
def test_an_answer_that_comes_packed_against_our_wish_is_read(wbits: int) -> None:
    packer = zlib.compressobj(wbits=wbits)
    body = packer.compress(b'{"task_id": 17}') + packer.flush()
    reply, seen = send(ASK, answer(body, headers={"Content-Encoding": "gzip" if wbits == 31 else "deflate"}))
    assert reply.document == {"task_id": 17}
    assert seen.headers["accept-encoding"] == "identity"


def test_an_answer_that_unpacks_to_300_megabytes_is_given_up_in_little_memory() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(MaybeSent, match="longer than 16 MiB"):
            send(ASK, answer(bomb, headers={"Content-Encoding": "gzip"}))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 48 * 2**20
