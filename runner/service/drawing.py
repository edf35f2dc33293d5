"""Draws one ticket as an animatic. Runs in a worker process, where alone the pixel libraries are loaded.

The tiny one is drawn by the same code, for tests and trials where the picture does not matter: as long as the real one,
a few kilobytes, a few hundredths of a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .renderer import Footage, RenderFailedError, Ticket

if TYPE_CHECKING:
    from ..animatic.frame import Shape


def draw_animatic(ticket: Ticket) -> Footage:
    """Draw the film and say what of the prompt was obeyed."""
    from ..animatic.render import STANDARD  # noqa: PLC0415 - heavy, and for the worker process only

    return _draw(ticket, STANDARD, kind="animatic")


def draw_tiny(ticket: Ticket) -> Footage:
    """Draw the film very small and with few frames."""
    from ..animatic.frame import Shape  # noqa: PLC0415 - heavy, and only for whom it draws

    return _draw(ticket, Shape(width=160, height=90, fps=5), kind="tiny animatic")


def _draw(ticket: Ticket, shape: Shape, *, kind: str) -> Footage:
    from ..animatic.picture import UnreadablePictureError  # noqa: PLC0415 - as above
    from ..animatic.render import render  # noqa: PLC0415 - the same

    try:
        made = render(ticket.portrait, ticket.prompt, seed=ticket.seed, out=ticket.out, shape=shape)
    except UnreadablePictureError as error:
        raise RenderFailedError(str(error)) from error
    notes: dict[str, object] = {
        "kind": kind, "generative": False, "moves": list(made.moves), "honoured": list(made.honoured),
        "ignored": list(made.ignored), "seed": ticket.seed, "engine": made.engine, "libraries": dict(made.libraries),
    }  # fmt: skip
    return Footage(width=made.width, height=made.height, notes=notes)
