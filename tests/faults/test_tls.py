"""A server under a certificate of another name: nothing is sent to it, and nothing goes in the clear instead."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from loopback import Remote, overhearing, self_signed

from runner.dialects.seam import Call
from runner.edge.secret import Secret
from runner.edge.wire import api
from runner.errors import NotSent

pytestmark = pytest.mark.usefixtures("way")
PAID = Call(method="POST", path="/v1/video_generation", body={"model": "S2V-01"})


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
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))

    async def main() -> list[bytes]:
        async with overhearing(context) as (port, heard):
            host, key = f"https://127.0.0.1:{port}", Secret("sk-canary-0123456789")
            async with api(host, key, portraits=Remote(), now=lambda: 0.0, timeout_s=2.0) as wire:
                with pytest.raises(NotSent, match=words):
                    await wire.send(PAID)
        return heard

    assert asyncio.run(main()) == []
