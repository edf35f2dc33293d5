"""`--traces`: spans of a real run at a real collector, and a run whose collector is not there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec

import pytest
from desk import KEY, Desk

has_extra = find_spec("opentelemetry") is not None
with_extra = pytest.mark.skipif(not has_extra, reason="the extra `otel` is not installed")


@contextmanager
def collector(status: int = 200) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Give the address of a collector, and what was posted to it: path and body."""
    posted: list[tuple[str, bytes]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class calls it so
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", posted
        server.shutdown()
        thread.join()


@with_extra
def test_a_collector_gets_the_spans_of_a_run_and_neither_prompt_nor_key(desk: Desk) -> None:
    manifest = desk.manifest(["a secret prompt"])

    with collector() as (url, posted):
        done = desk.s2v("run", manifest, "--traces", "--quiet", OTEL_EXPORTER_OTLP_ENDPOINT=url)

    (path, body), *rest = posted
    assert (done.code, done.err, path, rest) == (0, "", "/v1/traces", [])
    assert all(word in body for word in (b"submit", b"wait", b"fetch", b"check", b"s2v.item", b"S2V-01"))
    assert b"secret prompt" not in body
    assert KEY.encode() not in body


@with_extra
def test_without_a_collector_the_run_is_as_good_and_says_so_once(desk: Desk) -> None:
    nowhere = "http://127.0.0.1:9"  # discard: nobody listens

    done = desk.s2v("run", desk.manifest(["one"]), "--traces", "--quiet", OTEL_EXPORTER_OTLP_ENDPOINT=nowhere)

    assert (done.code, desk.videos()) == (0, ["a.mp4"])
    assert done.err.count("traces do not arrive, the run goes on: ") == 1
    assert done.err.count("\n") == 1


@with_extra
@pytest.mark.parametrize("status", [301, 302, 304, 307, 308])
def test_a_collector_that_sends_spans_elsewhere_is_told_of_once_and_not_followed(desk: Desk, status: int) -> None:
    with collector(status) as (url, posted):
        done = desk.s2v("run", desk.manifest(["one"]), "--traces", "--quiet", OTEL_EXPORTER_OTLP_ENDPOINT=url)

    assert (done.code, [path for path, _ in posted]) == (0, ["/v1/traces"])
    assert done.err == (
        f"traces do not arrive, the run goes on: the collector answered with status {status}, which takes nothing; "
        "look at the OTEL_* variables\n"
    )


@with_extra
@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"OTEL_EXPORTER_OTLP_HEADERS": "Authorization Bearer 53cr3t"}, id="a header that is none"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://me:53cr3t@127.0.0.1:9/?t=53cr3t"}, id="an address"),
    ],
)
def test_a_complaint_about_a_collector_tells_no_token(desk: Desk, variables: dict[str, str]) -> None:
    nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}

    done = desk.s2v("run", desk.manifest(["one"]), "--traces", "--quiet", **nowhere | variables)

    assert done.code == 0
    assert done.err.count("traces do not arrive, the run goes on: ") == 1
    assert "look at the OTEL_* variables" in done.err
    assert "53cr3t" not in done.out + done.err


@with_extra
def test_a_complaint_stands_above_the_bar_and_not_behind_it(desk: Desk) -> None:
    manifest, nowhere = desk.manifest(["one"]), "http://127.0.0.1:9"

    done = desk.s2v_at_a_terminal("run", manifest, "--traces", "--yes", typed="", OTEL_EXPORTER_OTLP_ENDPOINT=nowhere)

    assert done.code == 0
    before, told, _ = done.err.partition("traces do not arrive")
    assert told
    assert before.endswith(("\r", "\n"))


@pytest.mark.skipif(has_extra, reason="the extra `otel` is installed")
def test_without_the_extra_it_says_what_to_install_and_nothing_is_sent(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["one"]), "--traces")

    assert (done.code, "pip install 's2v-runner[otel]'" in done.err, desk.submits) == (8, True, [])


@with_extra
def test_a_variable_that_cannot_be_gone_by_is_told_and_nothing_is_sent(desk: Desk) -> None:
    done = desk.s2v("run", desk.manifest(["one"]), "--traces", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="0")

    assert done.code == 8
    assert "s2v: --traces: an OTEL_* variable cannot be gone by: max_export_batch_size must be a positive" in done.err
    assert desk.submits == []
