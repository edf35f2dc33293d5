"""The door to an object store, against a server that answers as S3 does: whole objects or none, no video twice."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer

import pytest
from bad_days import SLOW_DOWN, Answer, coded
from desk import ROOT
from silent_store import silent_store
from store_fixtures import Place

from runner.core.plan.publication import Stored
from runner.edge.disk.digest import digest_of
from runner.edge.store.bucket import PART, Bucket, Put, opened
from runner.edge.store.patience import Patience, insist
from runner.errors import StoreBusy, StoreError, StoreRefused
from runner.model import Backoff, Destination

SIZES = [pytest.param(100, id="one request"), pytest.param(2 * PART + 1, id="in parts")]


def made(folder: Path, size: int, letter: bytes = b"a") -> tuple[Path, str]:
    path = folder / f"{letter.decode()}.mp4"
    path.write_bytes(letter * size)
    return path, digest_of(path)


@pytest.mark.parametrize("size", SIZES)
def test_a_name_is_given_once_and_what_has_it_is_never_overwritten(
    place: Place, bucket: Bucket, tmp_path: Path, size: int
) -> None:
    path, sha256 = made(tmp_path, size)
    other, digest = made(tmp_path, size, b"b")

    told = [
        bucket.put_new(path, "videos/a.mp4", sha256=sha256),
        bucket.put_new(path, "videos/a.mp4", sha256=sha256),
        bucket.put_new(other, "videos/a.mp4", sha256=digest),
    ]

    assert told == [Put.CREATED, Put.THERE, Put.OTHER]
    assert (place.body("videos/a.mp4"), place.unfinished()) == (path.read_bytes(), 0)


def test_an_object_that_bears_no_digest_is_another_even_of_the_same_bytes(
    place: Place, bucket: Bucket, tmp_path: Path
) -> None:
    path, sha256 = made(tmp_path, 100)
    place.put("videos/a.mp4", path.read_bytes())

    assert bucket.put_new(path, "videos/a.mp4", sha256=sha256) is Put.OTHER


def test_a_list_is_in_order_and_tells_what_was_just_put(place: Place, bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = made(tmp_path, 100)
    before = list(bucket.list("videos/"))
    for name in ("b", "a-b", "a"):
        bucket.put(path, f"videos/{name}.mp4", sha256=sha256)
    place.put("videos/c.mp4", b"c")

    assert before == []
    assert list(bucket.list("videos/")) == [
        Stored(key=f"videos/{name}.mp4", bytes_=size) for name, size in {"a-b": 100, "a": 100, "b": 100, "c": 1}.items()
    ]
    assert [each.sha256 for each in bucket.list("videos/", digests=True)] == [sha256, sha256, sha256, ""]


def test_a_document_is_replaced_as_a_whole_and_read_as_it_is(bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = made(tmp_path, 100)
    other, digest = made(tmp_path, 10, b"b")

    bucket.put(path, "report.md", sha256=sha256)
    bucket.put(other, "report.md", sha256=digest)

    assert (bucket.read("report.md"), bucket.read("report.html")) == (other.read_bytes(), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"AWS_SECRET_ACCESS_KEY": "wrong/secret"}, "the secret of the access key is wrong", id="secret"),
        pytest.param({"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, "the store does not know the access key", id="key"),
        pytest.param({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no usable credentials", id="none"),
        pytest.param({"AWS_PROFILE": "nobody"}, "no usable credentials", id="profile"),
    ],
)
def test_credentials_that_do_not_work_are_told_in_words(
    place: Place, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    before = dict(os.environ)
    path, sha256 = made(tmp_path, 10)
    environ = {**place.environ, "AWS_CONFIG_FILE": str(tmp_path / "none"), **change}
    environ = {name: value for name, value in environ.items() if value}

    with pytest.raises(StoreRefused, match=words) as told, opened(place.destination, environ) as bucket:
        bucket.put_new(path, "videos/a.mp4", sha256=sha256)

    assert place.store.secret not in str(told.value)
    assert "wrong/secret" not in str(told.value)
    assert dict(os.environ) == before


def test_a_bucket_that_is_not_there_is_told(place: Place, tmp_path: Path) -> None:
    path, sha256 = made(tmp_path, 10)

    with opened(Destination(bucket="nowhere", prefix="x"), place.environ) as bucket:
        with pytest.raises(StoreRefused, match=r"^s3://nowhere/x/a: there is no such bucket"):
            bucket.put_new(path, "a", sha256=sha256)
        with pytest.raises(StoreRefused, match="there is no such bucket"):
            list(bucket.list(""))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(SLOW_DOWN, (StoreBusy, "answers SlowDown"), id="throttled"),
        pytest.param(Answer(status=500), (StoreBusy, "answers 500"), id="its own trouble"),
        pytest.param(Answer(status=501), (StoreRefused, "answers 501"), id="it does not know how"),
        pytest.param(coded("AccessDenied", 403), (StoreRefused, "s3:PutObject"), id="not allowed"),
        pytest.param(coded("RequestTimeTooSkewed", 403), (StoreRefused, "the clock of this"), id="clocks apart"),
        pytest.param(coded("BadDigest", 400), (StoreBusy, "answers BadDigest"), id="broken on the way"),
        pytest.param(coded("You sent: canary", 400), (StoreRefused, "answers 400"), id="words that are no code"),
    ],
)
def test_an_answer_is_sorted_into_what_may_be_tried_again_and_what_may_not(
    place: Place, bucket: Bucket, tmp_path: Path, *, answer: Answer, told: tuple[type[StoreError], str]
) -> None:
    path, sha256 = made(tmp_path, 10)
    place.days.answer(answer, times=99, when=lambda asked: asked.method == "PUT")

    with pytest.raises(told[0], match=told[1]) as raised:
        bucket.put_new(path, "videos/a.mp4", sha256=sha256)

    assert "canary" not in str(raised.value)
    assert place.there() == []


def test_a_store_that_cannot_be_reached_may_be_tried_again(place: Place) -> None:
    environ = place.store.environ("http://127.0.0.1:9")

    with opened(place.destination, environ) as bucket, pytest.raises(StoreBusy, match="cannot be reached"):
        list(bucket.list(""))


def test_a_store_that_was_reached_and_stays_silent_is_said_to_be_so(place: Place) -> None:
    times = {"connect_timeout": 10, "read_timeout": 0.2}

    with (
        silent_store() as url,
        opened(place.destination, place.store.environ(url), times=times, tries=1) as bucket,
        pytest.raises(StoreBusy, match=r"it gave no answer in time \(ReadTimeoutError\)"),
    ):
        list(bucket.list(""))


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<"], ids=["nothing", "a part"])
def test_a_store_that_hangs_up_is_said_to_have_broken_off(place: Place, sent: bytes) -> None:
    class HangUp(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(sent)

    with TCPServer(("127.0.0.1", 0), HangUp) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        environ = place.store.environ(f"http://127.0.0.1:{server.server_address[1]}")

        with (
            opened(place.destination, environ, tries=1) as bucket,
            pytest.raises(StoreBusy, match="it broke off before its answer was whole"),
        ):
            list(bucket.list(""))
        server.shutdown()
        thread.join()


def test_a_store_that_falls_silent_while_a_file_is_put_is_left_in_time(place: Place, tmp_path: Path) -> None:
    path, sha256 = made(tmp_path, 100)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = place.store.environ(f"http://127.0.0.1:{silent.getsockname()[1]}")

        with (
            opened(place.destination, environ, put_s=0.2) as bucket,
            pytest.raises(StoreBusy, match=r"it gave no answer in time \(TimeoutError\)"),
        ):
            bucket.put_new(path, "videos/a.mp4", sha256=sha256)


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param({"AWS_ENDPOINT_URL": "films"}, id="an endpoint that is no URL"),
        pytest.param({"AWS_ENDPOINT_URL": "http://[::1"}, id="half a URL"),
        pytest.param({"AWS_ENDPOINT_URL": "ftp://127.0.0.1:9"}, id="another protocol"),
        pytest.param({"AWS_DEFAULT_REGION": "us east"}, id="a region that is none"),
    ],
)
def test_a_setting_that_leads_nowhere_is_told_in_words(place: Place, setting: dict[str, str]) -> None:
    with (
        pytest.raises(StoreRefused, match="mend the settings of the AWS libraries"),
        opened(place.destination, {**place.environ, **setting}) as bucket,
    ):
        list(bucket.list(""))


PAGE = "<html><body><p>please log in</p></body></html>"
LISTED = "<ListBucketResult><IsTruncated>{}</IsTruncated><Contents><Key>{}</Key>{}</Contents></ListBucketResult>"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<!doctype html><p>please log in", id="a page"),
        pytest.param(PAGE, id="a page that reads as a list of nothing"),
        pytest.param(LISTED.format("true", "x", "<Size>1</Size>"), id="more, and no way to it"),
        pytest.param(LISTED.format("false", "x", ""), id="no size"),
        pytest.param(LISTED.format("false", "x", "<Size>many</Size>"), id="a size that is none"),
    ],
)
def test_a_list_that_is_none_may_be_asked_for_again(place: Place, bucket: Bucket, body: str) -> None:
    place.days.answer(Answer(status=200, body=body.encode()), times=9, when=lambda asked: asked.is_listing)

    with pytest.raises(StoreBusy):
        list(bucket.list(""))


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize("size", [10, 2 * PART], ids=["at once", "in parts"])
def test_a_page_in_place_of_an_answer_is_no_upload(
    place: Place, bucket: Bucket, tmp_path: Path, size: int, status: int
) -> None:
    path, sha256 = made(tmp_path, size)
    body = PAGE.encode() if status == 200 else b""
    place.days.answer(Answer(status=status, body=body), times=99, when=lambda asked: asked.method in {"PUT", "POST"})

    with pytest.raises(StoreBusy, match="is a proxy in between"):
        bucket.put_new(path, "videos/a.mp4", sha256=sha256)
    with pytest.raises(StoreBusy, match="is a proxy in between"):
        bucket.put(path, "results.jsonl", sha256=sha256)

    assert place.there() == []


def test_a_page_in_place_of_an_answer_is_no_other_video(place: Place, bucket: Bucket, tmp_path: Path) -> None:
    path, sha256 = made(tmp_path, 10)
    bucket.put_new(path, "videos/a.mp4", sha256=sha256)
    place.days.answer(Answer(status=200, body=PAGE.encode()), times=99, when=lambda asked: asked.method == "HEAD")

    with pytest.raises(StoreBusy, match="is a proxy in between"):
        bucket.put_new(path, "videos/a.mp4", sha256=sha256)
    with pytest.raises(StoreBusy, match="is a proxy in between"):
        list(bucket.list("videos/", digests=True))


def test_parts_that_cannot_be_given_up_hold_up_nothing(place: Place, bucket: Bucket) -> None:
    upload = "<Upload><Key>{}videos/{}.mp4</Key><UploadId>gone</UploadId></Upload>"
    listed = "".join(upload.format(place.prefix, name) for name in "ab")
    body = f"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>{listed}</ListMultipartUploadsResult>"
    place.days.answer(
        Answer(status=200, body=body.encode()), times=1,
        when=lambda asked: asked.method == "GET" and "uploads" in asked.query,
    )  # fmt: skip

    bucket.clear_unfinished()

    asked = [each.key.removeprefix(place.prefix) for each, _ in place.days.asked if each.method == "DELETE"]
    assert set(asked) == {"videos/a.mp4", "videos/b.mp4"}


@pytest.mark.parametrize(("size", "part"), [(100, ""), (3 * PART, "2")], ids=["one request", "in parts"])
def test_a_process_that_is_killed_while_it_puts_leaves_nothing_to_be_seen(
    place: Place, bucket: Bucket, tmp_path: Path, size: int, part: str
) -> None:
    path, sha256 = made(tmp_path, size)
    place.days.hold("videos/a.mp4", part=part)
    environ = {**os.environ, **place.environ, "PYTHONPATH": str(ROOT)}
    script = Path(__file__).with_name("put_child.py")
    line = [sys.executable, str(script), place.destination.bucket, place.destination.prefix, str(path)]
    with subprocess.Popen(line, env=environ) as process:
        assert place.days.held.wait(60)
        process.kill()
    seen, unfinished = place.there(), place.unfinished()
    place.days.traps.clear()

    bucket.clear_unfinished()

    assert (seen, unfinished, place.unfinished()) == ([], bool(part), 0)
    assert bucket.put_new(path, "videos/a.mp4", sha256=sha256) is Put.CREATED
    assert place.body("videos/a.mp4") == path.read_bytes()


@pytest.mark.parametrize(
    ("size", "lost"),
    [
        pytest.param(100, ("PUT",), id="one request"),
        pytest.param(2 * PART, ("PUT", "partNumber", "uploadId"), id="a part"),
        pytest.param(2 * PART, ("POST", "uploadId"), id="the end of the parts"),
    ],
)
def test_an_answer_that_is_lost_makes_no_second_object_and_no_conflict(
    place: Place, bucket: Bucket, tmp_path: Path, *, size: int, lost: tuple[str, ...]
) -> None:
    path, sha256 = made(tmp_path, size)
    place.days.lose(*lost)

    patience = Patience(backoff=Backoff(first_s=0.01, most_s=0.01))
    told = insist(lambda: bucket.put_new(path, "videos/a.mp4", sha256=sha256), patience=patience)

    assert (place.days.losses, told in {Put.CREATED, Put.THERE}) == ([], True)
    assert place.body("videos/a.mp4") == path.read_bytes()
