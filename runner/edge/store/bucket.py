"""The door to an object store: s3fs in, four calls out; what goes wrong there is told by `sorting`.

Credentials are the libraries' own business (environment, profile, role); none passes through here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...core.plan.publication import Stored
from ...errors import StoreBusy, StoreError, StoreRefused
from ...model import Destination
from .answers import require_answers
from .exchange import Exchange
from .sorting import SETTINGS, GoneError, TakenError, sorted_out

if TYPE_CHECKING:
    import asyncio

PART: Final = 8 << 20  # bytes; what is twice as large or larger goes up in such parts
_PARTS_AT_ONCE: Final = 2
_LOOKS_AT_ONCE: Final = 16
_TIMES: Final = {"connect_timeout": 10, "read_timeout": 60}  # seconds
GLANCE_S: Final = 5.0  # for a connection, and for each answer, of whoever only looks
PUT_S: Final = 60.0  # that a put may take, and more by its size: a store that falls silent in it has no other limit
_SLOWEST: Final = 20_000  # bytes a second of one put, of which several share a line
_TRIES: Final = 2  # of the library's own, within a second; whoever calls here is patient beyond that
_TYPES: Final = {
    ".mp4": "video/mp4", ".json": "application/json", ".jsonl": "application/jsonl", ".html": "text/html",
    ".md": "text/markdown", ".csv": "text/csv", ".xml": "application/xml", ".jpg": "image/jpeg",
    ".yaml": "application/yaml", ".db": "application/vnd.sqlite3",
}  # fmt: skip
_DIGEST: Final = "sha256"  # the name under which an object bears the SHA-256 of what was put
_LOGGERS: Final = ("aiobotocore", "botocore", "s3fs")  # they log headers, a session's token among them, and tracebacks


class Put(StrEnum):
    """What became of putting a file under a name that is to be free."""

    CREATED = "created"  # the object is there now, whole
    THERE = "there"  # it was there already, the very same
    OTHER = "other"  # an object of another content has the name, and keeps it


class Bucket:
    """One destination in an object store. Every method may raise StoreError; may be called from several threads.

    Keys are relative to the destination's prefix.
    """

    def __init__(self, fs: Any, destination: Destination, *, put_s: float) -> None:  # noqa: ANN401 - no types there
        """Reach the destination through `fs`; a put of nothing may take `put_s` seconds, and more by its size."""
        self._fs = fs
        self._at = destination
        self._put_s = put_s
        self._exchange = Exchange(fs.loop)

    def put_new(self, path: Path, key: str, *, sha256: str) -> Put:
        """Put a file under a name that is free, whole or not at all; never over what is there."""
        try:
            with self._asking(key):
                self._put(path, key, sha256, mode="create")
        except TakenError:
            return self._held(path, key, sha256)
        return Put.CREATED

    def put(self, path: Path, key: str, *, sha256: str) -> None:
        """Put a file, whole or not at all, in the place of what is there."""
        with self._asking(key):
            self._put(path, key, sha256, mode="overwrite")

    def list(self, prefix: str, *, digests: bool = False) -> Iterator[Stored]:
        """Give all objects whose keys begin like this, by key, as the store lists them now; nothing is remembered.

        With `digests` each is asked for what it bears of its content, and what is gone by then is left out.
        """
        whole, start = self._key(prefix), len(self._key(""))
        pool = ThreadPoolExecutor(_LOOKS_AT_ONCE)
        try:
            for page in self._pages(whole):
                found = [Stored(key=key[start:], bytes_=bytes_) for key, bytes_ in page]
                yield from filter(None, pool.map(self._looked_at, found)) if digests else found
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # whoever was interrupted here waits for no answer

    def read(self, key: str) -> bytes | None:
        """Return the whole content of a small object, None where there is none."""
        with self._asking(key), suppress(FileNotFoundError):
            content: bytes = self._exchange.wait(
                self._fs._cat_file(f"{self._at.bucket}/{self._key(key)}")  # noqa: SLF001 - what `cat_file` calls
            )
            return content
        return None

    def clear_unfinished(self) -> None:
        """Give up the uploads in parts that a killed run left below the prefix; what cannot be given up now stays.

        They are not visible, but paid for; the next run tries again, and a lifecycle rule of the bucket clears them.
        """
        found: Sequence[Any] = ()
        with suppress(StoreError), self._asking(""):
            found = self._call("list_multipart_uploads", Prefix=self._key("")).get("Uploads", [])
        for each in found:
            with suppress(StoreError), self._asking(""):
                self._call("abort_multipart_upload", Key=each["Key"], UploadId=each["UploadId"])

    def let_go(self) -> None:
        """Wait for no answer any more: whatever is asked, in any thread, raises StoreBusy at once.

        What was being put is there whole, or not at all; nobody knows.
        """
        self._exchange.let_go()

    def _put(self, path: Path, key: str, sha256: str, *, mode: str) -> None:
        most_s = self._put_s + path.stat().st_size / _SLOWEST
        put = self._fs._put_file(  # noqa: SLF001 - what `put_file` calls, and cannot be told to end
            str(path), f"{self._at.bucket}/{self._key(key)}", mode=mode, chunksize=PART,
            max_concurrency=_PARTS_AT_ONCE, Metadata={_DIGEST: sha256},
            ContentType=_TYPES.get(Path(key).suffix, "application/octet-stream"),
        )  # fmt: skip
        self._exchange.wait(put, most_s=most_s)

    def _held(self, path: Path, key: str, sha256: str) -> Put:
        """Return whether the object that has the name already is the very file."""
        found = self._looked_at(Stored(key=key, bytes_=-1))
        if found is None:
            raise StoreBusy(f"{self._at}/{key} was there and is gone again")
        return Put.THERE if (found.bytes_, found.sha256) == (path.stat().st_size, sha256) else Put.OTHER

    def _looked_at(self, listed: Stored) -> Stored | None:
        try:
            with self._asking(listed.key):
                head = self._call("head_object", Key=self._key(listed.key))
        except GoneError:
            return None
        return Stored(key=listed.key, bytes_=head["ContentLength"], sha256=head["Metadata"].get(_DIGEST, ""))

    def _pages(self, prefix: str) -> Iterator[Sequence[tuple[str, int]]]:
        more: dict[str, str] = {}
        while True:
            with self._asking(""):
                page = self._call("list_objects_v2", Prefix=prefix, **more)
                found = [(each["Key"], each["Size"]) for each in page.get("Contents", [])]
                more = {"ContinuationToken": page["NextContinuationToken"]} if page.get("IsTruncated") else {}
            yield found
            if not more:
                return

    def _call(self, name: str, **values: str) -> Any:  # noqa: ANN401 - a document of the store
        call = self._fs._call_s3(name, Bucket=self._at.bucket, **values)  # noqa: SLF001 - what `call_s3` calls
        return self._exchange.wait(call)

    def _key(self, key: str) -> str:
        return f"{self._at.prefix}/{key}"

    def _asking(self, key: str) -> AbstractContextManager[None]:
        return sorted_out(f"{self._at}/{key}" if key else str(self._at))


@contextmanager
def opened(
    destination: Destination, environ: Mapping[str, str], *, times: Mapping[str, float] = _TIMES, tries: int = _TRIES,
    put_s: float = PUT_S, loop: asyncio.AbstractEventLoop | None = None,
) -> Iterator[Bucket]:  # fmt: skip
    """Give the bucket, with whatever credentials `environ` or a profile names; close its connections at the end.

    `loop`, where one is given, turns in a thread of its own and waits for the store.
    """
    from s3fs import S3FileSystem  # noqa: PLC0415 - an extra, and half a second

    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    fs = S3FileSystem(
        anon=False, use_listings_cache=False, skip_instance_cache=True, loop=loop,
        config_kwargs={**times, "retries": {"mode": "standard", "total_max_attempts": tries}},
    )  # fmt: skip
    fs.retries = 1  # the library beneath it tries again already
    bucket = Bucket(fs, destination, put_s=put_s)
    try:
        with bucket._asking(""), _lent(environ):  # noqa: SLF001 - the same door
            fs.connect()
            require_answers(fs.s3)
    except StoreBusy as error:  # nobody was asked yet
        raise StoreRefused(f"{destination}: {SETTINGS}; is AWS_ENDPOINT_URL a URL?") from error
    for each in fs.session.get_component("credential_provider").providers:
        if hasattr(each, "_environ"):  # of a container, whose credentials are asked for again when they expire
            each._environ = environ  # noqa: SLF001 - it looks there each time, when nothing is lent any more
    try:
        yield bucket
    finally:
        bucket.let_go()
        fs.close_session(fs.loop, fs._s3creator)  # noqa: SLF001 - it has no other way to be closed in time


@contextmanager
def _lent(environ: Mapping[str, str]) -> Iterator[None]:
    """Let the libraries find in the environment what names the credentials, for the moment in which they look.

    At the start of a command all secrets are taken out of it, so that no child process has them.
    """
    lent = {name: value for name, value in environ.items() if name.startswith("AWS_")}
    own = {name: os.environ[name] for name in lent if name in os.environ}
    os.environ.update(lent)
    try:
        yield
    finally:
        for name in lent:
            del os.environ[name]
        os.environ.update(own)
