"""A provider that was added by the guide alone, run by the real engine on the virtual clock."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lantern
import pytest
from studio import TAKEN, Answer, Script, Studio, dies, shows
from worlds import World

from runner.core.sums.ending import Conclusion, Ending
from runner.dialects.seam import Call, Reply

FURNITURE = {"seam", "shapes", "relay", "verdicts"}


@dataclass(kw_only=True)
class Lantern(Studio):
    """The simulated studio behind Lantern's own paths and words."""

    def receive(self, call: Call) -> Answer:
        if call.method == "POST":
            assert call.body is not None
            inner = replace(call, body={"prompt": call.body["words"]})
        else:
            job_id = call.path.removeprefix("/films/")
            inner = replace(call, path="/v1/query/video_generation", query={"task_id": job_id})
        answer = Studio.receive(self, inner)
        told = answer.heard.document if isinstance(answer.heard, Reply) else None
        return replace(answer, heard=_reply({"film": self._film(told)})) if told and "task_id" in told else answer

    def _film(self, told: Mapping[str, Any]) -> dict[str, str]:
        film = {"id": told["task_id"], "phase": "ready" if told.get("file_id") else "lit"}
        if file_id := told.get("file_id"):
            link = Studio.receive(self, Call(method="GET", path="/v1/files/retrieve", query={"file_id": file_id}))
            assert isinstance(link.heard, Reply)
            film["watch"] = link.heard.document["file"]["download_url"]
        return film


def _reply(document: Mapping[str, Any]) -> Reply:
    return Reply(status=200, headers={}, document=document, text="")


def says(reason: str, *, status: int = 400) -> Answer:
    return shows("", document={"reason": reason}, status=status)


def test_it_stands_on_the_furniture_alone() -> None:
    tree = ast.parse(Path(lantern.__file__).read_text("utf-8"))
    ours = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    used = {name.removeprefix("runner.dialects.") for name in ours if name.startswith("runner.dialects.")}

    assert used <= FURNITURE


def test_a_batch_comes_home_whatever_goes_wrong_on_the_way(tmp_path: Path) -> None:
    scripts = {
        "throttled": Script(submits=[says("slow_down", status=429)]),
        "refused": Script(submits=[says("not_nice")]),
        "dropped": Script(submits=[dies(makes_job=True)]),
        "busy": Script(submits=[shows("", status=503)]),
        "slow": Script(polls=[says("slow_down"), shows("<html>", status=502)]),
    }
    studio = Lantern(scripts=scripts)
    world = World(folder=tmp_path, ids=["plain", *scripts], studio=studio, dialect=lantern.DIALECT, in_flight=2)

    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == {
        "plain": "done", "throttled": "done", "slow": "done", "refused": "failed", "dropped": "in_doubt",
        "busy": "in_doubt",
    }  # fmt: skip
    assert all(len(studio.jobs_of(id_)) <= 1 for id_ in world.ids)


@pytest.mark.parametrize(
    ("reason", "ending"), [("no_credit", Ending.QUOTA_CLOSED), ("bad_key", Ending.AUTH_CLOSED)]
)  # fmt: skip
def test_its_own_words_close_it(tmp_path: Path, reason: str, ending: Ending) -> None:
    studio = Lantern(scripts={"a": Script(submits=[says(reason), TAKEN])})
    world = World(folder=tmp_path, ids=["a", "b"], studio=studio, dialect=lantern.DIALECT, in_flight=1)

    assert world.run().ending is ending
    assert world.phases() == {"a": "planned", "b": "planned"}
    assert not studio.jobs
