"""What a command advises can be typed as it stands: it names what the user named, and does no more than it says."""

from __future__ import annotations

import shlex
import shutil

import pytest
from desk import Desk, Done


def advised(told: str, command: str) -> list[str]:
    """Return the words of the advice `s2v COMMAND ...`, as a shell would read them when it is pasted."""
    (line,) = (line for line in told.splitlines() if f"s2v {command}" in line)
    words = shlex.split(f"s2v {line.partition('s2v ')[2]}", comments=True)
    return words[1:]


def follow(desk: Desk, told: str, command: str) -> Done:
    return desk.s2v(*advised(told, command))


def test_what_verify_advises_brings_damaged_videos_home_and_buys_nothing_else(desk: Desk) -> None:
    desk.s2v("run", desk.manifest(["one"]))
    video = desk.folder / "runs/try/videos/a.mp4"
    whole = video.read_bytes()
    video.write_bytes(b"damaged")
    desk.manifest(["one", "never bought"])

    done = follow(desk, desk.s2v("verify", "runs/try").out, "fetch")

    assert done.code == 0, done.err
    assert video.read_bytes() == whole
    assert desk.submits == ["one"]


ODD = "it's #1, take 2.yaml"
QUOTED = shlex.quote(ODD)


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("status", ODD), f"nothing was run yet in runs/try (s2v run {QUOTED})"),
        (("status", ODD, "--shard", "1/2"), f"(s2v run {QUOTED} --shard 1/2)"),
        (("plan", "--", "-m.yaml"), "-m.yaml"),
    ],
)
def test_a_hint_before_the_first_run_can_be_pasted_whatever_the_manifest_is_called(
    desk: Desk, args: tuple[str, ...], hint: str
) -> None:
    desk.manifest(["one"], ODD)

    assert hint in desk.s2v(*args).err


def test_every_hint_about_a_run_can_be_pasted_whatever_manifest_and_folder_are_called(desk: Desk) -> None:
    folder = "runs/it's #1"
    desk.manifest(["one", "lost [500]"], ODD, output={"dir": folder}, checks={"min_seconds": 60})
    ran = desk.s2v("run", ODD)
    (desk.folder / folder / "review/a.mp4").write_bytes(b"damaged")

    told = {command: desk.s2v(command, ODD) for command in ("resolve", "verify", "pause", "review")}

    assert advised(ran.out, "resolve") == ["resolve", ODD]
    assert f"  s2v resolve {QUOTED} b --job JOB " in told["resolve"].out
    assert advised(told["verify"].out, "fetch") == ["fetch", ODD]
    assert f"s2v status {QUOTED} says how it stands, s2v run {QUOTED} begins one" in told["pause"].err
    assert f"  s2v review {QUOTED} --keep ID ..." in told["review"].out
    assert f"s2v fetch {shlex.quote(folder)} " not in told["verify"].out


def test_what_a_command_names_is_what_was_named_and_not_the_folder_of_which_it_is_a_copy(desk: Desk) -> None:
    first = Desk(desk.folder / "t4", desk.url, desk.ledger, desk.warm)
    first.folder.mkdir()
    first.manifest(["bad [1026]", "one"], output={"dir": "runs/try"})
    desk.s2v("run", "t4/m.yaml", "--only", "a")
    shutil.copytree(first.folder, desk.folder / "t4b")

    ran = desk.s2v("run", "t4b/m.yaml")

    assert advised(ran.out, "run") == ["run", "t4b/m.yaml", "--failed"]
    assert advised(desk.s2v("status", "t4b/runs/try").out, "run") == ["run", "t4b/m.yaml", "--failed"]
    assert "t4/m.yaml" not in (desk.folder / "t4b/runs/try/report.md").read_text()
    assert "t4/m.yaml" in desk.s2v("status", "t4/m.yaml").out


def test_a_run_of_a_copy_in_which_all_is_done_puts_its_own_name_into_the_reports(desk: Desk) -> None:
    first = Desk(desk.folder / "t4", desk.url, desk.ledger, desk.warm)
    first.folder.mkdir()
    first.manifest(["one"], output={"dir": "runs/try"})
    desk.s2v("run", "t4/m.yaml")
    shutil.copytree(first.folder, desk.folder / "t4b")

    assert advised(desk.s2v("status", "t4b/runs/try").out, "verify") == ["verify", "t4b/m.yaml"]
    assert desk.s2v("run", "t4b/m.yaml").code == 0
    assert "s2v verify t4b/m.yaml" in (desk.folder / "t4b/runs/try/report.md").read_text()


def test_what_a_command_advises_of_a_folder_that_lies_elsewhere_never_buys_all_of_it_anew_here(desk: Desk) -> None:
    """Without output.dir a manifest that is run from another working folder has another run folder."""
    home = Desk(desk.folder / "home-of-it", desk.url, desk.ledger, desk.warm)
    home.folder.mkdir()
    home.manifest(["one", "two"])
    home.s2v("run", "m.yaml", "--limit", "1")
    folder = "home-of-it/runs/try"

    told, merged = desk.s2v("status", folder), desk.s2v("merge", "all", folder)
    followed = desk.s2v(*advised(told.out, "run"))

    assert advised(told.out, "run") == ["run", folder]
    assert advised(merged.out, "run") == ["run", "all"]
    assert advised(home.s2v("status", "runs/try").out, "run") == ["run", "m.yaml"]
    assert followed.code == 2
    assert f"{folder} is not where home-of-it/m.yaml is run by now, which is runs/try; " in followed.err
    assert "begin it in home-of-it, or move it there, or let output.dir name it" in followed.err
    assert len(home.submits) == 1


@pytest.mark.parametrize("name", ["my first.yaml", "-x.yaml"])
def test_what_init_advises_can_be_pasted_whatever_the_manifest_is_called(desk: Desk, name: str) -> None:
    desk.portrait("portraits/anna.png")

    done = desk.s2v("init", "--", name)

    assert follow(desk, done.out, "check").code == 0
