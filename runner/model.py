"""The nouns of the program: manifest, portrait, item, job, verdict, artifact. Values only, no behaviour that decides.

Times are seconds since the Unix epoch (`float`), durations end in `_s`, sizes in bytes, money in millionths of a
currency unit. Everything is frozen, and tuples stand inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from .errors import Origin
from .gates import Gates

MODEL = "S2V-01"
MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount: `micros` millionths of one unit of `currency` (ISO 4217, or a provider's own such as PTC)."""

    micros: int
    currency: str

    def __str__(self) -> str:
        """Give `0.65 USD`: at least two decimals, more only when they are not zero."""
        whole, rest = divmod(abs(self.micros), MICROS)
        decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
        return f"{'-' if self.micros < 0 else ''}{whole}.{decimals} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `count` submits in any window of `window_s` seconds."""

    count: int
    window_s: float

    def __str__(self) -> str:
        """Give the form of a manifest: `5/1m`."""
        units = (("h", 3600.0), ("m", 60.0), ("s", 1.0))
        unit, length_s = next((each for each in units if self.window_s % each[1] == 0), ("ms", 0.001))
        return f"{self.count}/{self.window_s / length_s:.9g}{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses between tries: starts at `first_s`, doubles, never exceeds `most_s`."""

    first_s: float
    most_s: float


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
class Wish:
    """One portrait/prompt pair as the manifest asks for it, defaults filled, before takes are counted out.

    `portrait` is an absolute path, an http(s) URL or a data URL; `shown` is what the user wrote. `origin` is where the
    portrait stands, for the errors found later; `path` is the place in the document (`items[3]`).
    """

    id: str | None
    portrait: str
    shown: str
    prompt: str | None
    prompt_optimizer: bool
    takes: int
    tags: tuple[str, ...]
    metadata: Mapping[str, str | int | float | bool]
    origin: Origin
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAfter:
    """The stop-loss: how many items may fail, and which share of the finished ones; both must hold where both stand."""

    failures: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The manifest's own limits; None leaves it to the provider's traits. The tighter of the two holds."""

    in_flight: int | None = None
    rate: Rate | None = None
    downloads: int = 8
    budget: Money | None = None
    item_deadline_s: float = 3600.0
    no_progress_s: float | None = None
    stop_after: StopAfter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often one item is tried when a try provably cost nothing, and how long to pause in between."""

    attempts: int = 4
    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=2.0, most_s=120.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPolicy:
    """What a video must pass before it counts, and what becomes of one that does not.

    `max_retakes` is how many more videos an item may buy after a failed check, where `on_fail` is `retake`.
    """

    full_decode: bool = True
    gates: Gates = field(default_factory=Gates)
    on_fail: Literal["accept", "review", "retake"] = "review"
    max_retakes: int = 0

    @property
    def retakes(self) -> int:
        """Return how many videos an item may buy at most beside the first, without being asked for."""
        return self.max_retakes if self.on_fail == "retake" and self.gates.are_any else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """What the manifest's `providers:` block knows better than the built-in traits; None keeps the trait."""

    base_url: str | None = None
    key_env: str | None = None
    price: Money | None = None
    rate: Rate | None = None
    in_flight: int | None = None
    poll_s: float | None = None
    request_timeout_s: float | None = None
    image: Literal["string", "list"] | None = None
    endpoint: Literal["async", "plain", "image-to-video"] | None = None
    lookup_task_id: bool | None = None
    throttled: Literal["unknown", "refused"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Where providers may call back: `url` is what they are told, `host` and `port` where this program listens."""

    url: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of `count` disjoint parts of a manifest, for one machine of several; `index` counts from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        """Give the form that is typed: `1/4`."""
        return f"{self.index}/{self.count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A place in an object store, below which a run publishes what counts; `prefix` neither begins nor ends in `/`."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """Give the form of a manifest: `s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest that was read and found sound in form; its portraits are not yet looked at.

    `wishes()` streams the items anew on every call: inline items, then tables, then the matrix. `digest` is the SHA-256
    of the manifest's own text. `route` is the providers in the order in which they are tried. `folder` is the run
    folder, `name_pattern` the target name of a video (`{id}.mp4`). `destination` is where finished videos are published
    beside the run folder, None for nowhere. With a `shard`, folder, destination and limits are that shard's.
    Beside the manifest's own text, the wishes depend on the bytes of `tables` and on `matched`, the portraits that its
    patterns found, alone.
    """

    path: Path
    digest: str
    name: str
    route: tuple[str, ...]
    folder: Path
    name_pattern: str
    limits: Limits
    retry: RetryPolicy
    checks: CheckPolicy
    providers: Mapping[str, ProviderSettings]
    wishes: Callable[[], Iterator[Wish]]
    callback: Callback | None = None
    tables: tuple[Path, ...] = ()
    matched: tuple[str, ...] = ()
    shard: Shard | None = None
    destination: Destination | None = None


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


class Kind(StrEnum):
    """Why a provider said no, sorted by what follows from it."""

    RATE = "rate"  # too much at once: refused, back off, try again
    TRANSIENT = "transient"  # its own trouble: a paid call may still have been taken
    CONTENT = "content"  # the prompt, the picture or the video was refused for what it shows
    INPUT = "input"  # the request is wrong, and will be wrong again
    AUTH = "auth"  # the key, the account or the plan does not allow it
    QUOTA = "quota"  # no balance
    UNKNOWN = "unknown"  # nothing we know: the safe side is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A provider's no: its kind, its own code and words, and how long it asks us to wait."""

    kind: Kind
    code: str
    words: str
    retry_after_s: float | None = None

    def __str__(self) -> str:
        """Give the code and the provider's own words."""
        return f"{self.code}: {self.words}" if self.words else self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A paid job at a provider: what it takes to ask about it again, in this run or the next."""

    provider: str
    id: str
    file_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What the embedded service says of a film that it drew: which words of the prompt are shown, and by what code."""

    honoured: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a finished job says about its video; a provider gives a file id, or a link that lives until `expires_at`.

    `notes` come from the embedded service alone.
    """

    file_id: str | None = None
    url: str | None = None
    expires_at: float | None = None
    width: int | None = None
    height: int | None = None
    notes: Notes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Where the video can be fetched right now; links expire, so this is never stored."""

    url: str
    backup_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A whole file on disk: its size and digest as they came off the wire."""

    bytes_: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a video file really holds, after every frame was decoded (or the header alone, then `decoded` is False).

    `maker` is who made it by the file's own title; None where that says nothing known.
    """

    seconds: float
    width: int
    height: int
    fps: float
    frames: int
    codec: str
    has_audio: bool
    decoded: bool
    maker: Literal["animatic", "wan-vace"] | None = None
