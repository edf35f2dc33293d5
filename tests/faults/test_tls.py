"""A server under a certificate of another name: nothing is sent to it, and nothing goes in the clear instead."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from loopback import self_signed

from runner.dialects.seam import Call
from runner.edge.portrait.body import PortraitBody, stream_url
from runner.edge.secret import Secret
from runner.edge.wire import api
from runner.errors import NotSent
from runner.model import Portrait

pytestmark = pytest.mark.usefixtures("way")
PAID = Call(method="POST", path="/v1/video_generation", body={"model": "S2V-01"})


class Remote:
    """Knows portraits that only the provider reads."""

    def open_body(self, portrait: Portrait) -> PortraitBody:
        return stream_url(portrait.ref)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a certificate for another host, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"), "other.example")


@pytest.mark.parametrize(
    ("is_trusted", "words"), [(True, "IP address mismatch"), (False, "self-signed")], ids=["wrong name", "not trusted"]
)
def test_a_server_that_cannot_prove_its_name_is_sent_nothing(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool, words: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    heard: list[bytes] = []
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context) as server:
            host = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            key = Secret("sk-canary-0123456789")
            async with api(host, key, portraits=Remote(), now=lambda: 0.0, timeout_s=2.0) as wire:
                await wire.send(PAID)

    with pytest.raises(NotSent, match=words):
        asyncio.run(main())
    assert heard == []
