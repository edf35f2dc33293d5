"""What may not be read, or has an impossible name: an ordinary error, never taken for something that is not there."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from desk import Desk, Done
from unprivileged import powerless

from runner.cli.aside import write_bug
from runner.cli.main import guarded
from runner.cli.screen import Screen
from runner.errors import Exit

LONG = "a" * 300
RUN, LOCKED = "runs/try", "locked"
DENIED = "permission denied"


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(0o755)


def without_powers(desk: Desk, *args: object) -> Done:
    done = subprocess.run(
        powerless(desk.command(*args)), cwd=desk.folder, env=desk.environ(), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


READERS = {
    "check": ["check", "m.yaml"],
    "plan": ["plan", "m.yaml"],
    "run": ["run", "m.yaml"],
    "retry": ["retry", "m.yaml"],
    "status": ["status", "m.yaml"],
    "status of a folder": ["status", RUN],
    "explain": ["explain", RUN, "a"],
    "export": ["export", RUN, "--to", "videofolder", "--out", "set"],
    "merge": ["merge", "all", RUN],
    "merge into": ["merge", RUN, "copy"],
    "shard": ["run", "m.yaml", "--shard", "1/1"],
}


@pytest.mark.parametrize("words", READERS.values(), ids=READERS)
def test_a_run_folder_that_may_not_be_read_is_never_taken_for_none(desk: Desk, words: list[str]) -> None:
    desk.manifest(["one"])
    assert desk.s2v("run", "m.yaml").code == 0
    shutil.copytree(desk.folder / RUN, desk.folder / "copy")

    with mode(desk.folder / RUN, 0):
        done = without_powers(desk, *words)

    assert (done.code, done.out) == (9, ""), done.err
    assert DENIED in done.err.lower()
    assert RUN in done.err
    assert desk.submits == ["one"]


def test_neighbours_that_may_not_be_listed_hold_a_run_back(desk: Desk) -> None:
    desk.manifest(["one"])
    assert desk.s2v("run", "m.yaml", "--shard", "1/1").code == 0
    (desk.folder / RUN).mkdir()

    with mode(desk.folder / "runs", 0o311):
        done = without_powers(desk, "run", "m.yaml")

    assert done.code == 9, done.err
    assert f"runs cannot be used: {DENIED}" in done.err
    assert desk.submits == ["one"]


def test_a_place_that_a_folder_left_and_that_may_not_be_listed_holds_a_run_back_and_no_purge(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "two"], output={"dir": "far/try"}), "--only", "a")
    (desk.folder / "runs").mkdir()
    (desk.folder / "far/try").rename(desk.folder / RUN)
    desk.manifest(["one", "two"])

    with mode(desk.folder / "far", 0o311):
        plan, run = without_powers(desk, "plan", "m.yaml"), without_powers(desk, "run", "m.yaml")
        purge = without_powers(desk, "purge", RUN, "--portrait", "anna.png", "--yes")

    told = f"{desk.folder / 'far'}, where this journal was run before, cannot be looked at (Permission denied)"
    assert (plan.code, run.code, purge.code) == (0, 9, 0), (plan.err, run.err, purge.err)
    assert f"a run would be refused now: {told}, and what is to be bought may be paid for there" in plan.err
    assert f"s2v: {told}, and what is to be bought may be paid for there" in run.err
    assert f"  beside  whether a copy of {RUN} has this portrait, too, is not known: {told}" in purge.out
    assert desk.submits == ["one"]


def test_a_journal_elsewhere_that_may_not_be_read_keeps_no_status_from_being_shown(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "two"]), "--only", "a")
    shutil.copytree(desk.folder / RUN, desk.folder / "runs/copy")
    (desk.folder / RUN / "state.db").chmod(0)

    done = without_powers(desk, "status", "runs/copy")

    assert (done.code, done.err) == (0, ""), done.err
    assert "1 of 2 videos done; 1 open" in done.out


def test_a_copy_whose_journal_may_not_be_read_holds_a_run_back_and_is_named_by_a_purge(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one", "two"]), "--only", "a")
    shutil.copytree(desk.folder / RUN, desk.folder / "runs/copy")
    desk.manifest(["one", "two"], "copy.yaml", output={"dir": "runs/copy"})
    desk.s2v("run", "copy.yaml")
    (desk.folder / "runs/copy/state.db").chmod(0)

    run = without_powers(desk, "run", "m.yaml")
    purge = without_powers(desk, "purge", RUN, "--portrait", "anna.png", "--yes")

    assert (run.code, purge.code) == (9, 0), (run.err, purge.err)
    assert "where this journal was run before: mend it, or move runs/copy away" in run.err
    assert "  beside  runs/copy has this portrait, too, or may: s2v purge runs/copy --portrait" in purge.out
    assert desk.submits == ["one", "two"]


GIVEN = {
    "manifest": (["check", f"{LOCKED}/m.yaml"], 3),
    "pattern": (["check", "matrix.yaml"], 3),
    "init": (["init", f"{LOCKED}/m.yaml"], 2),
    "init here": (["init", f"{LOCKED}/sub"], 2),
    "portrait": (["purge", "m.yaml", "--portrait", f"{LOCKED}/anna.png"], 2),
    "clip": (["animatic", "anna.png", "She smiles.", "--out", f"{LOCKED}/sub/clip.mp4"], 9),
    "data set": (["export", "m.yaml", "--to", "videofolder", "--out", f"{LOCKED}/set"], 9),
}


@pytest.mark.parametrize(("words", "code"), GIVEN.values(), ids=GIVEN)
def test_what_lies_in_a_locked_folder_is_named_with_the_reason(desk: Desk, words: list[str], code: int) -> None:
    desk.manifest(["one"])
    assert desk.s2v("run", "m.yaml").code == 0
    desk.portrait(f"{LOCKED}/anna.png")
    desk.manifest([], "matrix.yaml", matrix={"portraits": [f"{LOCKED}/*.png"], "prompts": ["one"]})

    with mode(desk.folder / LOCKED, 0):
        done = without_powers(desk, *words)

    assert (done.code, done.out) == (code, ""), done.err
    assert DENIED in done.err
    assert LOCKED in done.err


SUBFOLDERS = {
    "of each folder": ("sets/*/x.png", "sets/locked", 0o000),
    "where names alone are told": ("sets/*/x.png", "sets/locked", 0o444),
    "in any folder": ("sets/*/*.png", "sets/locked", 0o311),
    "at any depth": ("sets/**/x.png", "sets/open/deep", 0o000),
    "all at any depth": ("sets/**", "sets/open/deep", 0o311),
    "behind a pattern": ("sets/*/deep/*.png", "sets/open/deep", 0o000),
    "through a link": ("links/*/x.png", "sets", 0o000),
    "the first of all": ("s*/*/x.png", "sets", 0o311),
}


@pytest.mark.parametrize(("pattern", "locked", "bits"), SUBFOLDERS.values(), ids=SUBFOLDERS)
def test_a_pattern_never_passes_over_a_folder_that_may_not_be_read(
    desk: Desk, pattern: str, locked: str, bits: int
) -> None:
    """Else the same manifest and portraits would make another plan."""
    colours = {"sets/locked": "red", "sets/open": "green", "sets/open/deep": "blue", "sets/.hidden": "black"}
    for place, colour in colours.items():
        desk.portrait(f"{place}/x.png", colour)
    (desk.folder / "links").mkdir()
    (desk.folder / "links/one").symlink_to("../sets/open")
    desk.portrait("links/two/x.png")
    desk.manifest([], "matrix.yaml", matrix={"portraits": [pattern], "prompts": ["one"]})
    whole = without_powers(desk, "plan", "matrix.yaml", "--json")

    with mode(desk.folder / locked, bits):
        done = without_powers(desk, "plan", "matrix.yaml", "--json")
    with mode(desk.folder / "sets/.hidden", 0):
        again = without_powers(desk, "plan", "matrix.yaml", "--json")

    assert (whole.code, again.code) == (0, 0), whole.err + again.err
    assert again.out == whole.out
    assert (done.code, done.out) == (3, ""), done.err
    seen = "links/one" if "links" in pattern else locked
    assert f"matrix.portraits[0]: '{pattern}': '{seen}" in done.err
    assert f"cannot be looked into: {DENIED}" in done.err


LONG_NAMES = {
    "check": (["check", f"{LONG}.yaml"], 3),
    "run": (["run", f"{LONG}.yaml"], 3),
    "status": (["status", LONG], 3),
    "init": (["init", f"{LONG}.yaml"], 2),
    "merge": (["merge", "all", LONG], 9),
    "portrait": (["purge", "m.yaml", "--portrait", LONG], 2),
    "data set": (["export", "m.yaml", "--to", "videofolder", "--out", LONG], 9),
    "export": (["purge", "m.yaml", "--portrait", "anna.png", "--export", LONG, "--yes"], 9),
}


@pytest.mark.parametrize(("words", "code"), LONG_NAMES.values(), ids=LONG_NAMES)
def test_a_name_that_is_too_long_is_no_bug_of_ours(desk: Desk, words: list[str], code: int) -> None:
    desk.manifest(["one"])
    assert desk.s2v("run", "m.yaml").code == 0

    done = desk.s2v(*words)

    assert (done.code, done.out) == (code, ""), done.err
    assert "name" in done.err
    assert "too long" in done.err
    assert LONG in done.err


@pytest.mark.parametrize(
    "words",
    [["merge", RUN, "loop"], ["merge", "loop", RUN], ["export", RUN, "--to", "videofolder", "--out", "loop"]],
    ids=["merge", "merge into", "export"],
)
def test_a_link_to_itself_is_no_bug_of_ours(desk: Desk, words: list[str]) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    (desk.folder / "loop").symlink_to("loop")

    done = desk.s2v(*words)

    assert done.code == 9, done.err
    assert "loop cannot be used: too many levels of symbolic links; mend that, then run the same" in done.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "runs/x"), Exit.FOLDER),
        (OSError(errno.EIO, "Input/output error", "runs/x"), Exit.FOLDER),
        (PermissionError(errno.EACCES, "Permission denied"), Exit.BUG),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "runs/x"), Exit.BUG),
    ],
    ids=["denied", "disk", "nameless", "not there"],
)
def test_only_what_the_world_refuses_by_name_is_no_bug(tmp_path: Path, error: OSError, code: int) -> None:
    def command() -> int:
        raise error

    err = io.StringIO()

    assert guarded(command, Screen.of(io.StringIO(), err, None, {"S2V_STATE_DIR": str(tmp_path)})) == code
    assert ("s2v: runs/x cannot be used: " in err.getvalue()) == (code is Exit.FOLDER)


LATIN = os.fsdecode(b"caf\xe9")
"""How a folder is called that an old archive left: its bytes are no UTF-8."""
NO_TEXT = "is no UTF-8, so that no "


def odd(make: Callable[[], object]) -> None:
    """Give something such a name, where the file system has such names."""
    try:
        make()
    except OSError as error:
        pytest.skip(f"no such name on this disk: {error}")


@pytest.mark.parametrize("what", ["manifest", "run folder"])
@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_a_path_that_no_journal_can_tell_of_is_refused_before_anything_is_written(
    desk: Desk, command: str, what: str
) -> None:
    odd((at := desk.folder / LATIN).mkdir)
    path = desk.manifest(["one"], output={"dir": str(desk.folder / "runs")})
    if what == "manifest":
        path = path.rename(at / "m.yaml")
        (desk.folder / "anna.png").rename(at / "anna.png")
    else:
        path.write_text(path.read_text().replace(f"output:\n  dir: {desk.folder / 'runs'}\n", ""))

    done = desk.in_shell('cd "$AT"; s2v', command, path, AT="." if what == "manifest" else LATIN)

    assert (done.code, f"the path of its {what} {NO_TEXT}".replace("its manifest", "this manifest") in done.err) == (
        3,
        True,
    )
    assert "rename it" in done.err
    assert not [*desk.folder.rglob("state.db")]
    assert desk.submits == []


def _as_file(path: Path) -> None:
    path.write_text("mine")


def _as_link(path: Path) -> None:
    path.symlink_to("unmounted/disk")


@pytest.mark.parametrize("command", ["check", "plan", "run"])
@pytest.mark.parametrize(
    ("lay", "output", "words"),
    [
        pytest.param(_as_file, "there", "there is no folder, and one is needed there", id="file"),
        pytest.param(_as_file, "there/deep", "there is no folder, and one is needed there", id="below a file"),
        pytest.param(_as_link, "there", "there is a link to unmounted/disk, where nothing is; mount", id="link"),
    ],
)
def test_an_output_dir_in_whose_place_no_folder_can_be_is_refused_before_anything_is_sent(
    desk: Desk, command: str, lay: Callable[[Path], None], output: str, words: str
) -> None:
    lay(desk.folder / "there")

    done = desk.s2v(command, desk.manifest(["one"], output={"dir": output}))

    assert (done.code, desk.submits) == (9, []), done.err
    assert words in done.err
    assert "choose another output.dir" in done.err


def test_folders_that_no_journal_can_tell_of_are_not_merged(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")

    done = desk.in_shell("s2v", "merge", f"{LATIN}", RUN)

    assert (done.code, NO_TEXT in done.err) == (9, True)
    assert not (desk.folder / LATIN).exists()


def test_a_portrait_that_no_manifest_can_name_is_told_by_init(desk: Desk) -> None:
    odd(partial(desk.portrait("portraits/anna.png").rename, desk.folder / "portraits" / f"{LATIN}.png"))

    done = desk.s2v("init")

    assert (done.code, NO_TEXT in done.err) == (2, True)
    assert not (desk.folder / "s2v.yaml").exists()


def test_the_log_of_a_bug_is_written_whatever_the_file_is_called_that_it_tells_of(tmp_path: Path) -> None:
    path = write_bug(f"s2v could not open {LATIN}", {"S2V_STATE_DIR": str(tmp_path)})

    assert path is not None
    assert path.read_text() == "s2v could not open caf\\udce9"
