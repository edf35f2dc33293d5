"""The free step of the service: one film, drawn into the step's own folder. Runs in a worker, whichever that is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ..executors.seam import Json
from .disk import halting
from .renderer import FILM, PORTRAIT, Draw, Ticket


def render(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Draw the film that is asked for, from the portrait in the step's folder; raise RenderFailedError if none can be.

    `args` are `prompt`, `seed`, and `brush`: its `kind`, and what a model is to be told.
    """
    return drawn(_draw_by(args["brush"]), args, stage)


def drawn(draw: Draw, args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Draw by this function, and return size and notes; raise Halt where the disk has no room for it."""
    prompt, seed = args["prompt"], args["seed"]
    assert isinstance(prompt, str | None)
    assert isinstance(seed, int)
    with halting():
        footage = draw(Ticket(portrait=(stage / PORTRAIT).read_bytes(), prompt=prompt, seed=seed, out=stage / FILM))
    return {"width": footage.width, "height": footage.height, "notes": cast("dict[str, Json]", footage.notes)}


def _draw_by(brush: Json) -> Draw:
    from . import drawing  # noqa: PLC0415 - what draws is loaded by whom it draws for

    match brush:
        case {"kind": "animatic"}:
            return drawing.draw_animatic
        case {"kind": "tiny"}:
            return drawing.draw_tiny
        case {"kind": "wan-vace", **fields}:
            from .wan import WanVace  # noqa: PLC0415 - the same

            return WanVace.read(cast("dict[str, Json]", fields))
        case _:
            raise ValueError(f"nothing here draws by {brush!r}")
