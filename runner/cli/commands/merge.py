"""`s2v merge`: put run folders together, as those of a manifest's shards. Sends nothing, only reads the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ...core.life.state import State
from ...core.plan.shard import missing
from ...edge.account.accounts import state_home
from ...edge.disk.files import UNFENCED
from ...edge.disk.lock import held, note_epoch, note_leases, noted_epoch, noted_leases, still, union
from ...edge.disk.regular import RENAMED, is_folder, is_spelled, is_there
from ...edge.folder.whereabouts import lease_place, refuse_older
from ...edge.journal.header import CALLBACKS_MERGED, MANIFEST, NAME, PURGED, RUN_ID, SHARDS, STORES
from ...edge.journal.journal import Journal
from ...edge.journal.state_file import is_run_folder, no_run_folder
from ...errors import Exit, FolderError, UsageError
from ...model import Shard
from ...report.text import counted, together, visible
from .. import books, reporting
from ..args import Args
from ..merge.bringing import bring
from ..merge.duplicates import duplicates_told
from ..merge.merging import Conflict, Folder, Joint, barred_in, header_of, join, shards_of, stranded, unpurged, write
from ..naming import pasted
from ..outcome import show_summary
from ..plan import plan_lock
from ..plan.barring import is_half_purged
from ..plan.sharding import shard_of
from ..run.calls import merged_in
from ..screen import Screen

_SHOWN: Final = 50  # conflicts told one by one


def merge(args: Args, screen: Screen) -> int:
    """Put the sources together in the destination, which may hold a run already."""
    folder = args.target
    _require_apart([folder, *args.sources])
    _require_spelled([folder, *args.sources])
    with ExitStack() as stack:
        sources = [_opened(stack, source) for source in args.sources]
        here = _destination(stack, folder)
        _require_one_run(here, sources)
        _require_purged(here, sources)
        joint = join([here, *sources], both=args.keep_both)
        if isinstance(joint, list):
            other_way = _other_way(here, sources, both=args.keep_both)
            raise FolderError("\n".join([*_refusal(joint, both=args.keep_both), *other_way]))
        _require_finished(joint)
        if args.dry_run:
            screen.say(f"{_news(joint)} in {folder} by this merge; nothing was written")
            return Exit.OK
        _merge(screen, stack, joint, here)
    return Exit.OK


def _merge(screen: Screen, stack: ExitStack, joint: Joint, here: Folder) -> None:
    """Let the destination learn it all, then bring the videos that it tells of by now.

    The order is for money: whoever lacks what is merged may buy it again. So all copies so far are noted as older ones
    before the first fact is written, and the newest purchase, which they lack, behind the last one.
    """
    folder, sources = here.path, joint.folders[1:]
    plan, told = joint.plan(), shards_of(joint.folders)
    home = state_home(screen.environ) if _may_be_paid(joint) else None
    if home:
        _require_newest(home, joint.folders)
    book = _opened_to_write(stack, here)
    lease = home and lease_place(home, folder, book, merged=_copies_of(book, sources))
    _write_facts(joint, book, here, told)
    note_leases(folder, union(noted_leases(each.path) for each in (*sources, here)))
    if lease:
        lease.bought()
    shelf, files = books.shelf_of(folder, book), books.files_of(book)
    shelf.prepare()
    counts = bring(sources, book, shelf)
    plan_lock.write_lock(folder, plan, files)
    summary = reporting.write_reports(book, folder, files)
    screen.say(f"{_news(joint)} in {folder} from {counted(len(sources), 'folder')}; {_videos(counts)}")
    for shard in missing(told):
        screen.tell(f"shard {shard} is not in it: s2v run would buy anew what that bought")
    if same := duplicates_told(book):
        screen.tell(same)
    show_summary(screen.say, summary, books.facts_here(book, folder, is_own=False), folder)


def _may_be_paid(joint: Joint) -> bool:
    """Return whether what is merged may have cost money: a run that may buy notes a lease in its folder."""
    return joint.is_news and any(noted_leases(each.path) for each in joint.folders if each.book)


def _require_newest(home: Path, folders: Sequence[Folder]) -> None:
    """Raise FolderError where a source was put back from an older copy, and no other one has what it lacks."""
    told = [(each.path, each.book) for each in folders if each.book]
    for path, book in told:
        if path != folders[0].path:
            refuse_older(home, path, book, others=told)


def _copies_of(book: Journal, sources: Sequence[Folder]) -> list[tuple[Path, Journal]]:
    """Return the sources that have the very journal of the destination, which may lack what they bought."""
    return [(each.path, each.book) for each in sources if each.book and each.book.run_id == book.run_id]


def _opened_to_write(stack: ExitStack, here: Folder) -> Journal:
    """Return the destination's journal, of an epoch of its own; raise FolderError where a run was quicker to begin."""
    UNFENCED.make_folder(here.path)
    if here.book is None:
        stack.enter_context(held(here.path))
    book = stack.enter_context(Journal.create_or_open(here.path, least_epoch=noted_epoch(here.path)))
    note_epoch(here.path, book.epoch)
    if here.book is None and book.last_seq():
        raise FolderError(f"a run began in {here.path} meanwhile; nothing was merged, try again")
    return book


def _write_facts(joint: Joint, book: Journal, here: Folder, told: Sequence[Shard]) -> None:
    """Write all that is new, with the header, in one commit."""
    was_run = MANIFEST in book.header
    header = _header(joint, told) | ({} if was_run else header_of(joint.folders[1:], here.path))
    if joint.is_news or not was_run:
        write(joint, book, header)
    elif header.items() - book.header.items():
        book.set_header(**header)  # a shard that holds no item is merged, too


def _header(joint: Joint, told: Sequence[Shard]) -> dict[str, str]:
    """Return what the destination's header is to say of all the folders."""
    header = {SHARDS: " ".join(map(str, told)), PURGED: barred_in(joint.folders)}
    if stores := books.stores_in(each.header for each in joint.folders):
        header[STORES] = stores
    if requests := merged_in(each.book for each in joint.folders if each.book):
        header[CALLBACKS_MERGED] = requests
    return header


def _require_apart(folders: Sequence[Path]) -> None:
    seen: dict[Path, Path] = {}
    for folder in folders:
        if (other := seen.setdefault(folder.resolve(), folder)) is not folder:
            raise UsageError(f"{other} and {folder} are the same folder; name each once")


def _require_spelled(folders: Sequence[Path]) -> None:
    for folder in folders:
        if not is_spelled(folder):
            raise FolderError(f"the path of {folder} is no UTF-8, so that no journal can tell of it; {RENAMED}")


def _opened(stack: ExitStack, folder: Path) -> Folder:
    """Open a source, whole and sound, and keep every run out of it."""
    if not is_run_folder(folder):
        raise no_run_folder(folder)
    stack.enter_context(still(folder))
    book = stack.enter_context(Journal.read(folder, is_still=True))
    book.examine()
    if MANIFEST not in book.header:
        raise FolderError(f"nothing was run yet in {folder}; leave it out, or run its manifest first")
    return Folder(path=folder, book=book, shelf=books.shelf_of(folder, book))


def _destination(stack: ExitStack, folder: Path) -> Folder:
    if is_there(folder) and not is_folder(folder):
        raise UsageError(
            f"{folder} is no folder, and is named as the place to merge into; name the folder of the whole run first: "
            "s2v merge DESTINATION SOURCE ..."
        )
    if not is_run_folder(folder):
        return Folder(path=folder, book=None)
    stack.enter_context(held(folder))
    book = stack.enter_context(Journal.read(folder))
    book.examine()
    if shard := shard_of(book.header):
        raise UsageError(f"{folder} is the folder of shard {shard}; merge into one of its own, that of the whole run")
    return Folder(path=folder, book=book)


def _require_one_run(here: Folder, sources: Sequence[Folder]) -> None:
    """Raise UsageError for runs of two names, unless one folder is a copy of the other, whose manifest was renamed."""
    told = [(folder.path, folder.header) for folder in (here, *sources)]
    (first, known), *others = [(path, header) for path, header in told if header.get(NAME)]
    for path, header in others:
        if header[NAME] != known[NAME] and header[RUN_ID] != known[RUN_ID]:
            raise UsageError(
                f"{first} is a run of '{known[NAME]}' and {path} one of '{header[NAME]}'; merge runs of one name"
            )


def _require_purged(here: Folder, sources: Sequence[Folder]) -> None:
    for path in (each.path for each in (here, *sources) if is_half_purged(each.header)):
        raise FolderError(
            f"a purge of {path} was cut off, so that it still has videos of who was purged; nothing was written: "
            f"s2v run {pasted(path)} finishes it, or the same s2v purge"
        )
    for portrait, purged, other in unpurged([here, *sources]):
        raise FolderError(
            f"a person was purged from {purged} and not from {other}, which would bring them back; nothing was "
            f"written: s2v purge {pasted(other)} --portrait {portrait}"
        )


def _require_finished(joint: Joint) -> None:
    for path, state in stranded(joint):
        raise FolderError(
            f"'{state.label}' in {path} is not finished, and only the embedded service in that folder has its job; "
            f"bring it to its end first: s2v run {pasted(path)}"
        )


def _other_way(here: Folder, sources: Sequence[Folder], *, both: bool) -> Iterator[str]:
    """Say which of the folders can take up the others, where the one that was named cannot."""
    folders = [here, *sources] if here.book else list(sources)
    for into in sources:
        others = [each for each in folders if each is not into]
        if not shard_of(into.header) and isinstance(join([into, *others], both=both), Joint):
            command = " ".join(pasted(each.path) for each in (into, *others))
            yield f"the other way round nothing stands against it: s2v merge {command}{' --keep-both' * both}"
            return


def _refusal(conflicts: Sequence[Conflict], *, both: bool) -> list[str]:
    lines = [f"{counted(len(conflicts), 'item')} cannot be merged; nothing was written:"]
    for conflict in conflicts[:_SHOWN]:
        told = "; ".join(f"{path}: {_standing(state)}" for path, state in conflict.told)
        lines.append(f"  {conflict.id}: {conflict.why} ({told})")
    if (more := len(conflicts) - _SHOWN) > 0:
        lines.append(f"  ... and {more} more")
    if not both and any(conflict.remedy == "keep both" for conflict in conflicts):
        lines.append(
            "where both were bought, both are paid for: --keep-both counts them, and keeps the later video in its "
            "place and the other among the superseded"
        )
    if any(conflict.remedy == "one word" for conflict in conflicts):
        lines.append(
            "where a video was kept in one folder and rejected in another, merge the folder with the right word first; "
            "--keep-both then lets the word of the destination stand"
        )
    if named := [conflict for conflict in conflicts if conflict.remedy == "one manifest"]:
        folders = dict.fromkeys(pasted(path) for conflict in named for path, _ in conflict.told)
        lines.append(
            "where one name stands for two videos, the folders are of two versions of the manifest: bring each up to "
            f"today's, which renames and buys nothing: {', '.join(f's2v fetch {folder}' for folder in folders)}"
        )
        if any(len({state.item.portrait.sha256 for _, state in conflict.told}) > 1 for conflict in named):
            lines.append(
                "where a portrait's file was replaced under its name, that takes s2v run in place of s2v fetch, and "
                "buys what is new"
            )
    return lines


def _standing(state: State) -> str:
    job = f", job {state.job_id} at {state.provider}" if state.job_id else ""
    cost = f", {together(state.spent)}" if state.spent else ""
    return visible(f"{state.phase.replace('_', ' ')}{job}{cost}")


def _news(joint: Joint) -> str:
    if not joint.added:
        return f"{counted(len(joint.alone), 'item')} new"
    new = f"{counted(len(joint.alone), 'item')} new and " if joint.alone else ""
    return f"{new}{counted(len(joint.added), 'item')} with news"


def _videos(counts: Counter[str]) -> str:
    told = [f"{counted(counts['came'], 'video')} brought"]
    if counts["aside"]:
        told.append(f"{counts['aside']} of a second purchase kept in superseded/")
    if counts["missing"]:
        told.append(
            f"{counts['missing']} missing or changed in its folder, which the next run fetches again for nothing"
        )
    return ", ".join(told)
