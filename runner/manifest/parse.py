"""The front door: a manifest's file becomes a typed `Manifest`, and every problem in it is named with its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ..errors import Origin, Problems
from ..model import Manifest
from . import settings
from .claims import Claims, Clash
from .complaints import complaints
from .flaws import Flaw, Spot
from .items import claim_of, is_surely_sound
from .matrix import expand
from .patterns import on_disk
from .positions import locate
from .reporting import report, warn
from .secrets import exposed
from .source import Source, read_source, unreadable
from .strict_yaml import FLAWED, Document, load
from .wishes import Table, Wishes, clash_words
from .words import Path as Steps
from .words import Step, is_under, shown

_UNNAMED: Final = "unnamed"
_INIT: Final = "s2v init writes one to start from"
_TABLES: Final = frozenset({".csv", ".jsonl"})
_TOP: Final = Spot(line=1, col=1)
_CUT: Final[dict[Step, int]] = {"limits": 2, "defaults": 2}
"""How deep a flaw reaches: a budget without its currency is no budget. Elsewhere it is three steps."""


def read(path: Path, problems: Problems) -> Manifest | None:
    """Read the manifest at `path`; whatever is wrong with it goes to `problems`.

    None only when nothing in it can be judged. Else the manifest is fit to go on with, so that its portraits are judged
    in the same pass: what was wrong is left out of it. Its tables are read while `wishes()` streams, and their bad rows
    are added to `problems` then, once; so start the stream before you ask `problems`.
    """
    source = read_source(path)
    if isinstance(source, Flaw):
        is_missing = not source.hint and not os.path.lexists(path)
        report(path, "", [replace(source, hint=_INIT) if is_missing else source], problems)
        return None
    if path.suffix.lower() in _TABLES:
        flaw = Flaw(
            path=(), message="a table is no manifest", hint=f"name it in one: include: [{path.name}]", spot=_TOP
        )
        report(path, "", [flaw], problems)
        return None
    document = load(source.text)
    top = document.value
    if not isinstance(top, dict):
        if top is not FLAWED:
            what = (
                "the manifest is empty"
                if top is None
                else f"found {shown(top)}, expected a mapping with version and name"
            )
            document.flaws.append(Flaw(path=(), message=what, hint=_INIT))
        report(path, source.text, document.flaws, problems)
        return None
    return _Reading(path, source, document, problems).manifest(top)


def place(path: Path, steps: Steps) -> Origin:
    """Return where a value stands in a manifest that was read, for what is found out about it later."""
    source = read_source(path)
    found = {} if isinstance(source, Flaw) else locate(source.text, {steps})
    spot = found[steps].value if steps in found else Spot(line=1, col=1)
    return Origin(file=str(path), line=spot.line, col=spot.col)


class _Reading:
    """One reading of one manifest whose top is a mapping."""

    def __init__(self, path: Path, source: Source, document: Document, problems: Problems) -> None:
        self._path = path
        self._source = source
        self._document = document
        self._problems = problems
        self._folder = path.absolute().parent
        self._flaws = list(document.flaws)

    def manifest(self, top: dict[str, Any]) -> Manifest:
        items = top["items"] if isinstance(top.get("items"), list) else []
        head = self._sound_head({key: [] if value is items else value for key, value in top.items()})
        reader = settings.Head(value=head, flaws=self._flaws)
        name = head.get("name", _UNNAMED)
        output = head.get("output", {})
        destination = settings.destination(reader)
        is_local = "dir" in output and not settings.is_remote(output["dir"])
        folder = self._folder / on_disk(output["dir"]) if is_local else Path.cwd() / "runs" / name
        route, limits, retry = settings.route(reader), settings.limits(reader), settings.retry(reader)
        checks, providers = settings.checks(reader), settings.providers(reader)
        callback = settings.callback(reader)
        wishes = self._wishes(head, items)  # last: it reports what the others found
        return Manifest(
            path=self._path,
            digest=self._source.digest,
            name=name,
            route=route,
            folder=folder,
            is_placed=is_local,
            name_pattern=output.get("name", "{id}.mp4"),
            limits=limits,
            retry=retry,
            checks=checks,
            providers=providers,
            callback=callback,
            wishes=wishes,
            flawed=wishes.flawed,
            tables=tuple(table.file for table in wishes.tables),
            matched=tuple(portrait for portrait, _ in wishes.matrix.portraits),
            destination=destination,
        )

    def _sound_head(self, head: dict[str, Any]) -> dict[str, Any]:
        """Return `head` without what is wrong in it."""
        self._flaws += exposed(head)
        spoiled = {flaw.path for flaw in self._flaws if flaw.spoils}
        self._flaws += [flaw for flaw in complaints(head) if not is_under(flaw.path, spoiled)]
        cuts = {flaw.path[: _CUT.get(flaw.path[0], 3)] for flaw in self._flaws if flaw.path}
        return {key: _without(value, cuts, (key,)) for key, value in head.items() if (key,) not in cuts}

    def _wishes(self, head: dict[str, Any], items: list[Any]) -> Wishes:
        defaults = head.get("defaults", {})
        takes = defaults.get("takes", 1)
        claims = Claims()
        bad = self._judged(items, takes, claims)
        matrix = expand(head.get("matrix", {}), folder=self._folder, takes=takes, flaws=self._flaws)
        tables = tuple(self._tables(head.get("include", [])))
        if items == head.get("items") == [] and "include" not in head and "matrix" not in head:
            self._flaws.append(Flaw(path=("items",), message="nothing to make: the list is empty"))
        entries = {number: ("matrix", "portraits", number) for _, number in matrix.portraits}
        warn(self._path, self._document.warnings, self._problems)
        places = report(self._path, self._source.text, self._flaws, self._problems, also=entries.values())
        return Wishes(
            file=str(self._path),
            folder=str(self._folder),
            items=items,
            bad=bad,
            landmarks=self._document.landmarks,
            defaults=defaults,
            tables=tables,
            matrix=matrix,
            matrix_spots={number: places[entry].value for number, entry in entries.items()},
            claims=claims,
            problems=self._problems,
        )

    def _judged(self, items: list[Any], takes: int, claims: Claims) -> frozenset[int]:
        """Judge the inline items, claim their ids, and return the numbers of the bad ones."""
        spoiled = {flaw.path for flaw in self._flaws if flaw.spoils}
        bad = {flaw.path[1] for flaw in self._flaws if flaw.path[:1] == ("items",) and len(flaw.path) > 1}
        for number, item in enumerate(items):
            if not is_surely_sound(item):
                wrongs = list(complaints(item, path=("items", number), definition="item"))
                if wrongs:
                    bad.add(number)
                    self._flaws += [flaw for flaw in wrongs if not is_under(flaw.path, spoiled)]
            claim = claim_of(item, takes)
            clash = claims.claim(*claim, number) if claim else None
            if claim and clash:
                bad.add(number)
                self._flaws.append(_clash_flaw(number, claim[0], clash))
        return frozenset(number for number in bad if isinstance(number, int))

    def _tables(self, include: list[Any]) -> Iterator[Table]:
        for number, entry in enumerate(include):
            if isinstance(entry, str):
                why = unreadable(self._folder / entry)
                if why:
                    self._flaws.append(Flaw(path=("include", number), message=f"{shown(entry)}: {why[0]}", hint=why[1]))
                else:
                    yield Table(file=self._folder / entry, shown=str(self._path.parent / entry))


def _clash_flaw(number: int, id_: str, clash: Clash) -> Flaw:
    message, hint = clash_words(id_, clash, f"items[{clash.place}]")
    return Flaw(path=("items", number, "id"), message=message, hint=hint, also=("items", clash.place, "id"))


def _without(value: object, cuts: set[Steps], path: Steps) -> Any:  # noqa: ANN401 -- parsed YAML
    """Return `value` without the places in `cuts`; in a list they become gaps, so that numbers stay true."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if (*path, key) not in cuts}
        return {key: _without(inner, cuts, (*path, key)) for key, inner in kept.items()}
    if isinstance(value, list):
        return [FLAWED if (*path, n) in cuts else _without(inner, cuts, (*path, n)) for n, inner in enumerate(value)]
    return value
