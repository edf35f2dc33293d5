"""The traits of the embedded local service, which speaks MiniMax's dialect and promises more than MiniMax does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..model import Item, Money
from .seam import Fact, PollPace, PortraitRules, PromptRules, Traits

_HERE: Final = "the embedded service"


def traits(portrait: PortraitRules) -> Traits:
    """Return the local traits; `portrait` are the rules of the provider whose dialect is spoken."""
    return Traits(
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
            value=replace(portrait, remote=False),
            source="as MiniMax, so that a manifest can move there; the service works offline and fetches nothing",
            mark="D",
        ),
        prompt=Fact(value=PromptRules(), source="as MiniMax", mark="D"),
        callback=Fact(value=False, source=_HERE, mark="D"),
        idempotent=Fact(value=True, source=f"{_HERE}: the key is committed with the job", mark="D"),
    )


def seed(item: Item) -> Mapping[str, Any]:
    """Return the extra field that tells takes apart: the same item renders the same video, another take another."""
    return {"seed": item.take}
