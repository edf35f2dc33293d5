"""The key of a provider, as a value that cannot be printed by accident."""

from __future__ import annotations

import re
from typing import Final

from ...errors import ConfigError

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")


class Secret:
    """A key that cannot be printed by accident; `reveal` is called in one place, where the header is made."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Take a key; raise ConfigError, which does not show it, when no HTTP header could carry it."""
        if not _VISIBLE.fullmatch(value):
            raise ConfigError(
                "a key is empty, or holds a blank, a line end or a letter that no HTTP header can carry; "
                "check the variable or the file that it comes from"
            )
        self._value = value

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
