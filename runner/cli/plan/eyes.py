"""What looking at pixels needs, required before anything is paid for."""

from __future__ import annotations

import importlib.util
from typing import Final

from ...errors import ConfigError
from ...model import CheckPolicy

_EYES: Final = ("numpy", "cv2")


def require_eyes(policy: CheckPolicy) -> None:
    """Raise ConfigError when a check is asked for whose libraries are not installed; nothing is loaded."""
    if policy.gates.need_pixels and any(importlib.util.find_spec(name) is None for name in _EYES):
        raise ConfigError(
            "checks looks at faces or frames, which needs numpy and opencv: pip install 's2v-runner[local]', or remove "
            "identity, max_frozen, max_black and max_cuts from checks"
        )
