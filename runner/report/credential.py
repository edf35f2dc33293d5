"""What the content credentials of a signed copy say: how the video was made, for which item, by which job.

The prompt and the portrait stay at home: a digest proves, to whoever has the prompt, that it was this one.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from ..core.life.state import State
from .facts import RunFacts
from .labels import ANIMATIC, label_of

FACTS: Final = "s2v.provenance"  # the assertion of our own, which C2PA's readers show as it is
ACTIONS: Final = "c2pa.actions.v2"


def credential(state: State, run: RunFacts) -> dict[str, Any]:
    """Return the C2PA manifest definition of a finished video; the same state gives the same one."""
    label, item = label_of(state.provider, state.clip), state.item
    agent = "s2v animatic" if label is ANIMATIC else item.model
    action = {
        "action": "c2pa.created",
        "digitalSourceType": label.digital_source_type,
        "description": label.words,
        "softwareAgent": {"name": agent},
    }
    return {
        "claim_generator_info": [{"name": "s2v", "version": run.runner_version}],
        "title": item.name,
        "format": "video/mp4",
        "assertions": [
            {"label": ACTIONS, "data": {"actions": [action]}},
            {"label": FACTS, "data": facts_of(state)},
        ],
    }


def facts_of(state: State) -> dict[str, Any]:
    """Return what the assertion of our own says; `video_sha256` is of the file as it was delivered, not of the copy."""
    item = state.item
    prompt = None if item.prompt is None else sha256(item.prompt.encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "version": 1,
        "kind": label_of(state.provider, state.clip).kind,
        "item": item.id,
        "key": item.key,
        "take": item.take,
        "provider": state.provider,
        "job": state.job_id,
        "prompt_sha256": prompt,
        "video_sha256": state.sha256,
    }
