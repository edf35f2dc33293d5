"""The seam between a dialect and the engine: a flow *yields* `Call`s and is *sent* `Reply`s; others do the I/O.

    def poll(job: Job) -> Flow[Answer]:
        reply = yield Call(method="GET", path="/v1/query", query={"task_id": job.id})
        return ...

A dialect is a value of type `Dialect`: three flows and a record of traits. A flow never sees an exception of the wire;
when a call brings no reply, the engine drops the flow and sorts the error itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import field
from typing import Any, Final, Generic, Literal, TypeVar

from ..model import Download, Item, Job, Money, Output, Portrait, ProviderSettings, Rate, Verdict
from ..model import PortraitRules as PortraitRules  # noqa: PLC0414 - dialects say theirs, and find all they need here
from ..model import PromptRules as PromptRules  # noqa: PLC0414 - the same
from ..values import dataclass

T = TypeVar("T")

Mark = Literal["D", "P", "C", "I", "U"]
"""How sure a fact is: documented, probed, seen in client code, inferred, unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Generic[T]):
    """A trait with its source and how sure it is, so that a person can judge it and override it."""

    value: T
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPace:
    """When to ask: first after `first_s`, then every `every_s`; with `poll: auto` only until a run knows better."""

    first_s: float
    every_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the engine must know about a provider, as data; a manifest's `providers:` block overrides single values."""

    title: str
    base_url: Fact[str]
    host_env: str
    key_env: str | None
    """The environment variable that holds the key; None where no key is needed."""
    rate: Fact[Rate | None]
    in_flight: Fact[int | None]
    poll: Fact[PollPace]
    price: Fact[Money | None]
    job_s: Fact[float]
    """How long a job usually takes, from submit to video: for forecasts, and before a run knows better."""
    link_lifetime_s: Fact[float | None]
    job_lifetime_s: Fact[float | None]
    unseen_job_s: Fact[float]
    """How long a job that we cannot see (a submit in doubt) may occupy a slot at the provider."""
    portrait: Fact[PortraitRules]
    prompt: Fact[PromptRules]
    callback: Fact[bool]
    idempotent: Fact[bool]
    """Whether a repeated submit under the same key is promised to buy nothing twice."""
    base_tail: str = ""
    """An ending that many people's base URL has and that this provider's paths do not want."""
    key_note: str = ""
    """What is worth knowing when the key is refused."""
    judges_keys: Fact[bool] = Fact(value=False, source="none stated", mark="U")
    """Whether a question after a job is known to be refused under a wrong key, whichever job it is about.

    Then an answer of the provider's own that is no such refusal speaks for the key.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitSlot:
    """Stands in a call's body where the portrait goes; the wire puts the URL or the data URL there as it sends."""

    portrait: Portrait


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `body` is JSON, in which a `PortraitSlot` may stand for a string."""

    method: Literal["GET", "POST"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What goes with one submit beside the item itself; what a provider does not know stays None.

    `callback_url` is where the provider may tell of the job. `form` is one of the dialect's `forms`, None for the
    first of them. `retake` counts the videos of this item that a check or a person sent back.
    """

    idempotency_key: str | None = None
    callback_url: str | None = None
    form: str | None = None
    retake: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. `document` is the body parsed as JSON, or None when it is no JSON; `text` its beginning.

    Header names are in lower case; `retry_after_s` is the Retry-After header in seconds from now, whichever its form.
    """

    status: int
    headers: Mapping[str, str]
    document: Any
    text: str
    retry_after_s: float | None = None

    @property
    def is_success(self) -> bool:
        """Return whether its status is one of the 200s."""
        return self.status in _SUCCESSES


_SUCCESSES: Final = range(200, 300)


Flow = Generator[Call, Reply, T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A submit made a job."""

    job_id: str
    trace_id: str | None = None


OTHER_IDS: Final = frozenset({"task_id", "file_id"})
"""The codes of a no to an answer that names another job or file than the one asked after: no provider gave them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class No:
    """The provider said no; the verdict's kind says what that means for the step at hand.

    `other_form` says of a submit that the same order may be understood in another of the dialect's forms, and that this
    answer proves that no job was made.
    """

    verdict: Verdict
    other_form: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The job is not finished; `status` is the provider's own word, empty when it gave none."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The job is finished and names its video."""

    output: Output
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The job itself failed, or the provider does not know it any more."""

    verdict: Verdict
    status: str


Submitted = Taken | No
Progress = Pending | Made | Failed | No
Located = Download | No


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One provider's way of speaking.

    `forms` names the ways to put one and the same order, the surest first, where it is not known for certain which one
    the provider understands. `options` are those of the manifest's settings that only some dialects know and this one
    does; `tune` returns the dialect as they want it.
    """

    traits: Traits
    submit: Callable[[Item, Ticket], Flow[Submitted]]
    """Buy one video."""
    poll: Callable[[Job], Flow[Progress]]
    locate: Callable[[Job], Flow[Located]]
    """Give a fresh link to the video of a finished job. Free; may be called as often as needed."""
    forms: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    tune: Callable[[ProviderSettings], Dialect] | None = None

    def tuned(self, settings: ProviderSettings) -> Dialect:
        """Return this dialect as the manifest's settings want it."""
        return self if self.tune is None else self.tune(settings)
