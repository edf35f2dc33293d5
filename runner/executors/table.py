"""The steps that may leave the driver, each by the place of its function. A literal: adding a line is a review matter.

A step is free, may be done any number of times, writes nowhere but in the folder of its fence, and returns small JSON.
A step that pays for something never stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STEPS: Final[Mapping[str, str]] = {
    "check": "runner.edge.video.steps:check",
    "fetch": "runner.edge.video.steps:fetch",
    "render": "runner.service.steps:render",
}
"""The name in a call, and the function that does it; its room is imported in the worker alone."""
