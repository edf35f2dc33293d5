"""Draws one ticket as an animatic. Runs in a worker process, where alone the pixel libraries are loaded."""

from __future__ import annotations

from .renderer import Footage, RenderFailedError, Ticket


def draw_animatic(ticket: Ticket) -> Footage:
    """Draw the film and say what of the prompt was obeyed."""
    from ..animatic.picture import UnreadablePictureError  # noqa: PLC0415 - heavy, and for the worker process only
    from ..animatic.render import render  # noqa: PLC0415 - the same

    try:
        made = render(ticket.portrait, ticket.prompt, seed=ticket.seed, out=ticket.out)
    except UnreadablePictureError as error:
        raise RenderFailedError(str(error)) from error
    notes: dict[str, object] = {
        "kind": "animatic", "generative": False, "moves": list(made.moves), "honoured": list(made.honoured),
        "ignored": list(made.ignored), "seed": ticket.seed, "engine": made.engine, "libraries": dict(made.libraries),
    }  # fmt: skip
    return Footage(width=made.width, height=made.height, notes=notes)
