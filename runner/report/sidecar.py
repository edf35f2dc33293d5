"""The provenance of one video, which stands beside it: where it came from, what it cost, what is in the file."""

from __future__ import annotations

import json
from typing import Any, Final

from ..core.life.state import State
from ..core.sums.tally import row
from ..values import quoted
from .document import checks_document, item_document, judgement_document, money_document
from .facts import RunFacts
from .labels import label_of


def sidecar(state: State, run: RunFacts) -> dict[str, Any]:
    """Return the provenance of one video; what is not known yet is null. Its schema is `sidecar.schema.json`."""
    item, told, label = state.item, item_document(row(state)), label_of(state.provider, state.clip)
    kept = ("key", "prompt", "prompt_optimizer", "model", "take", "tags", "metadata", "provider", "job_id", "times")
    return {
        "id": item.id,
        "kind": label.kind,
        "ai_generated": label.ai_generated,
        "digital_source_type": label.digital_source_type,
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
        "judgement": judgement_document(state.judgement) or None,
        "attempt": state.attempt,
        "retake": state.retakes,
        "reason": told["reason"],
        "drawn": _drawn(state),
        "run": run.name,
        "runner_version": run.runner_version,
    }


def _drawn(state: State) -> dict[str, Any] | None:
    """Return what the embedded service says of how it drew the film; None of what others made."""
    notes = state.output.notes if state.output else None
    if notes is None:
        return None
    versions = dict(sorted(notes.versions.items()))
    return {"honoured": list(notes.honoured), "ignored": list(notes.ignored), "versions": versions}


def sidecar_text(state: State, run: RunFacts) -> str:
    """Return the provenance as the text of a JSON file, a field a line; the same state gives the same bytes."""
    lines = (f'  "{name}": {_plain(value)}' for name, value in sidecar(state, run).items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(value: object) -> str:
    """Return a value as JSON; an encoder is made anew for each call, which most values do not need."""
    if value is None:
        return "null"
    return quoted(value) if type(value) is str else _ENCODE(value)


_ENCODE: Final = json.JSONEncoder(allow_nan=False).encode
"""Written in C, as long as nothing is indented: thirty times as fast."""
