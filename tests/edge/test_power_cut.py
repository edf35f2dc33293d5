"""The power fails at every moment of a run's files: nothing half stands under a final name, nothing is bought twice.

The journal here is as committed at that moment; what a cut does to its own two files is in test_journal_cut.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cut_lives import AGAIN, FLAWED, Shop, film_of, live, plan_of
from losing_disk import LosingDisk, Tree
from sim_disk import Image

from runner.core.life.state import Phase, State
from runner.edge.folder.shelf import Shelf
from runner.edge.journal.journal import Journal
from runner.model import CheckPolicy

MEMORY = Path("/dev/shm")  # files that live in memory, where the system has such
RUN = Path("runs") / "winks"
PLAN = plan_of(anna="She winks.", bert="He waves.")
EDITED = plan_of(zoe="She winks.", carl="He nods.")
JUDGED = plan_of(anna="She winks.", bert=f"He waves, {FLAWED}.")
RETAKE = CheckPolicy(on_fail="retake", max_retakes=1)
FILMS = {film_of(item.prompt or "") for plan in (PLAN, EDITED) for item in plan.items}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What the power cut left, and what the shop knows."""

    what: str
    state: Image
    tree: Tree
    jobs: dict[str, str]

    def lay(self, root: Path) -> Path:
        """Make this what lies under `root`, and return the run folder."""
        for path, content in sorted(self.tree.items()):
            if content is None:
                (root / path).mkdir()
            else:
                (root / path).write_bytes(content)
        if (root / RUN).is_dir():
            self.state.lay(root / RUN)
        return root / RUN


@dataclass(slots=True)
class Story:
    """Every cut that may befall one life, each once; `named` are the contents that were given each name."""

    cuts: list[Cut] = field(default_factory=list)
    named: dict[Path, set[bytes]] = field(default_factory=dict)
    _seen: set[object] = field(default_factory=set)

    def add(self, shop: Shop, run: Path, what: str, trees: list[Tree]) -> None:
        state = Image.of(run)
        for tree in trees:
            ours = {path: content for path, content in tree.items() if not path.name.startswith(("state.db", ".lock"))}
            mark = (state, frozenset(ours.items()))
            if mark not in self._seen:
                self._seen.add(mark)
                self.cuts.append(Cut(what=what, state=state, tree=ours, jobs=dict(shop.jobs)))


def told(folder: Path, *, tears_renames: bool, edits: bool) -> Story:
    """Live a first life, or one after it that finds the manifest edited, and return all that may befall it."""
    run, shop, story = folder / RUN, Shop(), Story()
    folder.mkdir(exist_ok=True)
    if edits:
        live(run, PLAN, shop)
    disk = LosingDisk(folder, partial(story.add, shop, run), tears_renames=tears_renames)
    live(run, EDITED if edits else PLAN, shop, disk=disk, began_s=1000.0)
    disk.look("the run has ended")
    story.named = {path.relative_to(folder): contents for path, contents in disk.named.items()}
    return story


@pytest.fixture
def memory() -> Iterator[Path]:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name)


def finished(run: Path) -> list[State]:
    with Journal.read(run) as book:
        return [state for state in book.states() if state.phase is Phase.DONE]


def home(run: Path, state: State) -> Path:
    return Shelf(run, sidecar=str).home(state)


def is_here(run: Path, state: State) -> bool:
    path = home(run, state)
    assert state.artifact is not None
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == state.artifact.sha256


@pytest.mark.parametrize("edits", [False, True], ids=["first run", "edited manifest"])
def test_no_power_cut_leaves_half_a_file_under_a_final_name(memory: Path, *, edits: bool) -> None:
    story = told(memory, tears_renames=True, edits=edits)
    for cut in story.cuts:
        for path, content in cut.tree.items():
            if content is not None and path.suffix != ".part":
                assert content in story.named[path], (cut.what, path)
                assert path.suffix != ".mp4" or content in FILMS, (cut.what, path)


@pytest.mark.parametrize(
    ("edits", "tears_renames"), [(False, True), (True, False)], ids=["first run", "edited manifest"]
)
def test_a_power_cut_takes_no_video_that_the_journal_calls_done(
    memory: Path, *, edits: bool, tears_renames: bool
) -> None:
    for number, cut in enumerate(told(memory / "life", tears_renames=tears_renames, edits=edits).cuts):
        root = memory / str(number)
        root.mkdir()
        run = cut.lay(root)
        for state in finished(run) if cut.state.db else ():
            anywhere = [sha256(path.read_bytes()).hexdigest() for path in run.rglob("*.mp4")]
            assert state.artifact is not None
            assert state.artifact.sha256 in anywhere, (cut.what, state.item.id)
            assert edits or is_here(run, state), (cut.what, state.item.id)
        shutil.rmtree(root)


@pytest.mark.parametrize(
    ("edits", "tears_renames"),
    [(False, True), (True, True), (True, False)],
    ids=["first run", "edited manifest", "edited manifest, whole renames"],
)
def test_after_any_power_cut_the_next_run_has_every_video_and_nothing_is_bought_twice(
    memory: Path, *, edits: bool, tears_renames: bool
) -> None:
    """What left the manifest is not fetched again when a torn rename took it, until it is wanted again."""
    plan = EDITED if edits else PLAN
    for number, cut in enumerate(told(memory / "life", tears_renames=tears_renames, edits=edits).cuts):
        root, shop = memory / str(number), Shop(dict(cut.jobs))
        root.mkdir()
        run = cut.lay(root)

        live(run, plan, shop, began_s=5000.0)

        ended = finished(run)
        assert sorted(shop.jobs.values()) == sorted(state.item.prompt or "" for state in ended), cut.what
        assert all(is_here(run, state) for state in ended if state.wanted or not tears_renames), cut.what
        assert all(json.loads(home(run, state).with_suffix(".json").read_text()) for state in ended if state.wanted)
        assert list((run / ".partial").iterdir()) == [], cut.what
        asked = shop.asked
        live(run, plan, shop, began_s=9000.0)
        assert shop.asked == asked, cut.what
        shutil.rmtree(root)


def films(run: Path, folder: str) -> list[bytes]:
    """Return the films in a folder, each of which has a whole sidecar."""
    found = sorted((run / folder).glob("*.mp4"))
    assert all(json.loads(path.with_suffix(".json").read_text()) for path in found)
    return [path.read_bytes() for path in found]


@pytest.mark.parametrize("tears_renames", [True, False], ids=["torn renames", "whole renames"])
def test_after_any_power_cut_what_was_taken_again_is_kept_and_what_did_not_pass_waits(
    memory: Path, *, tears_renames: bool
) -> None:
    shop, story = Shop(), Story()
    (memory / "life").mkdir()
    disk = LosingDisk(memory / "life", partial(story.add, shop, memory / "life" / RUN), tears_renames=tears_renames)
    live(memory / "life" / RUN, JUDGED, shop, disk=disk, began_s=1000.0, checks=RETAKE)
    disk.look("the run has ended")
    wink, wave = (item.prompt or "" for item in JUDGED.items)
    places = {"videos": wink, "rejected": wave, "review": wave + AGAIN}

    for number, cut in enumerate(story.cuts):
        root, shop = memory / str(number), Shop(dict(cut.jobs))
        root.mkdir()
        run = cut.lay(root)

        live(run, JUDGED, shop, began_s=5000.0, checks=RETAKE)

        assert sorted(shop.jobs.values()) == [wave, wave, wink], cut.what
        assert {place: films(run, place) for place in places} == {
            place: [film_of(prompt)] for place, prompt in places.items()
        }, cut.what
        assert list((run / ".partial").iterdir()) == [], cut.what
        asked = shop.asked
        live(run, JUDGED, shop, began_s=9000.0, checks=RETAKE)
        assert shop.asked == asked, cut.what
        shutil.rmtree(root)
    assert any("bert" in str(path) and "rejected" in str(path) for cut in story.cuts for path in cut.tree)
