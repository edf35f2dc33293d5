"""What each provider offers this run: its traits, after the manifest and the environment had their say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ...core.limits.bounds import Bounds
from ...dialects.registry import DIALECTS
from ...dialects.seam import Dialect, PollPace, Traits
from ...edge.account.claims import Terms
from ...edge.secret import Secret
from ...errors import ConfigError
from ...extras import require_local
from ...model import Manifest, Money, ProviderSettings, Rate
from ...network import is_loopback
from ...values import dataclass

LOCAL: Final = "local"
TIMEOUT_S: Final = 60.0  # for one answer of an API


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One provider as this run uses it: one host, and the one key that is for it.

    `embedded` means that it runs inside this very process. `key_host` is the host that the manifest names with a key of
    its own; None where it names no key, and the provider's usual one goes to whatever host is asked for. `learns` means
    that `poll` is only how asking after jobs begins.

    `account` is what all runs at the account have together: the whole of it also in a shard, and nothing of the
    manifest's own `limits`.
    """

    name: str
    dialect: Dialect
    base_url: str
    key_env: str | None
    price: Money | None
    rates: tuple[Rate, ...]
    in_flight: int | None
    own: Bounds
    poll: PollPace
    learns: bool
    timeout_s: float
    embedded: bool
    account: Terms
    key_host: str | None


def offer(name: str, manifest: Manifest, environ: Mapping[str, str], *, whole: Manifest | None = None) -> Offer:
    """Return what a provider offers; the environment's host wins over the manifest's, and the tighter limit holds.

    `whole` is the manifest of which `manifest` is a shard.
    """
    settings = manifest.providers.get(name, ProviderSettings())
    dialect = DIALECTS[name].tuned(settings)
    traits = dialect.traits
    named = settings.base_url or traits.base_url.value
    base_url = _root(environ.get(traits.host_env) or named, traits)
    terms = terms_of(name, manifest)
    own = Bounds.of(terms.in_flight, terms.rate)
    bounds = Bounds.of(manifest.limits.in_flight, manifest.limits.rate).within(own)
    return Offer(
        name=name,
        dialect=dialect,
        base_url=base_url,
        key_env=settings.key_env or traits.key_env,
        price=settings.price or traits.price.value,
        rates=bounds.rates,
        in_flight=bounds.in_flight,
        own=own,
        poll=_pace(settings, traits.poll.value),
        learns=settings.poll_s is None,
        timeout_s=settings.request_timeout_s or TIMEOUT_S,
        embedded=name == LOCAL and base_url == traits.base_url.value,
        account=terms if whole is None else terms_of(name, whole),
        key_host=None if settings.key_env is None else urlsplit(_root(named, traits)).hostname,
    )


def terms_of(name: str, manifest: Manifest) -> Terms:
    """Return what a provider allows one account: what the manifest knows of that, else what is known of everybody's."""
    settings, traits = manifest.providers.get(name, ProviderSettings()), DIALECTS[name].traits
    return Terms(
        rate=settings.rate or traits.rate.value,
        in_flight=settings.in_flight or traits.in_flight.value,
        unseen_s=traits.unseen_job_s.value,
    )


def key_of(offer: Offer, environ: Mapping[str, str]) -> Secret | None:
    """Return the key of a provider, None where none is needed; raise ConfigError when it cannot be used."""
    if offer.embedded:
        require_local("provider local")
        return None
    if offer.key_env is None:
        return None
    key = _read_key(offer.key_env, environ)
    if not key:
        raise ConfigError(
            f"no key for {offer.name}: set {offer.key_env}, or {offer.key_env}_FILE to a file that holds it "
            f"(or --env-file FILE); provider: local needs none"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(
            f"the key in {offer.key_env} holds blanks, line ends or other characters that no key has; copy it anew"
        )
    require_bare(offer)
    _require_safe(offer)
    _require_pair(offer)
    return Secret(key)


def key_note(offer: Offer) -> str:
    """Return what to look at when the key is refused: which key went where."""
    if offer.key_env is None:
        return ""
    note = offer.dialect.traits.key_note
    return f"{offer.base_url} was asked with the key in {offer.key_env}" + (f"; {note}" if note else "")


def _root(base_url: str, traits: Traits) -> str:
    """Return the URL under which the dialect's paths lie; a host alone is taken for https."""
    whole = base_url if "://" in base_url else f"https://{base_url}"
    return whole.rstrip("/").removesuffix(traits.base_tail)


def _pace(settings: ProviderSettings, pace: PollPace) -> PollPace:
    return pace if settings.poll_s is None else PollPace(first_s=settings.poll_s, every_s=settings.poll_s)


def _read_key(name: str, environ: Mapping[str, str]) -> str:
    if key := environ.get(name, "").strip():
        return key
    if not (path := environ.get(f"{name}_FILE")):
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the key file that {name}_FILE names cannot be read: {path} ({error})") from error


def require_bare(offer: Offer) -> None:
    """Refuse what the environment names as a host and the dialect's paths cannot stand behind; a manifest's is read."""
    if not _BARE.fullmatch(offer.base_url):
        traits = offer.dialect.traits
        raise ConfigError(
            f"{traits.host_env}: expected a URL such as {traits.base_url.value}, without user, query and fragment"
        )


_BARE: Final = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(:[0-9]*)?(/[^\s?#]*)?")


def _require_safe(offer: Offer) -> None:
    parts = urlsplit(offer.base_url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ConfigError(
            f"{offer.base_url} is not https: a key is sent over plain http only to this very machine; "
            f"use https in {offer.dialect.traits.host_env} or providers.{offer.name}.base_url"
        )


def _require_pair(offer: Offer) -> None:
    """Refuse to send a key that the manifest names for one host to another; on this very machine it is safe."""
    host = urlsplit(offer.base_url).hostname
    if offer.key_host not in {None, host} and not is_loopback(host or ""):
        variable = offer.dialect.traits.host_env
        raise ConfigError(
            f"{variable} names the host {host}, but the key in {offer.key_env} is for {offer.key_host}: a key goes to "
            f"its own host only; unset {variable}, or set providers.{offer.name}.base_url beside key_env"
        )
