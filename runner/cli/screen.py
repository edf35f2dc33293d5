"""Where words go: results to stdout, everything else to stderr; and whether a person is there to answer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self, TextIO

from ..core.sums.tally import without_queries
from ..edge.watch.quiet import QuietStream
from ..errors import Exit
from ..report.text import clipped, plain_line, visible
from ..values import dataclass

_STREAMS: Final = 3  # stdin, stdout, stderr
_ENDED_ELSEWISE: Final = frozenset({Exit.BUG, Exit.SIGHUP, Exit.SIGINT, Exit.SIGTERM})
"""What says more than that words are lost."""
_COLUMNS: Final = 80  # of a terminal that does not know its own width


def open_streams() -> None:
    """Let streams that were closed before the start (`>&-`, some daemons) lead nowhere.

    Their numbers are taken, or the next file to be opened would get one, and with it what a library prints.
    """
    fd = os.open(os.devnull, os.O_RDWR)
    while fd < _STREAMS:
        fd = os.dup(fd)
    os.close(fd)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor


@dataclass(slots=True, kw_only=True)
class Screen:
    """The two streams of the process and what is known of them.

    `interactive` means that stderr is a terminal outside CI; `answers` that stdin is one as well, so that a question
    can be asked. `redraws` means that stdout is a terminal on which lines can be drawn anew. Colour is only ever an
    addition. `out` is what all that goes to stdout passes.
    """

    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]
    interactive: bool
    answers: bool
    colour: bool
    redraws: bool
    out: QuietStream
    _err: QuietStream

    @classmethod
    def of(cls, stdout: TextIO, stderr: TextIO, stdin: TextIO | None, environ: Mapping[str, str]) -> Self:
        """Look at the streams and the environment once."""
        interactive = _is_terminal(stderr) and not environ.get("CI")
        return cls(
            stdout=stdout, stderr=stderr, environ=environ, interactive=interactive,
            answers=interactive and _is_terminal(stdin),
            colour=interactive and not environ.get("NO_COLOR") and not _is_dumb(environ),
            redraws=_is_terminal(stdout) and not environ.get("CI") and not _is_dumb(environ),
            out=QuietStream(stdout), _err=QuietStream(stderr),
        )  # fmt: skip

    def say(self, text: str) -> None:
        """Write a result for a person as one line to stdout, as clean as a message: others' words may stand in it."""
        self.out.write(f"{plain_line(text)}\n")

    def give(self, text: str) -> None:
        """Write a document to stdout, exactly as it is."""
        self.out.write(f"{text}\n")

    def give_json(self, document: object) -> None:
        """Write a document to stdout for programs: JSON in plain ASCII, whatever others wrote into it."""
        self.give(json.dumps(document, indent=2))

    def stream(self, chunks: Iterable[str]) -> None:
        """Write a document to stdout as it is made, exactly as it is; it ends in a line end."""
        for chunk in chunks:
            self.out.write(chunk)

    def redraw(self, lines: Sequence[str], *, over: int) -> None:
        """Write lines to the terminal that stdout is, in the place of the last `over` ones, each cut to its width."""
        width = os.get_terminal_size(self.stdout.fileno()).columns or _COLUMNS
        up = f"\x1b[{over}A" if over else ""
        self.out.write(up + "".join(f"\r\x1b[K{clipped(plain_line(line), width - 1)}\n" for line in lines))

    @property
    def draws(self) -> bool:
        """Return whether a bar can be drawn on stderr: a terminal that calls itself dumb gets plain lines."""
        return self.interactive and not _is_dumb(self.environ)

    @property
    def is_unheard(self) -> bool:
        """Return whether the reader of stdout went away."""
        return self.out.broken

    def flush(self) -> None:
        """Pass on what was said so far, for a reader who waits for it."""
        self.out.flush()

    def tell(self, text: str) -> None:
        """Write a message as one line to stderr; line ends and all else invisible is written out, links are cut."""
        self._err.line(plain_line(text))

    def command(self, text: str) -> None:
        """Write a command for the CI system to stderr, which `tell` would take the meaning from."""
        self._err.line(visible(without_queries(text)))

    def warn(self, text: str) -> None:
        """Write an error as one line to stderr, in red on a terminal."""
        self._err.line(f"\x1b[31m{plain_line(text)}\x1b[0m" if self.colour else plain_line(text))

    def ask(self, question: str) -> bool:
        """Ask a person; anything but yes is no."""
        self._err.write(f"{plain_line(question)} [y/N] ")
        self._err.flush()
        said = ""
        try:
            said = sys.stdin.readline()
        finally:
            if not said.endswith("\n"):  # whoever ended the input, or the command, typed no end of the line
                self._err.line("")
        return said.strip().casefold() in {"y", "yes"}

    def delivered(self, code: int) -> int:
        """Return the exit code of a command whose words were asked for: its own, unless they could not be written."""
        self.flush()
        if self.out.harm is None:
            return code
        why = (self.out.harm.strerror or str(self.out.harm)).lower()
        self.warn(f"s2v: stdout cannot be written: {why}; what was asked for is not whole")
        return code if code in _ENDED_ELSEWISE else Exit.FOLDER

    def close(self) -> None:
        """Write what is pending; a reader who went away is no reason for a traceback at exit."""
        self.out.flush()
        self._err.flush()
        for quiet, stream in ((self.out, self.stdout), (self._err, self.stderr)):
            if quiet.broken or _is_gone(stream):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _is_dumb(environ: Mapping[str, str]) -> bool:
    return environ.get("TERM") == "dumb"


def _is_gone(stream: TextIO) -> bool:
    try:
        stream.flush()
    except OSError:
        return True
    return False
