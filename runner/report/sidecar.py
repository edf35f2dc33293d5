"""The provenance of one video, which stands beside it: where it came from, what it cost, what is in the file."""

from __future__ import annotations

import json
from typing import Any, Final

from ..core.state import State
from ..core.tally import row
from .document import checks_document, item_document, money_document
from .facts import RunFacts

_MADE: Final = {"animatic": "animatic", "wan-vace": "generated"}
_KINDS: Final = {"local": "animatic"}  # of videos that were checked before their makers were looked at


def sidecar(state: State, run: RunFacts) -> dict[str, Any]:
    """Return the provenance of one video; what is not known yet is null."""
    item, told = state.item, item_document(row(state))
    kept = ("key", "prompt", "prompt_optimizer", "model", "take", "tags", "metadata", "provider", "job_id", "times")
    return {
        "id": item.id,
        "kind": _kind(state),
        **{name: told[name] for name in kept},
        "price": money_document(state.price) if state.price else None,
        "portrait": {
            "ref": told["portrait"],
            "sha256": item.portrait.sha256,
            "mime": item.portrait.mime,
            "bytes": item.portrait.bytes_,
            "width": item.portrait.width,
            "height": item.portrait.height,
        },
        "video": {
            "name": item.name,
            "sha256": told["sha256"],
            "bytes": told["bytes"],
            "seconds": told["seconds"],
            **checks_document(state.clip),
        },
        "run": run.name,
        "runner_version": run.runner_version,
    }


def _kind(state: State) -> str:
    """Return what the file says that it is: whoever sold it, an animatic is a placeholder, and a model's work none."""
    if state.clip is not None and state.clip.maker is not None:
        return _MADE[state.clip.maker]
    return _KINDS.get(state.provider or "", "generated")


def sidecar_text(state: State, run: RunFacts) -> str:
    """Return the provenance as the text of a JSON file; the same state gives the same bytes."""
    return json.dumps(sidecar(state, run), ensure_ascii=True, allow_nan=False, indent=2) + "\n"
