"""Opens a video and decodes every frame of it, to know that what was paid for has really come.

A header proves nothing: a file of which a third is missing opens well. A clip counts when it is a whole MP4 with one
video stream, sane measures, as many frames as it declares, none of them damaged, each later than the one before.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from ...inspection import Spoilt
from ...model import Clip
from ..disk.regular import open_regular
from .boxes import find_break

SIDE_LEAST_PX: Final = 16
SIDE_MOST_PX: Final = 8192
FPS_MOST: Final = 240
SECONDS_MOST: Final = 600
_MAKERS: Final[Mapping[str, Literal["animatic", "wan-vace"]]] = {
    "ANIMATIC PREVIEW": "animatic",
    "made by a model: wan-vace": "wan-vace",
}
"""How the titles begin of what s2v's own service makes."""
_ROOM: Final = 256 << 20  # bytes; where so many cannot be had, memory is short, whatever a file asks for
_OPTIONS: Final = {
    "protocol_whitelist": "file",  # a file may name others to be read; it may not
    "ignore_editlist": "1",  # every stored frame is decoded, or their number would not be the declared one
}
_PYAV: Final = int(av.__version__.partition(".")[0])
_PYAV_LENIENT: Final = 19  # from here on words that are no UTF-8 are no error, and the option is gone
_WORDS: Final[Mapping[str, Any]] = {} if _PYAV >= _PYAV_LENIENT else {"metadata_errors": "replace"}


Watch = Callable[[av.VideoFrame], None]
"""Somebody who looks at the frames while they are decoded."""


class WatchError(RuntimeError):
    """A watcher failed on a frame that was decoded well: a fault of this program."""


class NoMemoryError(MemoryError):
    """This machine has no memory for the decoder just now: nothing is known of the file."""


class _Broken(Exception):
    """Carries the reason from where the damage is seen to where it becomes a `Spoilt`."""


def decodes() -> bool:
    """Return whether FFmpeg's libraries here can read what providers send."""
    return "h264" in av.codecs_available


def inspect(path: Path, *, full: bool, watch: Watch | None = None) -> Clip | Spoilt:
    """Return what a video file holds, or why it is spoilt; a bad file never raises, a bad disk raises its `OSError`.

    With `full` every frame is decoded, else the boxes and the header alone are read. Blocks for as long as that takes
    (without the GIL): call it in a worker thread. A video without a duration in its header is always decoded.
    `watch` is given each frame that was decoded, in order, also those of a video that turns out to be spoilt. Raise
    NoMemoryError where this machine has no memory for it.
    """
    with open_regular(str(path)) as file:
        reason = find_break(file)
    if reason:
        return Spoilt(reason=reason)
    try:
        with av.open(f"file:{path}", format="mp4", options=dict(_OPTIONS), **_WORDS) as container:
            return _look(container, full=full, watch=watch)
    except NoMemoryError:
        raise
    except _Broken as broken:
        _require_memory(broken)
        return Spoilt(reason=str(broken))
    except (av.FFmpegError, ValueError, MemoryError) as error:
        _require_memory(error)
        _reread(path)
        return Spoilt(reason=f"it cannot be decoded: {_words(error)}")


def _words(error: Exception) -> str:
    words = error.strerror if isinstance(error, av.FFmpegError) else None
    return (words or str(error) or type(error).__name__).lower()


def _reread(path: Path) -> None:
    """Tell a bad file from a bad disk, which the decoder reports alike: a bad disk raises here too."""
    with open_regular(str(path)) as file:
        while file.read(1 << 20):
            pass


def _require_memory(error: Exception) -> None:
    """Tell a bad file from a machine without memory, which the decoder reports alike."""
    try:
        mmap.mmap(-1, _ROOM).close()
    except (OSError, MemoryError):
        raise NoMemoryError(f"the decoder wants memory, and not even {_ROOM >> 20} MiB are free here") from error


def _look(container: InputContainer, *, full: bool, watch: Watch | None) -> Clip:
    stream = _only_video(container)
    _check_size(stream.width, stream.height)
    if full or not (stream.duration and stream.frames and stream.average_rate):
        return _decode(container, stream, watch)
    return _clip(container, stream, frames=stream.frames, seconds=_seconds(stream, stream.duration), decoded=False)


def _only_video(container: InputContainer) -> VideoStream:
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if len(videos) != 1:
        raise _Broken(f"it has {len(videos)} video streams, expected one" if videos else "it has no video stream")
    if not hasattr(videos[0], "width"):  # PyAV gives a stream without a decoder no codec attributes at all
        raise _Broken("its video has a codec that nothing here can decode")
    return videos[0]


def _check_size(width: int, height: int) -> None:
    if not SIDE_LEAST_PX <= min(width, height) <= max(width, height) <= SIDE_MOST_PX:
        raise _Broken(
            f"its frames are {width:,} x {height:,} px, expected {SIDE_LEAST_PX:,} to {SIDE_MOST_PX:,} px a side"
        )


def _seconds(stream: VideoStream, ticks: int) -> float:
    return float(ticks * (stream.time_base or Fraction(0)))


def _frame_ticks(stream: VideoStream) -> int:
    rate, base = stream.average_rate, stream.time_base
    return round(1 / (rate * base)) if rate and base else 0


def _decode(container: InputContainer, stream: VideoStream, watch: Watch | None) -> Clip:
    # With slice threads, PyAV's default, FFmpeg switches the marking of damaged H.264 frames off.
    stream.thread_type = "NONE"
    frames, first, last, length = 0, 0, 0, 0
    for frame in container.decode(stream):
        pts = frame.pts
        if frame.is_corrupt:
            raise _Broken(f"frame {frames + 1:,} is damaged")
        if pts is None or (frames and pts <= last):
            raise _Broken(f"frame {frames + 1:,} does not come after the one before it")
        first, last, length = first if frames else pts, pts, frame.duration
        frames += 1
        if watch is not None:
            _show(frame, watch)
    if stream.frames and frames != stream.frames:
        raise _Broken(f"only {frames:,} of its {stream.frames:,} frames can be decoded")
    return _clip(
        container,
        stream,
        frames=frames,
        seconds=_seconds(stream, last - first + (length or _frame_ticks(stream))),
        decoded=True,
    )


def _show(frame: av.VideoFrame, watch: Watch) -> None:
    """What goes wrong in a watcher is no damage of the file: it must not make a good video count as spoilt."""
    try:
        watch(frame)
    except av.FFmpegError:
        raise  # the frame's own pixels cannot be converted
    except MemoryError as error:
        raise NoMemoryError("a decoded frame could not be judged: no memory") from error
    except ValueError as error:
        raise WatchError("a decoded frame could not be judged") from error


def _clip(container: InputContainer, stream: VideoStream, *, frames: int, seconds: float, decoded: bool) -> Clip:
    if not frames:
        raise _Broken("it holds no frame")
    if not 0 < seconds <= SECONDS_MOST:
        raise _Broken(f"it runs for {seconds:,.1f} s, expected more than 0 s and at most {SECONDS_MOST:,} s")
    fps = float(stream.average_rate or frames / Fraction(seconds))
    if not 0 < fps <= FPS_MOST:
        raise _Broken(f"it has {fps:,.1f} frames a second, expected at most {FPS_MOST:,}")
    return Clip(
        seconds=seconds, width=stream.width, height=stream.height, fps=fps, frames=frames,
        codec=stream.codec_context.name, has_audio=bool(container.streams.audio), decoded=decoded,
        maker=_maker(container.metadata.get("title", "")),
    )  # fmt: skip


def _maker(title: str) -> Literal["animatic", "wan-vace"] | None:
    return next((maker for start, maker in _MAKERS.items() if title.startswith(start)), None)
