from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from histories import CLIP, FACTS, NASTY, intent, item, judged, mixed_run, told, until_done, until_saved
from jsonschema import Draft7Validator

from runner.core.life.state import State
from runner.events import Accepted, Doubted, Finished, Stamped
from runner.model import Notes, Output
from runner.report.document import event_line
from runner.report.labels import ANIMATIC, GENERATED, Label
from runner.report.sidecar import sidecar, sidecar_text

SCHEMAS = Path(__file__).parents[2] / "schemas"
STATE = told(item("wink", tags=("b", "a"), metadata={"z": 1, "licence": "CC0"}), *until_done("wink"))


def test_a_sidecar_tells_where_a_video_came_from() -> None:
    told_by = sidecar(STATE, FACTS)

    assert (told_by["id"], told_by["provider"], told_by["job_id"]) == ("wink", "vapi", "job-wink")
    assert told_by["price"] == {"amount": "0.65", "currency": "USD"}
    assert told_by["portrait"] == {
        "ref": "portraits/astronaut.png", "sha256": "a" * 64, "mime": "image/png",
        "bytes": 9_000, "width": 512, "height": 512,
    }  # fmt: skip
    assert told_by["times"]["intended"] == "2026-01-01T00:00:10.000Z"
    assert (told_by["run"], told_by["runner_version"], told_by["kind"]) == ("winks", "0.1.0", "generated")


def test_a_sidecar_tells_what_is_in_the_file() -> None:
    video = sidecar(STATE, FACTS)["video"]

    assert (video["name"], video["bytes"], video["seconds"]) == ("wink.mp4", 1_500_000, 5.64)
    assert (video["width"], video["height"], video["fps"], video["frames"]) == (1280, 720, 25.0, 141)
    assert (video["codec"], video["decode"], len(video["sha256"])) == ("h264", "full", 64)


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("state", mixed_run(), ids=[state.label for state in mixed_run()])
def test_a_sidecar_is_what_its_schema_says_at_every_point_of_a_life(state: State) -> None:
    Draft7Validator(schema("sidecar")).validate(json.loads(sidecar_text(state, FACTS)))


def test_a_sidecar_and_a_report_mean_the_same_by_the_same_word() -> None:
    beside, line = schema("sidecar")["properties"], schema("results")["properties"]
    elsewhere = {"id", "price", "portrait", "video", "run", "runner_version"}  # there under other names, or not at all

    own = {"kind", "ai_generated", "digital_source_type", "judgement", "attempt", "retake", "drawn"}
    assert {name: line[name] for name in beside if name not in elsewhere | own} == {
        name: beside[name] for name in beside if name not in elsewhere | own
    }


@pytest.mark.parametrize(
    ("provider", "label", "term"),
    [
        ("minimax", GENERATED, "trainedAlgorithmicMedia"),
        ("vapi", GENERATED, "trainedAlgorithmicMedia"),
        ("local", ANIMATIC, "compositeSynthetic"),
    ],
)
def test_every_sidecar_says_whether_a_model_made_the_video(provider: str, label: Label, term: str) -> None:
    beside = sidecar(told(item("a"), intent(provider=provider, price=None), Accepted(job_id="j")), FACTS)

    assert (beside["kind"], beside["ai_generated"]) == (label.kind, label is GENERATED)
    assert beside["digital_source_type"] == f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"
    assert beside["digital_source_type"] in schema("sidecar")["properties"]["digital_source_type"]["enum"]


@pytest.mark.parametrize("provider", ["local", "minimax"])
@pytest.mark.parametrize(("maker", "kind"), [("animatic", "animatic"), ("wan-vace", "generated")])
def test_a_sidecar_says_of_a_video_what_the_file_says(
    provider: str, maker: Literal["animatic", "wan-vace"], kind: str
) -> None:
    state = told(item("a"), intent(provider=provider, price=None), Accepted(job_id="j"))

    assert sidecar(replace(state, clip=replace(CLIP, maker=maker)), FACTS)["kind"] == kind


def test_a_sidecar_says_of_a_local_video_that_it_is_an_animatic() -> None:
    notes = Notes(honoured=("winks",), ignored=("on a beach",), versions={"opencv": "4.13", "engine": "animatic-2"})
    state = told(
        item("a"), intent(provider="local", price=None), Accepted(job_id="j"), Finished(output=Output(notes=notes))
    )

    assert sidecar(state, FACTS)["kind"] == "animatic"
    assert sidecar(state, FACTS)["drawn"] == {
        "honoured": ["winks"], "ignored": ["on a beach"], "versions": {"engine": "animatic-2", "opencv": "4.13"}
    }  # fmt: skip
    assert sidecar(STATE, FACTS)["drawn"] is None


def test_a_sidecar_says_how_a_video_was_judged_and_by_what() -> None:
    written = sidecar(told(item("a"), *until_saved("a"), judged("review")), FACTS)

    assert written["judgement"]["grade"] == "fail"
    assert written["judgement"]["gates"]["identity"]["max_distance"] == 0.5
    assert written["judgement"]["identity"] == {
        "distance": 0.8063, "similarity": 0.3281, "coverage": 0.0, "distances": [0.8, None, 0.8125],
    }  # fmt: skip
    assert (written["retake"], written["reason"]) == (0, "its face is 0.81 from the portrait's")
    assert sidecar(STATE, FACTS)["judgement"] is None


@pytest.mark.parametrize("prompt", [None, NASTY], ids=["none", "nasty"])
def test_the_text_of_a_sidecar_is_json_in_ascii_and_loses_nothing(prompt: str | None) -> None:
    text = sidecar_text(told(item("a", prompt=prompt), *until_saved("a")), FACTS)

    assert text.isascii()
    assert text.endswith("}\n")
    assert json.loads(text)["prompt"] == prompt


def test_the_same_state_gives_the_same_bytes() -> None:
    turned = told(item("wink", tags=("b", "a"), metadata={"licence": "CC0", "z": 1}), *until_done("wink"))

    assert sidecar_text(turned, FACTS) == sidecar_text(STATE, FACTS)


def test_an_event_line_is_one_line_of_json_without_the_query_of_a_link() -> None:
    stamped = Stamped(at=0.5, event=Doubted(reason="https://u:p@x.example/y?sig=canary\nlost"))

    line = event_line(STATE, stamped)

    assert "\n" not in line
    assert json.loads(line) == {
        "at": "1970-01-01T00:00:00.500Z", "id": "wink", "key": STATE.item.key, "event": "doubted", "phase": "done",
        "provider": "vapi", "job_id": "job-wink", "facts": {"reason": "https://x.example/y\nlost", "retry_at": None},
    }  # fmt: skip
