"""The key of a provider, as a value that cannot be printed by accident."""

from __future__ import annotations

import json
import re
from typing import Final

from ..errors import ConfigError

REAL_LEAST: Final = 12  # characters; keys of providers have 30 and more
_PART_LEAST: Final = 4  # characters of a key that tell anything: most begin alike
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")


class Secret:
    """A key that cannot be printed by accident; `reveal` is called in one place, where the header is made."""

    __slots__ = ("_forms", "_value")

    def __init__(self, value: str) -> None:
        """Take a key; raise ConfigError, which does not show it, when no HTTP header could carry it."""
        if not _VISIBLE.fullmatch(value):
            raise ConfigError(
                "a key is empty, or holds a blank, a line end or a letter that no HTTP header can carry; "
                "check the variable or the file that it comes from"
            )
        self._value = value
        in_json = json.dumps(value)[1:-1]
        forms = (value, in_json, in_json.replace("/", "\\/")) if len(value) >= REAL_LEAST else ()
        self._forms = tuple(dict.fromkeys(forms))

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def blanked(self, text: str) -> str:
        """Return the text with the key cut out, plain or as JSON writes it: some servers repeat the key they refuse.

        A very short one stays: it is no real key, and might be a part of a job's id.
        """
        for form in self._forms:
            text = text.replace(form, "***")
        return text

    def blanked_to_its_end(self, text: str) -> str:
        """Return the text with the key cut out, also where the text itself breaks off within the key."""
        text = self.blanked(text)
        for form in self._forms:
            lengths = range(len(form) - 1, _PART_LEAST - 1, -1)
            if length := next((each for each in lengths if text.endswith(form[:each])), 0):
                return f"{text[:-length]}***"
        return text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
