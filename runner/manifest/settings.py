"""From the sound head of a manifest to the typed settings: limits, retry, checks, providers, output."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from ..gates import Gates, IdentityGate, TechnicalGate
from ..model import Callback, CheckPolicy, Destination, Limits, Money, ProviderSettings, Rate, RetryPolicy, StopAfter
from ..network import is_loopback
from ..values import dataclass
from .flaws import Flaw
from .quantities import backoff, duration_s, money, rate
from .words import Path, shown

T = TypeVar("T")
_AUTO: Final = "auto"
_LISTEN: Final = "127.0.0.1:8765"
_PORT_MOST: Final = 65535
_STORE: Final = "s3://"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_=][A-Za-z0-9_.=-]*(?:/[A-Za-z0-9_=][A-Za-z0-9_.=-]*)*")
_PREFIX_MOST: Final = 500  # bytes; a whole key may have 1,024


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Reads values out of a head that has passed the schema; what only shows in the value goes to `flaws`."""

    value: dict[str, Any]
    flaws: list[Flaw]

    def read(self, path: Path, parse: Callable[[Any], T], default: T) -> T:
        """Return the parsed value at `path`, or `default` when there is none or it is refused."""
        value: Any = self.value
        for step in path:
            if step not in value:
                return default
            value = value[step]
        try:
            return parse(value)
        except ValueError as error:
            self.flaws.append(Flaw(path=path, message=str(error)))
            return default


def limits(head: Head) -> Limits:
    """Return the manifest's own limits."""
    plain = Limits()
    return Limits(
        in_flight=head.read(("limits", "in_flight"), int, None),
        rate=head.read(("limits", "rate"), rate, None),
        downloads=head.read(("limits", "downloads"), int, plain.downloads),
        budget=head.read(("limits", "budget"), money, None),
        item_deadline_s=head.read(("limits", "item_deadline"), duration_s, plain.item_deadline_s),
        no_progress_s=head.read(("limits", "no_progress"), duration_s, plain.no_progress_s),
        stop_after=_stop_after(head),
    )


def _stop_after(head: Head) -> StopAfter | None:
    failures = head.read(("limits", "stop_after", "failures"), int, None)
    share: float | None = head.read(("limits", "stop_after", "share"), float, None)
    return None if failures is None and share is None else StopAfter(failures=failures, share=share)


def retry(head: Head) -> RetryPolicy:
    """Return how tries are repeated."""
    plain = RetryPolicy()
    return RetryPolicy(
        attempts=head.read(("retry", "attempts"), int, plain.attempts),
        backoff=head.read(("retry", "backoff"), backoff, plain.backoff),
        in_doubt=head.read(("retry", "in_doubt"), _as_it_stands, plain.in_doubt),
        max_resubmits=head.read(("retry", "max_resubmits"), int, plain.max_resubmits),
    )


def checks(head: Head) -> CheckPolicy:
    """Return what a video must pass, and what becomes of one that does not."""
    plain = CheckPolicy()
    policy = CheckPolicy(
        full_decode=head.read(("checks", "decode"), lambda word: bool(word == "full"), plain.full_decode),
        gates=Gates(technical=_technical(head), identity=_identity(head)),
        on_fail=head.read(("checks", "on_fail"), _as_it_stands, plain.on_fail),
        max_retakes=head.read(("checks", "max_retakes"), int, plain.max_retakes),
    )
    if policy.on_fail == "retake" and not policy.max_retakes:
        what = "retake buys nothing without max_retakes, which says how many more videos an item may cost"
        head.flaws.append(
            Flaw(path=("checks", "on_fail"), message=what, hint="write max_retakes: 1, or on_fail: review")
        )
    return policy


def _technical(head: Head) -> TechnicalGate:
    path = ("checks", "technical")
    return TechnicalGate(
        min_seconds=head.read(("checks", "min_seconds"), float, None),
        max_seconds=head.read((*path, "max_seconds"), float, None),
        min_short_side=head.read((*path, "min_short_side"), int, None),
        min_fps=head.read((*path, "min_fps"), float, None),
        max_frozen=head.read((*path, "max_frozen"), float, None),
        max_black=head.read((*path, "max_black"), float, None),
        max_cuts=head.read((*path, "max_cuts"), int, None),
    )


def _identity(head: Head) -> IdentityGate | None:
    """Return by what faces are judged; a limit above the usual border of two people is that border itself."""
    plain = IdentityGate()
    if not isinstance(head.value.get("checks", {}).get("identity"), dict):
        return None
    return IdentityGate(
        max_distance=head.read(("checks", "identity", "max_distance"), float, plain.max_distance),
        min_coverage=head.read(("checks", "identity", "min_coverage"), float, plain.min_coverage),
    )


def providers(head: Head) -> dict[str, ProviderSettings]:
    """Return what is known better about each provider that the manifest names."""
    return {name: _provider(head, ("providers", name)) for name in head.value.get("providers", {})}


def route(head: Head) -> tuple[str, ...]:
    """Return the providers in the order in which they are tried."""
    named: str | list[str] = head.value.get("provider", "local")
    return (named,) if isinstance(named, str) else tuple(name for name in named if isinstance(name, str)) or ("local",)


def callback(head: Head) -> Callback | None:
    """Return where providers may call back, None when they are not asked to."""
    no_url: str | None = None
    url = head.read(("callback", "url"), _callback_url, no_url)
    host, port = head.read(("callback", "listen"), _address, _address(_LISTEN))
    return None if url is None else Callback(url=url, host=host, port=port)


def is_remote(folder: str) -> bool:
    """Return whether `output.dir` names a place in an object store."""
    return folder.startswith(_STORE)


def destination(head: Head) -> Destination | None:
    """Return where finished videos are published, None where `output.dir` is a folder of this machine."""
    folder: str = head.value.get("output", {}).get("dir", "")
    return head.read(("output", "dir"), _destination, None) if is_remote(folder) else None


def _destination(text: str) -> Destination | None:
    bucket, _, prefix = text.removeprefix(_STORE).removesuffix("/").partition("/")
    if not _BUCKET.fullmatch(bucket) or not _PREFIX.fullmatch(prefix) or len(prefix) > _PREFIX_MOST:
        raise ValueError(
            f"found {shown(text)}, expected s3://bucket/prefix: a bucket, and a prefix of letters, digits and _.=-"
        )
    return Destination(bucket=bucket, prefix=prefix)


def _provider(head: Head, path: Path) -> ProviderSettings:
    no_text: str | None = None
    no_seconds: float | None = None
    no_rate: Rate | None = None
    no_money: Money | None = None
    return ProviderSettings(
        base_url=head.read((*path, "base_url"), _base_url, no_text),
        key_env=head.read((*path, "key_env"), str, no_text),
        price=head.read((*path, "price"), money, no_money),
        rate=head.read((*path, "rate"), rate, no_rate),
        in_flight=head.read((*path, "in_flight"), int, None),
        poll_s=head.read((*path, "poll"), lambda word: None if word == _AUTO else duration_s(word), no_seconds),
        request_timeout_s=head.read((*path, "request_timeout"), duration_s, no_seconds),
        image=head.read((*path, "image"), _as_it_stands, None),
        endpoint=head.read((*path, "endpoint"), _as_it_stands, None),
        lookup_task_id=head.read((*path, "lookup_task_id"), _as_it_stands, None),
        check_ids=head.read((*path, "check_ids"), _as_it_stands, None),
        throttled=head.read((*path, "throttled"), _as_it_stands, None),
    )


def _as_it_stands(value: Any) -> Any:  # noqa: ANN401 - one of the words that the schema lists, or a truth value
    return value


def _base_url(text: str) -> str:
    """Return the URL of an API without a trailing slash, or say why a key must not travel to it."""
    try:
        url = urlsplit(text)
        host, _port = url.hostname or "", url.port
    except ValueError as error:
        raise ValueError(f"found {shown(text)}, expected a URL such as https://api.minimaxi.com") from error
    if "@" in url.netloc:
        raise ValueError("found a user or password in a URL, expected neither; keys are named by key_env")
    if url.scheme not in {"http", "https"} or not host or any(c.isspace() for c in text):
        raise ValueError(f"found {shown(text)}, expected a URL such as https://api.minimaxi.com")
    if "?" in text or "#" in text:
        raise ValueError(f"found {shown(text)}, expected a URL without query and fragment")
    if url.scheme == "http" and not is_loopback(host):
        raise ValueError(f"found {shown(text)}, expected https; a key never travels over plain http, but to loopback")
    return text.rstrip("/")


def _callback_url(text: str) -> str:
    """Return the URL without a trailing slash, or say why nobody is to be told it."""
    try:
        url = urlsplit(text)
        host, _port = url.hostname or "", url.port
    except ValueError as error:
        raise ValueError(f"found {shown(text)}, expected a URL such as https://example.org/s2v") from error
    if url.scheme == "http" and not is_loopback(host):
        raise ValueError(
            f"found {shown(text)}, expected https; on the way of plain http anybody could read the path of a submit"
        )
    return text.rstrip("/")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if int(port) > _PORT_MOST:
        raise ValueError(f"found port {port}, expected one from 0 (any that is free) to {_PORT_MOST}")
    return host.removeprefix("[").removesuffix("]"), int(port)
