"""Cleaning of text that others wrote, one function for each kind of reader, and the few forms that we write ourselves.

`visible` is for eyes (terminal, Markdown): nothing invisible gets through. The others keep what was written, as far as
their format can hold it: a prompt in `results.csv` is still the prompt.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from math import ceil
from typing import Final

from ..core.sums.tally import without_queries
from ..model import MICROS, Money
from .facts import Foretold

_JOINERS: Final = frozenset(
    "\u200c\u200d\u00a0\u202f\u3000"
)  # hold emoji, Persian words and numbers together; harmless
_MARKDOWN: Final = re.compile(r"[\\`*_{}\[\]<>|#!~&$]")
_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_CI_COMMAND: Final = re.compile(r"^\s*:(?=:)|#(?=#\w*\[)")  # ::error::  ##[error]  ##vso[task.complete]
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_CSV: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 -- a spreadsheet reads the wide signs as formulae too


def visible(text: str) -> str:
    r"""Return the text with every control, bidirectional or otherwise invisible character written out (`\x1b`)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _JOINERS else _written_out(c) for c in text)


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def inert(line: str) -> str:
    """Return the line with a space in whatever a CI system would take for a command, wherever in the line it stands."""
    return _CI_COMMAND.sub(lambda found: f"{found[0]} ", line)


def plain_line(text: str) -> str:
    """Return one line for a terminal or a log: nothing invisible, no secret of a link, no command for a CI system."""
    return inert(visible(without_queries(text)))


def clipped(text: str, most: int) -> str:
    """Return at most `most` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def markdown(text: str) -> str:
    """Return one line that Markdown and HTML show as it was written, also inside a table cell."""
    return _MARKDOWN.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), visible(text))


def code_span(text: str) -> str:
    """Return a code span that can stand in a table; for words without a backtick, such as ids and commands."""
    shown = visible(text).replace("|", "\\|")
    return f"`{shown}`" if "`" not in shown else markdown(text)


def csv_cell(text: str) -> str:
    """Return what may stand in a CSV cell: never a formula, no control characters but tab and line ends."""
    cell = text if text.isprintable() else _NOT_CSV.sub(lambda found: _written_out(found[0]), text)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def xml_text(text: str) -> str:
    """Return the text escaped for XML, without the characters that XML cannot hold."""
    return html.escape(_NOT_XML.sub("", text), quote=True).replace("\r", "&#13;")


def xml_attribute(text: str) -> str:
    """Return the text for an attribute between double quotes; line ends survive the reader."""
    return xml_text(text).replace("\n", "&#10;").replace("\t", "&#9;")


def json_line(document: object) -> str:
    """Return one line of JSON in plain ASCII: any terminal, locale and line reader can take it, and nothing is lost.

    `##` is spelled so that no CI system hears a command in it; in JSON a `#` stands within strings alone.
    """
    return _LINE(document).replace("##", r"\u0023\u0023")


_LINE: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(", ", ": ")).encode


def iso(at: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC with milliseconds, as `2026-01-31T09:30:00.000Z`."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def amount(money: Money) -> Decimal:
    """Return the exact number of currency units, with at least two decimals."""
    return _units(money.micros)


@lru_cache(maxsize=256)  # a run knows few prices, and shows each of them for every item
def _units(micros: int) -> Decimal:
    exact = Decimal(micros) / MICROS
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact.normalize()


def counted(count: int, noun: str) -> str:
    """Return `1 video`, `2 videos`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_of(shown: Sequence[str], count: int) -> str:
    """Return what is `shown` of so many: `a, b, ...`."""
    return ", ".join(shown) + (", ..." if count > len(shown) else "")


def some_of(shown: Sequence[str], count: int) -> str:
    """Return what is `shown` of so many, and how many more there are: `a, b and 3 more`."""
    more = count - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def together(purse: tuple[Money, ...], *, unpriced: int = 0) -> str:
    """Return amounts in several currencies as one phrase, never added up, beside what `unpriced` items cost."""
    known = " + ".join(str(money) for money in purse)
    unknown = f"the unknown price of {counted(unpriced, 'item')}" if unpriced else ""
    return " and ".join(filter(None, (known, unknown))) or "nothing"


def foretold(forecast: Foretold) -> str:
    """Return a forecast, and what came of it: `about 41 min (9 in 10 within 47 min); it took 43 min`."""
    half, most = round(forecast.p50_s), round(forecast.p90_s)
    told = f"about {lasting(half)}" if half else _MOMENT
    told += f" (9 in 10 within {lasting(most)})" if most else ""
    if forecast.took_s is None:
        return told
    told += f"; it took {lasting(forecast.took_s) if round(forecast.took_s) else _MOMENT}"
    return f"{told}, {_part(forecast.ratio)} of that" if half and forecast.ratio is not None else told


_MOMENT: Final = "less than 1 s"


def _part(ratio: float) -> str:
    return f"{ratio:.0%}" if round(ratio, 2) else "less than 1%"


def sized(bytes_: int) -> str:
    """Return a size in the unit that matters, as `26 kB`, `2.1 MB` or `3.0 GB`; what is there is never nought."""
    if bytes_ <= 999_000:  # noqa: PLR2004 -- more would be told as 1,000 kB
        return f"{ceil(bytes_ / 1e3)} kB"
    is_small = bytes_ < 999_950_000  # noqa: PLR2004 -- more would be told as 1,000.0 MB
    return f"{bytes_ / 1e6:.1f} MB" if is_small else f"{bytes_ / 1e9:,.1f} GB"


def lasting(seconds: float) -> str:
    """Return a length of time in the units that matter: `40 s`, `1 min 35 s`, `4 min`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 -- seconds in a minute
        return f"{whole} s"
    if 5 <= (rest := 5 * round((whole - 60) / 5)) < 60:  # noqa: PLR2004 -- a minute is half of what is told as two
        return f"1 min {rest} s"
    minutes = round(whole / 60)
    if minutes < 60:  # noqa: PLR2004 -- minutes in an hour
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
