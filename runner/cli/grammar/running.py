"""The commands that make videos come, or say what would: from the first manifest to the last download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..flags import take_env_file, take_executor, take_json, take_output, take_safety, take_selection, take_target
from ..typed import code, item_id, tag
from ..what_if import what_if
from .adding import Add, Group, add, add_many

_LOOKS: Final = "looks into videos"


def _add_init(group: Group) -> None:
    from ..commands.init import init

    made = add(group, "init", init, "write a manifest to start from")
    made.add_argument("target", nargs="?", type=Path, default=Path(), help="the file to write (default: s2v.yaml)")
    made.add_argument(
        "--portraits", type=Path, metavar="FOLDER",
        help="where the pictures lie (default: portraits/ beside the manifest, or else its own folder)",
    )  # fmt: skip
    made.add_argument("--force", action="store_true", help="write over a file that is there")


def _add_check(group: Group) -> None:
    from ..commands.check import check

    made = add(group, "check", check, "judge manifest, portraits and keys; sends nothing")
    take_target(made)
    take_env_file(made)
    take_json(made, ", also where something is wrong")


def _add_plan(group: Group) -> None:
    from ..commands.plan import plan

    made = add(group, "plan", plan, "say what would run and why, what it costs at most, how long it takes")
    take_target(made)
    take_env_file(made)
    take_selection(made)
    made.add_argument("--frozen", action="store_true", help="refuse a plan that is not the locked one (exit 4)")
    take_json(made)
    made.add_argument(
        "--what-if", type=what_if, action="append", default=[], metavar="KEY=VALUE,...",
        help="the forecast under other limits as well, such as rate=20/1m,in_flight=10 or price='0.50 USD'; repeatable",
    )  # fmt: skip


def _add_run(group: Group) -> None:
    from ..commands.run import run

    made = add(group, "run", run, "do what is left to do, also after any crash")
    take_target(made)
    take_env_file(made)
    take_selection(made)
    take_safety(made)
    take_executor(made, _LOOKS)
    take_output(made)


def _add_retry(group: Group) -> None:
    from ..commands.run import retry

    made = add(group, "retry", retry, "try failed items again: those named, or all; may buy them anew")
    take_target(made)
    add_many(made, "ids", least=0, of=item_id, metavar="ID", words="the failed items to try again (default: all)")
    take_env_file(made)
    made.add_argument("--tag", type=tag, action="append", default=[], help="failed items with this tag")
    made.add_argument("--code", type=code, action="append", default=[], help="items that failed with this code")
    take_safety(made)
    take_executor(made, _LOOKS)
    take_output(made)


def _add_fetch(group: Group) -> None:
    from ..commands.run import fetch

    made = add(group, "fetch", fetch, "bring home what is paid for and mend videos on disk; buys nothing")
    take_target(made)
    take_env_file(made)
    take_executor(made, _LOOKS)
    take_output(made)


RUNNING: Final[Mapping[str, Add]] = {
    "init": _add_init,
    "check": _add_check,
    "plan": _add_plan,
    "run": _add_run,
    "retry": _add_retry,
    "fetch": _add_fetch,
}
