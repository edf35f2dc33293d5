"""Draws one ticket as an animatic. Runs in a worker process, where alone the pixel libraries are loaded.

The tiny one is drawn by the same code, for tests and trials where the picture does not matter: as long as the real one,
a few kilobytes, a few hundredths of a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .renderer import Footage, RenderFailedError, Ticket

if TYPE_CHECKING:
    from ..animatic.render import Rendering
    from ..animatic.view import Shape


def draw_animatic(ticket: Ticket) -> Footage:
    """Draw the film and say what of the prompt was obeyed."""
    from ..animatic.render import STANDARD  # noqa: PLC0415 - heavy, and for the worker process only

    return _draw(ticket, STANDARD, kind="animatic")


def draw_tiny(ticket: Ticket) -> Footage:
    """Draw the film very small, with few frames, and without looking for a face that nobody could see."""
    from ..animatic.view import Shape  # noqa: PLC0415 - heavy, and only for whom it draws

    return _draw(ticket, Shape(width=160, height=90, fps=5), kind="tiny animatic", plain=True)


def _draw(ticket: Ticket, shape: Shape, *, kind: str, plain: bool = False) -> Footage:
    from ..animatic.picture import UnreadablePictureError  # noqa: PLC0415 - as above
    from ..animatic.render import render  # noqa: PLC0415 - the same

    try:
        made = render(ticket.portrait, ticket.prompt, seed=ticket.seed, out=ticket.out, shape=shape, plain=plain)
    except UnreadablePictureError as error:
        raise RenderFailedError(str(error)) from error
    return Footage(width=made.width, height=made.height, notes=_notes(made, ticket.seed, kind))


def _notes(made: Rendering, seed: int, kind: str) -> dict[str, object]:
    """Return what the job's answer and the sidecar say of how the film was made: everything that can vary."""
    beats = [
        {"kind": b.kind, "start_s": round(b.start_s, 3), "end_s": round(b.end_s, 3)}
        | ({"side": b.side} if b.side else {})
        | ({"strength": b.strength} if b.strength != 1.0 else {})
        for b in made.beats
    ]
    return {
        "kind": kind, "generative": False, "beats": beats, "honoured": list(made.honoured),
        "ignored": list(made.ignored), "moves": made.depth, "faces": made.faces, "spectacles": made.spectacles,
        "advice": list(made.advice), "seed": seed, "engine": made.engine, "libraries": dict(made.libraries),
        "models": dict(made.models),
    }  # fmt: skip
