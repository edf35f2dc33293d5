"""`s2v purge`: remove a person from a run folder and from exports, for good. Sends nothing."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ...core.life.identity import untold_id
from ...core.life.money import totals
from ...core.life.state import Index, Phase, State
from ...edge.account.accounts import state_home
from ...edge.disk.digest import digest_of
from ...edge.disk.holder import holder
from ...edge.disk.regular import is_file, say
from ...edge.folder.erasing import Erased
from ...edge.folder.owning import owned
from ...edge.folder.places import VIDEOS
from ...edge.journal.journal import Journal
from ...edge.portrait.portraits import BYTES_MOST
from ...edge.portrait.thumbs import FOLDER as THUMBS
from ...edge.portrait.thumbs import place_of
from ...edge.portrait.trouble import Trouble
from ...edge.portrait.url import decode_data, is_data, is_remote
from ...errors import Exit, FolderError, Halt, UsageError, UserError
from ...model import Destination
from ...report.text import counted, together
from .. import books
from ..args import Args
from ..aside import bugs, forget_bugs
from ..naming import named, pasted
from ..plan.barring import barred, is_pending, pending
from ..plan.target import existing_folder_of
from ..purge.purging import (
    NotAnew,
    Published,
    begin,
    files_with,
    finish,
    lift,
    noted,
    published_of,
    recipes_of,
    sharing_with,
    shown_before,
    shown_by,
    unpurged_beside,
)
from ..purge.unnaming import derived
from ..screen import Screen
from ..store.papers_online import WORDY

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def purge(args: Args, screen: Screen) -> int:
    """Say what would go, ask, and remove it; may be repeated, also after a death on the way."""
    folder = existing_folder_of(args)
    portrait = _portrait(args.portrait)
    if args.lift:
        return _lift(args, screen, folder, portrait)
    with Journal.read(folder) if args.dry_run else owned(folder) as book:
        recipes_of(folder, book, args.exports)
        shown, files = shown_by(book, portrait), files_with(folder, book, portrait)
        published = published_of(book, portrait)
        _foretell(screen, args, folder, portrait, shown=shown, files=files, derived=derived(book, portrait))
        _tell_of_others(screen, folder, book, portrait)
        if args.dry_run:
            _tell_of_stores(screen, book, published)
            if who := holder(folder):
                screen.tell(f"{folder} is held by another run ({who}): a purge is refused until that has ended")
        if args.dry_run or not _is_agreed(args, screen):
            screen.say("nothing was changed")
            return Exit.OK if args.dry_run else Exit.STOPPED
        _tell_of_stores(screen, book, published)
        screen.flush()  # the purge takes names away, and may be killed or find something in its way
        with _told_if_interrupted(book, screen):
            with noted(folder, book, screen.environ):
                begin(book, portrait, args.exports, time.time())
            found = _finished(folder, book, screen)
        _tell(args, screen, portrait, shown, found.files)
        store, is_empty = books.destination_of(book), not any(_counts(entry) for _, entry in book.index())
    _tell_what_is_left(screen, folder, found.linked, store, is_empty=is_empty)
    return Exit.OK


@contextmanager
def _told_if_interrupted(book: Journal, screen: Screen) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if is_pending(book.header):
            screen.tell("this purge is begun and not at its end: the same command goes on")
        raise


def _finished(folder: Path, book: Journal, screen: Screen) -> Erased:
    """Remove what a purge that was begun is to remove; tell that it is not at its end where something is in the way."""
    try:
        forget_bugs(screen.environ)
        return finish(folder, book)
    except NotAnew as error:
        raise NotAnew(
            f"{error}; all else is purged. next: mend that (a video: s2v fetch {pasted(folder)}, by a manifest without "
            "this portrait), then the same command again"
        ) from error
    except (UserError, Halt):
        screen.tell("this purge is begun and not at its end: when that is mended, the same command goes on")
        raise


def _portrait(given: str) -> str:
    """Return the digest of the portrait that is named: by a file, by a URL as the manifest has it, or by itself."""
    if is_remote(given):
        return hashlib.sha256(given.encode()).hexdigest()
    if is_data(given):
        return _within(given)
    try:
        if is_file(Path(given)):
            return digest_of(Path(given))
    except OSError as error:
        raise UsageError(f"--portrait: {given} {say(error)}") from error
    if _DIGEST.fullmatch(given.lower()):
        return given.lower()
    raise UsageError(
        f"--portrait: found '{given}', expected a file, an http(s) URL, or the SHA-256 of a portrait in 64 hex digits; "
        "results.jsonl has it as portrait_sha256"
    )


def _within(url: str) -> str:
    """Return the digest of the picture that a data URL holds; what it shows was judged when it was bought."""
    content = decode_data(url, bytes_most=BYTES_MOST)
    if isinstance(content, Trouble):
        raise UsageError(f"--portrait: {content.message}")
    return hashlib.sha256(content).hexdigest()


def _foretell(
    screen: Screen, args: Args, folder: Path, portrait: str, *, shown: list[State], files: int, derived: Sequence[str]
) -> None:
    lives = _lives(shown)
    before = f", {len(shown) - len(lives)} purged before" if len(lives) < len(shown) else ""
    screen.say(f"portrait {portrait[:12]}: {counted(len(lives), 'item')}{before}")
    for state in lives:
        screen.say(f"  {state.label}: {state.phase.replace('_', ' ')}")
    if derived:
        one = len(derived) == 1
        were, become = ("was", f"becomes {untold_id(derived[0])}") if one else ("were", "become purged-...")
        screen.say(f"  ids     {len(derived):,} {were} made of the portrait's name and the prompt, and {become}")
    spent = totals(*(money for state in shown for money in state.spent))
    if spent:
        screen.say(f"  spent   {together(spent)}, which stays booked")
    screen.say(f"  files   {files:,} in the run folder")
    for place, count in Counter(path.parent for path in bugs(screen.environ)).items():
        of, go = ("a bug", "it goes") if count == 1 else ("bugs", "they go")
        screen.say(f"  logs    {count} of {of} in {place}, which may tell of this person: {go}, too")
    if args.exports:
        screen.say(f"  exports {len(args.exports):,} to be made anew")
    if not shown:
        screen.tell(
            f"nothing in {folder} was ever made from this portrait, and a portrait is known by its bytes: the same "
            "picture saved anew is another one; results.jsonl has the portrait_sha256 of each item"
        )


def _tell_of_others(screen: Screen, folder: Path, book: Journal, portrait: str) -> None:
    for state in sharing_with(book, portrait):
        same = "its file is, byte for byte, one of these, and stays: it may show this person"
        screen.say(f"  same    {state.label}: {same}")
    for place, digest, count in shown_before(book, portrait):
        was = f"{counted(count, 'item')} {'was' if count == 1 else 'were'} made of another picture in {place}"
        command = f"s2v purge {pasted(folder)} --portrait {digest}"
        screen.say(f"  before  {was}, which may show this person: {command}")
    if books.older_words(folder, book, screen.environ):
        newest = (
            "the newest one, wherever it lies by now, keeps this person: purge that, too, by the same command there"
        )
        screen.say(f"  older   {folder} is an older copy: {newest}")
    try:
        others = [*unpurged_beside(folder, book, portrait, state_home(screen.environ))]
    except FolderError as error:  # a purge goes on all the same
        screen.say(f"  beside  whether a copy of {folder} has this portrait, too, is not known: {error}")
        others = [*unpurged_beside(folder, book, portrait, None)]
    for other in others:
        screen.say(f"  beside  {other} has this portrait, too, or may: s2v purge {pasted(other)} --portrait {portrait}")


def _lives(shown: list[State]) -> list[State]:
    return [state for state in shown if state.phase is not Phase.PURGED]


def _is_agreed(args: Args, screen: Screen) -> bool:
    if args.yes:
        return True
    if not screen.answers:
        raise UsageError("a purge cannot be undone: add --yes; nothing was changed")
    return screen.ask("remove all of it for good?")


def _tell(args: Args, screen: Screen, portrait: str, shown: list[State], files: int) -> None:
    items = counted(len(_lives(shown)), "item")
    screen.say(f"purged: {items} emptied, {counted(files, 'file')} removed, the reports written anew")
    if args.exports:
        screen.say(f"  {counted(len(args.exports), 'export')} made anew; export.json lists what is gone by digest")
    screen.say("  not reached: copies and backups elsewhere, and what providers keep")
    screen.say("  signed copies in other folders go with the next s2v provenance sign into them")
    screen.say(f"next: take the portrait out of the manifest, which s2v run refuses with it ({portrait[:12]})")


def _counts(entry: Index) -> bool:
    return entry.wanted and entry.phase != Phase.PURGED


def _tell_what_is_left(screen: Screen, folder: Path, linked: int, store: Destination | None, *, is_empty: bool) -> None:
    if store:
        screen.say(
            f"then: s2v fetch {pasted(folder)}   # puts the documents there anew, the copy of the journal among them"
        )
    if store and is_empty:  # a manifest of nobody is refused, and so is its fetch
        screen.say("  with nobody else in the manifest no fetch can: delete these, which hold words of the person:")
        for name in WORDY:
            screen.say(f"    {store}/{name}")
    if linked:
        screen.tell(
            f"{counted(linked, 'video')} had another link: an export that was not named? repeat with --export DIR; a "
            "run folder that was merged with this one has a purge of its own"
        )


def _tell_of_stores(screen: Screen, book: Journal, published: Published) -> None:
    """Say what a run may have published of a person, for s2v deletes nothing in a store."""
    stores, current = books.destinations_of(book), books.destination_of(book)
    if not stores or not (published.own or published.taken or not published.is_all):
        return
    screen.say("  still in the store, as far as it was published; delete it there:")
    for store in stores:
        _tell_of_store(screen, str(store), published, is_current=store == current)
    if published.taken:
        screen.say(f"    but keep what shows somebody else, whose name it is by now: {', '.join(published.taken)}")


def _tell_of_store(screen: Screen, store: str, published: Published, *, is_current: bool) -> None:
    for name in (*published.own, *published.taken):
        screen.say(f"    {store}/{VIDEOS}/{name}, and the .json beside it")
    if not published.is_all:
        screen.say(
            f"    what an earlier purge named, whose names are gone: each video in {store}/{VIDEOS} beside which a "
            f".json has portrait sha256 {published.portrait}"
        )
    screen.say(f"    {store}/{place_of(Path(THUMBS), published.portrait)}")
    if not is_current:
        screen.say(f"    {store}/state.db and the reports beside it, which no run puts there anew")


def _lift(args: Args, screen: Screen, folder: Path, portrait: str) -> int:
    with owned(folder) as book:
        if portrait not in barred(book.header):
            raise UsageError(f"portrait {portrait[:12]} was not purged from {folder}")
        if portrait in pending(book.header)[0]:
            raise UsageError(
                f"the purge of portrait {portrait[:12]} is not at its end, and would take what is bought meanwhile: "
                f"first s2v purge {pasted(folder)} --portrait {portrait} --yes"
            )
        if args.dry_run:
            screen.say("nothing was changed")
            return Exit.OK
        count = lift(book, portrait, time.time())
    screen.say(f"lifted: {counted(count, 'item')} may be bought again, for money; what was purged stays gone")
    screen.say(f"next: s2v plan {named(args)}")
    return Exit.OK
