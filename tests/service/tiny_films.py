"""Honest small ways to draw a film, for the tests of the service; importable by worker processes.

What draws leaves its traces beside the folder of its step, which goes with the step.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import av
import numpy as np

from runner.executors import worker
from runner.executors.local import LocalExecutor
from runner.executors.seam import Json
from runner.service.renderer import Draw, Footage, RenderFailedError, StepRenderer, Ticket
from runner.service.steps import drawn


def renderer_of(draw: Draw) -> StepRenderer:
    """Return what draws in a worker process by one of the functions below."""
    return StepRenderer(LocalExecutor(1, perform=perform), {"kind": draw.__name__})


def perform(text: str) -> str:
    return worker.perform(text, {"render": "tiny_films:render"})


def render(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    brush = args["brush"]
    assert isinstance(brush, dict)
    draw: Draw = globals()[str(brush["kind"])]
    return drawn(draw, args, stage)


def draw_tiny(ticket: Ticket) -> Footage:
    """Draw eight real frames of 64 x 64, whose colours follow from the ticket."""
    rng = np.random.default_rng([crc32(ticket.portrait), crc32((ticket.prompt or "").encode()), ticket.seed % 2**32])
    with av.open(str(ticket.out), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for n in range(8):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return Footage(width=64, height=64, notes={"kind": "tiny", "seed": ticket.seed})


def draw_half_and_hang(ticket: Ticket) -> Footage:
    """Write a beginning, tell a fifo `drawing`, if there is one, who draws, and never end."""
    ticket.out.write_bytes(b"half a film")
    fifo = ticket.out.parents[1] / "drawing"
    if fifo.exists():
        fifo.write_text(str(os.getpid()))
    threading.Event().wait()
    return Footage(width=0, height=0)


def die_always(ticket: Ticket) -> Footage:
    """Be killed, as by the kernel when memory runs out; leave a line for every try."""
    with (ticket.out.parents[1] / "tries").open("a") as tries:
        tries.write("x")
    os.kill(os.getpid(), signal.SIGKILL)
    return Footage(width=0, height=0)


def die_once(ticket: Ticket) -> Footage:
    """Be killed the first time, draw the second."""
    if not (ticket.out.parents[1] / "tries").exists():
        die_always(ticket)
    return draw_tiny(ticket)


def refuse(ticket: Ticket) -> Footage:
    """Say that no film can come of this."""
    raise RenderFailedError(f"nothing can be drawn from {len(ticket.portrait)} bytes")


def stumble(ticket: Ticket) -> Footage:
    """Fail as a program with a bug fails, for the prompt 'stumble'; draw otherwise."""
    if ticket.prompt == "stumble":
        raise ZeroDivisionError("a bug")
    return draw_tiny(ticket)
