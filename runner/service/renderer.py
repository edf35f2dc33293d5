"""Who draws the films: a Protocol, one that has an executor draw them, and one that draws in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Final, Protocol, cast

from ..errors import S2VError
from ..executors.repeating import done
from ..executors.seam import Executor, Json, StepCall, StepFailedError, StepUndoneError
from ..values import dataclass

PORTRAIT: Final = "portrait"
FILM: Final = "film.mp4"
"""The files in a step's folder: what is drawn from, and what was drawn."""
RENDER_S: Final = 24 * 3600.0  # after which a drawing counts as lost; a model takes hours on a CPU


class RenderFailedError(S2VError):
    """No film comes of this ticket, whatever is done; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What to draw, and the part file to write it to."""

    portrait: bytes
    prompt: str | None
    seed: int
    out: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """What was drawn: the picture's size, and notes for people (JSON values)."""

    width: int
    height: int
    notes: dict[str, object] = field(default_factory=dict)


Draw = Callable[[Ticket], Footage]
"""Draws one film into `ticket.out`; raises `RenderFailedError` when it never can."""


class Renderer(Protocol):
    """Draws films, several at a time. `start` comes first, `close` last, and each once."""

    async def start(self) -> int | None:
        """Get ready, and return how many films are drawn at one time, None where that is all the same.

        Raises ConfigError, in words that a user can act on, where that cannot be.
        """

    async def render(self, ticket: Ticket) -> Footage:
        """Return when the film is written; the same ticket gives the same film, if code draws it. May be cancelled."""

    async def close(self) -> None:
        """Abandon what is being drawn, and leave nothing running."""


class InlineRenderer:
    """Draws in a thread of this process: for films so small that a process would cost more."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    async def start(self) -> int | None:
        """Begin nothing."""
        return None

    async def render(self, ticket: Ticket) -> Footage:
        """Draw in a thread; a cancelled drawing runs to its end unheard."""
        return await asyncio.to_thread(self._draw, ticket)

    async def close(self) -> None:
        """Leave: there is nothing to stop."""


class StepRenderer:
    """Has films drawn by an executor's workers; `brush` says what with, in words of `steps.render`."""

    def __init__(self, executor: Executor, brush: Mapping[str, Json], *, gpus: float = 0.0) -> None:
        self._executor = executor
        self._brush = brush
        self._gpus = gpus

    async def start(self) -> int | None:
        """Start the executor."""
        return (await self._executor.start()).slots

    async def render(self, ticket: Ticket) -> Footage:
        """Draw by the next free worker; when it is lost, by another, a few times in all."""
        call = StepCall(
            step="render", item=ticket.out.name, within=str(ticket.out.parent.absolute()), gpus=self._gpus,
            args={"prompt": ticket.prompt, "seed": ticket.seed, "brush": dict(self._brush)}, timeout_s=RENDER_S,
        )  # fmt: skip
        try:
            async with done(self._executor, call, prepare=partial(_lay, ticket.portrait)) as (result, folder):
                (folder / FILM).replace(ticket.out)
                return _footage(result)
        except (StepFailedError, StepUndoneError) as error:
            raise RenderFailedError(str(error)) from error

    async def close(self) -> None:
        """End the executor."""
        await self._executor.close()


def _lay(portrait: bytes, folder: Path) -> None:
    (folder / PORTRAIT).write_bytes(portrait)


def _footage(result: Mapping[str, Json]) -> Footage:
    match result:
        case {"width": int(width), "height": int(height), "notes": dict(notes)}:
            return Footage(width=width, height=height, notes=cast("dict[str, object]", notes))
        case _:
            raise TypeError(f"not what `steps.render` returns: {sorted(result)}")
