"""What stands behind a `#`: text that YAML would drop without a word is never bought without a word."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from test_parse import HEAD, made

from runner.manifest.strict_yaml import FLAWED, LOADER, load

ITEM = "items:\n  - portrait: anna.png\n    prompt: "


def warnings(folder: Path, text: str) -> list[str]:
    manifest, problems = made(folder, HEAD + text)
    assert [wish.prompt for wish in manifest.wishes()]
    assert problems.kept == ()
    return [str(warning).replace(f"{folder}/", "") for warning in problems.warnings.kept]


@pytest.mark.parametrize("comment", ["# reviewed", "#\treviewed", "## reviewed"])
@pytest.mark.parametrize("blanks", [" ", "   ", "\t"])
def test_a_comment_behind_a_prompt_is_told_with_what_was_read(tmp_path: Path, comment: str, blanks: str) -> None:
    shown = comment.replace("\t", "\\t")
    assert warnings(tmp_path, f"{ITEM}She winks.{blanks}{comment}\n") == [
        (
            f"m.yaml:5:{23 + len(blanks)}: items[0].prompt: found 'She winks.', and behind it '{shown}', which is a "
            "comment to YAML (quote all of it if it is one text; quotes around the prompt, or a line of its own, say "
            "that it is a comment)"
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ITEM}'She winks.' #reviewed\n", id="quotes"),
        pytest.param(f"{ITEM}|-  # as spoken\n      She is #1.\n", id="block"),
        pytest.param(f"{ITEM}She winks.\n    # reviewed\n", id="line of its own"),
        pytest.param(f"{ITEM}She winks.\n      # reviewed\n", id="line of its own, further in"),
        pytest.param(f"{ITEM}She winks.\n    #takes: 2\n", id="key that is commented out"),
        pytest.param(f"{ITEM}She winks.\n\n      #takes: 2\n", id="behind an empty line"),
        pytest.param("items:\n  - portrait: anna.png  #left one\n", id="behind the name of a picture"),
        pytest.param("items:\n  - portrait: Anna.JPEG #\n", id="nothing behind the name of a picture"),
        pytest.param("items:\n  - portrait: anna.png\n      #takes: 2\n", id="below the name of a picture"),
        pytest.param("matrix:\n  portraits:\n  - anna.webp #one\n  prompts: [x]\n", id="behind a pattern"),
        pytest.param("items:\n  - portrait: https://example.org/a?b=1#c #d\n", id="behind a URL"),
        pytest.param(f"{ITEM}She winks.\n      #takes: 2\n", id="key that is commented out, further in"),
        pytest.param(f"{ITEM}She winks.\n      #tags:\n      #  - a\n", id="keys that are commented out, further in"),
        pytest.param(f"{ITEM}She winks.\n      ## - portrait: b.png\n", id="item that is commented out"),
        pytest.param(f"{ITEM}x\n    metadata:\n      a: b\n         #c-d: e\n", id="metadata that is commented out"),
        pytest.param("matrix:\n  portraits: [a]\n  prompts:\n  - x\n    #- y\n", id="entry that is commented out"),
        pytest.param(f"output:\n  dir: a # b\n  name: a-{{id}}.mp4 #b\n{ITEM}x\n", id="behind places"),
        pytest.param(f"output: \n  dir: s3://bucket/prefix #b\n{ITEM}x\n", id="behind a place in a store"),
        pytest.param(f"{ITEM}x\n    tags:\n      - a # b\n      - c\n        #d\n", id="behind and below tags"),
        pytest.param(f"{ITEM}She#1 winks.\n", id="no blank before it"),
        pytest.param("items: [{portrait: a.png, prompt: x\n  # b\n  }]\n", id="line of its own in brackets"),
        pytest.param("items: [{portrait: a.png, prompt: x\n  #takes: 2\n  }]\n", id="key in brackets"),
        pytest.param("matrix: {portraits: [a.png], prompts: [x,\n  #y\n  z]}\n", id="entry in brackets"),
        pytest.param("items:\n  - portrait: anna.png   # left\n    takes: 1 #one\n    tags: [a] #two\n", id="others"),
        pytest.param("limits:\n  rate: 5/1m #each\nitems:\n  - portrait: a.png\n", id="what the schema judges"),
    ],
)  # fmt: skip
def test_what_nobody_can_misread_is_passed_over(tmp_path: Path, text: str) -> None:
    assert warnings(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "place", "read", "what"),
    [
        (f"{ITEM}x\n    tags:\n      - wink #1\n", "7:14: items[0].tags[0]", "wink", "tag"),
        (f"defaults:\n  tags:\n    - wink #1\n{ITEM}x\n", "5:12: defaults.tags[0]", "wink", "tag"),
        ("items:\n  - id: wink #1\n    portrait: a.png\n    prompt: x\n", "4:14: items[0].id", "wink", "id"),
    ],
)
def test_a_comment_behind_a_word_is_told_where_it_may_be_meant_as_a_part_of_it(
    tmp_path: Path, text: str, place: str, read: str, what: str
) -> None:
    (told,) = warnings(tmp_path, text)

    assert told == (
        f"m.yaml:{place}: found '{read}', and behind it '#1', which is a comment to YAML (write # 1 for a comment; "
        f"no {what} holds a blank)"
    )


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_hash_in_the_next_line_is_refused_where_the_text_could_go_on(ends: str) -> None:
    document = load(ends.join(["items:", "- portrait: a.png", "  prompt: She is the", "    #1 fan", ""]))

    assert document.value == {"items": [{"portrait": "a.png", "prompt": FLAWED}]}
    assert [(flaw.spot.line, flaw.spot.col) for flaw in document.flaws if flaw.spot] == [(4, 5)]


@pytest.mark.parametrize("rest", ["#1 fan", "#fan: she", "#takes:2", "#takes 2", "#prompts: x"])
def test_a_hash_in_the_next_line_that_begins_no_key_may_be_text(rest: str) -> None:
    (flaw,) = load(f"{ITEM}She is the\n      {rest}\n").flaws

    assert flaw.path == ("items", 0, "prompt")


@pytest.mark.parametrize("loader", [LOADER, yaml.SafeLoader])
@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("items:\n- {prompt: She is the\n   #1 fan\n  }\n", ("items", 0, "prompt"), 3),
        ("items:\n- {prompt: She is the\n   #1 fan\n\n   # and\n   #2\n  , takes: 2}\n", ("items", 0, "prompt"), 3),
        ("matrix:\n  prompts: [\n    She winks,\n    She nods\n    #She smiles\n  ]\n", ("matrix", "prompts", 1), 5),
        ("matrix: {prompts: [a\r\n #b\r\n]}\n", ("matrix", "prompts", 0), 2),
    ],
    ids=["item", "comments behind it", "last prompt", "CRLF"],
)
def test_a_hash_in_the_next_line_is_refused_in_brackets_whatever_its_column(
    text: str, path: tuple[str | int, ...], line: int, loader: type
) -> None:
    (flaw,) = load(text, loader=loader).flaws

    assert flaw.path == path
    assert flaw.spot is not None
    assert flaw.spot.line == line


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("dir", "runs/winks #2"),
        ("dir", "../my runs #2/winks"),
        ("name", "a-{id}.mp4 #2.mp4"),
        ("name", "a-{id} #2.mp4"),
    ],
)
def test_a_place_that_a_hash_may_have_cut_is_refused(key: str, text: str) -> None:
    document = load(f"output:\n  {key}: {text}\n")

    (flaw,) = document.flaws
    assert document.value == {"output": {key: FLAWED}}
    assert flaw.path == ("output", key)
    assert flaw.spot is not None
    assert (flaw.spot.line, flaw.spot.col) == (2, len(f"  {key}: ") + text.index("#") + 1)


@pytest.mark.parametrize(
    "text",
    [
        "items:\n- portrait: a #b\n  prompt: \U0001f600 smiles \u00e9 #1\n- {prompt: x # y\n  }\n",
        "defaults: {prompt: a #b\n  }\r\nmatrix:\n  prompts: [a # b\n  , c #d\n  ]\n",
        "items:\n- prompt: a\n    b # c\n  metadata: {k: v #w\n  }\n",
    ],
)
def test_both_parsers_find_the_same_comments(text: str) -> None:
    fast, slow = load(text), load(text, loader=yaml.SafeLoader)
    assert (fast.value, fast.flaws, fast.warnings) == (slow.value, slow.flaws, slow.warnings)
    assert fast.flaws or fast.warnings


@pytest.mark.parametrize(
    "bomb", ["a: " + " #" * 200_000, "a: x" + " " * 400_000 + "#x", "-" * 400_000 + " # x" * 9_999]
)
def test_many_signs_cost_little(bomb: str) -> None:
    begin = time.process_time()
    load(bomb)
    assert time.process_time() - begin < 1.0
