from __future__ import annotations

from dataclasses import replace

import pytest

from runner.core.plan.preflight import count_words, doubt_prompt, judge_portrait, judge_prompt
from runner.dialects.seam import PortraitRules, PromptRules
from runner.model import Portrait

RULES = PortraitRules(
    formats=("image/jpeg", "image/png", "image/webp"),
    bytes_below=20_000_000,
    short_side_above=300,
    aspect_least=(2, 5),
    aspect_most=(5, 2),
    remote=True,
)
ANNA = "portrait 'anna.png'"  # a pattern stands for many files, so each complaint names its own
REMOTE = Portrait(ref="https://example.org/a.png", sha256="0" * 64)


def portrait(
    *, width: int = 1000, height: int = 1000, bytes_: int = 1000, mime: str = "image/png", sha256: str = "0" * 64
) -> Portrait:
    return Portrait(ref="anna.png", sha256=sha256, mime=mime, bytes_=bytes_, width=width, height=height)


@pytest.mark.parametrize(
    "facts",
    [
        portrait(width=301, height=301),
        portrait(width=400, height=1000),
        portrait(width=1000, height=400),
        portrait(bytes_=19_999_999),
        portrait(mime="image/jpeg"),
        portrait(mime="image/webp"),
        REMOTE,
    ],
    ids=["301 px", "2:5", "5:2", "one byte below", "jpeg", "webp", "remote"],
)
def test_a_portrait_at_the_edge_of_a_rule_is_accepted(facts: Portrait) -> None:
    assert judge_portrait(facts, RULES) == []


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            portrait(width=300, height=500),
            f"{ANNA} has 300 px on the short side (300 x 500 px), needs more than 300 px",
        ),
        (
            portrait(width=500, height=300),
            f"{ANNA} has 300 px on the short side (500 x 300 px), needs more than 300 px",
        ),
        (
            portrait(width=400, height=1001),
            f"{ANNA} is 400 x 1,001 px, needs width to height from 2:5 to 5:2",
        ),
        (
            portrait(width=399, height=1000),
            f"{ANNA} is 399 x 1,000 px, needs width to height from 2:5 to 5:2",
        ),
        (
            portrait(width=1001, height=400),
            f"{ANNA} is 1,001 x 400 px, needs width to height from 2:5 to 5:2",
        ),
        (
            portrait(width=1000, height=399),
            f"{ANNA} is 1,000 x 399 px, needs width to height from 2:5 to 5:2",
        ),
        (portrait(bytes_=20_000_000), f"{ANNA} has 20,000,000 bytes, needs fewer than 20,000,000"),
        (portrait(mime="image/gif"), f"{ANNA} is of format GIF, expected JPEG or PNG or WebP"),
        (portrait(mime="image/tiff"), f"{ANNA} is of format TIFF, expected JPEG or PNG or WebP"),
    ],
)
def test_one_step_beyond_a_rule_is_refused_with_measure_and_limit(facts: Portrait, message: str) -> None:
    assert [complaint.message for complaint in judge_portrait(facts, RULES)] == [message]


def test_a_portrait_at_a_url_is_refused_where_nobody_would_fetch_it() -> None:
    (complaint,) = judge_portrait(REMOTE, replace(RULES, remote=False))

    assert complaint.message == "portrait is a URL, which cannot be fetched"
    assert complaint.hint == "download it next to the manifest"


def test_a_portrait_that_is_here_needs_nobody_to_fetch_it() -> None:
    assert judge_portrait(portrait(), replace(RULES, remote=False)) == []


def test_every_broken_rule_is_named() -> None:
    assert len(judge_portrait(portrait(width=100, height=900, bytes_=30_000_000, mime="image/bmp"), RULES)) == 4


@pytest.mark.parametrize(
    ("prompt", "rules"),
    [
        (None, PromptRules()),
        ("a" * 2000, PromptRules()),
        ("\U0001f600" * 2000, PromptRules()),
        ("word " * 199, PromptRules(words_below=200)),
        ("one line\r\nand\tanother", PromptRules()),
        ("joined \u200d and soft\u00ad", PromptRules()),
    ],
    ids=["none", "2000 characters", "2000 emoji", "199 words", "line ends and tabs", "invisible letters"],
)
def test_a_prompt_at_the_edge_of_a_rule_is_accepted(prompt: str | None, rules: PromptRules) -> None:
    assert judge_prompt(prompt, rules) == []


@pytest.mark.parametrize(
    ("prompt", "rules", "message"),
    [
        (None, PromptRules(may_be_absent=False), "no prompt given, this provider needs one"),
        ("", PromptRules(), "prompt is empty, expected words or no prompt at all"),
        (" \n", PromptRules(), "prompt is empty, expected words or no prompt at all"),
        ("a" * 2001, PromptRules(), "prompt has 2,001 characters, at most 2,000 are allowed"),
        ("word " * 200, PromptRules(words_below=200), "prompt has 200 words, needs fewer than 200"),
        ("\u5979" * 200, PromptRules(words_below=200), "prompt has 200 words, needs fewer than 200"),
        ("ab\0c", PromptRules(), "prompt holds control character U+0000 at position 3"),
        ("\x1b[31mred", PromptRules(), "prompt holds control character U+001B at position 1"),
    ],
    ids=["missing", "empty", "blank", "2001 characters", "200 words", "200 ideographs", "nul", "escape"],
)
def test_a_prompt_beyond_a_rule_is_refused(prompt: str | None, rules: PromptRules, message: str) -> None:
    assert [complaint.message for complaint in judge_prompt(prompt, rules)] == [message]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("She smiles.", 2),
        ("  two\n words ", 2),
        ("\u5979\u5fae\u7b11", 3),
        ("Anna \u5fae\u7b11 twice", 4),
        ("\uadf8\ub140\uac00 \uc6c3\ub294\ub2e4", 2),
    ],
    ids=["nothing", "English", "blanks", "Chinese", "mixed", "Korean has blanks"],
)
def test_words_are_counted_on_the_safe_side(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize("prompt", ["\u201cShe smiles\u201d", "\u201eSie lacht\u201c", "'She smiles'", '"She smiles"'])
def test_quotes_around_a_whole_prompt_are_told_for_they_are_sent(prompt: str) -> None:
    doubt = doubt_prompt(prompt)

    assert doubt is not None
    assert doubt.message == f"the quotes around this prompt are a part of it, and are sent: {prompt}"


@pytest.mark.parametrize(
    "prompt", ["She says \u201chi\u201d", "\u201cHi\u201d, she says, \u201cyou\u201d", "'Tis she", "'", "''"]
)
def test_quotes_within_a_prompt_are_what_they_are(prompt: str) -> None:
    assert doubt_prompt(prompt) is None
