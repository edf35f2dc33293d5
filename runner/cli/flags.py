"""The flags that commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from .typed import code, executor, exposure, item_id, positive, shard, tag

UNNAMED: Final = Path()
"""Stands for the manifest where none was named; it is itself alone, for `.` is a folder that may be meant."""


def take_target(made: argparse.ArgumentParser, *, is_needed: bool = True) -> None:
    """Take what every command is about."""
    made.add_argument(
        "target", type=Path, metavar="MANIFEST", help="a manifest, or the run folder made from one",
        nargs=None if is_needed else "?", default=UNNAMED,
    )  # fmt: skip
    made.add_argument(
        "--shard",
        type=shard,
        metavar="i/n",
        help="the i-th of n disjoint parts of the manifest, in a folder of its own",
    )


def take_env_file(made: argparse.ArgumentParser) -> None:
    """Take a file of keys and hosts."""
    made.add_argument("--env-file", type=Path, metavar="FILE", help="read keys and hosts from NAME=VALUE lines")


def take_json(made: argparse.ArgumentParser, more: str = "") -> None:
    """Take whether a program reads what is said; `more` goes on about the document."""
    made.add_argument("--json", action="store_true", help=f"print one JSON document{more}")


def take_selection(made: argparse.ArgumentParser) -> None:
    """Take what picks some of the items."""
    some = made.add_argument_group("selection", "without any, everything that the manifest asks for")
    some.add_argument(
        "--only", type=item_id, action="append", default=[], metavar="ID", help="this item, or all of a pattern: wink-*"
    )
    some.add_argument(
        "--tag", type=tag, action="append", default=[], help="items with this tag; several are alternatives"
    )
    some.add_argument("--failed", action="store_true", help="try failed items again, which may buy them anew")
    some.add_argument(
        "--code", type=code, action="append", default=[], help="try items again that failed with this code"
    )
    some.add_argument("--limit", type=positive, metavar="N", help="the first N that are not done")
    some.add_argument("--sample", type=positive, metavar="N", help="N drawn by --seed, the same ones every time")
    some.add_argument("--seed", type=int, metavar="S", help="the seed of --sample (default: 0)")


def take_safety(made: argparse.ArgumentParser) -> None:
    """Take what holds a run back."""
    safety = made.add_argument_group("safety")
    safety.add_argument("--dry-run", action="store_true", help="show the plan and do nothing")
    safety.add_argument("--max-cost", metavar="AMOUNT", help="spend no more than this in this run, such as '5.00 USD'")
    safety.add_argument("--frozen", action="store_true", help="refuse a plan that is not the locked one (exit 4)")
    safety.add_argument("--yes", "-y", action="store_true", help="do not ask before money is spent")


def take_output(made: argparse.ArgumentParser) -> None:
    """Take how a run speaks."""
    output = made.add_argument_group("output")
    made.set_defaults(displays=True)
    form = output.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print report.json at the end")
    form.add_argument("--events", action="store_true", help="print every fact as one line of JSON as it happens")
    output.add_argument("--quiet", "-q", action="store_true", help="show no progress")
    output.add_argument(
        "--metrics",
        type=exposure,
        metavar="WHERE",
        help="numbers for Prometheus while it runs: a file NAME.prom, or :PORT on this machine",
    )
    output.add_argument("--traces", action="store_true", help="send spans over OTLP to where OTEL_* variables point")


def take_executor(made: argparse.ArgumentParser | argparse._ArgumentGroup, what: str) -> None:
    """Take who does the steps that are heavy and free."""
    made.add_argument(
        "--executor", type=executor, metavar="NAME[=WHERE]",
        help=f"who {what}: local, local=N for N processes, ray, ray=auto for the cluster of this machine, "
        "ray=HOST:PORT, or another that is installed (default: local)",
    )  # fmt: skip


def take_signing(made: argparse.ArgumentParser) -> None:
    """Take what signs copies, and where they go."""
    made.add_argument(
        "--cert", type=Path, required=True, metavar="PEM", help="your certificate and those above it, your own first"
    )
    made.add_argument("--key", type=Path, required=True, metavar="PEM", help="the private key of that certificate")
    made.add_argument(
        "--out", dest="signed_to", type=Path, metavar="FOLDER", help="where to (default: signed/ in the run folder)"
    )


def take_credentials(made: argparse.ArgumentParser) -> None:
    """Take files that say something of themselves."""
    made.add_argument(
        "--trust", type=Path, metavar="PEM", help="certificates to trust; who signed must stand below one"
    )
    take_json(made)
