"""The traits of the embedded local service, which speaks MiniMax's dialect and promises more than MiniMax does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..model import Item, Money, Notes
from .seam import Fact, PollPace, PromptRules, Ticket, Traits
from .shapes import PORTRAIT, mapping

_HERE: Final = "the embedded service"


TRAITS: Final = Traits(
    title="local animatic",
    base_url=Fact(value="http://s2v.invalid", source="in process: no socket is opened", mark="D"),
    host_env="S2V_LOCAL_HOST",
    key_env=None,
    rate=Fact(value=None, source=_HERE, mark="D"),
    in_flight=Fact(value=8, source=f"{_HERE}: renders one clip for each core, queues the rest", mark="D"),
    poll=Fact(value=PollPace(first_s=0.5, every_s=0.5), source=_HERE, mark="D"),
    price=Fact(value=Money(micros=0, currency="USD"), source=_HERE, mark="D"),
    job_s=Fact(value=24.0, source="measured on 2 cores: 6 s of one core for a clip, 8 in flight", mark="P"),
    link_lifetime_s=Fact(value=3600.0, source=_HERE, mark="D"),
    job_lifetime_s=Fact(value=None, source=f"{_HERE}: kept in the run folder", mark="D"),
    unseen_job_s=Fact(value=0.0, source="a repeated submit finds its job by its idempotency key", mark="D"),
    portrait=Fact(
        value=replace(PORTRAIT, remote=False),
        source="as MiniMax, so that a manifest can move there; the service works offline and fetches nothing",
        mark="D",
    ),
    prompt=Fact(value=PromptRules(), source="as MiniMax", mark="D"),
    callback=Fact(value=False, source=_HERE, mark="D"),
    idempotent=Fact(value=True, source=f"{_HERE}: the key is committed with the job", mark="D"),
)

TAKES_MOST: Final = 1_000
"""No item has so many takes; beyond them begin the seeds of the videos that are made in place of one that failed."""
_LITERAL: Final = 2**40
"""Where the seeds begin of prompts that are to be taken as they stand: to this service any prompt is, so that the two
would be one film, and the second be found to be a file that another job brought, too."""


def seed(item: Item, ticket: Ticket) -> Mapping[str, Any]:
    """Return the field that tells films apart: the same item renders the same one, another take or retake another."""
    return {"seed": item.take + ticket.retake * TAKES_MOST + (0 if item.prompt_optimizer else _LITERAL)}


_WORDS_MOST: Final = 200  # of a prompt of 2000 characters
_WORD: Final = 200  # characters of each


def notes(told: Mapping[str, Any]) -> Notes | None:
    """Return what the service says of the film that it drew, None where it says nothing."""
    said = mapping(told.get("animatic"))
    if not said:
        return None
    parts = {**mapping(said.get("libraries")), **mapping(said.get("models")), "engine": said.get("engine")}
    versions = {name[:_WORD]: version[:_WORD] for name, version in parts.items() if isinstance(version, str)}
    return Notes(honoured=_words(said.get("honoured")), ignored=_words(said.get("ignored")), versions=versions)


def _words(said: object) -> tuple[str, ...]:
    listed = said if isinstance(said, list) else []
    return tuple(word[:_WORD] for word in listed[:_WORDS_MOST] if isinstance(word, str))
