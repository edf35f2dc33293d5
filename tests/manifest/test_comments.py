"""What stands behind a `#`: text that YAML would drop without a word is never bought without a word."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from test_parse import HEAD, made

from runner.manifest.strict_yaml import FLAWED, load

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
        pytest.param(f"{ITEM}She#1 winks.\n", id="no blank before it"),
        pytest.param("items:\n  - portrait: anna.png   # left\n    takes: 1 #one\n    tags: [a] #two\n", id="others"),
        pytest.param("limits:\n  rate: 5/1m #each\nitems:\n  - portrait: a.png\n", id="what the schema judges"),
    ],
)  # fmt: skip
def test_what_nobody_can_misread_is_passed_over(tmp_path: Path, text: str) -> None:
    assert warnings(tmp_path, text) == []


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_hash_in_the_next_line_is_refused_where_the_text_could_go_on(ends: str) -> None:
    document = load(ends.join(["items:", "- portrait: a.png", "  prompt: She is the", "    #1 fan", ""]))

    assert document.value == {"items": [{"portrait": "a.png", "prompt": FLAWED}]}
    assert [(flaw.spot.line, flaw.spot.col) for flaw in document.flaws if flaw.spot] == [(4, 5)]


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
