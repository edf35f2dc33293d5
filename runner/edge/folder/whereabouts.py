"""Where each journal was run on this machine: a folder that is copied, and bought for in both places, is known by that.

A journal keeps its id when its folder is moved, copied or restored, and the folder itself cannot tell which of these
happened. So every run that may buy leaves a note of its place where this user's state is kept, before it sends
anything, and looks whether the other places still hold the same journal. What was moved or lost is not there any more.

The note names a *lease*, which the folder's lock remembers with all that came before. So a folder that was put back
from an older copy, lock and all, is known by not remembering the lease of its own place; a copy that went on does.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from ...errors import FolderError
from ...values import dataclass
from ..account.accounts import advised, owned_folder
from ..disk.files import UNFENCED
from ..disk.lock import Leases, note_leases, noted_leases
from ..disk.regular import is_file, names_in
from ..journal.state_file import FILE

_NAME: Final = 32  # letters of a digest, by which a journal or a place is called here
_SUFFIX: Final = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What a run that may buy noted of its folder; `former` has what stood in its notes before, None for nothing."""

    folder: Path
    known: Leases
    former: Mapping[Path, Mapping[str, str] | None]

    def give_back(self) -> None:
        """Forget it, for nothing was bought under it; a place that was not known before stays known by it."""
        if None in self.former.values():
            return
        with advised():
            for note, told in self.former.items():
                UNFENCED.write_whole(note, [json.dumps(told)])
        note_leases(self.folder, self.known)


def lease_place(home: Path, run_id: str, folder: Path) -> Lease:
    """Remember that this journal is run in `folder`, which the caller holds, and return what may be given back.

    Raise FolderError where nothing can be remembered, or the folder was put back from an older copy.
    """
    with advised():
        owned_folder(owned_folder(home / "places") / _named(run_id))
    refuse_older(home, run_id, folder)
    former: dict[Path, Mapping[str, str] | None] = {_note_of(home, run_id, folder): None}
    former |= _notes_of(home, run_id, folder)
    lease, known = secrets.token_hex(4), noted_leases(folder)
    note_leases(folder, known.renewed(lease, {told["lease"] for told in former.values() if told}))
    here = {"folder": os.fsencode(folder.resolve()).decode("utf-8", "surrogateescape")}
    with advised():
        for note, told in former.items():
            UNFENCED.write_whole(note, [json.dumps({**(told or here), "lease": lease})])
    return Lease(folder=folder, known=known, former=former)


def refuse_older(home: Path, run_id: str, folder: Path) -> None:
    """Raise FolderError where a folder was put back from a copy older than what was run here; writes nothing."""
    known = noted_leases(folder) if is_file(folder / ".lock") else Leases()
    if known and any(told["lease"] not in known for told in _notes_of(home, run_id, folder).values()):
        raise FolderError(
            f"{folder} was put back from an older copy: what was bought here since would be bought again; put the "
            f"newest one back, or, to go on from this one all the same, delete {folder / '.lock'}"
        )


def other_places(home: Path, run_id: str, folder: Path) -> Iterator[Path]:
    """Give every other folder in which this journal was run and that still holds a journal, perhaps another one."""
    for place in map(_place, _notes(home, run_id).values()):
        if _holds_journal(place) and not place.samefile(folder):
            yield place


def _notes_of(home: Path, run_id: str, folder: Path) -> dict[Path, dict[str, str]]:
    """Return the notes of a folder, one for each path by which it was and is still reached: a mount makes a second."""
    own = _note_of(home, run_id, folder)
    return {
        note: told
        for note, told in _notes(home, run_id).items()
        if note == own or (_holds_journal(_place(told)) and _place(told).samefile(folder))
    }


def _note_of(home: Path, run_id: str, folder: Path) -> Path:
    return home / "places" / _named(run_id) / f"{_named(os.fspath(folder.resolve()))}{_SUFFIX}"


def _notes(home: Path, run_id: str) -> dict[Path, dict[str, str]]:
    notes = home / "places" / _named(run_id)
    with advised():
        texts = {notes / name: (notes / name).read_bytes() for name in names_in(notes) if name.endswith(_SUFFIX)}
    return {note: _told(note, text) for note, text in texts.items()}


def _place(told: Mapping[str, str]) -> Path:
    """Return the folder that a note names by its bytes on the disk, whatever the locale's encoding makes of them."""
    return Path(os.fsdecode(told["folder"].encode("utf-8", "surrogateescape")))


def _holds_journal(place: Path) -> bool:
    try:
        return is_file(place / FILE)
    except OSError as error:
        raise FolderError(
            f"{place}, where this journal was run before, cannot be looked at ({error.strerror}), and what is to be "
            "bought may be paid for there: make it readable, or move it away"
        ) from error


def _told(note: Path, text: bytes) -> dict[str, str]:
    try:
        told = json.loads(text)
        named = {name: os.fspath(told[name]) for name in ("folder", "lease")}
        _place(named)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise FolderError(f"{note} is damaged: it does not name a folder; remove it") from error
    return named


def _named(text: str) -> str:
    return sha256(os.fsencode(text)).hexdigest()[:_NAME]
