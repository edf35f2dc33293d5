"""The real steps in real workers: all is judged as in the driver, and a file that kills its decoder dies alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from counter import Counter, Talk
from made_clips import clip
from makers import MAKERS, Make
from told_lives import saved

from runner.core.life.state import State
from runner.edge.folder.shelf import Shelf
from runner.edge.video.checking import ADVICE, judge_for
from runner.edge.video.dispatch import Dispatch
from runner.edge.video.looking import look
from runner.errors import Halt
from runner.executors import worker
from runner.executors.seam import Perform
from runner.gates import Gates, TechnicalGate
from runner.inspection import Inspected, Spoilt, Unchecked, Unfetched
from runner.model import Artifact, CheckPolicy, Download, Portrait

CONTENT, OTHER = clip(frames=3), clip(frames=2)
ANNA, BERT = saved("anna", CONTENT), saved("bert", OTHER)
WHOLE = CheckPolicy()
LONG = Gates(technical=TechnicalGate(min_seconds=60.0))
ROOM = 12 << 20  # bytes: an interpreter asks for one MiB at a time, a frame of the large clip is 13 MiB
STILL = Gates(technical=TechnicalGate(max_frozen=0.1, max_cuts=0))


def deadly(text: str) -> str:
    """Die as a decoder does over a broken file, if the file is Bert's; else do the step."""
    if json.loads(text)["item"] == BERT.item.id:
        os.kill(os.getpid(), signal.SIGSEGV)
    return worker.perform(text)


def killed(text: str) -> str:
    """Be killed by the kernel, which is out of memory, if the file is Bert's; else do the step."""
    if json.loads(text)["item"] == BERT.item.id:
        os.kill(os.getpid(), signal.SIGKILL)
    return worker.perform(text)


def broken(text: str) -> str:
    """Die over every file, as a decoder does that was built for another machine."""
    os.kill(os.getpid(), signal.SIGILL)
    return text


def narrow(text: str) -> str:
    """Do the step with as little memory as a process has that was let take no more: enough for all but the decoder."""
    import runner.edge.video.media  # noqa: F401, PLC0415 - first the decoder, or there would be none

    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, resource.getrlimit(resource.RLIMIT_AS)[1]))
    return worker.perform(text)


def no_portrait(_portrait: Portrait) -> bytes:
    return b""


def put(run: Path, *states: State) -> None:
    (run / ".partial").mkdir(exist_ok=True)
    for state, content in zip(states, (CONTENT, OTHER), strict=False):
        (run / ".partial" / f"{state.item.key}.mp4").write_bytes(content)


def inspected(
    make: Make, run: Path, *states: State, policy: CheckPolicy = WHOLE, perform: Perform = worker.perform
) -> list[Inspected | Spoilt | Unchecked]:
    async def main() -> list[Inspected | Spoilt | Unchecked]:
        executor = make(perform, 2)
        await executor.start()
        judge = judge_for(policy, no_portrait, executor, run / ".partial")
        shelf = Shelf(run, sidecar=str, judge=judge)
        try:
            return list(await asyncio.gather(*map(shelf.inspect, states)))
        finally:
            await executor.close()

    return asyncio.run(main())


@pytest.mark.parametrize("gates", [Gates(), LONG, STILL], ids=["whole", "its length", "its pixels"])
def test_a_worker_finds_what_the_driver_would_have_found(gates: Gates, make: Make, tmp_path: Path) -> None:
    put(tmp_path, ANNA)

    (found,) = inspected(make, tmp_path, ANNA, policy=CheckPolicy(gates=gates))

    assert found == look(tmp_path / ".partial" / f"{ANNA.item.key}.mp4", gates, portrait=None, full=True)
    assert isinstance(found, Inspected)
    assert found.clip.decoded
    assert (found.judgement is not None) == gates.are_any
    assert [path.name for path in (tmp_path / ".partial").iterdir()] == [f"{ANNA.item.key}.mp4"]


HELD = """
import asyncio, threading
from pathlib import Path
from runner.edge.video.checking import AT_ONCE_MOST, judge_for
from runner.model import Artifact, CheckPolicy
from runner.values import replace
from told_lives import saved
def places():
    threading.Event().wait()  # a disk that never answers
    yield Path("anna.mp4")
async def main():
    judge = judge_for(CheckPolicy(full_decode=False), None, None, Path(), most_s=0.1)
    anna = replace(saved("anna", b""), artifact=Artifact(bytes_=AT_ONCE_MOST + 1, sha256="0" * 64))
    print(await judge(anna, places()))
asyncio.run(main())
"""


def test_a_disk_that_never_answers_holds_up_neither_the_check_of_a_header_nor_the_end_of_a_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELD], capture_output=True, text=True, check=False, timeout=20,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip

    told = str(Unchecked(reason="it could not be read within 0.1 s; look at the disk"))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{told}\n", "")


def test_a_video_that_kills_its_decoder_is_spoilt_and_takes_no_other_with_it(make: Make, tmp_path: Path) -> None:
    put(tmp_path, ANNA, BERT)

    anna, bert = inspected(make, tmp_path, ANNA, BERT, perform=deadly)

    assert isinstance(anna, Inspected)
    assert isinstance(bert, Spoilt)
    assert bert.reason.startswith("it could not be checked: 3 workers were lost over it, one after the other: ")


def test_a_video_whose_workers_are_killed_is_not_spoilt_and_what_to_do_is_said(make: Make, tmp_path: Path) -> None:
    put(tmp_path, ANNA, BERT)

    anna, bert = inspected(make, tmp_path, ANNA, BERT, perform=killed)

    assert isinstance(anna, Inspected)
    assert isinstance(bert, Unchecked)
    assert bert.reason.startswith("it could not be checked: 3 workers were lost over it, one after the other: ")
    assert bert.reason.endswith("; " + ADVICE)


def test_a_decoder_that_breaks_over_every_file_spoils_them_not_all(make: Make, tmp_path: Path) -> None:
    """The first one may be to blame; a second one tells that it is the machine."""
    put(tmp_path, ANNA, BERT)

    found = inspected(make, tmp_path, ANNA, BERT, perform=broken)

    assert sorted(type(each).__name__ for each in found) == ["Spoilt", "Unchecked"]
    assert any(
        "no video can be checked here: 3 workers were lost" in each.reason
        for each in found
        if isinstance(each, Unchecked)
    )


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process has taken is not told here")
def test_a_worker_without_memory_spoils_nothing(tmp_path: Path) -> None:
    large = clip(frames=2, size=(4096, 2176))
    state = saved("large", large)
    (tmp_path / ".partial").mkdir()
    (tmp_path / ".partial" / f"{state.item.key}.mp4").write_bytes(large)

    (found,) = inspected(MAKERS["local"], tmp_path, state, perform=narrow)

    assert isinstance(found, Unchecked)
    assert "a worker has not enough memory: the decoder wants memory" in found.reason


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "the saved file is gone"), (b"another", "not the one that was saved")],
    ids=["gone", "another"],
)
def test_a_file_that_is_not_what_was_saved_is_spoilt(
    content: bytes | None, words: str, make: Make, tmp_path: Path
) -> None:
    put(tmp_path)
    if content is not None:
        (tmp_path / ".partial" / f"{ANNA.item.key}.mp4").write_bytes(content)

    (found,) = inspected(make, tmp_path, ANNA)

    assert isinstance(found, Spoilt)
    assert words in found.reason


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no regular file here whose reading fails")
def test_a_disk_that_a_worker_cannot_read_halts_and_spoils_nothing(make: Make, tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / ".partial" / f"{ANNA.item.key}.mp4").symlink_to("/proc/self/mem")

    with pytest.raises(Halt, match=r"cannot read .*, then run the same command again"):
        inspected(make, tmp_path, ANNA)


def test_what_asks_for_no_decoding_asks_no_worker(tmp_path: Path) -> None:
    def nobody(_text: str) -> str:
        raise AssertionError

    put(tmp_path, ANNA)

    (found,) = inspected(MAKERS["local"], tmp_path, ANNA, policy=CheckPolicy(full_decode=False), perform=nobody)

    assert isinstance(found, Inspected)
    assert not found.clip.decoded


def test_the_folders_of_steps_that_a_crash_left_go_at_the_next_start(tmp_path: Path) -> None:
    put(tmp_path, ANNA)
    (tmp_path / ".partial" / "anna-0123").mkdir()
    (tmp_path / ".partial" / "anna-0123" / "video.mp4").write_bytes(b"half")

    Shelf(tmp_path, sidecar=str).prepare()

    assert [path.name for path in (tmp_path / ".partial").iterdir()] == [f"{ANNA.item.key}.mp4"]


def fetched(make: Make, stage: Path, download: Download, *, may_be_private: bool = True) -> Artifact | Unfetched:
    async def main() -> Artifact | Unfetched:
        executor = make(worker.perform, 1)
        await executor.start()
        dispatch = Dispatch(executor=executor, stage=stage, may_be_private=may_be_private, timeout_s=20.0)
        try:
            return await dispatch.fetch("key", download)
        finally:
            await executor.close()

    return asyncio.run(main())


def link(counter: Counter) -> Download:
    return Download(url=f"{counter.url}/file/{counter.charge('one')}")


def test_a_worker_brings_a_file_home_and_the_driver_gives_it_its_place(
    make: Make, counter: Counter, tmp_path: Path
) -> None:
    film = counter.film_of("one")

    brought = fetched(make, tmp_path, link(counter))

    assert brought == Artifact(bytes_=len(film), sha256=hashlib.sha256(film).hexdigest())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"key.mp4": film}
    assert "authorization" not in counter.asked[-1].headers


def test_a_download_that_fails_on_a_worker_fails_as_in_the_driver(make: Make, counter: Counter, tmp_path: Path) -> None:
    def throttle(talk: Talk) -> None:
        talk.answer(b"", status=429, headers={"Retry-After": "7"})

    counter.trap("file", "one", throttle)
    throttled = fetched(make, tmp_path, link(counter))
    refused = fetched(make, tmp_path, link(counter), may_be_private=False)

    assert throttled == Unfetched(reason="HTTP 429: too many downloads", throttled=True, retry_after_s=7.0)
    assert isinstance(refused, Unfetched)
    assert "private" in refused.reason
    assert list(tmp_path.iterdir()) == []
