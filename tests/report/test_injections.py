"""One corpus of hostile words, driven through every reader: none of them executes, and none breaks out of its place.

The words stand wherever others may write: prompt, tags, metadata, portrait, job id, a provider's code and reason, the
name of the manifest. `test_page` drives the same corpus through the page and a real browser.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from histories import FACTS, mixed_run
from injections import CORPUS

from runner.cli.github import annotate_problems, annotate_summary
from runner.cli.outcome import show_summary
from runner.cli.screen import Screen
from runner.core.sums.sums import summarise
from runner.core.sums.tally import Row, row
from runner.edge.watch.progress import progress
from runner.errors import Origin, Problem
from runner.report.advice import try_again
from runner.report.facts import RunFacts
from runner.report.papers import PAPERS, pieces
from runner.report.text import csv_cell, visible

COMMANDS = frozenset({"error", "warning", "notice", "add-mask", "set-output", "group", "stop-commands"})
every_word = pytest.mark.parametrize("words", CORPUS, ids=[str(n) for n in range(len(CORPUS))])


def evil(words: str) -> tuple[RunFacts, Row]:
    """Return a failed item of a run, with these words wherever others may write."""
    failed = next(each for each in map(row, mixed_run()) if each.id == "broke")
    spoken = replace(
        failed, prompt=words, reason=words, code=words, tags=(words,), metadata={words: words}, portrait=words,
        job_id=words,
    )  # fmt: skip
    return replace(FACTS, manifest=words), spoken


def written(name: str, words: str) -> str:
    facts, spoken = evil(words)
    return "".join(pieces(PAPERS[name], facts, summarise([spoken]), [spoken]))


def screen(environ: dict[str, str] | None = None) -> tuple[Screen, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Screen.of(out, err, None, environ or {}), out, err


def heard_by_github(line: str) -> tuple[str, dict[str, str], str] | None:
    """Return command, properties and data of a line as GitHub's runner reads it: `::x::` in front, `##[x]` anywhere."""
    line = line.lstrip()
    if line.startswith("::") and "::" in line[2:]:
        info, _, data = line[2:].partition("::")
        name, _, pairs = info.partition(" ")
        if name in COMMANDS:
            split = (pair.partition("=") for pair in pairs.strip().split(",") if pair)
            return name, {key: unescaped(value, ":,") for key, _, value in split}, unescaped(data)
    old = re.search(r"##\[([^\] ]*)[^\]]*\](.*)", line)
    return (old[1], {}, old[2]) if old and old[1] in COMMANDS else None


def unescaped(text: str, more: str = "") -> str:
    for character in f"\r\n{more}%":
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def bare(line: str) -> str:
    """Return what Markdown may still give a meaning to: neither escaped, nor inside a code span, nor an entity."""
    return re.sub(r"\\[!-/:-@\[-`{-~]|`[^`]*`|&(lt|gt|amp);", "", line)


@every_word
def test_markdown_gives_others_words_no_meaning(words: str) -> None:
    ours, plain = written("report.md", words).splitlines(), written("report.md", "plain words").splitlines()

    assert len(ours) == len(plain)
    for mine, theirs in zip(map(bare, ours), map(bare, plain), strict=True):
        assert all(mine.count(sign) == theirs.count(sign) for sign in "|<>[]`*_!~#$&\\"), mine
    assert "".join(ours).isprintable()


@every_word
def test_csv_holds_no_formula_and_every_cell_stays_a_cell(words: str) -> None:
    (cells,) = csv.DictReader(io.StringIO(written("results.csv", words), newline=""))

    assert None not in cells
    assert [name for name, cell in cells.items() if cell.startswith(tuple("=+-@\t\r\n"))] == []
    assert (cells["prompt"], cells["code"], cells["tags"]) == (csv_cell(words),) * 3


@every_word
def test_junit_has_the_elements_of_any_other_run_and_the_words_as_text(words: str) -> None:
    ours, plain = ET.fromstring(written("junit.xml", words)), ET.fromstring(written("junit.xml", "plain words"))

    assert [each.tag for each in ours.iter()] == [each.tag for each in plain.iter()]
    assert f"prompt: {visible(words)}" in (ours.findtext(".//system-out") or "")


@pytest.mark.parametrize("name", ["report.json", "results.jsonl"])
@every_word
def test_json_keeps_the_words_and_a_ci_system_hears_none_of_them(name: str, words: str) -> None:
    text = written(name, words)

    (item,) = json.loads(text)["items"] if name == "report.json" else [json.loads(text)]
    assert (item["prompt"], item["reason"], item["metadata"]) == (words, words, {words: words})
    assert [heard for line in text.splitlines() if (heard := heard_by_github(line))] == []


@every_word
def test_a_command_to_be_pasted_bears_no_character_that_a_terminal_obeys(words: str) -> None:
    facts, spoken = evil(words)
    summary = summarise([spoken])

    (command,) = (try_again(replace(facts, manifest="winks.yaml"), summary, group) for group in summary.groups)

    assert command is not None
    assert command.isprintable()
    assert shlex.split(command)[:3] == ["s2v", "retry", "winks.yaml"]


@every_word
def test_a_terminal_sees_one_line_for_each_of_ours_and_no_control_character(words: str, tmp_path: Path) -> None:
    facts, spoken = evil(words)
    (shown, out, err), (plain, usual, _) = screen(), screen()
    show_summary(plain.say, summarise([evil("plain words")[1]]), evil("plain words")[0], tmp_path)

    show_summary(shown.say, summarise([spoken]), facts, tmp_path)
    shown.tell(words)
    shown.warn(words)
    watcher = progress(1, 0, stream=err, interactive=False, clock=lambda: 0.0)
    watcher.said(words)

    lines = [*out.getvalue().split("\n"), *err.getvalue().split("\n")]
    assert len(lines) == usual.getvalue().count("\n") + 1 + 3 + 1
    assert "".join(lines).isprintable()
    assert [line for line in lines if heard_by_github(line)] == []


@every_word
def test_an_annotation_says_the_words_and_nothing_else_is_heard(words: str, tmp_path: Path) -> None:
    shown, out, err = screen({"GITHUB_ACTIONS": "true"})
    place = Origin(file=f"a{words}.yaml", line=3, col=7)

    annotate_problems(shown, [Problem(origin=place, path="items[0].id", message=words, hint=words)])
    annotate_summary(shown, summarise([evil(words)[1]]), tmp_path / "report.md")

    problem, summary = (heard_by_github(line) for line in err.getvalue().splitlines())
    assert out.getvalue() == ""
    assert problem is not None
    assert summary is not None
    assert (problem[0], problem[1]["line"], problem[1]["col"]) == ("error", "3", "7")
    assert set(problem[1]) == {"file", "line", "col"}
    assert problem[2].startswith("items[0].id: ")
    assert (summary[0], summary[1]) == ("error", {"title": "s2v: 1 failed"})
    assert summary[2].endswith("(broke)")
