"""Copies that are being signed while a person is purged, and what a signing leaves that was killed."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("c2pa", reason="the extra `provenance` is not installed")

from certificates import Papers, papers
from desk import Desk

SIGNED = Path("runs/try/signed")


@pytest.fixture
def studio(tmp_path: Path) -> Papers:
    return papers(tmp_path)


@pytest.mark.parametrize("who", ["her", "his"])
def test_a_signing_whose_half_copy_a_purge_takes_goes_on_and_leaves_nothing_of_who_was_purged(
    desk: Desk, studio: Papers, who: str
) -> None:
    """A purge takes what is half signed, whosesoever it is; the copy that is held up is `hers` or that of another."""
    for each, colour in (("her", "teal"), ("his", "olive")):
        desk.portrait(f"{each}.png", colour)
    other = "his" if who == "her" else "her"
    items = [{"id": name, "portrait": f"{name[:3]}.png", "prompt": name} for name in (f"{who}1", f"{other}2")]
    desk.s2v("run", desk.manifest(items), "--quiet")
    (signed := desk.folder / SIGNED).mkdir()
    process = held_up_while_it_signs(desk, signed, *studio.flags)

    purged = desk.s2v("purge", "m.yaml", "--portrait", "her.png", "--yes")
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=60)

    assert (purged.code, purged.err) == (0, "")
    assert (process.returncode, err) == (0, "")
    assert [path.name for path in signed.iterdir()] == [f"his{2 if who == 'her' else 1}.mp4"]


@pytest.mark.parametrize("out", ["out", "runs/try/signed"])
def test_the_next_signing_clears_what_a_killed_one_left_and_no_file_of_anybody_else(
    desk: Desk, studio: Papers, out: str
) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")
    (place := desk.folder / out).mkdir()
    flags = (*studio.flags, "--out", out)
    killed = held_up_while_it_signs(desk, place, *flags)
    killed.kill()
    killed.communicate(timeout=60)
    (left,) = place.iterdir()
    foreign = [".b.77.part.mp4", ".part.mp4", left.name.replace("a.", "a.0"), f"{left.name}.part.mp4", "b.mp4"]
    for name in foreign:
        (place / name).write_text("of somebody")
    (link := place / left.name.replace("a.", "link.")).symlink_to(desk.folder / "anna.png")

    done = desk.s2v("provenance", "sign", "m.yaml", *flags)

    assert (done.code, done.err) == (0, "")
    assert sorted(path.name for path in place.iterdir()) == sorted(["a.mp4", link.name, *foreign])


def test_what_is_being_signed_at_this_moment_is_no_leftover_for_another_signing(desk: Desk, studio: Papers) -> None:
    desk.s2v("run", desk.manifest(["one"]), "--quiet")
    (out := desk.folder / "out").mkdir()
    flags = (*studio.flags, "--out", "out")
    process = held_up_while_it_signs(desk, out, *flags)
    held = {path.name for path in out.iterdir()}

    done = desk.s2v("provenance", "sign", "m.yaml", *flags)
    found = {path.name for path in out.iterdir()}
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=60)

    assert (done.code, process.returncode, err) == (0, 0, "")
    assert found == {"a.mp4", *held}
    assert [path.name for path in out.iterdir()] == ["a.mp4"]


def test_a_signing_into_a_folder_takes_away_the_copies_there_of_who_was_purged_since_under_former_names_too(
    desk: Desk, studio: Papers
) -> None:
    for who, colour in (("her", "teal"), ("his", "olive")):
        desk.portrait(f"{who}.png", colour)
    sign = ("provenance", "sign", "m.yaml", *studio.flags, "--out", "out")
    for name in ("former", "latter"):
        items = [{"id": id_, "portrait": f"{id_}.png", "prompt": "one"} for id_ in ("her", "his")]
        desk.s2v("run", desk.manifest([{**items[0], "id": name}, items[1]]), "--quiet")
        desk.s2v(*sign)
    out = desk.folder / "out"
    before = sorted(path.name for path in out.iterdir())
    (out / "former.json").write_text("of somebody")

    purged = desk.s2v("purge", "m.yaml", "--portrait", "her.png", "--yes")
    (out / "latter.mp4").replace(out / "mine.mp4")
    (out / "latter.mp4").write_text("of somebody")
    done = desk.s2v(*sign)

    assert before == ["former.mp4", "his.mp4", "latter.mp4"]
    assert "signed copies in other folders go with the next s2v provenance sign into them" in purged.out
    assert (done.code, done.err) == (0, "")
    assert "1 copy of who was purged removed from out\n" in done.out
    assert sorted(path.name for path in out.iterdir()) == ["former.json", "his.mp4", "latter.mp4", "mine.mp4"]


def test_a_signing_takes_away_copies_whose_names_a_purge_took_out_of_the_folder(desk: Desk, studio: Papers) -> None:
    desk.portrait("maria.png", "teal")
    items = [{"portrait": "maria.png", "prompt": "She smiles."}, {"id": "his", "portrait": "anna.png", "prompt": "one"}]
    sign = ("provenance", "sign", "m.yaml", *studio.flags, "--out", "out")
    for pattern in ("v-{id}.mp4", "{id}.mp4"):
        desk.s2v("run", desk.manifest(items, output={"dir": "runs/try", "name": pattern}), "--quiet")
        desk.s2v(*sign)
    out = desk.folder / "out"
    (hers,) = (path for path in out.iterdir() if path.name.startswith("maria"))
    (out / "mine.mp4").write_bytes(hers.read_bytes())

    desk.s2v("purge", "m.yaml", "--portrait", "maria.png", "--yes")
    done, again = desk.s2v(*sign), desk.s2v(*sign)

    assert (done.code, again.code) == (0, 0), done.err
    assert "2 copies of who was purged removed from out\n" in done.out
    assert "purged" not in again.out
    assert sorted(path.name for path in out.iterdir()) == ["his.mp4", "mine.mp4", "v-his.mp4"]


def test_a_copy_that_another_run_made_of_the_same_item_is_neither_replaced_nor_removed(
    desk: Desk, studio: Papers
) -> None:
    desk.portrait("her.png", "teal")
    items = [{"id": "her", "portrait": "her.png", "prompt": "one"}]
    for name in ("try", "other"):
        desk.s2v("run", desk.manifest(items, f"{name}.yaml", output={"dir": f"runs/{name}"}), "--quiet")
    desk.s2v("provenance", "sign", "other.yaml", *studio.flags, "--out", "out")
    copy = (desk.folder / "out/her.mp4").read_bytes()

    signed = desk.s2v("provenance", "sign", "try.yaml", *studio.flags, "--out", "out")
    desk.s2v("purge", "try.yaml", "--portrait", "her.png", "--yes")
    purged = desk.s2v("provenance", "sign", "try.yaml", *studio.flags, "--out", "out")

    assert (desk.folder / "out/her.mp4").read_bytes() == copy
    assert "out/her.mp4: is there, and no signed copy of this run" in signed.out
    assert (signed.code, purged.code) == (5, 0)


def held_up_while_it_signs(desk: Desk, out: Path, *flags: object) -> subprocess.Popen[str]:
    """Stop a signing while the first copy has no name yet; one that was faster is begun anew."""
    while True:
        process = desk.start("provenance", "sign", "m.yaml", *flags)
        while not [*out.iterdir()] and process.poll() is None:
            pass
        process.send_signal(signal.SIGSTOP)
        if all(path.name.startswith(".") for path in out.iterdir()):
            return process
        process.kill()
        process.communicate(timeout=60)
        for path in out.iterdir():
            path.unlink()
