"""Where each journal was run on this machine: a folder that is copied, and bought for in both places, is known by that.

A journal keeps its id when its folder is moved, copied or restored, and the folder itself cannot tell which of these
happened. So every run that may buy leaves a note of its place where this user's state is kept, before it sends
anything, and looks whether the other places still hold the same journal. What was moved or lost is not there any more.

The note names a *lease*, which the folder's lock remembers with all that came before. So a folder that was put back
from an older copy, lock and all, is known by not remembering the lease of its own place; a copy that went on does. A
copy that was made while the run went on remembers it, and one that was made without hidden files has no lock at all:
both are known by the moment at which something was bought there last, which is noted too: they lack that purchase,
whatever was fetched for them or bought with them since. A purge is noted as well, for who was purged would be back.
A folder that lies where its journal was never run came from one of the other places, and where that is gone, or holds
another run by now, it is held against the note of that.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from ...errors import FolderError, Halt
from ...values import dataclass, replace
from ..account.accounts import advised, owned_folder
from ..disk.files import UNFENCED
from ..disk.lock import Leases, note_leases, noted_leases
from ..disk.regular import is_file, is_folder, names_in
from ..journal.annals import Annals
from ..journal.journal import Journal
from ..journal.state_file import is_run_folder

_NAME: Final = 32  # letters of a digest, by which a journal or a place is called here
_SUFFIX: Final = ".json"

Copies = Iterable[tuple[Path, Annals]]
"""Other run folders, each with what it tells."""


class OlderCopy(FolderError):
    """A folder that lacks what was bought, or who was purged, where its journal was run before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is remembered of a place: its folder, the last lease there if any, and when something was bought last.

    `journal` is that with which the place was noted first.
    """

    folder: Path
    lease: str
    bought_at: float | None = None
    journal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What a run that may buy noted of its folder; `former` has what stood in its notes before, None for nothing."""

    folder: Path
    book: Annals
    known: Leases
    former: Mapping[Path, Note | None]
    notes: Mapping[Path, Note]

    def bought(self) -> None:
        """Note that something is bought, or may be, of which the journal tells by now.

        Where the disk refuses that, or loses it in a power cut, an older copy is known by less; what is under way must
        neither come to nothing by it nor wait for it.
        """
        with suppress(OSError, FolderError, Halt):
            at = self.book.bought_last()
            for note, told in self.notes.items():
                _write_over(note, replace(told, bought_at=at))

    def give_back(self) -> None:
        """Forget it, for nothing was bought under it; a place that was not known before stays known by it."""
        if None in self.former.values():
            _write(self.notes)
            return
        _write({note: _brought_up(told, self.book) for note, told in self.former.items() if told is not None})
        note_leases(self.folder, self.known)


def lease_place(home: Path, folder: Path, book: Annals, *, merged: Copies = ()) -> Lease:
    """Remember that a journal is run in `folder`, which the caller holds, and return what may be given back.

    Raise FolderError where nothing can be remembered, or as `refuse_older` does.
    """
    run_id = book.run_id
    with advised():
        owned_folder(owned_folder(home / "places") / _named(run_id))
    refuse_older(home, folder, book, others=merged)
    former: dict[Path, Note | None] = {_note_of(home, run_id, folder): None}
    former |= _notes_of(home, run_id, folder)
    lease, known = secrets.token_hex(4), noted_leases(folder)
    note_leases(folder, known.renewed(lease, {told.lease for told in former.values() if told}))
    here = Note(folder=folder.resolve(), lease=lease)
    notes = {note: replace(_brought_up(told or here, book), lease=lease) for note, told in former.items()}
    _write(notes)
    return Lease(folder=folder, book=book, known=known, former=former, notes=notes)


def _brought_up(told: Note, book: Annals) -> Note:
    """Return a note by which whoever lacks what the journal tells is older, although it was bought in another place.

    A journal into which others are to be merged may itself lack what was noted; then that stays.
    """
    knows = told.bought_at is None or book.is_bought_at(told.bought_at)
    return replace(told, bought_at=book.bought_last()) if knows else told


def refuse_older(home: Path, folder: Path, book: Annals, *, others: Copies = ()) -> None:
    """Raise OlderCopy where a folder was put back from a copy older than what was run here; writes nothing.

    The others, which are asked as well, may have what it lacks.
    """
    copies = [(_known(place), other) for place, other in ((folder, book), *others)]
    notes = _notes_of(home, book.run_id, folder)
    if any(all(_is_older(*each, told) for each in copies) for told in notes.values()):
        raise OlderCopy(
            f"{folder} was put back from an older copy: what was bought here since would be bought again, and who was "
            "purged since would be back; put the newest one back, or, to go on from this one all the same, delete "
            f"{' and '.join(map(str, notes))}"
        )
    if not any(told.lease for told in notes.values()):
        _refuse_older_than_gone(home, book.run_id, folder, copies)


def _refuse_older_than_gone(home: Path, run_id: str, folder: Path, copies: Sequence[tuple[Leases, Annals]]) -> None:
    """Raise OlderCopy where a place is gone, and what was bought there last is told by no folder any more."""
    for note, told in _notes(home, run_id).items():
        is_gone = told.lease and not _holds_run(told.folder, run_id)
        if is_gone and all(_is_older(*each, told) for each in copies) and not _is_told(home, run_id, told):
            raise OlderCopy(
                f"{folder} is an older copy of {told.folder}, which is gone: what was bought there since would be "
                "bought again, and who was purged since would be back; put the newest one back, or, to go on from this "
                f"one all the same, delete {note}"
            )


def _is_told(home: Path, run_id: str, told: Note) -> bool:
    """Return whether a folder that was moved or merged tells what was bought last in a place that is gone."""
    for place in other_places(home, run_id, told.folder):
        with Journal.read(place) as other:
            if not _is_older(_known(place), other, told):
                return True
    return False


def _known(folder: Path) -> Leases:
    return noted_leases(folder) if is_file(folder / ".lock") else Leases()


def _is_older(known: Leases, book: Annals, told: Note) -> bool:
    """Return whether a folder lacks what was bought in its place last."""
    is_lost = told.bought_at is not None and not book.is_bought_at(told.bought_at)
    return is_lost or (bool(known and told.lease) and told.lease not in known)


def note_place(home: Path, run: str, folder: Path, journal: str) -> None:
    """Remember that a run lies in `folder`, by the id of its journal or by its name; see `other_places`."""
    note = _note_of(home, run, folder)
    with advised():
        owned_folder(owned_folder(home / "places") / _named(run))
        if not is_file(note):
            _write({note: Note(folder=folder.resolve(), lease="", journal=journal)})


def bring_up(home: Path, folder: Path, book: Annals) -> None:
    """Note of a place to which a folder came back what was bought in another one meanwhile."""
    for note, told in _notes_of(home, book.run_id, folder).items():
        if told.lease and (now := _brought_up(told, book)) != told:
            _write({note: now})


def other_places(home: Path, run_id: str, folder: Path) -> Iterator[Path]:
    """Give every other folder in which this journal was run and that still holds a journal, perhaps another one.

    In the place of the journal's id may stand the run's name.
    """
    for place in (told.folder for told in _notes(home, run_id).values()):
        if _holds_journal(place) and not (is_folder(folder) and place.samefile(folder)):
            yield place


def left_places(home: Path, run_id: str, folder: Path) -> Iterator[Path]:
    """Give every other folder in which this journal was run and that does not hold it any more."""
    for place in (told.folder for told in _notes(home, run_id).values()):
        if place != folder.resolve() and not _holds_run(place, run_id):
            yield place


def had_another(home: Path, name: str, run_id: str | None, folder: Path) -> bool:
    """Return whether a run of this name was begun in a folder by another journal than this one, which is there now."""
    told = _notes(home, name).get(_note_of(home, name, folder))
    return told is not None and told.journal != run_id


def _notes_of(home: Path, run_id: str, folder: Path) -> dict[Path, Note]:
    """Return the notes of a folder, one for each path by which it was and is still reached: a mount makes a second."""
    own = _note_of(home, run_id, folder)
    return {
        note: told
        for note, told in _notes(home, run_id).items()
        if note == own or (_holds_journal(told.folder) and told.folder.samefile(folder))
    }


def _note_of(home: Path, run_id: str, folder: Path) -> Path:
    return home / "places" / _named(run_id) / f"{_named(os.fspath(folder.resolve()))}{_SUFFIX}"


def _write(notes: Mapping[Path, Note]) -> None:
    """Write notes whole and synced."""
    with advised():
        for note, told in notes.items():
            UNFENCED.write_whole(note, [_text(told)])


def _write_over(note: Path, told: Note) -> None:
    """Write over a note by one call: a death or a full disk leaves the one or the other, never none."""
    fd = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(fd, _text(told).encode().ljust(os.fstat(fd).st_size), 0)
    finally:
        os.close(fd)


def _text(told: Note) -> str:
    """Return a note as JSON, which names a folder by its bytes on the disk, whatever the locale makes of them."""
    folder = os.fsencode(told.folder).decode("utf-8", "surrogateescape")
    return json.dumps({"folder": folder, "lease": told.lease, "bought_at": told.bought_at, "journal": told.journal})


def _notes(home: Path, run_id: str) -> dict[Path, Note]:
    notes = home / "places" / _named(run_id)
    with advised():
        texts = {notes / name: (notes / name).read_bytes() for name in names_in(notes) if name.endswith(_SUFFIX)}
    return {note: _told(note, text) for note, text in texts.items()}


def _holds_journal(place: Path) -> bool:
    try:
        return is_run_folder(place)
    except OSError as error:
        raise FolderError(
            f"{place}, where this journal was run before, cannot be looked at ({error.strerror}), and what is to be "
            "bought may be paid for there: make it readable, or move it away"
        ) from error


def _holds_run(place: Path, run_id: str) -> bool:
    """Return whether a place still holds a journal, and no other run's; one that cannot be read may be this one's."""
    if not _holds_journal(place):
        return False
    try:
        with Journal.read(place) as there:
            return there.run_id == run_id
    except (FolderError, Halt):  # told where copies are looked into, which stops whoever would buy
        return True


def _told(note: Path, text: bytes) -> Note:
    try:
        told = json.loads(text)
        folder = Path(os.fsdecode(told["folder"].encode("utf-8", "surrogateescape")))
        at, lease, journal = told.get("bought_at"), os.fspath(told["lease"]), os.fspath(told.get("journal", ""))
        return Note(folder=folder, lease=lease, bought_at=None if at is None else float(at), journal=journal)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise FolderError(f"{note} is damaged: it does not name a folder; remove it") from error


def _named(text: str) -> str:
    return sha256(os.fsencode(text)).hexdigest()[:_NAME]
