"""The rooms of the house: who lives on which floor, who may know whom, and which door each foreign package comes by.

The tables are the architecture. A line of code that breaks them is in the wrong room: move the line. When a wall must
move, move its row here and the sign on its door (`__init__.py`) in the same commit, and say why.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from runner.executors.table import STEPS

FLOORS: Mapping[str, int] = {
    "cli": 4, "__main__": 4,
    "edge": 3, "service": 3, "export": 3,
    "engine": 2, "report": 2,
    "manifest": 1, "core": 1, "dialects": 1, "animatic": 1, "faces": 1, "checks": 1,
    "executors": 1,
    "errors": 0, "model": 0, "events": 0, "marks": 0, "network": 0, "gates": 0, "judgement": 0, "inspection": 0,
    "values": 0, "pictures": 0, "spelling": 0, "extras": 0, "__init__": 0,
}  # fmt: skip
"""A room imports itself and lower floors; `__init__` is the package itself, which holds its version."""

NEIGHBOURS = {
    *((room, "values") for room in ("errors", "events", "gates", "judgement", "marks", "model", "network")),
    ("model", "errors"), ("model", "gates"), ("judgement", "gates"), ("events", "model"), ("events", "judgement"),
    ("inspection", "values"), ("inspection", "model"), ("inspection", "judgement"),
    ("extras", "errors"), ("__main__", "cli"), ("animatic", "faces"), ("checks", "faces"), ("export", "edge"),
}  # fmt: skip
"""The only rooms on one floor that know each other: the first may import the second."""

ONLY: Mapping[tuple[str, str], frozenset[str]] = {
    ("edge", "engine"): frozenset({"engine.ports"}),  # edge implements the engine's Protocols, and drives nothing
    # an export reads and writes files, and sees neither journal nor wire
    ("export", "edge"): frozenset({"edge.disk.files", "edge.disk.digest", "edge.disk.regular"}),
    ("export", "engine"): frozenset(),
    ("service", "manifest"): frozenset(),  # the service is the other end of a wire: it knows no run
    ("service", "core"): frozenset(),
    ("service", "dialects"): frozenset(),
    ("service", "engine"): frozenset(),
    ("service", "report"): frozenset(),
}
"""Where a lower room is open by some of its modules only."""

FURNITURE: Mapping[str, frozenset[str]] = {
    "dialects.seam": frozenset(),
    "dialects.verdicts": frozenset({"dialects.seam"}),
    "dialects.shapes": frozenset({"dialects.seam"}),
    "dialects.relay": frozenset({"dialects.seam", "dialects.shapes", "dialects.verdicts"}),
    "dialects.calls": frozenset(),
}
"""What every dialect may use of its own room, and what the furniture itself stands on; the registry knows them all."""

DOORS: Mapping[str, frozenset[str]] = {
    "yaml": frozenset({"manifest"}),
    "jsonschema": frozenset({"manifest"}),
    "certifi": frozenset({"edge.wire"}),
    "httpcore": frozenset({"edge.wire"}),
    "httpx": frozenset({"edge.wire", "service.outgoing"}),
    "aiohttp": frozenset({"edge.wire.fast", "edge.wire.fast_errors"}),
    "yarl": frozenset({"edge.wire.fast"}),
    "tqdm": frozenset({"edge.watch.displays", "service.wan"}),
    "pyarrow": frozenset({"export.parquet"}),
    "PIL": frozenset(
        {
            "pictures",
            "edge.portrait.portraits",
            "edge.portrait.thumbs",
            "animatic.label",
            "animatic.picture",
            "animatic.render",
            "animatic.sheet",
            "service.portraits",
            "service.wan",
        }
    ),
    "av": frozenset({"edge.video.media", "edge.video.screening", "animatic.encoder", "animatic.render"}),
    "numpy": frozenset({"animatic", "checks", "faces"}),
    "cv2": frozenset({"animatic", "checks", "faces"}),
    "ray": frozenset({"executors.envoy"}),
    "c2pa": frozenset({"edge.video.credentials"}),
    "cryptography": frozenset({"edge.video.credentials"}),
    "s3fs": frozenset({"edge.store.bucket"}),
    "botocore": frozenset({"edge.store.sorting"}),
    "opentelemetry": frozenset({"edge.watch.spans"}),
    "requests": frozenset({"edge.watch.spans"}),
    "starlette": frozenset({"service"}),
    "torch": frozenset({"service.gpu", "service.wan"}),
    "diffusers": frozenset({"service.gpu", "service.wan"}),
    "uvicorn": frozenset({"service", "edge.callbacks"}),
}
"""The rooms or modules by which a package that others wrote comes in."""

ASYNC = frozenset(
    {
        "engine",
        "service",
        "executors",
        "cli",
        "edge.wire",
        "edge.folder.shelf",
        "edge.video.checking",
        "edge.video.dispatch",
        "edge.unheld",
        "edge.video.steps",
        "edge.video.courier",
        "edge.wire.addresses",
        "edge.callbacks",
        "edge.control",
    }
)
"""Where waiting is allowed; everything else is plain functions, which a thread or a loop may call."""

SHELVES: Mapping[str, tuple[str, ...]] = {
    "core": ("life", "sums", "limits", "plan", "outlook"),
    "edge": (
        "disk", "journal", "portrait", "account", "folder", "wire", "callbacks", "control", "watch", "store", "video",
    ),
    "cli": (
        "plan", "run", "store", "merge", "purge", "review", "diagnosis", "completing", "commands", "grammar",
    ),
}  # fmt: skip
"""The folders of a room from the bottom up: each may know those before it, and none behind it."""

ROOT = Path(__file__).parents[1] / "runner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One source file; `name` is its path below the package (`edge.wire`), a room's own is the room's name."""

    name: str
    tree: ast.Module
    is_package: bool = False

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def imports(self) -> Iterator[tuple[int, str]]:
        """Give line and target of each import: `runner.edge.wire` of our own, `httpx` of others."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = ["runner", *(self.name.split(".") if self.name != "__init__" else [])]
        above = here[: len(here) - node.level + self.is_package]
        return ".".join([*above, *([node.module] if node.module else [])])


def module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = len(parts) > 1 and parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name=name, tree=ast.parse(path.read_text("utf-8")), is_package=is_package or name == "__init__")


MODULES = {each.name: each for each in map(module, sorted(ROOT.rglob("*.py")))}


def is_in(name: str, places: frozenset[str]) -> bool:
    """Return whether a module is one of these modules, or lives in one of these rooms."""
    return any(f"{name}.".startswith(f"{place}.") for place in places)


def complaints(each: Module) -> Iterator[str]:
    """Give every rule that a module breaks."""
    if each.room not in FLOORS:
        yield f"{each.name} has no room: give it a floor, or move it into a room"
        return
    for line, target in each.imports:
        package, _, inside = target.partition(".")
        if wrong := _wrong_within(each, inside) if package == "runner" else _wrong_outside(each, package):
            yield f"{each.name}:{line}: {wrong}"
    for node in ast.walk(each.tree):
        if isinstance(node, ast.AsyncFunctionDef) and not is_in(each.name, ASYNC):
            yield f"{each.name}:{node.lineno}: {node.name} is async, and waiting is not this room's business"


def _wrong_within(each: Module, inside: str) -> str | None:
    """Say what is wrong with importing `inside` (`edge.wire.Wire`, `model.Item`, `__version__`), if anything is."""
    room = _room_of(inside)
    if room not in FLOORS:
        return f"{room} has no room"
    if room == each.room:
        return _wrong_among_dialects(each, inside) if room == "dialects" else _wrong_among_shelves(each, inside)
    if FLOORS[room] > FLOORS[each.room]:
        return f"{each.room} is on floor {FLOORS[each.room]} and may not look up to {room}"
    if FLOORS[room] == FLOORS[each.room] and (each.room, room) not in NEIGHBOURS:
        return f"{each.room} and {room} share a floor and do not know each other"
    allowed = ONLY.get((each.room, room))
    if allowed is not None and not any(f"{inside}.".startswith(f"{door}.") for door in allowed):
        return f"{each.room} may import {' and '.join(sorted(allowed)) or 'nothing'} of {room}"
    return None


def _room_of(inside: str) -> str:
    """Return the room in which a target lives; what is neither a file nor a folder is a name of the package itself."""
    first = inside.partition(".")[0]
    is_known = first in FLOORS or (ROOT / f"{first}.py").exists() or (first and (ROOT / first).is_dir())
    return first if is_known else "__init__"


def _wrong_among_dialects(each: Module, inside: str) -> str | None:
    other = ".".join(inside.split(".")[:2])
    allowed = FURNITURE.get(each.name, frozenset(FURNITURE))
    if each.name == "dialects.registry" or other in allowed:
        return None
    return f"one dialect does not know another, and {other} is none of the shared furniture"


def _wrong_among_shelves(each: Module, inside: str) -> str | None:
    shelves = SHELVES.get(each.room, ())
    own, other = (f"{name}.".split(".")[1] for name in (each.name, inside))
    if {own, other} <= {*shelves} and shelves.index(own) < shelves.index(other):
        return f"{each.room}.{own} lies below {each.room}.{other}, and does not know it"
    return None


def _wrong_outside(each: Module, package: str) -> str | None:
    if package in sys.stdlib_module_names:
        return None
    if package not in DOORS:
        return f"{package} has no door into this house"
    if not is_in(each.name, DOORS[package]):
        return f"{package} comes in by {', '.join(sorted(DOORS[package]))} alone"
    return None


@pytest.mark.parametrize("name", MODULES)
def test_every_module_keeps_to_its_room(name: str) -> None:
    assert list(complaints(MODULES[name])) == []


def test_no_module_is_needed_for_what_it_needs_itself() -> None:
    """Also not by an import that waits until a function is called."""
    needs = {name: {_file_of(target) for _, target in each.imports} & {*MODULES} for name, each in MODULES.items()}

    TopologicalSorter(needs).prepare()


def _file_of(target: str) -> str:
    """Return the module that a target is, or is a name of."""
    inside = target.removeprefix("runner.")
    return inside if inside in MODULES else inside.rpartition(".")[0]


def test_every_floor_has_only_rooms_that_are_there() -> None:
    assert set(FLOORS) == {each.room for each in MODULES.values()}


@pytest.mark.parametrize("room", SHELVES)
def test_every_folder_of_a_room_has_its_place_in_the_order(room: str) -> None:
    packages = [name.split(".") for name, each in MODULES.items() if each.is_package]

    assert {*SHELVES[room]} == {names[1] for names in packages if names[0] == room and len(names) > 1}


@pytest.mark.parametrize("room", sorted({name for name, each in MODULES.items() if each.is_package}))
def test_every_room_has_a_sign_on_its_door(room: str) -> None:
    """A folder inside a room says in three to six lines what it holds; its rules are the room's."""
    sign = ast.get_docstring(MODULES[room].tree) or ""

    assert 3 <= len(sign.splitlines()) <= 6
    told = " ".join(sign.split())
    assert (
        room == "__init__"
        or "." in room
        or [words for words in ("Owns ", "ay import ", "ust never ") if words not in told] == []
    )


@pytest.mark.parametrize(("package", "door"), [(package, door) for package in DOORS for door in sorted(DOORS[package])])
def test_every_door_is_used(package: str, door: str) -> None:
    users = [each for each in MODULES.values() if is_in(each.name, frozenset({door}))]

    assert any(target.partition(".")[0] == package for each in users for _, target in each.imports)


@pytest.mark.parametrize("name", [name for name in MODULES if name.partition(".")[0] in {"cli", "edge"}])
def test_folders_are_made_by_the_door_that_keeps_them_over_a_power_cut(name: str) -> None:
    # of the last two nothing hangs: what is told as well, and a socket, which no power cut outlives
    makers = {"edge.disk.files", "cli.aside", "edge.control.place"}
    asked = {node.attr for node in ast.walk(MODULES[name].tree) if isinstance(node, ast.Attribute)}

    assert name in makers or not asked & {"mkdir", "makedirs"}


@pytest.mark.parametrize("name", MODULES)
def test_nobody_imports_by_a_name_that_this_test_cannot_see(name: str) -> None:
    called = {node.func for node in ast.walk(MODULES[name].tree) if isinstance(node, ast.Call)}
    words = {func.id if isinstance(func, ast.Name) else getattr(func, "attr", "") for func in called}

    assert name == "executors.worker" or not words & {"__import__", "import_module"}


@pytest.mark.parametrize("place", STEPS.values(), ids=STEPS)
def test_every_step_that_may_leave_the_driver_is_a_function_of_a_room(place: str) -> None:
    module, _, name = place.removeprefix("runner.").partition(":")

    assert name in {node.name for node in MODULES[module].tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        pytest.param("attic", "", "attic has no room", id="no room"),
        pytest.param("attic.box", "", "attic.box has no room", id="no room for a folder"),
        pytest.param(
            "core.plan.plan", "from ...engine.drive import Drive", "may not look up to engine", id="up the stairs"
        ),
        pytest.param("core.plan.plan", "import runner.engine", "may not look up to engine", id="up, by its full name"),
        pytest.param("core.plan.plan", "from ... import cli", "may not look up to cli", id="up, by its folder"),
        pytest.param(
            "core.plan.plan", "def f():\n    from ...manifest import parse", "do not know each other", id="same floor"
        ),
        pytest.param("edge.wire", "from ..service import shop", "do not know each other", id="same floor above"),
        pytest.param("errors", "from .model import Item", "do not know each other", id="floor 0, the wrong way"),
        pytest.param("edge.wire", "from ..engine.drive import Drive", "may import engine.ports", id="not by its port"),
        pytest.param(
            "export.mark", "from ..edge.wire import api", "may import edge.disk.digest and", id="not by its files"
        ),
        pytest.param("service.shop", "from ..core.plan.plan import Plan", "may import nothing of core", id="service"),
        pytest.param(
            "dialects.vapi", "from .minimax import poll", "one dialect does not know another", id="another dialect"
        ),
        pytest.param("dialects.vapi", "from . import minimax", "one dialect does not know another", id="by its folder"),
        pytest.param("dialects.seam", "from .verdicts import http", "one dialect does not", id="furniture upside down"),
        pytest.param("dialects.shapes", "from . import relay", "one dialect does not", id="furniture, one floor down"),
        pytest.param("core.plan.plan", "import yaml", "yaml comes in by manifest alone", id="another's package"),
        pytest.param(
            "edge.disk.files",
            "import httpx._types",
            "httpx comes in by edge.wire, service.outgoing alone",
            id="another's module",
        ),
        pytest.param("core.life.state", "from ..plan.plan import Plan", "lies below core.plan", id="up the shelves"),
        pytest.param("edge.disk.lock", "from .. import video", "lies below edge.video", id="up, by its folder alone"),
        pytest.param("manifest.parse", "import urllib3", "urllib3 has no door", id="no door"),
        pytest.param("core.plan.plan", "async def f(): ...", "f is async", id="waiting"),
        pytest.param(
            "edge.journal.journal", "class A:\n    async def f(self): ...", "f is async", id="waiting in a method"
        ),
    ],
)
def test_a_line_in_the_wrong_room_is_noticed(name: str, source: str, complaint: str) -> None:
    (found,) = complaints(Module(name=name, tree=ast.parse(source)))

    assert complaint in found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("core.plan.plan", "import json\nfrom ...model import Item\nfrom ..life.state import State"),
        ("edge.wire", "import httpx\nfrom .. import __version__\nfrom ..engine.ports import Wire\nasync def f(): ..."),
        ("edge.folder.shelf", "from ...engine import ports"),
        ("service.renderer", "from ..animatic.render import render"),
        ("dialects.vapi", "from .seam import Call\nfrom .verdicts import base_resp\nfrom ..model import Job"),
        ("dialects.registry", "from . import local, minimax"),
        ("cli.main", "from ..service import server\nfrom ..edge.wire import Wire\nasync def main(): ..."),
        ("__main__", "from .cli.main import main\nimport runner"),
    ],
)
def test_a_line_in_its_own_room_is_fine(name: str, source: str) -> None:
    assert list(complaints(Module(name=name, tree=ast.parse(source)))) == []
