"""Where providers call back to a run: opened before its first submit, closed after its last step."""

from __future__ import annotations

import importlib.util
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ..edge.callbacks.mailbox import Mailbox
from ..edge.callbacks.paths import Paths
from ..edge.journal import Journal
from ..edge.wire import Secret
from ..engine.ports import Observer
from ..errors import ConfigError
from ..model import Manifest
from .offers import Offer

SECRET: Final = "callback_secret"  # noqa: S105 - the name of a row in the journal's header


def are_heard(manifest: Manifest, offers: Sequence[Offer]) -> bool:
    """Return whether somebody is asked to call back: the manifest wants it, and a provider knows how to."""
    return manifest.callback is not None and any(each.dialect.traits.callback.value for each in offers)


def require_listener(manifest: Manifest, offers: Sequence[Offer]) -> None:
    """Raise ConfigError when calls are wanted and what listens for them is not installed."""
    if are_heard(manifest, offers) and importlib.util.find_spec("uvicorn") is None:
        raise ConfigError("callback needs uvicorn: pip install 's2v-runner[callbacks]', or remove it from the manifest")


@contextmanager
def hearing(
    manifest: Manifest, book: Journal, offers: Sequence[Offer], *, tell: Sequence[Observer]
) -> Iterator[Mailbox | None]:
    """Listen while the context lasts, and give the box for what is heard; None when nobody is asked to call.

    Raise ConfigError when the port cannot be had.
    """
    if manifest.callback is None or not are_heard(manifest, offers):
        yield None
        return
    from ..edge.callbacks.listener import listening  # noqa: PLC0415 - a run that hears nobody needs no web server

    asked = manifest.callback
    paths = Paths(asked.url, str(book.header["run_id"]), _secret_of(book))
    mailbox = Mailbox(paths)
    with listening(paths, mailbox, host=asked.host, port=asked.port) as port:
        for observer in tell:
            observer.said(f"listening on {asked.host}:{port} for calls to {asked.url}")
        yield mailbox


def _secret_of(book: Journal) -> Secret:
    """Return the secret of this run folder, made once, so that a path stays good over every restart."""
    if SECRET not in book.header:
        book.set_header(**{SECRET: secrets.token_hex(32)})
    return Secret(book.header[SECRET])
