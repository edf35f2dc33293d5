"""What is wrong with one source, as a value: the caller knows where it was written and makes a `Problem` of it."""

from __future__ import annotations

from ...values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a portrait cannot be used; `message` and `hint` are those of `errors.Problem`."""

    message: str
    hint: str = ""
