"""`s2v provenance`: content credentials in signed copies of the videos, and what the credentials of a file say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...core.state import Phase, State
from ...edge.credentials import Credential, NotSigned, Signer, pem_file, read_credential, require_c2pa
from ...edge.erasing import SIGNED
from ...edge.files import UNFENCED
from ...edge.journal import Journal
from ...edge.places import VIDEOS
from ...edge.regular import is_file
from ...errors import Exit, UsageError
from ...report.credential import ACTIONS, FACTS, credential, facts_of
from ...report.labels import label_called
from ...report.text import counted
from .. import books
from ..args import Args
from ..screen import Screen
from ..target import existing_folder_of, named


def sign(args: Args, screen: Screen) -> int:
    """Sign a copy of every finished video; the delivered file, whose digest stands in the journal, is only read."""
    require_c2pa()
    folder = existing_folder_of(args)
    out = args.signed_to or folder / SIGNED
    if out.resolve().is_relative_to((folder / VIDEOS).resolve()):
        raise UsageError(f"{out} is where the delivered videos are, which are never changed; name another folder")
    signer, signed, kept, bad = Signer(args.cert, args.key), 0, 0, 0
    UNFENCED.make_folder(out)
    with Journal.read(folder) as book:
        run, shelf = books.facts(dict(book.header)), books.shelf_of(folder, book)
        for state in _finished(book):
            target = out / state.item.name
            if not shelf.holds(state):
                bad += 1
                screen.say(f"{state.item.name}: not the video that was checked; s2v fetch {named(args)} mends it")
            elif _is_signed(target, state):
                kept += 1
            else:
                signer.sign(shelf.home(state), target, credential(state, run))
                signed += 1
    before = f", {kept} signed before" if kept else ""
    screen.say(f"{counted(signed, 'video')} signed into {out}{before}; the delivered files are as they were")
    return Exit.FAILED if bad else Exit.OK


def verify(args: Args, screen: Screen) -> int:
    """Say what the credentials of files say, and whether the files are unchanged since they were signed."""
    require_c2pa()
    anchors = pem_file(args.trust) if args.trust else None
    told = {str(path): _told(path, anchors) for path in args.files}
    for path, found in told.items():
        if not args.json:
            screen.say(f"{path}: {_words(found)}")
    if args.json:
        screen.give(json.dumps({path: _document(found) for path, found in told.items()}, indent=2))
    return Exit.OK if all(_is_good(found, asked=anchors is not None) for found in told.values()) else Exit.FAILED


def _finished(book: Journal) -> list[State]:
    states = (book.state(key) for key, _ in book.finished(Phase.DONE))
    return sorted((state for state in states if state is not None), key=lambda state: state.item.name)


def _is_signed(target: Path, state: State) -> bool:
    """Return whether a copy is there, unchanged, that says the same of the same delivered file."""
    if not is_file(target):
        return False
    try:
        found = read_credential(target)
    except NotSigned:
        return False
    return found.is_unchanged and found.assertions.get(FACTS) == facts_of(state)


def _told(path: Path, anchors: str | None) -> Credential | str:
    if not is_file(path):
        raise UsageError(f"{path} is no file")
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
