"""The commands to a run that goes on, or that waits for a person: its limits, its doubts, its reviews."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..flags import take_env_file, take_json, take_target
from ..typed import CHANGES, change, item_id, pause_s
from .adding import Add, Command, Group, add, add_many


def _add_status(group: Group) -> None:
    from ..commands.status import status

    made = add(group, "status", status, "say how a run stands, also while it runs")
    take_target(made)
    made.add_argument("--watch", action="store_true", help="go on until the run ends; it notices nothing of that")
    made.add_argument("--interval", type=pause_s, metavar="TIME", help="between two looks of --watch (default: 2s)")
    take_json(made, ", with --watch one a line")
    take_env_file(made)


def _add_steering(group: Group, name: str, command: Command, words: str) -> argparse.ArgumentParser:
    made = add(group, name, command, words)
    take_target(made)
    take_json(made)
    return made


def _add_set(group: Group) -> None:
    from ..commands.steer import set_limits

    made = _add_steering(group, "set", set_limits, "change limits of a run while it goes on")
    examples = " or ".join(f"{name}={value}" for name, value in CHANGES.items())
    add_many(made, "changes", least=1, of=change, metavar="LIMIT=VALUE", words=examples)


def _add_pause(group: Group) -> None:
    from ..commands.steer import pause

    _add_steering(group, "pause", pause, "let a run buy nothing more for now; what is under way comes home")


def _add_continue(group: Group) -> None:
    from ..commands.steer import resume

    _add_steering(group, "continue", resume, "let a run that is paused buy again")


def _add_cancel(group: Group) -> None:
    from ..commands.steer import cancel

    made = _add_steering(group, "cancel", cancel, "leave items that are not bought out of a run while it goes on")
    add_many(made, "ids", least=1, of=item_id, metavar="ID", words="this item, or all of a pattern: wink-*")


def _add_resolve(group: Group) -> None:
    from ..commands.resolve import resolve

    made = add(group, "resolve", resolve, "list items in doubt, or settle them")
    take_target(made)
    add_many(made, "ids", least=0, of=item_id, metavar="ID", words="the items to settle (default: list all in doubt)")
    made.add_argument("--job", metavar="JOB", help="the job exists at the provider: adopt it")
    made.add_argument("--abandon", action="store_true", help="nobody can tell: give it up; its price stays held back")
    made.add_argument("--resubmit", action="store_true", help="the job does not exist: let the next run buy it")
    take_json(made)


def _add_review(group: Group) -> None:
    from ..commands.review import review

    made = add(group, "review", review, "list the videos that did not pass their checks, keep or reject them")
    take_target(made)
    these = "these, or all of a pattern that wait (wink-*):"
    kept = f"{these} they count; so does one that was rejected, by its whole id, until another is asked for"
    made.add_argument("--keep", type=item_id, nargs="+", action="extend", default=[], metavar="ID", help=kept)
    taken = f"{these} they do not count; nor does one that did so far, by its whole id"
    made.add_argument("--reject", type=item_id, nargs="+", action="extend", default=[], metavar="ID", help=taken)
    made.add_argument("--apply", type=Path, metavar="FILE", help="decide as the file says that report.html saved")
    take_json(made)


STEERING: Final[Mapping[str, Add]] = {
    "status": _add_status,
    "set": _add_set,
    "pause": _add_pause,
    "continue": _add_continue,
    "cancel": _add_cancel,
    "resolve": _add_resolve,
    "review": _add_review,
}
