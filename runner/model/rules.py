"""What a provider accepts as a portrait and as a prompt: its dialect states it, `core.plan.preflight` judges by it."""

from __future__ import annotations

from ..values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitRules:
    """What a provider accepts as a portrait; strict bounds are named so."""

    formats: tuple[str, ...]
    """Accepted formats by content, as MIME types."""
    bytes_below: int
    """The file must be smaller than this many bytes."""
    short_side_above: int
    """The shorter side must be longer than this many pixels."""
    aspect_least: tuple[int, int]
    """Least width : height."""
    aspect_most: tuple[int, int]
    """Greatest width : height."""
    remote: bool
    """Whether the provider itself fetches a portrait that is given as an http(s) URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRules:
    """What a provider accepts as a prompt."""

    characters_most: int = 2000
    words_below: int | None = None
    """It must have fewer words than this; None where words are not counted."""
    may_be_absent: bool = True
    """Whether a request may go without a prompt."""
