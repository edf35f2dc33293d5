"""Fault scripts as people write them: the example is sound, and every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import ROOT
from jsonschema import Draft7Validator

from runner.cli.faulting import read_script
from runner.errors import InputError
from runner.manifest.schemas import schema
from runner.service.faults import (
    Answer,
    BadLink,
    Code,
    Cut,
    Effect,
    Fail,
    Garble,
    HangUp,
    NoFile,
    Operation,
    Post,
    Say,
    Slow,
    Stuck,
)
from runner.service.order import Reason, Status


def script(folder: Path, rules: str) -> Path:
    path = folder / "faults.yaml"
    path.write_text(f"version: 1\nrules:\n{rules}")
    return path


def test_the_example_is_sound() -> None:
    found = read_script(ROOT / "manifests/faults.yaml")

    assert found.seed == 7
    assert len(found.rules) == 10


def test_the_schema_is_a_schema_and_every_key_of_it_is_described_with_an_example() -> None:
    whole = schema("faults")
    Draft7Validator.check_schema(whole)
    blocks = [whole, *(whole["definitions"][name] for name in ("rule", "when", "do"))]
    for block in blocks:
        for name, key in block["properties"].items():
            assert key.get("description"), name
            assert key.get("examples"), name


@pytest.mark.parametrize(
    ("do", "effect"),
    [
        ("lose_reply: true", HangUp()),
        ("reset: before", HangUp(performs=False, reset=True)),
        ("reset: after", HangUp(reset=True)),
        ("http: 503", Answer(status=503)),
        ("http: {status: 429, retry_after: 1.5s}", Answer(status=429, retry_after_s=1.5)),
        ("http: {status: 502, job: true}", Answer(status=502, performs=True)),
        ("code: 1002", Code(number=1002)),
        ("code: {number: 1000, words: oh, job: true}", Code(number=1000, words="oh", performs=True)),
        ("refuse: balance", Say(reason=Reason.BALANCE)),
        ("garble: malformed", Garble(what="malformed")),
        ("garble: {what: html, job: false}", Garble(what="html", performs=False)),
        ("slow: 2m", Slow(seconds=120)),
        ("truncate: 0.25", Cut(share=0.25)),
        ("stuck: Queueing", Stuck(status=Status.QUEUED)),
        ("fail: 1027", Fail(code=1027)),
        ("fail: {code: 1027, words: sorry}", Fail(code=1027, words="sorry")),
        ("no_file: true", NoFile()),
        ("link: expired", BadLink(what="expired")),
        ("callback: drop", Post(times=0)),
        ("callback: double", Post(times=2)),
        ("callback: {late: 500ms}", Post(late_s=0.5)),
    ],
)
def test_every_fault_is_read(do: str, effect: Effect, tmp_path: Path) -> None:
    (rule,) = read_script(script(tmp_path, f"  - do: {{{do}}}\n")).rules
    assert rule.effect == effect


def test_a_rule_without_when_is_about_everything_and_one_with_it_is_not(tmp_path: Path) -> None:
    when = "{dialect: [vapi, ai302], operation: submit, prompt: ^x, per: order, nth: [1, 3], probability: 0.5}"
    (rule,) = read_script(script(tmp_path, f"  - when: {when}\n    do: {{http: 500}}\n")).rules

    assert rule.when.dialects == {"vapi", "ai302"}
    assert rule.when.operations == {Operation.SUBMIT}
    assert rule.when.nth == {1, 3}
    assert (rule.when.each_order, rule.when.probability) == (True, 0.5)
    assert rule.when.prompt is not None


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ("{do: {http: 99}}", "3:17: rules[0].do.http: found 99, expected an HTTP status from 200 to 599"),
        ("{do: {}}", "3:10: rules[0].do: found an empty mapping, expected exactly one thing that happens"),
        ("{do: {http: 500, slow: 1s}}", "rules[0].do: found a mapping with keys http, slow, expected exactly one"),
        ("{do: {explode: true}}", "rules[0].do.explode: unknown key (known are"),
        ("{do: {lose_reply: false}}", "found false, expected true"),
        ("{do: {stuck: Success}}", "found 'Success', expected one of Preparing, Queueing, Processing"),
        ("{do: {slow: fast}}", "found 'fast', expected a duration above zero such as 90s"),
        ("{do: {truncate: 1.0}}", "found 1.0, expected a number from 0 to below 1"),
        ("{when: {operation: sumbit}, do: {http: 500}}", "(did you mean submit?)"),
        ("{when: {nth: 0}, do: {http: 500}}", "found 0, expected a whole number from 1"),
        ("{when: {prompt: '['}, do: {http: 500}}", "found '[', expected a regular expression: unterminated"),
        (
            "{when: {operation: [submit, query]}, do: {stuck: Processing}}",
            "rules[0].do.stuck: never happens on submit, only on query",
        ),
        ("{when: {dialect: local}, do: {http: 500}}", "found 'local', expected one of minimax, vapi"),
        ("{when: {nth: 1}}", "rules[0]: key 'do' is missing"),
        ("{do: {http: 500}, do: {http: 501}}", "key 'do' stands twice"),
    ],
)
def test_a_mistake_is_named_with_its_place(rule: str, complaint: str, tmp_path: Path) -> None:
    path = script(tmp_path, f"  - {rule}\n")

    with pytest.raises(InputError) as refused:
        read_script(path)
    assert complaint in str(refused.value)
    assert str(refused.value).startswith(f"{path}:3:")


@pytest.mark.parametrize("text", ["", "- 1\n", "version: 2\nrules: []\n"], ids=["empty", "list", "version 2"])
def test_a_file_that_is_no_script_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)

    with pytest.raises(InputError):
        read_script(path)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    rules = "  - {do: {http: 99}}\n  - {when: {nth: 0}, do: {slow: x}}\n"
    with pytest.raises(InputError) as refused:
        read_script(script(tmp_path, rules))
    assert refused.value.count == 3
