"""What a manifest asks for, as it was read: its wishes, its limits, its policies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from ..errors import Origin
from ..gates import Gates
from ..values import dataclass
from .amounts import Backoff, Money, Rate


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

    @property
    def waits_s(self) -> float:
        """Return how long a run waits at most for one item, if nothing else goes on."""
        return min(self.item_deadline_s, self.no_progress_s or float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """After how many rounds without a usable answer a provider counts as broken, and how long to pause in between.

    `max_resubmits` is how often an item is bought once more after a request of which nobody can tell what it made,
    where `in_doubt` is `resubmit`.
    """

    attempts: int = 4
    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=2.0, most_s=120.0))
    in_doubt: Literal["hold", "resubmit"] = "hold"
    max_resubmits: int = 1

    @property
    def resubmits(self) -> int:
        """Return how often an item that is in doubt is bought again at most, without being asked for."""
        return self.max_resubmits if self.in_doubt == "resubmit" else 0


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
    check_ids: bool | None = None
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

    `wishes()` streams the items anew on every call: inline items, then tables, then the matrix. `flawed()`, behind
    it, gives no more than the portraits of what is left out there because something else is wrong with it. `digest` is
    the SHA-256 of the manifest's own text. `route` is the providers in the order in which they are tried. `folder` is
    the run folder, `is_placed` whether it is named, `name_pattern` the target name of a video (`{id}.mp4`).
    `destination` is where finished videos are published beside the run folder, None for nowhere. With a `shard`,
    folder, destination and limits are that shard's. Beside the manifest's own text, the wishes depend on the bytes of
    `tables` and on `matched`, the portraits that its patterns found, alone.
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
    is_placed: bool = False
    callback: Callback | None = None
    tables: tuple[Path, ...] = ()
    matched: tuple[str, ...] = ()
    flawed: Callable[[], Iterable[Wish]] = tuple
    shard: Shard | None = None
    destination: Destination | None = None
