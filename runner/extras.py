"""The packages of others that only some need, each the extra of an installation: required before anything begins."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Final

from .errors import ConfigError

LOCAL_LIBRARIES: Final = ("numpy", "cv2", "starlette", "uvicorn")  # of the extra `local`


def require_local(who: str) -> None:
    """Raise ConfigError unless the libraries of the extra `local` are installed, which `who` needs."""
    require_packages(LOCAL_LIBRARIES, extra="local", who=who)


def require_packages(packages: Iterable[str], *, extra: str, who: str, otherwise: str = "") -> None:
    """Raise ConfigError unless these packages are installed, which come with an extra, and which `who` needs.

    Nothing is loaded. `otherwise` says what else helps.
    """
    if missing := [name for name in packages if find_spec(name) is None]:
        advice = f"pip install 's2v-runner[{extra}]'{otherwise and f', or {otherwise}'}"
        raise ConfigError(f"{who} needs {' and '.join(missing)}: {advice}")
