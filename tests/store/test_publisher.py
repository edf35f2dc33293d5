"""Uploads beside a run: what they do when a store is busy to the end, in no order, or the folder is not as it was."""

from __future__ import annotations

import threading
from collections import deque
from functools import partial
from pathlib import Path

import pytest
from bad_days import SLOW_DOWN, Answer
from desk import Desk
from file_limit import files_of_at_most
from store_fixtures import Place

from runner.core.life.state import Phase
from runner.core.plan.publication import Wanted
from runner.edge.journal.journal import Journal
from runner.edge.store.bucket import Bucket
from runner.edge.store.patience import Patience
from runner.edge.store.publisher import Outcome, Publisher
from runner.edge.store.queue import Errand, Queue
from runner.errors import Halt
from runner.events import Retired, Stamped
from runner.model import Backoff

QUICK = Backoff(first_s=0.01, most_s=0.02)


@pytest.fixture
def folder(desk: Desk) -> Path:
    """Give the folder of a run that published nothing."""
    assert desk.s2v("run", desk.manifest(["one", "two"])).code == 0
    return desk.folder / "runs" / "try"


def published(bucket: Bucket, folder: Path, *, digests: bool = True, idle_s: float = 60.0) -> Outcome:
    publisher = Publisher(bucket, folder, patience=Patience(backoff=QUICK, idle_s=idle_s))
    publisher.begin(partial(Journal.read, folder), digests=digests)
    publisher.wait(lambda _left: None)
    return publisher.stop()


def test_a_store_that_is_busy_to_the_end_gets_the_rest_another_time(place: Place, bucket: Bucket, folder: Path) -> None:
    place.days.answer(SLOW_DOWN, times=10_000, when=lambda asked: asked.method == "PUT")
    first = published(bucket, folder, idle_s=0.5)
    place.days.traps.clear()

    second = published(bucket, folder)

    assert (first.is_whole, first.left, first.uploaded) == (False, 2, 0)
    assert "answers SlowDown" in first.why
    assert (second.is_whole, second.left, second.uploaded) == (True, 0, 2)


def test_a_list_that_breaks_off_is_asked_for_again(place: Place, bucket: Bucket, folder: Path) -> None:
    place.days.answer(SLOW_DOWN, times=3, when=lambda asked: asked.is_listing)

    outcome = published(bucket, folder)

    assert (outcome.is_whole, outcome.uploaded) == (True, 2)


def test_a_conflict_counts_once_however_often_the_store_is_looked_through(
    place: Place, bucket: Bucket, folder: Path
) -> None:
    published(bucket, folder)
    place.put("videos/a.mp4", b"somebody's")
    place.days.answer(SLOW_DOWN, times=2, when=lambda asked: asked.method == "HEAD" and asked.key.endswith("b.mp4"))

    outcome = published(bucket, folder)

    assert (outcome.conflicts, outcome.named["conflict"]) == (1, ["videos/a.mp4"])


def test_a_list_in_no_order_is_refused_and_nothing_is_guessed(place: Place, bucket: Bucket, folder: Path) -> None:
    entry = "<Contents><Key>{}videos/{}.mp4</Key><Size>1</Size></Contents>"
    listed = "".join(entry.format(place.prefix, name) for name in "yx")
    body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>".encode()
    place.days.answer(Answer(status=200, body=body), times=9, when=lambda asked: asked.is_listing)

    outcome = published(bucket, folder, digests=False)

    assert not outcome.is_whole
    assert "lists its objects in no order" in outcome.why


def test_a_file_that_is_not_the_one_that_was_checked_is_not_published(
    place: Place, bucket: Bucket, folder: Path
) -> None:
    (folder / "videos" / "a.mp4").write_bytes(b"cut")

    outcome = published(bucket, folder)

    assert (outcome.damaged, outcome.uploaded, outcome.is_whole) == (1, 1, False)
    assert place.there() == ["videos/b.json", "videos/b.mp4"]


def test_a_sidecar_that_changed_is_put_again_and_its_video_is_not(place: Place, bucket: Bucket, folder: Path) -> None:
    published(bucket, folder)
    notes = folder / "videos" / "a.json"
    notes.write_text(notes.read_text().replace('"id": "a"', '"id": "z"'))
    before = len(place.days.made())

    outcome = published(bucket, folder)

    assert (outcome.is_whole, outcome.uploaded) == (True, 0)
    assert place.days.made(place.prefix)[before:] == ["videos/a.json"]
    assert place.body("videos/a.json") == notes.read_bytes()


def test_every_errand_of_a_queue_is_taken_once_and_what_is_not_done_is_left(tmp_path: Path) -> None:
    queue, taken = Queue(tmp_path), list[str]()
    errands = [Errand(video=Wanted(key=str(n), bytes_=n, sha256="a", item="")) for n in range(200)]

    def work() -> None:
        while (errand := queue.take()) is not None:
            taken.append(errand.video.key)
            if errand.video.bytes_ % 2:
                queue.done()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for errand in errands:
        queue.add(errand)
    while queue.left > 100:
        threading.Event().wait(0.001)
    queue.close()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(errand.video.key for errand in errands)
    assert queue.left == 100


def test_a_queue_that_the_disk_takes_no_more_of_says_so_and_gives_nothing_that_is_half_written(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    errands = [Errand(video=Wanted(key=f"videos/{n}.mp4", bytes_=n, sha256="a" * 64, item="")) for n in range(1000)]
    with files_of_at_most(10_000), pytest.raises(Halt, match="the file is larger than this process may write"):
        deque(map(queue.add, errands), maxlen=0)

    left = queue.left
    queue.add(errands[0])
    taken = queue.take()
    queue.close()

    assert (taken, queue.left) == (None, left)
    assert left > 50


def test_a_disk_that_takes_no_list_of_uploads_ends_them_in_words_and_not_the_run(bucket: Bucket, folder: Path) -> None:
    """What a run finished is told to the publisher in the middle of its work, which must go on."""
    publisher = Publisher(bucket, folder)
    with Journal.read(folder) as book:
        states = [state for key, _ in book.finished(Phase.DONE) if (state := book.state(key))]

    with files_of_at_most(0):
        for state in states * 100:
            publisher.saw(state, Stamped(at=0.0, event=Retired()))
        outcome = publisher.stop()

    assert not outcome.is_whole
    assert outcome.why.startswith(f"cannot write {folder}: ")
