"""The arguments of all commands as one typed value; `parser` fills what a command knows, the rest keeps its default."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ..executors.choosing import Maker
from ..export.splits import Split
from ..model import Rate, Shard
from .what_if import WhatIf


class Args(argparse.Namespace):
    """What the user typed."""

    command: Callable[..., int]
    grammar: argparse.ArgumentParser  # of this command
    whole: Callable[[], argparse.ArgumentParser]  # of all of them
    many: tuple[str, str, Callable[[str], object]] | None = None
    displays: bool = False  # what it says on stdout is beside the point, unless it is asked for as JSON
    target: Path = Path()
    env_file: Path | None = None
    offline: bool = False
    json: bool = False
    quiet: bool = False

    only: list[str]
    tag: list[str]
    code: list[str]
    failed: bool = False
    limit: int | None = None
    sample: int | None = None
    seed: int | None = None
    shard: Shard | None = None

    what_if: list[WhatIf]
    dry_run: bool = False
    max_cost: str | None = None
    frozen: bool = False
    yes: bool = False
    events: bool = False
    metrics: int | Path | None = None
    traces: bool = False
    executor: Maker | None = None

    cert: Path = Path()
    key: Path = Path()
    signed_to: Path | None = None
    trust: Path | None = None
    files: list[Path]

    sources: list[Path]
    keep_both: bool = False

    prompt: str = ""
    out: Path = Path()
    sheet: Path | None = None

    to: str = ""
    split: Split | None = None
    person: str | None = None
    links: bool = True
    shard_size: int | None = None

    changes: list[tuple[str, int | Rate]]

    watch: bool = False
    interval: float | None = None

    portrait: str = ""
    exports: list[Path]
    lift: bool = False

    force: bool = False
    portraits: Path | None = None
    paper: str | None = None
    opens: bool = False
    schema: str = "manifest"
    shell: str = ""
    journal: bool = False
    ids: list[str]
    job: str | None = None
    abandon: bool = False
    resubmit: bool = False
    apply: Path | None = None
    keep: list[str]
    reject: list[str]
    host: str = ""
    port: int = 0
    folder: Path = Path()
    workers: int | None = None
    keys: Path | None = None
    faults: Path | None = None
    rate: Rate | None = None
    in_flight: int | None = None
    price: list[tuple[str, int]]
    balance: int | None = None
    render: str = "animatic"
    model: str | None = None
    size: tuple[int, int] | None = None
    frames: int | None = None
    steps: int | None = None
    device: str | None = None
    link_lifetime: float | None = None
    allow_private: bool = False

    def __init__(self) -> None:
        """Give every list its own empty one."""
        super().__init__(
            only=[],
            tag=[],
            code=[],
            ids=[],
            price=[],
            sources=[],
            changes=[],
            what_if=[],
            files=[],
            keep=[],
            reject=[],
            exports=[],
        )
