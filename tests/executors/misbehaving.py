"""Steps as the contract of executors needs them: honest, slow, refusing, buggy and deadly. Workers import this module.

A step that says where it is writes its process's number to the pipe that the test reads: `args["pipe"]`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from runner.errors import Halt, S2VError
from runner.executors import worker
from runner.executors.seam import Json

STEPS: Final = {
    name: f"misbehaving:{name}"
    for name in (
        "say",
        "write",
        "hang",
        "hang_once",
        "write_late",
        "die",
        "crash",
        "starve",
        "refuse",
        "stumble",
        "unfit",
        "fill",
        "babble",
        "look_around",
        "leave",
    )
}


def perform(text: str) -> str:
    """Do these steps and no others."""
    return worker.perform(text, STEPS)


def say(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Say the word, and who says it."""
    return {"word": args["word"], "pid": os.getpid()}


def write(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Write a film where it may be written."""
    (stage / "film").write_text(str(args["word"]))
    return {"bytes": len(str(args["word"]))}


def hang(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Tell who hangs, and never end."""
    _tell(args)
    threading.Event().wait()
    return {}


def hang_once(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Hang at the first try; write at every other."""
    try:
        Path(str(args["once"])).mkdir()
    except FileExistsError:
        return write(args, stage)
    return hang(args, stage)


def write_late(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """At the first try begin a film, tell, wait for the word to go on, and write it to its end; write at every other.

    What comes of the late writing is told on the pipe as well.
    """
    try:
        Path(str(args["once"])).mkdir()
    except FileExistsError:
        return write(args, stage)
    _tell(args)
    Path(str(args["gate"])).read_bytes()
    try:
        (stage / "film").write_text("from a worker that was given up")
    finally:
        _tell(args)
    return {}


def die(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Be killed, as by the kernel when memory runs out; tell of every try."""
    _tell(args)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def crash(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """End as a decoder does that a file breaks; tell of every try."""
    _tell(args)
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def starve(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Be refused memory; tell of every try."""
    _tell(args)
    raise MemoryError


def refuse(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Say no."""
    raise S2VError("nothing comes of this")


def stumble(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Fail as a program with a bug fails."""
    raise ZeroDivisionError("a bug")


def unfit(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Need a library that is broken."""
    raise ImportError("libavcodec.so.62: no such file")


def fill(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Fail as on a full disk."""
    raise Halt("cannot write film: the disk is full")


def babble(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Return what should have been a file."""
    return {"film": "x" * 1_000_000}


def _tell(args: Mapping[str, Json]) -> None:
    with Path(str(args["pipe"])).open("w") as pipe:
        pipe.write(f"{os.getpid()}\n")


def leave(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """End the program, as a library may that has its own idea of an error."""
    sys.exit(3)


def look_around(args: Mapping[str, Json], stage: Path) -> Mapping[str, Json]:
    """Return the environment."""
    return {"environ": dict(os.environ)}
