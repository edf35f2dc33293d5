"""Judges portraits and prompts against a provider's rules before anything is paid for; exact, whole numbers only.

The rules arrive as values of any type with the right attributes, because a dialect's tables live in another room. Every
complaint says what was measured and what is allowed.
"""

from __future__ import annotations

import re
from typing import Final

from ...model import Portrait, PortraitRules, PromptRules
from ...values import dataclass

_MIME_WORDS: Final = {"image/webp": "WebP"}
_QUOTES: Final = {
    "\u201c": "\u201d", "\u201d": "\u201d", "\u201e": "\u201c\u201d", "\u2018": "\u2019", "\u2019": "\u2019",
    "\u201a": "\u2018\u2019", "\u00ab": "\u00bb", "\u00bb": "\u00ab", "'": "'", '"': '"',
}  # fmt: skip
"""What may close a text that begins with such a quote; Chinese corner brackets are left to those who speak."""
_SHOWN: Final = 40  # characters
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""C0 controls but tab and line ends. MiniMax refuses a prompt for too many invisible characters (1042) without saying
how many; letters that are invisible in some script (joiners, soft hyphens) have their uses and are left alone."""
_IDEOGRAPH: Final = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
"""Not compiled before it is needed: that takes 3 ms, and most providers count no words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One thing that is wrong with an item, or with two; `message` and `hint` are those of `errors.Problem`."""

    message: str
    hint: str = ""


def judge_portrait(facts: Portrait, rules: PortraitRules) -> list[Complaint]:
    """Return every rule that a portrait breaks; of a remote one nothing is known but that somebody must fetch it."""
    complaints = []
    if facts.is_remote and not rules.remote:
        message = "portrait is a URL, which cannot be fetched"
        complaints.append(Complaint(message=message, hint="download it next to the manifest"))
    if facts.mime is not None and facts.mime not in rules.formats:
        complaints.append(_bad_format(_called(facts), facts.mime, rules.formats))
    if facts.bytes_ is not None and facts.bytes_ >= rules.bytes_below:
        complaints.append(
            Complaint(
                message=f"{_called(facts)} has {facts.bytes_:,} bytes, needs fewer than {rules.bytes_below:,}",
                hint="save it smaller or as a JPEG",
            )
        )
    if facts.width is not None and facts.height is not None:
        complaints += _judge_sides(_called(facts), facts.width, facts.height, rules)
    return complaints


def _called(facts: Portrait) -> str:
    """Return what a portrait is called: a pattern stands for many, so its place alone does not tell which it is."""
    return f"portrait '{facts.ref}'"


def _bad_format(called: str, mime: str, formats: tuple[str, ...]) -> Complaint:
    found, *expected = (_MIME_WORDS.get(name) or name.removeprefix("image/").upper() for name in (mime, *formats))
    return Complaint(message=f"{called} is of format {found}, expected {' or '.join(expected)}", hint="convert it")


def _judge_sides(called: str, width: int, height: int, rules: PortraitRules) -> list[Complaint]:
    complaints = []
    size = f"{width:,} x {height:,} px"
    if min(width, height) <= rules.short_side_above:
        complaints.append(
            Complaint(
                message=f"{called} has {min(width, height):,} px on the short side ({size}), "
                f"needs more than {rules.short_side_above:,} px",
                hint="use a larger original",
            )
        )
    if not _is_between(width, height, rules.aspect_least, rules.aspect_most):
        least, most = (f"{w}:{h}" for w, h in (rules.aspect_least, rules.aspect_most))
        message = f"{called} is {size}, needs width to height from {least} to {most}"
        complaints.append(Complaint(message=message, hint="crop it"))
    return complaints


def _is_between(width: int, height: int, least: tuple[int, int], most: tuple[int, int]) -> bool:
    return width * least[1] >= height * least[0] and width * most[1] <= height * most[0]


def judge_prompt(prompt: str | None, rules: PromptRules) -> list[Complaint]:
    """Return every rule that a prompt breaks; characters are Unicode code points."""
    if prompt is None:
        missing = Complaint(message="no prompt given, this provider needs one", hint="add prompt:")
        return [] if rules.may_be_absent else [missing]
    if not prompt.strip():
        return [Complaint(message="prompt is empty, expected words or no prompt at all", hint="drop the key")]
    complaints = []
    if len(prompt) > rules.characters_most:
        message = f"prompt has {len(prompt):,} characters, at most {rules.characters_most:,} are allowed"
        complaints.append(Complaint(message=message, hint="shorten it"))
    if rules.words_below is not None and count_words(prompt) >= rules.words_below:
        message = f"prompt has {count_words(prompt):,} words, needs fewer than {rules.words_below:,}"
        complaints.append(Complaint(message=message, hint="shorten it"))
    if not prompt.isprintable() and (control := _CONTROL.search(prompt)):
        message = f"prompt holds control character U+{ord(control.group()):04X} at position {control.start() + 1:,}"
        complaints.append(Complaint(message=message, hint="remove it"))
    return complaints


def doubt_prompt(prompt: str) -> Complaint | None:
    """Return a word about quotes around a whole prompt that are a part of it: typographic ones in YAML, `'` in CSV."""
    if (closing := _QUOTES.get(prompt[0])) is None:
        return None
    inside, last = prompt[1:-1], prompt[-1]
    if last not in closing or not inside or prompt[0] in inside or last in inside:
        return None
    shown = f"{prompt[:_SHOWN]}{'...' if len(prompt) > _SHOWN else ''}"
    return Complaint(
        message=f"the quotes around this prompt are a part of it, and are sent: {shown}",
        hint="remove them; around a text that YAML, CSV or JSON may misread, write straight double quotes",
    )


def count_words(text: str) -> int:
    """Return the number of words between blanks, where each Chinese or Japanese character counts as one.

    Those scripts run words together, and nobody says how a provider counts them: this is the highest count of all.
    """
    return len(re.sub(_IDEOGRAPH, " x ", text).split())
