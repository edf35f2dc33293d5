"""`s2v diff`: what a manifest asks for that its run folder does not know yet, and the other way round."""

from __future__ import annotations

import json

from ...core.plan import Action, lines
from ...edge.journal import Journal
from ...errors import Exit
from ...report.text import counted
from ..args import Args
from ..environment import environment
from ..planning import prepared_for
from ..screen import Screen
from ..target import existing_folder_of


def diff(args: Args, screen: Screen) -> int:
    """Compare the manifest with the journal: new, changed, renamed and gone items. Sends and writes nothing."""
    prepared = prepared_for(args, environment(screen.environ, args.env_file))
    with Journal.read(existing_folder_of(args)) as book:
        known = {state.item.key: state for state in book.states()}
    told = lines(prepared.plan, known, price=None)
    ids, keys = {item.id for item in prepared.plan.items}, {item.key for item in prepared.plan.items}
    found = [(line.item.id, line.word, line.why) for line in told if line.item.key not in known]
    found += [(line.item.id, "renamed", line.why) for line in told if line.action is Action.KEEP and line.why]
    found += [
        (state.item.id, "gone", "its video moves to superseded/" if state.bought else "never bought")
        for state in known.values()
        if state.wanted and state.item.key not in keys and state.item.id not in ids
    ]
    if args.json:
        screen.give(json.dumps([{"id": id_, "change": word, "why": why} for id_, word, why in found], indent=2))
        return Exit.OK
    for id_, word, why in found:
        screen.say(f"{id_}  {word}  {why}")
    screen.say(f"{counted(len(found), 'difference')} between {prepared.manifest.path} and its run folder")
    return Exit.OK
