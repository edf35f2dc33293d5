"""`s2v provenance`: content credentials in signed copies of the videos, and what the credentials of a file say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import Any

from ...core.life.identity import untold_id
from ...core.life.state import Phase, State
from ...edge.disk.files import UNFENCED, refuse_link
from ...edge.disk.regular import is_file, is_folder, is_there
from ...edge.folder.erasing import SIGNED
from ...edge.folder.parts import clear_parts
from ...edge.folder.shelf import Shelf
from ...edge.journal.journal import Journal
from ...edge.video.credentials import Credential, NotSigned, Signer, TakenAway, pem_file, read_credential, require_c2pa
from ...errors import Exit, Halt, UsageError
from ...events import Accepted, Planned, Settled
from ...report.credential import ACTIONS, FACTS, credential, facts_of
from ...report.facts import RunFacts
from ...report.labels import label_called
from ...report.text import counted
from ...values import dataclass
from .. import books
from ..args import Args
from ..naming import named
from ..plan.target import existing_folder_of
from ..screen import Screen


def sign(args: Args, screen: Screen) -> int:
    """Sign a copy of every finished video; the delivered file, whose digest stands in the journal, is only read."""
    require_c2pa()
    folder = existing_folder_of(args)
    out = args.signed_to or folder / SIGNED
    _require_apart(out, folder)
    signer = Signer(args.cert, args.key)
    UNFENCED.make_folder(out)
    with Journal.read(folder) as book:
        run, shelf = books.facts(book), books.shelf_of(folder, book)
        clear_parts(out, book.run_id)
        bench = _Bench(book=book, run=run, shelf=shelf, signer=signer, out=out)
        gone = bench.clear(book.keys_in([Phase.PURGED]))
        ends = Counter(bench.copy(state, screen, args) for state in _finished(book))
    before = f", {ends[_End.KEPT]} signed before" if ends[_End.KEPT] else ""
    screen.say(f"{counted(ends[_End.SIGNED], 'video')} signed into {out}{before}; the delivered files are as they were")
    if gone:
        copies = "copy" if gone == 1 else "copies"
        screen.say(f"{gone:,} {copies} of who was purged removed from {out}")
    return Exit.FAILED if ends[_End.BAD] else Exit.OK


def _require_apart(out: Path, folder: Path) -> None:
    """Raise UsageError for a place in the run folder but the one that is meant for copies, FolderError for a link."""
    if is_there(out) and not is_folder(out):
        raise UsageError(f"{out} is no folder; name another one with --out")
    if out.absolute() == (folder / SIGNED).absolute():
        refuse_link(out)
    elif out.resolve().is_relative_to(folder.resolve()) and out.resolve() != folder.resolve() / SIGNED:
        raise UsageError(
            f"{out} is inside the run folder, where delivered videos are never changed and copies go into "
            f"{folder / SIGNED} alone; leave --out away, or name another folder"
        )


class _End(Enum):
    """What became of one copy."""

    SIGNED = auto()
    KEPT = auto()  # it is there already, and says the same
    BAD = auto()  # there can be none, as was said
    PURGED = auto()  # while others were signed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """Where copies are signed, one by one."""

    book: Journal
    run: RunFacts
    shelf: Shelf
    signer: Signer
    out: Path

    def clear(self, keys: Iterable[str]) -> int:
        """Remove the copies of items that were purged, under all names that they had; return how many there were."""
        names = {key: self._names(key) for key in keys}
        known = {self.out / name for each in names.values() for name in each}
        if any(untold_id(key) in name for key, each in names.items() for name in each):  # who knows how it was called
            known.update(self.out.glob("[!.]*.mp4"))
        found = [target for target in sorted(known) if self._is_copy(target, names)]
        for target in found:
            UNFENCED.remove(target)
        return len(found)

    def _is_copy(self, target: Path, names: Mapping[str, set[str]]) -> bool:
        """Return whether a file is the copy of one of these items, under a name that the item had.

        Of a name that a purge took away the copy itself tells the id in it.
        """
        copy = _copy_at(target)
        key, id_ = self._made_of(copy), _fact(copy, "item")
        if key is None or id_ is None or key not in names:
            return False
        return any(target.name in {each, each.replace(untold_id(key), id_)} for each in names[key])

    def _names(self, key: str) -> set[str]:
        facts = (stamped.event for stamped in self.book.history(key))
        return {fact.item.name for fact in facts if isinstance(fact, Planned)}

    def copy(self, state: State, screen: Screen, args: Args) -> _End:
        """Sign one copy, unless it is there; what is there and no copy of this run is never replaced."""
        target = self.out / state.item.name
        found = _copy_at(target)
        if isinstance(found, str) or (found is not None and self._made_of(found) is None):
            screen.say(f"{target}: is there, and no signed copy of this run; move it away, or name another folder")
            return _End.BAD
        if not self.shelf.holds(state):
            screen.say(f"{state.item.name}: not the video that was checked; s2v fetch {named(args)} mends it")
            return _End.BAD
        if found is not None and found.is_unchanged and found.assertions.get(FACTS) == facts_of(state):
            return _End.KEPT
        return self._signed(state, target)

    def _made_of(self, found: Credential | str | None) -> str | None:
        """Return the key of the item whose copy a file is; None for that of another run, which has jobs of its own."""
        key, job = _fact(found, "key"), _fact(found, "job")
        if key is None or job is None:
            return None
        facts = (stamped.event for stamped in self.book.history(key))
        return key if any(fact.job_id == job for fact in facts if isinstance(fact, Accepted | Settled)) else None

    def _signed(self, state: State, target: Path) -> _End:
        """Sign one copy, and take it away again of who was purged meanwhile: the purge may have come before it."""
        try:
            self._sign(state, target)
        except Halt:  # a purge takes the video that is read, too
            if not self._is_purged(state):
                raise
        if not self._is_purged(state):
            return _End.SIGNED
        UNFENCED.remove(target)
        return _End.PURGED

    def _sign(self, state: State, target: Path) -> None:
        """Sign one copy, and begin once more when a purge took what was written of it: it knows not whose that is."""
        sign = partial(self.signer.sign, self.shelf.home(state), target, credential(state, self.run))
        run_id = self.book.run_id
        try:
            sign(run_id=run_id)
        except TakenAway:
            if not self._is_purged(state):
                sign(run_id=run_id)

    def _is_purged(self, state: State) -> bool:
        (phase,) = self.book.phases([state.item.key])
        return phase == Phase.PURGED


def verify(args: Args, screen: Screen) -> int:
    """Say what the credentials of files say, and whether the files are unchanged since they were signed."""
    require_c2pa()
    anchors = pem_file(args.trust) if args.trust else None
    for path in args.files:
        if not is_file(path):
            raise UsageError(f"{path} is no file")
    told = {str(path): _told(path, anchors) for path in args.files}
    for name, found in told.items():
        if not args.json:
            screen.say(f"{name}: {_words(found)}")
    if args.json:
        screen.give_json({path: _document(found) for path, found in told.items()})
    return Exit.OK if all(_is_good(found, asked=anchors is not None) for found in told.values()) else Exit.FAILED


def _finished(book: Journal) -> Iterator[State]:
    """Give what is finished, by name, each as it is when it is asked for."""
    for _, key in sorted((name, key) for key, name in book.finished(Phase.DONE)):
        state = book.state(key)
        if state is not None and state.phase is Phase.DONE:
            yield state


def _copy_at(target: Path) -> Credential | str | None:
    """Return what the file at the place of a copy says of itself or why it says nothing, None where there is none."""
    if target.is_symlink():
        return "a link"
    return _told(target) if is_there(target) else None


def _fact(found: Credential | str | None, name: str) -> str | None:
    fact = _mapping(found.assertions.get(FACTS)).get(name) if isinstance(found, Credential) else None
    return fact if isinstance(fact, str) else None


def _told(path: Path, anchors: str | None = None) -> Credential | str:
    if not is_file(path):
        return "no file"
    try:
        return read_credential(path, anchors)
    except NotSigned as error:
        return str(error)


def _is_good(found: Credential | str, *, asked: bool) -> bool:
    """Return whether a file is signed, unchanged, and, where it was asked for, by somebody who is trusted."""
    return not isinstance(found, str) and found.is_unchanged and (found.is_trusted or not asked)


def _words(found: Credential | str) -> str:
    if isinstance(found, str):
        return f"no content credentials that can be read ({found})"
    if not found.is_unchanged:
        return f"CHANGED since it was signed by {found.signer} ({', '.join(found.wrong)})"
    trust = "who is trusted" if found.is_trusted else "who is not known to be trusted"
    facts, label = _mapping(found.assertions.get(FACTS)), label_called(_source_type(found))
    made = label.words if label else "made in a way that s2v does not know"
    item = f"; item {facts['item']}, job {facts['job']}" if {"item", "job"} <= facts.keys() else ""
    return f"unchanged since it was signed by {found.signer}, {trust}; {made}{item}"


def _source_type(found: Credential) -> str:
    """Return the first source type that an action tells; others may have written anything there."""
    actions = _mapping(found.assertions.get(ACTIONS)).get("actions")
    told = (_mapping(each).get("digitalSourceType") for each in (actions if isinstance(actions, list) else ()))
    return next((each for each in told if isinstance(each, str)), "")


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _document(found: Credential | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"signed": False, "why": found}
    return {
        "signed": True,
        "unchanged": found.is_unchanged,
        "trusted": found.is_trusted,
        "signer": found.signer,
        "wrong": list(found.wrong),
        "digital_source_type": _source_type(found) or None,
        "facts": found.assertions.get(FACTS),
    }
