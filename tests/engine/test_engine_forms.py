"""Where it is not certain how an order must be put: the other form is tried, and nothing is bought twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from resellers import Modellix, Reseller
from studio import Answer, Script, dies, says, shows
from worlds import PRICE, Fuse, World

from runner.core.sums.ending import Conclusion, Ending
from runner.dialects.registry import DIALECTS
from runner.events import Intended, Refused, Requeued
from runner.model import ProviderSettings

FORMS = [(name, form) for name, dialect in DIALECTS.items() for form in dialect.forms]
each_form = pytest.mark.parametrize(("name", "form"), FORMS, ids=[f"{name}, {form}" for name, form in FORMS])


def reseller(name: str, understands: str | None, **more: Script) -> Reseller:
    return (Modellix if name == "modellix" else Reseller)(understands=understands, scripts=more)


def world_of(folder: Path, studio: Reseller, *, name: str = "vapi", ids: str = "a", in_flight: int = 1) -> World:
    return World(folder=folder, ids=list(ids), studio=studio, dialect=DIALECTS[name], in_flight=in_flight)


def test_three_resellers_have_forms_to_try() -> None:
    assert {name for name, _ in FORMS} == {"vapi", "ai302", "modellix"}


@each_form
def test_whichever_form_a_provider_understands_each_item_is_bought_once(tmp_path: Path, name: str, form: str) -> None:
    world = world_of(tmp_path, reseller(name, form), name=name, ids="abc", in_flight=3)
    assert world.run() == Conclusion(ending=Ending.FINISHED)
    assert world.phases() == dict.fromkeys("abc", "done")
    assert [len(world.studio.jobs_of(id_)) for id_ in "abc"] == [1, 1, 1]
    assert world.committed() == {"USD": 3 * PRICE.micros}


@each_form
def test_a_form_that_worked_is_kept_for_the_items_that_follow(tmp_path: Path, name: str, form: str) -> None:
    forms, studio = DIALECTS[name].forms, reseller(name, form)
    world_of(tmp_path, studio, name=name, ids="abcd").run()
    assert studio.asked == [*forms[: forms.index(form)], *[form] * 4]


def test_every_form_that_was_tried_stands_in_the_journal(tmp_path: Path) -> None:
    world = world_of(tmp_path, reseller("vapi", "list"))
    world.run()
    events = [event for _, _, event in world.diary.pages]
    assert [event.form for event in events if isinstance(event, Intended)] == ["string", "list"]
    assert [(event.form, event.final) for event in events if isinstance(event, Refused)] == [("string", False)]


@pytest.mark.parametrize("name", ["vapi", "ai302"])
def test_an_order_that_is_wrong_in_every_form_fails_and_was_put_once_in_each(tmp_path: Path, name: str) -> None:
    studio = reseller(name, None)
    world = world_of(tmp_path, studio, name=name, ids="ab")
    world.run()
    world.run()
    assert studio.asked == [*DIALECTS[name].forms] * 2
    assert world.phases() == {"a": "failed", "b": "failed"}
    assert world.committed() == {}


def test_an_endpoint_that_is_found_nowhere_closes_the_provider(tmp_path: Path) -> None:
    studio = reseller("modellix", None)
    world = world_of(tmp_path, studio, name="modellix", ids="ab")
    assert world.run().ending is Ending.AUTH_CLOSED
    assert studio.asked == [*DIALECTS["modellix"].forms]
    assert world.phases() == {"a": "planned", "b": "planned"}


def test_once_a_form_has_worked_a_refusal_is_about_the_item(tmp_path: Path) -> None:
    studio = reseller("vapi", "list", b=Script(submits=[says(2013, words="bad picture")]))
    world = world_of(tmp_path, studio, ids="abc")
    world.run()
    assert world.phases() == {"a": "done", "b": "failed", "c": "done"}
    assert studio.asked == ["string", "list", "list", "list"]


@pytest.mark.parametrize(
    "answer",
    [dies(), dies(makes_job=True), shows("bad gateway", status=502), says(1000), says(9999), shows("<html>")],
    ids=["no answer", "no answer, yet bought", "502", "1000", "an unknown code", "HTML as success"],
)
@pytest.mark.parametrize("name", ["vapi", "ai302", "modellix"])
def test_after_an_answer_that_proves_nothing_no_other_form_is_tried(tmp_path: Path, name: str, answer: Answer) -> None:
    studio = reseller(name, DIALECTS[name].forms[0], a=Script(submits=[answer]))
    world = world_of(tmp_path, studio, name=name)
    world.run()
    world.run()
    assert world.phases() == {"a": "in_doubt"}
    assert len(studio.asked) == 1


@pytest.mark.parametrize("answer", [says(1026), says(1004), says(1008)], ids=["content", "key", "balance"])
def test_a_refusal_that_is_not_about_the_form_is_tried_in_no_other(tmp_path: Path, answer: Answer) -> None:
    studio = reseller("vapi", "string", a=Script(submits=[answer]))
    world_of(tmp_path, studio).run()
    assert studio.asked == ["string"]


@pytest.mark.parametrize(
    ("name", "settings", "asked"),
    [
        ("vapi", ProviderSettings(image="list"), ["list"]),
        ("ai302", ProviderSettings(image="string"), ["string"]),
        ("modellix", ProviderSettings(endpoint="plain"), ["plain"]),
    ],
    ids=["vapi", "ai302", "modellix"],
)
def test_a_form_that_the_manifest_sets_is_the_only_one(
    tmp_path: Path, name: str, settings: ProviderSettings, asked: list[str]
) -> None:
    studio = reseller(name, None)
    world = world_of(tmp_path, studio, name=name)
    world.dialect = DIALECTS[name].tuned(settings)
    world.run()
    assert studio.asked == asked
    assert not studio.jobs


def test_a_form_that_was_refused_is_not_tried_again_by_the_next_run(tmp_path: Path) -> None:
    studio = reseller("vapi", "list")
    world = world_of(tmp_path, studio)
    assert not world.survives(Fuse(words="Refused is written"))
    world.run()
    assert studio.asked == ["string", "list"]
    assert world.phases() == {"a": "done"}


def test_wherever_the_program_dies_no_form_of_an_order_buys_a_second_video(tmp_path: Path) -> None:
    survived, at = False, 0
    while not survived:
        studio, folder = reseller("vapi", "list"), tmp_path / str(at)
        folder.mkdir()
        world = world_of(folder, studio, ids="ab")
        survived = world.survives(Fuse(at=at))
        world.run()
        assert all(len(studio.jobs_of(id_)) <= 1 for id_ in "ab"), f"died at point {at}"
        assert set(world.phases().values()) <= {"done", "in_doubt"}, f"died at point {at}"
        at += 1
    assert at > 20


def test_an_item_that_is_asked_for_again_may_try_every_form_anew(tmp_path: Path) -> None:
    world = world_of(tmp_path, reseller("vapi", None))
    world.run()
    world.note("a", Requeued(by="--failed"))
    world.studio = studio = reseller("vapi", "string")
    world.run()
    assert studio.asked == ["string"]
    assert world.phases() == {"a": "done"}
