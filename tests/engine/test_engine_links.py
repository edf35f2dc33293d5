"""A provider that names the link with its success, and anew when asked again: it is as perishable as any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from jumping_clock import START
from studio import Script, Studio
from worlds import World

from runner.dialects import minimax
from runner.dialects.seam import Call, Dialect, Flow, Located, Made, Progress
from runner.inspection import Unfetched
from runner.model import Download, Job, Output


def _poll(job: Job) -> Flow[Progress]:
    progress = yield from minimax.poll(job)
    if not isinstance(progress, Made):
        return progress
    reply = yield Call(method="GET", path="/v1/files/retrieve", query={"file_id": f"file-of-{job.id}"})
    return Made(output=Output(url=reply.document["file"]["download_url"]), status=progress.status)


def _locate(job: Job) -> Flow[Located]:
    match (yield from _poll(job)):
        case Made(output=Output(url=str(url))):
            return Download(url=url)
        case other:
            raise AssertionError(f"the job is made, and its provider says {other}")


def _speaks_links() -> Dialect:
    return replace(minimax.speak(minimax.TRAITS), poll=_poll, locate=_locate)


def test_a_link_that_came_with_the_success_is_used(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"], dialect=_speaks_links())
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.links) == 1


def test_after_a_failed_download_the_job_is_asked_for_a_fresh_link(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(files=[Unfetched(reason="cut"), b"<html>"])})
    world = World(folder=tmp_path, ids=["a"], studio=studio, dialect=_speaks_links())
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(studio.links) == 3


def test_a_link_that_expired_between_two_runs_is_asked_for_again(tmp_path: Path) -> None:
    world = World(folder=tmp_path, ids=["a"], studio=Studio(link_life_s=60.0), dialect=_speaks_links())
    world.run(stop_after_s=62.0)
    assert world.phases() == {"a": "ready"}
    world.now_s += 86400.0
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(world.studio.submits) == 1


@pytest.mark.parametrize(("lives_s", "links"), [(3600.0, 1), (0.0, 2)], ids=["still good", "already over"])
def test_a_link_that_says_it_is_over_is_not_tried(tmp_path: Path, lives_s: float, links: int) -> None:
    def poll(job: Job) -> Flow[Progress]:
        progress = yield from _poll(job)
        if not isinstance(progress, Made):
            return progress
        return replace(progress, output=replace(progress.output, expires_at=START + 60.0 + lives_s))

    world = World(folder=tmp_path, ids=["a"], dialect=replace(_speaks_links(), poll=poll))
    world.run()
    assert world.phases() == {"a": "done"}
    assert (len(world.studio.links), len(world.studio.downloads)) == (links, 1)
