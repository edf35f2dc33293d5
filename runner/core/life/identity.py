"""What makes two videos the same purchase, and what an item is called when nobody named it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from ...model import MODEL, Item, Portrait, Wish
from ...spelling import latin
from ...values import quoted
from .looks import plain

_SCHEME: Final = "s2v-item-1"  # changes when the meaning of a fingerprint does, and never by accident
_PROMPT_SLUG: Final = 32  # characters
_STEM_SLUG: Final = 40  # characters
_DIGEST: Final = 12  # hex digits: 48 bits keep a million items of one portrait apart


def fingerprint(*, portrait: str, prompt: str | None, prompt_optimizer: bool, take: int, model: str = MODEL) -> str:
    """Return the SHA-256 (hex) of all that makes one video: portrait digest, prompt, parameters, model and take.

    Neither the provider nor the id is in it: whoever sells it and whatever it is called, it is the same video.
    """
    words = "null" if prompt is None else quoted(prompt)
    flag = "true" if prompt_optimizer else "false"
    parts = f'["{_SCHEME}",{quoted(model)},{quoted(portrait)},{words},{flag},{take}]'  # a JSON array
    return hashlib.sha256(parts.encode()).hexdigest()


def look_alike(item: Item) -> str | None:
    """Return the fingerprint that an item would have if its prompt were written as plainly as it looks.

    None where it is. Nobody sees whether blanks are doubled, at the end, line ends or of another kind, nor how accents
    are put together; each makes another prompt all the same, and the same video would be bought twice.
    """
    if item.prompt is None or (looks := plain(item.prompt)) == item.prompt:
        return None
    return fingerprint(
        portrait=item.portrait.sha256, prompt=looks, prompt_optimizer=item.prompt_optimizer, take=item.take
    )


def derived_id(portrait: Portrait, prompt: str | None, prompt_optimizer: bool) -> str:  # noqa: FBT001 - one of three
    """Return a readable id that depends on nothing but the pair itself, so inserting and sorting leave it alone."""
    stem = _slug(_stem(portrait.ref), _STEM_SLUG) or "portrait"
    words = _slug(prompt or "", _PROMPT_SLUG)
    first = fingerprint(portrait=portrait.sha256, prompt=prompt, prompt_optimizer=prompt_optimizer, take=1)
    return "-".join(part for part in (stem, words, beginning(first)) if part)


def ending(item: Item) -> str:
    """Return the digits with which every id ends that is derived for an item, or for the first take of its wish."""
    first = fingerprint(
        portrait=item.portrait.sha256, prompt=item.prompt, prompt_optimizer=item.prompt_optimizer, take=1,
        model=item.model,
    )  # fmt: skip
    return beginning(first)


def is_derived(item: Item, endings: Container[str]) -> bool:
    """Return whether an item has no id of its own, but one that tells its portrait's name and its prompt's words.

    It is known by its ending alone, also where portrait and prompt are not known any more.
    """
    base = item.id.removesuffix(take_id("", item.take))
    return item.id != untold_id(item.key) and base.rpartition("-")[2] in endings


def untold_id(key: str) -> str:
    """Return the id that stands in the place of a derived one when the person whom an item shows is purged."""
    return f"purged-{beginning(key)}"


def beginning(key: str) -> str:
    """Return the digits of a fingerprint that tell it apart where people read them."""
    return key[:_DIGEST]


def label(id_: str, key: str, *, wanted: bool) -> str:
    """Return what an item is called where others stand beside it.

    What left the manifest has the beginning of its fingerprint behind its id, which another may bear by now.
    """
    return id_ if wanted else f"{id_}-{beginning(key)}"


def take_id(base: str, take: int) -> str:
    """Return the id of one take: the first keeps the plain id, so that asking for more takes renames nothing."""
    return base if take == 1 else f"{base}-take{take}"


def expand(wish: Wish, portrait: Portrait, name_pattern: str) -> tuple[Item, ...]:
    """Return the items of one wish, one for each take."""
    base = wish.id or derived_id(portrait, wish.prompt, wish.prompt_optimizer)
    if wish.takes == 1:
        return (_item(wish, portrait, base, 1, name_pattern),)
    return tuple(_item(wish, portrait, take_id(base, take), take, name_pattern) for take in range(1, wish.takes + 1))


def _item(wish: Wish, portrait: Portrait, id_: str, take: int, name_pattern: str) -> Item:
    key = fingerprint(
        portrait=portrait.sha256, prompt=wish.prompt, prompt_optimizer=wish.prompt_optimizer, take=take
    )  # fmt: skip
    return Item(
        key=key,
        id=id_,
        name=name_pattern.replace("{id}", id_),
        portrait=portrait,
        prompt=wish.prompt,
        prompt_optimizer=wish.prompt_optimizer,
        take=take,
        tags=wish.tags,
        metadata=wish.metadata,
    )


def _stem(ref: str) -> str:
    if ref.startswith("data:"):
        return "portrait"
    return PurePosixPath(urlsplit(ref).path if "://" in ref else ref.replace("\\", "/")).stem


def _slug(text: str, most: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", latin(text)).strip("-")
    if len(words) <= most:
        return words
    return words[: most + 1].rsplit("-", 1)[0][:most].strip("-")
