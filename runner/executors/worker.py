"""What a worker does: one call as text in, its answer as text out. Whatever a step raises comes back as data.

So no engine ever sees a failure that it might repeat by itself; whether a step is done again is the driver's business.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final, TypeAlias, cast

from ..errors import Halt, S2VError, unloadable
from .envelope import BUG, HALT, NO, OK, RESULT_MOST, SHORT, answer, unsealed
from .seam import Json
from .table import STEPS

Step: TypeAlias = Callable[[Mapping[str, Json], Path], Mapping[str, Json]]
"""A step: its arguments, and the one folder that it may write to, which the driver has made. Raises what it likes."""

_WORDS_MOST: Final = 8_192  # characters of a failure; the end tells most


def perform(text: str, steps: Mapping[str, str] = STEPS) -> str:
    """Do the step that a sealed call asks for, and return its answer; never raises what a step raised."""
    try:
        call = unsealed(text, steps)
        step = cast("Step", named(steps[call.step]))
        return _bounded(answer(OK, step(call.args, Path(call.within) / call.fence)), call.step)
    except Halt as error:
        return answer(HALT, _cut(str(error)))
    except S2VError as error:
        return answer(NO, _cut(str(error)))
    except ImportError as error:
        return answer(HALT, _cut(unloadable(error)))
    except MemoryError as error:
        return answer(SHORT, _cut(f"a worker has not enough memory{f': {error}' if str(error) else ''}"))
    except Exception:  # noqa: BLE001 - the observer guard: a failure travels as data
        return answer(BUG, _cut(traceback.format_exc()))


def named(place: str) -> object:
    """Return what stands at a place such as `runner.edge.video.steps:check`, importing its module."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _bounded(result: str, step: str) -> str:
    if len(result) > RESULT_MOST:
        raise ValueError(f"the result of '{step}' has {len(result)} bytes, expected at most {RESULT_MOST}")
    return result


def _cut(words: str) -> str:
    return words[-_WORDS_MOST:]
