"""What commands tell programs, `check` and `resolve` above all: one document each, as its schema says.

Words for people stand beside it. `Desk` holds the documents of every test against their schemas.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from desk import KEY, ROOT, Desk, Done
from told_schemas import schema_of

from runner.cli.grammar.looking import SCHEMAS
from runner.cli.parser import parser


def told(done: Done, name: str) -> Any:
    """Return the document on stdout, held against its schema."""
    document = json.loads(done.out)
    jsonschema.validate(document, json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()))
    return document


def commands_with_json(parser: argparse.ArgumentParser, *words: str) -> Iterator[tuple[str, ...]]:
    """Give the words of each command that takes --json."""
    if "--json" in parser._option_string_actions:  # noqa: SLF001 - argparse has no other way to its flags
        yield words
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to its subparsers
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            for name, each in action.choices.items():
                yield from commands_with_json(each, *words, name)


def test_every_document_has_a_schema_that_is_printed(desk: Desk) -> None:
    said = {words: schema_of([*words, "--json"]) for words in commands_with_json(parser())}

    assert len(said) > 15
    printed = {path.name.removesuffix(".schema.json") for path in (ROOT / "schemas").iterdir()}
    assert {*said.values(), "watch", "event"} <= printed == {*SCHEMAS}
    assert {name: desk.s2v("schema", name).document for name in printed} == {
        name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()) for name in printed
    }


def test_check_tells_programs_what_a_sound_manifest_comes_to(desk: Desk) -> None:
    manifest = desk.manifest(["one", "two"])

    done = desk.s2v("check", manifest.name, "--json")

    assert (done.code, done.err) == (0, "")
    assert told(done, "check") == {
        "version": 1, "manifest": "m.yaml", "valid": True, "exit": 0, "problems": [], "more_problems": 0,
        "warnings": [], "more_warnings": 0,
        "plan": {
            "name": "try", "videos": 2, "portraits": 1, "providers": ["minimax"], "shard": None, "folder": "runs/try",
            "destination": None,
        },
    }  # fmt: skip


def test_check_tells_programs_every_flaw_that_it_tells_people(desk: Desk) -> None:
    desk.portrait()
    (desk.folder / "rows.csv").write_text("portrait,prompt\nnobody.png,hm\nanna.png\n")
    (desk.folder / "m.yaml").write_text(
        "version: 1\nname: try\nprovider: minimax\nitems:\n  - portrait: anna.png\n    promt: one\n"
        "  - portrait: anna.png\n    prompt: She winks.   # reviewed\ninclude: [rows.csv]\n"
    )

    done = desk.s2v("check", "m.yaml", "--json", GITHUB_ACTIONS="true")
    document = told(done, "check")

    assert (done.code, document["exit"], document["valid"], document["plan"]) == (3, 3, False, None)
    assert [(each["file"], each["line"], each["col"], each["path"]) for each in document["problems"]] == [
        ("m.yaml", 6, 5, "items[0].promt"), ("rows.csv", 2, None, "row.portrait"), ("rows.csv", 3, None, ""),
    ]  # fmt: skip
    assert (document["problems"][0]["message"], document["problems"][0]["hint"]) == (
        "unknown key", "did you mean prompt?",
    )  # fmt: skip
    assert [(each["line"], each["col"], each["path"]) for each in document["warnings"]] == [(8, 26, "items[1].prompt")]
    assert "m.yaml:6:5: items[0].promt: unknown key (did you mean prompt?)\n" in done.err
    assert re.findall(r"^::(\w+) file=([\w.]+),line=(\d+)", done.err, re.MULTILINE) == [
        ("warning", "m.yaml", "8"), ("error", "m.yaml", "6"), ("error", "rows.csv", "2"), ("error", "rows.csv", "3"),
    ]  # fmt: skip


def test_check_says_how_many_flaws_it_does_not_list(desk: Desk) -> None:
    manifest = desk.manifest([{"portrait": "anna.png", "prompt": "one", "takes": 0}] * 53)

    document = told(desk.s2v("check", manifest, "--json"), "check")

    assert (len(document["problems"]), document["more_problems"]) == (50, 3)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        pytest.param({"MINIMAX_API_KEY": ""}, "no key for minimax: set MINIMAX_API_KEY", id="no key"),
        pytest.param({"MINIMAX_API_HOST": "http://api.example.org"}, "is not https", id="plain http"),
    ],
)
def test_what_stands_in_no_file_is_a_flaw_without_a_place(desk: Desk, environ: dict[str, str], words: str) -> None:
    done = desk.s2v("check", desk.manifest(["one"]), "--json", **environ)
    document = told(done, "check")
    (flaw,) = document["problems"]

    assert (done.code, document["exit"], document["valid"], flaw["file"], flaw["line"]) == (8, 8, False, None, None)
    assert words in flaw["message"]
    assert words in done.err


def test_a_cap_that_pays_for_nothing_is_a_warning_at_its_place(desk: Desk) -> None:
    price = {"minimax": {"price": {"amount": 0.65, "currency": "USD"}}}
    manifest = desk.manifest(["one"], providers=price, limits={"budget": {"amount": 0.1, "currency": "USD"}})

    document = told(desk.s2v("check", manifest, "--json"), "check")

    assert document["valid"]
    assert [(each["path"], each["message"]) for each in document["warnings"]] == [
        ("limits.budget", "limits.budget 0.10 USD pays for no video (0.65 USD at minimax)")
    ]


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_a_prompt_that_yaml_cuts_is_never_bought(desk: Desk, command: str) -> None:
    manifest = desk.manifest(["She smiles"])
    text = manifest.read_text()
    manifest.write_text(re.sub(r"prompt: .*", "prompt: She smiles #1 fan", text))

    done = desk.s2v(command, "m.yaml")

    assert done.code == 3
    assert "items[0].prompt: found 'She smiles', and behind it '#1 fan', which is a comment to YAML" in done.err
    assert desk.submits == []


@pytest.mark.parametrize("words", [["check"], ["plan"], ["plan", "--json"], ["run", "--dry-run"], ["run", "--quiet"]])
def test_a_comment_behind_a_prompt_is_told_before_it_is_bought(desk: Desk, words: list[str]) -> None:
    manifest = desk.manifest(["She smiles", "She winks"])
    text = manifest.read_text()
    manifest.write_text(re.sub(r"prompt: '?([^'\n]*)'?", r"prompt: \1   # reviewed", text))

    done = desk.s2v(words[0], "m.yaml", *words[1:])

    assert done.code == 0
    assert done.err.count("and behind it '# reviewed', which is a comment to YAML") == 2
    assert "warning" not in done.out


def test_where_every_prompt_has_a_comment_the_first_ten_are_told(desk: Desk) -> None:
    manifest = desk.manifest([f"take {n}" for n in range(12)])
    manifest.write_text(re.sub(r"prompt: ([^'\n]*)", r"prompt: \1   # reviewed", manifest.read_text()))

    done = desk.s2v("check", "m.yaml")

    assert done.err.count("warning: m.yaml:") == 10
    assert "... and 2 more warnings; s2v check --json tells of more\n" in done.err


def test_resolve_tells_programs_what_is_in_doubt_and_what_was_settled(desk: Desk) -> None:
    manifest = desk.manifest(["lost [500]", "gone [500]", "fine"])
    desk.s2v("run", manifest)

    listed = desk.s2v("resolve", manifest, "--json")
    given_up = desk.s2v("resolve", manifest, "b", "--abandon", "--json")
    adopted = desk.s2v("resolve", manifest, "a", "--job", "77", "--json")
    document = told(listed, "resolve")

    assert (listed.code, given_up.code, adopted.code) == (6, 0, 0)
    assert [(each["id"], each["provider"], each["prompt"]) for each in document["in_doubt"]] == [
        ("a", "minimax", f"lost [500]{desk.mark}"), ("b", "minimax", f"gone [500]{desk.mark}"),
    ]  # fmt: skip
    assert all(each["asked_at"] and each["answer"] for each in document["in_doubt"])
    assert (document["folder"], document["at_work"], document["settled"]) == ("runs/try", None, [])
    assert [each["id"] for each in told(given_up, "resolve")["in_doubt"]] == ["a"]
    assert told(given_up, "resolve")["settled"] == [{"id": "b", "decision": "abandon", "job_id": None}]
    assert told(adopted, "resolve")["in_doubt"] == []
    assert told(adopted, "resolve")["settled"] == [{"id": "a", "decision": "adopt", "job_id": "77"}]


def test_resolve_tells_programs_that_nothing_is_in_doubt(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["fine"]))

    done = desk.s2v("resolve", "runs/try", "--json")

    assert (done.code, told(done, "resolve")["in_doubt"]) == (0, [])
    assert KEY not in done.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["nosuch.yaml"], 3, "no such file", id="no manifest"),
        pytest.param(["m.yaml", "--env-file", "nosuch"], 2, "nosuch", id="no file of keys"),
        pytest.param(["."], 9, ". is no run folder", id="a folder"),
    ],
)
def test_check_gives_a_document_however_it_ends(desk: Desk, words: list[str], code: int, said: str) -> None:
    desk.manifest(["one"])

    done = desk.s2v("check", *words, "--json")
    document = told(done, "check")

    assert (done.code, document["exit"], document["valid"]) == (code, code, False)
    assert said in document["problems"][0]["message"]


def test_quotes_that_are_a_part_of_a_prompt_are_told_once_for_each_prompt(desk: Desk) -> None:
    for name in ("anna.png", "b.png"):
        desk.portrait(f"portraits/{name}", colour=f"#{len(name):02}0000")
    (desk.folder / "rows.csv").write_text("portrait,prompt\nanna.png,'She nods'\n")
    matrix = {"portraits": ["portraits/*.png"], "prompts": ["\u201cShe smiles\u201d"]}
    manifest = desk.manifest(["She says 'hi'"], matrix=matrix, include=["rows.csv"])

    document = told(desk.s2v("check", manifest, "--json"), "check")

    assert document["valid"]
    assert [(each["file"].rpartition("/")[2], each["path"]) for each in document["warnings"]] == [
        ("m.yaml", "matrix.portraits[0].prompt"), ("rows.csv", "row.prompt"),
    ]  # fmt: skip


def test_a_plan_for_programs_names_a_portrait_that_lies_at_a_signed_link_without_its_signature(desk: Desk) -> None:
    link = "https://portraits.example.org/anna.png?signature=for-nobody-else"
    path = desk.manifest([{"id": "a", "portrait": link, "prompt": "one"}])

    planned = desk.s2v("plan", path, "--json")
    dry = desk.s2v("run", path, "--dry-run", "--json")

    (item,) = told(planned, "plan")["items"]
    assert item["portrait"] == "https://portraits.example.org/anna.png"
    assert item["portrait_sha256"] == hashlib.sha256(link.encode()).hexdigest()
    assert "for-nobody-else" not in planned.out + planned.err + dry.out + dry.err
