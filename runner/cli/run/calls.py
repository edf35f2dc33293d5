"""Where providers call back to a run: opened before its first submit, closed after its last step."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...core.life.state import Phase
from ...edge.callbacks.paths import Paths, Submit
from ...edge.journal.header import CALLBACK_SECRET, CALLBACKS_MERGED
from ...edge.journal.journal import Journal
from ...edge.secret import Secret
from ...engine.ports import Observer
from ...events import Intended
from ...extras import require_packages
from ...model import Manifest
from ..plan.offers import Offer

if TYPE_CHECKING:
    from ...edge.callbacks.mailbox import Mailbox


def are_heard(manifest: Manifest, offers: Sequence[Offer]) -> bool:
    """Return whether somebody is asked to call back: the manifest wants it, and a provider knows how to."""
    return manifest.callback is not None and any(each.dialect.traits.callback.value for each in offers)


def require_listener(manifest: Manifest, offers: Sequence[Offer]) -> None:
    """Raise ConfigError when calls are wanted and what listens for them is not installed."""
    if are_heard(manifest, offers):
        require_packages(["uvicorn"], extra="callbacks", who="callback", otherwise="remove it from the manifest")


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
    from ...edge.callbacks.listener import listening  # noqa: PLC0415 - a run that hears nobody needs no web server
    from ...edge.callbacks.mailbox import Mailbox  # noqa: PLC0415 - the same

    asked = manifest.callback
    paths = Paths(asked.url, book.run_id, _secret_of(book), _merged(book))
    mailbox = Mailbox(paths)
    with listening(paths, mailbox, host=asked.host, port=asked.port) as port:
        for observer in tell:
            observer.said(f"listening on {asked.host}:{port} for calls to {asked.url}")
        yield mailbox


def _secret_of(book: Journal) -> Secret:
    """Return the secret of this run folder, made once, so that a path stays good over every restart."""
    if CALLBACK_SECRET not in book.header:
        book.set_header(**{CALLBACK_SECRET: secrets.token_hex(32)})
    return Secret(book.header[CALLBACK_SECRET])


def merged_in(books: Iterable[Journal]) -> str:
    """Return what the header is to say of requests to which providers may yet answer by a call, empty without any.

    JSON: by the id of each run its secret, and by the key of each item the attempt and when it was made.
    """
    told: dict[str, Any] = {}
    for book in books:
        theirs = json.loads(book.header.get(CALLBACKS_MERGED) or "{}")
        if CALLBACK_SECRET in book.header and (asked := dict(_unanswered(book))):
            theirs[book.run_id] = {"secret": book.header[CALLBACK_SECRET], "asked": asked}
        for run_id, each in theirs.items():  # one run has several folders where one is a copy of the other
            told.setdefault(run_id, {**each, "asked": {}})["asked"].update(each["asked"])
    return json.dumps(told, sort_keys=True) if told else ""


def _unanswered(book: Journal) -> Iterator[tuple[str, tuple[int, float | None]]]:
    for state in book.states_in([Phase.IN_DOUBT, Phase.FAILED]):
        if state.calls_back and state.job_id is None:
            yield state.item.key, (state.attempt, state.intended_at)


def _merged(book: Journal) -> Mapping[Submit, Secret]:
    """Return the requests of merged runs that are told here and mistaken for no other, each with its run's secret."""
    return {
        (run_id, key, str(attempt)): Secret(told["secret"])
        for run_id, told in json.loads(book.header.get(CALLBACKS_MERGED) or "{}").items()
        for key, (attempt, at) in told["asked"].items()
        if run_id != book.run_id and _made(book, key, attempt) == [at]
    }


def _made(book: Journal, key: str, attempt: int) -> list[float]:
    """Return when the requests of an item that bear this number were made; two runs may each have made one."""
    facts = book.history(key)
    return [fact.at for fact in facts if isinstance(fact.event, Intended) and fact.event.attempt == attempt]
