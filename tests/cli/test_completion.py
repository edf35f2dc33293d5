"""`s2v completion`: what each shell offers, asked of the shells themselves; nothing that can be typed is missing."""

from __future__ import annotations

import argparse
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest
from desk import Desk, read_out
from test_grammar import leaves

from runner.cli.completing import bash, fish, zsh
from runner.cli.completing.words import Kind, node_of
from runner.cli.parser import COMMANDS, parser

SCRIPTS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}
ASK_BASH = """
source <("${@:1:3}" completion bash)
shift 3
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_s2v && printf '%s\\n' "${COMPREPLY[@]}"
"""

needs = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed here") for name in SCRIPTS
}


@pytest.fixture
def place(desk: Desk) -> Path:
    """Give a folder with manifests, a run folder and other things."""
    for name in ("anna.yaml", "bert smith.yml", "notes.txt", "anna.png"):
        (desk.folder / name).touch()
    (desk.folder / "runs/anna").mkdir(parents=True)
    return desk.folder


def in_bash(desk: Desk, *words: str) -> set[str]:
    """Return what bash offers in the place of the last word."""
    done = subprocess.run(
        ["bash", "-c", ASK_BASH, "bash", *desk.command(), "s2v", *words], cwd=desk.folder, env=desk.environ(),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return set(filter(None, done.stdout.splitlines()))


OFFERS = {
    "a command": (["prov"], {"provenance", "providers"}),
    "every command": ([""], set(COMMANDS)),
    "a step": (["provenance", ""], {"sign", "verify"}),
    "a flag": (["run", "m.yaml", "--ex"], {"--executor"}),
    "a flag of a step": (["provenance", "sign", "r", "--c"], {"--cert"}),
    "a flag that another command has": (["check", "--ex"], set()),
    "a choice": (["export", "runs/anna", "--to", "w"], {"webdataset"}),
    "a choice behind a sign": (["export", "--to", "=", "w"], {"webdataset"}),
    "a choice right behind the sign": (["serve", "--render", "="], {"animatic", "tiny", "wan-vace"}),
    "a choice by itself": (["schema", "re"], {"report", "resolve", "results", "review"}),
    "a shell": (["completion", ""], set(SCRIPTS)),
    "a manifest": (["run", "a"], {"anna.yaml"}),
    "a manifest or a folder": (["check", ""], {"anna.yaml", "bert smith.yml", "runs"}),
    "a run folder": (["doctor", "runs/"], {"runs/anna"}),
    "a manifest behind a flag that takes a word": (["run", "--only", "x", "a"], {"anna.yaml"}),
    "a manifest behind a flag that takes none": (["run", "--frozen", "a"], {"anna.yaml"}),
    "a manifest with a blank in its name": (["run", "bert\\ s"], {"bert smith.yml"}),
    "a file": (["run", "--env-file", "n"], {"notes.txt"}),
    "a folder": (["export", "--out", ""], {"runs"}),
    "one folder of many": (["merge", "runs", "runs", "r"], {"runs"}),
    "nothing that anybody could list": (["run", "--only", ""], set()),
    "nothing behind the manifest": (["run", "anna.yaml", "a"], set()),
    "a word that is called like a command": (["explain", "runs/anna", "run", "--j"], {"--json"}),
}  # fmt: skip


@needs["bash"]
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("words", "offered"), OFFERS.values(), ids=OFFERS)
def test_bash_offers_what_may_come_next(desk: Desk, words: list[str], offered: set[str]) -> None:
    assert in_bash(desk, *words) == offered


@needs["bash"]
@pytest.mark.usefixtures("place")
def test_bash_completes_at_a_prompt_with_blanks_in_names(desk: Desk) -> None:
    script = desk.folder / "s2v.bash"
    script.write_text(desk.s2v("completion", "bash").out)

    shown = at_a_prompt(
        desk,
        ["bash", "--norc", "--noprofile", "-i"],
        f". {script}\ns2v() {{ printf 'got<%s>' \"$@\"; }}\ns2v che\tber\t\n",
    )

    assert "got<check>got<bert smith.yml>" in shown


@needs["bash"]
@pytest.mark.usefixtures("place")
def test_bash_knows_the_home_folder(desk: Desk) -> None:
    (desk.folder / "home").mkdir()
    (desk.folder / "home/mine.yaml").touch()

    assert in_bash(desk, "run", "~/mi") == {str(desk.folder / "home/mine.yaml")}


@needs["zsh"]
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("typed", "got"),
    [
        pytest.param("expl\t", ["explain"], id="a command"),
        pytest.param("provenance si\t", ["provenance", "sign"], id="a step"),
        pytest.param("provenance sign --ce\t", ["provenance", "sign", "--cert"], id="a flag of a step"),
        pytest.param("provenance sign --tr\t", ["provenance", "sign", "--tr"], id="a flag of another step"),
        pytest.param("run --exe\t", ["run", "--executor"], id="a flag"),
        pytest.param("export --to web\t", ["export", "--to", "webdataset"], id="a choice"),
        pytest.param("schema side\t", ["schema", "sidecar"], id="a choice by itself"),
        pytest.param("check anna\t", ["check", "anna.yaml"], id="a manifest"),
        pytest.param("run --env-file note\t", ["run", "--env-file", "notes.txt"], id="a file"),
        pytest.param("export --out ru\t", ["export", "--out", "runs"], id="a folder"),
    ],
)
def test_zsh_completes_at_a_prompt(desk: Desk, typed: str, got: list[str]) -> None:
    script = desk.folder / "s2v.zsh"
    script.write_text(desk.s2v("completion", "zsh").out)

    lines = [
        "autoload -Uz compinit && compinit -u -D",
        f". {script}",
        "s2v() { printf 'got<%s>' \"$@\"; }",
        f"s2v {typed}",
    ]
    shown = at_a_prompt(desk, ["zsh", "-f", "-i"], "".join(f"{each}\n" for each in lines))

    assert "".join(f"got<{word}>" for word in got) in shown, shown


@needs["fish"]
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        pytest.param("expl", {"explain"}, id="a command"),
        pytest.param("provenance ", {"sign", "verify"}, id="a step"),
        pytest.param("provenance sign --ce", {"--cert"}, id="a flag of a step"),
        pytest.param("verify --tru", set(), id="a flag of a step that is called like a command"),
        pytest.param("run --ex", {"--executor"}, id="a flag"),
        pytest.param("export --to web", {"webdataset"}, id="a choice"),
        pytest.param("schema side", {"sidecar"}, id="a choice by itself"),
        pytest.param("check an", {"anna.yaml"}, id="a manifest"),
        pytest.param("doctor ru", {"runs/"}, id="a run folder"),
        pytest.param("check be", {"bert smith.yml"}, id="a blank in a name"),
        pytest.param("run --env-file no", {"notes.txt"}, id="a file"),
        pytest.param("export --out r", {"runs/"}, id="a folder"),
    ],
)
def test_fish_offers_what_may_come_next(desk: Desk, line: str, offered: set[str]) -> None:
    script = desk.folder / "s2v.fish"
    script.write_text(desk.s2v("completion", "fish").out)

    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script}; complete -C 's2v {line}'"], cwd=desk.folder,
        env=desk.environ(), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert {each.partition("\t")[0] for each in done.stdout.splitlines()} == offered
    assert done.stderr == ""


def at_a_prompt(desk: Desk, shell: list[str], typed: str) -> str:
    """Return what a shell shows on a terminal on which all of this, and the end, was typed ahead."""
    ours, theirs = pty.openpty()
    environ = desk.environ(TERM="dumb", PS1="$ ", INPUTRC="/dev/null")
    with os.fdopen(theirs, "r+b", buffering=0) as end:
        process = subprocess.Popen(
            shell, cwd=desk.folder, env=environ, stdin=end, stdout=end, stderr=end, start_new_session=True
        )
    os.write(ours, f"{typed}exit\n".encode())
    shown = read_out(ours)
    process.wait(timeout=60)
    return shown


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_script_is_printed_whole_into_a_pipe_and_asks_nobody(desk: Desk, shell: str) -> None:
    done = desk.in_shell("s2v | cat", "completion", shell, MINIMAX_API_HOST="http://127.0.0.1:1")

    assert (done.code, done.err) == (0, "")
    assert done.out == SCRIPTS[shell](node_of(parser()))


@pytest.mark.parametrize("shell", SCRIPTS)
def test_whatever_can_be_typed_stands_in_the_script(shell: str) -> None:
    script = SCRIPTS[shell](node_of(parser()))

    for leaf in leaves(parser()):
        for action in leaf._actions:  # noqa: SLF001 - no other way
            for name in action.option_strings:
                assert (name if shell != "fish" else name.lstrip("-")) in script
            for choice in action.choices or ():
                assert str(choice) in script


@pytest.mark.parametrize("shell", [pytest.param(name, marks=needs[name]) for name in SCRIPTS])
def test_a_shell_reads_its_script_without_complaint(desk: Desk, shell: str) -> None:
    script = desk.folder / "script"
    script.write_text(SCRIPTS[shell](node_of(parser())))

    done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_flag_that_is_new_is_offered_at_once_whatever_its_words() -> None:
    grammar = parser()
    (group,) = (each for each in grammar._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001
    made = group.add_parser("bake", help='it\'s "hot": 100%% [sure] $(or) `not` \\')
    made.add_argument("--to", choices=["a'b", "c"], help="it's here: [x]")
    node = node_of(grammar)

    bake = node.steps[-1]

    assert (bake.path, [flag.names for flag in bake.flags]) == (("bake",), [("-h", "--help"), ("--to",)])
    for shell in filter(shutil.which, SCRIPTS):
        done = subprocess.run([shell, "-n"], input=SCRIPTS[shell](node), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), shell


def test_manifests_folders_and_files_are_told_apart() -> None:
    nodes = {each.path: each for each in node_of(parser()).all()}

    def kinds(*path: str) -> dict[str, Kind]:
        node = nodes[path]
        named = {flag.names[-1]: flag.value.kind for flag in node.flags if flag.value}
        return {**named, **{value.name: value.kind for value in node.values}}

    assert kinds("run")["MANIFEST"] is Kind.MANIFEST
    assert kinds("merge") == {"FOLDER": Kind.FOLDER, "SHARD": Kind.FOLDER}
    assert kinds("serve")["--folder"] is Kind.FOLDER
    assert kinds("purge")["--portrait"] is Kind.FILE
    assert kinds("provenance", "sign")["--cert"] is Kind.FILE
