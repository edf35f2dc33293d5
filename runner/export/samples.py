"""What a data set says of one video: a literal table of columns, one type each, the same in every form of export.

No column is ever null. Loaders infer types from what they see, and a split in which nobody has a licence would differ
in its types from the others; an empty text says that nothing is known. Money is text, which no reader rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ..core.life.lifecycle import Outcome
from ..core.sums.tally import Row
from ..model import Clip
from ..report.labels import label_of
from ..report.text import iso, json_line, together
from ..values import dataclass

Cell = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its one type, where its value comes from, and what it means, as data cards say it."""

    name: str
    type: type[Cell]
    value: Callable[[Row], Cell]
    words: str


def exported(rows: Iterable[Row]) -> Iterator[Row]:
    """Give the rows that a data set holds: what is done and stands in the manifest."""
    return (row for row in rows if row.state is Outcome.DONE and row.counts)


def named(row: Row, *names: str) -> str:
    """Return the first of these keys that the metadata of an item has, as text; empty without any."""
    return next((told(row.metadata[name]) for name in names if name in row.metadata), "")


def told(value: str | float | bool) -> str:  # noqa: FBT001 - any value of the metadata
    """Return a value of the metadata as text: `true`, `0.5`, or the text itself."""
    return sound(value) if isinstance(value, str) else json_line(value)


def sound(text: str) -> str:
    """Return text that every encoding can hold: half a surrogate pair, which is no character, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def licence(row: Row) -> str:
    """Return under which licence the manifest puts a video; empty where it does not say."""
    return named(row, *LICENCE)


def consent(row: Row) -> str:
    """Return what the manifest says of the consent of the person shown; empty where it says nothing."""
    return named(row, CONSENT)


def video_name(row: Row) -> str:
    """Return the path of a video beside its metadata."""
    return f"videos/{row.id}.mp4"


def cells(row: Row, columns: Iterable[Column]) -> dict[str, Cell]:
    """Return the values of these columns, by name."""
    return {column.name: column.value(row) for column in columns}


def sha256_of(row: Row) -> str:
    """Return the digest of a finished video."""
    assert row.sha256 is not None
    return row.sha256


def bytes_of(row: Row) -> int:
    """Return the size of a finished video."""
    assert row.bytes_ is not None
    return row.bytes_


def _clip(row: Row) -> Clip:
    assert row.checks is not None
    return row.checks


def _others(row: Row) -> str:
    metadata = {
        sound(key): sound(value) if isinstance(value, str) else value for key, value in sorted(row.metadata.items())
    }
    used = {CONSENT, next((name for name in LICENCE if name in metadata), "")}
    return json_line({key: value for key, value in metadata.items() if key not in used})


LICENCE: Final = ("licence", "license")  # keys of the metadata, the first that is there
CONSENT: Final = "consent"

COLUMNS: Final = (
    Column("id", str, lambda row: row.id, "the item's id in the manifest"),
    Column("prompt", str, lambda row: sound(row.prompt or ""), "the prompt as it was sent"),
    Column("prompt_optimizer", bool, lambda row: row.prompt_optimizer, "whether the provider was free to rewrite it"),
    Column("model", str, lambda row: row.model, "the model that was asked for"),
    Column("provider", str, lambda row: row.provider or "", "who made the video"),
    Column("job_id", str, lambda row: sound(row.job_id or ""), "the job there"),
    Column(
        "kind",
        str,
        lambda row: label_of(row.provider, row.checks).kind,
        "generated, or animatic: a placeholder",
    ),
    Column(
        "ai_generated",
        bool,
        lambda row: label_of(row.provider, row.checks).ai_generated,
        "false for a placeholder",
    ),
    Column("take", int, lambda row: row.take, "the number of the video among those of one portrait and prompt"),
    Column("seconds", float, lambda row: float(_clip(row).seconds), "length in seconds"),
    Column("width", int, lambda row: _clip(row).width, "pixels"),
    Column("height", int, lambda row: _clip(row).height, "pixels"),
    Column("fps", float, lambda row: float(_clip(row).fps), "frames in a second"),
    Column("frames", int, lambda row: _clip(row).frames, "number of frames"),
    Column("codec", str, lambda row: _clip(row).codec, "video codec"),
    Column("audio", bool, lambda row: _clip(row).has_audio, "whether there is sound"),
    Column("bytes", int, bytes_of, "size of the file"),
    Column("sha256", str, sha256_of, "SHA-256 of the file"),
    Column("portrait_sha256", str, lambda row: row.portrait_sha256, "SHA-256 of the portrait that was sent"),
    Column("accepted", str, lambda row: iso(row.accepted_at) or "", "when the provider took the job, UTC"),
    Column("finished", str, lambda row: iso(row.finished_at) or "", "when the video was made, UTC"),
    Column("cost", str, lambda row: together(row.cost) if row.cost else "", "what all its jobs cost, with currency"),
    Column("licence", str, licence, "licence, as the manifest says"),
    Column("consent", str, consent, "consent of the person shown, as the manifest says"),
    Column("tags", str, lambda row: sound(" ".join(row.tags)), "the manifest's tags, blanks between them"),
    Column("metadata", str, _others, "all other metadata of the manifest, as a JSON object"),
)

FILE_COLUMNS: Final = (Column("file_name", str, video_name, "the video, relative to this table"), *COLUMNS)
"""The columns of a table that stands beside the videos."""
