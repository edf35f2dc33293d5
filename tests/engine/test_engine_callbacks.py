"""What calls may do to a job that runs: bring its poll forward, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from called_worlds import called, calling, lives
from jumping_clock import jump
from studio import WAY_S, Answer, PaidJob, Script, Studio, dies, says
from telephone import SECRET, URL, Telephone
from worlds import World, item

from runner.dialects import minimax
from runner.edge.callbacks.mailbox import Mailbox
from runner.edge.callbacks.paths import Paths
from runner.edge.callbacks.reception import Reception
from runner.events import Finished, Intended

LOST: Final = dies(makes_job=True, after_s=5.0)
REFUSED: Final = Script(submits=[says(1026)] * 9)


def test_a_call_about_the_end_brings_the_poll_forward(tmp_path: Path) -> None:
    world = called(tmp_path, ["a"], Studio(scripts={"a": Script(life_s=33.0)}))
    world.run()
    assert world.phases() == {"a": "done"}
    assert [at for at, _ in world.studio.polls] == [
        20.75,
        pytest.approx(30.6),
        33.5,
    ]  # the call about the receipt came before the answer to it
    assert world.diary.times(Finished) == [33.75]


def test_a_call_that_comes_while_the_poll_is_under_way_is_not_lost(tmp_path: Path) -> None:
    world = called(tmp_path, ["a"], Studio(scripts={"a": Script(life_s=20.6)}))
    world.run()

    (job,) = world.studio.jobs.values()
    answered, again = [at for at, _ in world.studio.polls]
    assert answered < job.ends_at < answered + WAY_S
    assert again == answered + 2 * WAY_S


def test_a_call_that_says_processing_costs_no_poll(tmp_path: Path) -> None:
    silent = lives(tmp_path / "silent", Studio(scripts={"a": Script(life_s=15.0)}))
    studio = Studio(scripts={"a": Script(life_s=15.0)})
    loud = lives(tmp_path / "loud", studio, telephone=Telephone.of(studio, tells_end=False))
    assert calling(loud).answers == [200]
    assert loud.studio.polls == silent.studio.polls


@pytest.mark.parametrize("seed", range(6))
def test_dropped_doubled_and_reordered_calls_come_to_the_end_of_polling_alone(tmp_path: Path, seed: int) -> None:
    scripts = {
        **{f"ok{n}": Script(life_s=20.0 + 17.0 * n) for n in range(12)},
        "refused": REFUSED,
        "failed": Script(status="Fail", code=1027, life_s=44.0),
        "stalled": Script(polls=[says(1000), dies(after_s=2.0)], life_s=30.0),
        "busy": Script(submits=[says(1039)]),
    }
    silent = World(folder=tmp_path / "silent", ids=list(scripts), studio=Studio(scripts=scripts), in_flight=4)
    studio = Studio(scripts=scripts)
    telephone = Telephone.of(studio, dropped=0.3, doubled=0.3, late_s=60.0, chance=Random(seed))
    loud = called(tmp_path / "loud", list(scripts), studio, telephone=telephone, in_flight=4)
    for world in (silent, loud):
        world.folder.mkdir()
        world.run()
    assert loud.phases() == silent.phases()
    assert loud.disk.videos == silent.disk.videos
    assert loud.committed() == silent.committed()
    assert len(loud.studio.submits) == len(silent.studio.submits)
    assert len(loud.studio.jobs) == len(silent.studio.jobs)
    assert set(telephone.answers) == {200}


def _forged(url: str) -> list[str]:
    key, attempt, signature = url.split("/")[-3:]
    return [
        f"{URL}/run/{key}/{attempt}/{'0' * 64}", f"{URL}/run/{key}/{int(attempt) + 1}/{signature}",
        f"{URL}/run/{item('b').key}/{attempt}/{signature}", f"{URL}/other/{key}/{attempt}/{signature}", URL, URL + "/",
    ]  # fmt: skip


@pytest.mark.parametrize("script", [Script(life_s=90.0), Script(submits=[LOST])], ids=["running", "in doubt"])
def test_a_forged_path_changes_nothing_and_costs_no_poll(tmp_path: Path, script: Script) -> None:
    telephone = Telephone()

    def forge(url: str, _job: PaidJob, _status: str) -> None:
        for path in _forged(url):
            for at in (1.0, 21.0, 45.0):
                telephone.say(path, {"task_id": "job-1", "status": "success"}, at=at)

    silent = lives(tmp_path / "silent", Studio(scripts={"a": script}), telephone=Telephone())
    loud = lives(tmp_path / "loud", Studio(scripts={"a": script}, calls=forge), telephone=telephone)
    assert (len(telephone.answers), set(telephone.answers)) == (18, {404})
    assert loud.diary.pages == silent.diary.pages
    assert loud.studio.polls == silent.studio.polls


def test_a_call_about_a_try_that_was_refused_is_stale(tmp_path: Path) -> None:
    refused = Answer(heard=says(1039).heard, makes_job=True)
    telephone = Telephone()
    studio = Studio(scripts={"a": Script(submits=[refused], life_s=90.0)})
    stale: list[str] = []

    def recall(url: str, _job: PaidJob, _status: str) -> None:
        stale.append(url)
        for at in (30.0, 60.0):
            telephone.say(stale[0], {"task_id": "job-1", "status": "success"}, at=at)

    studio.calls = recall
    world = lives(tmp_path / "loud", studio, telephone=telephone)
    assert (world.state("a").job_id, world.state("a").attempt) == ("job-2", 2)
    assert len(stale) == 2
    assert stale[0] != stale[1]
    assert set(telephone.answers) == {200}
    assert all(later - at >= 10.0 for (at, _), (later, _) in pairwise(studio.polls))


def test_calls_can_no_more_than_double_the_pace_of_asking(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(life_s=100.0)})
    telephone = Telephone()

    def pester(url: str, _job: PaidJob, _status: str) -> None:
        for tenth in range(900):
            telephone.say(url, {"task_id": "job-1", "status": f"over {tenth}"}, at=1.0 + tenth / 10)

    studio.calls = pester
    world = called(tmp_path, ["a"], studio, telephone=telephone)
    world.run()
    assert world.phases() == {"a": "done"}
    assert len(studio.polls) <= 2 * 100 / 10


def test_a_call_about_another_job_is_not_about_this_item(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(life_s=90.0)})
    telephone = Telephone()
    studio.calls = lambda url, _job, _status: telephone.say(url, {"task_id": "job-9", "status": "success"}, at=5.0)
    world = called(tmp_path, ["a"], studio, telephone=telephone)
    world.run()
    assert studio.polls[0][0] == 20.75
    assert [said for said in world.diary.said_ if "calls about" in said] == []  # the receipt said which job it is


def test_a_call_does_not_shorten_a_pause_that_trouble_asked_for(tmp_path: Path) -> None:
    studio = Studio(scripts={"a": Script(polls=[says(1002, retry_after_s=300.0)], life_s=40.0)})
    world = called(tmp_path, ["a"], studio)
    world.run()
    assert [at for at, _ in studio.polls][1] > 300.0


def test_a_provider_that_calls_nobody_back_is_told_no_address(tmp_path: Path) -> None:
    traits = replace(minimax.TRAITS, callback=replace(minimax.TRAITS.callback, value=False))
    studio = Studio()
    world = called(tmp_path, ["a"], studio, dialect=minimax.speak(traits))
    world.run()
    assert calling(world).urls == []
    assert [event.callback for _, _, event in world.diary.pages if isinstance(event, Intended)] == [None]


def test_a_path_stays_good_over_a_restart(tmp_path: Path) -> None:
    first, second = (Telephone().connect().url_for(item("a").key, 1) for _ in range(2))
    studio = Studio()
    world = lives(tmp_path / "a", studio, telephone=Telephone.of(studio))
    assert calling(world).urls == [first] == [second]


def test_a_body_that_never_ends_is_given_up() -> None:
    paths, told = Paths(URL, "run", SECRET), list[tuple[float, int]]()
    scope = {"type": "http", "method": "POST", "path": paths.url_for(item("a").key, 1).removeprefix(URL)}

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(4.0)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.append((asyncio.get_running_loop().time(), message["status"]))

    jump(Reception(paths, Mailbox(paths))(scope, receive, send))
    assert told == [(10.0, 408)]
