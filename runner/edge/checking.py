"""What a manifest asks of its videos, as one function over a file; networks are loaded only where they are needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..checks.judgement import judge
from ..engine.ports import Inspected, Spoilt
from ..model import CheckPolicy, Portrait
from .shelf import Judge

Content = Callable[[Portrait], bytes]
"""Gives the bytes of a portrait; empty where they cannot be had any more."""


def judge_for(policy: CheckPolicy, content: Content) -> Judge:
    """Return what looks into a video as the policy asks; called from any thread, it blocks for up to some seconds."""
    if policy.gates.need_pixels:
        return _by_its_pixels(policy, content)
    return lambda path, _portrait: _by_its_measures(path, policy)


def _by_its_measures(path: Path, policy: CheckPolicy) -> Inspected | Spoilt:
    from . import media  # noqa: PLC0415 - the decoder takes long to load, and many a start opens no video

    clip = media.inspect(path, full=policy.full_decode)
    if isinstance(clip, Spoilt):
        return clip
    return Inspected(clip=clip, judgement=judge(clip, None, None, gates=policy.gates) if policy.gates.are_any else None)


def _by_its_pixels(policy: CheckPolicy, content: Content) -> Judge:
    from .screening import screen  # noqa: PLC0415 - numpy, OpenCV and the networks, for those alone who ask for them

    def look(path: Path, portrait: Portrait) -> Inspected | Spoilt:
        asked = content(portrait) if policy.gates.identity is not None else None
        return screen(path, portrait=asked, gates=policy.gates)

    return look
