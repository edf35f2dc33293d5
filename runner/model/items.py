"""The things that are paid for, and the pictures that they are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ..values import dataclass

MODEL = "S2V-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """One picture of one person, known by content.

    `ref` is what the manifest wrote (a data URL is shortened to its digest). `sha256` is of the bytes; for a remote
    URL, which only the provider reads, of the URL text, and then `mime`, `bytes_`, `width` and `height` are None.
    `width` and `height` are as seen, after the EXIF orientation.
    """

    ref: str
    sha256: str
    mime: str | None = None
    bytes_: int | None = None
    width: int | None = None
    height: int | None = None

    @property
    def is_remote(self) -> bool:
        """Return whether only the provider ever reads this picture."""
        return self.mime is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One paid thing.

    `key` is its fingerprint: the SHA-256 of all that makes the video (portrait bytes, prompt, parameters, model, take)
    and of nothing else, so renaming, sorting or changing the provider buys nothing. `id` is for people, `name` the file
    name of the video.
    """

    key: str
    id: str
    name: str
    portrait: Portrait
    prompt: str | None
    prompt_optimizer: bool
    take: int = 1
    model: str = MODEL
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)
