"""`s2v set`, `pause`, `continue` and `cancel`: tell something to a run while it goes on, from another terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ...core.life.state import OPEN_PHASES, Phase
from ...core.limits.steering import (
    Adjust,
    Answer,
    Cancel,
    Declined,
    Instruction,
    LeftOut,
    Pause,
    Paused,
    Resume,
    is_named,
)
from ...edge.control.asking import ask
from ...edge.disk.holder import holder
from ...edge.journal.journal import Journal
from ...errors import Exit, FolderError, UsageError
from ...report.steered import some, steered_document, steered_words
from ...report.text import counted
from ...values import dataclass
from ..args import Args
from ..naming import named
from ..plan.choosing import no_item
from ..plan.target import existing_folder_of
from ..screen import Screen

_FATES: Final = ("left_out", "left_out_before", "bought", "in_doubt", "at_rest")


def set_limits(args: Args, screen: Screen) -> int:
    """Change limits of a running run."""
    names = [name for name, _ in args.changes]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UsageError(f"{twice[0]} is set twice; set it once")
    changes = dict(args.changes)
    return _steer(args, screen, Adjust(**changes))  # type: ignore[arg-type]  # `flags.change` pairs name and type


def pause(args: Args, screen: Screen) -> int:
    """Let a run buy nothing more for now."""
    return _steer(args, screen, Pause())


def resume(args: Args, screen: Screen) -> int:
    """Let a paused run buy again."""
    return _steer(args, screen, Resume())


def cancel(args: Args, screen: Screen) -> int:
    """Leave items out of a running run, and say which of those named it is too late for."""
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        named_items = _named(args, book)
        answer = _asked(args, screen, folder, book, Cancel(names=tuple(args.ids)))
        fates = _Fates.of(named_items, answer, book)
    _give(args, screen, folder, answer, fates)
    return Exit.OK


def _steer(args: Args, screen: Screen, instruction: Instruction) -> int:
    folder = existing_folder_of(args)
    with Journal.read(folder) as book:
        answer = _asked(args, screen, folder, book, instruction)
    _give(args, screen, folder, answer)
    return Exit.OK


def _asked(args: Args, screen: Screen, folder: Path, book: Journal, instruction: Instruction) -> Answer:
    answer = ask(folder, book.run_id, instruction, screen.environ)
    if answer is None:
        raise FolderError(_unheard(args, folder))
    if isinstance(answer, Declined):
        raise FolderError(f"{folder}: {answer.why}; nothing was changed")
    return answer


def _unheard(args: Args, folder: Path) -> str:
    """Say why nobody answered: a run may be at work all the same."""
    who, look = holder(folder), f"s2v status {named(args)} says how it stands"
    if who is None:
        why = f"no run is at work in {folder}, or it has only just begun"
        return f"{why}; nothing was changed. {look}, s2v run {named(args)} begins one"
    return (
        f"{who} is at work in {folder} and does not listen here: it has only just begun, or was begun with another "
        f"XDG_RUNTIME_DIR or TMPDIR than this command; nothing was changed. {look}"
    )


def _give(args: Args, screen: Screen, folder: Path, answer: Answer, fates: _Fates | None = None) -> None:
    if args.json:
        document = {"folder": str(folder), "event": type(answer).__name__.lower(), **steered_document(answer)}
        screen.give_json(document | (fates.document if fates else {}))
        return
    words = fates.words if fates else steered_words(answer)
    after = f"; s2v continue {named(args)} goes on" if isinstance(answer, Paused) else ""
    screen.say(f"{folder}: {words}{after}")


def _named(args: Args, book: Journal) -> dict[str, str]:
    """Return key and id of every item of the plan that is named; raise UsageError for a name that no item has."""
    plan = [(key, entry.id) for key, entry in book.index() if entry.wanted]
    for name in args.ids:
        if not any(is_named(id_, (name,)) for _, id_ in plan):
            raise no_item(args, name, (id_ for _, id_ in plan))
    return {key: id_ for key, id_ in plan if is_named(id_, args.ids)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fates:
    """What became of the items that were named: their ids, sorted by how far they had come."""

    left_out: tuple[str, ...]
    left_out_before: tuple[str, ...]
    bought: tuple[str, ...]
    in_doubt: tuple[str, ...]
    at_rest: tuple[str, ...]

    @classmethod
    def of(cls, items: dict[str, str], answer: Answer, book: Journal) -> _Fates:
        """Look where each item is after the answer: what is planned by now stays so, unless it is being bought."""
        told = answer if isinstance(answer, LeftOut) else LeftOut(names=(), under_way=())
        late = frozenset(told.under_way)
        fates: dict[str, list[str]] = {name: [] for name in _FATES}
        for key, id_ in items.items():
            entry = book.index_entry(key)
            fate = _fate(Phase(entry.phase) if entry else Phase.PLANNED, is_late=id_ in late)
            is_news = fate != "left_out" or not is_named(id_, told.before)
            fates[fate if is_news else "left_out_before"].append(id_)
        return cls(**{name: tuple(sorted(ids)) for name, ids in fates.items()})

    @property
    def words(self) -> str:
        """Return in words what is left out, and what cannot be."""
        which = f": {some(self.left_out)} ({_for_good(len(self.left_out))})" if self.left_out else ""
        told = [f"{counted(len(self.left_out), 'video')} left out of this run{which}"]
        told += _late(self.left_out_before, "left out already")
        told += _late(self.bought, "bought already, or being bought; what is paid for comes home")
        told += _late(self.in_doubt, "in doubt, and may be paid for")
        told += _late(self.at_rest, "done, failed or waiting to be looked at")
        return "; ".join(told)

    @property
    def document(self) -> dict[str, Any]:
        """Return the ids as a part of a JSON document."""
        return {name: list(getattr(self, name)) for name in _FATES}


def _fate(phase: Phase, *, is_late: bool) -> str:
    if phase is Phase.PLANNED:
        return "bought" if is_late else "left_out"
    if phase is Phase.IN_DOUBT and not is_late:
        return "in_doubt"
    return "bought" if phase in OPEN_PHASES else "at_rest"


def _for_good(count: int) -> str:
    them = "it" if count == 1 else "them"
    return f"to leave {them} out for good, take {them} out of the manifest"


def _late(ids: Iterable[str], what: str) -> list[str]:
    ids = tuple(ids)
    return [f"{some(ids)} {'is' if len(ids) == 1 else 'are'} {what}"] if ids else []
