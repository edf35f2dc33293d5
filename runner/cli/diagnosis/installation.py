"""Whether s2v itself is whole here: Python, packages, SQLite, what opens and draws videos, the networks for faces."""

from __future__ import annotations

import platform
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from ... import __version__
from ...edge.disk.temporary import temporary_folder
from ...errors import ConfigError, Exit
from ...extras import require_local
from ...inspection import Spoilt
from ...report.text import counted
from .findings import Finding, fine, looked, unknown, warning, wrong
from .packages import NAME, packages

SQLITE_LEAST: Final = (3, 24, 0)  # the first that knows ON CONFLICT DO UPDATE, by which a journal counts its items
_SYSTEMS: Final = frozenset({"Linux", "Darwin"})


def installation() -> Iterator[Finding]:
    """Look at all of it."""
    yield _python()
    yield from packages()
    yield _sqlite()
    yield decoder()
    yield from drawing(is_needed=False)


def _python() -> Finding:
    found = f"s2v {__version__} on Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    if platform.system() in _SYSTEMS:
        return fine("python", found)
    return warning("python", found, "use Linux, on which s2v is tried, or macOS, for which it is written as well")


def _sqlite() -> Finding:
    found = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < SQLITE_LEAST:
        least = ".".join(map(str, SQLITE_LEAST))
        return wrong("sqlite", f"{found}, expected {least}", "use a Python with a newer one", exit_=Exit.FOLDER)
    try:
        with closing(sqlite3.connect(":memory:")) as sql:
            sql.execute("SELECT value FROM json_each('[1]')")
    except sqlite3.OperationalError:
        return wrong("sqlite", f"{found} reads no JSON", "use a Python with another one", exit_=Exit.FOLDER)
    return fine("sqlite", found)


def decoder() -> Finding:
    """Look for what every video is judged by."""
    return looked("decoder", _decoder)


def _decoder() -> Finding:
    from ...edge.video.media import decodes  # noqa: PLC0415 - a library that may be broken, which is told then

    if decodes():
        return fine("decoder", "H.264 can be decoded")
    return wrong("decoder", "H.264 cannot be decoded", f"pip install --force-reinstall {NAME}", exit_=Exit.PROVIDER)


def drawing(*, is_needed: bool) -> Iterator[Finding]:
    """Look for what draws and judges pictures: the extra `local`, the encoder, the networks."""
    try:
        require_local("provider: local")
    except ConfigError as error:
        yield wrong("encoder", str(error), exit_=error.exit) if is_needed else unknown("encoder", str(error))
        return
    yield looked("encoder", _encoder)
    yield looked("networks", networks)


def _encoder() -> Finding:
    from ...animatic.encoder import try_encoding  # noqa: PLC0415 - an extra
    from ...edge.video.media import inspect  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="s2v-doctor-", dir=temporary_folder()) as folder:
        path = Path(folder) / "trial.mp4"
        words = try_encoding(path)
        clip = Spoilt(reason=words) if words else inspect(path, full=True)
    if isinstance(clip, Spoilt):
        advice = f"pip install --force-reinstall '{NAME}[local]'"
        return wrong("encoder", f"a trial video came to nothing: {clip.reason}", advice, exit_=Exit.PROVIDER)
    return fine("encoder", f"a trial video of {counted(clip.frames, 'frame')} was encoded and decoded")


def networks() -> Finding:
    """Hold the networks that find faces against their digests."""
    from ...faces.networks import DIGESTS, ModelFileError, model_bytes  # noqa: PLC0415 - an extra

    try:
        bytes_ = sum(len(model_bytes(name)) for name in DIGESTS)
    except (ModelFileError, FileNotFoundError) as error:
        return wrong("networks", str(error), f"pip install --force-reinstall {NAME}", exit_=Exit.PROVIDER)
    return fine("networks", f"{len(DIGESTS)} for faces, {bytes_ / 1e6:.1f} MB, each as published")
