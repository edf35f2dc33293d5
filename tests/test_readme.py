"""The README under test: what it says of commands, exit codes, keys and examples is what the program does."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from desk import ROOT, Desk
from test_rooms import FLOORS

from runner.cli.args import Args
from runner.cli.parser import COMMANDS, parser
from runner.dialects.registry import DIALECTS
from runner.errors import Exit
from runner.export.webdataset import pattern
from runner.manifest.schemas import schema
from runner.report.papers import PAPERS

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
YAML = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LINES = [line for block in SHELL[2:] for line in block.splitlines() if line.startswith("s2v ")]


def section(title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert match, title
    return match[1]


def first_column(title: str) -> list[str]:
    rows = re.findall(r"^\| (.+?) \|", section(title), re.MULTILINE)
    return [row.strip("`") for row in rows[1:]]


def test_the_first_two_shell_blocks_are_one_line_each_and_run_and_test() -> None:
    assert [block.count("\n") for block in SHELL[:2]] == [1, 1]
    assert "s2v run manifests/demo.yaml" in SHELL[0]
    assert "-m pytest" in SHELL[1]


def test_the_commands_are_those_of_the_program() -> None:
    assert first_column("Commands") == [f"s2v {name}" for name in COMMANDS]


def test_the_exit_codes_are_those_of_the_program() -> None:
    told = [int(code) for row in first_column("Exit codes") for code in row.split(",")]
    assert told == [int(code) for code in Exit]


def test_the_providers_are_those_of_the_registry() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| `(\w+)` \| (.+?) \|$", section("Providers"), re.MULTILINE)
    assert rows == [
        (
            name,
            f"`{each.traits.key_env}`" if each.traits.key_env else "none",
            each.traits.host_env,
            "in process" if name == "local" else f"`{each.traits.base_url.value}`",
        )
        for name, each in DIALECTS.items()
    ]


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_is_understood(line: str) -> None:
    args = parser().parse_args(shlex.split(line, comments=True)[1:], namespace=Args())
    assert callable(args.command)


def test_what_a_command_takes_an_export_from_was_exported_further_up() -> None:
    made: set[str] = set()
    for words in map(shlex.split, LINES):
        named = {after for word, after in pairwise(words) if word == "--export"}
        assert named <= made, words
        made |= {after for word, after in pairwise(words) if words[1] == "export" and word == "--out"}


def test_the_rooms_and_the_files_of_its_plan_are_those_that_are_there() -> None:
    rows = re.findall(r"^\| (.+?) \| (\d) \|", section("How it is built"), re.MULTILINE)
    told = [(room, int(floor)) for names, floor in rows for room in re.findall(r"`(\w+)`", names)]
    files = re.findall(r"`(\w+/[\w/]*(?:\.py)?|\w+\.py)`", section("How it is built"))

    assert sorted(told) == sorted((room, floor) for room, floor in FLOORS.items() if floor and room != "__main__")
    assert [floor for _, floor in told] == sorted((floor for _, floor in told), reverse=True)
    assert [name for name in files if not (ROOT / "runner" / name).exists() and not (ROOT / name).exists()] == []
    assert "engine/buying.py" in files


def test_the_archives_of_a_data_set_are_called_as_it_says() -> None:
    told = re.findall(r"`(\w+)-00000\.tar`", section("Data sets"))
    assert told == [pattern(side).partition("-")[0] for side in ("", "train")]


def test_every_report_and_file_of_the_run_folder_is_named() -> None:
    told = section("The run folder")
    assert all(
        name in told
        for name in (*PAPERS, "state.db", "plan.lock.json", "superseded", "review/", "rejected/", ".local", ".partial")
    )


def test_the_first_manifest_is_sound_and_makes_three_videos(desk: Desk) -> None:
    text = YAML[0]
    desk.portrait("portraits/astronaut.png")
    (desk.folder / "first.yaml").write_text(text)

    done = desk.s2v("plan", "first.yaml")

    assert done.code == 0, done.err
    assert "3  buy at local for at most 0.00 USD" in done.out


@pytest.mark.parametrize("number", [1, 2, 4], ids=["checks", "callback", "object store"])
def test_a_block_of_the_manifest_is_sound(desk: Desk, number: int) -> None:
    text = YAML[number]
    manifest = desk.manifest(["one"])
    manifest.write_text(manifest.read_text() + text)

    done = desk.s2v("check", manifest)

    assert done.code == 0, done.err


def test_the_workflow_is_the_one_that_it_names_and_every_step_of_it_is_understood() -> None:
    workflow = yaml.load(YAML[3], Loader=yaml.BaseLoader)
    steps = workflow["jobs"]["manifests"]["steps"]
    commands = re.findall(r"s2v [a-z]+ [^;|\n]*", "\n".join(step.get("run", "") for step in steps))

    assert YAML[3] == (ROOT / ".github" / "workflows" / "manifests.yml").read_text(encoding="utf-8")
    assert (workflow["on"], workflow["permissions"]) == (["push", "pull_request"], {"contents": "read"})
    assert [step["uses"].partition("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout", "actions/setup-python", "actions/upload-artifact",
    ]  # fmt: skip
    assert [parser().parse_args(shlex.split(line)[1:], namespace=Args()).command.__name__ for line in commands] == [
        "check", "run",
    ]  # fmt: skip


def test_the_workflow_checks_every_manifest_and_fails_for_one_that_is_bad(desk: Desk) -> None:
    workflow = yaml.load(YAML[3], Loader=yaml.BaseLoader)
    job = workflow["jobs"]["manifests"]
    (step,) = (each for each in job["steps"] if "s2v check" in each.get("run", ""))
    named = re.findall(r"\w+", re.findall(r"\{(.*?)\}", step["run"])[0])
    shutil.copytree(ROOT / "manifests", desk.folder / "manifests")
    program = desk.folder / "bin" / "s2v"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runner "$@"\n')
    program.chmod(0o755)
    environ = desk.environ(**job["env"]) | {"PATH": f"{program.parent}:{os.environ['PATH']}"}

    (desk.folder / "manifests" / "matrix.yaml").write_text("version: 2\n")

    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=desk.folder, env=environ, capture_output=True, text=True, check=False
    )

    assert {f"{name}.yaml" for name in named} == {path.name for path in (ROOT / "manifests").glob("*.yaml")} - {
        "faults.yaml"  # is no manifest
    }
    assert (done.returncode, done.stdout.count("no problem found")) == (1, 3)


def test_the_demo_is_as_large_as_the_readme_says() -> None:
    demo = (ROOT / "manifests/demo.yaml").read_text(encoding="utf-8")
    assert demo.count("- id:") == 8
    assert "eight short films" in README


def test_every_top_level_file_is_one_that_the_user_fixed() -> None:
    fixed = {"pyproject.toml", "runner", "schemas", "manifests", "tests", "README.md", "LICENSE"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - {"dist", "build", "runs", "s2v_runner.egg-info"} == fixed


def test_every_key_of_the_grammar_is_described_with_an_example_or_a_fixed_value() -> None:
    for name, key in schema("manifest")["properties"].items():
        assert key.get("description"), name
        assert key.get("examples") or "const" in key, name


def test_the_manifests_named_in_it_exist() -> None:
    for name in re.findall(r"manifests/\w+\.yaml", README):
        assert Path(ROOT / name).is_file(), name
