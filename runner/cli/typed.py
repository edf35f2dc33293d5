"""The values that flags take, read from what was typed; a wrong one is said as argparse says it (exit 2)."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final

from ..core.limits.steering import Adjust, flaw
from ..errors import UsageError
from ..executors.choosing import Maker, chosen
from ..export.splits import Split, split_of
from ..manifest.quantities import duration_s, rate
from ..manifest.words import nearest
from ..model import MICROS, Rate, Shard

SERVED: Final = ("minimax", "vapi", "ai302", "modellix")
CHANGES: Final = {"in_flight": "4", "rate": "2/1m", "downloads": "8"}
"""What can be changed about a run while it goes on, each with an example."""
MONEY: Final = frozenset({"budget", "max_cost", "max-cost", "--max-cost"})
PAUSE_LEAST_S: Final = 0.1
LINK_LEAST_S: Final = 1.0
SUFFIX: Final = ".prom"  # the node exporter reads no other file
_SHARD: Final = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")
_SIZE: Final = re.compile(r"([0-9]{1,9}) ?(MB|GB)")
_UNITS: Final = {"MB": 1_000_000, "GB": 1_000_000_000}
_PICTURE: Final = re.compile(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})")
SIDE: Final = 16  # pixels; the model draws in blocks of that size
_AMOUNT: Final = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")


def words(text: str) -> str:
    """Return a text in any language as it was typed, in UTF-8, also where the locale's own encoding is another one."""
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeError:
        if text.isprintable():  # as the locale reads it
            return text
        raise argparse.ArgumentTypeError("found bytes that are no text, expected UTF-8") from None


def item_id(text: str) -> str:
    """Return the id of an item, or a pattern of ids."""
    return _not_empty(text, "the id of an item, such as wink-1")


def tag(text: str) -> str:
    """Return a tag of items, in any language."""
    return words(_not_empty(text, "a tag that items of the manifest have"))


def code(text: str) -> str:
    """Return the code of a failure."""
    return _not_empty(text, "the code of a failure, such as 1026, as s2v status tells it")


def host(text: str) -> str:
    """Return an address to listen on; an empty one would be all of this machine's."""
    return _not_empty(text, "an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them")


def _not_empty(text: str, expected: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(f"found '{text}', expected {expected}")
    return text


def positive(text: str) -> int:
    """Return a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found '{text}', expected a whole number above 0")
    return int(text)


def executor(text: str) -> Maker:
    """Return what makes an executor, such as local=4."""
    with _said_by_argparse():
        return chosen(text)


def shard(text: str) -> Shard:
    """Return a part of a plan, such as 1/4."""
    match = _SHARD.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise argparse.ArgumentTypeError(f"found '{text}', expected i/n, such as 1/4 for the first of four")
    return Shard(index=int(match[1]), count=int(match[2]))


def port(text: str) -> int:
    """Return the number of a port, 0 for any free one."""
    if not text.isdecimal() or int(text) > 65_535:  # noqa: PLR2004 - the highest port
        raise argparse.ArgumentTypeError(f"found '{text}', expected a port from 0 to 65535")
    return int(text)


def exposure(text: str) -> int | Path:
    """Return a port, written as :9464, or a file that the textfile collector reads."""
    if text.startswith(":"):
        return port(text[1:])
    if not text.endswith(SUFFIX):
        raise argparse.ArgumentTypeError(f"found '{text}', expected a file NAME{SUFFIX}, or a port such as :9464")
    return Path(text)


def picture_size(text: str) -> tuple[int, int]:
    """Return the width and height of a generated picture in pixels, such as 832x480."""
    match = _PICTURE.fullmatch(text)
    if match is None or int(match[1]) % SIDE or int(match[2]) % SIDE:
        raise argparse.ArgumentTypeError(f"found '{text}', expected WIDTHxHEIGHT, both multiples of {SIDE} px: 832x480")
    return int(match[1]), int(match[2])


def frames(text: str) -> int:
    """Return the number of frames of a generated video, such as 81."""
    if not text.isdecimal() or int(text) % 4 != 1:
        raise argparse.ArgumentTypeError(f"found '{text}', expected a multiple of 4, and 1 more: 81 are 5.1 s")
    return int(text)


def seconds(text: str) -> float:
    """Return a duration such as 90s, in seconds."""
    with _said_by_argparse():
        return duration_s(text)


def pause_s(text: str) -> float:
    """Return a pause such as 2s, in seconds; long enough that waiting is most of the time."""
    return _at_least(PAUSE_LEAST_S, text)


def link_s(text: str) -> float:
    """Return for how long a link works, in seconds: 0 would be none, and its end is told in whole ones."""
    return _at_least(LINK_LEAST_S, text)


def _at_least(least_s: float, text: str) -> float:
    found = seconds(text)
    if found < least_s:
        raise argparse.ArgumentTypeError(f"found '{text}', expected at least {least_s:g}s")
    return found


def submit_rate(text: str) -> Rate:
    """Return a rate such as 5/1m."""
    try:
        found = rate(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found '{text}', expected a rate such as 5/1m") from error
    if found.count < 1 or found.window_s <= 0:
        raise argparse.ArgumentTypeError(f"found '{text}', expected at least one submit, in some time")
    return found


def change(text: str) -> tuple[str, int | Rate]:
    """Return a limit of a running run and what it is to be, such as in_flight=4."""
    name, sign, value = text.partition("=")
    if name in MONEY:
        raise argparse.ArgumentTypeError(
            f"{name} cannot be set from outside: money needs the manifest, or --max-cost of the next run"
        )
    if not sign or name not in CHANGES:
        known = ", ".join(f"{each}={example}" for each, example in CHANGES.items())
        near = nearest(name, CHANGES)
        hint = f"did you mean {near}?" if near else f"known are {known}"
        raise argparse.ArgumentTypeError(f"found '{text}', expected LIMIT=VALUE ({hint})")
    try:
        limit = submit_rate(value) if name == "rate" else positive(value)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error}") from error
    if wrong := flaw(Adjust(**{name: limit})):  # type: ignore[arg-type]  # the line above pairs name and type
        raise argparse.ArgumentTypeError(wrong)
    return name, limit


def split(text: str) -> Split:
    """Return the sides of a data set and their shares."""
    with _said_by_argparse():
        return split_of(text)


def size(text: str) -> int:
    """Return a size such as 500MB, in bytes."""
    match = _SIZE.fullmatch(text)
    bytes_ = int(match[1]) * _UNITS[match[2]] if match else 0
    if bytes_ < _UNITS["MB"]:
        raise argparse.ArgumentTypeError(f"found '{text}', expected a size of at least 1MB, such as 500MB or 1GB")
    return bytes_


def micros(text: str) -> int:
    """Return an amount in millionths of its unit."""
    whole = Decimal(text) * MICROS if _AMOUNT.fullmatch(text) else Decimal("0.5")
    if whole != whole.to_integral_value():
        raise argparse.ArgumentTypeError(f"found '{text}', expected an amount such as 0.65")
    return int(whole)


def price(text: str) -> tuple[str, int]:
    """Return a provider and its price of a job, in millionths of its unit."""
    name, sign, amount = text.partition("=")
    if not sign or name not in SERVED:
        raise argparse.ArgumentTypeError(f"found '{text}', expected NAME=AMOUNT, where NAME is {' or '.join(SERVED)}")
    return name, micros(amount)


@contextmanager
def _said_by_argparse() -> Iterator[None]:
    """Let argparse say what is wrong with a value, in the words of whoever reads it."""
    try:
        yield
    except (UsageError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
