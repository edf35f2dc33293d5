"""`s2v explain`: one item's whole story, from the manifest to the file, as its journal tells it."""

from __future__ import annotations

import json

from ...core.state import State
from ...core.tally import row
from ...edge.journal import Journal
from ...errors import Exit
from ...report.document import event_line, item_document
from ...report.story import told
from ...report.text import inert, iso, visible
from ..args import Args
from ..choosing import keys_of_ids
from ..screen import Screen
from ..target import existing_folder_of


def explain(args: Args, screen: Screen) -> int:
    """Tell what happened to each item that is named."""
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        for key in keys_of_ids(book, args.ids):
            state = book.state(key)
            assert state is not None
            if args.json:
                screen.give(json.dumps(_document(book, state), indent=2, ensure_ascii=True))
            else:
                _tell(screen, book, state)
    return Exit.OK


def _tell(screen: Screen, book: Journal, state: State) -> None:
    item = state.item
    screen.say(f"{state.label}: {row(state).state.replace('_', ' ')}")
    screen.say(f"  portrait  {visible(row(state).portrait)} (sha256 {item.portrait.sha256[:12]})")
    screen.give(f"  prompt    {'none' if item.prompt is None else inert(visible(item.prompt))}")
    for stamped in book.history(item.key):
        screen.say(f"  {iso(stamped.at)}  {told(stamped.event)}")


def _document(book: Journal, state: State) -> dict[str, object]:
    events = [json.loads(event_line(state, stamped)) for stamped in book.history(state.item.key)]
    return {**item_document(row(state)), "events": [{k: e[k] for k in ("at", "event", "facts")} for e in events]}
