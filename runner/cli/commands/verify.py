"""`s2v verify`: hash and decode every video anew and hold it against the journal; changes nothing.

Nobody is asked but the object store, where the run publishes to one.
"""

from __future__ import annotations

from pathlib import Path

from ...core.life.state import SHELVED, index_of
from ...edge.journal.journal import Journal
from ...edge.journal.state_file import FILE
from ...errors import Exit, FolderError
from ...executors.local import LocalExecutor, usual_workers
from ...report.text import counted
from ..args import Args
from ..environment import environment
from ..merge.duplicates import duplicates_told
from ..naming import named
from ..plan.barring import is_half_purged
from ..plan.target import existing_folder_of
from ..rechecking import rechecked
from ..screen import Screen
from ..store.stored import show_badly, stored_badly


def verify(args: Args, screen: Screen) -> int:
    """Return 0 when every video with a name is the one that was checked; with --journal, when the books agree too."""
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        if is_half_purged(book.header):
            raise FolderError(
                f"a purge of {folder} was cut off: s2v run {named(args)} finishes it, or the same s2v purge"
            )
        if args.journal:
            items = _verify_journal(book)
            if not args.json:
                place = folder / FILE
                screen.say(f"{counted(items, 'item')} in {place}: the journal is whole and agrees with itself")
        done = (state for state in book.states() if state.phase in SHELVED)
        workers = usual_workers()
        count, bad = rechecked(folder, book, done, LocalExecutor(workers), most=workers)
        if not args.json:
            _show(screen, args, folder, count, bad)  # whatever the store says, or does not
        if same := duplicates_told(book):
            screen.tell(same)
        lacking, unknown = stored_badly(screen, book, environment(screen.environ, args.env_file))
    if args.json:
        told = {"videos": count, "bad": bad | (lacking or {})}
        screen.give_json(told | ({"store_unknown": unknown} if unknown else {}))
    elif lacking is not None:
        show_badly(screen, folder, lacking)
    if unknown:
        screen.warn(f"s2v: not known how the videos stand in the store: {unknown}")
    return Exit.FAILED if bad or lacking else Exit.PROVIDER if unknown else Exit.OK


def _show(screen: Screen, args: Args, folder: Path, count: int, bad: dict[str, str]) -> None:
    for path, reason in bad.items():
        screen.say(f"{folder / path}: {reason}")
    if bad:
        screen.say(f"{len(bad)} of {counted(count, 'video')} {'is' if len(bad) == 1 else 'are'} not what was checked")
        screen.say(f"next: s2v fetch {named(args)}   # brings them home again, keeps what lies there, and buys nothing")
    else:
        screen.say(f"{counted(count, 'video')} in {folder}: every one is whole and the one that was checked")


def _verify_journal(book: Journal) -> int:
    """Look at every page of the file, read and fold every event, compare with the index, and return how many items."""
    items = 0
    book.examine()
    for key, entry in book.index():
        items += 1
        state = book.state(key)
        if state is None or index_of(state) != entry:
            raise _at_odds(f"the index of item '{entry.id}' does not follow from its events")
    if book.is_miscounted():
        raise _at_odds("the tally of the items does not follow from their index")
    if stray := book.stray():
        raise _at_odds(f"item {stray} has events and stands in no index")
    return items


def _at_odds(what: str) -> FolderError:
    return FolderError(f"{what}; the events are the truth: keep a copy of state.db and report this as a bug")
