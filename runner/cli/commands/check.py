"""`s2v check`: is the manifest sound, are its portraits acceptable, is there a key? Sends nothing."""

from __future__ import annotations

from ...core.purse import Purse
from ...errors import Exit
from ...report.text import counted
from ..args import Args
from ..calls import require_listener
from ..environment import environment
from ..offers import key_of
from ..planning import Prepared, prepared_for
from ..publishing import require_store
from ..screen import Screen
from ..target import tidy


def check(args: Args, screen: Screen) -> int:
    """Judge a manifest; problems are raised, all of them at once."""
    environ = environment(screen.environ, args.env_file)
    prepared = prepared_for(args, environ)
    path, shard = prepared.manifest.path, prepared.manifest.shard
    for each in prepared.offers:
        key_of(each, environ)
    require_listener(prepared.manifest, prepared.offers)
    require_store(prepared.manifest)
    items = prepared.plan.items
    portraits = len({item.portrait.sha256 for item in items}) if shard else prepared.pictures
    what = f"{path}, shard {shard}" if shard else str(path)
    screen.say(
        f"{what}: {counted(len(items), 'video')} from {counted(portraits, 'portrait')} "
        f"at {', '.join(prepared.manifest.route)}; no problem found, nothing was sent"
    )
    if cap := _empty_cap(prepared):
        prices = ", ".join(f"{each.price} at {each.name}" for each in prepared.offers)
        screen.say(f"{cap} pays for no video ({prices}): nothing can be bought until it is raised")
    if to := prepared.manifest.destination:
        screen.say(
            f"what counts is to be published to {to}, with the credentials that the AWS libraries find; the run folder "
            f"is {tidy(prepared.manifest.folder)}"
        )
    return Exit.OK


def _empty_cap(prepared: Prepared) -> Purse | None:
    """Return the manifest's budget where it is below the price of a video."""
    budget = Purse(prepared.manifest.limits.budget)
    return budget if all(budget.room(price) == 0 for price in prepared.prices) else None
