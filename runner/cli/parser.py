"""The command line: one literal list of commands, each with its flags and its examples."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from .. import __version__
from ..export.making import FORMS
from ..manifest.words import did_you_mean
from ..report.papers import PAPERS
from .args import Args
from .commands import provenance
from .commands.animatic import animatic
from .commands.check import check
from .commands.diff import diff
from .commands.explain import explain
from .commands.export import export
from .commands.init import init
from .commands.log import log
from .commands.merge import merge
from .commands.plan import plan
from .commands.providers import providers
from .commands.report import report
from .commands.resolve import resolve
from .commands.review import review
from .commands.run import fetch, retry, run
from .commands.schema import schema
from .commands.serve import serve
from .commands.status import status
from .commands.steer import cancel, pause, resume, set_limits
from .commands.verify import verify
from .flags import (
    CHANGES,
    change,
    frames,
    micros,
    pause_s,
    picture_size,
    port,
    positive,
    price,
    seconds,
    size,
    split,
    submit_rate,
    take_credentials,
    take_env_file,
    take_executor,
    take_output,
    take_safety,
    take_selection,
    take_signing,
    take_target,
)
from .screen import Screen
from .what_if import what_if

Command = Callable[[Args, Screen], int]
_Group: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - argparse names its type so

RENDERS: Final = ("animatic", "tiny", "wan-vace")
WAN_VACE: Final = (
    "An open model makes the videos, Wan 2.1 VACE: pip install 's2v-runner[gpu]', and a GPU that CUDA drives. Its "
    "repository says Apache-2.0 of code and weights. The default model has 19 GB of files, fetched once. GPU memory: "
    "11.4 GB at the least, as its text encoder has so many; a user of its own program tells of 18 GB for a video "
    "(github.com/Wan-Video/Wan2.1, issue 399). Not measured by s2v. "
    "Unlike an animatic, a video need not come out the same twice."
)
_LOOKS: Final = "looks into videos"
SCHEMAS: Final = ("manifest", "faults", "report", "results", "sidecar", "journal")


def parse(argv: Sequence[str] | None) -> Args:
    """Return what was typed; argparse itself ends the program for --help and for what makes no sense (exit 2)."""
    made, words = parser(), sys.argv[1:] if argv is None else list(argv)
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        made.error(f"unknown command '{words[0]}' ({did_you_mean(words[0], COMMANDS)})")
    return made.parse_args(words, namespace=Args())


def parser() -> argparse.ArgumentParser:
    """Return the whole command line."""
    top = argparse.ArgumentParser(
        prog="s2v",
        description="Make portrait videos in batches: never pay twice, never lose what was paid for.",
        epilog="Start with: s2v init, then s2v check, s2v plan and s2v run.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"s2v {__version__}")
    group = top.add_subparsers(metavar="COMMAND", required=True)
    for add in COMMANDS.values():
        add(group)
    return top


def _add(group: _Group, name: str, command: Command, words: str) -> argparse.ArgumentParser:
    made = group.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.", allow_abbrev=False)
    made.set_defaults(command=command)
    return made


def _add_init(group: _Group) -> None:
    made = _add(group, "init", init, "write a manifest to start from")
    made.add_argument("target", nargs="?", type=Path, default=Path(), help="the file to write (default: s2v.yaml)")
    made.add_argument("--force", action="store_true", help="write over a file that is there")


def _add_check(group: _Group) -> None:
    made = _add(group, "check", check, "judge manifest, portraits and keys; sends nothing")
    take_target(made)
    take_env_file(made)


def _add_plan(group: _Group) -> None:
    made = _add(group, "plan", plan, "say what would run and why, what it costs at most, how long it takes")
    take_target(made)
    take_env_file(made)
    take_selection(made)
    made.add_argument("--frozen", action="store_true", help="refuse a plan that is not the locked one (exit 4)")
    made.add_argument("--json", action="store_true", help="print one JSON document")
    made.add_argument(
        "--what-if", type=what_if, action="append", default=[], metavar="KEY=VALUE,...",
        help="the forecast under other limits as well, such as rate=20/1m,in_flight=10 or price='0.50 USD'; repeatable",
    )  # fmt: skip


def _add_run(group: _Group) -> None:
    made = _add(group, "run", run, "do what is left to do, also after any crash")
    take_target(made)
    take_env_file(made)
    take_selection(made)
    take_safety(made)
    take_executor(made, _LOOKS)
    take_output(made)


def _add_retry(group: _Group) -> None:
    made = _add(group, "retry", retry, "try failed items again: those named, or all; may buy them anew")
    take_target(made)
    made.add_argument("ids", nargs="*", metavar="ID", help="the failed items to try again (default: all)")
    take_env_file(made)
    made.add_argument("--tag", action="append", default=[], help="failed items with this tag")
    made.add_argument("--code", action="append", default=[], help="items that failed with this code")
    take_safety(made)
    take_executor(made, _LOOKS)
    take_output(made)


def _add_fetch(group: _Group) -> None:
    made = _add(group, "fetch", fetch, "bring home what is paid for and mend videos on disk; buys nothing")
    take_target(made)
    take_env_file(made)
    take_executor(made, _LOOKS)
    take_output(made)


def _add_explain(group: _Group) -> None:
    made = _add(group, "explain", explain, "tell an item's whole story")
    take_target(made)
    made.add_argument("ids", nargs="+", metavar="ID", help="the items")
    made.add_argument("--json", action="store_true", help="print one JSON document for each")


def _add_diff(group: _Group) -> None:
    made = _add(group, "diff", diff, "compare a manifest with its run folder")
    take_target(made)
    take_env_file(made)
    made.add_argument("--json", action="store_true", help="print one JSON document")


def _add_log(group: _Group) -> None:
    made = _add(group, "log", log, "print every fact of the journal as a line of JSON")
    take_target(made)
    made.add_argument("ids", nargs="*", metavar="ID", help="only these items")


def _add_status(group: _Group) -> None:
    made = _add(group, "status", status, "say how a run stands, also while it runs")
    take_target(made)
    made.add_argument("--watch", action="store_true", help="go on until the run ends; it notices nothing of that")
    made.add_argument(
        "--interval", type=pause_s, default=2.0, metavar="TIME", help="between two looks of --watch (default: 2s)"
    )
    made.add_argument("--json", action="store_true", help="print one JSON document, with --watch one a line")


def _add_steering(group: _Group, name: str, command: Command, words: str) -> argparse.ArgumentParser:
    made = _add(group, name, command, words)
    take_target(made)
    made.add_argument("--json", action="store_true", help="print one JSON document")
    return made


def _add_set(group: _Group) -> None:
    made = _add_steering(group, "set", set_limits, "change limits of a run while it goes on")
    examples = " or ".join(f"{name}={value}" for name, value in CHANGES.items())
    made.add_argument("changes", nargs="+", type=change, metavar="LIMIT=VALUE", help=examples)


def _add_pause(group: _Group) -> None:
    _add_steering(group, "pause", pause, "let a run buy nothing more for now; what is under way comes home")


def _add_continue(group: _Group) -> None:
    _add_steering(group, "continue", resume, "let a run that is paused buy again")


def _add_cancel(group: _Group) -> None:
    made = _add_steering(group, "cancel", cancel, "leave items that are not bought out of a run while it goes on")
    made.add_argument("ids", nargs="+", metavar="ID", help="this item, or all of a pattern: wink-*")


def _add_resolve(group: _Group) -> None:
    made = _add(group, "resolve", resolve, "list items in doubt, or settle them")
    take_target(made)
    made.add_argument("ids", nargs="*", metavar="ID", help="the items to settle")
    made.add_argument("--job", metavar="JOB", help="the job exists at the provider: adopt it")
    made.add_argument("--abandon", action="store_true", help="give it up")
    made.add_argument("--resubmit", action="store_true", help="the job does not exist: let the next run buy it")


def _add_review(group: _Group) -> None:
    made = _add(group, "review", review, "list the videos that did not pass their checks, keep or reject them")
    take_target(made)
    made.add_argument("--keep", nargs="+", action="extend", default=[], metavar="ID", help="they count")
    made.add_argument("--reject", nargs="+", action="extend", default=[], metavar="ID", help="they do not count")
    made.add_argument("--apply", type=Path, metavar="FILE", help="decide as the file says that report.html saved")
    made.add_argument("--json", action="store_true", help="print one JSON document")


def _add_verify(group: _Group) -> None:
    made = _add(group, "verify", verify, "hash and decode the videos anew and compare with the journal")
    take_target(made)
    made.add_argument("--journal", action="store_true", help="hold the journal's index against its events, too")
    made.add_argument("--json", action="store_true", help="print one JSON document")


def _add_report(group: _Group) -> None:
    made = _add(group, "report", report, "write the reports anew from the journal")
    take_target(made)
    made.add_argument("--print", dest="paper", choices=list(PAPERS), help="print this one and write none")
    made.add_argument("--open", dest="opens", action="store_true", help="open report.html in the browser")


def _add_export(group: _Group) -> None:
    made = _add(group, "export", export, "make a data set of the finished videos that the usual libraries load")
    take_target(made)
    made.add_argument("--to", required=True, choices=FORMS, help="the form of the data set")
    made.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to fill, new or this export's")
    made.add_argument(
        "--split", type=split, metavar="NAME=SHARE,...", help="by person, such as train=0.8,validation=0.1,test=0.1"
    )
    made.add_argument(
        "--person", metavar="KEY", help="the metadata that names who is shown (default: each portrait is a person)"
    )
    links = made.add_mutually_exclusive_group()
    links.add_argument("--link", dest="links", action="store_true", default=True, help="link videos where that can be")
    links.add_argument("--copy", dest="links", action="store_false", help="copy every video")
    made.add_argument("--shard-size", type=size, metavar="SIZE", help="of a webdataset archive, at most (default: 1GB)")
    made.add_argument("--quiet", "-q", action="store_true", help="show no progress")


def _add_merge(group: _Group) -> None:
    made = _add(group, "merge", merge, "put the run folders of shards together; only reads them, and sends nothing")
    made.add_argument("target", type=Path, metavar="FOLDER", help="where to: the whole run's folder, new or not")
    made.add_argument("sources", nargs="+", type=Path, metavar="SHARD", help="the folders to take over")
    made.add_argument("--dry-run", action="store_true", help="say what would be new, and write nothing")
    made.add_argument(
        "--keep-both", action="store_true", help="an item that was bought in two folders: count both, keep both videos"
    )


def _add_serve(group: _Group) -> None:
    made = _add(group, "serve", serve, "serve the S2V API on a port; prints its base URL")
    made.add_argument("--folder", type=Path, default=Path("s2v-service"), help="where it keeps orders and videos")
    made.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    made.add_argument("--port", type=port, default=8000, help="the port, 0 for any free one (default: 8000)")
    made.add_argument(
        "--keys", type=Path, metavar="FILE", help="admit only these keys, one a line (default: S2V_SERVE_KEY, or all)"
    )
    films = made.add_argument_group("videos")
    films.add_argument("--render", default="animatic", choices=RENDERS, help="tiny takes no time, wan-vace a GPU")
    films.add_argument("--workers", type=positive, help="videos made at one time (default: one a core, or a GPU)")
    take_executor(films, "draws")
    films.add_argument("--link-lifetime", type=seconds, metavar="TIME", help="of a download link, such as 90s")
    _add_wan_vace(made.add_argument_group("--render wan-vace", WAN_VACE))
    terms = made.add_argument_group("terms, for each key at each provider")
    terms.add_argument("--rate", type=submit_rate, metavar="N/TIME", help="submits in any window of that length: 5/1m")
    terms.add_argument("--in-flight", type=positive, metavar="N", help="unfinished jobs at one time")
    terms.add_argument("--balance", type=micros, metavar="AMOUNT", help="what there is to spend (default: no end)")
    terms.add_argument(
        "--price", type=price, action="append", default=[], metavar="NAME=AMOUNT", help="of a job: vapi=0.50"
    )
    trouble = made.add_argument_group("trouble")
    trouble.add_argument("--faults", type=Path, metavar="FILE", help="a script of what goes wrong, and when")
    trouble.add_argument(
        "--allow-private", action="store_true", help="fetch and call back at private addresses, too: for tests"
    )


def _add_wan_vace(some: argparse._ArgumentGroup) -> None:
    some.add_argument(
        "--model", metavar="NAME", help="a folder, or a model of the hub (default: Wan-AI/Wan2.1-VACE-1.3B-diffusers)"
    )
    some.add_argument("--size", type=picture_size, metavar="WxH", help="of the picture, in px (default: 832x480)")
    some.add_argument("--frames", type=frames, metavar="N", help="of a video, 16 a second (default: 81)")
    some.add_argument("--steps", type=positive, metavar="N", help="fewer are quicker and worse (default: 30)")
    some.add_argument("--device", metavar="NAME", help="this GPU alone, such as cuda:1; cpu takes hours (default: all)")


def _add_animatic(group: _Group) -> None:
    made = _add(group, "animatic", animatic, "draw one clip from a portrait and a prompt, offline; not a paid video")
    made.add_argument("target", type=Path, metavar="PORTRAIT", help="a JPEG, PNG or WebP file")
    made.add_argument(
        "prompt", metavar="PROMPT", help="what happens, in English or Chinese; [Push in] moves the camera"
    )
    made.add_argument("--out", type=Path, required=True, metavar="CLIP.mp4", help="the file to write")
    made.add_argument("--sheet", type=Path, metavar="SHEET.png", help="a contact sheet as well, the beats included")
    made.add_argument("--seed", type=int, default=0, metavar="N", help="another one is another take (default: 0)")
    made.add_argument("--quiet", "-q", action="store_true", help="show no progress")


def _add_provenance(group: _Group) -> None:
    words = "sign copies of the videos with content credentials (C2PA), or read those of a file"
    steps = group.add_parser(
        "provenance", help=words, description=f"{words[0].upper()}{words[1:]}.", allow_abbrev=False
    ).add_subparsers(metavar="STEP", required=True)
    made = _add(
        steps, "sign", provenance.sign, "sign a copy of every finished video; the delivered files stay as they are"
    )
    take_target(made)
    take_signing(made)
    take_credentials(_add(steps, "verify", provenance.verify, "say what files say of themselves, and if they changed"))


def _add_schema(group: _Group) -> None:
    made = _add(group, "schema", schema, "print a JSON Schema")
    made.add_argument("schema", nargs="?", default="manifest", choices=SCHEMAS, help="which one (default: manifest)")


def _add_providers(group: _Group) -> None:
    made = _add(group, "providers", providers, "say what is known of each provider, and from where")
    made.add_argument("--json", action="store_true", help="print one JSON document")


COMMANDS: Final[Mapping[str, Callable[[_Group], None]]] = {
    "init": _add_init,
    "check": _add_check,
    "plan": _add_plan,
    "run": _add_run,
    "status": _add_status,
    "set": _add_set,
    "pause": _add_pause,
    "continue": _add_continue,
    "cancel": _add_cancel,
    "retry": _add_retry,
    "fetch": _add_fetch,
    "resolve": _add_resolve,
    "review": _add_review,
    "verify": _add_verify,
    "report": _add_report,
    "export": _add_export,
    "merge": _add_merge,
    "explain": _add_explain,
    "diff": _add_diff,
    "log": _add_log,
    "animatic": _add_animatic,
    "provenance": _add_provenance,
    "serve": _add_serve,
    "schema": _add_schema,
    "providers": _add_providers,
}
