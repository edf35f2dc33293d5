"""`s2v check`: is the manifest sound, are its portraits acceptable, is there a key? Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.limits.purse import Purse
from ...errors import Exit, InputError, Problem, UserError, Warnings
from ...manifest import parse
from ...report.text import counted
from ...values import replace
from ..args import Args
from ..environment import environment
from ..naming import tidy
from ..plan.flaws import flaws_document, tell_warnings
from ..plan.offers import key_of
from ..plan.planning import Prepared, prepared_for
from ..run.calls import require_listener
from ..screen import Screen
from ..store.door import require_store


def check(args: Args, screen: Screen) -> int:
    """Judge a manifest; problems are raised, all of them at once."""
    prepared = None
    try:
        environ = environment(screen.environ, args.env_file)
        prepared = prepared_for(args, environ)
        _require_usable(prepared, environ)
    except UserError as error:
        if args.json:
            _give(args, screen, prepared, error)
        if prepared is not None:
            tell_warnings(screen, prepared.warnings)
        raise
    tell_warnings(screen, prepared.warnings)
    if args.json:
        _give(args, screen, prepared, None)
    else:
        _say(screen, prepared)
    return Exit.OK


def _require_usable(prepared: Prepared, environ: Mapping[str, str]) -> None:
    """Raise ConfigError where a key, a port or a store that the manifest needs cannot be used."""
    for each in prepared.offers:
        key_of(each, environ)
    require_listener(prepared.manifest, prepared.offers)
    require_store(prepared.manifest)


def _say(screen: Screen, prepared: Prepared) -> None:
    path, shard = prepared.manifest.path, prepared.manifest.shard
    what = f"{path}, shard {shard}" if shard else str(path)
    screen.say(
        f"{what}: {counted(len(prepared.plan.items), 'video')} from {counted(_portraits(prepared), 'portrait')} "
        f"at {', '.join(prepared.manifest.route)}; no problem found, nothing was sent"
    )
    if told := _empty_cap(prepared):
        screen.say(f"{told}: nothing can be bought until it is raised")
    if to := prepared.manifest.destination:
        screen.say(
            f"what counts is to be published to {to}, with the credentials that the AWS libraries find; the run folder "
            f"is {tidy(prepared.manifest.folder)}"
        )


def _portraits(prepared: Prepared) -> int:
    is_part = prepared.manifest.shard is not None
    return len({item.portrait.sha256 for item in prepared.plan.items}) if is_part else prepared.pictures


def _empty_cap(prepared: Prepared) -> str | None:
    """Return in words that the manifest's budget is below the price of a video, where it is."""
    budget = Purse(prepared.manifest.limits.budget)
    if any(budget.room(price) != 0 for price in prepared.prices):
        return None
    prices = ", ".join(f"{each.price} at {each.name}" for each in prepared.offers)
    return f"{budget} pays for no video ({prices})"


def _give(args: Args, screen: Screen, prepared: Prepared | None, error: UserError | None) -> None:
    """Print one document, whatever was found."""
    head = {"version": 1, "manifest": str(prepared.manifest.path if prepared else args.target)}
    warnings = error.warnings if isinstance(error, InputError) else _warnings(prepared)
    document = head | flaws_document(error, warnings) | {"plan": _plan(prepared) if prepared else None}
    screen.give_json(document)


def _warnings(prepared: Prepared | None) -> Warnings:
    """Return what is to be told beside the problems, a cap that pays for nothing among it."""
    if prepared is None:
        return Warnings()
    told, warnings = _empty_cap(prepared), prepared.warnings
    if told is None:
        return warnings
    origin = parse.place(prepared.manifest.path, ("limits", "budget"))
    cap = Problem(origin=origin, path="limits.budget", message=told, hint="nothing can be bought until it is raised")
    return replace(warnings, kept=(*warnings.kept, cap), count=warnings.count + 1)


def _plan(prepared: Prepared) -> dict[str, Any]:
    manifest = prepared.manifest
    return {
        "name": manifest.name,
        "videos": len(prepared.plan.items),
        "portraits": _portraits(prepared),
        "providers": list(manifest.route),
        "shard": str(manifest.shard) if manifest.shard else None,
        "folder": str(tidy(manifest.folder)),
        "destination": str(manifest.destination) if manifest.destination else None,
    }
