"""Reads the fields that the dialects have in common; each raises `Refusal` with the field's name and what was expected.

Unknown fields are let pass, as clients send several. One field is this service's own: an integer `seed`, which makes
takes of one pair differ; without it the job's number chooses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .order import Refusal

PROMPT_MOST: Final = 2000  # characters
SEED_BELOW: Final = 2**53  # what every JSON reader keeps exactly
URL_MOST: Final = 2048  # characters

Fields = Mapping[str, Any]


def fields_of(document: object) -> Fields:
    """Return the body's fields."""
    if not isinstance(document, dict):
        raise Refusal("the request body is not a JSON object")
    return document


def prompt_of(fields: Fields) -> str | None:
    """Return the prompt; an empty one is no prompt."""
    if "prompt" not in fields or fields["prompt"] == "":
        return None
    prompt = fields["prompt"]
    if not isinstance(prompt, str):
        raise Refusal("prompt must be a string")
    if len(prompt) > PROMPT_MOST:
        raise Refusal(f"prompt has {len(prompt)} characters, expected at most {PROMPT_MOST}")
    return prompt


def optimizer_of(fields: Fields) -> bool:
    """Return whether the prompt may be rewritten; this service does not, and keeps the word."""
    wanted = fields.get("prompt_optimizer", True)
    if not isinstance(wanted, bool):
        raise Refusal("prompt_optimizer must be true or false")
    return wanted


def seed_of(fields: Fields) -> int | None:
    """Return the seed."""
    if "seed" not in fields:
        return None
    seed = fields["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_BELOW:
        raise Refusal(f"seed must be a whole number from 0 to {SEED_BELOW - 1}")
    return seed


def callback_of(fields: Fields) -> str | None:
    """Return the URL that status changes are posted to."""
    if "callback_url" not in fields:
        return None
    url = fields["callback_url"]
    if not isinstance(url, str) or not url.lower().startswith(("http://", "https://")) or len(url) > URL_MOST:
        raise Refusal(f"callback_url must be an http(s) URL of at most {URL_MOST} characters")
    return url
