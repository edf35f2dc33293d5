"""The other side of the socket: one question to the run that is at work in a folder, and its answer."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...core.limits.steering import Answer, Instruction
from ...errors import FolderError
from .messages import ANSWER_MOST, LINE_MOST, question_line, read_answer
from .place import Unsafe, places, require_usable, usual_places

ANSWER_S: Final = 10.0  # a run answers between two steps, none of which takes long


def ask(
    folder: Path, run_id: str, instruction: Instruction, environ: Mapping[str, str], *, within_s: float = ANSWER_S
) -> Answer | None:
    """Ask the run of a folder for something and return what it says; None when nobody listens there.

    Raise FolderError when it gives no usable answer in time: then it is not known whether it heard.
    """
    line = question_line(run_id, instruction)
    if len(line) >= LINE_MOST:
        raise FolderError(f"{len(line)} bytes are too much for one message of at most {LINE_MOST}; use a pattern")
    for path in dict.fromkeys([*places(folder, environ), *usual_places(folder)]):
        try:
            require_usable(path)
            with _connected(path, within_s) as end:
                return _converse(end, line, folder)
        except (Unsafe, FileNotFoundError, ConnectionRefusedError):
            continue
        except OSError as error:
            late = "did not answer in time, and may be stopped (Ctrl-Z): ask again when it goes on"
            why = late if isinstance(error, TimeoutError) else f"did not answer: {error.strerror}"
            raise FolderError(f"the run in {folder} {why}; look with s2v status {shlex.quote(str(folder))}") from error
    return None


def _connected(path: Path, within_s: float) -> socket.socket:
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.settimeout(within_s)
        end.connect(str(path))
    except OSError:
        end.close()
        raise
    return end


def _converse(end: socket.socket, line: bytes, folder: Path) -> Answer:
    try:
        end.sendall(line)
        with end.makefile("rb") as told:
            said = told.readline(ANSWER_MOST)
    except ConnectionError:
        said = b""
    try:
        return read_answer(said)
    except ValueError as error:
        raise FolderError(f"the run in {folder} gave no usable answer ({error}); look with s2v status") from error
