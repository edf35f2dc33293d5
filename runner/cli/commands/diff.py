"""`s2v diff`: what a manifest asks for that its run folder does not know yet, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.plan.plan import Action, Line, Plan, lines
from ...edge.journal.journal import Journal
from ...errors import Exit
from ...report.text import counted
from ..args import Args
from ..environment import environment
from ..plan.known import KnownItems
from ..plan.planning import prepared_for
from ..plan.target import existing_folder_of
from ..screen import Screen


def diff(args: Args, screen: Screen) -> int:
    """Compare the manifest with the journal: what is new, changed, renamed, gone or back. Sends and writes nothing."""
    prepared = prepared_for(args, environment(screen.environ, args.env_file))
    with Journal.read(existing_folder_of(args)) as book:
        found = list(_differences(book, prepared.plan))
    if args.json:
        screen.give_json([{"id": id_, "change": word, "why": why} for id_, word, why in found])
        return Exit.OK
    for id_, word, why in found:
        screen.say(f"{id_}  {word}  {why}")
    screen.say(f"{counted(len(found), 'difference')} between {prepared.manifest.path} and its run folder")
    return Exit.OK


def _differences(book: Journal, plan: Plan) -> Iterator[tuple[str, str, str]]:
    renamed, kept = list[tuple[str, str, str]](), 0
    for line in lines(plan, KnownItems(book), price=None):
        _, _, is_wanted = book.glance(line.item.key) or ("", "", None)
        if is_wanted is None:
            yield line.item.id, line.word, line.why
        elif not is_wanted:
            yield line.item.id, "back", _back(line)
        elif line.action is Action.KEEP and line.why:
            renamed.append((line.item.id, "renamed", line.why))
        kept += bool(is_wanted)
    yield from renamed
    if kept != sum(book.counts().values()):
        yield from _gone(book, plan)


def _back(line: Line) -> str:
    """Return what becomes of an item that left the manifest and stands in it again."""
    return "its video comes back for nothing" if line.word == "done" else line.why or line.word


def _gone(book: Journal, plan: Plan) -> Iterator[tuple[str, str, str]]:
    ids, keys = {item.id for item in plan.items}, {item.key for item in plan.items}
    for state in (book.state(key) for key in book.wanted() if key not in keys):
        if state is not None and state.item.id not in ids:
            yield state.item.id, "gone", "its video moves to superseded/" if state.bought else "never bought"
