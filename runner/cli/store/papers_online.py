"""The reports of a run as its store has them: put one by one when all videos are up, and what names them all last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ...core.sums.tally import Row
from ...edge.disk.digest import digest_of
from ...edge.disk.regular import is_file
from ...edge.folder.places import PARTIAL
from ...edge.journal.header import CALLBACK_SECRET, CALLBACKS_MERGED
from ...edge.journal.journal import Journal
from ...edge.journal.state_file import FILE as JOURNAL
from ...edge.portrait.thumbs import FOLDER as THUMBS
from ...edge.store.bucket import Bucket
from ...edge.store.patience import Patience, insist
from ...export.samples import COLUMNS, cells, exported
from ...report.papers import PAPERS
from ...report.text import json_line
from .. import books, reporting
from ..plan import plan_lock
from ..run.order import Order

LAST: Final = "results.jsonl"
MANIFEST: Final = "manifest.yaml"
TELLING: Final = (LAST, "report.json", MANIFEST)
"""What differs in the store wherever any document there is not up to date."""
METADATA: Final = "metadata.jsonl"
WORDY: Final = (MANIFEST, JOURNAL, *PAPERS, METADATA)
"""The documents that hold prompts and names."""


def publish_papers(order: Order, book: Journal, bucket: Bucket) -> None:
    """Put every document of a run folder; readers of the former ones see each old or new, and the results last.

    Raise StoreError when the store does not take one; those before it are up, and the same call begins anew.
    """
    folder, manifest = order.folder, order.prepared.manifest
    if is_file(manifest.path) and digest_of(manifest.path) == manifest.digest:
        _put(bucket, manifest.path, MANIFEST)
    else:
        order.screen.tell(f"{manifest.path} was changed while the run went on: its copy in the store is not renewed")
    with _made(folder / PARTIAL / f"{JOURNAL}.part") as path:
        book.copy_to(path, without=[CALLBACK_SECRET, CALLBACKS_MERGED])
        _put(bucket, path, JOURNAL)
    stored = {each.key for each in bucket.list(f"{THUMBS}/")}
    for thumb in sorted((folder / THUMBS).glob("*.jpg")):
        if f"{THUMBS}/{thumb.name}" not in stored:
            _put(bucket, thumb, f"{THUMBS}/{thumb.name}")
    for name in (plan_lock.LOCK, *(name for name in PAPERS if name != LAST)):
        if (folder / name).is_file():
            _put(bucket, folder / name, name)
    with _made(folder / PARTIAL / f"{METADATA}.part") as path:
        _, told = reporting.told_rows(book)
        books.files_of(book).write_whole(path, (f"{json_line(_line(row))}\n" for row in exported(told)))
        _put(bucket, path, METADATA)
    _put(bucket, folder / LAST, LAST)


def _line(row: Row) -> dict[str, object]:
    """Return what loaders of video folders read of one video: where it lies beside this table, and what it is."""
    return {"file_name": row.video, **cells(row, COLUMNS)}


@contextmanager
def _made(path: Path) -> Iterator[Path]:
    """Give the path of a file that is made to be put, and goes again."""
    path.unlink(missing_ok=True)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _put(bucket: Bucket, path: Path, key: str) -> None:
    sha256 = digest_of(path)
    insist(lambda: bucket.put(path, key, sha256=sha256), patience=Patience())
