"""`s2v serve`: the S2V service itself on a port, for other clients and for trying things out."""

from __future__ import annotations

import importlib.util
from typing import Final

from ...errors import ConfigError, Exit, UsageError
from ..args import Args
from ..screen import Screen

KEY: Final = "S2V_SERVE_KEY"


def serve(args: Args, screen: Screen) -> int:
    """Serve until asked to stop; the base URL is the one line on stdout."""
    if importlib.util.find_spec("uvicorn") is None or importlib.util.find_spec("cv2") is None:
        raise ConfigError("s2v serve needs the extra: pip install 's2v-runner[local]'")
    from ...service import server  # noqa: PLC0415 - loads the web server

    key = screen.environ.get(KEY, "")
    args.folder.mkdir(parents=True, exist_ok=True)
    try:
        asked_by = server.serve(
            args.folder, args.host, args.port, frozenset({key} if key else ()), workers=args.workers,
            announce=lambda url: _announce(screen, url),
        )  # fmt: skip
    except OSError as error:
        raise UsageError(f"cannot listen on {args.host}:{args.port}: {error.strerror or error}") from error
    screen.tell(f"stopped by {asked_by.name}; what was ordered is kept in {args.folder}")
    return Exit.OK


def _announce(screen: Screen, url: str) -> None:
    screen.say(url)
    screen.flush()
    screen.tell(f"serving; stop with Ctrl-C. try: MINIMAX_API_HOST={url} MINIMAX_API_KEY=any s2v run MANIFEST")
