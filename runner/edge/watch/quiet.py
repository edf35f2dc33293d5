"""A text stream on which nobody has to listen: what watches a run never harms it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO


class QuietStream:
    """Writes to a stream that may go away: then `broken` is set, and nothing is raised or written any more.

    `harm` is why, unless it is that the reader left: whoever was asked for what is written tells it in the end.
    Letters that the stream's encoding lacks (`LANG=C`) are written out as escapes.
    """

    def __init__(self, stream: TextIO) -> None:
        """Wrap a stream, which stays the caller's to close."""
        self._stream = stream
        self.broken = False
        self.harm: OSError | None = None
        self.encoding, self.fileno = stream.encoding, stream.fileno  # tqdm asks for both: letters, and width

    def write(self, text: str) -> int:
        """Write the text, if there is still somebody to read it."""
        self._try(lambda: self._stream.write(self._spelled(text)))
        return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        self._try(self._stream.flush)

    def line(self, text: str) -> None:
        """Write one line at once."""
        self.write(f"{text}\n")
        self.flush()

    def _spelled(self, text: str) -> str:
        if text.isascii() or not self.encoding:
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def _try(self, step: Callable[[], object]) -> None:
        if not self.broken:
            try:
                step()
            except ConnectionError:  # a closed pipe: nobody wants the rest
                self.broken = True
            except OSError as error:  # a full disk behind a redirect: the run matters more than its display
                self.broken, self.harm = True, error
